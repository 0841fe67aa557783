//! Compiled lists by size, beside a `HashSet` and an `fst` in the same run: `cargo run --release -p lists-bench`.
//!
//! `scale [COUNT...]` prints the table (default: 400 to 1.1 million names). `count NAMES LOOKUPS` does only so many
//! look-ups, for counting instructions under `valgrind --tool=callgrind`: the difference of two runs is theirs.
#![allow(clippy::print_stdout, reason = "a program that prints a table")]

mod asked;
mod measure;
mod names;
mod rivals;
mod scale;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |word: &String| {
        word.replace('_', "")
            .parse::<usize>()
            .with_context(|| word.clone())
    };
    match words.split_first() {
        Some((mode, rest)) if mode == "count" => {
            let numbers: Vec<usize> = rest.iter().map(number).collect::<Result<_, _>>()?;
            let [names, lookups] = numbers.as_slice() else {
                anyhow::bail!("count NAMES LOOKUPS");
            };
            println!("{} met", scale::count(*names, *lookups)?);
            Ok(())
        }
        Some((mode, rest)) if mode == "scale" && !rest.is_empty() => {
            let counts: Vec<usize> = rest.iter().map(number).collect::<Result<_, _>>()?;
            scale::table(&counts)
        }
        _ => scale::table(&[400, 10_000, 200_000, 650_000, 1_100_000]),
    }
}
