//! curl's requests.

use anyhow::Result;
use lab::{Lab, Path, Plan, Record, ordinary_v4, ordinary_v6};

use crate::ensure_said;

on_both_paths!(
    curl_speaks_http_1_1_in_the_clear,
    curl_speaks_http_1_1_over_tls_1_2,
    curl_speaks_http_2_over_tls_1_3,
    curl_speaks_http_2_over_tls_1_2_and_ipv6,
    curl_reaches_an_address_that_no_name_vouches_for,
    curl_keeps_a_connection_for_several_requests,
);

fn lab(path: Path) -> Result<Lab> {
    let records = [Record::dual("site.example", ordinary_v4(10), ordinary_v6(10))];
    let mut lab = Lab::start(Plan::new(path), &records, &[])?;
    lab.start_web(&["site.example", "direct.example"])?;
    Ok(lab)
}

fn curl_speaks_http_1_1_in_the_clear(path: Path) -> Result<()> {
    let lab = lab(path)?;
    ensure_said(
        &lab.curl(&["http://site.example/"])?,
        "host=site.example protocol=HTTP/1.1",
    )
}

fn curl_speaks_http_1_1_over_tls_1_2(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let page = lab.curl(&["--http1.1", "--tls-max", "1.2", "https://site.example/"])?;
    ensure_said(&page, "protocol=HTTP/1.1 tls=TLSv1.2")
}

fn curl_speaks_http_2_over_tls_1_3(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let page = lab.curl(&["--http2", "--tlsv1.3", "https://site.example/"])?;
    ensure_said(&page, "protocol=HTTP/2.0 tls=TLSv1.3")
}

fn curl_speaks_http_2_over_tls_1_2_and_ipv6(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let page = lab.curl(&["-6", "--http2", "--tls-max", "1.2", "https://site.example/"])?;
    ensure_said(&page, "protocol=HTTP/2.0 tls=TLSv1.2")
}

fn curl_reaches_an_address_that_no_name_vouches_for(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let at = format!("direct.example:443:{}", ordinary_v4(12));
    ensure_said(
        &lab.curl(&["--resolve", &at, "https://direct.example/"])?,
        "host=direct.example",
    )
}

fn curl_keeps_a_connection_for_several_requests(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let pages = lab.curl(&[
        "-w",
        "connects=%{num_connects}\n",
        "http://site.example/a",
        "http://site.example/b",
    ])?;
    ensure_said(&pages, "connects=1")?;
    ensure_said(&pages, "connects=0")
}
