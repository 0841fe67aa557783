//! Checked rules as Rust tables: numbers and one text, so that the compiled list is read-only data without a pointer.

use std::collections::BTreeMap;
use std::fmt::{Error, Write as _};
use std::net::IpAddr;

use records::{Kept, Preset, Reach, Reply, ReplyKind, Rule};

/// The text under construction; equal pieces share a place.
#[derive(Default)]
struct Text {
    all: String,
    known: BTreeMap<String, usize>,
}

impl Text {
    fn span(&mut self, piece: &str) -> String {
        let start = *self.known.entry(piece.to_owned()).or_insert_with(|| {
            self.all.push_str(piece);
            self.all.len() - piece.len()
        });
        format!("Span({start}, {})", piece.len())
    }
}

/// The source of the tables.
pub(crate) fn emit(
    rules: &[Rule],
    features: &BTreeMap<String, String>,
) -> Result<String, Box<dyn std::error::Error>> {
    check(rules, features)?;
    let mut text = Text::default();
    let mut table = String::new();
    for rule in rules {
        write_rule(&mut table, &mut text, rule, features)?;
    }
    let switches: String = features
        .iter()
        .map(|(name, what)| format!("    ({}, {}),\n", text.span(name), text.span(what)))
        .collect();
    Ok(format!(
        "/// All texts of the built-in list.\npub(crate) static TEXT: &str = {:?};\n\
         /// The built-in list.\npub(crate) static RULES: [BuiltinRule; {}] = [\n{table}];\n\
         /// The switches \"I use ...\".\nstatic FEATURES: [(Span, Span); {}] = [\n{switches}];\n",
        text.all,
        rules.len(),
        features.len()
    ))
}

fn check(rules: &[Rule], features: &BTreeMap<String, String>) -> Result<(), String> {
    if u8::try_from(features.len()).is_err() {
        return Err("more features than an index of one byte can tell apart".into());
    }
    let mut ids = BTreeMap::new();
    let mut names = BTreeMap::new();
    for rule in rules {
        let many = rule.network.map(|(.., port)| port);
        if ids.insert((&rule.id, many), ()).is_some() {
            return Err(format!("two rules have the id `{}`; give one another", rule.id));
        }
        if let Some(other) = names.insert((&rule.pattern, many), &rule.id) {
            return Err(format!(
                "`{other}` and `{}` are both about `{}`; keep one",
                rule.id, rule.pattern
            ));
        }
        if let Some(wide) = rules.iter().find(|wide| wide.swallows(rule)) {
            return Err(format!(
                "`{}` would swallow `{}`; write exact names instead",
                wide.id, rule.id
            ));
        }
    }
    Ok(())
}

fn write_rule(
    table: &mut String,
    text: &mut Text,
    rule: &Rule,
    features: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let (id, pattern, what) = (
        text.span(&rule.id),
        text.span(&rule.pattern),
        text.span(&rule.what),
    );
    let reach = match rule.reach {
        Reach::Exact => "Exact",
        Reach::Subdomains => "Subdomains",
    };
    let preset = |preset: &Preset| format!("Preset::{preset:?}");
    let role = match &rule.kept {
        Kept::Block(from) => format!("Block({})", preset(from)),
        Kept::Essential => "Essential".to_owned(),
        Kept::Feature(name, from) => {
            format!(
                "Feature({}, {})",
                features.keys().position(|key| key == name).unwrap_or(0),
                preset(from)
            )
        }
    };
    let network = rule.network.map_or_else(|| "None".to_owned(), network);
    let reply = rule.reply.map_or_else(|| "None".to_owned(), reply);
    writeln!(
        table,
        "    BuiltinRule {{ id: {id}, pattern: {pattern}, what: {what}, reach: Reach::{reach}, role: Role::{role}, \
         network: {network}, reply: {reply} }},"
    )
}

fn network((address, length, port): (IpAddr, u8, u16)) -> String {
    let (bits, prefix) = match address {
        // IPv4 is kept as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), length + 96),
        IpAddr::V6(v6) => (v6.to_bits(), length),
    };
    format!("Some(Network::new({prefix}, {bits:#x}, {port}))")
}

fn reply(reply: Reply) -> String {
    let ttl = reply.ttl;
    match reply.kind {
        ReplyKind::Zero => format!("Some(Reply::ZeroAddress {{ ttl: {ttl} }})"),
        ReplyKind::Nodata => format!("Some(Reply::NoData {{ ttl: {ttl} }})"),
        ReplyKind::Nxdomain => format!("Some(Reply::NxDomain {{ ttl: {ttl} }})"),
        ReplyKind::Refused => "Some(Reply::Refused)".to_owned(),
    }
}
