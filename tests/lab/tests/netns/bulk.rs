//! 150 MB, hash-checked, at the MTUs of desks and phones and with a queue that is much too short.

use anyhow::{Context, Result, ensure};
use lab::{Lab, Path, Plan, ordinary_v4, ordinary_v6};

use crate::client_words;

on_both_paths!(
    upload_arrives_whole_at_mtu_1500,
    upload_arrives_whole_at_mtu_9000,
    upload_arrives_whole_over_ipv6,
    download_arrives_whole_at_mtu_1500,
    download_arrives_whole_at_mtu_9000,
    download_arrives_whole_over_ipv6,
    steady_download_leaves_no_byte_behind_when_it_pauses,
    upload_with_a_queue_of_25_packets_neither_crawls_nor_stalls,
    upload_with_a_queue_of_25_packets_at_mtu_9000_neither_crawls_nor_stalls,
);

const BYTES: u64 = 150_000_000;
/// Gigabits a second.
const SLOWEST: f64 = 0.2;
/// Milliseconds.
const LONGEST_PAUSE: u64 = 1000;

fn lab(path: Path, mtu: u32, queue: u32) -> Result<Lab> {
    Lab::start(
        Plan {
            mtu,
            queue,
            alone: true,
            ..Plan::new(path)
        },
        &[],
        &[],
    )
}

fn upload(lab: &Lab, to: &str) -> Result<()> {
    let _server = lab.serve(&["hash", to])?;
    check(&client_words(lab, &["upload", to, &BYTES.to_string()])?)
}

fn download(lab: &Lab, from: &str) -> Result<()> {
    let _server = lab.serve(&["source", from, &BYTES.to_string()])?;
    check(&client_words(lab, &["download", from, &BYTES.to_string()])?)
}

fn check(words: &[String]) -> Result<()> {
    let [_, bytes, gigabits, pause] = words else {
        anyhow::bail!("the client said {words:?}")
    };
    let (gigabits, pause): (f64, u64) = (gigabits.parse()?, pause.parse().context("a pause")?);
    ensure!(*bytes == BYTES.to_string(), "{bytes} bytes passed");
    ensure!(gigabits >= SLOWEST, "{gigabits} Gbit/s, the bar is {SLOWEST}");
    ensure!(pause <= LONGEST_PAUSE, "nothing passed for {pause} ms");
    Ok(())
}

fn v4() -> String {
    format!("{}:7000", ordinary_v4(10))
}

fn v6() -> String {
    format!("[{}]:7000", ordinary_v6(10))
}

fn upload_arrives_whole_at_mtu_1500(path: Path) -> Result<()> {
    upload(&lab(path, 1500, 500)?, &v4())
}

fn upload_arrives_whole_at_mtu_9000(path: Path) -> Result<()> {
    upload(&lab(path, 9000, 500)?, &v4())
}

fn upload_arrives_whole_over_ipv6(path: Path) -> Result<()> {
    upload(&lab(path, 1500, 500)?, &v6())
}

fn download_arrives_whole_at_mtu_1500(path: Path) -> Result<()> {
    download(&lab(path, 1500, 500)?, &v4())
}

fn download_arrives_whole_at_mtu_9000(path: Path) -> Result<()> {
    download(&lab(path, 9000, 500)?, &v4())
}

fn download_arrives_whole_over_ipv6(path: Path) -> Result<()> {
    download(&lab(path, 1500, 500)?, &v6())
}

fn steady_download_leaves_no_byte_behind_when_it_pauses(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &[])?;
    let _server = lab.serve(&["steady", &v4()])?;
    let words = client_words(&lab, &["steady", &v4(), "6"])?;
    let [_, _, millis] = &words[..] else {
        anyhow::bail!("the client said {words:?}")
    };
    // Six runs of 200 ms; what a busy machine adds.
    let millis: u64 = millis.parse()?;
    ensure!(millis < 6_000, "{millis} ms");
    Ok(())
}

fn upload_with_a_queue_of_25_packets_neither_crawls_nor_stalls(path: Path) -> Result<()> {
    upload(&lab(path, 1500, 25)?, &v4())
}

fn upload_with_a_queue_of_25_packets_at_mtu_9000_neither_crawls_nor_stalls(path: Path) -> Result<()> {
    upload(&lab(path, 9000, 25)?, &v4())
}
