//! Phone, peer and internet, joined: where one visit's loads run.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lab::{Background, Lab, Path, Plan, output, run, tool};
use serde_json::Value;

use super::peer::{Peer, Running};
use super::process::Process;

/// Longer than any load takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a peer may take until the first round trip.
const START: Duration = Duration::from_secs(15);

/// What a site is made for.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) mtu: u32,
    /// Packets that the TUN queues towards the peer.
    pub(super) queue: u32,
    /// More arguments of Hushwall's.
    pub(super) arguments: Vec<String>,
}

impl Setting {
    pub(super) const fn new(mtu: u32) -> Self {
        Self {
            mtu,
            queue: 500,
            arguments: Vec::new(),
        }
    }

    pub(super) fn with_argument(mut self, words: &[&str]) -> Self {
        self.arguments.extend(words.iter().map(|&word| word.to_owned()));
        self
    }
}

/// One peer at work.
#[derive(Debug)]
pub(super) struct Site {
    // In the order in which they go.
    running: Running,
    servers: Background,
    lab: Lab,
}

/// Which families a load goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    /// The server's address.
    pub(super) fn server(self) -> String {
        match self {
            Self::V4 => lab::RESOLVER_V4.to_string(),
            Self::V6 => lab::RESOLVER_V6.to_string(),
        }
    }
}

impl Site {
    /// Starts the servers and the peer, and waits for a first round trip.
    pub(super) fn open(peer: &Peer, setting: &Setting) -> Result<Self> {
        let mut plan = Plan::new(Path::Hushwall);
        plan.mtu = setting.mtu;
        plan.queue = setting.queue;
        let mut lab = Lab::create(plan)?;
        for namespace in [&lab.phone, &lab.wall, &lab.internet] {
            // Connections by the ten thousand, none of which waits in a corner for a minute afterwards.
            namespace.sysctl("net/ipv4/ip_local_port_range", "1024 65000")?;
            namespace.sysctl("net/ipv4/tcp_max_tw_buckets", "0")?;
            for key in [
                "net/ipv4/conf/all/rp_filter",
                "net/ipv4/conf/default/rp_filter",
                // The kernel would look for routers through the TUN, which wakes up who reads it.
                "net/ipv6/conf/default/router_solicitations",
            ] {
                namespace.sysctl(key, "0")?;
            }
        }
        // A server of datagrams answers from the address that its route says, and clients want the one that they asked.
        for (family, network, server, metric) in [
            ("-4", "10.77.0.0/24", Family::V4.server(), 0),
            ("-6", "fd77::/64", Family::V6.server(), 10),
        ] {
            lab.internet.ip(&format!(
                "{family} route replace {network} dev in0 src {server} metric {metric}"
            ))?;
        }
        let mut serve = lab.internet.command(tool("bench-load")?);
        let mut servers = Background::start(serve.arg("serve"), lab.directory(), "servers")?;
        servers.wait_for_line("\"ready\"", START)?;
        let running = peer.start(&mut lab, setting)?;
        let site = Self {
            running,
            servers,
            lab,
        };
        site.wait_for_connection()?;
        Ok(site)
    }

    /// Waits until a round trip comes through.
    pub(super) fn wait_for_connection(&self) -> Result<()> {
        let from = Instant::now();
        loop {
            let tried = self.load(&["rr", &Family::V4.server(), "5"]);
            match tried {
                Ok(_) => return Ok(()),
                Err(error) if from.elapsed() > START => {
                    let said = self.running.said();
                    return Err(error).with_context(|| format!("no way through the peer; it said: {said}"));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Runs a client in the phone to its end.
    pub(super) fn load(&self, words: &[&str]) -> Result<Value> {
        self.load_by(self.client(words)?, words)
    }

    /// The same on the processor of [`Site::pin`].
    pub(super) fn pinned_load(&self, words: &[&str]) -> Result<Value> {
        let mut command = self.lab.phone.command("taskset");
        command.args(["-c", PINNED]).arg(tool("bench-load")?).args(words);
        self.load_by(command, words)
    }

    fn load_by(&self, mut command: Command, words: &[&str]) -> Result<Value> {
        let done = output(&mut command)?
            .success()
            .with_context(|| format!("bench-load {}", words.join(" ")))?;
        if done.took > PATIENCE {
            bail!("bench-load {} took {:?}", words.join(" "), done.took);
        }
        let line = done.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).with_context(|| line.to_owned())
    }

    fn client(&self, words: &[&str]) -> Result<Command> {
        let mut command = self.lab.phone.command(tool("bench-load")?);
        command.args(words);
        Ok(command)
    }

    /// Opens connections that stay open for as long as what is returned lives; and what became of them.
    pub(super) fn hold(&self, count: usize, name: &str, limit: Duration) -> Result<(Background, Value)> {
        let (count, server) = (count.to_string(), Family::V4.server());
        let mut client = self.client(&["hold", &server, &count, name])?;
        let mut held = Background::start(client.stdin(Stdio::null()), self.lab.directory(), "hold")?;
        let line = held.wait_for_line("{", limit)?;
        Ok((held, serde_json::from_str(&line)?))
    }

    /// Peer and servers share one processor, as wake-ups across virtual ones cost more than all else.
    pub(super) fn pin(&self) -> Result<()> {
        self.set_processors(PINNED)
    }

    fn set_processors(&self, which: &str) -> Result<()> {
        let mut pids = vec![self.servers.pid(), self.running.process.pid()];
        pids.extend(self.running.relay().map(Process::pid));
        for pid in pids {
            // A thread that ends meanwhile is an error of the tool's, and the next try does not see it.
            let mut set = Ok(String::new());
            for _ in 0..5 {
                set = run(Command::new("taskset").args(["-a", "-c", "-p", which, &pid.to_string()]));
                if set.is_ok() {
                    break;
                }
            }
            set?;
        }
        Ok(())
    }

    /// The peer's process.
    pub(super) const fn peer(&self) -> Process {
        self.running.process
    }

    /// The SOCKS server that the peer needs, if it does.
    pub(super) fn relay(&self) -> Option<Process> {
        self.running.relay()
    }
}

/// The processor on which latencies are taken.
const PINNED: &str = "0";
