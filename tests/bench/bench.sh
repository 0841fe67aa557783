# shellcheck shell=bash
# The word `bench`, sourced by build.sh: the peers, the build, the run, the page.

SING_BOX_VERSION=1.14.1
TUN2SOCKS_VERSION=2.7.0
TUN2PROXY_VERSION=0.8.7

BENCH_TOOLS="$PWD/.tools/bench/bin"

bench() {
    local quick='' add='' pass=() date folder=tests/bench
    date=$(date +%F)
    while [ $# -gt 0 ]; do
        case "$1" in
        --quick) quick=1 && pass+=("$1") ;;
        --add) add=1 ;;
        --date) date=${2:?a date after --date} && shift ;;
        --rounds | --first-round | --peers | --groups) pass+=("$1" "${2:?a value after $1}") && shift ;;
        *) die "bench knows --quick, --rounds N, --first-round N, --peers A,B, --groups A,B, --add, --date YYYY-MM-DD" ;;
        esac
        shift
    done
    [ "$(id -u)" -eq 0 ] || die "bench wants root: its namespaces change limits that a user namespace may not"
    # Three programs with a descriptor a flow, and 20,000 flows. Where no more are permitted, they are the bound.
    ulimit -n 100000 2>/dev/null || ulimit -n "$(ulimit -H -n)"
    need_rust
    need_lab
    say "building (a first build takes some minutes)"
    cargo build --locked --release --package cli
    cargo build --locked --profile lab --package bench --package lab --bins
    [ -n "$quick" ] || need_peers
    mkdir -p "$TARGET/bench"
    local results="$TARGET/bench/results.jsonl" tool="$TARGET/lab/bench"
    [ -n "$add" ] || rm -f "$results"
    say "measuring; nothing else should run on this machine"
    HUSHWALL="$TARGET/release/hushwall" "$tool" run "$results" "$BENCH_TOOLS" "${pass[@]}"
    # A quick look does not take the place of a whole run.
    [ -z "$quick" ] || folder="$TARGET/bench"
    "$tool" report "$results" "$date" "$folder"
    say "written: $folder/RESULTS.md and $folder/plots"
}

# Peers that a registry has by name. One that cannot be had is named in the results, and the run goes on without it.
need_peers() {
    mkdir -p "$BENCH_TOOLS"
    install passt slirp4netns || say "no pasta, no slirp4netns: Debian's packages could not be installed"
    cargo_peer hev tun2socks
    cargo_peer ipstack ipstack
    cargo_peer netstack netstack-smoltcp
    [ -x "$BENCH_TOOLS/tun2proxy-bin" ] || {
        say "building tun2proxy $TUN2PROXY_VERSION"
        cargo install --quiet tun2proxy --version "$TUN2PROXY_VERSION" --locked --root "$BENCH_TOOLS/.." \
            --target-dir "$BENCH_TOOLS/../target" >&2 || say "no tun2proxy: its build failed"
        echo "tun2proxy $TUN2PROXY_VERSION" >"$BENCH_TOOLS/tun2proxy-bin.version"
    }
    if command -v go >/dev/null; then
        go_peer sing-box github.com/sagernet/sing-box/cmd/sing-box github.com/sagernet/sing-box "v$SING_BOX_VERSION" with_gvisor
        go_peer tun2socks github.com/xjasonlyu/tun2socks/v2 github.com/xjasonlyu/tun2socks/v2 "v$TUN2SOCKS_VERSION"
    else
        say "no sing-box, no tun2socks: there is no Go compiler here, and Debian's is too old for them"
    fi
}

# cargo_peer NAME CRATE: the driver of peers/NAME.
cargo_peer() {
    local program="$BENCH_TOOLS/peer-$1" source="tests/bench/peers/$1"
    [ ! -x "$program" ] || return 0
    say "building the driver of $2"
    if cargo build --quiet --release --manifest-path "$source/Cargo.toml" --target-dir "$BENCH_TOOLS/../target" >&2; then
        cp "$BENCH_TOOLS/../target/release/peer-$1" "$program"
        sed -n "s/^$2 = \"=\(.*\)\"/$2 \1/p" "$source/Cargo.toml" >"$program.version"
    else
        say "no $2: its build failed"
    fi
}

# go_peer PROGRAM PACKAGE MODULE VERSION [TAGS]. `go install` would ask for a module's list of versions, which not every
# proxy has; a module of one's own that requires it does not.
go_peer() {
    [ ! -x "$BENCH_TOOLS/$1" ] || return 0
    say "building $1 $4"
    local folder
    folder=$(mktemp -d)
    if ! (
        cd "$folder"
        printf 'module bench\n\ngo 1.24\n\nrequire %s %s\n' "$3" "$4" >go.mod
        printf '//go:build tools\n\npackage bench\n\nimport _ "%s"\n' "$2" >tools.go
        export GOFLAGS=-mod=mod
        go mod tidy && go build -tags "${5:-}" -o "$BENCH_TOOLS/$1" "$2"
    ) >&2; then
        say "no $1: its build failed"
    fi
    echo "$1 $4" >"$BENCH_TOOLS/$1.version"
    rm -rf "$folder"
}
