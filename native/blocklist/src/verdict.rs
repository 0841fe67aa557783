//! What the rules say of a name, and why.

/// An app, as the system numbers it (Android's uid).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(pub u32);

/// A rule's place in its `Rules`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// A list's place in its `Rules`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListId(pub u16);

/// Let it through, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Forward.
    Allow,
    /// Refuse.
    Block,
}

/// The tier that decided, first hit wins, in the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Because {
    /// The owner's rule for this app.
    AppRule(RuleId),
    /// The owner's allow.
    OwnerAllow(RuleId),
    /// The owner's block.
    OwnerBlock(RuleId),
    /// An essential name: no list blocks it.
    Essential(RuleId),
    /// A feature name whose switch "I use ..." is on.
    Feature(RuleId),
    /// A rule of the built-in or a subscribed list.
    List(RuleId),
    /// No rule met it.
    NoRule,
}

impl Because {
    /// The line of the table in `precedence.rs` that decided, from 1; a lower one wins.
    pub const fn precedence(self) -> u8 {
        match self {
            Self::AppRule(_) => 1,
            Self::OwnerAllow(_) => 2,
            Self::OwnerBlock(_) => 3,
            Self::Essential(_) => 4,
            Self::Feature(_) => 5,
            Self::List(_) => 6,
            Self::NoRule => 7,
        }
    }
}

/// What a blocked question or connection is answered with, where a rule brings its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    /// `0.0.0.0` or `::`, with this TTL in seconds.
    ZeroAddress {
        /// Seconds.
        ttl: u32,
    },
    /// No record of this type.
    NoData {
        /// Seconds.
        ttl: u32,
    },
    /// No such name.
    NxDomain {
        /// Seconds.
        ttl: u32,
    },
    /// REFUSED.
    Refused,
    /// Of an address: RST; for UDP, port unreachable.
    Reset,
    /// Of an address: prohibited by an administrator.
    Prohibited,
}

/// What the rules say, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Let it through, or not.
    pub action: Action,
    /// The tier and rule that decided.
    pub because: Because,
    /// The rule's own reply, where it has one.
    pub reply: Option<Reply>,
}

impl Verdict {
    /// No rule met the name.
    pub const NO_RULE: Self = Self {
        action: Action::Allow,
        because: Because::NoRule,
        reply: None,
    };

    /// Whether the flow or question is refused.
    pub const fn is_block(&self) -> bool {
        matches!(self.action, Action::Block)
    }

    /// Whether this verdict, on a name that stands for an address, decides before one on the address itself: by precedence.
    /// That no rule met the name takes nothing back.
    pub fn goes_before(&self, address: Self) -> bool {
        let has_rule = self.because != Because::NoRule || !address.is_block();
        has_rule && self.because.precedence() <= address.because.precedence()
    }

    /// Whether a verdict on the asked name also covers its aliases and its addresses: the owner's rule or an
    /// essential name.
    pub const fn covers_aliases(&self) -> bool {
        matches!(
            self.because,
            Because::AppRule(_) | Because::OwnerAllow(_) | Because::OwnerBlock(_) | Because::Essential(_)
        )
    }
}
