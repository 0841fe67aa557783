//! Rules for tests.

use blocklist::{Preset, Rules, RulesBuilder};

/// The owner blocks these names and addresses, and no list says anything.
pub fn blocking(names: &[&str]) -> Rules {
    let builder = RulesBuilder::new(Preset::None);
    names
        .iter()
        .fold(builder, |builder, name| builder.block(name).unwrap())
        .build()
}

/// A list blocks these names, as a vendor list would.
pub fn listing(names: &[&str]) -> Rules {
    RulesBuilder::new(Preset::None)
        .list("test", &names.join("\n"))
        .unwrap()
        .build()
}
