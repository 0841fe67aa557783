//! `lab-client WHAT ADDRESS:PORT [ARGUMENT]`: a client that ends with one line about what it saw.
#![expect(clippy::print_stdout, reason = "its output is read by the lab")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lab::{headers, stream};

#[allow(clippy::unwrap_used, reason = "it is made for tests")]
#[path = "../../../fixtures/client_hello.rs"]
mod client_hello;

use client_hello::Hello;

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
        ["steady", to, runs] => steady(to, runs.parse()?),
        ["flows", to, count] => flows(to.parse()?, count.parse()?),
        ["say", to, text] => say(to, text),
        ["hello", to] => hello(to),
        ["after-goodbye", to, bytes] => after_goodbye(to, bytes.parse()?),
        ["udp", to, bytes] => udp(to, bytes.parse()?),
        ["hellos", to, count] => hellos(to.parse()?, count.parse()?),
        ["keep", to, seconds] => keep(to, Duration::from_secs(seconds.parse()?)),
        ["options", to] => options(to),
        _ => bail!(
            "lab-client connect|upload|download|steady|flows|hellos|keep|say|hello|after-goodbye|udp|options \
             ADDRESS:PORT [ARGUMENT]"
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

/// Hears runs of pieces that come a millisecond apart, and asks for each after the one before. A byte that stays behind
/// ends it.
fn steady(to: &str, runs: usize) -> Result<()> {
    let mut peer = open(to)?;
    let mut run = vec![0; stream::PIECE * stream::PIECES];
    let from = Instant::now();
    for _ in 0..runs {
        peer.read_exact(&mut run)?;
        peer.write_all(&[1])?;
    }
    println!("heard {} {}", runs * run.len(), from.elapsed().as_millis());
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
    many(to, count, |number| {
        format!("flow {number}\n").repeat(200).into_bytes()
    })
}

/// The same, each with a ClientHello of a name of its own.
fn hellos(to: SocketAddr, count: usize) -> Result<()> {
    many(to, count, |number| {
        Hello::browser(&format!("site{number}.example")).record()
    })
}

fn many(to: SocketAddr, count: usize, message: fn(usize) -> Vec<u8>) -> Result<()> {
    let all_open = Arc::new(Barrier::new(count));
    let mut threads = Vec::new();
    for number in 0..count {
        let all_open = Arc::clone(&all_open);
        let flow = move || one_of_many(to, &message(number), &all_open);
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

fn one_of_many(to: SocketAddr, message: &[u8], all_open: &Barrier) -> Result<()> {
    let peer = TcpStream::connect_timeout(&to, PATIENCE);
    all_open.wait();
    let mut peer = peer.context("connecting")?;
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.write_all(message).context("writing")?;
    peer.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).context("reading")?;
    ensure!(
        answer == message,
        "what was sent came back changed, {} bytes of {}",
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

/// Says something ten times a second over one connection, and compares each echo.
fn keep(to: &str, time: Duration) -> Result<()> {
    let (from, mut longest) = (Instant::now(), Duration::ZERO);
    let mut peer = open(to)?;
    println!("open");
    while from.elapsed() < time {
        let (said, mut echo) = (Instant::now(), [0; 5]);
        if let Err(error) = peer.write_all(b"still").and_then(|()| peer.read_exact(&mut echo)) {
            println!("lost {:?}", error.kind());
            return Ok(());
        }
        ensure!(echo == *b"still", "the server echoed {echo:?}");
        longest = longest.max(said.elapsed());
        // The pace at which the client speaks.
        thread::sleep(Duration::from_millis(100));
    }
    println!("kept {}", longest.as_millis());
    Ok(())
}

/// Sends over TCP and UDP with a header more in every packet: options of IPv4, an extension header of IPv6.
fn options(to: &str) -> Result<()> {
    let message = [7; 4_000];
    let mut peer = open(to)?;
    headers::add(&peer, to.parse()?)?;
    peer.write_all(&message)?;
    peer.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer)?;
    ensure!(answer == message, "{} bytes came back over TCP", answer.len());
    let to: SocketAddr = to.parse()?;
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    headers::add(&socket, to)?;
    socket.connect(to)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(&message[..1_000])?;
    let mut buffer = [0; 2_000];
    let count = socket.recv(&mut buffer)?;
    ensure!(
        buffer[..count] == message[..1_000],
        "{count} bytes came back over UDP"
    );
    println!("answered both");
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
