//! The table: build, size, opening, memory, look-ups.

use std::collections::HashSet;
use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use blocklist::compiled::{self, Compiled, ListSource};

use crate::names::{Random, names};
use crate::rivals;

/// Look-ups of one measurement, all of other names.
const LOOKUPS: usize = 100_000;
/// Measurements, of which the shortest counts: what else the machine does only makes one longer.
const ROUNDS: usize = 15;
/// Look-ups that are timed together.
const PART: usize = 500;

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
}

impl Drop for Built {
    fn drop(&mut self) {
        // A file in the temporary directory may as well stay.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Names that the list meets, half of them beneath its names, and names that it does not.
fn queries(names: &[String]) -> (Vec<String>, Vec<String>) {
    let mut random = Random::new(0x9e5);
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut hits = Vec::with_capacity(LOOKUPS);
    while hits.len() < LOOKUPS {
        let name = &names[random.below(names.len())];
        let beneath = random.below(2) == 0;
        hits.push(if beneath {
            format!("x{}.{name}", random.below(50))
        } else {
            name.clone()
        });
    }
    let mut misses = Vec::with_capacity(LOOKUPS);
    while misses.len() < LOOKUPS {
        let name = random.name();
        let meets = std::iter::successors(Some(name.as_str()), |rest| {
            rest.split_once('.').map(|(_, parent)| parent)
        })
        .any(|suffix| known.contains(suffix));
        if !meets {
            misses.push(name);
        }
    }
    (hits, misses)
}

/// Nanoseconds a look-up: the shortest time of each part of the names, added up. A part is over before the machine turns
/// to something else, and comes again only after all others, so that it finds no warmer cache than they.
fn measure(queries: &[String], expected: bool, look_up: impl Fn(&str) -> bool) -> f64 {
    let mut best = vec![Duration::MAX; queries.len().div_ceil(PART)];
    for _ in 0..ROUNDS {
        for (part, best) in queries.chunks(PART).zip(&mut best) {
            let start = Instant::now();
            let met = part.iter().filter(|name| look_up(black_box(name))).count();
            *best = start.elapsed().min(*best);
            assert_eq!(met, if expected { part.len() } else { 0 });
        }
    }
    best.iter().sum::<Duration>().as_nanos() as f64 / queries.len() as f64
}

/// Time that this thread was on a processor: what others do on a busy machine is left out.
fn on_processor() -> anyhow::Result<Duration> {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = numbers.split_ascii_whitespace().next().context("schedstat")?;
    Ok(Duration::from_nanos(first.parse()?))
}

/// Private dirty memory of this process, in KiB.
fn private_dirty() -> anyhow::Result<usize> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find(|line| line.starts_with("Private_Dirty:"));
    let number = line
        .and_then(|line| line.split_ascii_whitespace().nth(1))
        .context("Private_Dirty")?;
    Ok(number.parse()?)
}

/// Prints the table.
pub(crate) fn table(counts: &[usize]) -> anyhow::Result<()> {
    println!(
        "| names | build ms | file KiB | bytes a name without strings | open ms | dirty KiB | hit ns | miss ns | HashSet hit, miss | ahash hit, miss | fst hit, miss | hit, miss of HashSet's |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for &count in counts {
        row(count)?;
    }
    Ok(())
}

fn row(count: usize) -> anyhow::Result<()> {
    let names = names(count, 0x5eed);
    let (hits, misses) = queries(&names);
    let built = Built::new(&names)?;
    let before = private_dirty()?;
    let list = built.open()?;
    let met = hits.iter().chain(&misses).filter(|name| list.meets(name)).count();
    let dirty = private_dirty()?.saturating_sub(before);
    anyhow::ensure!(met == hits.len(), "{met} met");
    let open = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let opened = built.open();
            (start.elapsed(), opened.is_ok())
        })
        .filter_map(|(time, is_open)| is_open.then_some(time))
        .min()
        .context("opens")?;
    let ours = [
        measure(&hits, true, |name| list.meets(name)),
        measure(&misses, false, |name| list.meets(name)),
    ];
    let set: HashSet<String> = names.iter().cloned().collect();
    let std = [
        measure(&hits, true, |name| rivals::in_set(&set, name)),
        measure(&misses, false, |name| rivals::in_set(&set, name)),
    ];
    drop(set);
    let mut set = HashSet::with_hasher(ahash::RandomState::with_seeds(1, 2, 3, 4));
    set.extend(names.iter().cloned());
    let fast = [
        measure(&hits, true, |name| rivals::in_set(&set, name)),
        measure(&misses, false, |name| rivals::in_set(&set, name)),
    ];
    drop(set);
    let set = rivals::fst(&names)?;
    let fst = [
        measure(&hits, true, |name| rivals::in_fst(&set, name)),
        measure(&misses, false, |name| rivals::in_fst(&set, name)),
    ];
    let (size, strings) = list.size();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {count} | {:.1} | {} | {:.1} | {:.2} | {dirty} | {:.0} | {:.0} | {:.0}, {:.0} | {:.0}, {:.0} | {:.0}, {:.0} | {:.2}, {:.2} |",
        millis(built.time),
        size / 1024,
        (size - strings) as f64 / count as f64,
        millis(open),
        ours[0],
        ours[1],
        std[0],
        std[1],
        fast[0],
        fast[1],
        fst[0],
        fst[1],
        ours[0] / std[0],
        ours[1] / std[1],
    );
    Ok(())
}

/// So many look-ups, hits and misses in turn, and how many met.
pub(crate) fn count(count: usize, lookups: usize) -> anyhow::Result<usize> {
    let names = names(count, 0x5eed);
    let (hits, misses) = queries(&names);
    let list = Built::new(&names)?.open()?;
    let both = hits.iter().zip(&misses).flat_map(|(hit, miss)| [hit, miss]);
    Ok(both
        .cycle()
        .take(lookups)
        .filter(|name| list.meets(black_box(name)))
        .count())
}
