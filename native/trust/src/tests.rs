use minisign::{KeyPair, SecretKey};

use super::*;

const DAY: u64 = 86_400;
/// Noon of 2026-11-21.
const NOW: u64 = 1_795_219_200 + DAY / 2;
const LIST: &[u8] = b"0.0.0.0 ads.example\n";

struct Signing {
    secret: SecretKey,
    public: String,
}

fn key() -> Signing {
    let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
    Signing {
        secret: sk,
        public: pk.to_box().unwrap().into_string(),
    }
}

fn sign(key: &Signing, bytes: &[u8]) -> String {
    minisign::sign(None, &key.secret, bytes, Some("a list"), None)
        .unwrap()
        .into_string()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn manifest(number: u64, expires: &str) -> String {
    let expires = Day::parse(expires).unwrap();
    Manifest::new(version(number), expires, [("hushwall.list", LIST)])
        .unwrap()
        .to_string()
}

fn offer(key: &Signing, number: u64, expires: &str) -> Offered {
    let keys = Keys::parse(&key.public, None).unwrap();
    let manifest = manifest(number, expires);
    Offered::parse(&keys, manifest.as_bytes(), &sign(key, manifest.as_bytes())).unwrap()
}

const SEEN: u64 = 2026110101;

fn seen() -> Seen {
    Seen::builtin(version(SEEN))
}

#[test]
fn signed_list_is_accepted_with_its_files() {
    let accepted = offer(&key(), 2026112001, "2027-02-18")
        .accept(seen(), NOW)
        .unwrap();
    assert_eq!(accepted.version().to_string(), "2026112001");
    assert_eq!(accepted.check_file("hushwall.list", LIST), Ok(()));
}

#[test]
fn older_version_than_the_highest_seen_is_refused() {
    let key = key();
    let refused = offer(&key, 2026103199, "2027-02-18").accept(seen(), NOW);
    assert_eq!(
        refused,
        Err(OfferError::RollBack {
            offered: version(2026103199),
            seen: version(SEEN)
        })
    );
    let after_update = seen().and(version(2026112002)).and(version(2026111001));
    assert!(
        offer(&key, 2026112001, "2027-02-18")
            .accept(after_update, NOW)
            .is_err()
    );
    assert!(
        offer(&key, 2026112002, "2027-02-18")
            .accept(after_update, NOW)
            .is_ok()
    );
}

#[test]
fn roll_back_is_refused_under_every_clock() {
    let key = key();
    for now in [0, NOW, u64::MAX] {
        let refused = offer(&key, 2026103101, "9999-12-31").accept(seen(), now);
        assert!(matches!(refused, Err(OfferError::RollBack { .. })), "{now}");
    }
}

#[test]
fn expired_offer_is_refused_and_its_last_day_is_not() {
    let key = key();
    let refused = offer(&key, 2026110201, "2026-11-20").accept(seen(), NOW);
    assert_eq!(
        refused,
        Err(OfferError::Expired {
            expires: Day::parse("2026-11-20").unwrap()
        })
    );
    assert!(offer(&key, 2026110201, "2026-11-21").accept(seen(), NOW).is_ok());
}

#[test]
fn list_in_force_is_shown_as_old_and_nothing_more() {
    let list = Manifest::parse(manifest(2026110201, "2026-11-20").as_bytes()).unwrap();
    let expired = Day::parse("2026-11-20").unwrap();
    assert_eq!(list.age(seen(), NOW), Age::Old { expired });
    assert_eq!(list.age(seen(), NOW - DAY), Age::Current);
}

#[test]
fn clock_before_the_build_is_ignored() {
    let key = key();
    let offered = offer(&key, 2026112001, "2026-11-20");
    assert!(offered.clone().accept(seen(), 0).is_ok());
    // After the built-in list and before the offered one: the offer itself shows that the clock is behind.
    let between = NOW - 10 * DAY;
    assert_eq!(offered.manifest().age(seen(), between), Age::ClockIsWrong);
    // Before the highest seen, though after the list in force.
    let ahead = seen().and(version(2026112101));
    assert_eq!(offered.manifest().age(ahead, NOW - DAY), Age::ClockIsWrong);
}

#[test]
fn other_keys_are_refused_and_the_next_one_is_known() {
    let (current, next, stranger) = (key(), key(), key());
    let keys = Keys::parse(&current.public, Some(&next.public)).unwrap();
    let text = manifest(2026112001, "2027-02-18");
    let parse = |by: &Signing| Offered::parse(&keys, text.as_bytes(), &sign(by, text.as_bytes()));
    assert_eq!(parse(&current).unwrap().signer(), Signer::Current);
    assert_eq!(parse(&next).unwrap().signer(), Signer::Next);
    assert_eq!(
        parse(&stranger),
        Err(OfferError::Signature(SignatureError::UnknownKey))
    );
    let alone = Keys::parse(&current.public, None).unwrap();
    assert!(Offered::parse(&alone, text.as_bytes(), &sign(&next, text.as_bytes())).is_err());
}

#[test]
fn signature_of_another_version_does_not_fit() {
    let key = key();
    let keys = Keys::parse(&key.public, None).unwrap();
    let old = sign(&key, manifest(2026111901, "2027-02-18").as_bytes());
    let new = manifest(2026112001, "2027-02-18");
    assert_eq!(
        Offered::parse(&keys, new.as_bytes(), &old),
        Err(OfferError::Signature(SignatureError::Mismatch))
    );
}

#[test]
fn no_flipped_bit_passes() {
    let key = key();
    let keys = Keys::parse(&key.public, None).unwrap();
    let text = manifest(2026112001, "2027-02-18");
    let signature = sign(&key, text.as_bytes());
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 8);
        assert!(
            Offered::parse(&keys, &bytes, &signature).is_err(),
            "manifest, byte {at}"
        );
    }
    // The first line is no part of what is signed, and says so.
    let from = signature.find('\n').unwrap() + 1;
    for at in from..signature.len() {
        let mut bytes = signature.clone().into_bytes();
        bytes[at] ^= 1 << (at % 6);
        let Ok(flipped) = String::from_utf8(bytes) else {
            continue;
        };
        // A line's end may change into another kind of end, or be lost at the very end.
        if flipped.lines().skip(1).eq(signature.lines().skip(1)) {
            continue;
        }
        assert!(
            Offered::parse(&keys, text.as_bytes(), &flipped).is_err(),
            "signature, byte {at}"
        );
    }
    for at in 0..LIST.len() {
        let mut bytes = LIST.to_vec();
        bytes[at] ^= 1 << (at % 8);
        let refused = Manifest::parse(text.as_bytes())
            .unwrap()
            .check_file("hushwall.list", &bytes);
        assert!(matches!(refused, Err(FileError::Hash { .. })), "list, byte {at}");
    }
}

#[test]
fn nothing_cut_off_passes() {
    let key = key();
    let keys = Keys::parse(&key.public, None).unwrap();
    let text = manifest(2026112001, "2027-02-18");
    let signature = sign(&key, text.as_bytes());
    for length in 0..text.len() {
        let cut = &text.as_bytes()[..length];
        assert!(Manifest::parse(cut).is_err(), "manifest, {length} bytes");
        assert!(
            Offered::parse(&keys, cut, &signature).is_err(),
            "manifest, {length} bytes"
        );
    }
    for length in 0..signature.trim_end().len() {
        assert!(
            Offered::parse(&keys, text.as_bytes(), &signature[..length]).is_err(),
            "signature, {length} bytes"
        );
    }
    let parsed = Manifest::parse(text.as_bytes()).unwrap();
    for length in 0..LIST.len() {
        let refused = parsed.check_file("hushwall.list", &LIST[..length]);
        assert!(
            matches!(refused, Err(FileError::Length { .. })),
            "list, {length} bytes"
        );
    }
}

#[test]
fn manifest_is_written_in_one_way_only() {
    let good = manifest(2026112001, "2027-02-18");
    for (from, to) in [
        ("hushwall-list 1", "hushwall-list 2"),
        ("version 2026112001", "version 2026023001"),
        ("version 2026112001", "version 02026112001"),
        ("expires 2027-02-18", "expires 2026-11-19"),
        (" 20 hushwall", " 020 hushwall"),
        (" 20 hushwall", "  20 hushwall"),
        ("hushwall.list\n", "../hushwall.list\n"),
        ("hushwall.list\n", ".hushwall\n"),
        ("hushwall.list\n", "a/b\n"),
        ("hushwall.list\n", "a\\b\n"),
        ("hushwall.list\n", "a b\n"),
        ("hushwall.list\n", "hushwall.list\n\n"),
        ("hushwall.list\n", "hushwall.list\r\n"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(good, bad, "{from}");
        assert!(Manifest::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    let line = good.lines().last().unwrap();
    assert!(
        Manifest::parse(format!("{good}{line}\n").as_bytes()).is_err(),
        "twice"
    );
    assert!(Manifest::parse(&vec![b'a'; LONGEST_MANIFEST + 1]).is_err());
}

#[test]
fn file_outside_the_manifest_is_unknown() {
    let parsed = Manifest::parse(manifest(2026112001, "2027-02-18").as_bytes()).unwrap();
    assert!(matches!(
        parsed.check_file("other.list", LIST),
        Err(FileError::Unknown { .. })
    ));
}

#[test]
fn signature_without_prehashing_is_refused() {
    let key = key();
    let keys = Keys::parse(&key.public, None).unwrap();
    let text = manifest(2026112001, "2027-02-18");
    // The algorithm is the first two bytes: `ED` with prehashing, `Ed` without.
    let prehashed = sign(&key, text.as_bytes());
    let legacy = prehashed.replacen("\nRU", "\nRW", 1);
    assert_ne!(prehashed, legacy);
    assert_eq!(
        Offered::parse(&keys, text.as_bytes(), &legacy),
        Err(OfferError::Signature(SignatureError::Legacy))
    );
}

#[test]
fn versions_are_days() {
    assert_eq!(
        Version::parse("2026112101").unwrap().built().to_string(),
        "2026-11-21"
    );
    for text in [
        "2026133101",
        "20261121",
        "202611210",
        "20261121011",
        "+026112101",
        "",
    ] {
        assert_eq!(Version::parse(text), Err(VersionError), "{text}");
    }
    assert_eq!(Version::new(u64::MAX), Err(VersionError));
}

#[test]
fn text_that_is_no_key_is_refused() {
    for text in ["", "untrusted comment: minisign public key", "RWQ", "\n\n"] {
        assert_eq!(Keys::parse(text, None).unwrap_err(), KeyError);
    }
}
