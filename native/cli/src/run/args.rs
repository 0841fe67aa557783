//! The arguments of `hushwall run`.

use std::net::IpAddr;

use clap::ValueEnum;

use crate::rules::RuleArgs;

/// Smallest MTU over which IPv6 runs (RFC 8200 section 5).
const MIN_MTU: i64 = 1280;

/// Run the firewall on a TUN device until SIGTERM or Ctrl-C.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// The TUN device: created, or with --unmanaged attached to.
    #[arg(long, value_name = "NAME", default_value = "hushwall0", value_parser = device_name)]
    pub(crate) tun: String,
    /// Attach to the existing device --tun and touch no address and no route.
    #[arg(long)]
    pub(crate) unmanaged: bool,
    /// MTU of the device in bytes.
    #[arg(long, value_name = "N", default_value_t = 1500, value_parser = clap::value_parser!(u16).range(MIN_MTU..))]
    pub(crate) mtu: u16,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Ask this resolver instead of the system's.
    #[arg(long = "dns", value_name = "ADDR", value_parser = resolver)]
    pub(crate) dns: Vec<IpAddr>,
    /// What is inspected.
    #[arg(long, value_enum, default_value_t = Depth::Full)]
    pub(crate) depth: Depth,
    /// What becomes of a QUIC connection whose server name cannot be read.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Unread::Forward)]
    pub(crate) quic_unread: Unread,
    /// What becomes of the keys in HTTPS answers with which a client hides its server's name (ECH).
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Ech::TakeOut)]
    pub(crate) ech: Ech,
    /// Largest packet in bytes that is written to the device, for measuring: by itself it is what the kernel's version
    /// takes well (32,256 before Linux 6.6).
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u16).range(MIN_MTU..))]
    pub(crate) segment_limit: Option<u16>,
    /// One JSON object a line on stdout; its fields are described in native/cli/JSON.md.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// DNS questions only; nothing but questions is routed into the device.
    Dns,
    /// Questions, server names, addresses.
    Full,
}

impl From<Depth> for engine::Depth {
    fn from(depth: Depth) -> Self {
        match depth {
            Depth::Dns => Self::Dns,
            Depth::Full => Self::Full,
        }
    }
}

/// What becomes of QUIC that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unread {
    /// It is let through and reported.
    Forward,
    /// It is refused, so that the app falls back to TCP, where its name is read.
    FallBack,
}

impl From<Unread> for engine::Unread {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Forward => Self::Forward,
            Unread::FallBack => Self::FallBack,
        }
    }
}

/// What becomes of `ech` parameters in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ech {
    /// They are taken out, so that the name can be read. DNSSEC no longer proves these answers.
    TakeOut,
    /// They stay; a name behind them is judged by its DNS question only.
    Keep,
}

impl From<Ech> for engine::EchParameters {
    fn from(ech: Ech) -> Self {
        match ech {
            Ech::TakeOut => Self::TakeOut,
            Ech::Keep => Self::Keep,
        }
    }
}

/// A loopback address upstream would be this machine's own stub, which asks through the tunnel again.
fn resolver(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text
        .parse()
        .map_err(|_| "not an IP address; give one such as 9.9.9.9 or 2620:fe::fe".to_owned())?;
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return Err("cannot be asked as an upstream; give the resolver behind it".to_owned());
    }
    Ok(address)
}

/// The kernel's limits on device names (IFNAMSIZ 16 with its zero; no slash, no space), and no file name of ours
/// that leaves its folder.
fn device_name(text: &str) -> Result<String, String> {
    let fits = (1..=15).contains(&text.len());
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !fits || !plain || text.starts_with(['.', '-']) {
        return Err("a device name has 1 to 15 letters, digits, `-`, `_` or `.`".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser;

    use super::*;
    use crate::rules::Preset;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Line::try_parse_from(["run"].into_iter().chain(line.split_whitespace())).map(|line| line.args)
    }

    #[test]
    fn defaults_manage_one_device_with_the_balanced_preset() {
        let args = parse("").unwrap();
        assert_eq!(
            (
                args.tun.as_str(),
                args.unmanaged,
                args.mtu,
                args.rules.preset,
                args.depth,
                args.json
            ),
            ("hushwall0", false, 1500, Preset::Balanced, Depth::Full, false)
        );
    }

    #[test]
    fn repeated_options_are_collected_in_order() {
        let args =
            parse("--block a.example --block b.example --list x --list y --dns 9.9.9.9 --dns 2620:fe::fe")
                .unwrap();
        assert_eq!(args.rules.block, ["a.example", "b.example"]);
        assert_eq!(args.rules.lists, [PathBuf::from("x"), PathBuf::from("y")]);
        assert_eq!(
            args.dns,
            [
                "9.9.9.9".parse::<IpAddr>().unwrap(),
                "2620:fe::fe".parse().unwrap()
            ]
        );
    }

    #[test]
    fn bench_line_is_understood() {
        let args = parse("--tun tun0 --unmanaged --mtu 9000 --dns 10.9.0.100 --block ads.example").unwrap();
        assert!(args.unmanaged);
        assert_eq!(args.mtu, 9000);
    }

    #[test]
    fn segment_limit_is_the_kernels_unless_it_is_said() {
        assert_eq!(parse("").unwrap().segment_limit, None);
        assert_eq!(
            parse("--segment-limit 32256").unwrap().segment_limit,
            Some(32_256)
        );
        assert!(parse("--segment-limit 1279").is_err());
    }

    #[test]
    fn resolver_that_is_no_upstream_is_refused_with_a_mend() {
        for bad in [
            "127.0.0.53",
            "::1",
            "0.0.0.0",
            "224.0.0.251",
            "dns.example",
            "1.2.3",
        ] {
            let error = parse(&format!("--dns {bad}")).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad}");
            assert!(error.to_string().contains("give"), "{bad}: {error}");
        }
    }

    #[test]
    fn device_name_that_the_kernel_refuses_is_refused() {
        for bad in ["", "0123456789abcdef", "a/b", "..", "a b", "-x"] {
            assert!(device_name(bad).is_err(), "{bad:?}");
        }
        assert!(device_name("tun0").is_ok());
    }

    #[test]
    fn mtu_below_the_minimum_of_ipv6_is_refused() {
        assert!(parse("--mtu 1279").is_err());
        assert!(parse("--mtu 1280").is_ok());
    }

    #[test]
    fn words_that_are_no_choice_are_refused() {
        for bad in ["--preset strict", "--depth deep", "--tun", "stray"] {
            assert_eq!(parse(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
