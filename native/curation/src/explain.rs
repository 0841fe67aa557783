//! Which rules meet a name, in which presets, why, on what evidence, what breaks, and who else lists it.

use std::fmt::{self, Display, Formatter};

use records::{Breaks, Confidence, File, Kept, Kind, Preset, Record, Rule, Source, Status, Word};
use serde_json::{Value, json};

use crate::{Collection, Decision, Place, Sheet, decide, decide_at, nearest};

/// A name, explained.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// The name, in lower case and without a trailing dot.
    pub name: String,
    /// The decision under each preset with all switches on, and the rule that made it.
    pub presets: Vec<(Preset, Decision, Option<&'a Rule>)>,
    /// The rules that meet it, the most specific first, whatever their status.
    pub met: Vec<Met<'a>>,
    /// Where no rule meets it, the nearest that is known.
    nearest: Option<(&'a Sheet, &'a Rule)>,
    place: Option<Place>,
}

/// A rule that meets the name, with its record.
#[derive(Debug)]
pub struct Met<'a> {
    sheet: &'a Sheet,
    file: &'a File,
    record: &'a Record,
    /// The rule.
    pub rule: &'a Rule,
    /// Another that blocks the name under a preset that leaves this one out, and the first such preset.
    before: Option<(&'a Rule, Preset)>,
}

/// Explains a name by the records.
pub fn explain<'a>(collection: &'a Collection, name: &str) -> Explanation<'a> {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let place = Place::parse(&name);
    let shipped: Vec<&Rule> = collection.shipped().map(|(_, rule)| rule).collect();
    let presets = Preset::ALL.map(|preset| {
        let rules = shipped.iter().copied();
        let (decision, rule) = match place {
            Some(place) => decide_at(rules, place, preset),
            None => decide(rules, &name, preset),
        };
        (preset, decision, rule)
    });
    let mut met: Vec<Met<'_>> = collection
        .rules()
        .filter(|(_, rule)| match place {
            Some(place) => place.is_met_by(rule),
            None => rule.meets(&name),
        })
        .filter_map(|(sheet, rule)| {
            sheet.record(rule).map(|(file, record)| Met {
                sheet,
                file,
                record,
                rule,
                before: before(rule, &presets),
            })
        })
        .collect();
    met.sort_by_key(|met| std::cmp::Reverse(met.rule.pattern.len()));
    let is_stranger = met.is_empty() && place.is_none();
    Explanation {
        nearest: is_stranger.then(|| nearest(collection, &name)).flatten(),
        name,
        presets: presets.into(),
        met,
        place,
    }
}

/// Another rule that blocks where this block is not in force yet, and the first preset where it does.
fn before<'a>(rule: &Rule, presets: &[(Preset, Decision, Option<&'a Rule>)]) -> Option<(&'a Rule, Preset)> {
    let Kept::Block(from) = rule.kept else { return None };
    if rule.status == Status::Retired {
        return None;
    }
    let mut blocked = presets.iter().filter(|(preset, decision, _)| {
        *decision == Decision::Block && (*preset < from || rule.status == Status::Lead)
    });
    let &(preset, _, other) = blocked.next()?;
    Some((other?, preset))
}

impl Explanation<'_> {
    /// As one JSON object.
    pub fn json(&self) -> Value {
        let presets: serde_json::Map<String, Value> = self
            .presets
            .iter()
            .map(|(preset, decision, rule)| {
                let rule = rule.map(|rule| rule.id.as_str());
                (
                    preset.as_str().to_owned(),
                    json!({ "decision": decision.as_str(), "rule": rule }),
                )
            })
            .collect();
        let met: Vec<Value> = self.met.iter().map(Met::json).collect();
        let nearest = self.nearest.map(|(_, rule)| rule.id.as_str());
        json!({ "name": self.name, "presets": presets, "met": met, "nearest": nearest })
    }
}

impl Decision {
    /// In one word or two.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Feature => "feature",
            Self::Block => "block",
            Self::NoRule => "no rule",
        }
    }
}

impl Display for Explanation<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.name)?;
        for (preset, decision, rule) in &self.presets {
            let preset = preset.as_str();
            let id = rule.map_or("", |rule| rule.id.as_str());
            match decision {
                Decision::NoRule => writeln!(out, "  {preset:<15} allow  no rule of this list meets it")?,
                Decision::Block => writeln!(out, "  {preset:<15} block  {id}")?,
                Decision::Essential => {
                    writeln!(out, "  {preset:<15} allow  {id}: essential, no list blocks it")?
                }
                Decision::Feature => {
                    let feature = rule.map_or("", |rule| rule.feature());
                    writeln!(
                        out,
                        "  {preset:<15} allow  {id}: while you use `{feature}` (see --without)"
                    )?;
                }
            }
        }
        let is_any_port = self.place.is_some_and(|place| place.is_any_port());
        let has_ports = self.met.iter().any(|met| met.port().is_some());
        if is_any_port && has_ports {
            writeln!(
                out,
                "  on the ports that the rules name; add `:PORT` to ask about one"
            )?;
        }
        if self.met.is_empty() {
            self.write_next(out)?;
        }
        self.met.iter().try_for_each(|met| write!(out, "\n{met}"))
    }
}

impl Explanation<'_> {
    /// What to do about a name that is not known.
    fn write_next(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if let Some((sheet, rule)) = self.nearest {
            writeln!(
                out,
                "nearest record: {} ({}), in {}",
                rule.id, rule.pattern, sheet.path
            )?;
        }
        writeln!(out, "next: hushwall lists new {}", self.name)
    }
}

impl Met<'_> {
    fn port(&self) -> Option<u16> {
        self.rule.network.map(|(.., port)| port).filter(|port| *port > 0)
    }

    fn sources(&self) -> impl Iterator<Item = &Source> {
        let cited = self.record.evidence.iter();
        cited.filter_map(|key| self.file.source.get(key.get_ref()).map(|source| source.get_ref()))
    }

    fn json(&self) -> Value {
        let (rule, record) = (self.rule, self.record);
        let source = |source: &Source| json!({ "kind": source.kind.as_str(), "url": source.url, "says": source.says, "lineage": source.lineage });
        let breaks = match &record.breaks {
            None => Value::Null,
            Some(Breaks::Word(word)) => json!(of_word(*word)),
            Some(Breaks::Known(known)) => known
                .iter()
                .map(|b| {
                    json!({ "class": b.class.as_str(), "what": b.what, "counts": b.counts(self.file),
                        "sources": self.urls(&b.sources), "counter": self.urls(&b.counter) })
                })
                .collect(),
        };
        let (first_seen, last_seen) = record.sightings(self.file);
        json!({
            "id": rule.id,
            "pattern": rule.pattern,
            "port": self.port(),
            "match": record.reach.map(records::Reach::as_str),
            "status": record.status.as_str(),
            "role": self.file.role.as_str(),
            "from": rule.from().map(Preset::as_str),
            "feature": record.feature,
            "function": record.function(self.file).map(records::Function::as_str),
            "what": rule.what,
            "breaks": breaks,
            "evidence": self.sources().map(source).collect::<Vec<_>>(),
            "confidence": record.confidence.map(Confidence::as_str),
            "first_seen": first_seen,
            "last_seen": last_seen,
            "note": record.note,
            "path": self.sheet.path,
            "line": self.sheet.line(rule.at.start),
        })
    }

    fn urls(&self, keys: &[String]) -> Vec<&str> {
        let sources = keys.iter().filter_map(|key| self.file.source.get(key));
        sources.map(|source| source.get_ref().url.as_str()).collect()
    }

    fn write_breaks(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.record.breaks {
            None => Ok(()),
            Some(Breaks::Word(Word::None)) => {
                writeln!(out, "  breaks    nothing: looked for, no report found")
            }
            Some(Breaks::Word(Word::Unknown)) => writeln!(out, "  breaks    unknown: nobody looked"),
            Some(Breaks::Known(known)) => known.iter().try_for_each(|b| {
                writeln!(out, "  breaks    {}: {}", b.class.as_str(), b.what)?;
                let sources = self.urls(&b.sources);
                sources
                    .iter()
                    .try_for_each(|url| writeln!(out, "              says so      {url}"))?;
                let counter = self.urls(&b.counter);
                counter
                    .iter()
                    .try_for_each(|url| writeln!(out, "              contradicts  {url}"))
            }),
        }
    }
}

impl Display for Met<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (rule, record) = (self.rule, self.record);
        let beneath = match record.reach {
            Some(records::Reach::Subdomains) => " and all beneath it",
            _ => "",
        };
        let port = self
            .port()
            .map_or_else(String::new, |port| format!(", port {port}"));
        writeln!(out, "{}: {}{beneath}{port}", rule.id, rule.pattern)?;
        let state = match (record.status, &rule.kept) {
            (Status::Lead, _) => "a lead: not in force, evidence is wanted".to_owned(),
            (Status::Retired, _) => "retired: not in force".to_owned(),
            (_, Kept::Essential) => "essential: no list blocks it".to_owned(),
            (_, Kept::Feature(feature, _)) => format!("allowed while you use `{feature}`"),
            (_, Kept::Block(from)) => format!("blocked from the preset {} on", from.as_str()),
        };
        write!(out, "  state     {state}")?;
        if let Some((other, from)) = self.before {
            let word = if record.status == Status::Shipped {
                ""
            } else {
                "blocked "
            };
            write!(out, "; {word}by {} from {} on", other.id, from.as_str())?;
        }
        writeln!(out)?;
        let word = if rule.is_block() { "sends" } else { "why" };
        writeln!(out, "  {word:<9} {}", rule.what)?;
        self.write_breaks(out)?;
        for source in self.sources().filter(|source| source.kind != Kind::Listed) {
            writeln!(out, "  {:<9} {}", source.kind.as_str(), source.url)?;
            if let Some(says) = &source.says {
                writeln!(out, "              {says}")?;
            }
        }
        for source in self.sources().filter(|source| source.kind == Kind::Listed) {
            writeln!(out, "  listed by {}", source.url)?;
        }
        if let Some(confidence) = record.confidence {
            writeln!(out, "  confident {}", confidence.as_str())?;
        }
        let (first, last) = record.sightings(self.file);
        for (word, month) in [("first", first), ("last", last)] {
            if let Some(month) = month {
                writeln!(out, "  {word:<9} seen in {month}")?;
            }
        }
        if let Some(note) = &record.note {
            writeln!(out, "  note      {note}")?;
        }
        writeln!(
            out,
            "  record    {}:{}",
            self.sheet.path,
            self.sheet.line(rule.at.start)
        )
    }
}

const fn of_word(word: Word) -> &'static str {
    match word {
        Word::None => "none",
        Word::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_explained_with_presets_evidence_breakage_and_place() {
        let collection = crate::builtin();
        let text = explain(&collection, "Data.Mistat.Intl.Xiaomi.com.").to_string();
        for piece in [
            "data.mistat.intl.xiaomi.com\n",
            "everything      block  mistat/data-intl",
            "updates: the check for updates",
            "says so      https://",
            "listed by https://github.com/AdAway",
            "record    blocklists/mistat.toml:",
            "mistat/root-intl",
        ] {
            assert!(text.contains(piece), "{piece}:\n{text}");
        }
    }

    #[test]
    fn a_rule_says_which_other_rule_takes_its_name_before_it() {
        let text = "schema = 1\ntitle = \"T\"\nabout = \"A.\"\nrole = \"block\"\nfunction = \"ads\"\n\
                    [source.a]\nkind = \"report\"\nurl = \"https://example.com/\"\n\
                    [[rule]]\nid = \"p\"\nname = \"ad.xiaomi.com\"\nmatch = \"subdomains\"\nsends = \"S.\"\nbreaks = \"none\"\nevidence = [\"a\"]\nstatus = \"shipped\"\n\
                    [[rule]]\nid = \"c\"\nname = \"c.ad.xiaomi.com\"\nmatch = \"exact\"\nsends = \"S.\"\nbreaks = \"unknown\"\nevidence = [\"a\"]\nnote = \"N.\"\nstatus = \"STATUS\"\n";
        for (status, state) in [
            (
                "shipped",
                "blocked from the preset balanced on; by x/p from nothing-breaks on",
            ),
            (
                "lead",
                "a lead: not in force, evidence is wanted; blocked by x/p from nothing-breaks on",
            ),
        ] {
            let files = [("blocklists/x.toml".to_owned(), text.replace("STATUS", status))];
            let collection = Collection::new(files);
            let text = explain(&collection, "c.ad.xiaomi.com").to_string();
            assert!(text.contains(&format!("  state     {state}\n")), "{text}");
            let of_parent = "  state     blocked from the preset nothing-breaks on\n";
            assert!(text.contains(of_parent), "{text}");
        }
    }

    #[test]
    fn an_address_is_judged_as_the_rules_on_it_say() {
        let collection = crate::builtin();
        let (_, rule) = collection
            .shipped()
            .find(|(_, rule)| {
                rule.network
                    .is_some_and(|(_, length, port)| length == 32 && port > 0)
            })
            .unwrap();
        let (address, _, port) = rule.network.unwrap();
        for asked in [address.to_string(), format!("{address}:{port}")] {
            let explanation = explain(&collection, &asked);
            assert!(
                explanation
                    .presets
                    .iter()
                    .all(|(_, decision, _)| *decision != Decision::NoRule),
                "{asked}"
            );
            assert!(
                explanation.to_string().contains(&format!(", port {port}\n")),
                "{explanation}"
            );
        }
        let other = explain(&collection, &format!("{address}:9"));
        assert!(other.met.is_empty() && other.presets[0].1 == Decision::NoRule);
    }

    #[test]
    fn a_stranger_is_sent_on_to_the_next_step() {
        let collection = crate::builtin();
        let text = explain(&collection, "data.mistat.tr.xiaomi.com").to_string();
        assert!(text.contains("nearest record: mistat/"), "{text}");
        assert!(
            text.ends_with("next: hushwall lists new data.mistat.tr.xiaomi.com\n"),
            "{text}"
        );
    }

    #[test]
    fn essential_and_feature_names_say_so_and_unknown_ones_meet_nothing() {
        let collection = crate::builtin();
        let decisions = |name| {
            explain(&collection, name)
                .presets
                .into_iter()
                .map(|(_, d, _)| d)
                .collect::<Vec<_>>()
        };
        assert_eq!(decisions("update.miui.com"), [Decision::Essential; 3]);
        assert_eq!(decisions("example.com"), [Decision::NoRule; 3]);
        let json = explain(&collection, "update.miui.com").json();
        assert_eq!(json["met"][0]["role"], "essential");
        assert_eq!(json["presets"]["balanced"]["decision"], "essential");
    }
}
