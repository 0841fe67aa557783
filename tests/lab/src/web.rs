//! The internet's web server: nginx, with a log of every request that reached it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::background::Background;
use crate::certificate::Certificate;
use crate::namespace::Namespace;

/// One request, as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The address that it came to.
    pub address: String,
    /// Its `Host`.
    pub host: String,
    /// Its path.
    pub path: String,
    /// Its HTTP version.
    pub protocol: String,
    /// Its TLS version, `-` without TLS.
    pub tls: String,
}

/// What it says under `/gslb/`, as a server that tells apps addresses in plain HTTP.
pub const TOLD: &str = r#"{"S":"Ok","R":{"ttl":600,"ip":"198.51.100.53","wifi":{"app.chat.xiaomi.net":["198.51.100.20:5222"],"data.mistat.xiaomi.com":["203.0.113.20"]}}}"#;

/// A running nginx: HTTP on 80 and 8080, HTTPS (1.1 and 2, TLS 1.2 and 1.3) on 443, on every address.
#[derive(Debug)]
pub struct Web {
    _server: Background,
    /// What clients are to trust.
    pub certificate: Certificate,
    log: PathBuf,
}

impl Web {
    /// Starts it for `names`.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(namespace: &Namespace, directory: &Path, names: &[String]) -> Result<Self> {
        let certificate = Certificate::create(directory, names)?;
        let (log, pid) = (directory.join("access.log"), directory.join("nginx.pid"));
        let configuration = directory.join("nginx.conf");
        fs::write(&configuration, configure(directory, &certificate, &log, &pid))?;
        let mut command = namespace.command("nginx");
        command.arg("-e").arg("stderr").arg("-c").arg(&configuration);
        let mut server = Background::start(&mut command, directory, "nginx")?;
        // It opens its ports first and writes this file afterwards.
        server.wait_until("nginx's ports", Duration::from_secs(5), |_| pid.exists())?;
        Ok(Self {
            _server: server,
            certificate,
            log,
        })
    }

    /// Every request so far.
    pub fn visits(&self) -> Vec<Visit> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let visit = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [address, host, path, protocol, tls] = words.as_slice() else {
                return None;
            };
            Some(Visit {
                address: (*address).to_owned(),
                host: (*host).to_owned(),
                path: (*path).to_owned(),
                protocol: (*protocol).to_owned(),
                tls: (*tls).to_owned(),
            })
        };
        log.lines().filter_map(visit).collect()
    }

    /// Requests so far for one host.
    pub fn visits_to(&self, host: &str) -> usize {
        self.visits().iter().filter(|visit| visit.host == host).count()
    }
}

fn configure(directory: &Path, certificate: &Certificate, log: &Path, pid: &Path) -> String {
    let scratch = |name: &str| directory.join(name).display().to_string();
    format!(
        "user root root; daemon off; master_process off; pid {pid}; error_log stderr warn;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n\
         log_format lab '$server_addr $host $uri $server_protocol $ssl_protocol';\n\
         access_log {log} lab;\n\
         client_body_temp_path {body}; proxy_temp_path {proxy}; fastcgi_temp_path {fastcgi};\n\
         uwsgi_temp_path {uwsgi}; scgi_temp_path {scgi};\n\
         ssl_certificate {pem}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;\n\
         default_type text/plain;\n\
         server {{\n\
         listen 80 default_server; listen [::]:80 default_server;\n\
         listen 8080 default_server; listen [::]:8080 default_server;\n\
         listen 443 ssl http2 default_server; listen [::]:443 ssl http2 default_server;\n\
         location / {{ return 200 \"host=$host protocol=$server_protocol tls=$ssl_protocol\\n\"; }}\n\
         location /generate_204 {{ return 204; }}\n\
         location /gslb/ {{ gzip on; gzip_min_length 1; gzip_types *; return 200 '{told}'; }}\n\
         }}\n\
         }}\n",
        told = TOLD,
        pid = pid.display(),
        log = log.display(),
        pem = certificate.pem.display(),
        key = certificate.key.display(),
        body = scratch("body"),
        proxy = scratch("proxy"),
        fastcgi = scratch("fastcgi"),
        uwsgi = scratch("uwsgi"),
        scgi = scratch("scgi"),
    )
}
