//! The peers: what each is, where its program is, and how it is put between phone and internet.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use lab::{Background, Lab, tool};

use super::process::Process;
use super::sing_box::{self, Stack};
use super::site::Setting;

/// The TUN between phone and peer.
pub(super) const TUN: &str = "tun0";
/// The second one, between the copy and the internet.
const FAR: &str = "tun1";
/// Refused by Hushwall and by whoever takes a list, with all names below it.
pub(super) const REFUSED: &str = "ads.example";
/// How long a program may need for its device once it holds it.
const SETTLE: Duration = Duration::from_millis(500);
/// How long a program may take to say that it works.
pub(super) const START: Duration = Duration::from_secs(10);

/// How a peer is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Copy,
    Hushwall,
    /// `PROGRAM TUN MTU`, which attaches to the TUN.
    Attaching,
    /// `PROGRAM FD MTU`, which inherits the TUN.
    Inheriting,
    /// The same, and it forwards to a SOCKS server.
    ToSocks,
    Pasta,
    Slirp,
    SingBox(Stack),
    Tun2socks,
    Tun2proxy,
}

/// One peer that can be run here.
#[derive(Debug, Clone)]
pub struct Peer {
    name: String,
    kind: Kind,
    program: PathBuf,
}

/// A peer's processes.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) process: Process,
    programs: Vec<Background>,
    has_relay: bool,
}

impl Running {
    fn new(program: Background) -> Self {
        Self {
            process: Process::new(program.pid()),
            programs: vec![program],
            has_relay: false,
        }
    }

    /// The SOCKS server, where the peer needs one.
    pub(super) fn relay(&self) -> Option<Process> {
        let relay = self.programs.get(1).filter(|_| self.has_relay)?;
        Some(Process::new(relay.pid()))
    }

    /// What its programs have said so far.
    pub(super) fn said(&self) -> String {
        let said = self
            .programs
            .iter()
            .map(|program| program.stdout() + &program.stderr());
        said.collect::<String>().trim().to_owned()
    }
}

impl Peer {
    pub(super) fn new(name: &str, kind: Kind, program: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            program,
        }
    }

    /// What it is called in the results.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is Hushwall.
    pub(super) fn is_hushwall(&self) -> bool {
        self.kind == Kind::Hushwall
    }

    /// Whether all rows are for it: Hushwall, and what every ratio is to.
    pub(super) fn is_measured_fully(&self) -> bool {
        matches!(self.kind, Kind::Hushwall | Kind::Copy)
    }

    /// Whether a bar is about it: those, and the two against whom there are bars.
    pub(super) fn has_bars(&self) -> bool {
        self.is_measured_fully() || matches!(self.name.as_str(), "hev" | "prototype")
    }

    /// Whether it was told to refuse a name, and so has rows about that.
    pub(super) const fn refuses(&self) -> bool {
        matches!(self.kind, Kind::Hushwall | Kind::SingBox(_))
    }

    /// Starts it and gives the phone its way out.
    pub(super) fn start(&self, lab: &mut Lab, setting: &Setting) -> Result<Running> {
        let mtu = setting.mtu.to_string();
        match self.kind {
            Kind::Hushwall => self.start_hushwall(lab, setting),
            Kind::Copy => self.start_copy(lab, setting),
            Kind::Attaching => {
                let running = Running::new(self.attach(lab, &[TUN, &mtu])?);
                lab.give_phone_the_device()?;
                Ok(running)
            }
            Kind::Inheriting => {
                let running = Running::new(self.inherit(lab, &mtu)?);
                lab.give_phone_the_device()?;
                Ok(running)
            }
            Kind::Tun2socks => {
                let device = format!("tun://{TUN}");
                let words = [
                    "--device",
                    &device,
                    "--mtu",
                    &mtu,
                    "--proxy",
                    "direct://",
                    "--loglevel",
                    "error",
                ];
                let running = Running::new(self.attach(lab, &words)?);
                lab.give_phone_the_device()?;
                Ok(running)
            }
            Kind::ToSocks | Kind::Tun2proxy => self.start_to_socks(lab, &mtu),
            Kind::Pasta => {
                let netns = format!("/run/netns/{}", lab.phone.name());
                let words = [
                    "--foreground",
                    "--runas",
                    "0",
                    "--config-net",
                    "--no-map-gw",
                    "--mtu",
                    &mtu,
                    "--netns",
                    &netns,
                    "-t",
                    "none",
                    "-u",
                    "none",
                    "-T",
                    "none",
                    "-U",
                    "none",
                ];
                let running = self.begin(lab, &words).map(Running::new)?;
                // It names its device after the one that leads out.
                queue(lab, "out0", setting)?;
                Ok(running)
            }
            Kind::Slirp => {
                let (netns, mtu) = (format!("/run/netns/{}", lab.phone.name()), format!("--mtu={mtu}"));
                let words = [
                    "--configure",
                    &mtu,
                    "--enable-ipv6",
                    "--netns-type=path",
                    &netns,
                    "tap0",
                ];
                let running = self.begin(lab, &words).map(Running::new)?;
                queue(lab, "tap0", setting)?;
                Ok(running)
            }
            Kind::SingBox(stack) => sing_box::start(&self.program, stack, lab, setting).map(Running::new),
        }
    }

    fn start_hushwall(&self, lab: &mut Lab, setting: &Setting) -> Result<Running> {
        let mut words = vec!["--block", REFUSED];
        words.extend(setting.arguments.iter().map(String::as_str));
        lab.start_hushwall(&words)?;
        Ok(Running {
            process: Process::new(lab.hushwall()?.pid()),
            programs: Vec::new(),
            has_relay: false,
        })
    }

    fn start_copy(&self, lab: &Lab, setting: &Setting) -> Result<Running> {
        lab.wall.ip(&format!("tuntap add {FAR} mode tun"))?;
        let mut command = lab.wall.command(tool("lab-tun")?);
        command
            .arg(format!("{TUN},{FAR}"))
            .arg(&self.program)
            .args(["{0}", "{1}"]);
        let running = Running::new(Background::start(&mut command, lab.directory(), &self.name)?);
        attached(lab, &[TUN, FAR])?;
        lab.give_phone_the_device()?;
        lab.wall
            .ip(&format!("link set {FAR} netns {}", lab.internet.name()))?;
        let (mtu, server) = (setting.mtu, lab::RESOLVER_V4);
        for words in [
            format!("link set {FAR} mtu {mtu} txqueuelen 500 up"),
            format!("route add 10.66.0.0/24 dev {FAR} src {server}"),
            format!("-6 route add fd66::/64 dev {FAR} src {}", lab::RESOLVER_V6),
        ] {
            lab.internet.ip(&words)?;
        }
        Ok(running)
    }

    fn start_to_socks(&self, lab: &Lab, mtu: &str) -> Result<Running> {
        let mut serve = lab.wall.command(tool("bench-load")?);
        let mut relay = Background::start(serve.arg("socks"), lab.directory(), "socks")?;
        relay.wait_for_line("\"ready\"", START)?;
        let program = if self.kind == Kind::ToSocks {
            self.inherit(lab, mtu)?
        } else {
            let words = [
                "--proxy",
                "socks5://127.0.0.1:1080",
                "--tun",
                TUN,
                "--mtu",
                mtu,
                "--max-sessions",
                "4096",
                "-v",
                "off",
            ];
            self.attach(lab, &words)?
        };
        lab.give_phone_the_device()?;
        Ok(Running {
            process: Process::new(program.pid()),
            programs: vec![program, relay],
            has_relay: true,
        })
    }

    /// Starts the program beside its sockets.
    fn begin(&self, lab: &Lab, words: &[&str]) -> Result<Background> {
        let mut command = lab.wall.command(&self.program);
        Background::start(command.args(words), lab.directory(), &self.name)
    }

    /// Starts the program with the TUN's descriptor.
    fn inherit(&self, lab: &Lab, mtu: &str) -> Result<Background> {
        let mut command = lab.wall.command(tool("lab-tun")?);
        command.arg(TUN).arg(&self.program).args(["{0}", mtu]);
        let program = Background::start(&mut command, lab.directory(), &self.name)?;
        attached(lab, &[TUN])?;
        Ok(program)
    }

    /// Starts the program beside its sockets, and waits until it holds the TUN and has set it up.
    fn attach(&self, lab: &Lab, words: &[&str]) -> Result<Background> {
        let program = self.begin(lab, words)?;
        let waited = attached(lab, &[TUN]);
        waited.with_context(|| format!("{}: {} {}", self.name, program.stdout(), program.stderr()))?;
        // Some set its MTU by name afterwards, and say nothing when they have.
        std::thread::sleep(SETTLE);
        Ok(program)
    }
}

/// Sets the length of the queue of a device that its program makes, once it is there.
fn queue(lab: &Lab, device: &str, setting: &Setting) -> Result<()> {
    let words = format!("link set {device} txqueuelen {}", setting.queue);
    lab::until(&format!("the device {device}"), START, || {
        Ok(lab.phone.ip(&words).is_ok())
    })
}

/// Waits until somebody holds each of these TUNs: they have a carrier once they are up.
fn attached(lab: &Lab, devices: &[&str]) -> Result<()> {
    for device in devices {
        lab.wall.ip(&format!("link set {device} up"))?;
        lab::until(&format!("a program at {device}"), START, || {
            Ok(lab.wall.ip(&format!("link show {device}"))?.contains("LOWER_UP"))
        })?;
    }
    Ok(())
}
