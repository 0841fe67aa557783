# shellcheck shell=bash
# The Java half of `./build.sh apk`: unsigned APKs by Maven, signatures, checks. README.md in this folder says what each
# piece is for. build.sh sources this file: `say`, `die`, `install` and TARGET are its.

APK_NAMES=(universal arm64-v8a armeabi-v7a x86_64)
APK_FOLDER=android/target/apk
APK_OUT=$TARGET/apk
# An APK with one ABI.
APK_BYTES_AT_MOST=2097152
# 1.2 MiB, as in android/toolchain/native.sh.
LIBRARY_BYTES_AT_MOST=1258291

need_android() {
    command -v javac >/dev/null || install openjdk-17-jdk-headless
    command -v mvn >/dev/null || install maven
    command -v aapt2 >/dev/null || install aapt
    command -v apksigner >/dev/null || install apksigner
    command -v dexdump >/dev/null || install dexdump
    command -v unzip >/dev/null || install unzip
}

# in_android FOLDER WORD...: Maven, with what it says only where it fails or warns.
in_android() {
    local folder=$1
    shift
    mvn --quiet --batch-mode --no-transfer-progress --file "$folder/pom.xml" "$@" >&2
}

# A java of 21 or newer, which the framework of API 36 wants; nothing where none is.
newer_java() {
    local home version
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
        if [ ! -x "$home/bin/java" ] || [ ! -f "$home/release" ]; then continue; fi
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
        [ "${version:-0}" -lt 21 ] || {
            echo "$home/bin/java"
            return
        }
    done
}

android_tests() {
    need_android
    apk_assets
    local newer
    newer=$(newer_java)
    [ -n "$newer" ] || say "no Java 21 in /usr/lib/jvm: the tests of API 36 are left out"
    in_android android test ${newer:+"-Dnewer.java=$newer"}
}

# What the app shows of each rule, and the list for other apps, travel as files in the APK.
apk_assets() {
    need_rust
    local assets=android/src/main/assets hushwall=$TARGET/debug/hushwall preset form
    mkdir -p "$assets/export"
    cargo build --locked --quiet --package cli
    "$hushwall" lists explanations --output "$assets/explanations.txt"
    for preset in nothing-breaks balanced everything; do
        for form in hosts adguard; do
            # What the form narrows is counted in the file itself.
            "$hushwall" lists export "$form" --preset "$preset" >"$assets/export/$preset-$form.txt" 2>/dev/null
        done
    done
}

# The owner's key where the environment names one, else a key that is made once and stays out of the repository.
apk_key() {
    KEYSTORE=${HUSHWALL_KEYSTORE:-.tools/debug.p12}
    KEY_ALIAS=${HUSHWALL_KEY_ALIAS:-hushwall}
    if [ -n "${HUSHWALL_KEYSTORE:-}" ]; then
        [ -f "$KEYSTORE" ] || die "HUSHWALL_KEYSTORE names $KEYSTORE, which is not there"
        [ -n "${HUSHWALL_KEYSTORE_PASSWORD:-}" ] || die "HUSHWALL_KEYSTORE_PASSWORD is empty"
        return 0
    fi
    export HUSHWALL_KEYSTORE_PASSWORD=android
    [ -f "$KEYSTORE" ] && return 0
    say "making a key for signatures: $KEYSTORE"
    mkdir -p "$(dirname "$KEYSTORE")"
    keytool -genkeypair -keystore "$KEYSTORE" -storetype PKCS12 -storepass:env HUSHWALL_KEYSTORE_PASSWORD \
        -alias "$KEY_ALIAS" -keyalg EC -groupname secp256r1 -validity 10950 -dname "CN=Hushwall (built by its user)" >&2
}

apk_sign() {
    local name
    apk_key
    mkdir -p "$APK_OUT"
    for name in "${APK_NAMES[@]}"; do
        apksigner sign --ks "$KEYSTORE" --ks-key-alias "$KEY_ALIAS" --ks-pass env:HUSHWALL_KEYSTORE_PASSWORD \
            --min-sdk-version 26 --v1-signing-enabled false --v2-signing-enabled true --v3-signing-enabled true \
            --v4-signing-enabled false --out "$APK_OUT/hushwall-$name.apk" "$APK_FOLDER/hushwall-$name-unsigned.apk"
    done
}

# --- what has to be true of an APK --------------------------------------------------------------------------------

apk_wrong() {
    say "wrong: $*"
    APK_FAILED=1
}

# apk_check_one NAME: one signed APK.
apk_check_one() {
    local name=$1 apk=$APK_OUT/hushwall-$1.apk badging said abi code
    case "$name" in
    universal) code=0 ;;
    armeabi-v7a) code=1 ;;
    arm64-v8a) code=2 ;;
    x86_64) code=3 ;;
    esac
    said=$(apksigner verify --verbose --min-sdk-version 26 "$apk" 2>&1) || apk_wrong "$name: $said"
    grep -q 'v2 scheme (APK Signature Scheme v2): true' <<<"$said" || apk_wrong "$name has no signature of v2"
    grep -q 'v3 scheme (APK Signature Scheme v3): true' <<<"$said" || apk_wrong "$name has no signature of v3"
    ! grep -q WARNING <<<"$said" || apk_wrong "$name: $said"

    badging=$(aapt2 dump badging "$apk" 2>/dev/null) || apk_wrong "$name: aapt2 cannot read it"
    grep -q "^package: name='io.github.hushwall' versionCode='[1-9][0-9]*$code' " <<<"$badging" ||
        apk_wrong "$name: $(head -n 1 <<<"$badging")"
    grep -q "^sdkVersion:'26'" <<<"$badging" || apk_wrong "$name: not for API 26"
    grep -q "^targetSdkVersion:'36'" <<<"$badging" || apk_wrong "$name: does not target API 36"
    grep -q "^launchable-activity: name='io.github.hushwall.screens.HomeActivity'" <<<"$badging" ||
        apk_wrong "$name: the launcher does not open Home"
    ! grep -q '^application-debuggable' <<<"$badging" || apk_wrong "$name is debuggable"
    for abi in $(apk_abis "$name"); do
        unzip -l "$apk" "lib/$abi/libhushwall.so" >/dev/null || apk_wrong "$name has no library for $abi"
        [ "$(stat -c %s "android/src/main/jniLibs/$abi/libhushwall.so")" -le "$LIBRARY_BYTES_AT_MOST" ] ||
            apk_wrong "the library for $abi is over 1.2 MB"
    done
    apk_aligned "$apk" || apk_wrong "$name: a library is not stored at 16 KiB"
    [ "$name" = universal ] || [ "$(stat -c %s "$apk")" -le "$APK_BYTES_AT_MOST" ] || apk_wrong "$name is over 2 MiB"
}

apk_abis() {
    if [ "$1" = universal ]; then echo "arm64-v8a armeabi-v7a x86_64"; else echo "$1"; fi
}

apk_aligned() { java android/packaging/Aligned.java "$1" >&2; }

# No phone links what a dexer makes of invokedynamic and of method handles.
apk_check_dex() {
    local calls
    calls=$(dexdump -d "$APK_FOLDER/classes.dex" | grep -c 'invoke-custom\|invoke-polymorphic' || true)
    [ "$calls" -eq 0 ] || apk_wrong "the dex has $calls calls that no phone links"
}

# Two builds in different folders are the same bytes before they are signed. Of the three libraries, which are made by the
# same words, one is built anew there; that takes as long as all else does.
APK_AGAIN=$TARGET/apk-again/another/folder
APK_AGAIN_ABI=armeabi-v7a

apk_again_begin() {
    rm -rf "$TARGET/apk-again"
    mkdir -p "$APK_AGAIN/android"
    cp -r android/pom.xml android/packaging android/src "$APK_AGAIN/android/"
    rm -r "$APK_AGAIN/android/src/main/jniLibs/$APK_AGAIN_ABI"
    native_elsewhere "$APK_AGAIN_ABI" "$APK_AGAIN" >"$TARGET/apk-again/library.log" 2>&1 &
    APK_AGAIN_JOB=$!
}

apk_check_reproducible() {
    local name
    wait "$APK_AGAIN_JOB" || {
        cat "$TARGET/apk-again/library.log" >&2
        apk_wrong "no library in another folder"
    }
    in_android "$APK_AGAIN/android" package -Dmaven.test.skip=true -DskipTests
    for name in "${APK_NAMES[@]}"; do
        cmp "$APK_FOLDER/hushwall-$name-unsigned.apk" "$APK_AGAIN/android/target/apk/hushwall-$name-unsigned.apk" >&2 ||
            apk_wrong "$name: another folder gives other bytes"
    done
    rm -rf "$TARGET/apk-again"
}

apk_check() {
    local name
    APK_FAILED=0
    for name in "${APK_NAMES[@]}"; do apk_check_one "$name"; done
    apk_check_dex
    say "the same from another folder, to compare"
    apk_check_reproducible
    [ "$APK_FAILED" -eq 0 ] || die "the APKs are not as they should be"
}

apk_table() {
    local name abi library
    printf '%-14s %10s %10s %10s\n' APK bytes library dex
    for name in "${APK_NAMES[@]}"; do
        library=0
        for abi in $(apk_abis "$name"); do
            [ ! -f "android/src/main/jniLibs/$abi/libhushwall.so" ] ||
                library=$((library + $(stat -c %s "android/src/main/jniLibs/$abi/libhushwall.so")))
        done
        printf '%-14s %10d %10d %10d\n' "$name" "$(stat -c %s "$APK_OUT/hushwall-$name.apk")" "$library" \
            "$(stat -c %s "$APK_FOLDER/classes.dex")"
    done
    printf 'in %s; certificate SHA-256 %s\n' "$APK_OUT" \
        "$(apksigner verify --print-certs "$APK_OUT/hushwall-universal.apk" | sed -n 's/.*SHA-256 digest: //p' | head -n 1)"
}

# Everything, from sources to checked APKs.
apk() {
    need_android
    apk_assets
    say "the library, for each kind of processor"
    apk_native
    apk_again_begin
    say "Android's own C library: the names that ours needs, and whether it loads"
    bionic_loads
    say "the app: resources, Kotlin, dex"
    in_android android package -Dmaven.test.skip=true -DskipTests
    say "signatures"
    apk_sign
    apk_check
    apk_table
}
