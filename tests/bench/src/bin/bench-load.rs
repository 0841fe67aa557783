//! `bench-load WHAT ADDRESS ...`: one load, or all servers. A client ends with one line of JSON.
#![expect(clippy::print_stdout, reason = "its output is read by the bench")]

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::thread;

use anyhow::{Result, bail};
use bench::load::bulk::{self, Way};
use bench::load::{client_hello, connections, datagrams, hold, port, questions, sequential, serve, socks};
use serde_json::Value;

const USAGE: &str = "bench-load serve | socks
  bulk up|down IP STREAMS SECONDS BYTES-A-SECOND    datagrams up|down IP SECONDS NAME
  rr IP COUNT    banner IP COUNT    tls IP COUNT NAME
  connect IP SECONDS AT-ONCE [NAME]    ask IP COUNT AT-ONCE SUFFIX    hold IP COUNT [NAME]";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve"] => {
            serve::start()?;
            say(&Value::from("ready"))?;
            return for_ever();
        }
        ["socks"] => {
            return socks::serve(socks::ADDRESS, || drop(say(&Value::from("ready"))));
        }
        ["bulk", way, ip, streams, seconds, rate] => bulk::client(
            to(ip, port::BULK)?,
            Way::parse(way)?,
            streams.parse()?,
            seconds.parse()?,
            rate.parse()?,
        )?,
        ["datagrams", way, ip, seconds, name] => {
            datagrams::client(to(ip, port::TLS)?, Way::parse(way)?, seconds.parse()?, name)?
        }
        ["rr", ip, count] => sequential::round_trips(to(ip, port::ECHO)?, count.parse()?)?,
        ["banner", ip, count] => sequential::banners(to(ip, port::BANNER)?, count.parse()?)?,
        ["tls", ip, count, name] => sequential::first_bytes(to(ip, port::TLS)?, count.parse()?, name)?,
        ["connect", ip, seconds, at_once] => {
            connections::client(to(ip, port::HOLD)?, seconds.parse()?, at_once.parse()?, &[1])?
        }
        ["connect", ip, seconds, at_once, name] => connections::client(
            to(ip, port::TLS)?,
            seconds.parse()?,
            at_once.parse()?,
            &client_hello(name),
        )?,
        ["ask", ip, count, at_once, suffix] => {
            questions::client(to(ip, port::DNS)?, count.parse()?, at_once.parse()?, suffix)?
        }
        ["hold", ip, count] => return keep(to(ip, port::HOLD)?, count.parse()?, &[1]),
        ["hold", ip, count, name] => return keep(to(ip, port::TLS)?, count.parse()?, &client_hello(name)),
        _ => bail!("{USAGE}"),
    };
    say(&done)
}

fn to(ip: &str, port: u16) -> Result<SocketAddr> {
    Ok(SocketAddr::new(ip.parse::<IpAddr>()?, port))
}

fn say(line: &Value) -> Result<()> {
    println!("{line}");
    Ok(std::io::stdout().flush()?)
}

fn keep(to: SocketAddr, count: usize, first: &[u8]) -> Result<()> {
    let (held, said) = hold::client(to, count, first);
    say(&said)?;
    for_ever()?;
    drop(held);
    Ok(())
}

/// Until it is killed.
fn for_ever() -> Result<()> {
    loop {
        thread::park();
    }
}
