//! From checked rules to the compiled list that the program brings.

use std::collections::BTreeMap;
use std::net::IpAddr;

use records::{Kept, Preset, Reach, Reply, ReplyKind, Rule};

use crate::image::{self, Detail, Draft, ListDraft, Network, Role, Stage, Target};

/// The bytes of the list; an error says what to mend.
pub(crate) fn compile(rules: &[Rule], features: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let mut draft = Draft {
        features: features.clone().into_iter().collect(),
        lists: vec![ListDraft {
            title: "Hushwall".to_owned(),
            ..ListDraft::default()
        }],
        ..Draft::default()
    };
    for rule in rules {
        let target = match rule.network {
            Some(network) => Target::Network(to_network(network)),
            None => Target::Name {
                at: 0,
                len: u8::try_from(rule.pattern.len())
                    .map_err(|_| format!("`{}` is too long", rule.pattern))?,
                reach: match rule.reach {
                    Reach::Exact => image::Reach::Exact,
                    Reach::Subdomains => image::Reach::Subdomains,
                },
            },
        };
        let pushed = draft.push(&rule.pattern, target, role(&rule.kept, features), 0);
        let index = pushed.ok_or("there are more rules than fit")?;
        let detail = Detail {
            id: rule.id.clone(),
            what: rule.what.clone(),
            reply: rule.reply.map_or((0, 0), reply),
        };
        draft.details.push((index, detail));
    }
    let emitted = image::emit(&draft);
    if emitted.is_sound {
        Ok(emitted.bytes)
    } else {
        Err("the names collide under every key".into())
    }
}

fn role(kept: &Kept, features: &BTreeMap<String, String>) -> Role {
    match kept {
        Kept::Block(from) => Role::Block(stage(*from)),
        Kept::Essential => Role::Essential,
        Kept::Feature(name, from) => {
            let index = features.keys().position(|key| key == name);
            Role::Feature(
                index.and_then(|index| u8::try_from(index).ok()).unwrap_or(0),
                stage(*from),
            )
        }
    }
}

fn stage(preset: Preset) -> Stage {
    match preset {
        Preset::NothingBreaks => Stage::NothingBreaks,
        Preset::Balanced => Stage::Balanced,
        Preset::Everything => Stage::Everything,
    }
}

fn to_network((address, length, port): (IpAddr, u8, u16)) -> Network {
    let (bits, prefix) = match address {
        // IPv4 is kept as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), length + 96),
        IpAddr::V6(v6) => (v6.to_bits(), length),
    };
    Network { prefix, bits, port }
}

fn reply(reply: Reply) -> (u8, u32) {
    let kind = match reply.kind {
        ReplyKind::Zero => 1,
        ReplyKind::Nodata => 2,
        ReplyKind::Nxdomain => 3,
        ReplyKind::Refused => 4,
        ReplyKind::Rst => 5,
        ReplyKind::Prohibited => 6,
    };
    (kind, reply.ttl)
}
