//! The two files that the phone writes, a recording and a breakage file: see `blocklists/PHONE-FILES.md`. JSON lines,
//! the first of which says what follows and in which version.

use serde::Deserialize;

/// The version of both forms. Fields that are added do not change it: a reader skips what it does not know.
const SCHEMA: u32 = 1;

/// Longest line that is read, in bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// A file of the phone.
#[derive(Debug)]
pub(super) struct PhoneFile {
    pub(super) head: Head,
    pub(super) lines: Lines,
    /// Lines that could not be read; the first of them by its number.
    pub(super) damaged: usize,
    pub(super) first_damaged: Option<usize>,
}

/// What follows the first line.
#[derive(Debug)]
pub(super) enum Lines {
    Recording(Vec<Call>),
    Breakage(Vec<Breakage>),
}

/// The first line.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Head {
    #[serde(rename = "hushwall")]
    pub(super) kind: Kind,
    pub(super) schema: u32,
    /// The system and its version.
    #[serde(default)]
    pub(super) system: String,
    /// The last day that the file is of.
    #[serde(default)]
    pub(super) to: String,
}

/// Which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Recording,
    Breakage,
}

/// A name that an app called, over the whole time of the recording.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    pub(super) app: String,
    #[serde(default)]
    pub(super) app_version: String,
    pub(super) name: String,
    pub(super) seen: Vec<How>,
    pub(super) verdict: Verdict,
    pub(super) count: Count,
    #[serde(default)]
    pub(super) retries: Retries,
    /// Hours of the day, in the phone's own time.
    #[serde(default)]
    pub(super) hours: Vec<u8>,
}

/// Where a name stood, in the words of `hushwall run --json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum How {
    DnsQuestion,
    DnsAlias,
    DnsTarget,
    TlsServerName,
    QuicServerName,
    HttpHost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Allow,
    Block,
}

/// How often, in bands: exact numbers would tell more of a person than of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum Count {
    #[serde(rename = "1")]
    Once,
    #[serde(rename = "2-9")]
    Few,
    #[serde(rename = "10-99")]
    Tens,
    #[serde(rename = "100-999")]
    Hundreds,
    #[serde(rename = "1000+")]
    Thousands,
}

/// The most calls within one minute after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
pub(super) enum Retries {
    #[default]
    #[serde(rename = "none")]
    None,
    #[serde(rename = "1-4")]
    Few,
    #[serde(rename = "5-19")]
    Many,
    #[serde(rename = "20+")]
    Storm,
}

/// Something that stopped working, and what was done about it.
#[derive(Debug, Deserialize)]
pub(super) struct Breakage {
    /// What stopped working, in the owner's words.
    pub(super) feature: String,
    pub(super) app: String,
    #[serde(default)]
    pub(super) app_version: String,
    /// The names that were refused shortly before.
    pub(super) suspects: Vec<String>,
    pub(super) fixed: Fix,
}

/// What brought it back.
#[derive(Debug, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub(super) enum Fix {
    /// The owner's allow for these names.
    Allow { names: Vec<String> },
    /// A switch "I use ...".
    Feature { feature: String },
    /// A gentler preset.
    Preset { preset: String },
    /// Hushwall was turned off.
    Off,
    /// Nothing that was tried.
    Nothing,
}

/// Why a file is none of the phone's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum PhoneError {
    /// The first line says nothing that is known.
    #[error("neither a capture, nor a file of the phone (its first line would be `{{\"hushwall\": ...}}`)")]
    Head,
    /// A newer form.
    #[error("schema {found} of the phone's files; this program knows {SCHEMA}, take a newer one")]
    Schema {
        /// As it says.
        found: u32,
    },
}

impl PhoneFile {
    /// Reads a file; a damaged line is counted and costs only itself.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PhoneError> {
        let mut lines = bytes.split(|&byte| byte == b'\n').zip(1..);
        let first = lines.next().map_or(&[][..], |(line, _)| line);
        let head: Head = parse_line(first).ok_or(PhoneError::Head)?;
        if head.schema != SCHEMA {
            return Err(PhoneError::Schema { found: head.schema });
        }
        let (mut damaged, mut first_damaged) = (0, None);
        let rest = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
        let mut failed = |number| {
            damaged += 1;
            first_damaged = first_damaged.or(Some(number));
        };
        let lines = match head.kind {
            Kind::Recording => Lines::Recording(parse_lines(rest, &mut failed)),
            Kind::Breakage => Lines::Breakage(parse_lines(rest, &mut failed)),
        };
        Ok(Self {
            head,
            lines,
            damaged,
            first_damaged,
        })
    }
}

fn parse_lines<'a, T: Deserialize<'a>>(
    lines: impl Iterator<Item = (&'a [u8], usize)>,
    failed: &mut impl FnMut(usize),
) -> Vec<T> {
    let parse = |(line, number)| {
        let parsed = parse_line(line);
        if parsed.is_none() {
            failed(number);
        }
        parsed
    };
    lines.filter_map(parse).collect()
}

fn parse_line<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    if line.len() > LONGEST_LINE {
        return None;
    }
    serde_json::from_slice(line).ok()
}

impl How {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::DnsQuestion => "DNS question",
            Self::DnsAlias => "DNS alias",
            Self::DnsTarget => "DNS target",
            Self::TlsServerName => "TLS server name",
            Self::QuicServerName => "QUIC server name",
            Self::HttpHost => "HTTP host",
        }
    }
}

impl Count {
    /// The band that a number is in.
    pub(super) const fn of(count: u64) -> Self {
        match count {
            0..2 => Self::Once,
            2..10 => Self::Few,
            10..100 => Self::Tens,
            100..1000 => Self::Hundreds,
            1000.. => Self::Thousands,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Few => "2-9 times",
            Self::Tens => "10-99 times",
            Self::Hundreds => "100-999 times",
            Self::Thousands => "1000 times or more",
        }
    }
}
