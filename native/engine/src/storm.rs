//! What is asked for again and again, and how it is refused best: a refusal that makes an app ask on costs battery.
//!
//! Measured is what reaches us: questions that are refused, and flows. Connections to `0.0.0.0` stay on the phone, and are
//! not seen. The time to live is the lever. It is short, so that the owner's "allow" works at once, and grows only for a name
//! that is asked for again as soon as its answer is forgotten, again and again. Where a longer one changes nothing, since
//! whoever asks keeps no answer, the kinds of replies are tried one after the other, and the one that was asked for least is
//! kept for an hour. A rule with a reply of its own is left alone.

mod choice;
mod lever;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use blocklist::{Action, AppId, Reply as RuleReply, Rules, Verdict};
use wire::Name;
use wire::dns::{Query, RecordType, Reply};
use wire::icmp::Unreachable;

use self::choice::Choice;
use self::lever::{Kind, Lever};
use crate::{Config, Event, Timestamp, VerdictEvent};

/// Names and addresses that are counted at once; a phone refuses some hundred names a day.
const MAX_SUBJECTS: usize = 256;

/// Apps that are told apart of one name.
const MAX_APPS: usize = 4;

/// Refusals in a row, each so soon after the one before, that are a storm.
const STORM: u16 = 30;
const SOON: Duration = Duration::from_secs(10);

/// Whose refusals are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Name(Name),
    Address(IpAddr),
}

/// How often something was asked for, since it was first refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The name, or the address where there was none.
    pub what: String,
    /// Questions that were answered here.
    pub questions: u64,
    /// Questions for it that were sent to a resolver: before its rule, or for names that are refused for an alias.
    pub sent: u64,
    /// Flows that were refused.
    pub refusals: u64,
    /// The apps whose they were, as far as known, the first few.
    pub apps: Vec<(AppId, u64)>,
}

/// How a flow is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// RST; for UDP, port unreachable.
    Plain,
    /// Prohibited by an administrator (RFC 1812 section 5.2.7.1): apps take it for a network that is not there.
    Prohibited,
}

impl Refusal {
    /// The error that a datagram's sender gets.
    pub(crate) const fn of_datagram(self) -> Unreachable {
        match self {
            Self::Plain => Unreachable::Port,
            Self::Prohibited => Unreachable::Prohibited,
        }
    }
}

#[derive(Debug, Default)]
struct Measure {
    questions: u64,
    sent: u64,
    refusals: u64,
    apps: Vec<(AppId, u64)>,
    last: Timestamp,
    lever: Lever,
    /// Refused flows in a row, each soon after the one before.
    row: u16,
    refused_at: Option<Timestamp>,
    refusal: Choice<2>,
    /// When the last answer is forgotten that lives longer than usual.
    until: Timestamp,
}

/// All that is counted. Bounded; what was quiet for longest goes first.
#[derive(Debug, Default)]
pub(crate) struct Storms {
    subjects: BTreeMap<Subject, Measure>,
    /// Those that were quiet for longest when this was written, and since when: so that not every new one costs a look at all.
    quietest: VecDeque<(Timestamp, Subject)>,
}

impl Storms {
    /// A question is refused: how it is answered.
    pub(crate) fn reply(
        &mut self,
        query: &Query,
        verdict: Verdict,
        config: &Config,
        now: Timestamp,
    ) -> Reply {
        let measure = self.measure(Subject::Name(query.name.clone()), now);
        measure.questions += 1;
        let base = config.blocked_ttl;
        match verdict.reply {
            Some(RuleReply::ZeroAddress { ttl }) => Reply::ZeroAddress { ttl },
            Some(RuleReply::NoData { ttl }) => Reply::NoData { ttl },
            Some(RuleReply::NxDomain { ttl }) => Reply::NxDomain { ttl },
            Some(RuleReply::Refused) => Reply::Refused,
            None | Some(RuleReply::Reset | RuleReply::Prohibited) => {
                let class = class_of(query.record_type);
                let (kind, ttl) = measure.lever.on_question(class, base, config.storm_ttl, now);
                if ttl > base {
                    measure.until = now + Duration::from_secs(ttl.into());
                }
                match kind {
                    Kind::Zero => Reply::ZeroAddress { ttl },
                    Kind::NoData => Reply::NoData { ttl },
                    Kind::NxDomain => Reply::NxDomain { ttl },
                }
            }
        }
    }

    /// A question goes to a resolver. Counted for names only that were refused.
    pub(crate) fn note_sent(&mut self, name: &Name) {
        if self.subjects.is_empty() {
            return;
        }
        if let Some(measure) = self.subjects.get_mut(&Subject::Name(name.clone())) {
            measure.sent += 1;
        }
    }

    /// A flow to an address is refused at its first packet: how, unless its rule has a reply of its own.
    pub(crate) fn refusal(
        &mut self,
        to: IpAddr,
        own: Option<RuleReply>,
        config: &Config,
        now: Timestamp,
    ) -> Refusal {
        match own {
            Some(RuleReply::Prohibited) => return Refusal::Prohibited,
            Some(RuleReply::Reset) => return Refusal::Plain,
            _ if config.storm_ttl == 0 => return Refusal::Plain,
            _ => {}
        }
        let measure = self.measure(Subject::Address(to), now);
        let is_soon = measure.refused_at.is_some_and(|before| now.since(before) <= SOON);
        measure.row = if is_soon { measure.row.saturating_add(1) } else { 0 };
        measure.refused_at = Some(now);
        if measure.row >= STORM {
            measure.refusal.begin(now);
        }
        match measure.refusal.on_event(now) {
            0 => Refusal::Plain,
            _ => Refusal::Prohibited,
        }
    }

    /// A verdict is told: refused flows are counted, and whose they were.
    pub(crate) fn count(&mut self, event: &VerdictEvent) {
        if event.action != Action::Block {
            return;
        }
        let is_question = event.record_type.is_some();
        // A question was counted as it was answered.
        if is_question && event.owner.is_none() {
            return;
        }
        let name = event.reason.name.clone();
        let subject = name.map_or_else(|| Subject::Address(event.remote.ip()), Subject::Name);
        let measure = if is_question {
            let Some(measure) = self.subjects.get_mut(&subject) else {
                return;
            };
            measure
        } else {
            let measure = self.measure(subject, event.at);
            measure.refusals += 1;
            measure
        };
        let Some(owner) = event.owner else { return };
        let place = measure.apps.iter().position(|(app, _)| *app == owner);
        if let Some((_, count)) = place.and_then(|place| measure.apps.get_mut(place)) {
            *count += 1;
        } else if measure.apps.len() < MAX_APPS {
            measure.apps.push((owner, 1));
        }
    }

    /// The rules were replaced: what is allowed by them, for all or for an app (then the question is answered for all), while an
    /// answer that lives longer than usual is remembered on the phone.
    pub(crate) fn rules_replaced(&mut self, rules: &Rules, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        for (subject, measure) in &mut self.subjects {
            let Subject::Name(name) = subject else { continue };
            if measure.until <= now {
                continue;
            }
            if rules.has_app_rule(name.as_str()) || !crate::dns::verdict(name, rules).is_block() {
                events.push(Event::Outstanding {
                    at: now,
                    name: name.clone(),
                    left: measure.until.since(now),
                });
                measure.until = now;
                measure.lever = Lever::default();
            }
        }
        events
    }

    /// What was refused most often, the most often first.
    pub(crate) fn most(&self, count: usize) -> Vec<Asked> {
        let mut all: Vec<_> = self.subjects.iter().collect();
        all.retain(|(_, measure)| measure.questions + measure.refusals > 0);
        all.sort_by_key(|(_, measure)| std::cmp::Reverse(measure.questions + measure.refusals));
        let asked = all.into_iter().take(count).map(|(subject, measure)| Asked {
            what: match subject {
                Subject::Name(name) => name.to_string(),
                Subject::Address(ip) => ip.to_string(),
            },
            questions: measure.questions,
            sent: measure.sent,
            refusals: measure.refusals,
            apps: measure.apps.clone(),
        });
        asked.collect()
    }

    fn measure(&mut self, subject: Subject, now: Timestamp) -> &mut Measure {
        if self.subjects.len() >= MAX_SUBJECTS && !self.subjects.contains_key(&subject) {
            self.make_room();
        }
        let measure = self.subjects.entry(subject).or_default();
        measure.last = now;
        measure
    }

    /// Forgets what was quiet for longest.
    fn make_room(&mut self) {
        loop {
            while let Some((last, subject)) = self.quietest.pop_front() {
                let measure = self.subjects.get(&subject);
                // What was asked for since then is not among the quietest, and what came since is younger than all of them.
                if measure.is_some_and(|measure| measure.last == last) {
                    self.subjects.remove(&subject);
                    return;
                }
            }
            let subjects = self.subjects.iter();
            self.quietest = subjects
                .map(|(subject, measure)| (measure.last, subject.clone()))
                .collect();
            self.quietest.make_contiguous().sort_by_key(|(last, _)| *last);
            if self.quietest.is_empty() {
                return;
            }
        }
    }
}

/// Answers to these are remembered apart from one another.
const fn class_of(record_type: RecordType) -> usize {
    match record_type {
        RecordType::A => 0,
        RecordType::AAAA => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
