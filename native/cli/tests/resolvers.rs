//! The dnsmasq export, in the hands of dnsmasq itself. Skipped where none is installed; `./build.sh test` installs it.
#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests, too")]

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use blocklist::{Preset, RulesBuilder};

/// Types that are asked (IANA, DNS resource record types): an address, a text, and HTTPS, whose hints are addresses.
const TYPES: [u16; 4] = [1, 28, 16, 65];
/// RFC 1035, section 4.1.1: what our own server says of each question that reaches it.
const REFUSED: u8 = 5;

struct Dnsmasq {
    child: Child,
    at: SocketAddr,
}

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

fn program() -> Option<PathBuf> {
    let known = ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/local/sbin/dnsmasq"];
    known.into_iter().map(PathBuf::from).find(|path| path.exists())
}

/// Answers each question with REFUSED, for as long as the test runs.
fn refuse_all(server: UdpSocket) {
    let mut bytes = [0; 512];
    while let Ok((len, from)) = server.recv_from(&mut bytes) {
        bytes[2] |= 0x80;
        bytes[3] = 0x80 | REFUSED;
        let _ = server.send_to(&bytes[..len], from);
    }
}

fn start(program: &Path, export: &Path) -> Dnsmasq {
    let upstream = socket();
    let server = format!("127.0.0.1#{}", upstream.local_addr().unwrap().port());
    std::thread::spawn(move || refuse_all(upstream));
    // The port is free again for dnsmasq.
    let at = socket().local_addr().unwrap();
    let child = Command::new(program)
        .args([
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
        ])
        .args(["--listen-address=127.0.0.1", "--cache-size=0", "--pid-file="])
        .arg(format!("--port={}", at.port()))
        .arg(format!("--server={server}"))
        .arg(format!("--conf-file={}", export.display()))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Dnsmasq { child, at }
}

/// The answer's code; asked again where none comes, as long as the server begins. The socket is not connected, so that each
/// try takes its time.
fn ask(client: &UdpSocket, server: SocketAddr, name: &str, kind: u16) -> u8 {
    let mut question = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(label.len() as u8);
        question.extend(label.as_bytes());
    }
    question.push(0);
    question.extend(kind.to_be_bytes());
    question.extend([0, 1]);
    for id in 0..=u8::MAX {
        question[1] = id;
        let _ = client.send_to(&question, server);
        let mut answer = [0; 512];
        while let Ok(len) = client.recv(&mut answer) {
            if len >= question.len() && answer[1] == id {
                return answer[3] & 0x0f;
            }
        }
    }
    panic!("no answer on {name}");
}

#[test]
fn no_question_on_a_blocked_name_leaves_dnsmasq_and_every_other_does() {
    let Some(program) = program() else {
        let _ = writeln!(std::io::stderr(), "skipped: no dnsmasq here");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dnsmasq");
    std::fs::create_dir_all(&folder).unwrap();
    let export = Command::new(env!("CARGO_BIN_EXE_hushwall"))
        .args(["lists", "export", "dnsmasq", "--preset", "everything"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(export.status.success());
    let file = folder.join("export.conf");
    std::fs::write(&file, export.stdout).unwrap();
    let server = start(&program, &file);
    let client = socket();
    client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();

    let rules = RulesBuilder::new(Preset::Everything).build();
    let builtin = curation::builtin();
    let (mut stayed, mut left) = (0, 0);
    for (_, rule) in builtin.shipped().filter(|(_, rule)| rule.network.is_none()) {
        for name in [rule.pattern.clone(), format!("beneath.{}", rule.pattern)] {
            let is_block = rules.verdict(&name, None).is_block();
            for kind in TYPES {
                let leaves = ask(&client, server.at, &name, kind) == REFUSED;
                assert_eq!(leaves, !is_block, "{name}, type {kind}");
                *if leaves { &mut left } else { &mut stayed } += 1;
            }
        }
    }
    assert!(stayed > 300 && left > 300, "{stayed} {left}");
}
