//! What the papers promise.

use crate::house::{read, root};

#[test]
fn files_that_the_papers_name_are_there() {
    for paper in ["README.md", "ARCHITECTURE.md"] {
        let text = read(paper);
        let named = text.split('`').skip(1).step_by(2).filter(|word| {
            let is_path = word.contains('/') || word.ends_with(".md") || word.ends_with(".toml");
            is_path && !word.starts_with(['/', '~']) && !word.contains([' ', '*', '<', ':', '$', '{', '|'])
        });
        for path in named {
            let path = path.trim_start_matches("./");
            assert!(
                root().join(path).exists(),
                "{paper} names {path}, which is not there"
            );
        }
    }
}

#[test]
fn readme_begins_with_two_commands_and_their_proof() {
    let readme = read("README.md");
    let first_screen: Vec<&str> = readme.lines().take(60).collect();
    for command in ["./build.sh demo", "./build.sh test"] {
        assert!(
            first_screen.iter().any(|line| line.trim() == command),
            "README does not begin with {command}"
        );
    }
    let picture = readme
        .split_once("<!-- demo: begin")
        .and_then(|(_, rest)| rest.split_once("<!-- demo: end"))
        .map_or("", |(picture, _)| picture);
    assert!(
        picture.contains("On: 0 packets, and all"),
        "README does not show the demo's proof"
    );
}

#[test]
fn architecture_names_every_crate() {
    let architecture = read("ARCHITECTURE.md");
    for entry in std::fs::read_dir(root().join("native")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            architecture.contains(&format!("native/{name}")),
            "ARCHITECTURE.md does not name native/{name}"
        );
    }
}

#[test]
fn code_is_under_both_licences() {
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted"));
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}

/// A tag can be moved to other code; a commit cannot.
#[test]
fn the_workflow_that_may_comment_takes_a_text_and_nothing_else_of_a_pull_request() {
    let text = read(".github/workflows/lists-comment.yml");
    let taken: Vec<&str> = text
        .match_indices("report/")
        .filter_map(|(at, _)| text[at..].split(' ').next())
        .collect();
    assert!(
        !taken.is_empty() && taken.iter().all(|file| *file == "report/diff.txt"),
        "{taken:?}"
    );
    // In a script, what a stranger chose stands in the environment and not in the text.
    let script = text.split("run: |").nth(1).unwrap_or("");
    assert!(!script.is_empty() && !script.contains("${{"), "{script}");
}

#[test]
fn workflows_pin_the_code_of_others_to_a_commit() {
    for workflow in ["lists.yml", "lists-comment.yml"] {
        let text = read(&format!(".github/workflows/{workflow}"));
        for line in text.lines() {
            let Some((_, used)) = line.split_once("uses: ") else {
                continue;
            };
            let commit = used.split(['@', ' ']).nth(1).unwrap_or_default();
            let is_pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_pinned && used.contains(" # v"), "{workflow} uses {used}");
        }
    }
}
