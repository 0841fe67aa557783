//! No input brings the engine down or makes it grow.

use simulation::clock::Dice;
use simulation::gauge::{self, Gauge};
use simulation::seeds;
use simulation::survive::engine_survives;

#[global_allocator]
static GAUGE: Gauge = Gauge;

/// Bytes of one run.
const LEN: u64 = 3_000;

#[test]
fn any_input_is_survived_within_bounds() {
    let mut total = engine::Stats::default();
    for seed in seeds(0, 2_500) {
        let mut dice = Dice::new(seed);
        let len = dice.between(10, LEN);
        let bytes: Vec<u8> = (0..len).map(|_| dice.number() as u8).collect();
        gauge::restart();
        let before = gauge::live();
        let run = std::panic::catch_unwind(|| engine_survives(&bytes));
        let Ok(stats) = run else { panic!("seed {seed}") };
        total.bytes_up += stats.bytes_up;
        total.bytes_down += stats.bytes_down;
        total.allowed += stats.allowed;
        total.blocked += stats.blocked;
        total.retransmitted += stats.retransmitted;
        total.evicted += stats.evicted;
        let peak = gauge::peak() - before;
        assert!(peak < 24 * 1024 * 1024, "seed {seed}: {peak} bytes held");
    }
    // The inputs reach deep enough to mean something.
    assert!(
        total.bytes_up > 100_000 && total.bytes_down > 100_000,
        "{total:?}"
    );
    assert!(total.allowed > 1_000 && total.blocked > 1_000, "{total:?}");
    assert!(total.retransmitted > 100 && total.evicted > 10, "{total:?}");
}

#[test]
fn empty_input_is_survived() {
    engine_survives(&[]);
}
