//! `bench run` measures, `bench report` writes about it. `./build.sh bench` calls both.
#![expect(clippy::print_stdout, reason = "a program that prints a page")]

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use bench::measure::{self, Length, Options};
use bench::report::{self, Results};

const USAGE: &str = "\
bench run RESULTS TOOLS [--short | --quick] [--rounds N] [--first-round N] [--peers A,B] [--groups A,B]
bench report RESULTS DATE FOLDER
bench peers TOOLS";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", results, tools, options @ ..] => measure::run(&parse(results, tools, options)?),
        ["report", results, date, folder] => {
            let text = fs::read_to_string(results).with_context(|| (*results).to_owned())?;
            let page = report::write(&Results::parse(&text)?, date, Path::new(folder))?;
            println!("{page}");
            Ok(())
        }
        ["peers", tools] => {
            let (peers, missing) = measure::find(Path::new(tools))?;
            let names: Vec<&str> = peers.iter().map(measure::Peer::name).collect();
            println!("here: {}", names.join(" "));
            for (name, why) in missing {
                println!("not here: {name}: {why}");
            }
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

fn parse(results: &str, tools: &str, words: &[&str]) -> Result<Options> {
    let mut options = Options {
        rounds: None,
        first_round: 1,
        length: Length::Whole,
        peers: Vec::new(),
        groups: Vec::new(),
        results: results.into(),
        tools: tools.into(),
    };
    let list = |word: &str| word.split(',').map(str::to_owned).collect();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if let Some(length) = match word {
            "--short" => Some(Length::Short),
            "--quick" => Some(Length::Quick),
            _ => None,
        } {
            options.length = length;
            continue;
        }
        let value = words
            .next()
            .with_context(|| format!("{word}: a value\n{USAGE}"))?;
        match word {
            "--rounds" => options.rounds = Some(value.parse()?),
            "--first-round" => options.first_round = value.parse()?,
            "--peers" => options.peers = list(value),
            "--groups" => options.groups = list(value),
            _ => bail!("{word}: no such option\n{USAGE}"),
        }
    }
    Ok(options)
}
