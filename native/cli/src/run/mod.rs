//! `hushwall run`: the firewall on a TUN device.
//!
//! Three threads: the engine's, which does all the work; this one, which shows it; and one that waits for signals.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use blocklist::Rules;
use engine::{Config, EncryptedDns, Upstream};
use tunnel::{Device, Events, Handle, OpenError, RunError, Settings, Snapshot, Sockets, Told, Tunnel};

mod args;
mod families;
mod network;
mod resolvers;
mod routes;
mod show;
mod signals;
mod way;

use crate::rules;
pub(crate) use args::Args;
use network::{Network, Seen};
use resolvers::Resolvers;
pub(crate) use resolvers::resolvers_of_this_machine;
use routes::Routes;
use show::{Form, Screen};

/// Between two looks at the events: a person does not see it, and a busy engine is spared the wake-ups.
const PAUSE: Duration = Duration::from_millis(50);

/// What to do without rights. Capabilities alone do not help: `ip`, which is run, does not inherit them.
const NO_RIGHTS: &str = "no right to make devices and routes: run as root (sudo, or a container with CAP_NET_ADMIN), \
                         or use --unmanaged with a device that root made for you by `ip tuntap add NAME mode tun user YOU`";

/// Output waits here until nothing more comes.
const OUTPUT_BUFFER: usize = 32 * 1024;

/// Runs the firewall until SIGTERM or Ctrl-C.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let rules = Arc::new(rules::load_mapped(&args.rules)?);
    let resolvers = Resolvers::find(&args.dns)?;
    if args.unmanaged && !device_exists(&args.tun) {
        bail!(
            "there is no device {0}: create it with `ip tuntap add dev {0} mode tun`",
            args.tun
        );
    }
    let seen = network::see(&args, &resolvers);
    let upstream = seen.upstream.clone();
    let device = Device::open(&args.tun).map_err(|error| match error {
        OpenError::NotPermitted(_) => anyhow!(NO_RIGHTS),
        error => error.into(),
    })?;
    let mut routes = if args.unmanaged {
        None
    } else {
        Some(Routes::claim(&args.tun)?)
    };
    let mut settings = settings(&args, Arc::clone(&rules), upstream.clone());
    match tunnel::raise_descriptor_limit() {
        Ok(limit) => settings.config = tunnel::fitted(settings.config, limit),
        Err(error) => {
            tracing::warn!(%error, "the limit on open files is not known; many flows at once may be refused");
        }
    }
    let (tunnel, handle, events) = Tunnel::new(device, settings)?;
    let totals = end_on_signal(&handle)?;
    let engine = spawn(tunnel)?;
    if let Some(routes) = &mut routes {
        let asked: Vec<IpAddr> = upstream.resolvers.iter().map(SocketAddr::ip).collect();
        routes.lay(&args.tun, args.mtu, args.depth, &asked, resolvers.behind_resolved)?;
    }

    let mut network = Network::new(seen, || network::look(&args), Instant::now());
    let mut screen = Screen::new(
        BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock()),
        form(&args),
        rules,
        Instant::now(),
    );
    let shown = screen.write_started(&args.tun).and_then(|()| screen.flush());
    if let Err(error) = tunnel::give_back_program() {
        tracing::debug!(%error, "what only the start needed stays in memory");
    }
    let shown = shown.and_then(|()| watch(&mut screen, &events, &handle, &mut network));
    if let Err(error) = &shown {
        if error.kind() == io::ErrorKind::BrokenPipe {
            // Whoever watched has gone, and so the run ends; it may have ended already.
            let _ = handle.stop();
        } else {
            tracing::warn!(%error, "nothing more can be shown; the firewall goes on");
        }
    }
    // Without a listener the engine keeps no events.
    drop(events);
    let ended = engine.join().map_err(|_| anyhow!("the engine's thread failed"))?;
    if let Some(routes) = &mut routes {
        routes.take_back()?;
    }
    ended?;
    shown?;
    screen.write_totals(totals.try_recv().ok().as_ref(), Instant::now())?;
    Ok(ExitCode::SUCCESS)
}

fn settings(args: &Args, rules: Arc<Rules>, upstream: Upstream) -> Settings {
    let mut own_resolvers: Vec<IpAddr> = upstream.resolvers.iter().map(SocketAddr::ip).collect();
    let mut sockets = Sockets::new();
    if !args.unmanaged {
        own_resolvers.push(routes::ANNOUNCED.into());
        sockets = sockets.with_mark(routes::MARK);
    }
    Settings {
        config: Config {
            mtu: args.mtu,
            segment_cap: args.segment_limit.map_or_else(tunnel::segment_cap, usize::from),
            depth: args.depth.into(),
            own_resolvers,
            quic_unread: args.quic_unread.into(),
            ech: args.ech.into(),
            encrypted_dns: encrypted_dns(&args.rules.without),
            ..Config::default()
        },
        rules,
        upstream,
        sockets,
        knows_owners: false,
        told: Told::Everything,
        system: None,
        system_network: 0,
        awake: None,
    }
}

/// Whoever does not use encrypted resolvers of others has them refused.
fn encrypted_dns(without: &[String]) -> EncryptedDns {
    if without.iter().any(|feature| feature == Rules::ENCRYPTED_DNS) {
        EncryptedDns::Refuse
    } else {
        EncryptedDns::Leave
    }
}

fn spawn(mut tunnel: Tunnel) -> anyhow::Result<JoinHandle<Result<(), RunError>>> {
    let engine = thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || tunnel.run());
    engine.context("cannot start the engine's thread")
}

/// Ends the tunnel at a signal; the totals of its last moment arrive before its end does.
fn end_on_signal(handle: &Handle) -> anyhow::Result<Receiver<Snapshot>> {
    let (sender, totals) = sync_channel(1);
    let handle = handle.clone();
    signals::on_end(move || {
        if let Ok(snapshot) = handle.snapshot() {
            let _ = sender.send(snapshot);
        }
        // If it has ended by itself, all the better.
        let _ = handle.stop();
    })
    .context("cannot wait for signals")?;
    Ok(totals)
}

/// Shows what happens until the tunnel ends. While nothing happens, nothing wakes up here.
fn watch(
    screen: &mut Screen<impl Write>,
    events: &Events,
    handle: &Handle,
    network: &mut Network<impl FnMut() -> Option<Seen>>,
) -> io::Result<()> {
    loop {
        screen.flush()?;
        let notice = match screen.poll_timeout() {
            None => events.next(),
            Some(due) => events.next_timeout(due.saturating_duration_since(Instant::now())),
        };
        let ended = notice.is_none() && events.is_closed();
        if let Some(notice) = &notice {
            screen.handle_notice(notice, Instant::now())?;
            screen.flush()?;
            if !events.is_closed() {
                thread::sleep(PAUSE);
            }
        }
        let now = Instant::now();
        for notice in events.next_batch(Duration::ZERO) {
            screen.handle_notice(&notice, now)?;
        }
        if ended {
            return Ok(());
        }
        screen.handle_timeout(now, || handle.snapshot().ok())?;
        if let Some(change) = network.poll_change(now) {
            let (ipv4, ipv6) = (change.upstream.ipv4, change.upstream.ipv6);
            tracing::info!(ipv4, ipv6, change.is_other, "the network has changed");
            // An engine that is too busy for it is told at the next change; one that has ended needs no network.
            let _ = handle.set_upstream(change.upstream);
            if change.is_other {
                let _ = handle.network_changed();
            }
        }
    }
}

fn form(args: &Args) -> Form {
    if args.json {
        return Form::Json;
    }
    let terminal = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    if !io::stdout().is_terminal() || !terminal {
        return Form::Plain;
    }
    // no-color.org: present and not empty.
    Form::Terminal {
        coloured: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Asks /proc, which shows the network namespace of this process even where /sys shows another.
fn device_exists(name: &str) -> bool {
    let devices = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    devices.lines().any(|line| {
        line.trim_start()
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(':'))
    })
}
