# shellcheck shell=bash
# The word `bench`, sourced by build.sh: the peers, the build, the run, the page.

SING_BOX_VERSION=1.14.1
TUN2SOCKS_VERSION=2.7.0
TUN2PROXY_VERSION=0.8.7

BENCH_TOOLS="$PWD/.tools/bench/bin"

bench() {
    local length='' add='' pass=() wanted='' date folder=tests/bench
    date=$(date +%F)
    while [ $# -gt 0 ]; do
        case "$1" in
        --quick | --short) length=$1 && pass+=("$1") ;;
        --add) add=1 ;;
        --date) date=${2:?a date after --date} && shift ;;
        --rounds | --first-round | --peers | --groups)
            pass+=("$1" "${2:?a value after $1}")
            [ "$1" != --peers ] || wanted=$2
            shift
            ;;
        *) die "bench knows --short, --quick, --rounds N, --first-round N, --peers A,B, --groups A,B, --add, --date YYYY-MM-DD" ;;
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
    [ "$length" = --quick ] || need_peers
    mkdir -p "$TARGET/bench"
    local results="$TARGET/bench/results.jsonl" tool="$TARGET/lab/bench"
    [ -n "$add" ] || rm -f "$results"
    say "measuring; nothing else should run on this machine"
    HUSHWALL="$TARGET/release/hushwall" "$tool" run "$results" "$BENCH_TOOLS" "${pass[@]}"
    # A quick look does not take the place of a whole run.
    [ "$length" != --quick ] || folder="$TARGET/bench"
    "$tool" report "$results" "$date" "$folder"
    say "written: $folder/RESULTS.md and $folder/plots"
}

# Peers that a registry has by name. One that cannot be had is named in the results, with the reason, and the run goes on.
need_peers() {
    mkdir -p "$BENCH_TOOLS"
    ! wants pasta || (install passt) || say "no pasta: Debian's package could not be installed"
    ! wants slirp4netns || (install slirp4netns) || say "no slirp4netns: Debian's package could not be installed"
    ! wants hev || cargo_peer hev tun2socks
    ! wants ipstack || cargo_peer ipstack ipstack
    ! wants netstack-smoltcp || cargo_peer netstack netstack-smoltcp
    ! wants tun2proxy || tun2proxy_peer
    local sing_box=(github.com/sagernet/sing-box/cmd/sing-box github.com/sagernet/sing-box "v$SING_BOX_VERSION" with_gvisor)
    ! wants sing-box || go_peer sing-box "${sing_box[@]}"
    # The same without the offloads of its TUN, which no app on a phone has, and which no setting turns off.
    ! wants sing-box-plain || go_peer sing-box-plain "${sing_box[@]}" protocol/tun/inbound.go \
        's/enableGSO = (.*/enableGSO = false/; s/t\.tunOptions\.GSO = true/t.tunOptions.GSO = false/'
    ! wants tun2socks ||
        go_peer tun2socks github.com/xjasonlyu/tun2socks/v2 github.com/xjasonlyu/tun2socks/v2 "v$TUN2SOCKS_VERSION"
    ! wants gvisor || gvisor_peer
}

# wants PEER: whether it, or one whose name begins so, is to be measured.
wants() {
    [ -z "$wanted" ] || [[ ",$wanted" == *",$1"* ]]
}

# built PROGRAM VERSION COMMAND...: runs what builds it, unless it is there; a failure leaves its reason beside it.
built() {
    local program="$BENCH_TOOLS/$1" version=$2
    shift 2
    [ ! -x "$program" ] || return 0
    say "building $version"
    rm -f "$program.failed"
    if "$@" >&2 && [ -x "$program" ]; then
        echo "$version" >"$program.version"
    else
        say "no $version: its build failed"
        echo "a registry has it, but its build failed here" >"$program.failed"
    fi
}

# cargo_peer NAME CRATE: the driver of peers/NAME.
cargo_peer() {
    local source="tests/bench/peers/$1"
    built "peer-$1" "$(sed -n "s/^$2 = .*\"=\([0-9.]*\)\".*/$2 \1/p" "$source/Cargo.toml")" build_cargo_peer "$1" "$source"
}

build_cargo_peer() {
    cargo build --quiet --release --manifest-path "$2/Cargo.toml" --target-dir "$BENCH_TOOLS/../target" &&
        cp "$BENCH_TOOLS/../target/release/peer-$1" "$BENCH_TOOLS/"
}

tun2proxy_peer() {
    built tun2proxy-bin "tun2proxy $TUN2PROXY_VERSION" cargo install --quiet tun2proxy --version "$TUN2PROXY_VERSION" --locked \
        --root "$BENCH_TOOLS/.." --target-dir "$BENCH_TOOLS/../target"
}

# go_peer PROGRAM PACKAGE MODULE VERSION [TAGS [FILE SCRIPT]]. `go install` would ask for a module's list of versions, which
# not every proxy has; a module of one's own that requires it does not. `go mod tidy` would ask for what no tag here wants.
# SCRIPT is what sed does to FILE of the module.
go_peer() {
    built "$1" "$1 $4" build_go_peer "$@"
}

build_go_peer() (
    need_go || return 1
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder" || return 1
    printf 'module bench\n\ngo 1.24\n\nrequire %s %s\n' "$3" "$4" >go.mod
    printf '//go:build tools\n\npackage bench\n\nimport _ "%s"\n' "$2" >tools.go
    export GOFLAGS=-mod=mod
    if [ -n "${6:-}" ]; then
        go mod download "$3" || return 1
        cp -r "$(go list -m -f '{{.Dir}}' "$3")" changed && chmod -R u+w changed || return 1
        sed -i "$7" "changed/$6"
        ! cmp -s "$(go list -m -f '{{.Dir}}' "$3")/$6" "changed/$6" || return 1
        printf 'replace %s => ./changed\n' "$3" >>go.mod
    fi
    go build -tags "${5:-}" -o "$BENCH_TOOLS/$1" "$2"
)

# The driver of peers/gvisor.
gvisor_peer() {
    built peer-gvisor "gvisor $(sed -n 's/^require gvisor.dev\/gvisor //p' tests/bench/peers/gvisor/go.mod)" build_gvisor
}

build_gvisor() (
    need_go || return 1
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cp tests/bench/peers/gvisor/* "$folder/"
    cd "$folder" || return 1
    GOFLAGS=-mod=mod go build -o "$BENCH_TOOLS/peer-gvisor" .
)

# A compiler of any age fetches the one that a module wants, if a proxy has that; Debian's cannot.
need_go() {
    command -v go >/dev/null || {
        say "there is no Go compiler here, and Debian's is too old for these peers"
        return 1
    }
}
