//! What a record may name: a domain name in its one spelling, an address, a network.

use std::net::IpAddr;

/// Longest name in presentation form, and longest label (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Checks the one spelling of a name: lower case, at least two labels, no dot at the end.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    if !name.is_ascii() {
        return Err(format!(
            "`{name}` is not in the alphabet of the DNS; write its `xn--` form"
        ));
    }
    if name.len() <= LONGEST_NAME && name.contains('.') && name.split('.').all(label) {
        return Ok(());
    }
    Err(format!(
        "`{name}` is not a name; write it in lower case, without a dot at the end"
    ))
}

/// Reads an address or a network.
pub(crate) fn network(text: &str) -> Result<(IpAddr, u8), String> {
    let mend = || format!("`{text}` is not an address; write `1.2.3.4` or `1.2.3.0/24`");
    let (address, length) = text
        .split_once('/')
        .map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().map_err(|_| mend())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Ok(most), str::parse).map_err(|_| mend())?;
    if (1..=most).contains(&length) {
        Ok((address, length))
    } else {
        Err(mend())
    }
}
