//! The whole: phone, wall and internet, joined.
//!
//! ```text
//!  phone ── tun0 (hushwall) or veth (plain routing) ── wall ── veth ── internet
//! ```

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path as FilePath, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::background::Background;
use crate::capture;
use crate::counters::{self, Counters};
use crate::hushwall::Hushwall;
use crate::internet::{self, ordinary_v4, ordinary_v6};
use crate::namespace::Namespace;
use crate::output::{Output, output};
use crate::resolver::{Record, Resolver};
use crate::tools::tool;
use crate::web::Web;

/// The internet's resolver.
pub const RESOLVER_V4: Ipv4Addr = ordinary_v4(53);

/// The same, over IPv6.
pub const RESOLVER_V6: Ipv6Addr = ordinary_v6(53);

/// The TUN device, in the phone.
const TUN: &str = "tun0";

/// Labs side by side share the machine; one that measures has it for itself.
static MACHINE: RwLock<()> = RwLock::new(());

/// What is between the phone and the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// A router of the kernel: what a user has without the firewall.
    Plain,
    /// `hushwall run --unmanaged` on a TUN.
    Hushwall,
}

/// How a lab is to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What is between.
    pub path: Path,
    /// MTU of the phone's interface.
    pub mtu: u32,
    /// Packets that the TUN queues towards the firewall.
    pub queue: u32,
    /// Whether nothing else may run meanwhile.
    pub alone: bool,
}

impl Plan {
    /// MTU 1500 and the TUN's usual queue, beside other labs.
    pub const fn new(path: Path) -> Self {
        Self {
            path,
            mtu: 1500,
            queue: 500,
            alone: false,
        }
    }
}

/// Held for as long as the lab stands; what it guards is the machine's time.
#[derive(Debug)]
enum Share {
    Some(#[expect(dead_code, reason = "held, not read")] RwLockReadGuard<'static, ()>),
    All(#[expect(dead_code, reason = "held, not read")] RwLockWriteGuard<'static, ()>),
}

/// Three namespaces and what runs in them.
#[derive(Debug)]
pub struct Lab {
    // In the order in which they go: programs, namespaces, files, the share of the machine.
    hushwall: Option<Hushwall>,
    arguments: Vec<String>,
    resolver: Option<Resolver>,
    web: Option<Web>,
    _captures: Vec<Background>,
    /// Where the apps are.
    pub phone: Namespace,
    /// Where the firewall is.
    pub wall: Namespace,
    /// Where the servers are.
    pub internet: Namespace,
    directory: Directory,
    plan: Plan,
    _share: Share,
}

impl Lab {
    /// Makes the namespaces and joins them. With [`Path::Hushwall`] the phone is offline until
    /// [`Lab::start_hushwall`].
    ///
    /// # Errors
    /// If a step fails, mostly for want of rights.
    pub fn create(plan: Plan) -> Result<Self> {
        static LEFTOVERS: Once = Once::new();
        let share = if plan.alone {
            Share::All(MACHINE.write().unwrap_or_else(PoisonError::into_inner))
        } else {
            Share::Some(MACHINE.read().unwrap_or_else(PoisonError::into_inner))
        };
        LEFTOVERS.call_once(Namespace::remove_leftovers);
        let directory = Directory::create()?;
        let mut phone = Namespace::create("phone")?;
        phone.set_etc(directory.0.clone());
        fs::write(
            directory.0.join("resolv.conf"),
            format!("nameserver {RESOLVER_V4}\noptions timeout:2\n"),
        )?;
        fs::write(directory.0.join("nsswitch.conf"), "hosts: files dns\n")?;
        let (wall, internet) = (Namespace::create("wall")?, Namespace::create("internet")?);
        join_wall_and_internet(&wall, &internet)?;
        internet::assign(&internet)?;
        let mut captures = Vec::new();
        if capture::is_wanted() {
            captures.push(capture::start(&phone, &directory.0, "phone")?);
            captures.push(capture::start(&internet, &directory.0, "internet")?);
        }
        let lab = Self {
            hushwall: None,
            arguments: Vec::new(),
            resolver: None,
            web: None,
            _captures: captures,
            phone,
            wall,
            internet,
            directory,
            plan,
            _share: share,
        };
        match plan.path {
            Path::Plain => lab.join_phone_and_wall()?,
            Path::Hushwall => {
                // Ping sockets are for a group of users, root's not among them unless it is named.
                lab.wall.sysctl("net/ipv4/ping_group_range", "0 0")?;
                lab.wall.ip(&format!("tuntap add {TUN} mode tun"))?;
            }
        }
        Ok(lab)
    }

    /// Makes a lab with a resolver that knows `records` and, with [`Path::Hushwall`], the firewall with `arguments`.
    ///
    /// # Errors
    /// If a step fails.
    pub fn start(plan: Plan, records: &[Record], arguments: &[&str]) -> Result<Self> {
        let mut lab = Self::create(plan)?;
        lab.start_resolver(records)?;
        if plan.path == Path::Hushwall {
            lab.start_hushwall(arguments)?;
        }
        Ok(lab)
    }

    /// Starts the resolver.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_resolver(&mut self, records: &[Record]) -> Result<()> {
        let addresses = [IpAddr::V4(RESOLVER_V4), IpAddr::V6(RESOLVER_V6)];
        self.resolver = Some(Resolver::start(
            &self.internet,
            &self.directory.0,
            &addresses,
            records,
        )?);
        Ok(())
    }

    /// Starts the web server, with a certificate for `names`.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_web(&mut self, names: &[&str]) -> Result<()> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        self.web = Some(Web::start(&self.internet, &self.directory.0, &names)?);
        Ok(())
    }

    /// Starts the firewall on the TUN, which it attaches to beside its own sockets; then the phone gets the device.
    ///
    /// # Errors
    /// If a step fails.
    pub fn start_hushwall(&mut self, arguments: &[&str]) -> Result<()> {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let (mtu, resolver) = (self.plan.mtu.to_string(), RESOLVER_V4.to_string());
        let mut all = vec!["--tun", TUN, "--unmanaged", "--mtu", &mtu, "--dns", &resolver];
        all.extend(arguments);
        self.hushwall = Some(Hushwall::start(&self.wall, &self.directory.0, &all)?);
        self.give_phone_the_device()
    }

    /// The TUN moves to the phone, whose way to everything it becomes; whoever reads it stays where he is.
    ///
    /// # Errors
    /// If a step fails.
    pub fn give_phone_the_device(&self) -> Result<()> {
        let mtu = self.plan.mtu;
        self.wall
            .ip(&format!("link set {TUN} netns {}", self.phone.name()))?;
        self.phone.ip(&format!(
            "link set {TUN} mtu {mtu} txqueuelen {} up",
            self.plan.queue
        ))?;
        self.phone.ip(&format!("addr add 10.66.0.2/24 dev {TUN}"))?;
        self.phone.ip(&format!("addr add fd66::2/64 dev {TUN} nodad"))?;
        self.phone.ip(&format!("route add default dev {TUN}"))?;
        self.phone.ip(&format!("-6 route add default dev {TUN}"))?;
        Ok(())
    }

    /// Kills the firewall with SIGKILL and starts it anew on the same device.
    ///
    /// # Errors
    /// If a step fails.
    pub fn kill_and_restart_hushwall(&mut self, while_dead: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        if let Some(hushwall) = &mut self.hushwall {
            hushwall.process().signal("KILL")?;
            hushwall.process().wait(Duration::from_secs(5))?;
        }
        while_dead(self)?;
        // A process attaches to a device by its name in its own namespace.
        self.phone
            .ip(&format!("link set {TUN} netns {}", self.wall.name()))?;
        let arguments = self.arguments.clone();
        self.start_hushwall(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Ends the firewall with SIGTERM; what it said stays readable.
    ///
    /// # Errors
    /// If it does not end within `limit` with exit code 0.
    pub fn kill_with_term(&mut self, limit: Duration) -> Result<()> {
        let hushwall = self.hushwall.as_mut().context("this lab has no firewall")?;
        hushwall.process().signal("TERM")?;
        let status = hushwall.process().wait(limit)?;
        ensure!(status.success(), "it ended with {status}: {}", hushwall.stderr());
        Ok(())
    }

    fn join_phone_and_wall(&self) -> Result<()> {
        for key in ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"] {
            self.wall.sysctl(key, "1")?;
        }
        self.phone.ip(&format!(
            "link add up0 type veth peer name phone0 netns {}",
            self.wall.name()
        ))?;
        self.wall
            .ip(&format!("link set phone0 mtu {} up", self.plan.mtu))?;
        self.wall.ip("addr add 10.66.0.1/24 dev phone0")?;
        self.wall.ip("addr add fd66::1/64 dev phone0 nodad")?;
        self.phone.ip(&format!("link set up0 mtu {} up", self.plan.mtu))?;
        self.phone.ip("addr add 10.66.0.2/24 dev up0")?;
        self.phone.ip("addr add fd66::2/64 dev up0 nodad")?;
        self.phone.ip("route add default via 10.66.0.1")?;
        self.phone.ip("-6 route add default via fd66::1")?;
        self.internet.ip("route add 10.66.0.0/24 via 10.77.0.1")?;
        self.internet.ip("-6 route add fd66::/64 via fd77::1")?;
        Ok(())
    }

    /// The wall's way out is there.
    ///
    /// # Errors
    /// If `ip` fails.
    pub fn connect_wall(&self) -> Result<()> {
        connect_wall(&self.wall)
    }

    /// The wall's way out is gone, with its addresses and routes.
    ///
    /// # Errors
    /// If `ip` fails.
    pub fn disconnect_wall(&self) -> Result<()> {
        self.wall.ip("addr flush dev out0")?;
        self.wall.ip("link set out0 down").map(drop)
    }

    /// The resolver.
    ///
    /// # Errors
    /// If it was not started.
    pub fn resolver(&self) -> Result<&Resolver> {
        self.resolver.as_ref().context("this lab has no resolver")
    }

    /// The web server.
    ///
    /// # Errors
    /// If it was not started.
    pub fn web(&self) -> Result<&Web> {
        self.web.as_ref().context("this lab has no web server")
    }

    /// The firewall.
    ///
    /// # Errors
    /// If it was not started.
    pub fn hushwall(&self) -> Result<&Hushwall> {
        self.hushwall.as_ref().context("this lab has no firewall")
    }

    /// A directory for files, which goes with the lab.
    pub fn directory(&self) -> &FilePath {
        &self.directory.0
    }

    /// Starts `lab-server WHAT ARGUMENTS` in the internet and waits until it is ready.
    ///
    /// # Errors
    /// If it does not get ready.
    pub fn serve(&self, words: &[&str]) -> Result<Background> {
        let mut command = self.internet.command(tool("lab-server")?);
        command.args(words);
        let name = format!("server-{}", words.join("-").replace(['[', ']', ':', '.'], "_"));
        let mut server = Background::start(&mut command, self.directory(), &name)?;
        server.wait_for_line("ready", Duration::from_secs(5))?;
        Ok(server)
    }

    /// A `lab-client` in the phone.
    ///
    /// # Errors
    /// If it was not built.
    pub fn client(&self, words: &[&str]) -> Result<Command> {
        let mut command = self.phone.command(tool("lab-client")?);
        command.args(words);
        Ok(command)
    }

    /// Runs a program in the phone to its end.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn phone_output(&self, program: &str, words: &[&str]) -> Result<Output> {
        output(self.phone.command(program).args(words))
    }

    /// Runs curl in the phone: quiet, at most 10 s, trusting the lab's web server.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn curl(&self, words: &[&str]) -> Result<Output> {
        let mut command = self.phone.command("curl");
        command.args(["--silent", "--show-error", "--max-time", "10"]);
        if let Some(web) = &self.web {
            command.arg("--cacert").arg(&web.certificate.pem);
        }
        output(command.args(words))
    }

    /// Counts packets that reach the servers' side at these addresses, from now on.
    ///
    /// # Errors
    /// If `nft` refuses.
    pub fn count(&self, addresses: &[IpAddr]) -> Result<Counters> {
        Counters::start(&self.internet, addresses)
    }

    /// From now on packets to `address` vanish.
    ///
    /// # Errors
    /// If `nft` refuses.
    pub fn drop_packets(&self, address: impl Into<IpAddr>) -> Result<()> {
        counters::drop_packets(&self.internet, address.into())
    }

    /// From now on packets to `address` are answered with ICMP "host unreachable".
    ///
    /// # Errors
    /// If `nft` refuses.
    pub fn reject_packets(&self, address: impl Into<IpAddr>) -> Result<()> {
        counters::reject_packets(&self.internet, address.into())
    }
}

fn join_wall_and_internet(wall: &Namespace, internet: &Namespace) -> Result<()> {
    wall.ip(&format!(
        "link add out0 type veth peer name in0 netns {}",
        internet.name()
    ))?;
    internet.ip("link set in0 up")?;
    internet.ip("addr add 10.77.0.2/24 dev in0")?;
    internet.ip("addr add fd77::2/64 dev in0 nodad")?;
    connect_wall(wall)
}

fn connect_wall(wall: &Namespace) -> Result<()> {
    wall.ip("link set out0 up")?;
    wall.ip("addr add 10.77.0.1/24 dev out0")?;
    wall.ip("addr add fd77::1/64 dev out0 nodad")?;
    wall.ip("route add default via 10.77.0.2")?;
    wall.ip("-6 route add default via fd77::2")?;
    Ok(())
}

/// The lab's files; gone on drop, unless `LAB_KEEP` is set.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn create() -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hush-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !capture::is_wanted() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
