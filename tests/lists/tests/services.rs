//! What works under which preset: `tests/fixtures/lists/services.tsv`, so that breakage is a test and not an opinion.

use blocklist::{Action, Because};
use lists::{PRESETS, read, rules};

struct Row {
    service: String,
    name: String,
    /// Under each preset.
    expected: [String; 4],
    /// The switch, and the first preset under which the name is refused while it is off.
    without: Option<(String, String)>,
}

fn rows() -> Vec<Row> {
    let text = read("tests/fixtures/lists/services.tsv");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows: Vec<Row> = lines
        .map(|line| {
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let [service, name, none, nothing_breaks, balanced, everything, without] =
                <[String; 7]>::try_from(cells).unwrap_or_else(|_| panic!("seven cells a line: {line}"));
            let without = without
                .split_once(':')
                .map(|(feature, preset)| (feature.to_owned(), preset.to_owned()));
            Row {
                service,
                name,
                expected: [none, nothing_breaks, balanced, everything],
                without,
            }
        })
        .collect();
    assert!(rows.len() > 60, "{} rows", rows.len());
    rows
}

#[test]
fn every_service_is_judged_as_the_table_says() {
    for ((preset, title), column) in PRESETS.into_iter().zip(0..) {
        let rules = rules(preset, &[]);
        for row in rows() {
            let action = if rules.verdict(&row.name, None).is_block() {
                "block"
            } else {
                "allow"
            };
            assert_eq!(
                action, row.expected[column],
                "{}: {} under {title}",
                row.service, row.name
            );
        }
    }
}

#[test]
fn a_switch_that_is_off_lets_the_presets_decide() {
    for row in rows() {
        let Some((feature, from)) = &row.without else {
            continue;
        };
        let mut is_on = false;
        for (preset, title) in PRESETS {
            is_on |= title == from;
            let verdict = rules(preset, &[feature]).verdict(&row.name, None);
            assert_eq!(
                verdict.is_block(),
                is_on,
                "{}: {} under {title} without {feature}",
                row.service,
                row.name
            );
            let with = rules(preset, &[]).verdict(&row.name, None);
            assert!(
                with.action == Action::Allow && matches!(with.because, Because::Feature(_)),
                "{} is of the feature {feature}",
                row.name
            );
        }
    }
}

#[test]
fn no_switch_takes_an_essential_service_away() {
    let all: Vec<&str> = blocklist::Rules::features().map(|(feature, _)| feature).collect();
    for (preset, title) in PRESETS {
        let rules = rules(preset, &all);
        for row in rows()
            .into_iter()
            .filter(|row| row.without.is_none() && row.expected[3] == "allow")
        {
            assert!(
                !rules.verdict(&row.name, None).is_block(),
                "{}: {} under {title}",
                row.service,
                row.name
            );
        }
    }
}

#[test]
fn every_feature_stands_in_the_table() {
    let rows = rows();
    for (feature, _) in blocklist::Rules::features() {
        assert!(
            rows.iter()
                .any(|row| row.without.as_ref().is_some_and(|(known, _)| known == feature)),
            "no service of `{feature}` is in the table"
        );
    }
}
