//! `hushwall lists` as scripts see it: exit codes, and what goes to stdout.
#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests, too")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const RECORD: &str = r#"schema = 1
title = "T"
about = "A."
role = "block"
function = "usage"

[source.a]
kind = "report"
url = "https://example.com/a"
tried = true
read = "2026-11-20"
says = "S."

[[rule]]
id = "r"
name = "data.mistat.xiaomi.com"
match = "exact"
sends = "S."
breaks = "none"
evidence = ["a"]
status = "shipped"
"#;

/// A folder of one file of records, of this test's own.
fn folder(test: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    // What an earlier run left is gone; a first run has nothing to remove.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("x.toml"), text).unwrap();
    folder
}

fn hushwall(folder: &Path, arguments: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hushwall"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read has gone before.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn lint_exits_with_what_it_found() {
    let record = RECORD.replace("data.mistat.xiaomi.com", "data.mistat.tr.xiaomi.com");
    let sound = folder("lint-sound", &record);
    let (code, out, told) = hushwall(&sound, &["lists", "lint", "x.toml"], "");
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(told, "1 rule in 1 file: 0 errors, 0 of advice\n");
    let (code, out, _) = hushwall(&folder("lint-beside", RECORD), &["lists", "lint", "x.toml"], "");
    assert_eq!(code, 1);
    assert!(out.contains("error[duplicate]"), "{out}");
    let wrong = folder(
        "lint-wrong",
        &RECORD.replace("data.mistat.xiaomi.com", "weatherapi.market.xiaomii.com"),
    );
    let (code, out, _) = hushwall(&wrong, &["lists", "lint", "x.toml"], "");
    assert_eq!(code, 1);
    assert!(out.starts_with("x.toml:16: error[typo]: "), "{out}");
    let (code, out, _) = hushwall(&wrong, &["lists", "lint", "--format", "github", "x.toml"], "");
    assert_eq!(code, 1);
    assert!(
        out.starts_with("::error file=x.toml,line=16,title=typo::"),
        "{out}"
    );
    let (code, out, error) = hushwall(&sound, &["lists", "lint", "missing.toml"], "");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("missing.toml"), "{error}");
}

#[test]
fn fmt_mends_what_its_check_finds_and_then_is_content() {
    let swapped = RECORD.replace(
        "id = \"r\"\nname = \"data.mistat.xiaomi.com\"\n",
        "name = \"data.mistat.xiaomi.com\"\nid = \"r\"\n",
    );
    let folder = folder("fmt", &swapped);
    let (code, out, _) = hushwall(&folder, &["lists", "fmt", "--check", "."], "");
    assert_eq!((code, out.contains("x.toml")), (1, true));
    assert_eq!(
        std::fs::read_to_string(folder.join("x.toml")).unwrap(),
        swapped,
        "a check writes nothing"
    );
    assert_eq!(hushwall(&folder, &["lists", "fmt", "."], "").0, 0);
    assert_eq!(std::fs::read_to_string(folder.join("x.toml")).unwrap(), RECORD);
    assert_eq!(hushwall(&folder, &["lists", "fmt", "--check", "."], "").0, 0);
}

#[test]
fn match_writes_a_line_a_name_by_preset_and_list() {
    let folder = folder("match", RECORD);
    std::fs::write(folder.join("own.txt"), "0.0.0.0 ads.example\n").unwrap();
    let names = "canary.hushwall.test\nads.example\nupdate.miui.com\n";
    let (code, out, _) = hushwall(
        &folder,
        &["lists", "match", "--preset", "none", "--list", "own.txt"],
        names,
    );
    assert_eq!(code, 0);
    let actions: Vec<&str> = out.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(actions, ["allow", "block", "allow"], "{out}");
    let (_, out, _) = hushwall(&folder, &["lists", "match"], names);
    assert!(
        out.starts_with("canary.hushwall.test\tblock\tcanary/name\nads.example\tallow\t-\n"),
        "{out}"
    );
}

#[test]
fn match_exits_with_what_it_could_not_read() {
    let folder = folder("match-unread", RECORD);
    let lines = "0.0.0.0 tracking.miui.com\nhttps://x.com/\nx.com\n";
    let (code, out, error) = hushwall(&folder, &["lists", "match"], lines);
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "0.0.0.0 tracking.miui.com\tunread\t-\nhttps://x.com/\tunread\t-\nx.com\tallow\t-\n"
    );
    assert!(error.contains("2 unread") && error.contains("line 1"), "{error}");
}

#[test]
fn explain_knows_the_lists_it_was_built_with_and_those_that_are_given() {
    let folder = folder("explain", RECORD);
    let (code, out, _) = hushwall(&folder, &["lists", "explain", "canary.hushwall.test"], "");
    assert_eq!(code, 0);
    assert!(out.contains("canary/name"), "{out}");
    let (_, out, _) = hushwall(
        &folder,
        &[
            "lists",
            "explain",
            "--from",
            "x.toml",
            "--json",
            "data.mistat.xiaomi.com",
        ],
        "",
    );
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["met"][0]["id"], "x/r");
}

#[test]
fn a_name_that_has_a_record_gets_no_second_draft() {
    let folder = folder("new", RECORD);
    let new = |name: &str| hushwall(&folder, &["lists", "new", "--from", "x.toml", name], "");
    let (code, out, error) = new("https://Data.Mistat.Xiaomi.com/");
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    assert!(
        error.contains("x/r (shipped)") && error.contains("lists explain data.mistat.xiaomi.com"),
        "{error}"
    );
    let (code, out, error) = new("data.mistat.tr.xiaomi.com");
    assert_eq!((code, out.contains("[[rule]]")), (0, true), "{error}");
}

#[test]
fn a_draft_holds_what_captures_and_recordings_tell_of_the_name() {
    let folder = folder("new-seen", RECORD);
    let phone = include_str!("../../../tests/fixtures/phone/recording.jsonl");
    std::fs::write(folder.join("phone.jsonl"), phone).unwrap();
    let asked = [
        "promo.newshelf.intl.xiaomi.com",
        "cdn.promo.newshelf.intl.xiaomi.com",
        "a.example",
    ];
    std::fs::write(folder.join("phone.pcap"), capture_of(&asked)).unwrap();
    let new = |files: &[&str]| {
        let name = "promo.newshelf.intl.xiaomi.com";
        let words = [&["lists", "new", "--from", "x.toml", name], files].concat();
        hushwall(&folder, &words, "")
    };

    let (code, out, error) = new(&["phone.pcap"]);
    assert_eq!(code, 0, "{error}");
    assert!(
        out.contains("first_seen = \"1970-01\"\nlast_seen = \"1970-01\"\n"),
        "{out}"
    );
    assert!(out.contains("Seen as DNS question, once."), "{out}");
    assert!(
        error.contains("seen once in captures") && error.contains("beneath it: cdn.promo."),
        "{error}"
    );
    assert!(
        !error.contains("a.example") && !out.contains("10.0.0"),
        "{out}{error}"
    );

    let (_, out, _) = new(&["phone.pcap", "phone.jsonl"]);
    assert!(
        out.contains("last_seen = \"2026-11\"") && out.contains("com.miui.msa.global 2025.03.10"),
        "{out}"
    );
    let (code, out, error) = new(&["gone.pcap"]);
    assert_eq!((code, out.as_str()), (2, ""), "{error}");
    assert!(error.contains("gone.pcap: "), "{error}");
    let (_, out, error) = hushwall(&folder, &["lists", "new", "unseen.miui.com", "phone.pcap"], "");
    assert!(
        error.contains("not seen in these files") && !out.contains("_seen"),
        "{out}{error}"
    );
}

#[test]
fn leads_are_a_list_that_blocks_where_it_is_given() {
    let record = RECORD
        .replace("shipped", "lead")
        .replace("status", "note = \"Wanted: a capture.\"\nstatus");
    let folder = folder("leads", &record);
    let (code, leads, error) = hushwall(&folder, &["lists", "leads", "--from", "x.toml"], "");
    assert_eq!(code, 0, "{error}");
    assert!(
        leads.ends_with("! x/r: Wanted: a capture.\n|data.mistat.xiaomi.com^\n"),
        "{leads}"
    );
    std::fs::write(folder.join("leads.txt"), leads).unwrap();
    let judged = |list: &[&str]| {
        let words = [&["lists", "match", "--from", "x.toml"], list].concat();
        hushwall(&folder, &words, "data.mistat.xiaomi.com\n").1
    };
    assert_eq!(judged(&[]), "data.mistat.xiaomi.com\tallow\t-\n");
    assert!(judged(&["--list", "leads.txt"]).starts_with("data.mistat.xiaomi.com\tblock\t"));
}

#[test]
fn diff_says_what_is_lost_and_readme_is_written_once() {
    let folder = folder("diff", RECORD);
    std::fs::write(
        folder.join("y.toml"),
        RECORD
            .replace("shipped", "lead")
            .replace("status", "note = \"n\"\nstatus"),
    )
    .unwrap();
    let (code, out, _) = hushwall(&folder, &["lists", "diff", "x.toml", "y.toml"], "");
    assert_eq!(code, 0);
    assert!(
        out.contains("coverage lost: 1\n  - data.mistat.xiaomi.com"),
        "{out}"
    );
    assert_eq!(
        hushwall(&folder, &["lists", "diff", "x.toml", "missing"], "").0,
        2
    );
    assert_eq!(hushwall(&folder, &["lists", "readme", "--check", "."], "").0, 1);
    assert_eq!(hushwall(&folder, &["lists", "readme", "."], "").0, 0);
    assert_eq!(hushwall(&folder, &["lists", "readme", "--check", "."], "").0, 0);
}

#[test]
fn a_wrong_file_is_told_with_its_mend_and_nothing_is_written() {
    let folder = folder("wrong-file", RECORD);
    std::fs::write(folder.join("hosts.txt"), "0.0.0.0 tracking.example.com\n").unwrap();
    for (command, code, mend) in [
        (
            &["lists", "import", "."][..],
            2,
            "is a folder; name the lists in it",
        ),
        (&["lists", "fmt", "hosts.txt"], 1, "`hushwall lists import`"),
        (
            &["lists", "propose", "hosts.txt"],
            2,
            "neither a capture, nor a file",
        ),
        (&["lists", "propose", "gone.jsonl"], 2, "gone.jsonl: "),
        (
            &["lists", "page", "-o", "gone/page.html"],
            2,
            "cannot write gone/page.html",
        ),
    ] {
        let (found, out, error) = hushwall(&folder, command, "");
        assert_eq!((found, out.as_str()), (code, ""), "{command:?}: {error}");
        assert!(error.contains(mend), "{command:?}: {error}");
    }
}

#[test]
fn no_command_answers_from_records_of_which_one_file_is_broken() {
    let folder = folder("broken", RECORD);
    std::fs::write(folder.join("y.toml"), "schema = 1\noops = = 1\n").unwrap();
    std::fs::write(folder.join("phone.txt"), "{}\n").unwrap();
    let name = "data.mistat.xiaomi.com";
    for command in [
        &["lists", "explain", "--from", ".", name][..],
        &["lists", "new", "--from", ".", name],
        &["lists", "propose", "--from", ".", "phone.txt"],
        &["lists", "packages", "--from", "."],
        &["lists", "page", "--from", ".", "-o", "page.html"],
        &["lists", "readme", "."],
        &["lists", "diff", ".", "."],
    ] {
        let (code, out, error) = hushwall(&folder, command, "");
        assert_eq!((code, out.as_str()), (2, ""), "{command:?}");
        assert!(error.contains("y.toml:2: "), "{command:?}: {error}");
    }
    assert!(!folder.join("README.md").exists() && !folder.join("page.html").exists());
}

#[test]
fn a_compiled_list_judges_as_its_text_and_a_damaged_one_is_refused() {
    let folder = folder("build", RECORD);
    std::fs::write(
        folder.join("own.txt"),
        "0.0.0.0 ads.example\n||wide.example^\n@@||not.wide.example^\n",
    )
    .unwrap();
    let (code, out, error) = hushwall(
        &folder,
        &["lists", "build", "-o", "own.list", "own.txt", "x.toml"],
        "",
    );
    assert_eq!((code, out.as_str()), (0, ""), "{error}");
    let names = "ads.example\na.ads.example\na.wide.example\nnot.wide.example\ndata.mistat.xiaomi.com\n";
    let (_, out, _) = hushwall(
        &folder,
        &["lists", "match", "--preset", "none", "--list", "own.list"],
        names,
    );
    let actions: Vec<&str> = out.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(actions, ["block", "allow", "block", "allow", "block"], "{out}");
    let mut bytes = std::fs::read(folder.join("own.list")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(folder.join("own.list"), bytes).unwrap();
    let (code, _, error) = hushwall(&folder, &["lists", "match", "--list", "own.list"], names);
    assert_eq!(code, 2);
    assert!(error.contains("own.list"), "{error}");
}

#[test]
fn records_that_lint_refuses_are_not_compiled() {
    let record = RECORD.replace(
        "data.mistat.xiaomi.com\"\nmatch = \"exact",
        "xiaomi.com\"\nmatch = \"subdomains",
    );
    let folder = folder("build-unfit", &record);
    let (code, _, error) = hushwall(&folder, &["lists", "build", "-o", "x.part", "x.toml"], "");
    assert_eq!(code, 1);
    assert!(
        error.contains("x.toml:") && error.contains("xiaomi.com"),
        "{error}"
    );
    assert!(!folder.join("x.part").exists());
}

#[test]
fn completions_and_the_manual_are_written() {
    let folder = folder("manual", RECORD);
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = hushwall(&folder, &["completions", shell], "");
        assert!(code == 0 && out.contains("hushwall"), "{shell}");
    }
    assert_eq!(hushwall(&folder, &["man", "pages"], "").0, 0);
    assert!(folder.join("pages/hushwall-lists-lint.1").exists());
}

/// A repository's `blocklists/` of one record and a version of its own.
fn repository(test: &str) -> PathBuf {
    let root = folder(test, RECORD);
    let lists = root.join("blocklists");
    std::fs::create_dir_all(&lists).unwrap();
    let record = RECORD.replace("data.mistat.xiaomi.com", "data.mistat.tr.xiaomi.com");
    std::fs::write(lists.join("x.toml"), record).unwrap();
    std::fs::write(lists.join("VERSION"), "2026113001\n").unwrap();
    root
}

#[test]
fn every_command_judges_by_the_records_as_they_lie_there() {
    let root = repository("here");
    let name = "data.mistat.tr.xiaomi.com";
    let (_, out, error) = hushwall(&root, &["lists", "match"], name);
    assert_eq!(out, format!("{name}\tblock\tx/r\n"));
    assert_eq!(error, "judged by the records of blocklists, version 2026113001\n");
    let (_, out, _) = hushwall(&root, &["lists", "match", "--from", "x.toml"], name);
    assert_eq!(out, format!("{name}\tallow\t-\n"));
    let (_, out, _) = hushwall(&root, &["lists", "export", "hosts"], "");
    assert!(
        out.contains("# Version: 2026113001\n") && out.ends_with(&format!("0.0.0.0 {name}\n")),
        "{out}"
    );
    std::fs::write(
        root.join("blocklists/x.toml"),
        RECORD.replace("\"exact\"", "\"all\""),
    )
    .unwrap();
    let (code, _, error) = hushwall(&root, &["lists", "match"], name);
    assert_eq!(code, 2);
    assert!(error.contains("blocklists/x.toml:"), "{error}");
}

/// A capture of raw IP packets (LINKTYPE_RAW): a question for each of the names.
fn capture_of(names: &[&str]) -> Vec<u8> {
    let mut capture = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    capture.extend_from_slice(&[0, 0, 4, 0, 101, 0, 0, 0]);
    for name in names {
        let mut question = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0".to_vec();
        for label in name.split('.') {
            question.push(u8::try_from(label.len()).unwrap());
            question.extend_from_slice(label.as_bytes());
        }
        question.extend_from_slice(b"\0\0\x01\0\x01");
        let lengths =
            [28 + question.len(), 8 + question.len()].map(|len| u16::try_from(len).unwrap().to_be_bytes());
        let [[ip_high, ip_low], [udp_high, udp_low]] = lengths;
        let mut packet = vec![
            0x45, 0, ip_high, ip_low, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
        ];
        packet.extend_from_slice(&[0x0f, 0xa0, 0, 53, udp_high, udp_low, 0, 0]);
        packet.extend_from_slice(&question);
        let len = u32::try_from(packet.len()).unwrap().to_le_bytes();
        capture.extend_from_slice(&[[0; 4], [0; 4], len, len].concat());
        capture.extend_from_slice(&packet);
    }
    capture
}

#[test]
fn replay_says_what_a_proposed_list_would_have_changed_on_a_capture() {
    let folder = folder("replay-diff", RECORD);
    std::fs::write(folder.join("y.toml"), RECORD.replace("data.mistat", "shop")).unwrap();
    std::fs::write(folder.join("old.txt"), "0.0.0.0 ads.example.com\n").unwrap();
    std::fs::write(
        folder.join("new.txt"),
        "0.0.0.0 news.example.com\n0.0.0.0 unseen.example.com\n",
    )
    .unwrap();
    let asked = [
        "data.mistat.xiaomi.com",
        "news.example.com",
        "news.example.com",
        "ads.example.com",
    ];
    std::fs::write(folder.join("phone.pcap"), capture_of(&asked)).unwrap();
    let (code, out, error) = hushwall(
        &folder,
        &["replay", "--diff", "x.toml", "y.toml", "phone.pcap"],
        "",
    );
    assert_eq!(code, 0, "{error}");
    assert_eq!(
        out,
        "coverage lost: 1\n  - data.mistat.xiaomi.com  (nothing-breaks, balanced, everything; block y/r -> no rule)\n",
        "both files are versions of one, which is named as the newer"
    );
    assert!(
        error.contains("3 names, seen 4 times; 1 of these change"),
        "{error}"
    );
    let (code, out, error) = hushwall(
        &folder,
        &["replay", "--diff", "old.txt", "new.txt", "phone.pcap"],
        "",
    );
    assert_eq!(code, 0, "{error}");
    assert!(
        out.contains("  + news.example.com") && out.contains("  - ads.example.com"),
        "{out}"
    );
    assert!(!out.contains("unseen"), "{out}");
    assert!(
        error.contains("3 names, seen 4 times; 3 of these change"),
        "{error}"
    );
}
