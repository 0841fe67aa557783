//! Names in other scripts, as the DNS carries them: `xn--` labels (RFC 3492 over RFC 5891). Letters become small; text is
//! taken as already composed (NFC), which is how lists write it.

// RFC 3492, section 5.
const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 0x80;

/// The line with each label in another script in its `xn--` form; everything else stays as it is.
pub(crate) fn to_ascii(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut rest = line;
    while !rest.is_empty() {
        let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || !c.is_ascii();
        let end = rest.find(|c| !is_label(c)).unwrap_or(rest.len());
        let (label, after) = rest.split_at(end);
        match Some(label)
            .filter(|label| !label.is_ascii() && !label.contains(char::REPLACEMENT_CHARACTER))
            .and_then(|label| encode(&label.to_lowercase()))
        {
            Some(encoded) => {
                out.push_str("xn--");
                out.push_str(&encoded);
            }
            None => out.push_str(label),
        }
        let border = after.chars().next();
        out.extend(border);
        rest = after.get(border.map_or(0, char::len_utf8)..).unwrap_or("");
    }
    out
}

/// RFC 3492, section 6.3. `None` where a number would not fit, which no label of a name comes near.
fn encode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0u32, INITIAL_BIAS, basic);
    let total = u32::try_from(label.chars().count()).ok()?;
    while handled < total {
        let next = label.chars().map(u32::from).filter(|&c| c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                push_number(&mut out, delta, bias);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

fn push_number(out: &mut String, number: u32, bias: u32) {
    let mut q = number;
    let mut k = BASE;
    loop {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if q < t {
            out.push(digit(q));
            return;
        }
        out.push(digit(t + (q - t) % (BASE - t)));
        q = (q - t) / (BASE - t);
        k += BASE;
    }
}

fn digit(value: u32) -> char {
    // A number below `BASE`: a to z, then 0 to 9.
    match value {
        0..26 => char::from(b'a' + value as u8),
        _ => char::from(b'0' + (value % BASE - 26) as u8),
    }
}

/// RFC 3492, section 6.1.
fn adapt(delta: u32, handled: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / handled;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::to_ascii;

    #[test]
    fn labels_in_other_scripts_become_what_the_dns_carries() {
        for (line, ascii) in [
            ("||münchen.example^", "||xn--mnchen-3ya.example^"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            (
                "@@|παράδειγμα.δοκιμή^$important",
                "@@|xn--hxajbheg2az3al.xn--jxalpdlp^$important",
            ),
            ("plain.example", "plain.example"),
        ] {
            assert_eq!(to_ascii(line), ascii);
        }
    }

    #[test]
    fn no_text_panics() {
        let line = "\u{10ffff}\u{80}x.\u{feff}ß-é.中\u{301}";
        for (at, _) in line.char_indices() {
            let _ = to_ascii(&line[at..]);
            let _ = to_ascii(&line[..at].repeat(200));
        }
    }
}
