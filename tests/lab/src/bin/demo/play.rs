//! Plays the morning over one path.

use std::time::Duration;

use anyhow::{Context, Result};
use lab::{Counters, Lab, Output, Path, Plan, Verdict, until};

use crate::morning::{self, Action, BARE, Step};
use crate::style::Style;

/// Longer than a verdict takes to be shown.
const VERDICT: Duration = Duration::from_secs(2);

/// What came of a step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// How often it succeeded.
    pub(crate) succeeded: usize,
    /// How long it took, each time.
    pub(crate) took: Vec<Duration>,
    /// The firewall's own word on it, from its log.
    pub(crate) verdict: Option<Verdict>,
}

/// What came of a morning.
#[derive(Debug)]
pub(crate) struct Morning {
    /// A step each.
    pub(crate) outcomes: Vec<Outcome>,
    /// Packets that arrived at the addresses of telemetry.
    pub(crate) packets: u64,
    /// Requests that arrived at the servers of telemetry.
    pub(crate) requests: usize,
    /// Questions for names of telemetry that arrived at the resolver.
    pub(crate) questions: usize,
}

/// Plays all steps `rounds` times.
pub(crate) fn play(path: Path, steps: &[Step], rounds: usize, style: Style) -> Result<Morning> {
    let title = match path {
        Path::Plain => "Hushwall off: a router of the kernel",
        Path::Hushwall => "Hushwall on: hushwall run, the built-in list and one rule of the owner's",
    };
    println!("{}", style.bold(title));
    let lab = build(path)?;
    let counters = lab.count(&morning::counted_addresses())?;
    let mut outcomes = vec![Outcome::default(); steps.len()];
    for round in 0..rounds {
        for (step, outcome) in steps.iter().zip(&mut outcomes) {
            let (succeeded, took) = run(&lab, step, outcome, round == 0)?;
            outcome.succeeded += usize::from(succeeded);
            outcome.took.push(took);
            if round == 0 {
                println!(
                    "  {}  {:<12}{:<27}{}",
                    step.at,
                    step.app,
                    step.why,
                    describe(step, outcome, style)
                );
            }
        }
        if round == 0 {
            println!(
                "  {}\n",
                style.dim(&format!("that was round 1 of {rounds}; the others run unseen"))
            );
        }
    }
    count(&lab, &counters, outcomes)
}

fn build(path: Path) -> Result<Lab> {
    let bare = BARE.to_string();
    let mut lab = Lab::start(Plan::new(path), &morning::records(), &["--block", &bare])?;
    lab.start_web(&morning::web_names())?;
    Ok(lab)
}

/// Does one step; on the first round the firewall's verdict on it is looked up, too.
fn run(lab: &Lab, step: &Step, outcome: &mut Outcome, first: bool) -> Result<(bool, Duration)> {
    let seen = lab.hushwall().map_or(0, |hushwall| hushwall.verdicts().len());
    let done = attempt(lab, step)?;
    if first && lab.hushwall().is_ok() {
        outcome.verdict = verdict(lab, seen, step)?;
    }
    let took = match step.action {
        Action::Ask(_) => query_time(&done),
        _ => transfer_time(&done),
    };
    Ok((has_succeeded(step, &done), took.unwrap_or(done.took)))
}

fn attempt(lab: &Lab, step: &Step) -> Result<Output> {
    let url = step.url();
    let port = if step.scheme == "http" { 80 } else { 443 };
    let times = ["-w", "\ntime=%{time_total} code=%{http_code}\n"];
    match step.action {
        Action::Fetch | Action::FetchCloaked => lab.curl(&[times[0], times[1], &url]),
        Action::FetchFrom(address) => {
            let at = format!("{}:{port}:{address}", step.name);
            lab.curl(&[times[0], times[1], "--resolve", &at, &url])
        }
        // No certificate names an address here.
        Action::FetchAddress => lab.curl(&[times[0], times[1], "--insecure", &url]),
        Action::Ask(kind) => lab.phone_output("dig", &["-u", "+tries=1", "+time=3", step.name, kind]),
    }
}

/// The step's verdict: one that refuses, else the one on the connection, else the one on the question.
fn verdict(lab: &Lab, seen: usize, step: &Step) -> Result<Option<Verdict>> {
    let is_question = matches!(step.action, Action::Ask(_));
    let news = || -> Result<Vec<Verdict>> {
        let mut verdicts = lab.hushwall()?.verdicts().split_off(seen);
        verdicts.retain(|verdict| is_about(verdict, step));
        Ok(verdicts)
    };
    let decisive = |verdict: &Verdict| verdict.blocked || is_question || verdict.transport == "tcp";
    // Without a decisive one the table shows what there is, and the proof says whether that was right.
    let _ = until("a verdict", VERDICT, || Ok(news()?.iter().any(decisive)));
    let news = news()?;
    let found = news
        .iter()
        .find(|verdict| verdict.blocked)
        .or_else(|| news.iter().find(|verdict| decisive(verdict)));
    Ok(found.or_else(|| news.last()).cloned())
}

/// Verdicts are written a little later than they are made, so one of the step before may still come.
fn is_about(verdict: &Verdict, step: &Step) -> bool {
    let remote = verdict.remote.map(|remote| remote.ip().to_string());
    match step.action {
        Action::FetchAddress => remote.as_deref() == Some(step.name),
        Action::FetchFrom(address) => remote == Some(address.to_string()),
        Action::FetchCloaked => verdict.seen == "dns_alias",
        Action::Fetch | Action::Ask(_) => verdict.name.as_deref() == Some(step.name),
    }
}

fn has_succeeded(step: &Step, done: &Output) -> bool {
    match step.action {
        // Whoever asks dig wants to know something: NODATA and zero addresses are no success.
        Action::Ask(_) => {
            done.is_success() && done.stdout.contains("status: NOERROR") && !done.stdout.contains("ANSWER: 0")
        }
        _ => done.is_success() && (done.stdout.contains("code=200") || done.stdout.contains("code=204")),
    }
}

fn transfer_time(done: &Output) -> Option<Duration> {
    let seconds = done.stdout.rsplit_once("time=")?.1.split_whitespace().next()?;
    seconds.parse().ok().map(Duration::from_secs_f64)
}

fn query_time(done: &Output) -> Option<Duration> {
    let microseconds = done
        .stdout
        .split_once("Query time: ")?
        .1
        .split_whitespace()
        .next()?;
    microseconds.parse().ok().map(Duration::from_micros)
}

fn describe(step: &Step, outcome: &Outcome, style: Style) -> String {
    let took = outcome
        .took
        .last()
        .map_or(0.0, |took| took.as_secs_f64() * 1000.0);
    let (word, as_wanted) = match (outcome.succeeded > 0, &outcome.verdict) {
        (true, _) => ("went through", step.wanted),
        (false, Some(verdict)) if verdict.blocked => ("refused", !step.wanted),
        (false, _) => ("failed", false),
    };
    let text = format!("{word:<13}{took:>6.1} ms");
    if as_wanted {
        style.good(&text)
    } else {
        style.bad(&text)
    }
}

fn count(lab: &Lab, counters: &Counters, outcomes: Vec<Outcome>) -> Result<Morning> {
    let secret = morning::secret_names();
    let addresses: Vec<String> = morning::counted_addresses()
        .iter()
        .map(ToString::to_string)
        .collect();
    let visits = lab.web().context("counting requests")?.visits();
    let requests = visits
        .iter()
        .filter(|visit| addresses.contains(&visit.address) || secret.contains(&visit.host.as_str()));
    let resolver = lab.resolver()?;
    Ok(Morning {
        outcomes,
        packets: counters.packets()?.values().sum(),
        requests: requests.count(),
        questions: secret.iter().map(|name| resolver.questions(name)).sum(),
    })
}
