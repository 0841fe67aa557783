//! The table: build, size, opening, memory, look-ups.

use std::collections::HashSet;
use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use blocklist::compiled::{self, Compiled, ListSource};

use crate::asked::Pool;
use crate::measure::{Memory, ROUNDS, matcher, nanoseconds, on_processor};
use crate::names::names;
use crate::rivals;

/// How often a matcher goes through the mix in each of its turns.
const CYCLES: usize = 5;

/// A list of the names, as a file.
struct Built {
    path: PathBuf,
    time: Duration,
}

impl Built {
    fn new(names: &[String]) -> anyhow::Result<Self> {
        let text = names.join("\n");
        let mut best: Option<(Duration, Vec<u8>)> = None;
        for _ in 0..3 {
            let start = on_processor()?;
            let bytes = compiled::build(&[ListSource::Text {
                title: "synthetic",
                text: &text,
            }])?;
            let time = on_processor()?.saturating_sub(start);
            if best.as_ref().is_none_or(|(least, _)| time < *least) {
                best = Some((time, bytes));
            }
        }
        let (time, bytes) = best.context("three rounds")?;
        let path = std::env::temp_dir().join(format!("lists-bench-{}-{}", std::process::id(), names.len()));
        let mut file = File::create(&path)?;
        file.write_all(&bytes)?;
        // What waits to be written would count as dirty.
        file.sync_all()?;
        Ok(Self { path, time })
    }

    fn open(&self) -> anyhow::Result<Compiled> {
        let file = File::open(&self.path)?;
        #[expect(unsafe_code, reason = "mapping a file is")]
        // SAFETY: the file is this process's own and nobody changes it.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(compiled::open(map)?)
    }

    /// The shortest time that opening takes.
    fn opening(&self) -> anyhow::Result<Duration> {
        let mut shortest = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let opened = self.open()?;
            shortest = start.elapsed().min(shortest);
            drop(opened);
        }
        Ok(shortest)
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        // A file in the temporary directory may as well stay.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Prints the tables.
pub(crate) fn table(counts: &[usize]) -> anyhow::Result<()> {
    println!(
        "| names | build ms | file KiB | bytes a name without strings | open ms | RssAnon KiB | dirty KiB |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    let mut look_ups = Vec::with_capacity(counts.len());
    for &count in counts {
        look_ups.push(row(count)?);
    }
    println!();
    println!("| names | asked | ns | HashSet | HashSet (ahash) | fst | of HashSet's |");
    println!("|---:|---|---:|---:|---:|---:|---:|");
    print!("{}", look_ups.concat());
    Ok(())
}

/// Prints a row of the first table and gives the rows of the second.
fn row(count: usize) -> anyhow::Result<String> {
    let names = names(count, 0x5eed);
    let pool = Pool::new(&names);
    let (mix, phone, misses, hits) = (pool.mix(), pool.phone(), pool.misses(), pool.hits());
    let built = Built::new(&names)?;
    let before = Memory::now()?;
    let list = built.open()?;
    for asked in [&mix, &phone, &misses, &hits] {
        for (name, is_met) in asked.names.iter().zip(&asked.is_met) {
            anyhow::ensure!(list.meets(name) == *is_met, "{name}");
        }
    }
    let grown = Memory::now()?.since(before);
    let (size, strings) = list.size();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {count} | {:.1} | {} | {:.1} | {:.2} | {} | {} |",
        millis(built.time),
        size / 1024,
        (size - strings) as f64 / count as f64,
        millis(built.opening()?),
        grown.anonymous,
        grown.private_dirty,
    );
    let std: HashSet<String> = names.iter().cloned().collect();
    let mut ahash = HashSet::with_hasher(ahash::RandomState::with_seeds(1, 2, 3, 4));
    ahash.extend(names.iter().cloned());
    let fst = rivals::fst(&names)?;
    let matchers = [
        matcher(|name| list.meets(name)),
        matcher(|name| rivals::in_set(&std, name)),
        matcher(|name| rivals::in_set(&ahash, name)),
        matcher(|name| rivals::in_fst(&fst, name)),
    ];
    let mut rows = String::new();
    for (kind, asked, cycles) in [
        ("mix", &mix, CYCLES),
        ("mix, in turns", &mix, 1),
        ("phone", &phone, 1),
        ("misses", &misses, 1),
        ("hits", &hits, 1),
    ] {
        let [ours, std, ahash, fst] = nanoseconds(asked, cycles, &matchers);
        rows.push_str(&format!(
            "| {count} | {kind} | {ours:.0} | {std:.0} | {ahash:.0} | {fst:.0} | {:.2} |\n",
            ours / std
        ));
    }
    Ok(rows)
}

/// So many look-ups of the mix, and how many met.
pub(crate) fn count(count: usize, lookups: usize) -> anyhow::Result<usize> {
    let names = names(count, 0x5eed);
    let pool = Pool::new(&names);
    let list = Built::new(&names)?.open()?;
    let mix = pool.mix();
    let asked = mix.names.iter().cycle().take(lookups);
    Ok(asked.filter(|name| list.meets(black_box(name))).count())
}
