//! Plots as SVG, readable on light and dark pages.

use std::fmt::Write as _;

use super::results::{Results, Spread};
use super::rows::{COPY, HUSHWALL};

const WIDTH: f64 = 720.0;
/// Where a chart begins.
const LEFT: f64 = 70.0;
/// Where bars begin, behind their names.
const LABELS: f64 = 190.0;
const TOP: f64 = 66.0;
/// Colours that are told apart by all eyes (Okabe and Ito).
const COLOURS: [&str; 4] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

/// Cost against work: a chart of lines, each with its name.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    across: &'static str,
    along: &'static str,
    /// Whether the cost of all work is shown, which has to grow as a straight line; else the cost of one unit beside so
    /// much other work, which has to stay.
    grows: bool,
    pub(super) lines: Vec<(&'static str, Vec<(f64, f64)>)>,
}

impl Work {
    /// Those that the results have figures for.
    pub(super) fn all(results: &Results) -> Vec<Self> {
        let line = |name, start: &str, x: f64, y: f64| {
            let points = results.points(HUSHWALL, start).into_iter();
            (name, points.map(|(at, value)| (at / x, value / y)).collect())
        };
        let works = [
            Self {
                file: "bytes",
                title: "CPU against bytes of one stream",
                across: "GB",
                along: "CPU seconds",
                grows: true,
                lines: vec![
                    line("up", "bytesup.cpu@", 1e9, 1.0),
                    line("down", "bytesdown.cpu@", 1e9, 1.0),
                ],
            },
            Self {
                file: "flows",
                title: "Memory against open flows",
                across: "open flows",
                along: "RssAnon, MB",
                grows: true,
                lines: vec![line("RssAnon", "flows.anon@", 1.0, 1e6)],
            },
            Self {
                file: "connections",
                title: "CPU of a new connection against open flows",
                across: "open flows",
                along: "µs",
                grows: false,
                lines: vec![line("connection with ClientHello", "flows.cpu@", 1.0, 1.0)],
            },
            Self {
                file: "names",
                title: "CPU of a question against names in a list",
                across: "names",
                along: "µs",
                grows: false,
                lines: vec![
                    line("forwarded", "names.forwarded@", 1.0, 1.0),
                    line("answered here", "names.refused@", 1.0, 1.0),
                ],
            },
            Self {
                file: "endurance",
                title: "Memory against time at full connection rate",
                across: "seconds",
                along: "RssAnon, MB",
                grows: false,
                lines: vec![line("RssAnon", "endurance.anon@", 1.0, 1e6)],
            },
        ];
        works
            .into_iter()
            .filter(|work| work.lines.iter().any(|(_, points)| points.len() > 1))
            .collect()
    }

    /// How far a line is from a straight one, or from a level one, in words.
    pub(super) fn evenness(&self, points: &[(f64, f64)]) -> Option<String> {
        let ((first_x, first), (last_x, last)) = (*points.first()?, *points.last()?);
        if points.len() < 3 {
            return None;
        }
        Some(if self.grows {
            format!(
                "a straight line explains {:.1} % of it",
                100.0 * explained(points)
            )
        } else {
            format!(
                "{:.2}x at {} {} of what it is at {}",
                last / first,
                tick(last_x),
                self.across,
                tick(first_x)
            )
        })
    }
}

/// The part of the spread that the best straight line explains.
fn explained(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|(x, y)| of(x - mean_x, y - mean_y)).sum()
    };
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    if xx * yy > 0.0 { xy * xy / (xx * yy) } else { 1.0 }
}

/// Every plot that the results have figures for, with its file's name.
pub(super) fn all(results: &Results) -> Vec<(String, String)> {
    let mut plots = vec![("peers.svg".to_owned(), peers(results))];
    for work in Work::all(results) {
        plots.push((format!("{}.svg", work.file), chart(&work)));
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
    let own = |peer: &str, key: &str| results.ratio((peer, key), (COPY, key));
    let sum = |peer: &str, key: &str| results.ratio_with_relay(peer, COPY, key);
    let mut bars: Vec<(String, [Option<f64>; 2])> = Vec::new();
    for peer in results.peers() {
        let of = |ratio: &dyn Fn(&str, &str) -> Option<Spread>| {
            rows.map(|(_, key)| ratio(peer, key).map(|spread| spread.median))
        };
        bars.push((peer.to_owned(), of(&own)));
        if results.has_relay(peer) {
            bars.push((format!("{peer} + SOCKS server"), of(&sum)));
        }
    }
    bars.retain(|(_, ratios)| ratios.iter().any(Option::is_some));
    let place = |ratios: &[Option<f64>; 2]| ratios[1].or(ratios[0]).unwrap_or(f64::MAX);
    bars.sort_by(|one, other| place(&one.1).total_cmp(&place(&other.1)));
    let height = TOP + bars.len() as f64 * (2.0 * BAR + 10.0) + 30.0;
    let mut svg = begin(
        height,
        "CPU a gigabyte as a multiple of the bare copy: one stream, MTU 1500",
    );
    let unit = (WIDTH - LABELS - 70.0) / LONGEST;
    let mut y = TOP - 16.0;
    for (name, ratios) in bars {
        svg.push_str(&text(LABELS - 8.0, y + BAR + 4.0, "end", &escaped(&name)));
        for (ratio, colour) in ratios.into_iter().zip(COLOURS) {
            if let Some(ratio) = ratio {
                let length = ratio.min(LONGEST) * unit;
                let _ = writeln!(
                    svg,
                    "<rect x=\"{LABELS}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>"
                );
                let cut = if ratio > LONGEST { " »" } else { "" };
                svg.push_str(&text(
                    LABELS + length + 5.0,
                    y + BAR - 2.0,
                    "start",
                    &format!("{ratio:.2}{cut}"),
                ));
            }
            y += BAR;
        }
        y += 10.0;
    }
    legend(&mut svg, LABELS, y + 16.0, rows.iter().map(|(title, _)| *title));
    svg.push_str("</svg>\n");
    svg
}

fn legend<'a>(svg: &mut String, left: f64, y: f64, titles: impl Iterator<Item = &'a str>) {
    let mut x = left;
    for (title, colour) in titles.zip(COLOURS) {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>",
            y - 11.0
        );
        svg.push_str(&text(x + 17.0, y, "start", &escaped(title)));
        x += 40.0 + 8.0 * title.len() as f64;
    }
}

/// Lines from zero, so that what is linear looks it.
fn chart(work: &Work) -> String {
    const HEIGHT: f64 = 330.0;
    const BOTTOM: f64 = 254.0;
    let largest = |pick: fn(&(f64, f64)) -> f64| {
        let all = work.lines.iter().flat_map(|(_, points)| points);
        all.map(pick).fold(f64::MIN_POSITIVE, f64::max)
    };
    let (step_x, step_y) = (step(largest(|point| point.0)), step(largest(|point| point.1)));
    let (steps_x, steps_y) = (
        (largest(|point| point.0) / step_x).ceil(),
        (largest(|point| point.1) / step_y).ceil(),
    );
    let place = |(x, y): (f64, f64)| {
        let across = LEFT + x / (step_x * steps_x) * (WIDTH - LEFT - 40.0);
        (across, BOTTOM - y / (step_y * steps_y) * (BOTTOM - TOP))
    };
    let mut svg = begin(HEIGHT, work.title);
    for number in 0..=steps_y as u32 {
        let value = f64::from(number) * step_y;
        let (_, y) = place((0.0, value));
        let right = WIDTH - 40.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right:.1}\" stroke=\"#cccccc\" fill=\"none\"/>"
        );
        svg.push_str(&text(LEFT - 8.0, y + 4.0, "end", &tick(value)));
    }
    for number in 0..=steps_x as u32 {
        let value = f64::from(number) * step_x;
        let (x, _) = place((value, 0.0));
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {BOTTOM}v5\" stroke=\"#666666\" fill=\"none\"/>"
        );
        svg.push_str(&text(x, BOTTOM + 20.0, "middle", &tick(value)));
    }
    svg.push_str(&text(WIDTH - 40.0, BOTTOM + 40.0, "end", &escaped(work.across)));
    svg.push_str(&text(12.0, TOP - 18.0, "start", &escaped(work.along)));
    for ((_, points), colour) in work.lines.iter().zip(COLOURS) {
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
    let names = work.lines.iter().map(|(name, _)| *name);
    legend(&mut svg, LEFT, HEIGHT - 14.0, names);
    svg.push_str("</svg>\n");
    svg
}

/// A round number of which three to six reach `most`.
fn step(most: f64) -> f64 {
    let unit = 10_f64.powf((most / 5.0).log10().floor());
    let times = [1.0, 2.0, 2.5, 5.0, 10.0];
    let fitting = times.into_iter().find(|times| times * unit * 5.0 >= most);
    unit * fitting.unwrap_or(10.0)
}

fn tick(value: f64) -> String {
    let text = match value {
        value if value >= 1e6 => return format!("{} million", trimmed(value / 1e6)),
        value if value >= 1e3 => return grouped(value),
        value => value,
    };
    trimmed(text)
}

/// With up to three decimals, and none that say nothing.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn grouped(value: f64) -> String {
    let thousands = (value / 1e3).floor();
    format!("{thousands},{:03.0}", (value - thousands * 1e3).floor())
}
