//! Questions on port 53, to any address, over UDP and TCP: judged, answered here or asked upstream, remembered.

mod judge;
mod pending;
mod reply;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use blocklist::{Action, Because, Rules, Verdict};
use wire::dns::{self, Query, QueryError, RecordType, Reply};
use wire::{Malformed, Name};

use self::judge::Outcome;
use self::pending::{Pending, Question, Waiting};
use crate::memory::Memory;
use crate::outbox::{Command, Outbox};
use crate::stats::Discard;
use crate::storm::Storms;
use crate::{
    AskId, Config, Depth, EchParameters, Event, FlowId, Reason, Seen, Stats, Timestamp, Transport, Upstream,
    VerdictEvent,
};

/// How long a question may wait for its answer before it is forgotten.
pub(crate) const QUESTION_LIFETIME: Duration = Duration::from_secs(10);

/// How long NODATA for a family without a route may be remembered: short, because networks come and go.
const NO_ROUTE_TTL: u32 = 5;

/// How networks tell their NAT64 prefix (RFC 7050 section 2.2): never blocked, never rewritten.
const IPV4_ONLY: &str = "ipv4only.arpa";

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A datagram from `app` to `server`.
    Udp { app: SocketAddr, server: SocketAddr },
    /// A message on a TCP flow.
    Tcp {
        flow: FlowId,
        app: SocketAddr,
        server: SocketAddr,
    },
}

impl Asker {
    const fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp { .. })
    }

    /// The app's endpoint, and the address that it asked.
    const fn endpoints(self) -> (SocketAddr, SocketAddr) {
        match self {
            Self::Udp { app, server } | Self::Tcp { app, server, .. } => (app, server),
        }
    }
}

/// What the service needs of the rest of the engine for one input.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) rules: &'a Rules,
    pub(crate) memory: &'a mut Memory,
    pub(crate) upstream: &'a Upstream,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) stats: &'a mut Stats,
    pub(crate) storms: &'a mut Storms,
    pub(crate) now: Timestamp,
}

impl Context<'_> {
    /// Tells and counts one verdict. Each question has one, told when it is answered.
    fn tell(&mut self, asker: Asker, record_type: RecordType, action: Action, reason: Reason) {
        match action {
            Action::Allow => self.stats.allowed += 1,
            Action::Block => self.stats.blocked += 1,
        }
        let (app, remote) = asker.endpoints();
        self.outbox.push(Command::Event(Event::Verdict(VerdictEvent {
            at: self.now,
            transport: Transport::Dns,
            action,
            reason,
            app,
            remote,
            owner: None,
            record_type: Some(record_type.0),
        })));
    }

    /// Keeps back a refusal, told since `mark`, until its owner is known. A reply on a TCP flow waits in no outbox, so there
    /// only the event does.
    fn await_owner(&mut self, mark: usize, asker: Asker, action: Action) {
        if action == Action::Block && self.config.names_owners {
            let transport = if asker.is_tcp() {
                Transport::Tcp
            } else {
                Transport::Udp
            };
            self.outbox.await_owner(mark, transport, self.now);
        }
    }
}

/// The DNS service. Bounded in open questions; equal questions in flight share one.
#[derive(Debug)]
pub(crate) struct Dns {
    pending: Pending,
    /// Answers for TCP flows.
    replies: VecDeque<(FlowId, Vec<u8>)>,
}

impl Dns {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            pending: Pending::new(seed),
            replies: VecDeque::new(),
        }
    }

    /// A question arrived. UDP replies go to `outbox` as whole packets; TCP replies wait for `poll_tcp_reply`.
    pub(crate) fn handle_question(&mut self, asker: Asker, message: &[u8], cx: &mut Context<'_>) {
        cx.stats.questions += 1;
        let query = match Query::parse(message) {
            Ok(query) => query,
            Err(error) => return self.refuse(asker, message, error, cx),
        };
        let per_app = cx.rules.has_app_rule(query.name.as_str());
        let mut verdict = verdict(&query.name, cx.rules);
        if per_app {
            // Where apps differ, the question is answered for all, and the flow's owner decides.
            verdict.action = Action::Allow;
        }
        let reply = if verdict.is_block() {
            cx.stats.answered_here += 1;
            cx.storms.reply(&query, verdict, cx.config, cx.now)
        } else if cx.upstream.resolvers.is_empty() {
            Reply::ServFail
        } else if !has_route(&query, cx.upstream) {
            Reply::NoData { ttl: NO_ROUTE_TTL }
        } else {
            return self.ask(
                asker,
                message,
                Question {
                    query,
                    verdict,
                    per_app,
                },
                cx,
            );
        };
        let reason = Reason {
            because: verdict.because,
            seen: Seen::Query,
            name: Some(query.name.clone()),
            ech: None,
        };
        let mark = cx.outbox.mark();
        cx.tell(asker, query.record_type, verdict.action, reason);
        self.respond(asker, &dns::emit_reply(message, &query, reply), cx);
        cx.await_owner(mark, asker, verdict.action);
    }

    /// What is no question is answered as far as its header can be read.
    fn refuse(&mut self, asker: Asker, message: &[u8], error: QueryError, cx: &mut Context<'_>) {
        cx.stats.discard(Discard::MalformedDns);
        let reply = if error == QueryError::Opcode {
            Reply::NotImp
        } else {
            Reply::FormErr
        };
        if let Some(bytes) = dns::emit_error(message, reply) {
            self.respond(asker, &bytes, cx);
        }
    }

    /// Asks upstream, unless an equal question is on its way.
    fn ask(&mut self, asker: Asker, message: &[u8], question: Question, cx: &mut Context<'_>) {
        let waiting = Waiting {
            asker,
            head: message[..question.query.question.end].into(),
        };
        let Some((ask, oldest)) = self.pending.add(message, question, waiting, cx.now) else {
            return;
        };
        if let Some(name) = self.pending.name_of(ask) {
            cx.storms.note_sent(name);
        }
        cx.outbox.push(Command::Ask {
            ask,
            message: message.to_vec(),
            tcp: asker.is_tcp(),
        });
        if let Some((question, askers)) = oldest {
            self.fail(&question, &askers, cx);
        }
    }

    /// The resolver answered: the answer is judged, remembered, and passed on byte for byte, but for its ECH parameters.
    pub(crate) fn handle_answer(&mut self, ask: AskId, message: &[u8], cx: &mut Context<'_>) {
        let Some((question, askers)) = self.pending.remove(ask) else {
            return;
        };
        match judge::judge(&question, &askers, message, cx) {
            Outcome::Deliver => match without_ech(message, cx) {
                Ok(message) => self.deliver(&question, &askers, &message, cx),
                Err(_) => self.fail(&question, &askers, cx),
            },
            Outcome::DeliverCapped => {
                let capped = without_ech(message, cx).and_then(|message| {
                    let mut capped = message.into_owned();
                    dns::cap_ttl(&mut capped, cx.config.shared_ttl).map(|()| capped)
                });
                match capped {
                    Ok(capped) => self.deliver(&question, &askers, &capped, cx),
                    Err(_) => self.fail(&question, &askers, cx),
                }
            }
            Outcome::Block(decision) => {
                let reply = cx
                    .storms
                    .reply(&question.query, decision.verdict, cx.config, cx.now);
                self.answer(&question, &askers, reply, &decision.reason, Action::Block, cx);
            }
            Outcome::Truncated => {
                self.answer(
                    &question,
                    &askers,
                    Reply::Truncated,
                    &question.reason(),
                    Action::Allow,
                    cx,
                );
            }
            Outcome::Unreadable => self.fail(&question, &askers, cx),
        }
    }

    /// No resolver answered: SERVFAIL.
    pub(crate) fn handle_ask_failed(&mut self, ask: AskId, cx: &mut Context<'_>) {
        if let Some((question, askers)) = self.pending.remove(ask) {
            self.fail(&question, &askers, cx);
        }
    }

    fn fail(&mut self, question: &Question, askers: &[Waiting], cx: &mut Context<'_>) {
        self.answer(
            question,
            askers,
            Reply::ServFail,
            &question.reason(),
            Action::Allow,
            cx,
        );
    }

    /// Questions that waited too long are forgotten.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        while self.pending.pop_expired(now).is_some() {}
    }

    /// When `handle_timeout` has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.pending.next_expiry()
    }

    /// The next answer for a TCP flow: the message without its length prefix.
    pub(crate) fn poll_tcp_reply(&mut self) -> Option<(FlowId, Vec<u8>)> {
        self.replies.pop_front()
    }

    /// The rules were replaced or the network changed: open questions are failed, nothing old is remembered.
    pub(crate) fn reset(&mut self, cx: &mut Context<'_>) {
        while let Some((question, askers)) = self.pending.pop_oldest() {
            self.fail(&question, &askers, cx);
        }
        cx.memory.forget_answers();
    }
}

/// The answer as the app gets it: without ECH parameters, where the names that they would hide are to be read.
fn without_ech<'a>(message: &'a [u8], cx: &Context<'_>) -> Result<Cow<'a, [u8]>, Malformed> {
    if cx.config.ech == EchParameters::Keep || cx.config.depth == Depth::Dns {
        return Ok(Cow::Borrowed(message));
    }
    let without = dns::without_ech(message)?;
    Ok(without.map_or(Cow::Borrowed(message), Cow::Owned))
}

/// The verdict on a name for all apps.
pub(crate) fn verdict(name: &Name, rules: &Rules) -> Verdict {
    if name.as_str() == IPV4_ONLY {
        return Verdict {
            action: Action::Allow,
            because: Because::NoRule,
            reply: None,
        };
    }
    rules.verdict(name.as_str(), None)
}

/// Whether addresses of the type that is asked for could be dialled, as far as that tells one family from the other:
/// with no route at all the resolver is asked, and if it cannot be, the app hears of a failure and not of an absence.
fn has_route(query: &Query, upstream: &Upstream) -> bool {
    if upstream.ipv4 == upstream.ipv6 || query.name.as_str() == IPV4_ONLY {
        return true;
    }
    match query.record_type {
        RecordType::A => upstream.ipv4,
        RecordType::AAAA => upstream.ipv6,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
