use records::File;

use std::path::Path;

use super::phone::PhoneFile;
use super::read::read_capture;
use super::*;
use crate::capture::Capture;
use crate::replay::progress::Progress;

const RECORDING: &[u8] = include_bytes!("../../../../../tests/fixtures/phone/recording.jsonl");
const BREAKAGE: &[u8] = include_bytes!("../../../../../tests/fixtures/phone/breakage.jsonl");

fn rules() -> Vec<Rule> {
    curation::builtin()
        .rules()
        .map(|(_, rule)| rule.clone())
        .collect()
}

fn cases(files: &[&[u8]]) -> Cases {
    let mut cases = Cases::new(vendor_roots(&rules()).collect());
    for file in files {
        cases.handle_file(&PhoneFile::parse(file).unwrap());
    }
    cases
}

fn drafts(files: &[&[u8]]) -> String {
    draft::emit(&cases(files), &curation::builtin(), |_| false)
}

#[test]
fn drafts_are_leads_without_a_problem() {
    let text = drafts(&[RECORDING, BREAKAGE]);
    let file = File::parse(&text).unwrap();
    assert_eq!(file.problems(), [], "{text}");
    let names: Vec<_> = file
        .rules("proposed")
        .into_iter()
        .map(|rule| rule.pattern)
        .collect();
    assert_eq!(
        names,
        [
            "events.newshop.xiaomi.com",
            "promo.newshelf.intl.xiaomi.com",
            "wallpaper.newthemes.miui.com"
        ]
    );
    assert!(file.rule.iter().all(|rule| rule.status == records::Status::Lead));
}

#[test]
fn drafts_are_in_the_one_form_and_pass_lint() {
    let text = drafts(&[RECORDING, BREAKAGE]);
    assert_eq!(curation::fmt(&text).unwrap(), text);
    let mut files: Vec<(String, String)> = curation::builtin()
        .sheets
        .into_iter()
        .map(|sheet| (sheet.path, sheet.text))
        .collect();
    files.push(("blocklists/proposed.toml".to_owned(), text));
    let errors: Vec<_> = curation::lint(&curation::Collection::new(files))
        .into_iter()
        .filter(|finding| finding.level == curation::Level::Error)
        .collect();
    assert_eq!(errors, []);
}

#[test]
fn what_tells_of_a_person_is_left_out() {
    let text = drafts(&[RECORDING, BREAKAGE]);
    for private in ["clinic", "example.org", "867530912345678", "jan@", "2026-11-20"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    let left_out = cases(&[RECORDING]).left_out;
    assert_eq!(
        (left_out.others.len(), left_out.personal.len(), left_out.unfit),
        (1, 1, 0)
    );
}

#[test]
fn draft_says_who_called_and_what_fixed_it() {
    let text = drafts(&[RECORDING, BREAKAGE]);
    for part in [
        "com.miui.msa.global 2025.03.10",
        "on HyperOS 2.0.203, Android 15",
        "20 times a minute or more",
        "wallpapers stay empty, ask in com.android.thememanager 6.1.2: allowing this name fixed it",
        "allowing another name fixed it",
        "# Known already, and seen:\n# mistat/data-intl (shipped)",
        "last_seen = \"2026-11\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn names_that_nobody_has_listed_come_first() {
    let text = draft::emit(&cases(&[RECORDING]), &curation::builtin(), |name| {
        name.starts_with("events.")
    });
    let place = |name| text.find(&format!("name = \"{name}")).unwrap();
    assert!(place("promo.") < place("events.newshop"));
}

#[test]
fn files_of_a_newer_form_and_of_nothing_are_told_apart() {
    let newer = RECORDING.to_ascii_lowercase();
    let newer = String::from_utf8(newer)
        .unwrap()
        .replace("\"schema\":1", "\"schema\":2");
    let error = |bytes: &[u8]| PhoneFile::parse(bytes).unwrap_err().to_string();
    assert!(error(newer.as_bytes()).contains("schema 2"));
    assert!(error(b"0.0.0.0 ads.example").contains("neither"));
    assert!(error(b"").contains("neither"));
}

#[test]
fn unknown_fields_are_skipped_and_damaged_lines_cost_themselves() {
    let text = String::from_utf8(RECORDING.to_vec()).unwrap();
    let grown = text.replace("{\"app\":", "{\"grown\":[1],\"app\":");
    let with_damage = format!("{grown}{{\"app\":\n\n[]\n");
    let file = PhoneFile::parse(with_damage.as_bytes()).unwrap();
    assert_eq!((file.damaged, file.first_damaged), (2, Some(7)));
    assert!(matches!(file.lines, phone::Lines::Recording(calls) if calls.len() == 5));
}

#[test]
fn no_cut_and_no_flip_is_a_panic() {
    for file in [RECORDING, BREAKAGE] {
        for length in 0..file.len() {
            let _ = PhoneFile::parse(&file[..length]);
        }
        for at in 0..file.len() {
            let mut bytes = file.to_vec();
            bytes[at] ^= 1 << (at % 8);
            if let Ok(read) = PhoneFile::parse(&bytes) {
                let mut cases = Cases::new(vec!["xiaomi.com".to_owned(), "miui.com".to_owned()]);
                cases.handle_file(&read);
                let text = draft::emit(&cases, &curation::Collection::default(), |_| false);
                assert_eq!(File::parse(&text).unwrap().problems(), [], "byte {at}: {text}");
            }
        }
    }
}

/// A question for `name` over IPv4, in a pcap of raw IP.
fn pcap(name: &str) -> Vec<u8> {
    let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    let mut header = [0; wire::udp::MAX_HEADER];
    let (src, dst) = ("10.0.0.2:4000".parse().unwrap(), "10.0.0.1:53".parse().unwrap());
    let len = wire::udp::emit(&mut header, src, dst, &message);
    let packet = [&header[..len], &message].concat();
    let size = packet.len() as u32;
    let mut file = [
        0xa1b2_c3d4,
        0x0002_0004,
        0,
        0,
        65535,
        101,
        1_795_219_200,
        0,
        size,
        size,
    ]
    .map(u32::to_be_bytes)
    .concat();
    file.extend(packet);
    file
}

#[test]
fn capture_gives_names_without_addresses() {
    let mut cases = cases(&[]);
    let capture = Capture::read(Box::new(io::Cursor::new(pcap("found.api.miui.com")))).unwrap();
    read_capture(
        Path::new("x.pcap"),
        capture,
        &mut cases,
        &mut Progress::new(&[], false),
    )
    .unwrap();
    let text = draft::emit(&cases, &curation::builtin(), |_| false);
    assert!(text.contains("name = \"found.api.miui.com\""), "{text}");
    assert!(
        text.contains("as DNS question, once") && !text.contains("10.0.0"),
        "{text}"
    );
    assert!(text.contains("first_seen = \"2026-11\""), "{text}");
}
