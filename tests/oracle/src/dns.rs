//! Names of DNS messages as dnspython and tshark read them, which was written down, and as we do.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use wire::Name;
use wire::dns::Query;

/// Compares, and says how many differ.
pub(crate) fn compare(directory: &Path, verbose: bool, out: &mut impl Write) -> anyhow::Result<usize> {
    let read = |file: &str| {
        let path = directory.join(file);
        fs::read(&path).with_context(|| path.display().to_string())
    };
    let said: Value = serde_json::from_slice(&read("dns_fuzz.expect.json")?)?;
    let messages = read("dns_fuzz.lp16")?;
    let (mut rest, mut compared, mut different) = (&messages[..], 0, 0);
    for entry in said["messages"].as_array().context("no messages")? {
        let (len, after) = rest.split_first_chunk::<2>().context("too few messages")?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (message, after) = after.split_at_checked(len).context("a message cut off")?;
        rest = after;
        // One question of the ordinary kind, on which both agree: name, class, type.
        let Some([asked]) = entry["q"].as_array().map(Vec::as_slice) else {
            continue;
        };
        let Some(text) = asked[0]
            .as_str()
            .filter(|_| entry["agree"] == true && entry["opcode"] == 0)
        else {
            continue;
        };
        compared += 1;
        let theirs = name(text);
        let ours = if entry["qr"] == 0 {
            let query = Query::parse(message).ok();
            let is_same = |query: &Query| asked[1] == query.class && asked[2] == query.record_type.0;
            query.filter(is_same).map(|query| query.name)
        } else {
            Query::answered_name(message)
        };
        if ours.as_ref() != Some(&theirs) {
            different += 1;
            if verbose {
                writeln!(out, "{}\t{theirs}\t{ours:?}", entry["file"])?;
            }
        }
    }
    writeln!(out, "dns-fuzzing: {compared} names compared, {different} differ")?;
    Ok(different)
}

/// A name as dnspython writes it: `\DDD`, and a backslash before what is special in a zone file.
fn name(text: &str) -> Name {
    let (mut labels, mut label) = (Vec::new(), Vec::new());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'.' => labels.push(std::mem::take(&mut label)),
            b'\\' => {
                let next = rest.next().unwrap_or_default();
                if next.is_ascii_digit() {
                    let digits = [
                        next,
                        rest.next().unwrap_or_default(),
                        rest.next().unwrap_or_default(),
                    ];
                    let value = digits.iter().fold(0_u32, |value, digit| {
                        value * 10 + u32::from(digit.wrapping_sub(b'0'))
                    });
                    label.push(value as u8);
                } else {
                    label.push(next);
                }
            }
            byte => label.push(byte),
        }
    }
    labels.retain(|label| !label.is_empty());
    Name::from_labels(labels.iter().map(Vec::as_slice))
}
