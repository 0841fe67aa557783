//! The real library behind the real Kotlin bridge: a JVM gets a TUN's descriptor, as the app gets one from Android, and real
//! clients play the apps.

use std::env;
use std::fs::File;
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lab::{
    Background, Lab, Path, Plan, RESOLVER_V4, Record, ordinary_v4, ordinary_v6, run, until, vendor_v4,
    vendor_v6,
};

use crate::client_words;

/// How long what has to come may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tunnel that the session begins with, and one for later.
const TUNS: &str = "tun0,tun1";

/// A JVM in the wall's namespace, and the pipe for its commands.
struct Bridge {
    lab: Lab,
    jvm: Background,
    commands: File,
    done: usize,
}

impl Bridge {
    /// Starts everything, the library of a debug build among it.
    fn start() -> Result<Self> {
        let variable = |name: &str| env::var(name).with_context(|| format!("no {name}: use ./build.sh test"));
        let (classes, library) = (
            variable("HUSHWALL_BRIDGE_CLASSES")?,
            variable("HUSHWALL_BRIDGE_LIBRARY")?,
        );
        let records = [
            Record::dual("news.example", ordinary_v4(10), ordinary_v6(10)),
            Record::dual("blocked.example", vendor_v4(1), vendor_v6(1)),
            Record::dual("listed.example", vendor_v4(2), vendor_v6(2)),
            Record::dual("app.example", vendor_v4(3), vendor_v6(3)),
        ];
        let mut lab = Lab::create(Plan::new(Path::Hushwall))?;
        lab.start_resolver(&records)?;
        lab.start_web(&["news.example", "blocked.example", "listed.example", "app.example"])?;
        let pipe = lab.directory().join("commands");
        run(Command::new("mkfifo").arg(&pipe))?;
        let mut command = lab.wall.command(lab::tool("lab-tun")?);
        command
            .args([TUNS, "java", "-Xcheck:jni", "-Xmx128m", "-cp", &classes])
            .arg(format!("-Djava.library.path={library}"))
            .args(["io.github.hushwall.bridge.BridgeMain", "{0}"])
            .arg(RESOLVER_V4.to_string())
            .arg(&pipe)
            .arg("{1}");
        let mut jvm = Background::start(&mut command, lab.directory(), "jvm")?;
        jvm.wait_for_line("ready", PATIENCE)?;
        lab.give_phone_the_device()?;
        Ok(Self {
            lab,
            jvm,
            commands: File::options().write(true).open(pipe)?,
            done: 0,
        })
    }

    /// Has the JVM do something, and waits until it has.
    fn command(&mut self, line: &str) -> Result<()> {
        writeln!(self.commands, "{line}")?;
        self.done += 1;
        let count = |jvm: &Background| {
            let said = jvm.stdout();
            said.lines()
                .filter(|line| line.starts_with("done ") || line.starts_with("error "))
                .count()
        };
        let done = self.done;
        self.jvm.wait_until(line, PATIENCE, |jvm| count(jvm) >= done)
    }

    /// The second tunnel becomes the phone's, as the one of another `establish()` does.
    fn give_phone_the_second_device(&self) -> Result<()> {
        let phone = &self.lab.phone;
        self.lab
            .wall
            .ip(&format!("link set tun1 netns {}", phone.name()))?;
        for words in [
            "link set tun1 mtu 1500 up",
            "addr add 10.67.0.2/24 dev tun1",
            "addr add fd67::2/64 dev tun1 nodad",
            "route replace default dev tun1",
            "-6 route replace default dev tun1",
        ] {
            phone.ip(words)?;
        }
        Ok(())
    }

    /// How many descriptors of tunnels the JVM has.
    fn tunnels(&self) -> Result<usize> {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.jvm.pid()))?;
        Ok(descriptors
            .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
            .filter(|path| path.ends_with("net/tun"))
            .count())
    }

    /// A client that asks for one page after the other and says of each how it went.
    fn traffic(&self) -> Result<Background> {
        let certificate = &self.lab.web()?.certificate.pem;
        let mut command = self.lab.phone.command("bash");
        command
            .args(["-c", "while :; do curl --silent --max-time 3 --output /dev/null --cacert \"$0\" https://news.example/ && echo answered || echo lost; done"])
            .arg(certificate);
        Background::start(&mut command, self.lab.directory(), "traffic")
    }

    /// Waits for a line of the JVM.
    fn says(&mut self, start: &str) -> Result<String> {
        self.jvm.wait_for_line(start, PATIENCE)
    }

    fn visits(&self, name: &str) -> Result<bool> {
        let output = self
            .lab
            .curl(&["--output", "/dev/null", &format!("https://{name}/")])?;
        Ok(output.success().is_ok())
    }

    fn address(&self, name: &str) -> Result<String> {
        let output = self
            .lab
            .phone_output("dig", &["+short", "+tries=1", "+time=5", name, "A"])?;
        Ok(output.stdout.trim().to_owned())
    }
}

#[test]
fn kotlin_bridge_drives_the_engine_as_the_app_will() -> Result<()> {
    let mut bridge = Bridge::start()?;
    ensure!(
        bridge.says("bytes: ")?.starts_with("bytes: 4 "),
        "a number that is no descriptor"
    );
    ensure!(bridge.says("panic: ")? == "panic: 1 it fell over the number 2");

    ensure!(bridge.visits("news.example")? && bridge.visits("blocked.example")?);
    bridge.says("let-through DNS news.example")?;
    bridge.says("let-through TCP news.example")?;

    bridge.command("block blocked.example")?;
    ensure!(bridge.address("blocked.example")? == "0.0.0.0");
    ensure!(!bridge.visits("blocked.example")? && bridge.visits("news.example")?);
    let told = bridge.says("stopped DNS blocked.example")?;
    ensure!(
        told == "stopped DNS blocked.example OWNER_BLOCK blocked.example 10123",
        "{told}"
    );

    // Only the flow's owner is refused, so the name is answered; the bridge says whose it is.
    ensure!(bridge.address("app.example")? == vendor_v4(3).to_string());
    ensure!(!bridge.visits("app.example")?);
    ensure!(bridge.says("stopped TCP app.example")?.ends_with(" 10123"));

    ensure!(bridge.visits("listed.example")?);
    let list = bridge.lab.directory().join("list.txt");
    std::fs::write(&list, "0.0.0.0 listed.example\n")?;
    bridge.command(&format!("list {}", list.display()))?;
    ensure!(bridge.address("listed.example")? == "0.0.0.0");
    bridge.command("list /nonexistent")?;
    bridge.says("list-refused 9")?;

    bridge.command("block not/a/name")?;
    bridge.says("error 7 ")?;

    bridge.command("panic somewhere")?;
    ensure!(bridge.says("outage REBUILT")?.ends_with(" somewhere"));
    ensure!(bridge.visits("news.example")?);

    bridge.command("network 2")?;
    ensure!(bridge.visits("news.example")?);

    drop(bridge.commands);
    let status = bridge.jvm.wait(PATIENCE)?;
    let said = bridge.jvm.stdout();
    ensure!(status.success(), "{status}: {said}{}", bridge.jvm.stderr());
    ensure!(
        said.contains("\nended 0\nno more events\n") && said.contains("\nafter: 2 "),
        "{said}"
    );
    ensure!(
        !bridge.jvm.stderr().contains("WARNING in native method"),
        "{}",
        bridge.jvm.stderr()
    );
    Ok(())
}

fn count(traffic: &Background, word: &str) -> usize {
    traffic.stdout().lines().filter(|line| *line == word).count()
}

#[test]
fn another_tunnel_takes_over_under_traffic() -> Result<()> {
    let mut bridge = Bridge::start()?;
    let mut traffic = bridge.traffic()?;
    traffic.wait_until("traffic", PATIENCE, |it| count(it, "answered") >= 5)?;
    bridge.give_phone_the_second_device()?;
    bridge.command("descriptor next")?;
    let before = count(&traffic, "answered");
    traffic.wait_until("traffic through the other tunnel", PATIENCE, |it| {
        count(it, "answered") >= before + 10
    })?;
    let lost = count(&traffic, "lost");
    ensure!(lost <= 2, "{lost} of the flows that were open");
    ensure!(
        bridge.tunnels()? == 1,
        "the first descriptor is closed, the second is not"
    );
    bridge.command("descriptor none")?;
    bridge.says("error 4 ")?;
    ensure!(
        bridge.visits("news.example")?,
        "a number that is no descriptor costs nothing"
    );
    bridge.command("snapshot")?;
    ensure!(bridge.says("snapshot ")?.contains(" panics=0 "));
    Ok(())
}

impl Bridge {
    /// Packets, and calls into the library, until now.
    fn counts(&mut self, word: &str) -> Result<(u64, u64)> {
        self.command(&format!("snapshot {word}"))?;
        let said = self.says(&format!("snapshot {word} "))?;
        let figure = |key: &str| {
            let word = said.split(' ').find_map(|word| word.strip_prefix(key));
            word.with_context(|| format!("no {key} in {said}"))?
                .parse()
                .context("a figure")
        };
        Ok((figure("packets=")?, figure("calls=")?))
    }

    fn download(&self, bytes: &str) -> Result<()> {
        let from = format!("{}:7000", ordinary_v4(10));
        let _server = self.lab.serve(&["source", &from, bytes])?;
        client_words(&self.lab, &["download", &from, bytes]).map(drop)
    }
}

/// The app may wake for a flow; for its packets it may not, or it would cost battery all day.
#[test]
fn packets_make_no_call_across_jni() -> Result<()> {
    let mut bridge = Bridge::start()?;
    let mut grown = Vec::new();
    let mut before = bridge.counts("first")?;
    for bytes in ["1000000", "60000000"] {
        bridge.download(bytes)?;
        let after = bridge.counts(bytes)?;
        grown.push((after.0 - before.0, after.1 - before.1));
        before = after;
    }
    let [(few, _), (many, _)] = grown[..] else {
        bail!("two downloads");
    };
    ensure!(many > 1_000 && many > 10 * few, "packets and calls: {grown:?}");
    // The snapshot before, and what there is to tell of a flow's beginning, in at most as many pieces.
    ensure!(
        grown.iter().all(|(_, calls)| *calls <= 8),
        "packets and calls: {grown:?}"
    );
    Ok(())
}

/// The kernel repeats a SYN into a tunnel that nobody reads, so the first drain after the minute tells of it.
#[test]
fn process_stopped_for_a_minute_tells_of_it_and_goes_on() -> Result<()> {
    let mut bridge = Bridge::start()?;
    let pid = bridge.jvm.pid().to_string();
    run(Command::new("kill").args(["-STOP", &pid]))?;
    let page = format!("http://{}/", ordinary_v4(10));
    let output = bridge.lab.curl(&["--max-time", "60", &page])?;
    ensure!(output.success().is_err(), "answered by a stopped process");
    run(Command::new("kill").args(["-CONT", &pid]))?;
    let told = bridge.says("outage FROZEN")?;
    let times: Vec<u64> = told.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [at_most, at_least] = times[..] else {
        bail!("{told}");
    };
    ensure!((59_000..120_000).contains(&at_most), "{told}");
    ensure!((3_000..60_000).contains(&at_least), "{told}");
    until("the tunnel goes on", PATIENCE, || bridge.visits("news.example"))?;
    ensure!(
        bridge.jvm.stdout().matches("outage ").count() == 1,
        "one outage is told once"
    );
    Ok(())
}

#[test]
fn settings_and_lists_change_under_traffic() -> Result<()> {
    let mut bridge = Bridge::start()?;
    let file = bridge.lab.directory().join("list.txt");
    for round in 0..10 {
        std::fs::write(&file, format!("0.0.0.0 listed{round}.example\n"))?;
        bridge.command(&format!("list {}", file.display()))?;
        bridge.command(&format!("block blocked{round}.example"))?;
        ensure!(bridge.visits("news.example")?, "round {round}");
        ensure!(
            bridge.address(&format!("blocked{round}.example"))? == "0.0.0.0",
            "round {round}"
        );
    }
    bridge.command("snapshot")?;
    ensure!(bridge.says("snapshot ")?.contains(" panics=0 "));
    Ok(())
}
