//! A QUIC server that echoes streams, and its client, over quinn: `tests/lab/quic/endpoint.py` by another hand.
//!
//! ```text
//! lab-quinn serve ADDRESS PORT CERTIFICATE KEY
//! lab-quinn ask ADDRESS PORT NAME VERSION BYTES
//! ```
//!
//! VERSION is 1, or the number of a draft. The client says "echoed BYTES SECONDS", "refused CODE SECONDS" (the transport
//! error that closed the connection) or "failed SECONDS".

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, ServerConfig};
use rustls::DigitallySignedStruct;
use rustls::SignatureScheme;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

const ALPN: &[u8] = b"echo";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match words.as_slice() {
        ["serve", address, port, certificate, key] => {
            runtime.block_on(serve(endpoint(address, port)?, certificate, key))
        }
        ["ask", address, port, name, version, bytes] => {
            let sent: Vec<u8> = (0..bytes.parse()?).map(|i: usize| (i * 31 % 251) as u8).collect();
            let config = client(version.parse()?)?;
            runtime.block_on(ask(endpoint(address, port)?, name, config, sent))
        }
        _ => bail!("lab-quinn serve ADDRESS PORT CERTIFICATE KEY, or ask ADDRESS PORT NAME VERSION BYTES"),
    }
}

fn endpoint(address: &str, port: &str) -> Result<SocketAddr> {
    Ok(SocketAddr::new(address.parse()?, port.parse()?))
}

async fn serve(at: SocketAddr, certificate: &str, key: &str) -> Result<()> {
    let certificate = CertificateDer::from_pem_file(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    let endpoint = Endpoint::server(config, at)?;
    println!("ready");
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(async move {
            // A client that goes away is none of the server's errors.
            let _ = echo(incoming.await?).await;
            anyhow::Ok(())
        });
    }
    Ok(())
}

async fn echo(connection: Connection) -> Result<()> {
    loop {
        let (mut send, mut receive) = connection.accept_bi().await?;
        while let Some(chunk) = receive.read_chunk(64 * 1024, true).await? {
            send.write_chunk(chunk.bytes).await?;
        }
        send.finish()?;
    }
}

async fn ask(to: SocketAddr, name: &str, config: ClientConfig, sent: Vec<u8>) -> Result<()> {
    let from: IpAddr = if to.is_ipv4() {
        [0; 4].into()
    } else {
        [0; 16].into()
    };
    let endpoint = Endpoint::client(SocketAddr::new(from, 0))?;
    let start = Instant::now();
    let seconds = || start.elapsed().as_secs_f64();
    match endpoint.connect_with(config, to, name)?.await {
        Ok(connection) => {
            let (mut send, mut receive) = connection.open_bi().await?;
            // Beside the reading: what is only written stops when its echo fills the window.
            let (len, expected) = (sent.len(), sent.clone());
            let writing = tokio::spawn(async move {
                send.write_all(&sent).await?;
                anyhow::Ok(send.finish()?)
            });
            let same = receive.read_to_end(len + 1).await? == expected;
            writing.await??;
            println!(
                "{} {len} {:.3}",
                if same { "echoed" } else { "garbled" },
                seconds()
            );
        }
        Err(ConnectionError::ConnectionClosed(close)) => {
            println!("refused {} {:.3}", u64::from(close.error_code), seconds());
        }
        Err(_) => println!("failed {:.3}", seconds()),
    }
    Ok(())
}

fn client(version: u8) -> Result<ClientConfig> {
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.version(match version {
        1 => 1,
        29..=34 => 0xff00_0000 | u32::from(version),
        _ => bail!("quinn speaks 1 and drafts 29 to 34"),
    });
    Ok(config)
}

/// Believes any certificate: who the lab's server is is not in question.
#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
