//! What can go wrong, as one Java exception sees it: a stable code and a text.

use std::io;

use blocklist::BuildError;
use thiserror::Error;
use tunnel::{CommandError, RunError, StartError};

use crate::encoding::DecodeError;

/// Why an export failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// No session of this number runs.
    #[error("the session has ended")]
    Ended,
    /// The engine does not keep up.
    #[error("the engine is too busy")]
    Busy,
    /// The descriptor is no open TUN.
    #[error("not a TUN descriptor: {0}")]
    Descriptor(#[source] io::Error),
    /// Bytes that are no message.
    #[error("{0}")]
    Encoding(#[from] DecodeError),
    /// A setting that cannot be.
    #[error("{0}")]
    Setting(#[from] BuildError),
    /// The system refuses what a session needs.
    #[error("{what}: {source}")]
    System {
        /// What was wanted.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A call into the virtual machine failed.
    #[error("JNI: {0}")]
    Jni(#[from] jni::errors::Error),
}

/// The codes of `EngineException.kt`.
pub mod code {
    /// No error.
    pub const NONE: u32 = 0;
    /// The engine panicked.
    pub const PANIC: u32 = 1;
    /// No such session.
    pub const ENDED: u32 = 2;
    /// Too busy.
    pub const BUSY: u32 = 3;
    /// No TUN.
    pub const DESCRIPTOR: u32 = 4;
    /// The TUN is gone.
    pub const DEVICE_GONE: u32 = 5;
    /// No message.
    pub const ENCODING: u32 = 6;
    /// A setting that cannot be.
    pub const SETTING: u32 = 7;
    /// The system refuses.
    pub const SYSTEM: u32 = 8;
    /// A list that cannot be read.
    pub const LIST_UNREADABLE: u32 = 9;
    /// A list in no known form.
    pub const LIST_FORM: u32 = 10;
    /// A list that nobody of ours signed.
    pub const LIST_TRUST: u32 = 11;
    /// A list whose time is over.
    pub const LIST_OLD: u32 = 12;
}

impl BridgeError {
    /// The code of `EngineException`.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Ended => code::ENDED,
            Self::Busy => code::BUSY,
            Self::Descriptor(_) => code::DESCRIPTOR,
            Self::Encoding(_) => code::ENCODING,
            Self::Setting(_) => code::SETTING,
            Self::System { .. } | Self::Jni(_) => code::SYSTEM,
        }
    }
}

impl From<CommandError> for BridgeError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Ended => Self::Ended,
            CommandError::Busy => Self::Busy,
            CommandError::Device(source) => Self::Descriptor(source),
            CommandError::Wake(source) => Self::System {
                what: "cannot wake the engine",
                source,
            },
        }
    }
}

impl From<StartError> for BridgeError {
    fn from(error: StartError) -> Self {
        match error {
            // epoll takes no part in what is no device.
            StartError::Poll(source) => Self::Descriptor(source),
            StartError::Seed(source) => Self::System {
                what: "no random bytes",
                source,
            },
        }
    }
}

/// Code and text of a run's end.
pub(crate) fn end_of(outcome: &Result<(), RunError>) -> (u32, String) {
    let code = match outcome {
        Ok(()) => return (code::NONE, String::new()),
        Err(RunError::Device(_)) => code::DEVICE_GONE,
        Err(RunError::Panics | RunError::Rebuild(_)) => code::PANIC,
        Err(_) => code::SYSTEM,
    };
    let text = outcome.as_ref().err().map(ToString::to_string);
    (code, text.unwrap_or_default())
}
