//! Every record parses, has evidence, is in order; the counts that are written down are right.

use curation::Level;
use lists::{read, records};
use records::{Function, Kind, Role, Status};

#[test]
fn no_file_has_an_error() {
    let errors: Vec<String> = curation::lint(&records())
        .into_iter()
        .filter(|found| found.level == Level::Error)
        .map(|found| format!("{}:{}: {}", found.path, found.line, found.mend))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn every_file_is_in_its_one_order_and_form() {
    for sheet in records().sheets {
        let sorted = curation::fmt(&sheet.text).unwrap_or_else(|error| panic!("{}: {error:?}", sheet.path));
        assert!(sorted == sheet.text, "{}: run `hushwall lists fmt`", sheet.path);
    }
}

#[test]
fn every_shipped_block_has_evidence_of_its_own_or_two_families_of_lists() {
    for (sheet, rule) in records().shipped().filter(|(_, rule)| rule.is_block()) {
        let (file, record) = sheet.record(rule).unwrap();
        if record.function(file) == Some(Function::Canary) {
            continue;
        }
        let kinds = record.evidence_kinds(file);
        let sources = record
            .evidence
            .iter()
            .map(|key| file.source[key.get_ref()].get_ref());
        let mut lineages: Vec<_> = sources
            .filter(|source| source.kind == Kind::Listed)
            .map(|source| source.lineage.clone())
            .collect();
        lineages.sort();
        lineages.dedup();
        assert!(
            kinds.iter().any(|kind| *kind != Kind::Listed) || lineages.len() > 1,
            "{}",
            rule.id
        );
    }
}

#[test]
fn the_readme_of_the_lists_is_up_to_date() {
    assert!(
        curation::readme(&records()) == read("blocklists/README.md"),
        "run `hushwall lists readme`"
    );
}

#[test]
fn a_lead_and_a_tombstone_say_what_is_wanted_and_why() {
    for sheet in records().sheets {
        let file = sheet.file.as_ref().unwrap();
        for record in file.rule.iter().filter(|record| record.status != Status::Shipped) {
            assert!(record.note.is_some(), "{}: {}", sheet.path, record.id.get_ref());
        }
    }
}

#[test]
fn every_switch_has_names_and_a_sentence() {
    for sheet in records().sheets {
        let file = sheet.file.as_ref().unwrap();
        for (name, feature) in &file.feature {
            assert!(feature.what.starts_with("I use"), "{name}: {}", feature.what);
            assert!(
                file.role == Role::Feature
                    && file
                        .rule
                        .iter()
                        .any(|record| record.feature.as_ref() == Some(name)),
                "{name} switches nothing"
            );
        }
    }
}

#[test]
fn each_counted_list_is_named_with_its_licence() {
    let notice = read("blocklists/NOTICE");
    for sheet in records().sheets {
        for source in sheet
            .file
            .unwrap()
            .source
            .into_values()
            .map(|source| source.into_inner())
        {
            // `https://github.com/OWNER/REPOSITORY`
            let repository: Vec<&str> = source.url.split('/').take(5).collect();
            assert!(
                source.kind != Kind::Listed || notice.contains(&repository.join("/")),
                "NOTICE does not name {}",
                source.url
            );
        }
    }
}
