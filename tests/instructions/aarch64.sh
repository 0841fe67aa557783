#!/usr/bin/env bash
# How many instructions each route takes on aarch64, into aarch64.tsv: the program of this package, built for phones' cores
# without a C library of its own, one instruction at a time under qemu-user. Some minutes.
#
#   rustup target add aarch64-unknown-linux-musl; apt install qemu-user-static
#   tests/instructions/aarch64.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

TARGET=aarch64-unknown-linux-musl
FOLDER=$(realpath -m "${CARGO_TARGET_DIR:-target}")

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
cargo build --locked --quiet --profile lab --package instructions
cargo build --locked --quiet --profile lab --package instructions --target "$TARGET"
"$FOLDER/lab/instructions" --aarch64 "$FOLDER/$TARGET/lab/instructions"
