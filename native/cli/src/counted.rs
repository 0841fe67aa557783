//! A number beside the word for what it counts.

use std::fmt::Display;

/// `1 rule`, `2 rules`: a word whose plural is regular.
pub(crate) fn counted(count: impl Display + PartialEq + From<u8>, what: &str) -> String {
    match count == 1.into() {
        true => format!("{count} {what}"),
        false => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_alone_is_no_plural() {
        assert_eq!(counted(0_usize, "rule"), "0 rules");
        assert_eq!(counted(1_usize, "rule"), "1 rule");
        assert_eq!(counted(2_u64, "time"), "2 times");
    }
}
