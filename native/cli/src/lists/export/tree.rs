//! The verdicts to export, as a tree: of each name that a rule mentions, what becomes of the name and of what is beneath
//! it. A form of export then takes from each name what it can say.

use std::collections::{HashMap, HashSet};

use blocklist::{Action, Because, Reply, Rules, Verdict};

use crate::lists::progress::Progress;

/// A label that no rule mentions: what becomes of it becomes of all that is beneath a name and mentioned nowhere.
const STRANGER: &str = "hushwall-stranger-8d1f";

/// What becomes of a name, and of what is beneath it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    /// Whether the name is blocked.
    pub(super) at: bool,
    /// Whether the names beneath it are, but for those that have a fate of their own.
    pub(super) below: bool,
}

/// A name that some rule mentions.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// In lower case.
    pub(super) name: String,
    pub(super) fate: Fate,
    /// Whether a rule says that the name is let through, and whether one says so of what is beneath it.
    pub(super) kept: Fate,
    /// Whether no list blocks it.
    pub(super) essential: bool,
    /// Whether its feature is in use.
    pub(super) feature: bool,
    /// Whether it is blocked by being said not to exist, and by nothing else.
    pub(super) nxdomain: bool,
}

/// All names that rules mention, parents before children.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Of each node, the nearest one above it.
    parents: Vec<Option<usize>>,
    /// Of each node, a name beneath it (or its own) that a rule lets through.
    keeps_beneath: HashMap<usize, usize>,
}

impl Tree {
    /// The verdicts of some rules on the names that they mention.
    pub(super) fn new(rules: &Rules, mut names: Vec<String>) -> Self {
        // Label by label from the right: no label holds a byte below that of the end of one.
        names.sort_by_cached_key(|name| {
            name.rsplit('.')
                .flat_map(|label| label.bytes().chain([0]))
                .collect::<Vec<u8>>()
        });
        names.dedup();
        let mut progress = Progress::new(u64::try_from(names.len()).ok(), "names");
        let judge = |name| {
            progress.advance(1);
            Node::new(rules, name)
        };
        let nodes: Vec<Node> = names.into_iter().map(judge).collect();
        progress.clear();
        let parents = nearest(&nodes);
        let mut tree = Self {
            nodes,
            parents,
            keeps_beneath: HashMap::new(),
        };
        tree.find_kept();
        tree
    }

    fn find_kept(&mut self) {
        let mut keeps = HashMap::new();
        for (node, at) in self.nodes.iter().zip(0..) {
            if node.kept.at || node.kept.below {
                for parent in std::iter::successors(self.parent(at), |&above| self.parent(above)) {
                    keeps.entry(parent).or_insert(at);
                }
            }
        }
        self.keeps_beneath = keeps;
    }

    /// A name truly beneath that of the node which a rule lets through.
    pub(super) fn kept_beneath(&self, node: usize) -> Option<&Node> {
        self.keeps_beneath
            .get(&node)
            .and_then(|&kept| self.nodes.get(kept))
    }

    /// Of some names that lists block, those that must work, and are let through with all beneath them.
    pub(super) fn refused<'a>(&'a self, blocked: &'a HashSet<String>) -> impl Iterator<Item = &'a str> {
        let is_free = |node: &&Node| node.essential && !node.fate.at && !node.fate.below;
        let free = self.nodes.iter().filter(is_free).map(|node| node.name.as_str());
        free.filter(|name| blocked.contains(*name))
    }

    /// The nearest parent that has a fate.
    pub(super) fn parent(&self, node: usize) -> Option<usize> {
        self.parents.get(node).copied().flatten()
    }
}

impl Node {
    fn new(rules: &Rules, name: String) -> Self {
        let at = rules.verdict(&name, None);
        let below = rules.verdict(&format!("{STRANGER}.{name}"), None);
        let essential = |verdict: &Verdict| matches!(verdict.because, Because::Essential(_));
        let feature = |verdict: &Verdict| matches!(verdict.because, Because::Feature(_));
        let kept = |verdict: &Verdict| verdict.action == Action::Allow && verdict.because != Because::NoRule;
        Self {
            fate: Fate {
                at: at.is_block(),
                below: below.is_block(),
            },
            kept: Fate {
                at: kept(&at),
                below: kept(&below),
            },
            essential: essential(&at) || essential(&below),
            feature: feature(&at) || feature(&below),
            nxdomain: at.is_block() && matches!(at.reply, Some(Reply::NxDomain { .. })),
            name,
        }
    }
}

/// The nearest parent of each node. In their order what is beneath a node follows it, before anything else does.
fn nearest(nodes: &[Node]) -> Vec<Option<usize>> {
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut parents = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.iter().enumerate() {
        let name = node.name.as_str();
        while above.pop_if(|(_, parent)| !is_beneath(name, parent)).is_some() {}
        parents.push(above.last().map(|&(parent, _)| parent));
        above.push((at, name));
    }
    parents
}

fn is_beneath(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

/// The names above a name, nearest first.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..))
}
