//! `lab-server WHAT ADDRESS:PORT [ARGUMENT]`: one odd server. It writes `ready` once it listens.
#![expect(clippy::print_stdout, reason = "its output is read by the lab")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lab::stream;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["echo", at] => serve(at, echo),
        ["hello", at] => serve(at, hello),
        ["hash", at] => serve(at, hash),
        ["source", at, bytes] => {
            let bytes = bytes.parse()?;
            serve(at, move |peer| stream::send(peer, bytes).map(drop))
        }
        ["steady", at] => serve(at, steady),
        ["half-close", at] => serve(at, half_close),
        ["stall", at] => stall(at),
        ["udp-echo", at] => udp_echo(at),
        _ => bail!("lab-server echo|hello|hash|source|steady|half-close|stall|udp-echo ADDRESS:PORT [BYTES]"),
    }
}

fn listen(at: &str) -> Result<TcpListener> {
    let listener = TcpListener::bind(at).with_context(|| format!("listening on {at}"))?;
    say("ready")?;
    Ok(listener)
}

fn say(line: &str) -> io::Result<()> {
    println!("{line}");
    io::stdout().flush()
}

/// A thread a connection; one that fails takes only itself along.
fn serve(at: &str, answer: impl Fn(&mut TcpStream) -> Result<()> + Clone + Send + 'static) -> Result<()> {
    for peer in listen(at)?.incoming() {
        let (mut peer, answer) = (peer?, answer.clone());
        thread::Builder::new().stack_size(128 << 10).spawn(move || {
            if let Err(error) = answer(&mut peer) {
                let _ = say(&format!("failed {error:#}"));
            }
        })?;
    }
    Ok(())
}

/// Says a piece a millisecond, as over a link of 24 Mbit/s, and after each run of them waits for a byte.
fn steady(peer: &mut TcpStream) -> Result<()> {
    peer.set_nodelay(true)?;
    loop {
        for _ in 0..stream::PIECES {
            peer.write_all(&[7; stream::PIECE])?;
            thread::sleep(Duration::from_millis(1));
        }
        if peer.read(&mut [0])? == 0 {
            return Ok(());
        }
    }
}

/// Sends back what arrives, until the client has said its last.
fn echo(peer: &mut TcpStream) -> Result<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        let count = peer.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        peer.write_all(&buffer[..count])?;
    }
}

/// Speaks first, then echoes.
fn hello(peer: &mut TcpStream) -> Result<()> {
    peer.write_all(b"220 ready\r\n")?;
    echo(peer)
}

/// Reads to the end, then says what arrived.
fn hash(peer: &mut TcpStream) -> Result<()> {
    let received = stream::receive(peer)?;
    writeln!(peer, "{} {:016x}", received.bytes, received.hash)?;
    Ok(())
}

/// Says its last word first, then listens to the end.
fn half_close(peer: &mut TcpStream) -> Result<()> {
    peer.write_all(b"goodbye\r\n")?;
    peer.shutdown(Shutdown::Write)?;
    let received = stream::receive(peer)?;
    say(&format!("received {} {:016x}", received.bytes, received.hash))?;
    Ok(())
}

/// Says when it has accepted its one connection, so that the lab can stop it (SIGSTOP) with the kernel's buffers empty.
fn stall(at: &str) -> Result<()> {
    let (mut peer, _) = listen(at)?.accept()?;
    say("accepted")?;
    hash(&mut peer)
}

/// Sends every datagram back.
fn udp_echo(at: &str) -> Result<()> {
    let socket = UdpSocket::bind(at)?;
    say("ready")?;
    let mut buffer = [0; 65_536];
    loop {
        let (count, from) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer[..count], from)?;
    }
}
