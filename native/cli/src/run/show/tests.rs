use blocklist::{Preset, RulesBuilder};
use engine::{Reason, Seen, Stats, Timestamp, Transport};
use tunnel::TunnelStats;
use wire::Name;

use super::*;

fn rules() -> Arc<Rules> {
    Arc::new(
        RulesBuilder::new(Preset::None)
            .block("ads.example")
            .unwrap()
            .build(),
    )
}

fn verdict(rules: &Rules, name: &str, seen: Seen) -> Notice {
    let verdict = rules.verdict(name, None);
    let event = Event::Verdict(VerdictEvent {
        at: Timestamp::ZERO,
        transport: Transport::Dns,
        action: verdict.action,
        reason: Reason {
            ech: None,
            because: verdict.because,
            seen,
            name: Some(Name::from_text(name)),
        },
        app: "10.0.0.2:4711".parse().unwrap(),
        remote: "9.9.9.9:53".parse().unwrap(),
        owner: None,
        record_type: Some(1),
    });
    Notice::Event { event, rules: 0 }
}

fn snapshot(bytes_down: u64) -> Snapshot {
    Snapshot {
        engine: Stats {
            bytes_down,
            ..Stats::default()
        },
        tunnel: TunnelStats::default(),
        asked_most: Vec::new(),
    }
}

fn text(screen: &Screen<Vec<u8>>) -> String {
    String::from_utf8(screen.out.clone()).unwrap()
}

#[test]
fn verdicts_are_lines_and_repeats_a_count() {
    let rules = rules();
    let start = Instant::now();
    let mut screen = Screen::new(Vec::new(), Form::Plain, Arc::clone(&rules), start);
    for _ in 0..3 {
        screen
            .handle_notice(&verdict(&rules, "ads.example", Seen::Query), start)
            .unwrap();
    }
    screen
        .handle_notice(&verdict(&rules, "www.example", Seen::Sni), start)
        .unwrap();
    let due = screen.poll_timeout().unwrap();
    screen
        .handle_timeout(due, || panic!("no status line, no question"))
        .unwrap();
    let text = text(&screen);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains("blocked  DNS question  ads.example"), "{text}");
    assert!(lines[0].contains("you refused it"), "{text}");
    assert!(lines[1].contains("allowed  server name   www.example"), "{text}");
    assert!(lines[2].ends_with("blocked  2 more: ads.example"), "{text}");
    assert_eq!(screen.poll_timeout(), None, "nothing happens, nothing wakes");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn idle_terminal_is_left_alone_and_a_moving_one_is_redrawn() {
    let rules = rules();
    let start = Instant::now();
    let mut screen = Screen::new(
        Vec::new(),
        Form::Terminal { coloured: true },
        Arc::clone(&rules),
        start,
    );
    screen
        .handle_notice(&verdict(&rules, "www.example", Seen::Query), start)
        .unwrap();
    screen.handle_timeout(start, || Some(snapshot(0))).unwrap();
    assert_eq!(screen.poll_timeout(), None);
    screen
        .handle_notice(&verdict(&rules, "www.example", Seen::Sni), start)
        .unwrap();
    screen
        .handle_timeout(start, || Some(snapshot(1_000_000)))
        .unwrap();
    assert_eq!(screen.poll_timeout(), Some(start + status::PERIOD));
    assert!(text(&screen).contains("\u{1b}[32mallowed"));
}

#[test]
fn verdict_is_cut_at_the_width_of_a_terminal_and_whole_elsewhere() {
    let rules = rules();
    for (form, is_cut) in [(Form::Terminal { coloured: false }, true), (Form::Plain, false)] {
        let start = Instant::now();
        let mut screen = Screen::new(Vec::new(), form, Arc::clone(&rules), start);
        screen
            .handle_notice(&verdict(&rules, "ads.example", Seen::Query), start)
            .unwrap();
        let text = text(&screen);
        assert_eq!(text.starts_with(status::CUT), is_cut, "{text:?}");
        assert_eq!(text.ends_with(status::WRAP), is_cut, "{text:?}");
    }
}

#[test]
fn json_is_not_folded_and_every_line_is_an_object() {
    let rules = rules();
    let start = Instant::now();
    let mut screen = Screen::new(Vec::new(), Form::Json, Arc::clone(&rules), start);
    screen.write_started("tun0").unwrap();
    for _ in 0..3 {
        screen
            .handle_notice(&verdict(&rules, "ads.example", Seen::Query), start)
            .unwrap();
    }
    screen.handle_notice(&Notice::Lost(7), start).unwrap();
    screen
        .handle_notice(
            &Notice::Outage {
                at: Timestamp::ZERO,
                lasted: Duration::from_millis(5),
                text: String::new(),
            },
            start,
        )
        .unwrap();
    screen.write_totals(Some(&snapshot(5)), start).unwrap();
    let kinds: Vec<String> = text(&screen)
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(value["time"].is_f64());
            value["kind"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "started", "verdict", "verdict", "verdict", "lost", "outage", "totals"
        ]
    );
}

#[test]
fn totals_end_the_run_and_count_what_was_folded() {
    let rules = rules();
    let start = Instant::now();
    let mut screen = Screen::new(Vec::new(), Form::Plain, Arc::clone(&rules), start);
    for _ in 0..2 {
        screen
            .handle_notice(&verdict(&rules, "ads.example", Seen::Query), start)
            .unwrap();
    }
    screen.write_totals(Some(&snapshot(1_500)), start).unwrap();
    let text = text(&screen);
    assert!(text.contains("1 more: ads.example"), "{text}");
    assert!(
        text.ends_with("Hushwall is off: 0 blocked, 0 allowed, 0 B up, 1.5 kB down.\n"),
        "{text}"
    );
}

/// Everything that is traced while a name is shown, at INFO and above.
#[test]
fn no_log_line_above_debug_carries_what_the_screen_shows() {
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);
    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("the subscriber listens");
        let rules = rules();
        let start = Instant::now();
        for form in [Form::Plain, Form::Terminal { coloured: false }, Form::Json] {
            let mut screen = Screen::new(Vec::new(), form, Arc::clone(&rules), start);
            screen.write_started("tun0").unwrap();
            for name in ["ads.example", "www.example"] {
                screen
                    .handle_notice(&verdict(&rules, name, Seen::Query), start)
                    .unwrap();
            }
            screen.handle_timeout(start, || Some(snapshot(1))).unwrap();
            screen.write_totals(Some(&snapshot(1)), start).unwrap();
        }
    });
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the subscriber listens"));
    for secret in ["example", "10.0.0.2", "9.9.9.9"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn storms_stand_in_the_summary_with_what_was_sent() {
    let asked = |what: &str, questions, refusals| engine::Asked {
        what: what.to_owned(),
        questions,
        sent: 0,
        refusals,
        apps: Vec::new(),
    };
    let mut totals = snapshot(0);
    totals.engine.answered_here = 1_009_300;
    totals.asked_most = vec![
        asked("log.example", 9_300, 70),
        asked("192.0.2.1", 0, 60),
        asked("calm.example", 59, 0),
    ];
    let now = Instant::now();
    let mut screen = Screen::new(Vec::new(), Form::Plain, rules(), now);
    screen.write_totals(Some(&totals), now).unwrap();
    let text = text(&screen);
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "1,009,300 questions answered here, 0 sent. Connections to 0.0.0.0 stay on this machine and are not seen.",
            "  log.example: 9,300 questions answered here, 0 sent; 70 connections refused",
            "  192.0.2.1: 60 connections refused",
        ]
    );
}
