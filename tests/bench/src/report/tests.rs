//! The report of a fixed sample.

use super::results::Results;
use super::rows::{self, Against, Limit, Outcome};
use super::{plot, table, write};

/// Three rounds: Hushwall at half of the copy and a third of hev, and one figure above its bar.
fn sample() -> Results {
    let mut text = String::from(
        r#"{"machine":{"processor":"A <fast> one","processors":2,"memory":"8 GB","kernel":"Linux 6.6","descriptors":1024,"versions":{"hev":"1.2"}},"missing":{"zdtun":"in no registry"},"short":false}"#,
    );
    for (round, mood) in [(1, 1.0), (2, 1.5), (3, 0.8)] {
        for (peer, up, p50) in [("copy", 4.0, 20.0), ("hushwall", 2.0, 30.0), ("hev", 6.0, 60.0)] {
            // What hev leads to spends twice what hev does.
            let relay = match peer {
                "hev" => format!(
                    ",\"up1.relay@1500\":{0},\"down1.relay@1500\":{0}",
                    2.0 * up * mood
                ),
                _ => String::new(),
            };
            text += &format!(
                "\n{{\"round\":{round},\"peer\":\"{peer}\",\"group\":\"bulk\",\"figures\":{{\"up1.cpu@1500\":{},\
                 \"down1.cpu@1500\":{},\"rr.p50@1500\":{}{relay}}}}}",
                up * mood,
                up * mood,
                p50 * mood
            );
        }
    }
    text += "\n{\"round\":1,\"peer\":\"hushwall\",\"group\":\"scale\",\"figures\":{\"flows.anon@500\":1e6,\"flows.anon@1000\":2e6}}";
    text += "\n{\"round\":1,\"peer\":\"hev\",\"group\":\"queue\",\"figures\":{\"up1.gbit@1500queue25\":0.5},\"failed\":\"it stalled\\nlong\"}";
    Results::parse(&text).unwrap()
}

fn line_of<'a>(page: &'a str, start: &str) -> &'a str {
    page.lines()
        .find(|line| line.starts_with(start))
        .unwrap_or_default()
}

#[test]
fn ratio_is_taken_within_its_round_and_so_the_machines_mood_is_not_seen() {
    let results = sample();
    let key = "up1.cpu@1500";
    let ratio = results.ratio(("hushwall", key), ("copy", key)).unwrap();
    assert_eq!(
        (ratio.least, ratio.median, ratio.most, ratio.rounds),
        (0.5, 0.5, 0.5, 3)
    );
    assert_eq!(results.figure("copy", key).unwrap().median, 4.0);
}

#[test]
fn bar_is_met_missed_or_open_and_never_guessed() {
    let results = sample();
    let outcome = |what: &str, bar: &str| {
        let rows = rows::all();
        let row = rows
            .iter()
            .find(|row| row.what == what && format!("{:?}", row.against).contains(bar))
            .unwrap();
        row.outcome(&results)
    };
    assert_eq!(outcome("up, one stream, MTU 1500", "hev"), Outcome::Met);
    assert_eq!(outcome("up, one stream, MTU 1500", "prototype"), Outcome::Open);
    assert_eq!(outcome("TCP round trip, p50", "copy"), Outcome::Missed);
    assert_eq!(outcome("down, one stream, MTU 1500", "copy"), Outcome::Reported);
}

#[test]
fn page_shows_figure_bar_ratio_spread_and_verdict() {
    let page = table::page(&sample(), "2026-11-30");
    assert!(page.contains("2026-11-30") && page.contains("Linux 6.6"));
    let line = line_of(&page, "| TCP round trip, p50 ");
    assert_eq!(
        line,
        "| TCP round trip, p50 | 30.0 µs | at most 1.3x the copy | **1.50x** (1.50 to 1.50, 3 rounds) | **missed** |  |"
    );
    assert!(line_of(&page, "| RssAnon idle").contains("not measured"));
    assert!(page.contains("1024 descriptors a program"));
    assert!(page.contains("- zdtun: in no registry\n"));
    assert!(page.contains("- hev, `queue`: it stalled\n"));
    assert!(page.contains("In no figure of this run is it better than Hushwall."));
}

#[test]
fn what_leads_to_a_server_is_told_without_and_with_it() {
    let page = table::page(&sample(), "2026-11-30");
    assert!(line_of(&page, "| hev |").contains("| 1.50 |"), "{page}");
    assert!(
        line_of(&page, "| hev + SOCKS server |").contains("| 4.50 |"),
        "{page}"
    );
    assert!(
        page.contains("(of hev with its SOCKS server) | **0.11x**"),
        "{page}"
    );
}

#[test]
fn what_a_peer_did_before_it_failed_counts() {
    let figure = sample().figure("hev", "up1.gbit@1500queue25");
    assert_eq!(figure.map(|spread| spread.median), Some(0.5));
}

#[test]
fn bar_that_is_met_easily_has_a_next_one() {
    let results = sample();
    let next = |what: &str, against: Against| {
        let rows = rows::all();
        let row = rows.iter().find(|row| row.what == what && row.against == against);
        row.unwrap().next(&results)
    };
    let (up, down) = ("up, one stream, MTU 1500", "down, one stream, MTU 1500");
    // 0.333 of hev where 0.45 was asked, and where 0.28 was.
    assert_eq!(next(up, Against::Peer("hev")), Some(Limit::AtMost(0.34)));
    assert_eq!(next(down, Against::Peer("hev")), None);
    assert_eq!(next("TCP round trip, p50", Against::Peer("copy")), None);
    let page = table::page(&results, "2026-11-30");
    assert!(
        page.contains("| at most 0.45x hev | **0.33x** (0.33 to 0.33, 3 rounds) | met | at most 0.34x |")
    );
}

#[test]
fn evenness_is_told_of_what_grows_and_of_what_stays() {
    let mut text = String::from("{\"machine\":{},\"missing\":{}}");
    for (flows, memory, cpu) in [(500, 1e6, 50.0), (1_000, 2e6, 55.0), (2_000, 4e6, 60.0)] {
        text += &format!(
            "\n{{\"round\":1,\"peer\":\"hushwall\",\"group\":\"scale\",\"figures\":{{\"flows.anon@{flows}\":{memory},\
             \"flows.cpu@{flows}\":{cpu}}}}}"
        );
    }
    let page = table::page(&Results::parse(&text).unwrap(), "2026-11-30");
    assert!(page.contains("a straight line explains 100.0 % of it"), "{page}");
    assert!(
        page.contains("1.20x at 2,000 open flows of what it is at 500"),
        "{page}"
    );
}

#[test]
fn plots_are_well_formed_and_show_every_peer() {
    let plots = plot::all(&sample());
    let names: Vec<&str> = plots.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["peers.svg", "flows.svg"]);
    for (name, svg) in &plots {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
        let opened = svg.matches("<text").count();
        assert_eq!(opened, svg.matches("</text>").count(), "{name}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
    }
    for peer in ["copy", "hushwall", "hev"] {
        assert!(plots[0].1.contains(&format!(">{peer}<")), "{peer}");
    }
}

#[test]
fn files_are_written_where_they_are_wanted() {
    let folder = std::env::temp_dir().join(format!("hush-report-{}", std::process::id()));
    let page = write(&sample(), "2026-11-30", &folder).unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("RESULTS.md")).unwrap(), page);
    assert!(folder.join("plots/peers.svg").exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn line_that_is_no_result_is_an_error_with_its_number() {
    let error = Results::parse("{\"machine\":{}}\n{\"round\":1}").unwrap_err();
    assert!(format!("{error:#}").contains("line 2"), "{error:#}");
    assert!(Results::parse("nonsense").is_err());
}
