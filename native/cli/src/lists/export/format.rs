//! The forms of export, each with what its lines look like.

use std::collections::HashSet;
use std::fmt::Write as _;

use blocklist::{Pattern, Reach, Target, Tone};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::plan::Step;
use super::tree::parents;

/// A form of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// `0.0.0.0 name`, for hosts files: exact names.
    Hosts,
    /// A name a line, for Pi-hole and others: each with all beneath it.
    Domains,
    /// `*.name` a line: each with all beneath it.
    Wildcards,
    /// AdGuard's and AdBlock's syntax, with exceptions.
    Adguard,
    /// dnsmasq from 2.86 on.
    Dnsmasq,
    /// unbound.
    Unbound,
    /// A response policy zone, for BIND, Knot, PowerDNS and unbound.
    Rpz,
    /// sing-box, a rule set in source form.
    SingBox,
    /// Clash and mihomo, a rule provider of behaviour `domain`.
    Clash,
}

/// What a form says of the answer to a blocked question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// A zero address, or "no such name" where a rule wants that.
    Chosen,
    /// A zero address.
    Zero,
    /// Nothing: its tool decides.
    ByTool,
}

/// What else than names a form can carry.
pub(super) type Extra = (String, Tone);

impl Format {
    /// How many turns from block to exception and back it can follow; `None` for any number.
    pub(super) const fn deepest(self) -> Option<u32> {
        match self {
            // `$important` on top of `@@` on top of `$important`: no more.
            Self::Adguard => Some(4),
            _ => None,
        }
    }

    /// Whether it says of each essential name that it is let through, even where nothing here blocks it: what reads it
    /// holds other lists against that, too.
    pub(super) const fn lists_essentials(self) -> bool {
        matches!(self, Self::Adguard)
    }

    /// What it says of answers.
    pub(super) const fn answers(self) -> Answers {
        match self {
            Self::Adguard | Self::Dnsmasq | Self::Unbound | Self::Rpz => Answers::Chosen,
            Self::Hosts => Answers::Zero,
            Self::Domains | Self::Wildcards | Self::SingBox | Self::Clash => Answers::ByTool,
        }
    }

    /// Whether it has no words for what is beneath a name.
    pub(super) const fn knows_exact_names_only(self) -> bool {
        matches!(self, Self::Hosts)
    }

    /// What its tool has to be or be told, where that matters.
    pub(super) const fn needs(self) -> Option<&'static str> {
        match self {
            Self::Dnsmasq => Some("dnsmasq 2.86 or newer"),
            Self::Unbound => Some("unbound 1.13.1 or newer"),
            // RFC 6761, section 6.2: unbound answers for `test` itself, before the zone.
            Self::Rpz => Some("in unbound, local-zone: \"test.\" nodefault, if its canary is to answer"),
            _ => None,
        }
    }

    /// What begins a comment.
    pub(super) const fn comment(self) -> &'static str {
        match self {
            Self::Adguard => "!",
            Self::Rpz => ";",
            // Read by sing-box, though not JSON.
            Self::SingBox => "//",
            _ => "#",
        }
    }

    /// A rule that is not on a name, in this form; `None` where it has no words for it.
    pub(super) fn extra(self, pattern: &Pattern<'_>) -> Option<Extra> {
        let line = match (self, pattern.target) {
            (Self::Adguard, Target::Wildcard(_)) => pattern.to_string(),
            (_, Target::Wildcard(_) | Target::Name(..)) => return None,
            (form, Target::Address(network)) => {
                let (addr, length, port) = network.parts();
                if port != 0 {
                    return None;
                }
                match form {
                    Self::Adguard => pattern.to_string(),
                    Self::Rpz => match (addr, pattern.tone) {
                        (std::net::IpAddr::V4(v4), Tone::Block) => {
                            let [a, b, c, d] = v4.octets();
                            format!("{length}.{d}.{c}.{b}.{a}.rpz-ip A 0.0.0.0")
                        }
                        (std::net::IpAddr::V6(v6), Tone::Block) => {
                            let parts: Vec<String> =
                                v6.segments().iter().rev().map(|p| format!("{p:x}")).collect();
                            format!("{length}.{}.rpz-ip AAAA ::", parts.join("."))
                        }
                        _ => return None,
                    },
                    Self::SingBox if pattern.tone == Tone::Block => format!("{addr}/{length}"),
                    _ => return None,
                }
            }
        };
        Some((line, pattern.tone))
    }

    /// The lines.
    pub(super) fn emit(self, steps: &[Step], extras: &[Extra], serial: &str) -> String {
        let mut out = String::new();
        match self {
            Self::Rpz => {
                let serial = serial.parse::<u32>().unwrap_or(1);
                // RFC 1035, section 3.3.13: serial, refresh, retry, expire, minimum.
                let _ = writeln!(
                    out,
                    "$TTL 3600\n@ IN SOA localhost. hostmaster.localhost. {serial} 86400 3600 604800 3600\n@ IN NS localhost."
                );
                let mut zone = Zone::default();
                for step in steps {
                    zone.emit(step, &mut out);
                }
            }
            Self::SingBox => return sing_box(steps, extras),
            Self::Clash => out.push_str(if steps.is_empty() {
                "payload: []\n"
            } else {
                "payload:\n"
            }),
            Self::Unbound => out.push_str("server:\n"),
            _ => {}
        }
        for step in steps.iter().filter(|_| self != Self::Rpz) {
            self.emit_step(step, &mut out);
        }
        for (line, _) in extras {
            let _ = writeln!(out, "{line}");
        }
        out
    }

    fn emit_step(self, step: &Step, out: &mut String) {
        let (name, blocks) = (&step.name, step.is_block());
        let _ = match (self, step.reach, blocks) {
            (Self::Hosts, ..) => writeln!(out, "0.0.0.0 {name}"),
            (Self::Domains, ..) => writeln!(out, "{name}"),
            (Self::Wildcards, ..) => writeln!(out, "*.{name}"),
            (Self::Adguard, ..) => writeln!(out, "{}", adguard(step)),
            (Self::Dnsmasq, ..) => dnsmasq(step, out),
            (Self::Unbound, _, true) if step.nxdomain => {
                writeln!(out, "    local-zone: \"{name}.\" always_nxdomain")
            }
            (Self::Unbound, Reach::Exact, true) => unbound_data(name, out),
            (Self::Unbound, Reach::Subdomains | Reach::Below, true) => {
                writeln!(out, "    local-zone: \"{name}.\" always_null")
            }
            (Self::Unbound, reach, false) => {
                let _ = writeln!(out, "    local-zone: \"{name}.\" transparent");
                match reach {
                    Reach::Below => unbound_data(name, out),
                    Reach::Exact | Reach::Subdomains => Ok(()),
                }
            }
            (Self::Clash, Reach::Exact, _) => writeln!(out, "  - '{name}'"),
            (Self::Clash, Reach::Subdomains, _) => writeln!(out, "  - '+.{name}'"),
            (Self::Clash, Reach::Below, _) => writeln!(out, "  - '.{name}'"),
            (Self::Rpz | Self::SingBox, ..) => Ok(()),
        };
    }
}

/// `address` answers the two types of addresses, and `local` keeps all others (HTTPS, whose hints are addresses, too) from
/// being asked upstream. The line of the longest name decides, and `*.` is longer.
fn dnsmasq(step: &Step, out: &mut String) -> std::fmt::Result {
    let (name, blocks) = (&step.name, step.is_block());
    let mut say = |name: &str, blocks: bool| match blocks {
        true if step.nxdomain => writeln!(out, "local=/{name}/"),
        true => write!(out, "address=/{name}/#\nlocal=/{name}/\n"),
        false => writeln!(out, "server=/{name}/#"),
    };
    let below = format!("*.{name}");
    match step.reach {
        Reach::Subdomains => say(name, blocks),
        Reach::Below => say(&below, blocks),
        Reach::Exact => say(name, blocks).and_then(|()| say(&below, !blocks)),
    }
}

fn unbound_data(name: &str, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "    local-data: \"{name}. A 0.0.0.0\"\n    local-data: \"{name}. AAAA ::\""
    )
}

fn adguard(step: &Step) -> String {
    let tone = match step.depth {
        0 | 1 => Tone::Block,
        2 => Tone::Except,
        3 => Tone::Important,
        _ => Tone::ImportantExcept,
    };
    let pattern = Pattern {
        text: "",
        target: Target::Name(&step.name, step.reach),
        tone,
    };
    match step.nxdomain && tone == Tone::Block {
        true => format!("{pattern}$dnsrewrite=NXDOMAIN"),
        false => pattern.to_string(),
    }
}

/// The owners of a zone so far. A name that a zone holds stops the wildcards above it (RFC 4592, section 3.3.1), and so
/// do the names between: each must say again what it inherits.
#[derive(Debug, Default)]
struct Zone<'a> {
    exact: HashSet<&'a str>,
    wild: HashSet<&'a str>,
}

impl<'a> Zone<'a> {
    fn emit(&mut self, step: &'a Step, out: &mut String) {
        let is_inside = step.inherited > 0;
        let inherited = Said::of(step.inherited);
        let said = match step.nxdomain {
            true => Said::NxDomain,
            false => Said::of(step.depth),
        };
        if is_inside {
            let open: Vec<&str> = parents(&step.name)
                .take_while(|above| !self.wild.contains(above))
                .collect();
            for above in open.into_iter().rev() {
                if parents(above).any(|wider| self.wild.contains(wider)) {
                    self.exact(above, inherited, out);
                    self.wild(above, inherited, out);
                }
            }
        }
        match step.reach {
            Reach::Exact => {
                self.exact(&step.name, said, out);
                if is_inside && !step.has_below {
                    self.wild(&step.name, inherited, out);
                }
            }
            Reach::Below => {
                if is_inside {
                    self.exact(&step.name, inherited, out);
                }
                self.wild(&step.name, said, out);
            }
            Reach::Subdomains => {
                self.exact(&step.name, said, out);
                self.wild(&step.name, said, out);
            }
        }
    }

    fn exact(&mut self, name: &'a str, said: Said, out: &mut String) {
        if self.exact.insert(name) {
            said.emit(name, out);
        }
    }

    fn wild(&mut self, name: &'a str, said: Said, out: &mut String) {
        if self.wild.insert(name) {
            said.emit(&format!("*.{name}"), out);
        }
    }
}

/// What a zone says of a name.
#[derive(Debug, Clone, Copy)]
enum Said {
    /// A zero address rather than "no such name", at which the vendor's programs ask again and again.
    Zero,
    NxDomain,
    Through,
}

impl Said {
    const fn of(depth: u32) -> Self {
        if depth % 2 == 1 { Self::Zero } else { Self::Through }
    }

    fn emit(self, owner: &str, out: &mut String) {
        let _ = match self {
            Self::Zero => writeln!(out, "{owner} A 0.0.0.0\n{owner} AAAA ::"),
            Self::NxDomain => writeln!(out, "{owner} CNAME ."),
            Self::Through => writeln!(out, "{owner} CNAME rpz-passthru."),
        };
    }
}

/// Each block with the exceptions from it: `and` of one and not the other.
fn sing_box(steps: &[Step], extras: &[Extra]) -> String {
    let deepest = steps.iter().map(|step| step.depth).max().unwrap_or(0);
    let mut rules = Vec::new();
    for depth in (1..=deepest).step_by(2) {
        let Some(blocks) = names_of(steps, depth) else {
            continue;
        };
        rules.push(match names_of(steps, depth + 1) {
            None => blocks,
            Some(mut exceptions) => {
                if let Some(object) = exceptions.as_object_mut() {
                    object.insert("invert".to_owned(), Value::Bool(true));
                }
                json!({ "type": "logical", "mode": "and", "rules": [blocks, exceptions] })
            }
        });
    }
    let networks: Vec<&str> = extras.iter().map(|(network, _)| network.as_str()).collect();
    if !networks.is_empty() {
        rules.push(json!({ "ip_cidr": networks }));
    }
    let set = json!({ "version": 1, "rules": rules });
    serde_json::to_string_pretty(&set).unwrap_or_default() + "\n"
}

fn names_of(steps: &[Step], depth: u32) -> Option<Value> {
    let (mut exact, mut suffix) = (Vec::new(), Vec::new());
    for step in steps.iter().filter(|step| step.depth == depth) {
        match step.reach {
            Reach::Exact => exact.push(step.name.clone()),
            Reach::Subdomains => suffix.push(step.name.clone()),
            Reach::Below => suffix.push(format!(".{}", step.name)),
        }
    }
    let mut rule = serde_json::Map::new();
    for (key, names) in [("domain", exact), ("domain_suffix", suffix)] {
        if !names.is_empty() {
            rule.insert(key.to_owned(), names.into());
        }
    }
    (!rule.is_empty()).then_some(Value::Object(rule))
}
