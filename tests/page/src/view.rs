//! A page in a tab, as a person meets it: its size, its colours, its keys.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::Browser;

/// How long a page may take to load.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which colours the person has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The page, made of a folder of records and shown.
#[derive(Debug)]
pub struct View {
    /// Its browser.
    pub browser: Browser,
    /// The page's file.
    pub file: PathBuf,
}

impl View {
    /// Makes the page of a folder of records, named in the repository, and opens it without a network.
    pub fn open(name: &str, records: &str, size: (u32, u32), scheme: Scheme) -> Result<Self> {
        let file = make(name, records)?;
        let mut browser = Browser::launch()?;
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        let offline =
            json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
        browser.call("Network.emulateNetworkConditions", offline)?;
        let (width, height) = size;
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600 });
        browser.call("Emulation.setDeviceMetricsOverride", metrics)?;
        let value = if scheme == Scheme::Dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        browser.call("Emulation.setEmulatedMedia", media)?;
        let mut view = Self { browser, file };
        view.go("")?;
        Ok(view)
    }

    /// Loads the page anew, at a place within it.
    pub fn go(&mut self, hash: &str) -> Result<()> {
        self.browser
            .call("Page.navigate", json!({ "url": "about:blank" }))?;
        self.browser.wait_for("Page.loadEventFired")?;
        self.browser.events.clear();
        let url = format!("file://{}{hash}", self.file.display());
        self.browser.call("Page.navigate", json!({ "url": url }))?;
        // An event tells of some page, the blank one too; the page itself tells which.
        let begun = Instant::now();
        let loaded = "location.protocol === 'file:' && document.readyState === 'complete'";
        while !self.value(loaded).is_ok_and(|loaded| loaded == true) {
            ensure!(begun.elapsed() < PATIENCE, "{url} did not load");
        }
        Ok(())
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Result<Value> {
        let call = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.browser.call("Runtime.evaluate", call)?;
        ensure!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        Ok(answer["result"]["value"].clone())
    }

    /// Presses a key, by the names of the DOM.
    pub fn press(&mut self, key: &str, code: u32) -> Result<()> {
        let text = match key {
            "Enter" => "\r",
            key if key.len() == 1 => key,
            _ => "",
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.browser.call("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// Types into what has the focus.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        self.browser
            .call("Input.insertText", json!({ "text": text }))
            .map(|_| ())
    }

    /// Chooses an option, as a person does with a list.
    pub fn choose(&mut self, id: &str, value: &str) -> Result<()> {
        let chosen = self.value(&format!(
            "(() => {{ const s = document.getElementById('{id}'); s.value = '{value}'; \
             s.dispatchEvent(new Event('input', {{ bubbles: true }})); return s.value; }})()"
        ))?;
        ensure!(chosen == value, "{id} has no choice {value}");
        Ok(())
    }

    /// The ids of the records that are shown.
    pub fn shown(&mut self) -> Result<Vec<String>> {
        let ids = self.value(
            "[...document.querySelectorAll('.rules > li')].filter(li => li.checkVisibility()).map(li => li.dataset.id)",
        )?;
        Ok(ids
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect())
    }

    /// Keeps a picture of what is on the screen, to be looked at.
    pub fn screenshot(&mut self, name: &str) -> Result<PathBuf> {
        let answer = self
            .browser
            .call("Page.captureScreenshot", json!({ "format": "png" }))?;
        let data = answer["data"].as_str().context("no picture")?;
        let path = out_dir()?.join(format!("{name}.png"));
        fs::write(&path, decode(data))?;
        Ok(path)
    }
}

/// Writes the page with the program under test.
fn make(name: &str, records: &str) -> Result<PathBuf> {
    let file = out_dir()?.join(format!("{name}.html"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = hushwall()?;
    let made = Command::new(&program)
        .args(["lists", "page", "--list-version", "2026112101", "--from"])
        .arg(root.join(records))
        .arg("-o")
        .arg(&file)
        .status()
        .with_context(|| program.display().to_string())?;
    ensure!(made.success(), "{} gave no page", program.display());
    Ok(file)
}

/// `$HUSHWALL`, else the program that was built beside this test.
fn hushwall() -> Result<PathBuf> {
    if let Some(path) = env::var_os("HUSHWALL") {
        return Ok(path.into());
    }
    let test = env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("no folder")?;
    let program = profile.join("hushwall");
    ensure!(
        program.exists(),
        "no {}: run `cargo build -p cli` first",
        program.display()
    );
    Ok(program)
}

fn out_dir() -> Result<PathBuf> {
    let test = env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("no folder")?;
    let folder = profile.join("page");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Base64 (RFC 4648, section 4).
fn decode(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut out) = (0u32, 0, Vec::with_capacity(text.len() / 4 * 3));
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}
