# shellcheck shell=bash
# What runs on Android's own C library, without a phone: the tests of the crates that reach one, built for
# aarch64-linux-android, under qemu-user and our own loader, in `./build.sh test`; and the libraries of the APK, which
# are loaded, in `./build.sh apk`. build.sh sources this file after
# native.sh.

# Genuine libraries of Android 6.0 (API 23), for tests only: fetched, never part of this repository.
BIONIC_ARTIFACT=com.github.zhkl0228:unidbg-android:0.9.8
BIONIC_SHA256=e2f71ffc5fdec4d4aaed71e7a9a2b06a9a3c7cc86316c573d1ea5bb5da8ab1fd
BIONIC_PACKAGES=(wire engine tunnel hushwall-jni)
# What Android 8's filter kills an app for.
BIONIC_FORBIDDEN='^(statx|clone3|openat2|faccessat2|close_range|pidfd_.*|io_uring_.*|rseq)$'

bionic_folder() { printf '%s\n' "$(native_folder)/bionic"; }

# bionic_tests [ARGUMENT...]: all of it is run, whatever fails on the way; arguments are libtest's.
bionic_tests() {
    local failed=0 began=$SECONDS
    bionic_toolchain
    native_stubs arm64-v8a
    say "toolchain for Android: $((SECONDS - began)) s"
    began=$SECONDS
    bionic_fake || failed=1
    bionic_cargo_test "$@" || failed=1
    bionic_exports || failed=1
    bionic_calls || failed=1
    say "tests on Android's C library: $((SECONDS - began)) s"
    return "$failed"
}

# bionic_loads: what an APK holds is loaded as old Androids would.
bionic_loads() {
    local failed=0
    bionic_toolchain
    bionic_names || failed=1
    bionic_built || failed=1
    return "$failed"
}

bionic_toolchain() {
    need_native
    install qemu-user-static maven unzip
    bionic_libraries
    bionic_loader arm64-v8a
    bionic_loader armeabi-v7a
}

# Unpacks the libraries of both widths, under the names by which they call each other.
bionic_libraries() {
    local folder jar width library
    folder=$(bionic_folder)
    jar="$folder/unidbg-android-0.9.8.jar"
    [ ! -f "$folder/lib/libc.so" ] || return 0
    say "fetching Android's C library"
    mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        "-Dartifact=$BIONIC_ARTIFACT" "-DoutputDirectory=$folder" >&2
    sha256sum --check --quiet <<<"$BIONIC_SHA256  $jar" || die "$jar is not what it was"
    for width in lib64 lib; do
        mkdir -p "$folder/$width"
        for library in libm libdl liblog libcpp libc; do
            unzip -p "$jar" "android/sdk23/$width/$library.so" >"$folder/$width/${library/cpp/c++}.so"
        done
    done
    rm "$jar"
}

bionic_width() { [ "$1" = arm64-v8a ] && echo lib64 || echo lib; }

bionic_loader_target() { [ "$1" = arm64-v8a ] && echo aarch64-unknown-none || echo armv7a-none-eabi; }

bionic_loader() {
    local target variable
    target=$(bionic_loader_target "$1")
    variable="CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")"
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$NATIVE_LIBRARY" \
        "${variable}_LINKER=$HUSHWALL_LLD" \
        cargo build --quiet --locked --release --manifest-path android/toolchain/Cargo.toml --package loader \
        --target "$target" -Zbuild-std=core -Zbuild-std-features=compiler-builtins-mem \
        --target-dir "$(native_folder)/toolchain"
}

# bionic_run ABI: the words before a program that make it run.
bionic_run() {
    local machine=aarch64
    [ "$1" = arm64-v8a ] || machine=arm
    printf 'qemu-%s-static %s %s\n' "$machine" "$(native_folder)/toolchain/$(bionic_loader_target "$1")/release/loader" \
        "$(bionic_folder)/$(bionic_width "$1")"
}

# Each name in our lists is one that API 23's libraries export.
bionic_names() {
    local abi library missing failed=0
    for abi in arm64-v8a armeabi-v7a; do
        for library in libc libdl liblog libm; do
            missing=$(comm -23 <(native_names "$library" | sort -u) \
                <(readelf -W --dyn-syms "$(bionic_folder)/$(bionic_width "$abi")/$library.so" 2>/dev/null |
                    awk '$7 != "UND" { sub(/@.*/, "", $8); print $8 }' | sort -u))
            [ -z "$missing" ] || {
                say "$library of API 23 ($abi) lacks: ${missing//$'\n'/ }"
                failed=1
            }
        done
    done
    return "$failed"
}

# Optimised a little: qemu runs it all.
bionic_cargo() {
    CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0 native_cargo arm64-v8a "$1" \
        -Zbuild-std=std,panic_unwind --target-dir "$(native_folder)/build" "${@:2}"
}

# bionic_bounded SECONDS: the words before those of bionic_run that end a run, and begin it again, when it hangs. A child
# that a test forks (`ip`) may for ever wait for a lock of qemu's own, which another thread held at that moment: of a hundred
# runs beside each other with two tests at a time, 14 did. One test at a time makes it rare, not impossible.
bionic_bounded() { printf '%s %s ' "$PWD/android/toolchain/bounded" "$1"; }

bionic_cargo_test() {
    local packages=() package
    for package in "${BIONIC_PACKAGES[@]}"; do packages+=(--package "$package"); done
    CARGO_TARGET_AARCH64_LINUX_ANDROID_RUNNER="$(bionic_bounded 300)$(bionic_as_root)$(bionic_run arm64-v8a)" \
        TMPDIR="${TMPDIR:-/tmp}" \
        bionic_cargo test --quiet --no-fail-fast --lib "${packages[@]}" -- --test-threads=1 "$@"
}

# What the app asks the system's resolver by, as a library that tests of tunnel load.
bionic_fake() {
    bionic_cargo build --quiet --package bionic --example android
    export HUSHWALL_FAKE_LIBANDROID
    HUSHWALL_FAKE_LIBANDROID="$(native_folder)/build/aarch64-linux-android/debug/examples/libandroid.so"
}

# What the app calls, called by a stand-in for the virtual machine.
bionic_exports() {
    bionic_cargo build --quiet --package hushwall-jni --lib
    CARGO_TARGET_AARCH64_LINUX_ANDROID_RUNNER="$(bionic_bounded 120)$(bionic_as_root)$(bionic_run arm64-v8a)" \
        HUSHWALL_LIBRARY="$(native_folder)/build/aarch64-linux-android/debug/libhushwall_jni.so" \
        bionic_cargo test --quiet --package bionic --test exports -- --ignored
}

bionic_as_root() { [ "$(id -u)" -eq 0 ] || printf '%s ' "$NAMESPACE_ROOT"; }

# The system calls of a session (TUN, sockets, panic and rebuild) are on the list, and none is one that older Androids
# kill for.
bionic_calls() {
    local program calls unknown
    program=$(bionic_cargo test --quiet --no-run --lib --package tunnel --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
    calls="$(bionic_folder)/calls"
    # shellcheck disable=SC2046 # Words, none of which has a space in it.
    $(bionic_bounded 120) $(bionic_as_root) $(bionic_run arm64-v8a | sed 's/ / -strace /') "$program" run:: --test-threads=1 \
        2>"$calls" >/dev/null || {
        say "the session's tests fail when traced"
        return 1
    }
    # Two threads may write into one line: what is no name is none.
    unknown=$(sed -n 's/^[0-9]* \([a-z_][a-z_0-9]*\)(.*/\1/p' "$calls" | sort -u |
        comm -23 - <(grep -x '[a-z_0-9]*' android/toolchain/calls.txt | sort -u))
    [ -z "$unknown" ] || {
        say "system calls that are not in android/toolchain/calls.txt: ${unknown//$'\n'/ }"
        return 1
    }
    ! grep -E "$BIONIC_FORBIDDEN" android/toolchain/calls.txt
}

# The libraries that are built for the APK load on both widths of bionic.
bionic_built() {
    local abi library failed=0
    for abi in arm64-v8a armeabi-v7a; do
        library="$PWD/$NATIVE_LIBRARIES/$abi/libhushwall.so"
        [ -f "$library" ] || continue
        # shellcheck disable=SC2046 # As above.
        $(bionic_run "$abi") "$library" || {
            say "$library does not load"
            failed=1
        }
    done
    return "$failed"
}
