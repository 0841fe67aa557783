//! The proof, counted at the servers.

use crate::morning::Step;
use crate::play::Morning;
use crate::style::Style;

/// What the servers counted.
#[derive(Debug)]
pub(crate) struct Proof {
    rounds: usize,
    /// Of all rounds: requests, and questions that no request follows.
    telemetry: (usize, usize),
    wanted: usize,
    off: Counted,
    on: Counted,
}

#[derive(Debug)]
struct Counted {
    packets: u64,
    requests: usize,
    questions: usize,
    succeeded: usize,
}

impl Proof {
    /// Compares the two mornings.
    pub(crate) fn take(steps: &[Step], off: &Morning, on: &Morning, rounds: usize) -> Self {
        let wanted = steps.iter().filter(|step| step.wanted).count() * rounds;
        let telemetry: Vec<&Step> = steps.iter().filter(|step| !step.wanted).collect();
        let questions = telemetry.iter().filter(|step| step.is_question()).count();
        let count = |morning: &Morning| Counted {
            packets: morning.packets,
            requests: morning.requests,
            questions: morning.questions,
            succeeded: steps
                .iter()
                .zip(&morning.outcomes)
                .filter(|(step, _)| step.wanted)
                .map(|(_, outcome)| outcome.succeeded)
                .sum(),
        };
        Self {
            rounds,
            telemetry: ((telemetry.len() - questions) * rounds, questions * rounds),
            wanted,
            off: count(off),
            on: count(on),
        }
    }

    /// Whether the morning off shows that telemetry would arrive, and the one on that nothing of it does.
    pub(crate) const fn holds(&self) -> bool {
        let Self { wanted, off, on, .. } = self;
        off.requests > 0
            && off.packets > 0
            && off.questions > 0
            && off.succeeded == *wanted
            && on.packets == 0
            && on.requests == 0
            && on.questions == 0
            && on.succeeded == *wanted
    }

    /// Prints it.
    pub(crate) fn print(&self, style: Style) {
        let Self {
            rounds,
            telemetry: (requests, questions),
            wanted,
            off,
            on,
        } = self;
        println!(
            "{}",
            style.bold(&format!(
                "Counted at the servers, over {rounds} rounds of {} telemetry and {} wanted steps",
                (requests + questions) / rounds,
                wanted / rounds
            ))
        );
        println!(
            "{}",
            style.dim(&format!("{:<52}{:>14}{:>14}", "", "Hushwall off", "Hushwall on"))
        );
        let row = |what: &str, off: String, on: String| println!("{what:<52}{off:>14}{on:>14}");
        let tried = format!("{requests} and {questions}");
        row(
            "telemetry tried: requests, and bare questions",
            tried.clone(),
            tried,
        );
        row(
            "questions for its names at the resolver",
            off.questions.to_string(),
            on.questions.to_string(),
        );
        row(
            "packets at its servers' addresses, SYNs included",
            off.packets.to_string(),
            on.packets.to_string(),
        );
        row(
            "telemetry requests in the servers' logs",
            format!("{} of {requests}", off.requests),
            format!("{} of {requests}", on.requests),
        );
        row(
            "wanted requests and questions that succeeded",
            format!("{} of {wanted}", off.succeeded),
            format!("{} of {wanted}", on.succeeded),
        );
        let sentence = if self.holds() {
            style.good(&format!(
                "Off: {} telemetry requests arrived. On: 0 packets, and all {wanted} wanted requests succeeded.",
                off.requests
            ))
        } else {
            style.bad("The proof fails: see the counts above.")
        };
        println!("\n{sentence}");
    }
}
