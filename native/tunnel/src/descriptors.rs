//! How many flows the limit on open files bears: each costs a descriptor, and DNS has to have its own.

use engine::Config;

/// For the device, the resolver's sockets (68), pings (256), DNS over TCP, and what the process has open anyway.
const RESERVE: usize = 384;
/// Below this nothing works; a limit that tight is the owner's wish.
const FEWEST: usize = 32;

/// `config` with no more flows than `limit` descriptors bear; of what is left a quarter is for UDP.
pub fn fitted(config: Config, limit: u64) -> Config {
    let left = usize::try_from(limit)
        .unwrap_or(usize::MAX)
        .saturating_sub(RESERVE);
    let max_udp_mappings = config.max_udp_mappings.min((left / 4).max(FEWEST));
    let max_tcp_flows = config
        .max_tcp_flows
        .min(left.saturating_sub(max_udp_mappings).max(FEWEST));
    Config {
        max_tcp_flows,
        max_udp_mappings,
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flows(limit: u64) -> (usize, usize) {
        let fitted = fitted(Config::default(), limit);
        (fitted.max_tcp_flows, fitted.max_udp_mappings)
    }

    #[test]
    fn usual_limits_leave_the_engine_its_own_bounds() {
        for limit in [29_056, 524_288, u64::MAX] {
            assert_eq!(flows(limit), (24_576, 4_096), "{limit}");
        }
    }

    #[test]
    fn flows_and_reserve_fit_into_a_small_limit() {
        for limit in [1_024_usize, 4_096, 20_863, 29_055] {
            let (tcp, udp) = flows(limit as u64);
            assert!(tcp + udp + RESERVE <= limit, "{limit}: {tcp} and {udp}");
            assert!(tcp + udp + RESERVE + 4 > limit, "{limit}: {tcp} and {udp}");
        }
        assert_eq!(flows(1_024), (480, 160));
    }

    #[test]
    fn tiny_limit_leaves_a_few() {
        for limit in [0, 64, RESERVE as u64] {
            assert_eq!(flows(limit), (FEWEST, FEWEST));
        }
    }
}
