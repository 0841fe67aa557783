//! The one order and form of a file of records. Comments stay with what they stand before; a file that is in order is
//! given back byte for byte.

use std::fmt::Write as _;

use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value};

/// Columns of a line, unless one word of it is longer.
const WIDTH: usize = 120;
/// More siblings than these stand in a table of their own, a line each.
const SIBLINGS_ON_A_LINE: usize = 2;

const FILE: [&str; 6] = ["schema", "title", "about", "packages", "role", "function"];
const SOURCE: [&str; 8] = [
    "kind", "url", "lineage", "witness", "tried", "seen", "read", "says",
];
const RULE: [&str; 18] = [
    "id",
    "name",
    "names",
    "address",
    "addresses",
    "ports",
    "match",
    "feature",
    "function",
    "sends",
    "why",
    "breaks",
    "evidence",
    "confidence",
    "first_seen",
    "last_seen",
    "reply",
    "note",
];
const ENDPOINT: [&str; 10] = [
    "id",
    "speaks",
    "hosts",
    "addresses",
    "ports",
    "path",
    "what",
    "evidence",
    "note",
    STATUS,
];
const PACKAGE: [&str; 8] = [
    "name", "title", "what", "identity", "feature", "tunnel", "evidence", "note",
];
/// Last in a rule, before the tables of siblings.
const STATUS: &str = "status";
const BREAKAGE: [&str; 4] = ["class", "what", "sources", "counter"];
const REPLY: [&str; 2] = ["kind", "ttl"];
const SIBLINGS: [&str; 2] = ["names", "addresses"];

/// Why a file cannot be put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FmtError {
    /// It is no TOML.
    Syntax {
        /// Where, in bytes.
        at: usize,
        /// What the parser says.
        mend: String,
    },
    /// A comment stands where no order can keep it.
    Comment,
}

/// The file's text in the one order and form.
pub fn fmt(text: &str) -> Result<String, FmtError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| FmtError::Syntax {
            at: error.span().map_or(0, |span| span.start),
            mend: error.message().trim().to_owned(),
        })?;
    let mut out = Out::default();
    out.document(&document);
    // Whatever odd place a comment stood in: better no order than a lost word.
    if comments(text) == comments(&out.text) {
        Ok(out.text)
    } else {
        Err(FmtError::Comment)
    }
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn document(&mut self, document: &DocumentMut) {
        let root = document.as_table();
        self.pairs(root, &FILE, &["feature", "source", "endpoint", "package", "rule"]);
        for (name, keys) in [("feature", &["what"][..]), ("source", &SOURCE[..])] {
            let Some(tables) = root.get(name).and_then(Item::as_table_like) else {
                continue;
            };
            let mut names: Vec<&str> = tables.iter().map(|(key, _)| key).collect();
            names.sort_unstable();
            if let Some(table) = root.get(name).and_then(Item::as_table) {
                self.comments(table.decor().prefix());
            }
            for key in names {
                let header = format!("[{name}.{}]", toml_edit::Key::new(key).display_repr());
                self.table(&header, tables.get(key), keys);
            }
        }
        for (name, key, keys) in [
            ("endpoint", "id", &ENDPOINT[..]),
            ("package", "name", &PACKAGE[..]),
        ] {
            for table in by_key(root, name, key) {
                self.text.push('\n');
                self.header(&format!("[[{name}]]"), Some(table.decor()));
                self.pairs(table, keys, &[]);
            }
        }
        for rule in by_key(root, "rule", "id") {
            self.rule(rule);
        }
        self.comments(Some(document.trailing()));
    }

    /// A table under its own header.
    fn table(&mut self, header: &str, item: Option<&Item>, keys: &[&str]) {
        let Some(table) = item.and_then(Item::as_table_like) else {
            return;
        };
        self.text.push('\n');
        self.header(header, item.and_then(Item::as_table).map(Table::decor));
        self.pairs(table, keys, &[]);
    }

    fn header(&mut self, header: &str, decor: Option<&Decor>) {
        self.comments(decor.and_then(Decor::prefix));
        self.text.push_str(header);
        self.end_line(decor);
    }

    fn rule(&mut self, rule: &Table) {
        self.text.push('\n');
        self.header("[[rule]]", Some(rule.decor()));
        let in_tables: Vec<&str> = SIBLINGS
            .into_iter()
            .filter(|key| rule.get(key).is_some_and(is_many))
            .collect();
        let keys: Vec<&str> = RULE.into_iter().filter(|key| !in_tables.contains(key)).collect();
        let last: Vec<&str> = in_tables.iter().copied().chain([STATUS]).collect();
        self.pairs(rule, &keys, &last);
        self.pair(rule, STATUS);
        for key in in_tables {
            let Some(siblings) = rule.get(key) else { continue };
            // As an inline table, its comments stand before its key.
            let decor = match siblings.as_table() {
                Some(table) => table.decor(),
                None => {
                    self.comments(rule.key(key).and_then(|key| key.leaf_decor().prefix()));
                    &Decor::default()
                }
            };
            self.header(&format!("[rule.{key}]"), Some(decor));
            if let Some(siblings) = siblings.as_table_like() {
                self.pairs(siblings, &sorted(siblings), &[]);
            }
        }
    }

    /// The pairs of a table in the order of `keys`, then those that nobody knows; `apart` are not its pairs.
    fn pairs(&mut self, table: &dyn TableLike, keys: &[&str], apart: &[&str]) {
        for key in keys {
            self.pair(table, key);
        }
        let unknown = table
            .iter()
            .filter(|(key, _)| !keys.contains(key) && !apart.contains(key));
        for (key, _) in unknown {
            self.pair(table, key);
        }
    }

    fn pair(&mut self, table: &dyn TableLike, name: &str) {
        let (Some(item), Some(key)) = (table.get(name), table.key(name)) else {
            return;
        };
        let value = match item {
            Item::Value(value) => value.clone(),
            // A table of few siblings goes on a line.
            Item::Table(siblings) => {
                self.comments(siblings.decor().prefix());
                for (key, _) in siblings {
                    self.comments(siblings.key(key).and_then(|key| key.leaf_decor().prefix()));
                }
                let mut inline = siblings.clone().into_inline_table();
                for (mut key, value) in inline.iter_mut() {
                    key.leaf_decor_mut().clear();
                    value.decor_mut().clear();
                }
                Value::InlineTable(inline)
            }
            _ => return,
        };
        self.comments(key.leaf_decor().prefix());
        let key = key.display_repr();
        let room = WIDTH.saturating_sub(key.len() + " = ".len());
        let _ = write!(self.text, "{key} = {}", emit(name, &value, room));
        self.end_line(Some(value.decor()));
    }

    /// The comments of a prefix, a line each.
    fn comments(&mut self, prefix: Option<&RawString>) {
        for line in comment_lines(prefix) {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// Ends a line, with the comment that ended it.
    fn end_line(&mut self, decor: Option<&Decor>) {
        if let Some(comment) = comment_lines(decor.and_then(Decor::suffix)).next() {
            self.text.push_str("  ");
            self.text.push_str(comment);
        }
        self.text.push('\n');
    }
}

/// The tables of an array, in the order of a key of theirs.
fn by_key<'a>(root: &'a Table, name: &str, key: &str) -> Vec<&'a Table> {
    let tables = root.get(name).and_then(Item::as_array_of_tables);
    let mut tables: Vec<&Table> = tables.into_iter().flat_map(|tables| tables.iter()).collect();
    tables.sort_by_key(|table| table.get(key).and_then(Item::as_str).unwrap_or("").to_owned());
    tables
}

fn comment_lines(raw: Option<&RawString>) -> impl Iterator<Item = &str> {
    let text = raw.and_then(RawString::as_str).unwrap_or("");
    text.lines().map(str::trim).filter(|line| line.starts_with('#'))
}

/// Whether siblings are too many, or too wide, for a line; a comment of one wants a line, too.
fn is_many(item: &Item) -> bool {
    let Some(table) = item.as_table_like() else {
        return false;
    };
    let has_comment = item.as_table().is_some_and(|table| {
        table.iter().any(|(key, item)| {
            let before = table.key(key).and_then(|key| key.leaf_decor().prefix());
            let after = item.as_value().and_then(|value| value.decor().suffix());
            comment_lines(before).chain(comment_lines(after)).next().is_some()
        })
    });
    let width: usize = table
        .iter()
        .map(|(key, item)| key.len() + item.as_str().map_or(0, str::len) + "\"\" = , ".len())
        .sum();
    table.len() > SIBLINGS_ON_A_LINE || has_comment || width + "names = {  }".len() > WIDTH
}

fn sorted(table: &dyn TableLike) -> Vec<&str> {
    let mut keys: Vec<&str> = table.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys
}

/// A value, on one line where it fits into `room` columns.
fn emit(key: &str, value: &Value, room: usize) -> String {
    match value {
        Value::Array(array) => emit_array(key, array, room),
        Value::InlineTable(table) => emit_inline(key, table),
        other => {
            let mut bare = other.clone();
            bare.decor_mut().clear();
            bare.as_str().map_or_else(|| bare.to_string(), quoted)
        }
    }
}

/// A basic string on one line (TOML 1.0, "String").
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn emit_inline(key: &str, table: &InlineTable) -> String {
    let order: Vec<&str> = match key {
        "breaks" => BREAKAGE.to_vec(),
        "reply" => REPLY.to_vec(),
        _ => sorted(table),
    };
    let unknown = table
        .iter()
        .map(|(key, _)| key)
        .filter(|key| !order.contains(key));
    let pairs = order.iter().copied().chain(unknown).filter_map(|key| {
        let value = emit(key, table.get(key)?, usize::MAX);
        Some(format!("{} = {value}", toml_edit::Key::new(key).display_repr()))
    });
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}

fn emit_array(key: &str, array: &Array, room: usize) -> String {
    let mut elements: Vec<&Value> = array.iter().collect();
    if key == "packages" {
        elements.sort_by_key(|value| value.as_str().unwrap_or("").to_owned());
    }
    let texts: Vec<String> = elements
        .iter()
        .map(|value| emit(key, value, usize::MAX))
        .collect();
    let before = |value: &Value| comment_lines(value.decor().prefix()).next().is_some();
    let after = |value: &Value| comment_lines(value.decor().suffix()).next().is_some();
    let has_comment = elements.iter().any(|value| before(value) || after(value))
        || comment_lines(Some(array.trailing())).next().is_some();
    let line = format!("[{}]", texts.join(", "));
    if !has_comment && !elements.iter().any(|value| value.is_inline_table()) && line.len() <= room {
        return line;
    }
    let mut out = String::from("[\n");
    for (value, text) in elements.iter().zip(&texts) {
        let comments = comment_lines(value.decor().prefix()).chain(comment_lines(value.decor().suffix()));
        for comment in comments {
            let _ = writeln!(out, "    {comment}");
        }
        let _ = writeln!(out, "    {text},");
    }
    for comment in comment_lines(Some(array.trailing())) {
        let _ = writeln!(out, "    {comment}");
    }
    out.push(']');
    out
}

/// All comments of a text, in the order of the alphabet.
fn comments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['#', '"', '\'']) {
        let (_, here) = rest.split_at(at);
        let opening = ["\"\"\"", "'''", "\"", "'", "#"];
        let opening = opening
            .into_iter()
            .find(|opening| here.starts_with(opening))
            .unwrap_or("#");
        let inside = here.get(opening.len()..).unwrap_or("");
        if opening == "#" {
            let end = here.find('\n').unwrap_or(here.len());
            found.extend(here.get(..end).map(str::trim));
            rest = here.get(end..).unwrap_or("");
        } else {
            rest = after_string(inside, opening);
        }
    }
    found.sort_unstable();
    found
}

/// What follows the end of a string.
fn after_string<'a>(inside: &'a str, closing: &str) -> &'a str {
    let (mut at, is_basic) = (0, closing.starts_with('"'));
    while let Some(rest) = inside.get(at..).filter(|rest| !rest.is_empty()) {
        if is_basic && rest.starts_with('\\') {
            at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
        } else if let Some(after) = rest.strip_prefix(closing) {
            return after;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    ""
}

#[cfg(test)]
mod tests;
