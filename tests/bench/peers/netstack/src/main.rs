//! `peer-netstack FD MTU`: netstack-smoltcp on an inherited TUN, each stream and datagram to a socket of its own.

#[path = "../../device.rs"]
mod device;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use netstack_smoltcp::StackBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;

const CHUNK: usize = 64 << 10;

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().collect();
    let (fd, mtu): (i32, usize) = (words[1].parse().expect("a descriptor"), words[2].parse().expect("an MTU"));
    let built = StackBuilder::default().enable_tcp(true).enable_udp(true).mtu(mtu).build();
    let (stack, runner, udp, tcp) = built.expect("a stack");
    let (mut udp, mut tcp) = (udp.expect("UDP").split(), tcp.expect("TCP"));
    if let Some(runner) = runner {
        tokio::spawn(runner);
    }
    let (mut from, mut to) = tokio::io::split(device::Device::adopt(fd).expect("the TUN"));
    let (mut into_stack, mut out_of_stack) = stack.split();
    tokio::spawn(async move {
        while let Some(Ok(packet)) = out_of_stack.next().await {
            let _ = to.write(&packet).await;
        }
    });
    tokio::spawn(async move {
        let mut packet = vec![0; 65_536];
        while let Ok(len) = from.read(&mut packet).await {
            let _ = into_stack.send(packet[..len].to_vec()).await;
        }
    });
    tokio::spawn(async move {
        while let Some((mut near, _, to)) = tcp.next().await {
            tokio::spawn(async move {
                if let Ok(mut far) = TcpStream::connect(to).await {
                    let _ = far.set_nodelay(true);
                    let _ = tokio::io::copy_bidirectional_with_sizes(&mut near, &mut far, CHUNK, CHUNK).await;
                }
            });
        }
    });
    let (answers, mut answered) = mpsc::channel::<(Vec<u8>, SocketAddr, SocketAddr)>(1_024);
    tokio::spawn(async move {
        while let Some(datagram) = answered.recv().await {
            let _ = udp.1.send(datagram).await;
        }
    });
    let mut sockets: HashMap<(SocketAddr, SocketAddr), Arc<UdpSocket>> = HashMap::new();
    while let Some((bytes, app, to)) = udp.0.next().await {
        let socket = match sockets.get(&(app, to)) {
            Some(socket) => Arc::clone(socket),
            None => {
                let Some(socket) = open(app, to, answers.clone()).await else { continue };
                sockets.insert((app, to), Arc::clone(&socket));
                socket
            }
        };
        let _ = socket.send(&bytes).await;
    }
}

/// A socket whose answers go back to the app.
async fn open(
    app: SocketAddr,
    to: SocketAddr,
    answers: mpsc::Sender<(Vec<u8>, SocketAddr, SocketAddr)>,
) -> Option<Arc<UdpSocket>> {
    let any: SocketAddr = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse().ok()?;
    let socket = Arc::new(UdpSocket::bind(any).await.ok()?);
    socket.connect(to).await.ok()?;
    let receiver = Arc::clone(&socket);
    tokio::spawn(async move {
        let mut bytes = vec![0; 2_048];
        while let Ok(len) = receiver.recv(&mut bytes).await {
            if answers.send((bytes[..len].to_vec(), to, app)).await.is_err() {
                break;
            }
        }
    });
    Some(socket)
}
