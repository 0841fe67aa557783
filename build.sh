#!/usr/bin/env bash
# The one door to this repository: ./build.sh WORD. Run it without a word for the list.
# It installs what a word needs through the ordinary package clients, and nothing twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

CARGO_DENY_VERSION=0.20.2
AIOQUIC_VERSION=1.7.2
CARGO_FUZZ_VERSION=0.13.2
# Namespaces want root; for others this makes them root of a user namespace, with a network and a /run of its own.
NAMESPACE_ROOT="$PWD/tests/lab/as-namespace-root"
# Where Cargo builds; whole, because tests run it from elsewhere.
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")

usage() {
    cat <<'TEXT'
usage: ./build.sh WORD

  demo    a phone's morning in network namespaces, with Hushwall off and on (under 3 minutes)
  test    unit tests, simulation, the app on a JVM, its library on Android's C library, the page in a real browser,
          and real clients over a real TUN (--with-libraries: and, in idle time, what apk takes longest for)
  check   format, clippy, documentation, what a packet costs in instructions, licences and dependencies, shell scripts
  apk     the app for phones: signed APKs, and the checks of what has to be true of them
  lists   lint, order and counts of blocklists/, what changed since the last commit (or --since REVISION)

  fuzz    parsers under libFuzzer: all of them, a minute each, or: fuzz all|TARGET [SECONDS]

  bench    this firewall beside its peers, into tests/bench/RESULTS.md (root; an hour; --short: a third of one;
           --quick: five minutes, Hushwall only, into target/bench)
TEXT
}

# What begins, and how many seconds after the word.
say() { printf '==> %4d s  %s\n' "$SECONDS" "$*" >&2; }

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 2
}

# --- what a fresh machine lacks ---------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "not root and no sudo here; as root, run: $*"
    fi
}

# install PACKAGE...: those that are not installed, after one apt-get update.
install() {
    local package missing=()
    for package in "$@"; do
        case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" in
        installed) ;;
        *) missing+=("$package") ;;
        esac
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "this machine has no apt-get; install the counterparts of: ${missing[*]}"
    say "installing ${missing[*]}"
    if [ -z "${APT_UPDATED:-}" ]; then
        as_root apt-get update -qq
        APT_UPDATED=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# The compiler: rustup where it is (it reads rust-toolchain.toml), else Debian's.
need_rust() {
    [ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
    if command -v rustup >/dev/null; then
        # Asking for a version makes some releases of rustup fetch the pinned toolchain, others only complain.
        cargo --version >/dev/null 2>&1 || {
            say "fetching the compiler that rust-toolchain.toml names"
            rustup toolchain install >&2
        }
    elif ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
        install rustc-web cargo-web ca-certificates
    fi
    command -v cc >/dev/null || install gcc libc6-dev
    local have want
    have=$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
    want=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    [ "$(printf '%s\n' "$want" "$have" | sort -V | head -n 1)" = "$want" ] ||
        die "rustc is $have, $want is needed; install rustup, or a newer rustc-web"
}

# Formatter and linter, of the same origin as the compiler.
need_rust_checks() {
    if command -v rustup >/dev/null; then
        cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt >&2
        cargo clippy --version >/dev/null 2>&1 || rustup component add clippy >&2
    else
        cargo fmt --version >/dev/null 2>&1 || install rustfmt-web
        cargo clippy --version >/dev/null 2>&1 || install rust-web-clippy
    fi
}

need_deny() {
    [ -x .tools/bin/cargo-deny ] && return 0
    if command -v cargo-deny >/dev/null; then
        say "using $(command -v cargo-deny)"
        return 0
    fi
    say "building cargo-deny $CARGO_DENY_VERSION into .tools (once, some minutes)"
    # It runs for a second: what its own profile spends on speed is better spent on not waiting for it.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        cargo install cargo-deny --version "$CARGO_DENY_VERSION" --locked --root .tools --target-dir .tools/target >&2
    rm -rf .tools/target
}

need_fuzz() {
    # Its linker, for the fuzzer's runtime.
    command -v c++ >/dev/null || install g++
    [ -x .tools/bin/cargo-fuzz ] && return 0
    if command -v cargo-fuzz >/dev/null; then
        say "using $(command -v cargo-fuzz)"
        return 0
    fi
    say "building cargo-fuzz $CARGO_FUZZ_VERSION into .tools (once, some minutes)"
    cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked --root .tools --target-dir .tools/target >&2
    rm -rf .tools/target
}

# Servers and clients of the demo and of the netns tests.
need_lab() {
    install iproute2 nftables procps util-linux \
        dnsmasq-base unbound nginx-light openssl \
        bind9-dnsutils curl iperf3 iputils-ping tcpdump
    # nginx and dnsmasq live in /usr/sbin, which is not on everybody's path.
    PATH="$PATH:/usr/sbin:/sbin"
}

# QUIC clients and servers for the netns tests: quinn, built; aioquic, in a Python environment of its own.
need_quic() {
    cargo build --locked --quiet --manifest-path tests/lab/quinn/Cargo.toml --target-dir "$TARGET/quinn"
    [ ! -x .tools/quic/bin/python3 ] || return 0
    install python3 python3-venv
    say "installing aioquic $AIOQUIC_VERSION into .tools/quic"
    python3 -m venv .tools/quic
    .tools/quic/bin/python3 -m pip install --quiet --disable-pip-version-check "aioquic==$AIOQUIC_VERSION" >&2
}

# A browser, and letters for it, for the page of `hushwall lists page` and for HTTP/3 in the netns tests.
need_browser() {
    command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || install chromium fonts-dejavu-core
}

# The word `apk` has two halves, and `bench` has many peers: in files of their own.
for half in tests/bench/bench.sh android/toolchain/native.sh android/toolchain/bionic.sh android/packaging/apk.sh; do
    # shellcheck source=/dev/null
    [ ! -f "$half" ] || . "./$half"
done

# --- words ------------------------------------------------------------------------------------------------------

demo() {
    need_rust
    need_lab
    say "building (a first build takes some minutes)"
    cargo build --locked --release --package cli
    cargo build --locked --package lab --bins
    local runner=()
    [ "$(id -u)" -eq 0 ] || runner=("$NAMESPACE_ROOT")
    HUSHWALL="$TARGET/release/hushwall" "${runner[@]}" "$TARGET/debug/demo" "$@"
}

# run_tests [--with-libraries] [ARGUMENT...]: arguments are cargo test's.
run_tests() {
    local libraries=
    need_rust
    need_lab
    need_quic
    need_browser
    if [ "${1:-}" = --with-libraries ]; then
        shift
        libraries=wanted
        say "beside all this, in idle time: the libraries of the APKs"
        native_beside
    fi
    say "building the binary that the netns and browser tests run"
    cargo build --locked --profile lab --package cli
    # All of it is run, whatever fails on the way: who looks at a red run sees the rest, too.
    local failed=0
    say "unit tests and simulation"
    cargo test --locked --no-fail-fast --workspace --exclude lab --exclude page "$@" || failed=1
    say "the app, on a JVM (its APKs are ./build.sh apk's)"
    (android_tests) || failed=1
    say "wire, engine, tunnel and the app's exports, on Android's own C library"
    (bionic_tests) || failed=1
    say "browser tests: the page of all records"
    HUSHWALL="$TARGET/lab/hushwall" cargo test --locked --no-fail-fast --package page "$@" || failed=1
    say "the bridge's classes and library, which a netns test drives"
    need_android
    cargo build --locked --package hushwall-jni
    # The tests above left the classes, unless they did not come so far.
    [ -f android/target/test-classes/io/github/hushwall/bridge/BridgeMain.class ] || in_android android test-compile || failed=1
    local stdlib
    stdlib=$(find "$HOME/.m2/repository/org/jetbrains/kotlin/kotlin-stdlib" -name 'kotlin-stdlib-[0-9]*.jar' | sort -V | tail -n 1)
    export HUSHWALL_BRIDGE_CLASSES="$PWD/android/target/classes:$PWD/android/target/test-classes:$stdlib"
    export HUSHWALL_BRIDGE_LIBRARY="$TARGET/debug"
    say "netns tests: real TUN, real clients"
    local target
    target=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
    [ "$(id -u)" -eq 0 ] || export "CARGO_TARGET_${target}_RUNNER=$NAMESPACE_ROOT"
    # A failure is a message; where it was raised says nothing.
    RUST_LIB_BACKTRACE=0 HUSHWALL="$TARGET/lab/hushwall" cargo test --locked --no-fail-fast --package lab --tests "$@" || failed=1
    if [ -n "$libraries" ]; then
        say "waiting for the libraries of the APKs"
        native_beside_end || failed=1
    fi
    [ "$failed" -eq 0 ] || {
        say "there were failures: see the lines \"test result: FAILED\" above"
        exit 1
    }
}

check() {
    need_rust
    need_rust_checks
    install shellcheck
    say "format"
    cargo fmt --all --check
    say "clippy"
    cargo clippy --locked --workspace --all-targets -- -D warnings
    say "documentation"
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items
    say "instructions a packet costs in the engine, against what is stored"
    install valgrind
    cargo build --locked --profile lab --package instructions
    "$TARGET/lab/instructions"
    say "shell scripts"
    shellcheck build.sh .ci/run tests/lab/as-namespace-root tests/bench/bench.sh tests/instructions/aarch64.sh \
        native/engine/benches/instructions.sh
    shellcheck android/toolchain/linker android/toolchain/bounded android/toolchain/sysroot android/toolchain/native.sh android/toolchain/bionic.sh android/packaging/apk.sh
    say "dependencies and licences"
    need_deny
    # The advisories check wants a database from the network; these three want nothing.
    PATH="$PWD/.tools/bin:$PATH" cargo deny --log-level error check bans licenses sources
}

# All of it is shown, and then one failure is a failure.
lists() {
    local since=HEAD hushwall=target/debug/hushwall failed=0
    [ "${1:-}" = --since ] && since=${2:?a revision after --since}
    need_rust
    # The lists are compiled in: the build refuses a record that is wrong, and the last binary says what is.
    cargo build --locked --quiet --package cli || {
        [ -x "$hushwall" ] || die "the build fails; mend what it says above"
        failed=1
    }
    say "lint"
    if [ -n "${GITHUB_ACTIONS:-}" ]; then
        "$hushwall" lists lint --format github || failed=1
    else
        "$hushwall" lists lint --quiet || failed=1
    fi
    say "order (mend with: hushwall lists fmt)"
    "$hushwall" lists fmt --check || failed=1
    say "blocklists/README.md (mend with: hushwall lists readme)"
    "$hushwall" lists readme --check || failed=1
    say "what changed for a phone since $since"
    "$hushwall" lists diff "$since" || failed=1
    say "promises"
    cargo test --locked --quiet --package lists >&2 || failed=1
    say "verdicts of two other engines, where recorded"
    cargo run --locked --quiet --package oracle >&2 || failed=1
    return "$failed"
}

# What it finds lies in target/fuzz/found, its corpus in target/fuzz/corpus; the seeds are those of tests/fuzz.
fuzz() {
    local seconds=${2:-60} out target failed=0 known targets
    need_rust
    need_fuzz
    out="$TARGET/fuzz"
    mkdir -p "$out/found"
    known=$(cargo run --locked --quiet --package fuzz --bin seeds -- "$out/seeds")
    targets=${1:-all}
    [ "$targets" != all ] || targets=$known
    grep -qxF "${targets%%$'\n'*}" <<<"$known" || die "no target $1; known:" "${known//$'\n'/ }"
    # The sanitizer's flags are those of a nightly compiler; this makes them known to any.
    export RUSTC_BOOTSTRAP=1
    local cargo_fuzz=(env "PATH=$PWD/.tools/bin:$PATH" cargo fuzz)
    local where=(--fuzz-dir tests/fuzz/libfuzzer --target-dir "$out/target")
    say "building the fuzzer (a first build takes some minutes)"
    "${cargo_fuzz[@]}" build "${where[@]}" target >&2
    for target in $targets; do
        say "$target, for $seconds s"
        mkdir -p "$out/corpus/$target"
        FUZZ_TARGET=$target "${cargo_fuzz[@]}" run "${where[@]}" target "$out/corpus/$target" "$out/seeds/$target" -- \
            -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
            -artifact_prefix="$out/found/$target-" || failed=1
    done
    return "$failed"
}

case "${1:-}" in
demo) shift && demo "$@" ;;
test) shift && run_tests "$@" ;;
check) check ;;
lists) shift && lists "$@" ;;
apk) shift && apk "$@" ;;
fuzz) shift && fuzz "$@" ;;
bench) shift && bench "$@" ;;
"" | help | -h | --help) usage ;;
*) usage >&2 && die "no such word: $1" ;;
esac
