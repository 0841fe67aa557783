//! Exports in the hands of the resolvers that they are for: dnsmasq, and unbound for its own form and for policy zones.
//! Skipped where one is not installed; `./build.sh test` installs both.
#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests, too")]

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blocklist::{Preset, Reply, Rules, RulesBuilder};

/// Types that are asked (IANA, DNS resource record types): an address, a text, and HTTPS, whose hints are addresses.
const TYPES: [u16; 4] = [1, 28, 16, 65];
/// RFC 1035, section 4.1.1.
const NO_SUCH_NAME: u8 = 3;
/// How often a resolver is started, should its port be taken between the look for it and its start.
const STARTS: u32 = 8;

/// A question: the name and the type, as they stand in a message.
type Question = Vec<u8>;

/// A resolver that forwards all that its configuration lets go to a server of ours.
struct Resolver {
    child: Child,
    at: SocketAddr,
    client: UdpSocket,
    /// What reached our server.
    left: Arc<Mutex<HashSet<Question>>>,
}

impl Drop for Resolver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// An address that is free for both, until somebody takes it. TCP is asked first: a connection of an earlier test that is in
/// TIME-WAIT keeps its port from a listener, and the kernel gives out none of those.
fn free() -> SocketAddr {
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        if UdpSocket::bind(at).is_ok() {
            return at;
        }
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let known = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"];
    let found = known.into_iter().map(|folder| Path::new(folder).join(name));
    let program = found.into_iter().find(|path| path.exists());
    if program.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: no {name} here");
    }
    program
}

/// Name and type in a message with one question, behind the header of 12 bytes (RFC 1035, section 4.1). Capitals are small,
/// as unbound mixes them.
fn question_of(message: &[u8]) -> Option<Question> {
    let mut end = 12;
    while let Some(&len @ 1..) = message.get(end) {
        end += 1 + usize::from(len);
    }
    Some(message.get(12..end + 3)?.to_ascii_lowercase())
}

/// Writes each question down and says that there is no such name, for as long as the test runs.
fn serve(server: UdpSocket, left: Arc<Mutex<HashSet<Question>>>) {
    let mut bytes = [0; 512];
    while let Ok((len, from)) = server.recv_from(&mut bytes) {
        let Some(question) = question_of(&bytes[..len]) else {
            continue;
        };
        // The class, and without the additional records that came with it.
        let end = 12 + question.len() + 2;
        left.lock().unwrap().insert(question);
        bytes[2] |= 0x80;
        bytes[3] = 0x80 | NO_SUCH_NAME;
        bytes[6..12].fill(0);
        let _ = server.send_to(&bytes[..end], from);
    }
}

impl Resolver {
    /// `command` is told where to listen and whom to ask.
    fn start(command: impl Fn(SocketAddr, SocketAddr) -> Command) -> Self {
        let (upstream, left) = (socket(), Arc::default());
        let server = upstream.local_addr().unwrap();
        let seen = Arc::clone(&left);
        std::thread::spawn(move || serve(upstream, seen));
        let client = socket();
        client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let at = free();
        let child = command(at, server).stderr(Stdio::piped()).spawn().unwrap();
        let mut resolver = Self {
            child,
            at,
            client,
            left,
        };
        for _ in 1..STARTS {
            if resolver.ask("ready.example", 1).is_ok() {
                return resolver;
            }
            resolver.at = free();
            resolver.child = command(resolver.at, server)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
        }
        let said = resolver.ask("ready.example", 1).err();
        assert_eq!(said, None, "started {STARTS} times");
        resolver
    }

    /// The answer, and whether the question reached our server; asked again where no answer comes, as long as the resolver
    /// begins. The socket is not connected, so that each try takes its time. The error is what the resolver said and how it
    /// ended.
    fn ask(&mut self, name: &str, kind: u16) -> Result<(Vec<u8>, bool), String> {
        let mut message = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            message.push(label.len() as u8);
            message.extend(label.as_bytes());
        }
        message.push(0);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1]);
        for id in 0..=u8::MAX {
            message[1] = id;
            let _ = self.client.send_to(&message, self.at);
            let mut answer = [0; 512];
            while let Ok(len) = self.client.recv(&mut answer) {
                if len >= message.len() && answer[1] == id {
                    let question = question_of(&message).unwrap();
                    let left = self.left.lock().unwrap().contains(&question);
                    return Ok((answer[..len].to_vec(), left));
                }
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut said = String::new();
                let _ = self.child.stderr.take().unwrap().read_to_string(&mut said);
                return Err(format!("{status}: {said}"));
            }
        }
        panic!("no answer on {name}");
    }

    /// No question on a name that the rules block reaches our server, and every other does.
    fn agrees_with(mut self, rules: &Rules) {
        let builtin = curation::builtin();
        let (mut stayed, mut left) = (0, 0);
        for (_, rule) in builtin.shipped().filter(|(_, rule)| rule.network.is_none()) {
            for name in [rule.pattern.clone(), format!("beneath.{}", rule.pattern)] {
                let verdict = rules.verdict(&name, None);
                let is_block = verdict.is_block();
                let is_no_such_name = matches!(verdict.reply, Some(Reply::NxDomain { .. }));
                for kind in TYPES {
                    let (answer, leaves) = self.ask(&name, kind).unwrap();
                    assert_eq!(leaves, !is_block, "{name}, type {kind}");
                    // RFC 1035, section 4.1.3: an answer ends with its data.
                    let is_zero = answer.ends_with(&[0, 4, 0, 0, 0, 0]);
                    // NXDOMAIN.
                    let is_no_name = answer[3] & 0x0f == 3;
                    let is_meant = if is_no_such_name { is_no_name } else { is_zero };
                    assert!(!is_block || kind != 1 || is_meant, "{name}: {answer:?}");
                    *if leaves { &mut left } else { &mut stayed } += 1;
                }
            }
        }
        assert!(stayed > 300 && left > 300, "{stayed} {left}");
    }
}

/// The export of the widest preset, in a folder of its own.
fn export(form: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("resolver-{form}"));
    std::fs::create_dir_all(&folder).unwrap();
    let export = Command::new(env!("CARGO_BIN_EXE_hushwall"))
        .args(["lists", "export", form, "--preset", "everything"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(export.status.success());
    let file = folder.join("export");
    std::fs::write(&file, export.stdout).unwrap();
    file
}

fn rules() -> Rules {
    RulesBuilder::new(Preset::Everything).build()
}

/// unbound with some lines more, which forwards what they leave to it.
fn unbound(program: &Path, file: &Path, more: &str) -> Resolver {
    Resolver::start(|at, server| {
        let folder = file.parent().unwrap();
        let lines = format!(
            "server:\n  interface: 127.0.0.1\n  port: {}\n  username: \"\"\n  chroot: \"\"\n  directory: \"{}\"\n  \
             pidfile: \"\"\n  use-syslog: no\n  do-daemonize: no\n  do-ip6: no\n  do-not-query-localhost: no\n  \
             module-config: \"respip iterator\"\n\
             forward-zone:\n  name: \".\"\n  forward-addr: 127.0.0.1@{}\n\
             remote-control:\n  control-enable: no\n{more}",
            at.port(),
            folder.display(),
            server.port()
        );
        let config = folder.join("unbound.conf");
        std::fs::write(&config, lines).unwrap();
        let mut command = Command::new(program);
        command.arg("-d").arg("-c").arg(config);
        command
    })
}

#[test]
fn no_question_on_a_blocked_name_leaves_dnsmasq_and_every_other_does() {
    let Some(program) = program("dnsmasq") else { return };
    let file = export("dnsmasq");
    let resolver = Resolver::start(|at, server| {
        let mut command = Command::new(&program);
        command
            .args(["--keep-in-foreground", "--no-resolv", "--no-hosts"])
            .args(["--bind-interfaces", "--listen-address=127.0.0.1"])
            .args(["--cache-size=0", "--pid-file="])
            .arg(format!("--port={}", at.port()))
            .arg(format!("--server=127.0.0.1#{}", server.port()))
            .arg(format!("--conf-file={}", file.display()));
        command
    });
    resolver.agrees_with(&rules());
}

#[test]
fn no_question_on_a_blocked_name_leaves_unbound_and_every_other_does() {
    let Some(program) = program("unbound") else { return };
    let file = export("unbound");
    // It keeps `test` to itself, where the canary is.
    let more = format!(
        "include: \"{}\"\nserver:\n  local-zone: \"test.\" nodefault\n",
        file.display()
    );
    unbound(&program, &file, &more).agrees_with(&rules());
}

#[test]
fn no_question_on_a_blocked_name_leaves_a_resolver_with_the_policy_zone_and_every_other_does() {
    let Some(program) = program("unbound") else { return };
    let file = export("rpz");
    let more = format!(
        "server:\n  local-zone: \"test.\" nodefault\nrpz:\n  name: \"hushwall.rpz\"\n  zonefile: \"{}\"\n",
        file.display()
    );
    unbound(&program, &file, &more).agrees_with(&rules());
}
