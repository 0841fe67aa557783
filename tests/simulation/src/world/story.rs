//! What happened last, for the message of a failure.

use std::net::SocketAddr;

use super::World;

impl World {
    /// The last outputs, for a message.
    pub fn story(&self) -> String {
        let last = self.record.tail.len().saturating_sub(60);
        self.record
            .tail
            .iter()
            .skip(last)
            .map(|line| format!("  {line}\n"))
            .collect()
    }

    /// The last outputs that concern a flow of the phone.
    pub fn story_of(&self, app: SocketAddr, remote: SocketAddr) -> String {
        let flow = self
            .internet
            .stream_to(remote)
            .map(|stream| format!("{:?}", stream.flow));
        let flow = flow.unwrap_or_else(|| "?".into());
        let app = app.to_string();
        let lines: Vec<&String> = self
            .record
            .tail
            .iter()
            .filter(|line| line.contains(&app) || line.contains(&flow))
            .collect();
        let last = lines.len().saturating_sub(60);
        lines[last..].iter().map(|line| format!("  {line}\n")).collect()
    }
}
