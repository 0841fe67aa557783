//! What to write where a value is not in its form, in place of a parser's words.

/// What is wrong with a file that is TOML, though not in the form of records: the parser's words where they name a field that is
/// too many or missing, else what the field takes.
pub(crate) fn mend(text: &str, at: usize, parser: &str) -> String {
    let parser = parser.trim();
    let is_of_fields = ["unknown field", "missing field", "duplicate field"]
        .iter()
        .any(|start| parser.starts_with(start));
    match field_at(text, at).and_then(|field| Some((field, form(field)?))) {
        Some((field, form)) if !is_of_fields => format!("`{field}` is not in its form; write {form}"),
        _ if is_of_fields => parser.to_owned(),
        _ => format!("{parser}; write the field as `FORMAT.md` has it"),
    }
}

/// The key that a value belongs to: the word before the last `=`.
fn field_at(text: &str, at: usize) -> Option<&str> {
    let (before, _) = text.get(..at)?.rsplit_once('=')?;
    let before = before.trim_end();
    let is_of_key = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let start = before.rfind(|letter| !is_of_key(letter)).map_or(0, |at| at + 1);
    before.get(start..)
}

/// What a field takes: see `blocklists/FORMAT.md`.
fn form(field: &str) -> Option<&'static str> {
    Some(match field {
        "schema" => "`schema = 1`",
        "role" => "\"block\", \"essential\", \"feature\" or \"package\"",
        "function" => "\"usage\", \"crash\", \"ads\", \"config\", \"resolver\" or \"canary\"",
        "match" => "\"exact\" or \"subdomains\"",
        "status" => "\"shipped\", \"lead\" or \"retired\"",
        "confidence" => "\"high\", \"medium\" or \"low\"",
        "breaks" => "\"none\", \"unknown\" or a list of `{ class, what, sources, counter }`",
        "class" => {
            "\"cosmetic\", \"feature\", \"sync\", \"updates\", \"security\", \"account\", \"safety\" or \"privacy-right\""
        }
        "kind" => {
            "for a source \"capture\", \"code\", \"paper\", \"report\" or \"listed\"; for a reply \"zero\", \"nodata\", \
             \"nxdomain\", \"refused\", \"rst\" or \"prohibited\""
        }
        "reply" => "`{ kind = \"nodata\", ttl = SECONDS }`",
        "ttl" => "a number of seconds",
        "ports" => "a list of numbers up to 65535, such as `[443]`",
        "tried" => "`true`, or leave it out",
        "speaks" => "\"http\" or \"dns\"",
        "tunnel" => "\"on\", \"off\" or \"never\"",
        "evidence" | "sources" | "counter" => "a list of the keys of sources, such as `[\"KEY\"]`",
        "packages" | "hosts" => "a list, such as `[\"com.miui.player\"]` or `[\"example.com\"]`",
        "names" => "a table of siblings, `{ KEY = \"NAME\" }`",
        "addresses" => "`{ KEY = \"ADDRESS\" }` in a rule, `[\"ADDRESS\"]` in an endpoint",
        "title" | "about" | "id" | "name" | "address" | "sends" | "why" | "what" | "note" | "feature"
        | "url" | "says" | "lineage" | "witness" | "identity" | "path" => "text in quotes",
        "read" => "a day in quotes, \"YYYY-MM-DD\"",
        "first_seen" | "last_seen" | "seen" => "year and month in quotes, \"YYYY-MM\"",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::File;

    const RECORD: &str = "schema = 1\ntitle = \"T\"\nabout = \"A.\"\nrole = \"block\"\n\
                          [[rule]]\nid = \"r\"\nname = \"a.xiaomi.com\"\nsends = \"A = b.\"\nstatus = \"shipped\"\nLINE\n";

    fn told(line: &str) -> String {
        let text = RECORD.replace("LINE", line);
        let problem = File::parse(&text).map(|_| ()).expect_err(line);
        assert_eq!(crate::line_of(&text, problem.at.start), 10, "{line}: {problem:?}");
        problem.mend
    }

    #[test]
    fn a_value_out_of_form_is_told_with_what_to_write() {
        for (line, piece) in [
            (
                "breaks = \"maybe\"",
                "`breaks` is not in its form; write \"none\", \"unknown\" or a list",
            ),
            (
                "breaks = [{ class = \"bad\", what = \"W.\", sources = [] }]",
                "`breaks` is not in its form; ",
            ),
            (
                "match = true",
                "`match` is not in its form; write \"exact\" or \"subdomains\"",
            ),
            (
                "match = \"all\"",
                "`match` is not in its form; write \"exact\" or \"subdomains\"",
            ),
            (
                "ports = [443, 70000]",
                "`ports` is not in its form; write a list of numbers up to 65535",
            ),
            (
                "evidence = \"x\"",
                "`evidence` is not in its form; write a list of the keys",
            ),
            (
                "evidence = [\"a\", 7]",
                "`evidence` is not in its form; write a list of the keys",
            ),
            ("note = 7", "`note` is not in its form; write text in quotes"),
            (
                "reply = { kind = \"zero\", ttl = -1 }",
                "`ttl` is not in its form; write a number of seconds",
            ),
            ("names = { x = 7 }", "write the field as `FORMAT.md` has it"),
            ("colour = \"red\"", "unknown field `colour`, expected one of"),
        ] {
            let told = told(line);
            assert!(told.contains(piece), "{line}: {told}");
            assert!(!told.contains("untagged"), "{line}: {told}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_as_its_parser_says() {
        assert!(!told("note = \"open").contains("not in its form"));
    }
}
