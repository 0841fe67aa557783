//! Rules in the syntax of AdBlock and AdGuard, as they are meant where only names are seen.

use super::{Pattern, Reach, Skip, Target, Tone};
use crate::address::Network;
use crate::name;
use crate::wildcard::{Start, Wildcard};

/// `||name^`, `|name^`, `@@||name^`, `||name^$important`, `*.name`, `||ads*.name^`.
pub(super) fn line<'a>(code: &'a str, sink: &mut dyn FnMut(Pattern<'a>)) -> Result<Option<Skip>, String> {
    let (excepted, rule) = match code.strip_prefix("@@") {
        Some(rule) => (true, rule),
        None => (false, code),
    };
    if is_regex(rule) {
        return Ok(Some(Skip::Regex));
    }
    let (body, modifiers) = rule.split_once('$').unwrap_or((rule, ""));
    let Meaning { important, except } = match meaning(modifiers) {
        Ok(meaning) if excepted && !meaning.except.is_empty() => return Ok(Some(Skip::Modifier)),
        Ok(meaning) => meaning,
        Err(skip) => return Ok(Some(skip)),
    };
    let Some(target) = target(body)? else {
        return Ok(Some(Skip::Wildcard));
    };
    let tone = match (excepted, important) {
        (true, true) => Tone::ImportantExcept,
        (true, false) => Tone::Except,
        (false, true) => Tone::Important,
        (false, false) => Tone::Block,
    };
    sink(Pattern {
        text: code,
        target,
        tone,
    });
    let tone = if important {
        Tone::ImportantExcept
    } else {
        Tone::Except
    };
    for name in except.split('|').filter(|name| !name.is_empty()) {
        sink(Pattern {
            text: name,
            target: Target::Name(name, Reach::Subdomains),
            tone,
        });
    }
    Ok(None)
}

/// `/.../`, also with modifiers behind it. A path begins so too, but a second slash ends its first step.
fn is_regex(rule: &str) -> bool {
    rule.strip_prefix('/')
        .is_some_and(|rest| !rest.starts_with('/') && (rest.ends_with('/') || rest.contains("/$")))
}

/// What modifiers say of a rule on a name.
#[derive(Debug, Default)]
struct Meaning<'a> {
    important: bool,
    /// Names that the rule leaves alone, with what is beneath them, between `|`.
    except: &'a str,
}

/// Reads the modifiers; or says why they make the rule something else than one on a name.
fn meaning(modifiers: &str) -> Result<Meaning<'_>, Skip> {
    let mut meaning = Meaning::default();
    for modifier in modifiers.split(',').map(str::trim).filter(|m| !m.is_empty()) {
        let (name, value) = modifier.split_once('=').unwrap_or((modifier, ""));
        match name {
            "important" => meaning.important = true,
            // Every type of request, or the page itself: what a rule on a name means anyway.
            "all" | "document" | "doc" => {}
            "dnsrewrite" if is_refusal(value) => {}
            "dnsrewrite" => return Err(Skip::Redirect),
            "dnstype" if asks_for_addresses(value) => {}
            "denyallow" if value.split('|').all(is_name) => meaning.except = value,
            _ => return Err(Skip::Modifier),
        }
    }
    Ok(meaning)
}

fn is_name(name: &str) -> bool {
    name::check(name).is_ok() && Network::parse(name).is_none()
}

/// Whether a rule is on the questions for addresses of both families: without them a name leads nowhere, so the rule is as
/// good as one on all questions. One family alone is less.
fn asks_for_addresses(types: &str) -> bool {
    let has = |wanted| types.split('|').any(|listed| listed.eq_ignore_ascii_case(wanted));
    has("A") && has("AAAA")
}

/// Whether an answer that a rule gives is one of those that say no.
fn is_refusal(answer: &str) -> bool {
    let answer = answer.to_ascii_uppercase();
    match answer.split_once(';') {
        Some(("REFUSED" | "NXDOMAIN", _)) => true,
        Some(("NOERROR", data)) => matches!(data, "A;0.0.0.0" | "AAAA;::" | ";"),
        Some(_) => false,
        None => matches!(
            answer.as_str(),
            "REFUSED" | "NXDOMAIN" | "0.0.0.0" | "::" | "127.0.0.1" | "::1"
        ),
    }
}

/// The name, pattern or address of a rule's body; `None` where it can meet no name alone.
fn target(body: &str) -> Result<Option<Target<'_>>, String> {
    let (start, rest) = start(body);
    let (rest, ended) = end(rest);
    // A path behind an address; a prefix length begins with a digit.
    if rest
        .split_once('/')
        .is_some_and(|(_, path)| !path.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Ok(None);
    }
    if let Some(network) = Network::parse(rest).filter(|_| start != Start::Anywhere || !ended) {
        return Ok(Some(Target::Address(network?)));
    }
    // The widest forms first: `*.name`, `||*.name^`, `://*.name^`, `.name^`.
    if let Some(under) = rest.strip_prefix("*.").or_else(|| rest.strip_prefix('.'))
        && (ended || body.starts_with("*."))
        && is_whole(under)
    {
        let reach = if body.starts_with("*.") {
            Reach::Subdomains
        } else {
            Reach::Below
        };
        return whole(under, reach);
    }
    if start != Start::Anywhere && is_whole(rest) {
        let reach = if start == Start::Border {
            Reach::Subdomains
        } else {
            Reach::Exact
        };
        // Without its end a pattern also meets `example.community`, and is a wildcard.
        if ended && !rest.ends_with('.') {
            return whole(rest, reach);
        }
    }
    Ok(Wildcard::new(start, rest, ended).map(Target::Wildcard))
}

fn whole(name: &str, reach: Reach) -> Result<Option<Target<'_>>, String> {
    name::check(name)?;
    Ok(Some(Target::Name(name, reach)))
}

fn is_whole(name: &str) -> bool {
    !name.contains(['*', '/', ':', '?', '=', '&', '^', '|', ';', '[', ']']) && !name.starts_with(['.', '*'])
}

/// What a body says of its begin. A scheme cannot be told from the name alone; what stands behind it begins the name.
fn start(body: &str) -> (Start, &str) {
    if let Some(rest) = body.strip_prefix("||") {
        return (Start::Border, rest);
    }
    let anchored = body.strip_prefix('|');
    let rest = anchored.unwrap_or(body);
    for scheme in ["http://", "https://", "http*://", "*://", "://", "//"] {
        if let Some(rest) = rest.strip_prefix(scheme) {
            return (Start::Name, rest);
        }
    }
    match anchored {
        Some(rest) => (Start::Name, rest),
        None => (Start::Anywhere, rest),
    }
}

/// What a body says of its end: `^`, `|`, or the slash that follows every name in the address of a page.
fn end(body: &str) -> (&str, bool) {
    for end in ["^|", "^*", "/*", "^", "|", "/"] {
        if let Some(rest) = body.strip_suffix(end) {
            return (rest, true);
        }
    }
    (body, false)
}
