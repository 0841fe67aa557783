//! A draft of a record: what its neighbours tell, and for everything else the question that is open.

use std::fmt::Write as _;

use records::{Role, Rule};

use crate::lint::vendor_root;
use crate::{Collection, Place, Sheet, explain};

/// What somebody's own captures tell of a name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sightings<'a> {
    /// First month, `2026-11`.
    pub first: Option<&'a str>,
    /// Last month.
    pub last: Option<&'a str>,
    /// Sentences for the note, each behind a blank.
    pub sentences: &'a str,
}

/// The draft of a record for a name with what was seen of it, its open questions behind `#?`, and the file that its
/// neighbours are in.
pub fn draft<'a>(collection: &'a Collection, name: &str, seen: Sightings<'_>) -> (Option<&'a Sheet>, String) {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let nearest = nearest(collection, &name);
    let mut out = String::new();
    let met = explain(collection, &name).met;
    let is_known = !met.is_empty();
    for met in met {
        let Rule {
            id, pattern, status, ..
        } = met.rule;
        let _ = writeln!(
            out,
            "#? Known already: {id} ({pattern}, {}); see `hushwall lists explain {name}`.",
            status.as_str()
        );
    }
    match nearest {
        Some((sheet, rule)) => {
            let _ = writeln!(
                out,
                "#? For {}: its nearest neighbour is {} ({}). A guess by the name: is it of that component?",
                sheet.path, rule.pattern, rule.id
            );
        }
        None if is_known => {}
        None => {
            let _ = writeln!(
                out,
                "#? No neighbour is known: which component calls it? It may want a file of its own."
            );
        }
    }
    let function = nearest.and_then(|(sheet, _)| sheet.file.as_ref().ok()?.function);
    let _ = write!(
        out,
        "#? Look for the name: in a capture of your own, in published code, in papers, in the issues of other lists.\n\
         #? Write what you find as a source, once a file, and cite it by its key in `evidence`:\n\
         #?\n\
         #? [source.KEY]\n\
         #? kind = \"report\"  # or capture, code, paper, listed\n\
         #? url = \"https://\"\n\
         #? read = \"YYYY-MM-DD\"\n\
         #? says = \"its content in your words\"\n\
         \n\
         [[rule]]\n\
         id = \"{}\"\n",
        id_of(&name).replace(':', "-").trim_matches(['-', '['])
    );
    let _ = match Place::parse(&name) {
        Some(place) => write!(
            out,
            "address = \"{}\"\n{}",
            place.network(),
            place
                .port()
                .map_or_else(String::new, |port| format!("ports = [{port}]\n"))
        ),
        None => write!(out, "name = \"{name}\"\nmatch = \"exact\"\n"),
    };
    if function.is_none() {
        out.push_str("function = \"usage\"  #? a guess: usage, crash, ads, config or resolver?\n");
    }
    out.push_str(
        "sends = \"Unknown; nobody has looked yet.\"\n\
         breaks = \"unknown\"\n\
         evidence = []\n\
         confidence = \"low\"\n",
    );
    for (key, month) in [("first_seen", seen.first), ("last_seen", seen.last)] {
        if let Some(month) = month {
            let _ = writeln!(out, "{key} = \"{month}\"");
        }
    }
    let _ = write!(
        out,
        "note = {}\nstatus = \"lead\"\n",
        basic_string(&format!(
            "Wanted: a capture, code, a paper or a public report that names it.{}",
            seen.sentences
        ))
    );
    (nearest.map(|(sheet, _)| sheet), out)
}

/// A basic string of TOML (version 1.0, section String).
pub fn basic_string(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for letter in value.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The block rule that shares the most labels from the right, at least one more than the registered name or the vendor's
/// root, beneath which everything is.
pub fn nearest<'a>(collection: &'a Collection, name: &str) -> Option<(&'a Sheet, &'a Rule)> {
    let labels = |name: &[u8]| 1 + name.iter().filter(|&&byte| byte == b'.').count();
    let registered = psl::domain(name.as_bytes()).map_or(2, |domain| labels(domain.as_bytes()));
    let root = vendor_root(name).map_or(0, |root| labels(root.as_bytes()));
    let registered = registered.max(root);
    let is_of_records = |sheet: &Sheet| sheet.file.as_ref().is_ok_and(|file| file.role == Role::Block);
    let shared = |rule: &Rule| {
        let (mut ours, mut theirs) = (name.rsplit('.'), rule.pattern.rsplit('.'));
        std::iter::from_fn(|| Some((ours.next()?, theirs.next()?)))
            .take_while(|(a, b)| a == b)
            .count()
    };
    let alike = |rule: &Rule| {
        rule.pattern
            .bytes()
            .zip(name.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    collection
        .rules()
        .filter(|(sheet, rule)| is_of_records(sheet) && rule.network.is_none())
        .map(|(sheet, rule)| (shared(rule), alike(rule), sheet, rule))
        .filter(|(shared, alike, ..)| *shared > registered || *shared == registered && *alike > 3)
        .max_by_key(|(shared, alike, ..)| (*shared, *alike))
        .map(|(.., sheet, rule)| (sheet, rule))
}

/// An id of the name's own labels.
pub fn id_of(name: &str) -> String {
    let registered =
        psl::domain(name.as_bytes()).and_then(|domain| std::str::from_utf8(domain.as_bytes()).ok());
    let host = registered
        .and_then(|registered| name.strip_suffix(registered))
        .unwrap_or(name);
    let words = host.trim_end_matches('.').replace(['.', '_'], "-");
    if words.is_empty() {
        "host".to_owned()
    } else {
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_guesses_the_file_and_is_a_sound_lead_there() {
        let collection = crate::builtin();
        for (name, stem) in [
            ("data.mistat.tr.xiaomi.com", "mistat"),
            ("sdkconfig.ad.tr.xiaomi.com", "msa"),
        ] {
            let (sheet, text) = draft(&collection, name, Sightings::default());
            let sheet = sheet.unwrap();
            assert_eq!(sheet.stem, stem);
            let with = format!("{}\n{text}", sheet.text);
            let sorted = crate::fmt(&with).unwrap();
            let files = [(sheet.path.clone(), sorted)];
            let errors: Vec<_> = crate::lint(&Collection::new(files))
                .into_iter()
                .filter(|found| found.level == crate::Level::Error)
                .collect();
            let codes: Vec<_> = errors.iter().map(|found| found.code).collect();
            assert_eq!(codes, ["draft"], "{text}");
        }
    }

    #[test]
    fn what_was_seen_is_in_the_draft() {
        let seen = Sightings {
            first: Some("2026-10"),
            last: Some("2026-11"),
            sentences: " Seen as a \"question\".",
        };
        let (_, text) = draft(&crate::builtin(), "data.mistat.tr.xiaomi.com", seen);
        assert!(
            text.contains("first_seen = \"2026-10\"\nlast_seen = \"2026-11\"\n")
                && text.contains(" that names it. Seen as a \\\"question\\\".\"\nstatus"),
            "{text}"
        );
    }

    #[test]
    fn neighbours_share_more_than_the_root_of_the_vendor() {
        let collection = crate::builtin();
        assert!(nearest(&collection, "promo.newshelf.intl.xiaomi.com").is_none());
        let (_, rule) = nearest(&collection, "data.mistat.tr.xiaomi.com").unwrap();
        assert!(rule.id.starts_with("mistat/"), "{}", rule.id);
    }

    #[test]
    fn the_draft_of_an_address_is_one_of_an_address() {
        let (_, text) = draft(&crate::builtin(), "192.0.2.7:80", Sightings::default());
        assert!(text.contains("address = \"192.0.2.7\"\nports = [80]\n"), "{text}");
        assert!(!text.contains("name = ") && !text.contains("match = "), "{text}");
    }

    #[test]
    fn a_known_name_is_said_to_be_known_and_a_strange_one_has_no_neighbour() {
        let collection = crate::builtin();
        for (name, known) in [
            ("tracking.miui.com", "onetrack/tracking-cn"),
            ("update.miui.com", "essential/update-cn"),
        ] {
            let (_, text) = draft(&collection, name, Sightings::default());
            assert!(text.contains(&format!("Known already: {known}")), "{text}");
            assert!(!text.contains("No neighbour"), "{text}");
        }
        let (sheet, text) = draft(&collection, "telemetry.example.com", Sightings::default());
        assert!(sheet.is_none() && text.contains("No neighbour"));
    }
}
