//! Domain names as rules write them: checked once, then compared byte by byte, lower case and without a trailing dot.

/// Longest name in presentation form (RFC 1035, section 2.3.4: 255 octets on the wire).
pub(crate) const LONGEST_NAME: usize = 253;
/// Longest label (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// What is wrong with a name, as a sentence that says how to mend it.
pub(crate) fn check(name: &str) -> Result<(), String> {
    // One look at each byte; what is wrong is looked for only where something is.
    if is_name(name) {
        return Ok(());
    }
    if name.is_empty() {
        return Err("a name is missing; write one, such as `tracking.example.com`".into());
    }
    if name.len() > LONGEST_NAME {
        return Err(format!(
            "the name has {} characters; a name has at most {LONGEST_NAME}",
            name.len()
        ));
    }
    if let Some(slash) = name.find('/') {
        if let Some(scheme) = name.find("://") {
            let host = name
                .get(scheme + 3..)
                .and_then(|rest| rest.split(['/', ':', '?', '#']).next());
            return Err(format!(
                "`{name}` is an address of a page; write the name alone: `{}`",
                host.unwrap_or("")
            ));
        }
        let host = name.get(..slash).unwrap_or("");
        return Err(format!("`{name}` has a path; rules are on names: write `{host}`"));
    }
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!(
            "`{name}` has bytes that are not UTF-8; save the file as UTF-8, or write the name in its `xn--` form"
        ));
    }
    if !name.is_ascii() {
        return Err(format!(
            "`{name}` is not ASCII; write the name in its `xn--` form"
        ));
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err(format!("`{name}` has an empty label; take the extra dot out"));
        }
        if label.len() > LONGEST_LABEL {
            return Err(format!(
                "`{label}` is longer than a label may be ({LONGEST_LABEL} characters)"
            ));
        }
        if let Some(odd) = label
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || *c == '-' || *c == '_'))
        {
            return Err(format!(
                "`{name}` has `{odd}` in it; a name has letters, digits, `-`, `_` and dots"
            ));
        }
    }
    Ok(())
}

/// Whether a text is a name, of one label or more and without a dot at its end.
pub fn is_name(name: &str) -> bool {
    let mut label = 0;
    for byte in name.bytes() {
        label = match byte {
            b'.' if label > 0 => 0,
            b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' if label < LONGEST_LABEL => label + 1,
            _ => return false,
        };
    }
    label > 0 && name.len() <= LONGEST_NAME
}

/// The name without the dot that may end it.
pub(crate) fn without_trailing_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
