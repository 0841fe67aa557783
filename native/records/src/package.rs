//! The vendor's packages: what makes their table well-formed.

use std::collections::BTreeMap;

use crate::{File, Package, Problem, Role};

impl File {
    /// Everything that is wrong with the packages, and with a table of them that holds something else.
    pub(crate) fn package_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let is_table = self.role == Role::Package;
        if let Some(record) = self.rule.first().filter(|_| is_table) {
            let mend = "a file of packages has no rules; move them to the file of their component";
            problems.push(Problem::new("form", record.id.span(), mend));
        }
        if let Some(package) = self.package.first().filter(|_| !is_table) {
            let mend = "packages stand in the file that says `role = \"package\"`; move them there";
            problems.push(Problem::new("form", package.name.span(), mend));
        }
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, package) in self.package.iter().enumerate() {
            let name = package.name.get_ref();
            let twice = first.insert(name, index).is_some();
            let mends = package.check(self).into_iter();
            let twice = twice.then(|| {
                (
                    "duplicate",
                    format!("package `{name}` is there already; keep one"),
                )
            });
            problems.extend(
                mends
                    .chain(twice)
                    .map(|(code, mend)| Problem::new(code, package.name.span(), mend)),
            );
        }
        problems
    }
}

impl Package {
    fn check(&self, file: &File) -> Vec<(&'static str, String)> {
        let name = self.name.get_ref();
        let mut found = Vec::new();
        if !is_package(name) {
            let mend = format!("`{name}` is no package; write it as Android does, such as `com.miui.player`");
            found.push(("name", mend));
        }
        if let Some(identity) = self.identity.as_ref().filter(|identity| !is_package(identity)) {
            let mend =
                format!("package `{name}`: `{identity}` is no shared user id; write it as manifests do");
            found.push(("name", mend));
        }
        for (field, text) in [("title", &self.title), ("what", &self.what)] {
            if text.trim().is_empty() {
                found.push(("form", format!("package `{name}`: say its `{field}`")));
            }
        }
        for key in self.evidence.iter().map(|key| key.get_ref()) {
            if !file.source.contains_key(key) {
                let mend = format!(
                    "package `{name}`: source `{key}` is not in this file; add `[source.{key}]` with kind and url"
                );
                found.push(("evidence", mend));
            }
        }
        if self.evidence.is_empty() && self.note.is_none() {
            let mend =
                format!("package `{name}`: add a source, or say in a `note` why it is here without one");
            found.push(("evidence", mend));
        }
        found
    }
}

/// Whether Android takes a word as the name of a package: two segments or more of letters, digits and `_`, each
/// beginning with a letter.
fn is_package(name: &str) -> bool {
    let segment = |segment: &str| {
        segment.starts_with(|first: char| first.is_ascii_alphabetic())
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    name.contains('.') && name.split('.').all(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema = 1\ntitle = \"T\"\nabout = \"A.\"\nrole = \"package\"\n";
    const SOUND: &str = "[source.a]\nkind = \"report\"\nurl = \"https://example.com/a\"\n[[package]]\nname = \"com.miui.daemon\"\n\
        title = \"D\"\nwhat = \"W.\"\nidentity = \"android.uid.system\"\ntunnel = \"on\"\nevidence = [\"a\"]\n";

    fn codes(text: &str) -> Vec<&'static str> {
        let file = File::parse(&format!("{HEAD}{text}")).unwrap();
        file.problems().into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_sound_table_has_no_problem() {
        assert_eq!(codes(SOUND), [] as [&str; 0]);
    }

    #[test]
    fn each_slip_is_named_at_its_package() {
        assert_eq!(codes(&SOUND.replace("com.miui.daemon", "daemon")), ["name"]);
        assert_eq!(codes(&SOUND.replace("android.uid.system", "1000")), ["name"]);
        assert_eq!(codes(&SOUND.replace("[\"a\"]", "[\"b\"]")), ["evidence"]);
        assert_eq!(codes(&SOUND.replace("[\"a\"]", "[]")), ["evidence"]);
        assert_eq!(codes(&SOUND.replace("\"W.\"", "\" \"")), ["form"]);
        let (_, package) = SOUND.split_at(SOUND.find("[[").unwrap());
        assert_eq!(codes(&format!("{SOUND}{package}")), ["duplicate"]);
    }

    #[test]
    fn a_word_that_no_field_knows_is_refused_with_its_place() {
        let text = format!("{HEAD}{}", SOUND.replace("tunnel = \"on\"", "tunnel = \"maybe\""));
        let problem = File::parse(&text).unwrap_err();
        assert_eq!(
            (problem.code, crate::line_of(&text, problem.at.start)),
            ("syntax", 13)
        );
    }

    #[test]
    fn rules_and_packages_do_not_share_a_file() {
        let rule =
            "[[rule]]\nid = \"a\"\nname = \"a.b\"\nmatch = \"exact\"\nnote = \"N.\"\nstatus = \"lead\"\n";
        assert_eq!(codes(&format!("{SOUND}{rule}")), ["form"]);
        let text = format!("{}{SOUND}", HEAD.replace("\"package\"", "\"essential\""));
        let codes: Vec<_> = File::parse(&text)
            .unwrap()
            .problems()
            .into_iter()
            .map(|p| p.code)
            .collect();
        assert_eq!(codes, ["form"]);
    }
}
