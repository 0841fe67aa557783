//! `peer-hev FD MTU`: hev-socks5-tunnel on an inherited TUN, as an Android app runs it; the SOCKS server is on port 1080.

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let (fd, mtu) = (words[1].parse().expect("a descriptor"), &words[2]);
    // Without the pipeline it sends its greeting with MSG_MORE and waits for the answer, so that the kernel keeps the
    // greeting for 200 ms.
    let config = format!(
        "tunnel:\n  mtu: {mtu}\nsocks5:\n  port: 1080\n  address: 127.0.0.1\n  udp: 'udp'\n  pipeline: true\n\
         misc:\n  log-level: error\n  limit-nofile: 65535\n"
    );
    if let Err(code) = tun2socks::main_from_str(&config, fd) {
        eprintln!("hev-socks5-tunnel ended with {code}");
        std::process::exit(1);
    }
}
