//! The verdict on what was found of a QUIC connection.

use std::net::SocketAddr;

use blocklist::{Action, Because, Verdict};

use crate::Seen;
use crate::config::Unread;
use crate::context::Context;
use crate::inspect::{Finding, Undecidable};
use crate::owner::Owner;
use crate::policy::Decision;

/// Whether apps differ on what was found.
pub(super) fn owner_matters(finding: &Finding, remote: SocketAddr, cx: &Context<'_>) -> bool {
    match finding {
        Finding::Name(name, _) => cx.rules.has_app_rule(name.as_str()),
        Finding::NeedMore | Finding::Undecidable(_) => cx.apps_differ(remote),
    }
}

/// The verdict on what was found.
pub(super) fn decide(finding: Finding, remote: SocketAddr, owner: Owner, cx: &mut Context<'_>) -> Decision {
    match finding {
        Finding::Name(name, seen) => cx.decide_by_name(name, seen, remote, owner.app()),
        Finding::Undecidable(Undecidable::Nameless) => cx.decide_by_address(remote, owner.app()),
        Finding::NeedMore | Finding::Undecidable(_) => decide_unread(remote, owner, cx),
    }
}

/// The verdict on a connection whose name cannot be read: by a rule on its address, else by the owner's setting.
fn decide_unread(remote: SocketAddr, owner: Owner, cx: &mut Context<'_>) -> Decision {
    cx.stats.quic_unread += 1;
    let decision = cx.decide_by_address(remote, owner.app());
    if decision.verdict.because != Because::NoRule {
        return decision;
    }
    let action = match cx.config.quic_unread {
        Unread::Forward => Action::Allow,
        Unread::FallBack => Action::Block,
    };
    let verdict = Verdict {
        action,
        ..Verdict::NO_RULE
    };
    Decision::new(verdict, Seen::Unread, decision.reason.name)
}
