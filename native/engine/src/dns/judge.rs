//! The verdict on an answer: its aliases and targets, then what of it is remembered.

use std::sync::Arc;
use std::time::Duration;

use wire::Name;
use wire::dns::{self, Answer};

use super::pending::{Question, Waiting};
use super::{Context, IPV4_ONLY};
use crate::Seen;
use crate::memory::{Origin, Source};
use crate::policy::Decision;

/// Aliases of one answer that are remembered. All are judged.
const MAX_ALIASES: usize = 16;

/// Addresses of one answer that are remembered; one answer must not push out all others.
const MAX_ADDRESSES: usize = 128;

/// What becomes of an answer.
pub(super) enum Outcome {
    /// It is passed on as it is.
    Deliver,
    /// It is passed on with short TTLs: apps differ on the name.
    DeliverCapped,
    /// One of its names is blocked.
    Block(Decision),
    /// Cut off where it cannot be read: the app asks again over TCP.
    Truncated,
    /// It cannot be judged, and does not reach the app.
    Unreadable,
}

/// Judges an answer and remembers its addresses.
///
/// Those of a refused answer are remembered too, as what they are: an app that knows one of them by other means finds
/// no allowed name that vouches for it.
pub(super) fn judge(
    question: &Question,
    askers: &[Waiting],
    message: &[u8],
    cx: &mut Context<'_>,
) -> Outcome {
    let asked = askers.first().map(|waiting| &waiting.head[dns::HEADER_LEN..]);
    if !asked.is_some_and(|asked| dns::matches_question(message, asked)) {
        return Outcome::Unreadable;
    }
    if dns::answer_count(message) == 0 {
        return Outcome::Deliver;
    }
    let Ok(answer) = Answer::parse(message) else {
        return if dns::is_truncated(message) {
            Outcome::Truncated
        } else {
            Outcome::Unreadable
        };
    };
    for published in &answer.ech {
        cx.memory.ech.remember(published, cx.now);
    }
    let mut names = Names::new(question);
    for alias in &answer.aliases {
        let seen = if alias.service { Seen::Target } else { Seen::Cname };
        names.judge(&alias.from, Seen::Cname, cx);
        names.judge(&alias.to, seen, cx);
    }
    for address in &answer.addresses {
        names.judge(&address.name, Seen::Cname, cx);
    }
    let Names {
        aliases,
        refused,
        per_app,
        ..
    } = names;
    let origin = Arc::new(Origin {
        asked: question.query.name.clone(),
        verdict: refused
            .as_ref()
            .map_or(question.verdict, |decision| decision.verdict),
        aliases,
        per_app,
        source: Source::Answer,
    });
    for address in answer.addresses.iter().take(MAX_ADDRESSES) {
        cx.memory.remember(
            address.ip,
            &origin,
            Duration::from_secs(address.ttl.into()),
            cx.now,
        );
    }
    match refused {
        // Where apps differ on the asked name, the rule of one of them may cover its aliases: the flow's owner decides.
        Some(decision) if !question.per_app => Outcome::Block(decision),
        _ if per_app => Outcome::DeliverCapped,
        _ => Outcome::Deliver,
    }
}

/// The names of one answer beside the asked one.
struct Names<'a> {
    question: &'a Question,
    /// Whether the verdict on the asked name covers all others.
    covered: bool,
    aliases: Vec<Name>,
    /// The first blocked one.
    refused: Option<Decision>,
    per_app: bool,
}

impl<'a> Names<'a> {
    fn new(question: &'a Question) -> Self {
        Self {
            question,
            covered: question.verdict.covers_aliases() || question.query.name.as_str() == IPV4_ONLY,
            aliases: Vec::new(),
            refused: None,
            per_app: question.per_app,
        }
    }

    /// Judges a name that stands for the asked one.
    fn judge(&mut self, name: &Name, seen: Seen, cx: &Context<'_>) {
        if *name == self.question.query.name || self.aliases.contains(name) {
            return;
        }
        if self.aliases.len() < MAX_ALIASES {
            self.aliases.push(name.clone());
        }
        if self.covered || self.refused.is_some() {
            return;
        }
        if cx.rules.has_app_rule(name.as_str()) {
            self.per_app = true;
            return;
        }
        let verdict = super::verdict(name, cx.rules);
        if verdict.is_block() {
            self.refused = Some(Decision::new(verdict, seen, Some(name.clone())));
        }
    }
}
