//! Whether rules from all files go together.

use std::collections::BTreeMap;

use records::Rule;

/// An error says what to mend.
pub(crate) fn check(rules: &[Rule], features: &BTreeMap<String, String>) -> Result<(), String> {
    if features.len() > 32 {
        return Err("more features than a compiled list can tell apart".into());
    }
    let mut ids = BTreeMap::new();
    let mut names = BTreeMap::new();
    for rule in rules {
        let many = rule.network.map(|(.., port)| port);
        if ids.insert((&rule.id, many), ()).is_some() {
            return Err(format!("two rules have the id `{}`; give one another", rule.id));
        }
        if let Some(other) = names.insert((&rule.pattern, many), &rule.id) {
            return Err(format!(
                "`{other}` and `{}` are both about `{}`; keep one",
                rule.id, rule.pattern
            ));
        }
        if let Some(wide) = rules.iter().find(|wide| wide.swallows(rule)) {
            return Err(format!(
                "`{}` would swallow `{}`; write exact names instead",
                wide.id, rule.id
            ));
        }
    }
    Ok(())
}
