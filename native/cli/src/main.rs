//! `hushwall`: the firewall, and the tools around it, on the command line.

fn main() {}
