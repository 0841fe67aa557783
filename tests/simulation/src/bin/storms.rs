//! Prints what refusals cost in an hour, by app and by reply: the table of `blocklists/REPLIES.md`.

#![allow(clippy::print_stdout, reason = "it is what it is for")]

fn main() {
    print!("{}", simulation::storms::table());
}
