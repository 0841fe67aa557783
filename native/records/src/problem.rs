//! What is wrong with a file of records, where, and how to mend it.

use std::ops::Range;

/// What is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable word for the kind, such as `evidence`.
    pub code: &'static str,
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// The id of the rule within its file, where it is about one.
    pub rule: Option<String>,
    /// One sentence that ends in what to do.
    pub mend: String,
}

impl Problem {
    pub(crate) fn new(code: &'static str, at: Range<usize>, mend: impl Into<String>) -> Self {
        Self {
            code,
            at,
            rule: None,
            mend: mend.into(),
        }
    }

    /// The sentence, with the rule that it is about.
    pub fn sentence(&self) -> String {
        match &self.rule {
            Some(rule) => format!("rule `{rule}`: {}", self.mend),
            None => self.mend.clone(),
        }
    }
}

/// The number of the line that an offset is on, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}
