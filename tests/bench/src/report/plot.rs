//! Plots as SVG, readable on light and dark pages.

use std::fmt::Write as _;

use super::results::Results;
use super::rows::{COPY, HUSHWALL};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 130.0;
const TOP: f64 = 44.0;
/// Colours that are told apart by all eyes (Okabe and Ito).
const COLOURS: [&str; 4] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

/// A line of points with its title.
type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// Every plot that the results have figures for, with its file's name.
pub(super) fn all(results: &Results) -> Vec<(String, String)> {
    let mut plots = vec![("peers.svg".to_owned(), peers(results))];
    let of = |start: &str| results.points(HUSHWALL, start);
    let scaled = |points: Vec<(f64, f64)>, x: f64, y: f64| -> Vec<(f64, f64)> {
        points
            .into_iter()
            .map(|(at, value)| (at / x, value / y))
            .collect()
    };
    let lines: [(&str, &str, &str, &str, Vec<Line<'_>>); 4] = [
        (
            "bytes",
            "CPU against bytes of one stream",
            "GB",
            "CPU s",
            vec![
                ("up", scaled(of("bytesup.cpu@"), 1e9, 1.0)),
                ("down", scaled(of("bytesdown.cpu@"), 1e9, 1.0)),
            ],
        ),
        (
            "flows",
            "Memory against open flows",
            "flows",
            "RssAnon, MB",
            vec![("RssAnon", scaled(of("flows.anon@"), 1.0, 1e6))],
        ),
        (
            "connections",
            "CPU of a new connection beside open flows",
            "open flows",
            "µs",
            vec![("connection with ClientHello", of("flows.cpu@"))],
        ),
        (
            "names",
            "CPU of a question against names in a list",
            "names",
            "µs",
            vec![
                ("forwarded", of("names.forwarded@")),
                ("answered here", of("names.refused@")),
            ],
        ),
    ];
    for (file, title, across, along, lines) in lines {
        if lines.iter().any(|(_, points)| points.len() > 1) {
            plots.push((format!("{file}.svg"), chart(title, across, along, &lines)));
        }
    }
    plots
}

fn begin(height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}",
        text(
            12.0,
            24.0,
            "start",
            &format!("<tspan font-weight=\"bold\">{}</tspan>", escaped(title))
        ),
    )
}

fn text(x: f64, y: f64, anchor: &str, inner: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#222222\">{inner}</text>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What each peer spends on a gigabyte, as bars. Longer than five times the copy is cut, and says so.
fn peers(results: &Results) -> String {
    const BAR: f64 = 13.0;
    const LONGEST: f64 = 5.0;
    let rows = [("up", "up1.cpu@1500"), ("down", "down1.cpu@1500")];
    let mut order: Vec<(f64, &str)> = results
        .peers()
        .into_iter()
        .filter_map(|peer| Some((results.ratio((peer, rows[1].1), (COPY, rows[1].1))?.median, peer)))
        .collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0));
    let height = TOP + order.len() as f64 * (2.0 * BAR + 12.0) + 40.0;
    let mut svg = begin(
        height,
        "CPU a gigabyte as a multiple of the bare copy: one stream, MTU 1500",
    );
    let unit = (WIDTH - LEFT - 70.0) / LONGEST;
    let mut y = TOP;
    for (_, peer) in order {
        svg.push_str(&text(LEFT - 8.0, y + BAR + 4.0, "end", &escaped(peer)));
        for ((_, key), colour) in rows.iter().zip(COLOURS) {
            if let Some(ratio) = results.ratio((peer, key), (COPY, key)) {
                let length = ratio.median.min(LONGEST) * unit;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>"
                );
                let cut = if ratio.median > LONGEST { " »" } else { "" };
                svg.push_str(&text(
                    LEFT + length + 5.0,
                    y + BAR - 2.0,
                    "start",
                    &format!("{:.2}{cut}", ratio.median),
                ));
            }
            y += BAR;
        }
        y += 12.0;
    }
    legend(&mut svg, y + 14.0, rows.iter().map(|(title, _)| *title));
    svg.push_str("</svg>\n");
    svg
}

fn legend<'a>(svg: &mut String, y: f64, titles: impl Iterator<Item = &'a str>) {
    let mut x = LEFT;
    for (title, colour) in titles.zip(COLOURS) {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>",
            y - 11.0
        );
        svg.push_str(&text(x + 17.0, y, "start", &escaped(title)));
        x += 30.0 + 8.0 * title.len() as f64;
    }
}

/// Lines from zero, so that what is linear looks it.
fn chart(title: &str, across: &str, along: &str, lines: &[Line<'_>]) -> String {
    const HEIGHT: f64 = 320.0;
    const BOTTOM: f64 = 250.0;
    let largest = |pick: fn(&(f64, f64)) -> f64| {
        let all = lines.iter().flat_map(|(_, points)| points);
        all.map(pick).fold(f64::MIN_POSITIVE, f64::max)
    };
    let (most_x, most_y) = (largest(|point| point.0), largest(|point| point.1) * 1.1);
    let place = |(x, y): (f64, f64)| {
        let across = LEFT + x / most_x * (WIDTH - LEFT - 40.0);
        (across, BOTTOM - y / most_y * (BOTTOM - TOP))
    };
    let mut svg = begin(HEIGHT, title);
    for step in 0..=4 {
        let part = f64::from(step) / 4.0;
        let (x, y) = place((most_x * part, most_y * part));
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{:.1}M{x:.1} {BOTTOM}v5\" stroke=\"#cccccc\" fill=\"none\"/>",
            WIDTH - 40.0
        );
        svg.push_str(&text(LEFT - 8.0, y + 4.0, "end", &tick(most_y * part)));
        svg.push_str(&text(x, BOTTOM + 20.0, "middle", &tick(most_x * part)));
    }
    svg.push_str(&text(WIDTH - 40.0, BOTTOM + 38.0, "end", &escaped(across)));
    svg.push_str(&text(12.0, TOP, "start", &escaped(along)));
    for ((_, points), colour) in lines.iter().zip(COLOURS) {
        let mut path = String::new();
        for (number, point) in points.iter().enumerate() {
            let (x, y) = place(*point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if number == 0 { 'M' } else { 'L' });
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
            );
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\"/>"
        );
    }
    legend(&mut svg, HEIGHT - 14.0, lines.iter().map(|(title, _)| *title));
    svg.push_str("</svg>\n");
    svg
}

fn tick(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1} million", value / 1e6),
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}
