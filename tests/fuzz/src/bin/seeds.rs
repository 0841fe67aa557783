//! Writes the seeds of each target into a folder of its name, for libFuzzer: `seeds FOLDER`. Their names go to stdout.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the tests")]

use std::fs;
use std::path::Path;

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    for target in fuzz::TARGETS {
        let folder = Path::new(&folder).join(target.name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in target.all_seeds().into_iter().enumerate() {
            fs::write(folder.join(number.to_string()), seed).unwrap();
        }
        println!("{}", target.name);
    }
}
