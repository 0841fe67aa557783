//! The verdict on a flow, made once, from its first bytes; and what follows from it.

use std::time::Duration;

use blocklist::{Action, AppId, Because, Verdict};
use wire::Name;

use super::flow::{Flow, Judgement, Phase, Upstream};
use super::open::is_named;
use super::{Context, Life, Tcp};
use crate::inspect::{Finding, Inspection, Next, Undecidable};
use crate::memory::Origin;
use crate::outbox::Command;
use crate::owner::{OWNER_WAIT, Owner};
use crate::policy::Decision;
use crate::{Depth, Event, FlowId, OwnerQuestion, Seen, Timestamp, Transport, VerdictEvent};

/// How long a begun hello may take. Its bytes never leave unjudged, so a hello that is not finished by then is reset.
pub(super) const HELLO_WAIT: Duration = Duration::from_secs(10);

/// Bytes that the readers of all flows may hold: begun hellos and requests, and what HPACK refers back to.
const MAX_READING: usize = 8 * 1024 * 1024;

/// How long bytes are held that only begin like a hello or a request, on a port where no name is expected.
const LETTERS_WAIT: Duration = Duration::from_millis(100);

/// How long a silently opened flow may be dialled without an answer.
pub(super) const SILENT_DIAL_WAIT: Duration = Duration::from_secs(3);

impl Tcp {
    /// Reads bytes whose turn it is for a name, as long as one may come, and acts on it.
    pub(super) fn read_for_name(&mut self, flow: &mut Flow, bytes: &[u8], cx: &mut Context<'_>) -> Life {
        let inspection = match &mut flow.judgement {
            Judgement::Reading(inspection) => inspection,
            Judgement::Allowed | Judgement::AwaitingOwner => match &mut flow.late {
                Some(inspection) => inspection,
                None => return Life::Goes,
            },
        };
        let finding = inspection.push(flow.read, bytes);
        inspection.take_share(&self.reading);
        flow.ech = inspection.ech();
        let wait = patience(inspection, flow.remote.port());
        let (certain, target) = (inspection.is_certain(), inspection.take_target());
        if let Some(target) = target {
            self.expect_answer(flow, &finding, &target, cx);
        }
        if self.reading.taken() > MAX_READING {
            self.give_way(cx);
        }
        match finding {
            Finding::NeedMore => {
                wait_for_more(flow, wait, certain, cx.now);
                Life::Goes
            }
            Finding::Name(name, seen) => self.on_name(flow, name, seen, cx),
            // Far past every client's hello or head, or with two hosts: made so that its name is not read.
            Finding::Undecidable(Undecidable::TooLong | Undecidable::Ambiguous) => {
                self.refuse_unread(flow, cx)
            }
            Finding::Undecidable(_) if flow.late.is_some() => {
                let inspection = flow.late.take();
                flow.next_request = inspection.and_then(|inspection| self.following(inspection));
                Life::Goes
            }
            // What follows a request on its connection and is none was let through with it: WebSocket, CONNECT.
            Finding::Undecidable(_) if flow.name.is_some() => {
                self.allow(flow, cx);
                Life::Goes
            }
            Finding::Undecidable(_) => {
                self.read_on(flow);
                self.decide(flow, cx)
            }
        }
    }

    /// The readers of all flows hold too much: those flows end of which nothing was heard for longest, until a quarter is
    /// free. What they would have said is not known, so they are told of as unread.
    fn give_way(&mut self, cx: &mut Context<'_>) {
        for id in self.table.most_idle_first(|flow| flow.reading_bytes() > 0) {
            if self.reading.taken() <= MAX_READING / 4 * 3 {
                return;
            }
            cx.stats.evicted += 1;
            self.with(id, cx, |tcp, flow, cx| tcp.refuse_unread(flow, cx));
        }
    }

    /// A message without a name may be followed by one that has one.
    fn read_on(&self, flow: &mut Flow) {
        if let Judgement::Reading(inspection) = std::mem::replace(&mut flow.judgement, Judgement::Allowed) {
            flow.next_request = self.following(inspection);
        }
    }

    /// What reads the message behind the one that was read, where one that could be read may follow.
    fn following(&self, mut inspection: Box<Inspection>) -> Option<Box<(Next, Box<Inspection>)>> {
        let next = inspection.next();
        if next == Next::Never {
            return None;
        }
        inspection.forget_read();
        inspection.take_share(&self.reading);
        Some(Box::new((next, inspection)))
    }

    /// Connections to one host mostly come together: they share the memory of its name.
    fn shared(&mut self, name: Name) -> Name {
        match &self.last_name {
            Some(last) if *last == name => last.clone(),
            _ => {
                self.last_name = Some(name.clone());
                name
            }
        }
    }

    /// A name was read. On plaintext HTTP the connection's next request may have another.
    fn on_name(&mut self, flow: &mut Flow, name: Name, seen: Seen, cx: &mut Context<'_>) -> Life {
        let name = self.shared(name);
        let reading = match std::mem::replace(&mut flow.judgement, Judgement::Allowed) {
            Judgement::Reading(inspection) => Some(inspection),
            Judgement::Allowed | Judgement::AwaitingOwner => None,
        };
        let inspection = reading.or_else(|| flow.late.take());
        flow.next_request = inspection.and_then(|inspection| self.following(inspection));
        let again = flow.name.as_ref().is_some_and(|(before, _)| *before == name);
        flow.name = Some((name, seen));
        if again {
            self.allow(flow, cx);
            return Life::Goes;
        }
        self.ask_owner_or_decide(flow, cx)
    }

    /// The app has finished while its first bytes were still being read: what is there has to do.
    pub(super) fn judge_cut_off(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let Judgement::Reading(inspection) = &flow.judgement else {
            return Life::Goes;
        };
        match inspection.cut_off() {
            Some(Finding::Name(name, seen)) => {
                flow.name = Some((name, seen));
                self.ask_owner_or_decide(flow, cx)
            }
            Some(Finding::Undecidable(Undecidable::Ambiguous)) => self.refuse_unread(flow, cx),
            Some(_) => self.decide(flow, cx),
            // Its bytes may hold a name, so they do not leave.
            None => self.refuse_unread(flow, cx),
        }
    }

    /// The first bytes have the letters of a request or a hello and no more came: on a port where no name is expected
    /// that is most likely another protocol, whose client waits for its answer. They are let go, and what follows
    /// is still read: a hello that was held back this way is found before its last byte leaves.
    fn let_go(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let Judgement::Reading(inspection) = std::mem::replace(&mut flow.judgement, Judgement::Allowed)
        else {
            return Life::Goes;
        };
        flow.late = Some(inspection);
        self.decide(flow, cx)
    }

    fn ask_owner_or_decide(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let matters = flow
            .name
            .as_ref()
            .is_some_and(|(name, _)| cx.rules.has_app_rule(name.as_str()));
        if !matters || flow.owner != Owner::NotAsked {
            return self.decide(flow, cx);
        }
        ask_owner(flow, cx);
        Life::Goes
    }

    /// The owner is known, or will not be.
    pub(crate) fn handle_owner(&mut self, id: FlowId, owner: Option<AppId>, cx: &mut Context<'_>) {
        self.with(id, cx, |tcp, flow, cx| {
            if !matches!(flow.judgement, Judgement::AwaitingOwner) {
                return Life::Goes;
            }
            tcp.on_owner(flow, owner, cx)
        });
    }

    fn on_owner(&mut self, flow: &mut Flow, owner: Option<AppId>, cx: &mut Context<'_>) -> Life {
        flow.owner = Owner::Answered(owner);
        if flow.phase != Phase::SynReceived {
            return self.decide(flow, cx);
        }
        flow.judgement = Judgement::Reading(Box::default());
        flow.stage_at = None;
        self.open_by_address(flow, cx)
    }

    /// The verdict, by the name if there is one, else by the address alone.
    pub(super) fn decide(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        let decision = decision_of(flow, cx);
        if decision.verdict.is_block() && asks_before_refusal(flow, cx) {
            return Life::Goes;
        }
        tell(flow, &decision, cx);
        if decision.verdict.is_block() {
            return self.refuse(flow, cx);
        }
        self.allow(flow, cx);
        Life::Goes
    }

    /// Lets the flow through: dials if that is still to be done, and sends what was held.
    pub(super) fn allow(&mut self, flow: &mut Flow, cx: &mut Context<'_>) {
        flow.judgement = Judgement::Allowed;
        flow.judged = 0;
        flow.stage_at = None;
        if flow.upstream == Upstream::None {
            self.dial(flow, cx);
            flow.stage_at = flow.silent.then(|| cx.now + SILENT_DIAL_WAIT);
        }
        self.activate(flow);
    }

    pub(super) fn dial(&self, flow: &mut Flow, cx: &mut Context<'_>) {
        flow.upstream = Upstream::Dialing;
        cx.outbox.push(Command::Dial {
            flow: flow.id,
            to: flow.remote,
        });
    }

    /// First bytes that no client sends, or not like this: a hello or a head without a name up to the limit, or without an
    /// end in its time, or two hosts. They may hold a name, so none of them leaves; what it is, is counted and told.
    fn refuse_unread(&self, flow: &Flow, cx: &mut Context<'_>) -> Life {
        cx.stats.hello_unread += 1;
        let verdict = Verdict {
            action: Action::Block,
            ..Verdict::NO_RULE
        };
        let name = cx.memory.name(flow.remote.ip(), cx.now);
        tell(flow, &Decision::new(verdict, Seen::Unread, name), cx);
        self.reset_app(flow, cx)
    }

    fn refuse(&self, flow: &Flow, cx: &mut Context<'_>) -> Life {
        // What the app wrote is acknowledged by the RST's own number, so that it is taken at once.
        let _ = self.reset_app(flow, cx);
        Life::Ends { reset: true }
    }

    /// Rules were replaced: the flow is judged again by the name that is remembered, or by its address.
    pub(super) fn judge_again(&mut self, id: FlowId, cx: &mut Context<'_>) {
        self.with(id, cx, |tcp, flow, cx| {
            let decision = decision_again(flow, cx);
            let Some(decision) = decision.filter(|decision| decision.verdict.is_block()) else {
                return Life::Goes;
            };
            tell(flow, &decision, cx);
            tcp.refuse(flow, cx)
        });
    }

    /// The stage's time is over.
    pub(super) fn stage_over(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Life {
        flow.stage_at = None;
        match (&flow.judgement, flow.upstream) {
            (_, Upstream::Dialing) if flow.silent => self.silent_dial_failed(flow, cx),
            (_, Upstream::Local) => self.local_idle(flow, cx),
            (_, Upstream::Failed(_)) => self.reset_app(flow, cx),
            (Judgement::AwaitingOwner, _) => self.on_owner(flow, None, cx),
            // Neither side spoke: a server that speaks first. Only the address is left to judge by.
            (Judgement::Reading(_), Upstream::None) if flow.unjudged() == 0 => {
                if flow.phase == Phase::SynAckSent {
                    return Life::Goes;
                }
                let life = self.decide(flow, cx);
                if life == Life::Goes && !matches!(flow.judgement, Judgement::AwaitingOwner) {
                    // What the app says later is still read before it leaves.
                    flow.judgement = Judgement::Reading(Box::default());
                }
                life
            }
            (Judgement::Reading(inspection), _) if flow.unjudged() > 0 => {
                if patience(inspection, flow.remote.port()) == HELLO_WAIT {
                    self.refuse_unread(flow, cx)
                } else {
                    self.let_go(flow, cx)
                }
            }
            _ if flow.is_half_closed() => self.half_closed_idle(flow, cx),
            _ => Life::Goes,
        }
    }

    /// The name was allowed, so the truth may be told from now on: the app sees the next dial's own outcome.
    pub(super) fn silent_dial_failed(&mut self, flow: &Flow, cx: &mut Context<'_>) -> Life {
        self.remember_truthful(flow.remote, cx.now);
        self.reset_app(flow, cx)
    }
}

/// Asks for the owner of a flow that is about to be refused, for the log: its socket is gone afterwards. The flow waits
/// then, and is judged again. False if he was asked for already, or nobody can answer.
pub(super) fn asks_before_refusal(flow: &mut Flow, cx: &mut Context<'_>) -> bool {
    let asks = cx.config.names_owners && flow.owner == Owner::NotAsked;
    if asks {
        ask_owner(flow, cx);
    }
    asks
}

/// Asks for the owner; the flow waits for him.
pub(super) fn ask_owner(flow: &mut Flow, cx: &mut Context<'_>) {
    flow.owner = Owner::Asked;
    flow.judgement = Judgement::AwaitingOwner;
    flow.stage_at = Some(cx.now + OWNER_WAIT);
    cx.outbox.push(Command::WhoOwns {
        question: OwnerQuestion::Flow(flow.id),
        transport: Transport::Tcp,
        app: flow.app,
        remote: flow.remote,
    });
}

/// The block by a rule for the owner on all names of an address, for a flow that shows none.
fn decision_for_app(flow: &Flow, cx: &Context<'_>) -> Option<Decision> {
    let app = flow.owner.app()?;
    let (name, verdict) = cx.memory.blocked_for_app(flow.remote.ip(), cx.now, |name| {
        cx.rules.verdict(name.as_str(), Some(app))
    })?;
    Some(Decision::new(verdict, Seen::Query, Some(name)))
}

/// The verdict by new rules. `None` where nothing is to be judged: what is still read is judged when it is.
fn decision_again(flow: &Flow, cx: &Context<'_>) -> Option<Decision> {
    if flow.upstream == Upstream::Local || matches!(flow.judgement, Judgement::AwaitingOwner) {
        return None;
    }
    decision_at_syn(flow, cx).or_else(|| {
        let is_allowed = matches!(flow.judgement, Judgement::Allowed) && cx.config.depth == Depth::Full;
        (is_allowed || flow.name.is_some()).then(|| decision_of(flow, cx))
    })
}

/// The verdict that a SYN is enough for: a block by a rule on the address, or by what is known of it where no name is
/// expected; the owner's allow. An allowed name that was asked, if the owner allowed it or it is essential, covers its
/// addresses.
pub(super) fn decision_at_syn(flow: &Flow, cx: &Context<'_>) -> Option<Decision> {
    if !is_named(flow.remote.port())
        && let Some(decision) = decision_for_app(flow, cx)
    {
        return Some(decision);
    }
    let mut decision = decision_by_address(flow, cx);
    let verdict = decision.verdict;
    let is_told = decision.reason.seen == Seen::HttpDns;
    let by_app = matches!(verdict.because, Because::AppRule(_));
    if is_told && is_named(flow.remote.port()) {
        return None;
    }
    if !verdict.is_block() {
        let is_owners = by_app || matches!(verdict.because, Because::OwnerAllow(_));
        return is_owners.then_some(decision);
    }
    let covering = cx.memory.covering(flow.remote.ip(), None, cx.now);
    if !by_app && covering.is_some_and(|origin| !origin.verdict.is_block() && goes_first(&origin, verdict)) {
        return None;
    }
    if !is_told {
        decision.reason.name = None;
    }
    Some(decision)
}

/// The verdict on the name if there is one, else on the address.
fn decision_of(flow: &Flow, cx: &Context<'_>) -> Decision {
    let name = flow.name.as_ref().map(|(name, _)| name);
    let ech = flow
        .ech
        .map(|extension| cx.memory.ech.classify(name, extension, cx.now));
    decision_on(flow, cx).with_ech(ech)
}

fn decision_on(flow: &Flow, cx: &Context<'_>) -> Decision {
    if flow.name.is_none()
        && let Some(decision) = decision_for_app(flow, cx)
    {
        return decision;
    }
    let name = flow.name.as_ref().map(|(name, _)| name);
    let by_address = decision_by_address(flow, cx);
    if let Some(origin) = cx.memory.covering(flow.remote.ip(), name, cx.now)
        && (name.is_some() || goes_first(&origin, by_address.verdict))
    {
        let seen = flow.name.as_ref().map_or(Seen::Query, |(_, seen)| *seen);
        return Decision::new(origin.verdict, seen, Some(origin.asked.clone()));
    }
    let Some((name, seen)) = &flow.name else {
        return by_address;
    };
    let verdict = cx.rules.verdict(name.as_str(), flow.owner.app());
    let is_better = by_address.reason.because.precedence() <= verdict.because.precedence();
    if by_address.reason.seen == Seen::HttpDns && is_better && is_literal(name) {
        return by_address;
    }
    Decision::new(verdict, *seen, Some(name.clone()))
}

/// The verdict on the address alone: by a rule on it, or by the name under which a server in plain HTTP told it, whichever has
/// precedence.
fn decision_by_address(flow: &Flow, cx: &Context<'_>) -> Decision {
    let ip = crate::nat64::unwrap(flow.remote.ip(), cx.upstream.nat64_prefix);
    let app = flow.owner.app();
    let verdict = cx.config.verdict_ip(cx.rules, ip, flow.remote.port(), app);
    let verdict = verdict.unwrap_or(Verdict::NO_RULE);
    let told = cx
        .memory
        .told(flow.remote, cx.now, |name| cx.rules.verdict(name.as_str(), app));
    match told {
        Some((name, told)) if told.goes_before(verdict) => Decision::new(told, Seen::HttpDns, Some(name)),
        _ => Decision::new(verdict, Seen::Address, cx.memory.name(flow.remote.ip(), cx.now)),
    }
}

/// Whether the verdict on a name that was asked goes before one on the address that answered it.
const fn goes_first(origin: &Origin, by_address: Verdict) -> bool {
    origin.verdict.because.precedence() <= by_address.because.precedence()
}

/// Whether a host is an address, and no name.
fn is_literal(host: &Name) -> bool {
    let host = host.as_str();
    host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok()
}

/// Tells the verdict to the log.
pub(super) fn tell(flow: &Flow, decision: &Decision, cx: &mut Context<'_>) {
    if decision.verdict.is_block() {
        cx.stats.blocked += 1;
    } else {
        cx.stats.allowed += 1;
    }
    let at: Timestamp = cx.now;
    cx.outbox.push(Command::Event(Event::Verdict(VerdictEvent {
        at,
        transport: Transport::Tcp,
        action: decision.verdict.action,
        reason: decision.reason.clone(),
        app: flow.app,
        remote: flow.remote,
        owner: flow.owner.app(),
        record_type: None,
    })));
}

/// How long the bytes so far may wait for more.
///
/// Between the preface of HTTP/2 and the first request no name is held back, and some clients wait there for the server's
/// settings: they are let go soon on any port, and the request is read when it comes.
fn patience(inspection: &Inspection, port: u16) -> Duration {
    if !inspection.is_between() && (inspection.is_certain() || is_named(port)) {
        HELLO_WAIT
    } else {
        LETTERS_WAIT
    }
}

/// The deadline of a hello or request that has begun.
fn wait_for_more(flow: &mut Flow, wait: Duration, certain: bool, now: Timestamp) {
    if !matches!(flow.judgement, Judgement::Reading(_)) {
        return;
    }
    let begun = flow.stage_at.filter(|_| flow.unjudged() > 0 && !certain);
    flow.stage_at = begun.or(Some(now + wait));
}
