//! Servers that tell apps addresses past the phone's resolver: what makes their records well-formed.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::{Endpoint, File, Kind, Problem, Speech, Status, name};

impl File {
    /// Everything that is wrong with the endpoints.
    pub(crate) fn endpoint_problems(&self) -> Vec<Problem> {
        let mut ids = BTreeSet::new();
        let mut problems = Vec::new();
        for endpoint in &self.endpoint {
            let id = endpoint.id.get_ref();
            let mut found = endpoint.check(self);
            if !ids.insert(id) {
                let mend = "another endpoint has this id; give this one another".to_owned();
                found.push(("id", endpoint.id.span(), mend));
            }
            problems.extend(found.into_iter().map(|(code, at, mend)| Problem {
                rule: Some(id.clone()),
                ..Problem::new(code, at, mend)
            }));
        }
        problems
    }
}

type Found = (&'static str, std::ops::Range<usize>, String);

impl Endpoint {
    fn check(&self, file: &File) -> Vec<Found> {
        let mut found = Vec::new();
        let mut say = |code, mend: &str| found.push((code, self.id.span(), mend.to_owned()));
        if self.hosts.is_empty() && self.addresses.is_empty() {
            say("form", "say where it is: `hosts`, `addresses` or both");
        }
        if self.ports.is_empty() || self.ports.contains(&0) {
            say("form", "say the `ports` that it listens on");
        }
        match (self.speaks, self.path.as_deref()) {
            (Speech::Http, Some(path)) if is_path(path) => {}
            (Speech::Http, _) => say("form", "say how its paths begin: `path = \"/gslb/\"`"),
            (Speech::Dns, Some(_)) => say("form", "the DNS has no `path`; take it out"),
            (Speech::Dns, None) => {}
        }
        if let Some(mend) = self.evidence_wanted(file) {
            say("evidence", mend);
        }
        let unknown = self
            .evidence
            .iter()
            .filter(|key| !file.source.contains_key(key.get_ref()));
        found.extend(unknown.map(|key| {
            let mend = format!(
                "source `{key}` is not in this file; add `[source.{key}]` with kind and url",
                key = key.get_ref()
            );
            ("evidence", key.span(), mend)
        }));
        let hosts = self.hosts.iter().map(|host| (host, name::check(host.get_ref())));
        let addresses = self.addresses.iter().map(|address| {
            let is_whole = !address.get_ref().contains('/');
            let mend = || format!("`{}` is no single address; write each", address.get_ref());
            (
                address,
                name::network(address.get_ref()).and_then(|_| is_whole.then_some(()).ok_or_else(mend)),
            )
        });
        let wrong = hosts
            .chain(addresses)
            .filter_map(|(target, checked)| Some((target, checked.err()?)));
        found.extend(wrong.map(|(target, mend): (&Spanned<String>, String)| ("name", target.span(), mend)));
        found
    }

    fn evidence_wanted(&self, file: &File) -> Option<&'static str> {
        let cited = self
            .evidence
            .iter()
            .filter_map(|key| file.source.get(key.get_ref()));
        let is_backed = cited
            .into_iter()
            .any(|source| source.get_ref().kind != Kind::Listed);
        match self.status {
            Status::Shipped if !is_backed => {
                Some("a shipped endpoint has evidence of its own; add a source, or write `status = \"lead\"`")
            }
            Status::Lead | Status::Retired if self.note.is_none() => {
                Some("its `note` says what evidence is wanted, or why it was retired")
            }
            _ => None,
        }
    }
}

/// Whether a request target may begin so (RFC 9112, section 3.2.1), without a query.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"schema = 1
title = "T"
about = "A."
role = "block"
function = "resolver"

[source.a]
kind = "code"
url = "https://example.com/a"

[[endpoint]]
id = "a"
speaks = "http"
hosts = ["resolver.example.com"]
addresses = ["192.0.2.1"]
ports = [80]
path = "/gslb/"
what = "W."
evidence = ["a"]
status = "shipped"
"#;

    fn codes(from: &str, to: &str) -> Vec<&'static str> {
        assert!(SOUND.contains(from));
        let file = File::parse(&SOUND.replace(from, to)).unwrap();
        file.problems().into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn each_slip_has_its_word() {
        assert_eq!(codes("a", "a"), [] as [&str; 0]);
        assert_eq!(codes("\"resolver.example.com\"", "\"Resolver\""), ["name"]);
        assert_eq!(codes("192.0.2.1", "192.0.2.0/24"), ["name"]);
        assert_eq!(codes("[80]", "[]"), ["form"]);
        assert_eq!(codes("path = \"/gslb/\"\n", ""), ["form"]);
        assert_eq!(codes("/gslb/", "gslb?a"), ["form"]);
        assert_eq!(codes("\"http\"", "\"dns\""), ["form"]);
        assert_eq!(codes("evidence = [\"a\"]\n", ""), ["evidence"]);
        assert_eq!(
            codes("evidence = [\"a\"]", "evidence = [\"a\", \"b\"]"),
            ["evidence"]
        );
        assert_eq!(codes("\"shipped\"", "\"lead\""), ["evidence"]);
    }

    #[test]
    fn a_list_alone_ships_no_endpoint() {
        assert_eq!(codes("\"code\"", "\"listed\""), ["evidence"]);
    }
}
