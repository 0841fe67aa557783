//! What is known of each name, from all files together, and which names may be shown at all.

use std::collections::{BTreeMap, BTreeSet};

use super::phone::{Breakage, Call, Count, Fix, Head, How, Lines, PhoneFile, Retries, Verdict};

/// Most names that are kept; beyond them, new ones are counted only.
const MOST_NAMES: usize = 20_000;

/// Longest name in presentation form, and longest label (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Longest text of a phone that is repeated.
const LONGEST_TEXT: usize = 120;

/// Everything that was seen, by name.
#[derive(Debug, Default)]
pub(in crate::lists) struct Cases {
    /// Domains of the vendor: beneath them, a name is nobody's but the vendor's.
    roots: Vec<String>,
    pub(in crate::lists) cases: BTreeMap<String, Case>,
    pub(in crate::lists) left_out: LeftOut,
}

/// Names that are not shown, and why.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::lists) struct LeftOut {
    /// Names of others: sites that the owner visits.
    pub(super) others: BTreeSet<String>,
    /// With a part that may be the number of a phone or a person.
    pub(in crate::lists) personal: BTreeSet<String>,
    /// No names at all, or too many.
    pub(super) unfit: usize,
}

/// What is known of a name.
#[derive(Debug, Default)]
pub(in crate::lists) struct Case {
    pub(super) apps: BTreeSet<String>,
    pub(super) systems: BTreeSet<String>,
    pub(super) seen: BTreeSet<How>,
    pub(super) count: Option<Count>,
    /// Of a capture, which has no bands.
    pub(in crate::lists) sightings: u64,
    pub(super) retries: Retries,
    pub(super) refused: bool,
    pub(super) hours: BTreeSet<u8>,
    /// `2026-11`.
    pub(in crate::lists) months: BTreeSet<String>,
    /// Sentences on what broke.
    pub(super) breakages: BTreeSet<String>,
}

impl Cases {
    /// For names beneath these domains.
    pub(in crate::lists) fn new(roots: Vec<String>) -> Self {
        Self {
            roots,
            ..Self::default()
        }
    }

    /// Takes a name from a capture.
    pub(super) fn handle_sighting(&mut self, name: &str, how: How, month: &str) {
        if let Some(case) = self.case(name) {
            case.seen.insert(how);
            case.sightings += 1;
            case.count = case.count.max(Some(Count::of(case.sightings)));
            case.months.extend(self::month(month));
        }
    }

    /// Takes a file of the phone.
    pub(super) fn handle_file(&mut self, file: &PhoneFile) {
        match &file.lines {
            Lines::Recording(calls) => calls.iter().for_each(|call| self.handle_call(&file.head, call)),
            Lines::Breakage(found) => found
                .iter()
                .for_each(|found| self.handle_breakage(&file.head, found)),
        }
    }

    fn handle_call(&mut self, head: &Head, call: &Call) {
        let Some(case) = self.case(&call.name) else { return };
        case.apps.extend(app(&call.app, &call.app_version));
        case.systems.extend(system(&head.system));
        case.months.extend(month(&head.to));
        case.seen.extend(&call.seen);
        case.count = case.count.max(Some(call.count));
        case.retries = case.retries.max(call.retries);
        case.refused |= call.verdict == Verdict::Block;
        case.hours.extend(call.hours.iter().filter(|hour| **hour < 24));
    }

    fn handle_breakage(&mut self, head: &Head, breakage: &Breakage) {
        let what = self.scrub(&breakage.feature);
        let app = app(&breakage.app, &breakage.app_version);
        let in_app = app.as_ref().map_or_else(String::new, |app| format!(" in {app}"));
        let fixed_by_name = match &breakage.fixed {
            Fix::Allow { names } => &names[..],
            _ => &[],
        };
        for name in breakage.suspects.iter().chain(fixed_by_name) {
            let outcome = match &breakage.fixed {
                Fix::Allow { names } if names.contains(name) => "allowing this name fixed it".to_owned(),
                Fix::Allow { .. } => "allowing another name fixed it".to_owned(),
                Fix::Feature { feature } => format!("the switch {} fixed it", word(feature)),
                Fix::Preset { preset } => format!("the preset {} fixed it", word(preset)),
                Fix::Off => "turning Hushwall off fixed it".to_owned(),
                Fix::Nothing => "nothing fixed it".to_owned(),
            };
            let sentence = format!("{what}{in_app}: {outcome}");
            let Some(case) = self.case(name) else { continue };
            case.refused = true;
            case.systems.extend(system(&head.system));
            case.months.extend(month(&head.to));
            case.breakages.insert(sentence);
        }
    }

    /// Where a name is collected; `None` where it is not the vendor's, or tells of a person.
    fn case(&mut self, name: &str) -> Option<&mut Case> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if !is_name(&name) {
            self.left_out.unfit += 1;
        } else if !self.is_vendors(&name) {
            self.left_out.others.insert(name);
        } else if name.split('.').any(may_be_personal) {
            self.left_out.personal.insert(name);
        } else if self.cases.len() >= MOST_NAMES && !self.cases.contains_key(&name) {
            self.left_out.unfit += 1;
        } else {
            return Some(self.cases.entry(name).or_default());
        }
        None
    }

    fn is_vendors(&self, name: &str) -> bool {
        let is_beneath = |root: &String| {
            name.strip_suffix(root.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
        };
        self.roots.iter().any(|root| root == name || is_beneath(root))
    }

    /// A text of the owner without what may name a person, a place or an address.
    fn scrub(&self, text: &str) -> String {
        let keep = |word: &&str| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            let is_host = bare.contains(['.', '@', ':', '/', '\\']) && !self.is_vendors(&bare);
            !is_host && !may_be_personal(&bare)
        };
        let words: Vec<&str> = text.split_whitespace().filter(keep).collect();
        shorten(&words.join(" "))
    }
}

impl LeftOut {
    /// How many names.
    pub(super) fn total(&self) -> usize {
        self.others.len() + self.personal.len() + self.unfit
    }
}

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
    };
    name.len() <= LONGEST_NAME && name.contains('.') && name.split('.').all(label)
}

/// Whether a label or a word may be the number of a phone or of a person: six digits in a row, or twelve and more
/// characters of which a third are digits.
fn may_be_personal(word: &str) -> bool {
    let mut run = 0;
    let longest = word.bytes().fold(0, |longest: usize, byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        longest.max(run)
    });
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    longest >= 6 || word.len() >= 12 && digits * 3 >= word.len()
}

/// A package and its version, as far as they look like it.
fn app(package: &str, version: &str) -> Option<String> {
    let fits = |text: &str, more: &[u8], most| {
        (1..=most).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    if !fits(package, b"._", 128) {
        return None;
    }
    let version = Some(version).filter(|version| fits(version, b"._-+", 40));
    Some(version.map_or_else(|| package.to_owned(), |version| format!("{package} {version}")))
}

fn system(text: &str) -> Option<String> {
    let text = shorten(text);
    (!text.is_empty()).then_some(text)
}

/// Year and month of a day; the day itself is the owner's.
fn month(day: &str) -> Option<String> {
    let month = day.get(..7)?;
    trust::Day::parse(&format!("{month}-01")).map(|_| month.to_owned())
}

/// A word of a list's own, such as the name of a switch.
fn word(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(32)
        .collect()
}

/// A text on one line, of letters and signs only, and no longer than it needs to be.
fn shorten(text: &str) -> String {
    let is_plain = |c: &char| c.is_alphanumeric() || " .,()-_+'".contains(*c);
    let plain: String = text.chars().filter(is_plain).take(LONGEST_TEXT).collect();
    plain.trim().to_owned()
}
