# shellcheck shell=bash
# The native half of `./build.sh apk`: native/jni as libhushwall.so for each ABI, from public registries, without an
# NDK. README.md in this folder says what each piece is for. build.sh sources this file: `say`, `die`, `install`,
# `need_rust` and TARGET are its.

NATIVE_ABIS=(arm64-v8a armeabi-v7a x86_64)
NATIVE_LIBRARIES=android/src/main/jniLibs
# No library is larger than 1.2 MiB.
NATIVE_BYTES_AT_MOST=1258291

# What this file makes that outlives a build: sources, stubs, unwinders, and Cargo's target folder.
# shellcheck disable=SC2153 # build.sh sets it.
native_folder() { printf '%s\n' "$TARGET/android"; }

native_target() {
    case "$1" in
    arm64-v8a) echo aarch64-linux-android ;;
    armeabi-v7a) echo armv7-linux-androideabi ;;
    x86_64) echo x86_64-linux-android ;;
    *) die "no such ABI: $1" ;;
    esac
}

# The name by which ld.lld knows an ABI.
native_emulation() {
    case "$1" in
    arm64-v8a) echo aarch64linux ;;
    armeabi-v7a) echo armelf_linux_eabi ;;
    x86_64) echo elf_x86_64 ;;
    esac
}

# --- what a fresh machine lacks -----------------------------------------------------------------------------------

need_native() {
    need_rust
    command -v readelf >/dev/null || install binutils
    native_sources
    native_linker
}

# Sets NATIVE_LIBRARY, the folder `library` of exactly this compiler's sources, for -Zbuild-std: rustup's component or
# Debian's package where one is installed; the package of Debian's backports, unpacked and not installed; rustup's
# component, fetched. A target that is installed ready-made is passed over: the same bytes everywhere.
native_sources() {
    local version sysroot
    version=$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
    sysroot=$(rustc --print sysroot)
    NATIVE_LIBRARY="$(native_folder)/rust-$version/library"
    mkdir -p "${NATIVE_LIBRARY%/*}"
    ln -sfn "$sysroot/lib" "${NATIVE_LIBRARY%/*}/lib"
    [ -f "$NATIVE_LIBRARY/Cargo.lock" ] && return 0
    local installed="$sysroot/lib/rustlib/src/rust/library"
    if [ ! -f "$installed/Cargo.lock" ]; then
        if [ "$(command -v rustc)" = /usr/bin/rustc ] && ! command -v rustup >/dev/null; then
            install rust-web-src
        else
            say "fetching the sources of Rust $version's libraries"
            native_backport "$version" || rustup component add rust-src >&2 ||
                die "no sources of Rust $version's libraries: install the component rust-src"
        fi
    fi
    [ -f "$NATIVE_LIBRARY/Cargo.lock" ] && return 0
    [ -f "$installed/Cargo.lock" ] || die "no sources of Rust $version's libraries in $installed"
    # A copy: where the sources lie ends in symbol names, and every build has them at the same place.
    mkdir -p "$NATIVE_LIBRARY"
    cp -rL "$installed/." "$NATIVE_LIBRARY"
}

# Debian's package rust-src of this version, of which only the folder `library` is unpacked. The machine's own package
# lists are not touched.
native_backport() {
    local version=$1 mirror apt package
    command -v apt-get >/dev/null || return 1
    mirror=$(native_mirror)
    [ -n "$mirror" ] || return 1
    apt="$(native_folder)/apt"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie-backports main\n' "$mirror" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt";
Acquire::Languages "none";
APT::Sandbox::User "root";
CONF
    APT_CONFIG="$apt/apt.conf" apt-get update -qq || return 1
    package=$(APT_CONFIG="$apt/apt.conf" apt-cache madison rust-src |
        awk -v want="$version" 'index($3, want "+") == 1 { print $3; exit }')
    [ -n "$package" ] || return 1
    (cd "$apt/archives" && APT_CONFIG="$apt/apt.conf" apt-get download -qq "rust-src=$package") || return 1
    mkdir -p "$apt/unpacked"
    dpkg-deb --fsys-tarfile "$apt/archives/rust-src_"*.deb |
        tar -x -C "$apt/unpacked" --strip-components=4 "./usr/src/rustc-$version/library"
    mkdir -p "$(dirname "$NATIVE_LIBRARY")"
    mv "$apt/unpacked/library" "$NATIVE_LIBRARY"
    rm -rf "$apt"
}

# Where this machine gets Debian's packages from.
native_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p' |
        sed -n '/\/debian\/\?$/{s/\/$//p;t;p}' | head -n 1
}

# Sets HUSHWALL_LLD: the compiler's own, or Debian's.
native_linker() {
    HUSHWALL_LLD="$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/gcc-ld/ld.lld"
    if [ ! -x "$HUSHWALL_LLD" ]; then
        command -v ld.lld >/dev/null || install lld
        HUSHWALL_LLD=$(command -v ld.lld)
    fi
    export HUSHWALL_LLD
}

# --- stubs and unwinder -------------------------------------------------------------------------------------------

# native_cargo ABI WORD ARGUMENT...: Cargo for this ABI, std from source. The caller says which crates of std by -Zbuild-std.
native_cargo() {
    local abi=$1 target variable
    shift
    target=$(native_target "$abi")
    variable="CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")"
    # A set RUSTFLAGS, even an empty one, would replace ours. The paths of this machine stay out of the library.
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET \
        RUSTC_BOOTSTRAP=1 \
        __CARGO_TESTS_ONLY_SRC_ROOT="$NATIVE_LIBRARY" \
        HUSHWALL_STUBS="$(native_folder)/stubs/$abi" \
        HUSHWALL_SYSROOT="${NATIVE_LIBRARY%/*}" \
        RUSTC_WRAPPER="$PWD/android/toolchain/sysroot" \
        "${variable}_LINKER=$PWD/android/toolchain/linker" \
        "${variable}_RUSTFLAGS=-Cforce-unwind-tables=yes --remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo" \
        cargo "$1" --locked --target "$target" "${@:2}"
}

# The names that we use of Android's libraries, as libraries to link against; and libunwind.a.
native_stubs() {
    local abi=$1 folder library mine=$BASHPID
    folder="$(native_folder)/stubs/$abi"
    mkdir -p "$folder"
    # Another build may be linking against them: each comes into its place whole.
    for library in libc libdl liblog libm; do
        native_names "$library" | sed 's/$/ = 0;/' >"$folder/$library.ld.$mine"
        "$HUSHWALL_LLD" -m "$(native_emulation "$abi")" -shared -soname "$library.so" \
            -o "$folder/$library.so.$mine" "$folder/$library.ld.$mine"
        mv "$folder/$library.so.$mine" "$folder/$library.so"
        rm "$folder/$library.ld.$mine"
    done
    native_cargo "$abi" build --quiet --release --manifest-path android/toolchain/Cargo.toml --package unwind \
        -Zbuild-std=core --target-dir "$(native_folder)/toolchain"
    cp "$(native_folder)/toolchain/$(native_target "$abi")/release/libunwind.a" "$folder/libunwind.a.$mine"
    mv "$folder/libunwind.a.$mine" "$folder/libunwind.a"
}

# native_names LIBRARY: its names in our list.
native_names() { grep -x '[a-zA-Z_][a-zA-Z0-9_]*' "android/toolchain/stubs/$1.txt" || true; }

# --- the library --------------------------------------------------------------------------------------------------

# apk_native [ABI...]: libhushwall.so of each, checked, where the APK's build looks for it. All at once: what takes time is
# link-time optimization, which one processor does.
apk_native() {
    local abi job jobs=() failed=0
    [ "$#" -gt 0 ] || set -- "${NATIVE_ABIS[@]}"
    need_native
    for abi in "$@"; do
        native_one "$abi" &
        jobs+=("$!")
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    [ "$failed" -eq 0 ] || die "a library for Android was not made: see above"
}

# native_beside: as apk_native, in the time that others leave a processor idle. native_beside_end waits for it.
native_beside() {
    need_native
    mkdir -p "$(native_folder)"
    # In a group of its own, so that an end of this script is the end of all of it.
    set -m
    (
        chrt --idle --pid 0 "$BASHPID" 2>/dev/null || renice -n 19 -p "$BASHPID" >/dev/null
        apk_native
    ) >"$(native_folder)/beside.log" 2>&1 &
    NATIVE_BESIDE=$!
    set +m
    trap 'kill -- "-$NATIVE_BESIDE" 2>/dev/null || true' EXIT
}

native_beside_end() {
    local ended=0
    # What waits for it is idle itself by now.
    wait "$NATIVE_BESIDE" || ended=1
    trap - EXIT
    cat "$(native_folder)/beside.log" >&2
    return "$ended"
}

# native_elsewhere ABI FOLDER: the library of one ABI once more, from copies of its sources in another folder.
native_elsewhere() {
    local abi=$1 folder=$2
    mkdir -p "$folder/android" "$folder/target/android"
    cp -r Cargo.toml Cargo.lock rust-toolchain.toml blocklists native tests "$folder/"
    cp -r android/toolchain "$folder/android/"
    # The sources of std were fetched once.
    cp -a "$(native_folder)"/rust-* "$folder/target/android/"
    (cd "$folder" && TARGET="$folder/target" && apk_native "$abi")
}

native_one() {
    local abi=$1 library="$NATIVE_LIBRARIES/$1/libhushwall.so" began=$SECONDS
    native_stubs "$abi"
    native_library "$abi"
    mkdir -p "$NATIVE_LIBRARIES/$abi"
    cp "$(native_folder)/build-$abi/$(native_target "$abi")/phone/libhushwall_jni.so" "$library"
    native_check "$library"
    say "$library: $(stat -c %s "$library") bytes, $((SECONDS - began)) s"
}

# As nothing but a shared library: with the library that the tests link beside it, Cargo would leave link-time
# optimization out. std is built without backtraces, which a stripped library cannot make.
native_library() {
    local abi=$1 panic=unwind
    [ "$abi" != armeabi-v7a ] || panic=abort
    CARGO_PROFILE_PHONE_PANIC=$panic native_cargo "$abi" rustc --quiet --package hushwall-jni --lib --crate-type cdylib \
        --profile phone \
        "-Zbuild-std=std,panic_$panic" -Zbuild-std-features=panic-unwind --target-dir "$(native_folder)/build-$abi"
}

# What an Android linker would refuse, and what a phone with 16 KiB pages would.
native_check() {
    local library=$1 headers dynamic bytes needed
    headers=$(readelf -Wl "$library")
    dynamic=$(readelf -Wd "$library")
    bytes=$(stat -c %s "$library")
    needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic" | grep -vxE 'lib(c|dl|log|m)\.so' || true)
    [ "$bytes" -le "$NATIVE_BYTES_AT_MOST" ] || die "$library has $bytes bytes, $NATIVE_BYTES_AT_MOST are allowed"
    [ -z "$needed" ] || die "$library needs $needed"
    awk '$1 == "LOAD" && $NF != "0x4000" { exit 1 }' <<<"$headers" || die "$library: a segment is not aligned to 16 KiB"
    awk '$1 == "LOAD" && /RWE/ { exit 1 }' <<<"$headers" || die "$library: a segment is writable and executable"
    awk '$1 == "TLS" { exit 1 }' <<<"$headers" || die "$library: has a TLS segment"
    ! grep -q TEXTREL <<<"$dynamic" || die "$library: has text relocations"
}
