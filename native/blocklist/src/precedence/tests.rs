//! The table of precedence, line against line.

use crate::{Action, AppId, Because, Preset, Rules, RulesBuilder};

const APP: AppId = AppId(10_123);
/// An essential name of the built-in list.
const ESSENTIAL: &str = "update.miui.com";
/// A feature name of the built-in list, and its feature.
const FEATURE: (&str, &str) = ("weatherapi.market.xiaomi.com", "weather");
/// A name that the built-in list blocks in every preset but none.
const BLOCKED: &str = "tracking.intl.miui.com";

fn line(rules: &Rules, name: &str, app: Option<AppId>) -> (&'static str, Action) {
    let verdict = rules.verdict(name, app);
    let line = match verdict.because {
        Because::AppRule(_) => "app",
        Because::OwnerAllow(_) => "allow",
        Because::OwnerBlock(_) => "block",
        Because::Essential(_) => "essential",
        Because::Feature(_) => "feature",
        Because::List(_) => "list",
        Because::NoRule => "none",
    };
    (line, verdict.action)
}

#[test]
fn each_line_of_the_table_beats_those_below() {
    use Action::{Allow, Block};
    for name in [ESSENTIAL, FEATURE.0, BLOCKED, "example.com"] {
        let start = || {
            RulesBuilder::new(Preset::Everything)
                .list("l", &format!("||{name}^$important"))
                .unwrap()
        };
        let rules = start().build();
        let expected = match name {
            ESSENTIAL => ("essential", Allow),
            BLOCKED | "example.com" => ("list", Block),
            _ => ("feature", Allow),
        };
        assert_eq!(line(&rules, name, None), expected, "{name}");
        let rules = start().block(name).unwrap().build();
        assert_eq!(line(&rules, name, Some(APP)), ("block", Block), "{name}");
        let rules = start().block(name).unwrap().allow(name).unwrap().build();
        assert_eq!(line(&rules, name, Some(APP)), ("allow", Allow), "{name}");
        for action in [Allow, Block] {
            let owner = || start().block(name).unwrap().allow(name).unwrap();
            let rules = owner().app_rule(APP, name, action).unwrap().build();
            assert_eq!(line(&rules, name, Some(APP)), ("app", action), "{name}");
            assert_eq!(line(&rules, name, Some(AppId(1))), ("allow", Allow), "{name}");
            assert_eq!(line(&rules, name, None), ("allow", Allow), "{name}");
        }
    }
}

#[test]
fn the_more_specific_of_two_app_rules_decides() {
    let rules = RulesBuilder::new(Preset::None)
        .app_rule(APP, "a.example.com", Action::Allow)
        .and_then(|builder| builder.app_rule(APP, "example.com", Action::Block))
        .unwrap()
        .build();
    assert_eq!(line(&rules, "x.a.example.com", Some(APP)), ("app", Action::Allow));
    assert_eq!(line(&rules, "b.example.com", Some(APP)), ("app", Action::Block));
    assert!(rules.has_app_rule("b.example.com"));
    assert!(!rules.has_app_rule("example.net"));
}

#[test]
fn the_owners_allow_of_a_parent_beats_the_block_of_a_child() {
    let rules = RulesBuilder::new(Preset::None)
        .allow("example.com")
        .unwrap()
        .block("ads.example.com")
        .unwrap()
        .build();
    assert_eq!(line(&rules, "ads.example.com", None), ("allow", Action::Allow));
}

#[test]
fn an_exception_lifts_only_the_blocks_of_its_own_list() {
    let one = "||example.com^\n@@||good.example.com^\n||bad.good.example.com^$important";
    let rules = RulesBuilder::new(Preset::None).list("one", one).unwrap().build();
    assert!(rules.verdict("example.com", None).is_block());
    assert_eq!(line(&rules, "good.example.com", None), ("list", Action::Allow));
    assert!(rules.verdict("bad.good.example.com", None).is_block());

    let rules = RulesBuilder::new(Preset::None)
        .list("one", one)
        .unwrap()
        .list("two", "good.example.com")
        .unwrap()
        .build();
    let verdict = rules.verdict("good.example.com", None);
    assert!(verdict.is_block());
    let Because::List(rule) = verdict.because else {
        panic!("{verdict:?}")
    };
    assert_eq!(rules.rule(rule).unwrap().list_title, "two");

    let rules = RulesBuilder::new(Preset::Everything)
        .list("foreign", &format!("@@||{BLOCKED}^"))
        .unwrap()
        .build();
    assert!(rules.verdict(BLOCKED, None).is_block());
}

#[test]
fn a_file_becomes_an_allow_list_only_where_the_owner_says_so() {
    let text = format!("@@||{BLOCKED}^\n0.0.0.0 data.mistat.xiaomi.com\nad.xiaomi.com");
    let rules = RulesBuilder::new(Preset::Everything)
        .allow_list("mine", &text)
        .unwrap()
        .build();
    assert_eq!(line(&rules, BLOCKED, None), ("allow", Action::Allow));
    assert_eq!(
        line(&rules, "data.mistat.xiaomi.com", None),
        ("allow", Action::Allow)
    );
    assert_eq!(
        line(&rules, "x.data.mistat.xiaomi.com", None),
        ("list", Action::Block)
    );
    assert_eq!(line(&rules, "api.ad.xiaomi.com", None), ("allow", Action::Allow));
}

#[test]
fn a_feature_switched_off_leaves_the_preset_to_decide() {
    let off = |preset| {
        RulesBuilder::new(preset)
            .without_feature(FEATURE.1)
            .unwrap()
            .build()
    };
    assert_eq!(line(&off(Preset::None), FEATURE.0, None), ("none", Action::Allow));
    assert_eq!(
        line(&off(Preset::NothingBreaks), FEATURE.0, None),
        ("none", Action::Allow)
    );
    assert_eq!(
        line(&off(Preset::Balanced), FEATURE.0, None),
        ("list", Action::Block)
    );
    assert_eq!(
        line(&off(Preset::Everything), FEATURE.0, None),
        ("list", Action::Block)
    );
    assert_eq!(
        line(&off(Preset::Everything), "music.xiaomi.com", None),
        ("feature", Action::Allow)
    );
    let error = RulesBuilder::default()
        .without_feature("fax")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("no feature `fax`; known: ") && error.contains("push"),
        "{error}"
    );
}
