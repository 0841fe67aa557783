//! Whose a flow is, as far as it was asked for.

use std::time::Duration;

use blocklist::AppId;

/// How long an owner is waited for.
pub(crate) const OWNER_WAIT: Duration = Duration::from_millis(50);

/// Who owns a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Owner {
    /// It did not matter so far.
    #[default]
    NotAsked,
    /// The answer is on its way.
    Asked,
    /// This app, if anybody knows.
    Answered(Option<AppId>),
}

impl Owner {
    /// The app, where it is known.
    pub(crate) const fn app(self) -> Option<AppId> {
        match self {
            Self::Answered(app) => app,
            Self::NotAsked | Self::Asked => None,
        }
    }
}
