use std::fs;

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn parse(line: &str) -> Result<Args, clap::Error> {
    Line::try_parse_from(["replay"].into_iter().chain(line.split_whitespace())).map(|line| line.args)
}

/// A question for `name`, as an IPv4 packet.
fn question(name: &str) -> Vec<u8> {
    let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    let mut header = [0; wire::udp::MAX_HEADER];
    let (src, dst) = ("10.0.0.2:4000".parse().unwrap(), "10.0.0.1:53".parse().unwrap());
    let len = wire::udp::emit(&mut header, src, dst, &message);
    [&header[..len], &message].concat()
}

fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [0xa1b2_c3d4, 0x0002_0004, 0, 0, 65535, 101]
        .map(u32::to_be_bytes)
        .concat();
    for packet in packets {
        let len = packet.len() as u32;
        file.extend([5, 250_000, len, len].map(u32::to_be_bytes).concat());
        file.extend(packet);
    }
    file
}

/// A run over one capture of these packets.
fn replay(options: &str, packets: &[Vec<u8>]) -> Replay<Vec<u8>> {
    let args = parse(&format!("--preset none --block tracking.example {options} x")).unwrap();
    let mut replay = Replay {
        observer: Observer::new(rules::load(&args.rules).unwrap()),
        report: Report::new(args.names, args.json),
        progress: Progress::new(&[], false),
        out: Vec::new(),
        total: Tally::default(),
    };
    play(&mut replay, packets);
    replay
}

fn play(replay: &mut Replay<Vec<u8>>, packets: &[Vec<u8>]) {
    let capture = Capture::read(Box::new(io::Cursor::new(pcap(packets)))).unwrap();
    replay.play(Path::new("dir/x.pcap"), capture).unwrap();
}

/// What is written for one capture of these packets.
fn output(options: &str, packets: &[Vec<u8>]) -> String {
    let mut replay = replay(options, packets);
    replay.finish().unwrap();
    String::from_utf8(replay.out).unwrap()
}

#[test]
fn names_are_lines_between_tabs() {
    let packets = [
        question("a.example"),
        vec![0xff; 30],
        question("Tracking.example"),
    ];
    let expected = "x.pcap\tdns\ta.example\t10.0.0.2\t4000\nx.pcap\tdns\ttracking.example\t10.0.0.2\t4000\n";
    assert_eq!(output("--names", &packets), expected);
}

#[test]
fn capture_without_names_is_a_line_of_dashes() {
    assert_eq!(output("--names", &[]), "x.pcap\t-\t-\n");
}

#[test]
fn odd_names_are_shown_as_packet_analysers_show_them() {
    let shown = |name: &str| {
        output("--names", &[question(name)])
            .split('\t')
            .nth(2)
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        shown("tab\there.\u{1}x.back\\slash"),
        "tab\\there.\\001x.back\\\\slash"
    );
    assert_eq!(shown("m\u{fc}nchen.my host"), "m\u{fffd}\u{fffd}nchen.my host");
    let root = [&question("a")[..40], &question("a")[42..]].concat();
    assert!(output("--names", &[fixed_lengths(root)]).contains("\t<Root>\t"));
}

/// The packet with the lengths in its headers made true.
fn fixed_lengths(mut packet: Vec<u8>) -> Vec<u8> {
    let len = u16::try_from(packet.len()).unwrap();
    packet[2..4].copy_from_slice(&len.to_be_bytes());
    packet[24..26].copy_from_slice(&(len - 20).to_be_bytes());
    packet
}

#[test]
fn json_is_an_object_a_line() {
    let lines = output("--json", &[question("tracking.example")]);
    let lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    let verdict = &lines[0];
    assert_eq!(
        (&verdict["kind"], &verdict["file"]),
        (&"verdict".into(), &"x.pcap".into())
    );
    assert_eq!(verdict["time"], 5.25);
    assert_eq!(
        (&verdict["found"], &verdict["seen"]),
        (&"dns".into(), &"dns_question".into())
    );
    assert_eq!(
        (&verdict["action"], &verdict["tier"]),
        (&"block".into(), &"owner_block".into())
    );
    assert_eq!(
        (&verdict["name"], &verdict["transport"]),
        (&"tracking.example".into(), &"dns".into())
    );
    assert_eq!(
        (&verdict["app"], &verdict["remote"]),
        (&"10.0.0.2:4000".into(), &"10.0.0.1:53".into())
    );
    assert_eq!(
        (&lines[1]["kind"], &lines[1]["packets"]),
        (&"capture".into(), &1.into())
    );
}

#[test]
fn table_counts_names_and_puts_blocked_ones_first() {
    let table = output(
        "",
        &[
            question("a.example"),
            question("tracking.example"),
            question("a.example"),
        ],
    );
    let lines: Vec<_> = table.lines().collect();
    assert!(
        lines[0].starts_with("blocked  tracking.example  dns 1"),
        "{table}"
    );
    assert!(
        lines[1].starts_with("allowed  a.example         dns 2"),
        "{table}"
    );
    assert_eq!(lines.last(), Some(&"2 names: 1 blocked, 1 allowed"));
    assert_eq!(output("", &[]), "no names in 0 packets\n");
}

#[test]
fn what_makes_no_sense_is_counted() {
    let packets = [vec![0xff; 30], question("a.example"), vec![0x45; 3]];
    let mut replay = replay("--names", &packets);
    assert_eq!(
        replay.total,
        Tally {
            packets: 3,
            not_ip: 0,
            malformed: 2,
            names: 1
        }
    );
    play(&mut replay, &packets);
    assert_eq!(
        replay.total,
        Tally {
            packets: 6,
            not_ip: 0,
            malformed: 4,
            names: 2
        }
    );
}

#[test]
fn unreadable_capture_does_not_keep_the_others_from_being_read() {
    let dir = std::env::temp_dir().join(format!("hushwall-replay-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let good = dir.join("good.pcap");
    fs::write(&good, pcap(&[question("a.example")])).unwrap();
    let line = format!("--names {0}/missing.pcap {1}", dir.display(), good.display());
    assert_eq!(run(parse(&line).unwrap()).unwrap(), ExitCode::from(COULD_NOT_RUN));
    assert_eq!(
        run(parse(&format!("--names {}", good.display())).unwrap()).unwrap(),
        ExitCode::SUCCESS
    );
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn names_and_json_exclude_each_other_and_a_capture_is_required() {
    assert!(parse("--names --json x").is_err());
    assert!(parse("").is_err());
}

#[test]
fn answer_refused_for_an_alias_is_a_verdict_but_no_name() {
    let mut answer = question("fine.example");
    answer.splice(20..24, [0, 53, 0x0f, 0xa0]);
    (answer[28 + 2], answer[28 + 7]) = (0x81, 1);
    answer.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x12\x08tracking\x07example\x00");
    let answer = fixed_lengths(answer);
    assert_eq!(output("--names", std::slice::from_ref(&answer)), "x.pcap\t-\t-\n");
    let json = output("--json", std::slice::from_ref(&answer));
    let verdict: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&verdict["found"], &verdict["seen"]),
        (&"dns_alias".into(), &"dns_alias".into())
    );
    assert_eq!(
        (&verdict["name"], &verdict["asked"]),
        (&"tracking.example".into(), &"fine.example".into())
    );
    let table = output("", &[answer]);
    assert!(table.starts_with("blocked  fine.example  dns_alias 1"), "{table}");
    assert!(table.contains("by its alias tracking.example: "), "{table}");
}
