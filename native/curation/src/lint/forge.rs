//! Which repository an address shows, wherever a copy of it is served from.

/// What an address shows of a repository.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// `owner/name`, in small letters.
    pub(super) repository: String,
    /// The page is what people wrote, such as an issue, and no file.
    pub(super) is_talk: bool,
    /// The file is named at one commit, so that a reader sees what we saw.
    pub(super) is_pinned: bool,
}

impl Shown {
    /// Of an https address; `None` where it shows no repository.
    pub(super) fn of(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://")?;
        let rest = rest.split(['?', '#']).next()?;
        let mut parts = rest.split('/').filter(|part| !part.is_empty());
        let host = parts.next()?.to_ascii_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host);
        let mut parts: Vec<&str> = parts.collect();
        let pages = ["github.io", "gitlab.io", "codeberg.page"];
        let owner = pages
            .iter()
            .find_map(|pages| host.strip_suffix(pages)?.strip_suffix('.'));
        let owner = match (owner, host) {
            (Some(owner), _) => owner,
            (
                None,
                "cdn.jsdelivr.net" | "fastly.jsdelivr.net" | "gcore.jsdelivr.net" | "cdn.statically.io",
            ) => {
                // `/gh/OWNER/NAME@REVISION/PATH`
                parts.drain(..parts.len().min(1));
                take_first(&mut parts)?
            }
            (
                None,
                "github.com"
                | "raw.githubusercontent.com"
                | "raw.github.com"
                | "gitlab.com"
                | "codeberg.org"
                | "bitbucket.org"
                | "gitee.com",
            ) => take_first(&mut parts)?,
            _ => return None,
        };
        let name = take_first(&mut parts)?;
        let (name, revision) = name.split_once('@').unwrap_or((name, ""));
        let name = name.strip_suffix(".git").unwrap_or(name);
        let path = match parts.as_slice() {
            ["-", path @ ..] | path => path,
        };
        Some(Self {
            repository: format!("{owner}/{name}").to_ascii_lowercase(),
            is_talk: matches!(
                path.first(),
                Some(&("issues" | "pull" | "pulls" | "discussions" | "merge_requests"))
            ),
            is_pinned: path.iter().chain([&revision]).any(|part| is_commit(part)),
        })
    }
}

fn take_first<'a>(parts: &mut Vec<&'a str>) -> Option<&'a str> {
    (!parts.is_empty()).then(|| parts.remove(0))
}

/// A whole SHA-1 or SHA-256 in hexadecimal.
fn is_commit(part: &str) -> bool {
    matches!(part.len(), 40 | 64) && part.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_repository_are_known_as_it() {
        for url in [
            "https://github.com/Hagezi/dns-blocklists/blob/main/x",
            "https://www.github.com/hagezi/dns-blocklists.git",
            "https://raw.githubusercontent.com/hagezi/dns-blocklists/main/x",
            "https://cdn.jsdelivr.net/gh/hagezi/dns-blocklists@latest/x",
            "https://gitlab.com/hagezi/dns-blocklists/-/raw/main/x",
            "https://hagezi.github.io/dns-blocklists/x",
        ] {
            let shown = Shown::of(url).unwrap();
            assert_eq!(shown.repository, "hagezi/dns-blocklists", "{url}");
            assert!(!shown.is_talk && !shown.is_pinned, "{url}");
        }
        assert_eq!(Shown::of("https://example.com/hagezi/dns-blocklists"), None);
        assert_eq!(Shown::of("https://github.com/hagezi"), None);
    }

    #[test]
    fn talk_and_files_at_a_commit_are_told_apart() {
        let talk = |url| Shown::of(url).unwrap().is_talk;
        assert!(talk("https://github.com/a/b/issues/1"));
        assert!(talk("https://github.com/a/b/pull/1#issuecomment-2"));
        assert!(talk("https://gitlab.com/a/b/-/issues/1"));
        assert!(!talk("https://github.com/a/b/blob/main/issues/1"));
        let pinned = |url: &str| Shown::of(url).unwrap().is_pinned;
        let commit = "7e7d894140fd006e36ecf7a8de391d79939dfe40";
        assert!(pinned(&format!("https://github.com/a/b/blob/{commit}/x")));
        assert!(pinned(&format!("https://cdn.jsdelivr.net/gh/a/b@{commit}/x")));
        assert!(!pinned("https://github.com/a/b/blob/master/x"));
    }
}
