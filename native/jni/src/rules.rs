//! From settings and lists to the rules in force.

use std::time::{SystemTime, UNIX_EPOCH};

use blocklist::compiled::Compiled;
use blocklist::{AppId, BuildError, OwnRule, Reach, Rules, RulesBuilder};

use crate::error::code;
use crate::event::Event;
use crate::settings::{OwnRule as Setting, Settings};
use crate::shelf::{Content, Shelf, builtin_version};

/// Lists that fit beside the two of the house (`blocklist` has 64).
const MOST_LISTS: usize = 62;

/// Rules, the version of the built-in list among them, and what was not taken.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) rules: Rules,
    pub(crate) list_version: u64,
    pub(crate) refused: Vec<Event>,
}

/// What to do about a setting of the owner that is no setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistakes {
    /// Refuse all settings: the owner is there to mend it.
    Refuse,
    /// Leave it out and tell of it: no protection at all would be worse.
    LeaveOut,
}

/// Builds the rules.
pub(crate) fn build(settings: &Settings, shelf: &mut Shelf, mistakes: Mistakes) -> Result<Built, BuildError> {
    let mut refused = Vec::new();
    let lists = open(settings, shelf, &mut refused);
    let edition = lists.iter().rev().find_map(|(_, list)| match list {
        Content::Edition(list, version) => Some((list.clone(), version.number())),
        _ => None,
    });
    let fresh = || match &edition {
        Some((list, _)) => RulesBuilder::with_builtin(list.clone(), settings.preset),
        None => RulesBuilder::new(settings.preset),
    };
    let mut take = |said: &str, tried: Result<RulesBuilder, BuildError>| match (tried, mistakes) {
        (Ok(_), _) => Ok(true),
        (Err(error), Mistakes::Refuse) => Err(error),
        (Err(error), Mistakes::LeaveOut) => {
            refused.push(refusal(said, code::SETTING, &error));
            Ok(false)
        }
    };
    let mut builder = fresh();
    for feature in &settings.features_off {
        if take(feature, fresh().without_feature(feature))? {
            builder = builder.without_feature(feature)?;
        }
    }
    for rule in &settings.rules {
        let own = own_rule(rule);
        // Without somebody who knows owners, nobody could say whose a flow is.
        if (own.app.is_none() || settings.knows_owners) && take(own.name, fresh().own_rule(&own))? {
            builder = builder.own_rule(&own)?;
        }
    }
    for (title, list) in lists {
        builder = match list {
            // One that does not fit beside the others is told of; they stay in force.
            Content::Compiled(list) => {
                if let Err(error) = builder.add_compiled(list) {
                    refused.push(refusal(title, code::LIST_FORM, &error));
                }
                builder
            }
            Content::Allow(text) => builder.allow_list(title, &text)?,
            Content::Edition(..) => builder,
        };
    }
    Ok(Built {
        rules: builder.build(),
        list_version: edition.map_or_else(builtin_version, |(_, version)| version),
        refused,
    })
}

/// Opens the lists, as many as fit.
fn open<'a>(settings: &'a Settings, shelf: &mut Shelf, refused: &mut Vec<Event>) -> Vec<(&'a str, Content)> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let (mut lists, mut count) = (Vec::new(), 0);
    for file in &settings.lists {
        let (content, error) = shelf.open(file, settings.highest_list_version, now);
        if let Some(error) = error {
            refused.push(refusal(&file.path, error.code(), &error));
        }
        let Some(content) = content else {
            continue;
        };
        count += match &content {
            Content::Compiled(list) => Compiled::lists(list).len(),
            Content::Allow(_) => 1,
            Content::Edition(..) => 0,
        };
        if count > MOST_LISTS {
            let error = "one list too many";
            refused.push(refusal(&file.path, code::LIST_FORM, &error));
            continue;
        }
        lists.push((file.title.as_str(), content));
    }
    shelf.keep(&settings.lists);
    lists
}

fn own_rule(rule: &Setting) -> OwnRule<'_> {
    OwnRule {
        name: &rule.name,
        reach: if rule.subdomains {
            Reach::Subdomains
        } else {
            Reach::Exact
        },
        action: rule.action,
        app: rule.uid.map(AppId),
    }
}

fn refusal(what: &str, code: u32, error: &dyn ToString) -> Event {
    Event::ListRefused {
        path: what.to_owned(),
        code,
        text: error.to_string(),
    }
}
