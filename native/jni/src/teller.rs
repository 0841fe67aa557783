//! From what the tunnel notices to what the app is told.

use std::collections::VecDeque;
use std::sync::Arc;

use blocklist::{Because, Rules};
use engine::{FlowId, OwnerQuestion, Transport, VerdictEvent};
use tunnel::Notice;

use crate::clock::on_wall;
use crate::event::{Event, OutageCause, Verdict};
use crate::storm::Storms;

/// The protocol numbers of TCP (RFC 9293) and UDP (RFC 768).
const TCP: u8 = 6;
const UDP: u8 = 17;

/// In a question's number: it is about a refusal, or about datagrams. No flow's index is that high.
const REFUSAL: u64 = 1 << 31;
const DATAGRAMS: u64 = 1 << 30;

/// Remembers what several notices say together.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    storms: Storms,
}

impl Teller {
    /// Adds what a notice means. `rules` are those in force with their numbers; what no later event can speak of goes.
    pub(crate) fn tell(
        &mut self,
        notice: Notice,
        rules: &mut VecDeque<(u64, Arc<Rules>)>,
        offset: u64,
        told: &mut Vec<Event>,
    ) {
        match notice {
            Notice::Event {
                event: engine::Event::Verdict(verdict),
                rules: number,
            } => {
                forget(rules, number);
                if let Some((_, rules)) = rules.front() {
                    self.tell_verdict(verdict, rules, offset, told);
                }
            }
            Notice::Event {
                event: engine::Event::Outstanding { at, name, left },
                ..
            } => told.push(Event::Outstanding {
                at: on_wall(at, offset),
                name: name.to_string(),
                left: millis(left),
            }),
            Notice::RulesReplaced(number) => forget(rules, number),
            Notice::WhoOwns {
                question,
                transport,
                app,
                remote,
            } => told.push(Event::WhoOwns {
                question: number_of(question),
                protocol: if transport == Transport::Tcp { TCP } else { UDP },
                local: app,
                remote,
            }),
            Notice::Outage { at, lasted, text } => told.push(Event::Outage {
                at: on_wall(at, offset),
                lasted: millis(lasted),
                at_least: millis(lasted),
                cause: OutageCause::Rebuilt,
                text,
            }),
            Notice::Frozen { at, lasted, at_least } => told.push(Event::Outage {
                at: on_wall(at, offset),
                lasted: millis(lasted),
                at_least: millis(at_least),
                cause: OutageCause::Frozen,
                text: String::new(),
            }),
            Notice::Lost(count) => told.push(Event::Lost(count)),
            // Kinds that are not known yet are not told yet.
            _ => {}
        }
    }

    fn tell_verdict(&mut self, event: VerdictEvent, rules: &Rules, offset: u64, told: &mut Vec<Event>) {
        let uid = event.owner.map(|app| app.0);
        let name = event.reason.name.as_ref().map(ToString::to_string);
        let rule = rule_of(event.reason.because).and_then(|rule| rules.rule(rule));
        let verdict = Verdict {
            action: event.action,
            at: on_wall(event.at, offset),
            uid,
            transport: event.transport,
            seen: event.reason.seen,
            name: name.unwrap_or_default(),
            remote: event.remote.ip(),
            port: event.remote.port(),
            record_type: event.record_type.unwrap_or(0),
            tier: event.reason.because.precedence(),
            rule: rule.map_or("", |rule| rule.id).to_owned(),
            list: rule.map_or("", |rule| rule.list_title).to_owned(),
            what: rule.map_or("", |rule| rule.what).to_owned(),
        };
        let refused = event.action == blocklist::Action::Block;
        let storm = refused.then(|| {
            let what = match verdict.name.as_str() {
                "" => verdict.remote.to_string(),
                name => name.to_owned(),
            };
            let (began, count) = self.storms.count(uid, &what, event.at)?;
            Some(Event::Storm {
                at: on_wall(began, offset),
                uid,
                name: what,
                count,
                lasted: millis(event.at.since(began)),
            })
        });
        told.push(Event::Verdict(verdict));
        told.extend(storm.flatten());
    }
}

/// A question's number, for the app.
fn number_of(question: OwnerQuestion) -> u64 {
    match question {
        OwnerQuestion::Flow(flow) => u64::from(flow.generation) << 32 | u64::from(flow.index),
        OwnerQuestion::Refusal(refusal) => u64::from(refusal) << 32 | REFUSAL,
        OwnerQuestion::Datagrams(wait) => u64::from(wait) << 32 | DATAGRAMS,
    }
}

/// The question of a number.
pub(crate) const fn question_of(number: u64) -> OwnerQuestion {
    if number & REFUSAL != 0 {
        return OwnerQuestion::Refusal((number >> 32) as u32);
    }
    if number & DATAGRAMS != 0 {
        return OwnerQuestion::Datagrams((number >> 32) as u32);
    }
    OwnerQuestion::Flow(FlowId {
        index: number as u32,
        generation: (number >> 32) as u32,
    })
}

/// Drops the rules before this number: notices come in order.
fn forget(rules: &mut VecDeque<(u64, Arc<Rules>)>, number: u64) {
    while rules.len() > 1 && rules.front().is_some_and(|(front, _)| *front < number) {
        rules.pop_front();
    }
}

const fn rule_of(because: Because) -> Option<blocklist::RuleId> {
    match because {
        Because::AppRule(rule)
        | Because::OwnerAllow(rule)
        | Because::OwnerBlock(rule)
        | Because::Essential(rule)
        | Because::Feature(rule)
        | Because::List(rule) => Some(rule),
        Because::NoRule => None,
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_is_known_again_by_its_number() {
        let flow = |index, generation| OwnerQuestion::Flow(FlowId { index, generation });
        for question in [
            flow(0, 0),
            flow(24_575, u32::MAX),
            OwnerQuestion::Datagrams(0),
            OwnerQuestion::Datagrams(u32::MAX),
            OwnerQuestion::Refusal(0),
            OwnerQuestion::Refusal(u32::MAX),
        ] {
            assert_eq!(question_of(number_of(question)), question);
        }
    }
}
