//! The target that the variable FUZZ_TARGET names, under libFuzzer. One program, so that all of them are built once.

#![no_main]

use std::sync::LazyLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names the target");
    Target::named(&name).expect("FUZZ_TARGET names one of fuzz::TARGETS")
});

fuzz_target!(|data: &[u8]| (TARGET.run)(data));
