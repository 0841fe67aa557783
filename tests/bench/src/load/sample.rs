//! Times, and what is said of many of them.

use std::time::Duration;

use serde_json::{Value, json};

/// Times of many tries.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    micros: Vec<f64>,
}

impl Sample {
    /// Adds one.
    pub fn push(&mut self, took: Duration) {
        self.micros.push(took.as_secs_f64() * 1e6);
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.micros.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.micros.is_empty()
    }

    /// The value below which `part` of them lie, in microseconds; of none, nothing.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let mut sorted = self.micros.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        sorted.get((last as f64 * part).round() as usize).copied()
    }

    /// Median and tail, in microseconds.
    pub fn to_json(&self) -> Value {
        json!({ "count": self.len(), "p50": self.quantile(0.5), "p99": self.quantile(0.99) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_hundred_and_one_are_their_places() {
        let mut sample = Sample::default();
        for micros in (0..=100).rev() {
            sample.push(Duration::from_micros(micros));
        }
        assert_eq!(sample.quantile(0.5).map(f64::round), Some(50.0));
        assert_eq!(sample.quantile(0.99).map(f64::round), Some(99.0));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(Sample::default().quantile(0.5), None);
    }
}
