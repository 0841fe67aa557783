#!/usr/bin/env bash
# How many instructions a verdict is on aarch64: the bench `verdicts`, built without a C library of its own, one instruction
# at a time under qemu-user. A phone's cores retire one to three a cycle.
#
#   rustup target add aarch64-unknown-linux-musl; apt install qemu-user-static
#   native/engine/benches/instructions.sh [STEP...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

TARGET=aarch64-unknown-linux-musl
# Turns of each step, and what the bench takes in each.
TURNS=10 FLOWS=4

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
program=$(cargo bench --locked --quiet --package engine --bench verdicts --target "$TARGET" --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)

count() {
    VERDICTS="$1 $TURNS" qemu-aarch64-static -singlestep -d exec,nochain -D /dev/stdout "$program" | grep -c '^Trace'
}

[ "$#" -gt 0 ] ||
    set -- datagram quic quic2 quic_blocked question question_blocked bytes hello hello2 hello_blocked
for step in "$@"; do
    all=$(count "$step") bare=$(count "-$step")
    printf '%-18s %8d instructions\n' "$step" $(((all - bare) / TURNS / FLOWS))
done
