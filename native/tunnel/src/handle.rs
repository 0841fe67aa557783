//! Commands to a running tunnel, from any thread.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use blocklist::{AppId, Rules};
use engine::{FlowId, Stats, Upstream};
use mio::{Registry, Waker};
use thiserror::Error;

use crate::token::Source;
use crate::{Device, TunnelStats};

/// Commands that wait for the loop.
const INBOX_LEN: usize = 1_024;

/// How long [`Handle::snapshot`] waits for the loop.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(2);

/// Why a command was not taken.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The tunnel has ended.
    #[error("the tunnel has ended")]
    Ended,
    /// The loop is behind with commands, or does not answer.
    #[error("the tunnel is too busy for commands")]
    Busy,
    /// The loop could not be woken.
    #[error("cannot wake the tunnel")]
    Wake(#[source] io::Error),
}

/// All counters of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The engine's.
    pub engine: Stats,
    /// The tunnel's own.
    pub tunnel: TunnelStats,
}

/// Speaks to a running [`Tunnel`](crate::Tunnel).
#[derive(Debug, Clone)]
pub struct Handle {
    sender: SyncSender<Command>,
    waker: Arc<Waker>,
}

#[derive(Debug)]
pub(crate) enum Command {
    Stop,
    ReplaceRules(Arc<Rules>),
    SetUpstream(Upstream),
    NetworkChanged,
    ReplaceDevice(Device),
    Owner(FlowId, Option<AppId>),
    Snapshot(SyncSender<Snapshot>),
    /// Panics in the turn, as a bug in the engine would.
    #[cfg(test)]
    Panic,
}

/// The loop's end of the commands.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiver: Receiver<Command>,
}

pub(crate) fn channel(registry: &Registry) -> io::Result<(Handle, Inbox)> {
    let waker = Arc::new(Waker::new(registry, Source::Waker.token())?);
    let (sender, receiver) = sync_channel(INBOX_LEN);
    Ok((Handle { sender, waker }, Inbox { receiver }))
}

impl Handle {
    /// Ends [`Tunnel::run`](crate::Tunnel::run).
    pub fn stop(&self) -> Result<(), CommandError> {
        self.send(Command::Stop)
    }

    /// Swaps the rules; open flows are judged again.
    pub fn replace_rules(&self, rules: Arc<Rules>) -> Result<(), CommandError> {
        self.send(Command::ReplaceRules(rules))
    }

    /// Says what the network of the moment offers.
    pub fn set_upstream(&self, upstream: Upstream) -> Result<(), CommandError> {
        self.send(Command::SetUpstream(upstream))
    }

    /// The network is another one: flows of the lost one are reset, sockets are recreated.
    pub fn network_changed(&self) -> Result<(), CommandError> {
        self.send(Command::NetworkChanged)
    }

    /// Goes on with another TUN (Android: the next `establish`); the old one is closed.
    pub fn replace_device(&self, device: Device) -> Result<(), CommandError> {
        self.send(Command::ReplaceDevice(device))
    }

    /// Answers [`Notice::WhoOwns`](crate::Notice::WhoOwns); `None` if nobody knows.
    pub fn owner(&self, flow: FlowId, owner: Option<AppId>) -> Result<(), CommandError> {
        self.send(Command::Owner(flow, owner))
    }

    /// Reads all counters.
    pub fn snapshot(&self) -> Result<Snapshot, CommandError> {
        let (sender, receiver) = sync_channel(1);
        self.send(Command::Snapshot(sender))?;
        receiver
            .recv_timeout(SNAPSHOT_PATIENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => CommandError::Busy,
                RecvTimeoutError::Disconnected => CommandError::Ended,
            })
    }

    #[cfg(test)]
    pub(crate) fn panic(&self) -> Result<(), CommandError> {
        self.send(Command::Panic)
    }

    fn send(&self, command: Command) -> Result<(), CommandError> {
        self.sender.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => CommandError::Busy,
            TrySendError::Disconnected(_) => CommandError::Ended,
        })?;
        self.waker.wake().map_err(CommandError::Wake)
    }
}

impl Inbox {
    /// The next command that waits.
    pub(crate) fn next(&self) -> Option<Command> {
        self.receiver.try_recv().ok()
    }
}
