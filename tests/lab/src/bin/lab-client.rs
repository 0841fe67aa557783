//! `lab-client WHAT ADDRESS:PORT [ARGUMENT]`: a client that ends with one line about what it saw.
#![expect(clippy::print_stdout, reason = "its output is read by the lab")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lab::stream;

/// Longer than anything that is tested.
const PATIENCE: Duration = Duration::from_secs(20);
/// Linux's number for "message too long".
const EMSGSIZE: i32 = 90;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["connect", to] => connect(to),
        ["upload", to, bytes] => upload(to, bytes.parse()?),
        ["download", to, bytes] => download(to, bytes.parse()?),
        ["flows", to, count] => flows(to.parse()?, count.parse()?),
        ["say", to, text] => say(to, text),
        ["hello", to] => hello(to),
        ["after-goodbye", to, bytes] => after_goodbye(to, bytes.parse()?),
        ["udp", to, bytes] => udp(to, bytes.parse()?),
        _ => bail!(
            "lab-client connect|upload|download|flows|say|hello|after-goodbye|udp ADDRESS:PORT [ARGUMENT]"
        ),
    }
}

fn open(to: &str) -> Result<TcpStream> {
    let peer = TcpStream::connect_timeout(&to.parse()?, PATIENCE)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.set_write_timeout(Some(PATIENCE))?;
    Ok(peer)
}

/// Connects and says what came of it, with the kernel's error number.
fn connect(to: &str) -> Result<()> {
    let (to, from): (SocketAddr, _) = (to.parse()?, Instant::now());
    let peer = TcpStream::connect_timeout(&to, PATIENCE);
    let took = from.elapsed().as_millis();
    match peer {
        Ok(_) => println!("connected {took}"),
        Err(error) => println!("failed {} {took}", error.raw_os_error().unwrap_or(0)),
    }
    Ok(())
}

/// Sends, half-closes, and compares the server's hash.
fn upload(to: &str, bytes: u64) -> Result<()> {
    let mut peer = open(to)?;
    let sent = stream::send(&mut peer, bytes)?;
    peer.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    let from = Instant::now();
    peer.read_to_string(&mut answer)?;
    ensure!(
        answer.trim() == format!("{bytes} {:016x}", sent.hash),
        "sent {sent:?}, the server has {answer:?}"
    );
    // What the kernel had taken but not yet delivered belongs to the time, too.
    let rest = from.elapsed();
    report(stream::Passed {
        took: sent.took + rest,
        longest_pause: sent.longest_pause.max(rest),
        ..sent
    });
    Ok(())
}

/// Receives to the end and compares with what should have come.
fn download(to: &str, bytes: u64) -> Result<()> {
    let received = stream::receive(&mut open(to)?)?;
    ensure!(
        received.bytes == bytes,
        "{} bytes of {bytes} arrived",
        received.bytes
    );
    ensure!(received.hash == stream::expected_hash(bytes), "the bytes differ");
    report(received);
    Ok(())
}

fn report(passed: stream::Passed) {
    println!(
        "passed {} {:.3} {}",
        passed.bytes,
        passed.gigabits(),
        passed.longest_pause.as_millis()
    );
}

/// Opens `count` connections, and only when all are open sends something over each.
fn flows(to: SocketAddr, count: usize) -> Result<()> {
    let all_open = Arc::new(Barrier::new(count));
    let mut threads = Vec::new();
    for number in 0..count {
        let all_open = Arc::clone(&all_open);
        let flow = move || one_of_many(to, number, &all_open);
        threads.push(thread::Builder::new().stack_size(64 << 10).spawn(flow)?);
    }
    let results: Vec<Result<()>> = threads
        .into_iter()
        .map(|flow| flow.join().unwrap_or_else(|_| bail!("a panic")))
        .collect();
    let good = results.iter().filter(|result| result.is_ok()).count();
    if let Some(error) = results.into_iter().find_map(Result::err) {
        bail!("{good} flows of {count}; first failure: {error:#}");
    }
    println!("flows {good}");
    Ok(())
}

fn one_of_many(to: SocketAddr, number: usize, all_open: &Barrier) -> Result<()> {
    let peer = TcpStream::connect_timeout(&to, PATIENCE);
    all_open.wait();
    let mut peer = peer.context("connecting")?;
    peer.set_read_timeout(Some(PATIENCE))?;
    let message = format!("flow {number}\n").repeat(200);
    peer.write_all(message.as_bytes()).context("writing")?;
    peer.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    peer.read_to_string(&mut answer).context("reading")?;
    ensure!(
        answer == message,
        "flow {number} came back changed, {} bytes of {}",
        answer.len(),
        message.len()
    );
    Ok(())
}

/// Says one thing and its last word at once, then compares the echo.
fn say(to: &str, text: &str) -> Result<()> {
    let mut peer = open(to)?;
    peer.write_all(text.as_bytes())?;
    peer.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    peer.read_to_string(&mut answer)?;
    ensure!(answer == text, "the server echoed {answer:?}");
    println!("said {}", text.len());
    Ok(())
}

/// Waits for the server's first word before it says something.
fn hello(to: &str) -> Result<()> {
    let from = Instant::now();
    let mut peer = BufReader::new(open(to)?);
    let mut line = String::new();
    peer.read_line(&mut line)?;
    let took = from.elapsed().as_millis();
    ensure!(line.starts_with("220 "), "the server said {line:?}");
    peer.get_mut().write_all(b"EHLO phone\r\n")?;
    line.clear();
    peer.read_line(&mut line)?;
    ensure!(line == "EHLO phone\r\n", "the server echoed {line:?}");
    println!("hello {took}");
    Ok(())
}

/// Reads to the server's end and sends afterwards.
fn after_goodbye(to: &str, bytes: u64) -> Result<()> {
    let mut peer = open(to)?;
    let mut word = String::new();
    peer.read_to_string(&mut word)?;
    ensure!(word == "goodbye\r\n", "the server said {word:?}");
    let sent = stream::send(&mut peer, bytes)?;
    println!("sent {} {:016x}", sent.bytes, sent.hash);
    Ok(())
}

/// Sends one datagram and waits for it or for the error. What is too big for the way out is lost the first time, and
/// cut into fragments from then on; so a second attempt is fair.
fn udp(to: &str, bytes: usize) -> Result<()> {
    let to: SocketAddr = to.parse()?;
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(to)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    let data: Vec<u8> = (0..bytes).map(|place| place as u8).collect();
    let mut buffer = vec![0; 65_536];
    for _ in 0..4 {
        match socket.send(&data).and_then(|_| socket.recv(&mut buffer)) {
            Ok(count) => {
                ensure!(buffer[..count] == data, "the datagram came back changed");
                println!("echoed {bytes}");
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if error.raw_os_error() == Some(EMSGSIZE) => {}
            Err(error) => {
                println!("failed {}", error.raw_os_error().unwrap_or(0));
                return Ok(());
            }
        }
    }
    println!("silence");
    Ok(())
}
