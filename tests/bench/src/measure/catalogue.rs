//! All peers: where the program of each is, and why one is not here.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use lab::{hushwall_binary, tool};

use super::peer::{Kind, Peer};
use super::sing_box::Stack;

/// What the environment's names of more peers begin with.
const MORE: &str = "HUSHWALL_BENCH_PEER_";

/// Names of peers that are not here, each with the reason.
pub type Missing = Vec<(String, String)>;

/// Where a program comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// `./build.sh bench` builds it from a registry.
    Registry(&'static str),
    /// A package of Debian's has it.
    Debian(&'static str),
    /// Somebody has to name it in the environment; why.
    Elsewhere(&'static str),
}

use Origin::{Debian, Elsewhere, Registry};

const PEERS: [(&str, Kind, Origin); 16] = [
    ("hev", Kind::ToSocks, Registry("peer-hev")),
    (
        "prototype",
        Kind::Attaching,
        Elsewhere("a measuring tool that is not in this repository"),
    ),
    ("pasta", Kind::Pasta, Debian("pasta")),
    (
        "sing-box-system",
        Kind::SingBox(Stack::System),
        Registry("sing-box"),
    ),
    (
        "sing-box-gvisor",
        Kind::SingBox(Stack::Gvisor),
        Registry("sing-box"),
    ),
    (
        "sing-box-mixed",
        Kind::SingBox(Stack::Mixed),
        Registry("sing-box"),
    ),
    (
        "sing-box-plain-system",
        Kind::SingBox(Stack::System),
        Registry("sing-box-plain"),
    ),
    (
        "sing-box-plain-gvisor",
        Kind::SingBox(Stack::Gvisor),
        Registry("sing-box-plain"),
    ),
    ("tun2socks", Kind::Tun2socks, Registry("tun2socks")),
    ("gvisor", Kind::Inheriting, Registry("peer-gvisor")),
    ("ipstack", Kind::Inheriting, Registry("peer-ipstack")),
    ("netstack-smoltcp", Kind::Inheriting, Registry("peer-netstack")),
    ("tun2proxy", Kind::Tun2proxy, Registry("tun2proxy-bin")),
    ("slirp4netns", Kind::Slirp, Debian("slirp4netns")),
    (
        "zdtun",
        Kind::Attaching,
        Elsewhere("in no registry: C sources, to be built by hand"),
    ),
    (
        "zeptun",
        Kind::Attaching,
        Elsewhere("in no registry: Zig sources, to be built by hand"),
    ),
];

/// The peers that are here, and those that are not. `tools` is where `./build.sh bench` has put
/// programs.
///
/// # Errors
/// If this package's own programs, or Hushwall, were not built.
pub fn find(tools: &Path) -> Result<(Vec<Peer>, Missing)> {
    let mut peers = vec![
        Peer::new("copy", Kind::Copy, tool("bench-copy")?),
        Peer::new("hushwall", Kind::Hushwall, hushwall_binary()?),
    ];
    let mut missing = Vec::new();
    for (name, kind, origin) in PEERS {
        match program(tools, name, origin) {
            Ok(path) => peers.push(Peer::new(name, kind, path)),
            Err(why) => missing.push((name.to_owned(), why)),
        }
    }
    Ok((peers, missing))
}

/// Where it is, or why it is not.
fn program(tools: &Path, name: &str, origin: Origin) -> Result<PathBuf, String> {
    if let Some(path) = env::var_os(format!("{MORE}{}", name.replace('-', "_"))) {
        return Ok(PathBuf::from(path));
    }
    match origin {
        Registry(program) => {
            let path = tools.join(program);
            if path.is_file() {
                return Ok(path);
            }
            // `./build.sh bench` leaves the reason there when a build fails.
            let failed = fs::read_to_string(tools.join(format!("{program}.failed")));
            Err(failed.map_or_else(
                |_| "a registry has it, but it was not built here".to_owned(),
                |why| why.trim().to_owned(),
            ))
        }
        Debian(program) => {
            in_path(program).ok_or_else(|| "Debian has it, but it is not installed here".to_owned())
        }
        Elsewhere(why) => Err(why.to_owned()),
    }
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_that_is_not_here_has_its_own_reason() {
        let folder = env::temp_dir().join(format!("hush-catalogue-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let why = |origin| program(&folder, "nobody", origin).unwrap_err();
        assert!(why(Registry("none")).contains("not built here"));
        fs::write(folder.join("none.failed"), "its build failed: no compiler\n").unwrap();
        assert_eq!(why(Registry("none")), "its build failed: no compiler");
        assert!(why(Debian("no-such-program-anywhere")).contains("not installed"));
        assert_eq!(why(Elsewhere("in no registry")), "in no registry");
        fs::write(folder.join("none"), "").unwrap();
        assert_eq!(
            program(&folder, "nobody", Registry("none")),
            Ok(folder.join("none"))
        );
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn no_peer_is_named_twice() {
        let mut names: Vec<&str> = PEERS.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PEERS.len());
    }
}
