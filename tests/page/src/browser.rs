//! A Chromium and its DevTools protocol: JSON messages that end in a zero byte, over a pair of pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use std::{env, fs, process, thread};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Chromium reads commands on descriptor 3 and writes answers on 4; the shell puts our pipes there.
const LAUNCH: &str = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";

const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A running browser; it ends with this value.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    commands: Option<ChildStdin>,
    messages: Receiver<Value>,
    profile: PathBuf,
    next_id: u64,
    session: Option<String>,
    /// What the browser reported between answers.
    pub events: Vec<Value>,
}

impl Browser {
    /// Starts the browser with a new, empty profile and one tab.
    pub fn launch() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = env::temp_dir().join(format!("hushwall-page-{}-{count}", process::id()));
        fs::create_dir_all(&profile)?;
        let program = env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        let mut child = Command::new("sh")
            .args(["-c", LAUNCH, "sh", &program])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            // What it leaves there when it is killed goes with the profile.
            .env("TMPDIR", &profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let answers = child.stdout.take().context("no pipe")?;
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(answers).split(0) {
                let Ok(Ok(message)) = message.map(|bytes| serde_json::from_slice(&bytes)) else {
                    break;
                };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            commands: child.stdin.take(),
            child,
            messages,
            profile,
            next_id: 0,
            session: None,
            events: Vec::new(),
        };
        let target = browser
            .call("Target.createTarget", json!({ "url": "about:blank" }))
            .with_context(|| format!("{program} does not answer; `apt install chromium`, or set CHROMIUM"))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach)?;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        Ok(browser)
    }

    /// Calls a method and waits for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.next_id += 1;
        let id = self.next_id;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let commands = self.commands.as_mut().context("the browser has ended")?;
        commands.write_all(format!("{message}\0").as_bytes())?;
        loop {
            let answer = self.next()?;
            if answer["id"] != id {
                self.events.push(answer);
                continue;
            }
            if let Some(error) = answer.get("error") {
                bail!("{method}: {error}");
            }
            return Ok(answer["result"].clone());
        }
    }

    /// Waits for an event.
    pub fn wait_for(&mut self, event: &str) -> Result<()> {
        while !self.events.iter().any(|seen| seen["method"] == event) {
            let message = self.next().with_context(|| format!("waiting for {event}"))?;
            self.events.push(message);
        }
        Ok(())
    }

    fn next(&self) -> Result<Value> {
        self.messages
            .recv_timeout(PATIENCE)
            .context("no answer from the browser")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends by itself when its pipe does; what does not is ended.
        self.commands = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
