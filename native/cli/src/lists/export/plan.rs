//! What a form can say of each name, and what is lost where it cannot say all.

use blocklist::Reach;

use super::format::{Answers, Format};
use super::tree::{Fate, Node, Tree};

/// A line of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) reach: Reach,
    /// Odd: blocks what the step before lets through. Even: lets through what the step before blocks. 0 and 1 are the
    /// outermost; 2 also stands for a name that nothing blocks and nothing may.
    pub(super) depth: u32,
    /// The depth of the names beneath its parent.
    pub(super) inherited: u32,
    /// Whether the step after this one is of the same name, and on what is beneath it.
    pub(super) has_below: bool,
    /// Whether it blocks by saying that the name does not exist; another answer would not do.
    pub(super) nxdomain: bool,
}

impl Step {
    /// Whether it blocks.
    pub(super) const fn is_block(&self) -> bool {
        self.depth % 2 == 1
    }
}

/// What a form loses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    /// Rules of which a part is not blocked.
    pub(super) narrowed: Vec<String>,
    /// Rules that block more than they say.
    pub(super) widened: Vec<String>,
    /// Rules left out, each with a name beneath that must be let through.
    pub(super) swallowing: Vec<(String, String)>,
    /// Rules whose answer the form leaves to its tool, and which are of use only if that is "no such name".
    pub(super) replies: Vec<String>,
    /// Rules that are not on names, or on patterns of names, where the form knows only names; and those whose answer it
    /// cannot give.
    pub(super) foreign: Vec<String>,
}

/// The lines of an export, parents before children, and what they lose.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Names that are blocked, and need no line since one on a name above them meets them.
    pub(super) merged: usize,
    pub(super) loss: Loss,
}

impl Plan {
    /// What a form says of the verdicts; of names whose feature is in use, whether it says that they are let through where
    /// nothing here blocks them.
    pub(super) fn new(tree: &Tree, format: Format, keep_features: bool) -> Self {
        let mut plan = Self::default();
        // Of each node, how deep the names beneath it are in blocks and exceptions, as the form has them.
        let mut beneath: Vec<u32> = Vec::with_capacity(tree.nodes.len());
        for (node, at) in tree.nodes.iter().zip(0..) {
            let parent = tree.parent(at);
            let inherited = parent
                .and_then(|parent| beneath.get(parent))
                .copied()
                .unwrap_or(0);
            let mut fate = plan.say(tree, at, inherited % 2 == 1, format);
            if format.deepest().is_some_and(|deepest| inherited >= deepest)
                && fate.blocks_more_than(inherited)
            {
                plan.loss.narrowed.push(node.name.clone());
                fate = Fate {
                    at: false,
                    below: false,
                };
            }
            if node.nxdomain && fate.at {
                match format.answers() {
                    Answers::Chosen => {}
                    Answers::ByTool => plan.loss.replies.push(node.name.clone()),
                    Answers::Zero => {
                        plan.loss.foreign.push(format!("{} as no such name", node.name));
                        fate = Fate {
                            at: false,
                            below: false,
                        };
                    }
                }
            }
            let keep = (node.essential || keep_features && node.feature) && format.lists_essentials();
            let lines = plan.steps.len();
            beneath.push(plan.push(node, fate, inherited, keep.then_some(node.kept)));
            plan.merged += usize::from(fate.at && plan.steps.len() == lines);
        }
        plan
    }

    /// What the form can say of a node, where names beneath its parent are blocked or not.
    fn say(&mut self, tree: &Tree, at: usize, inherited: bool, format: Format) -> Fate {
        let Some(node) = tree.nodes.get(at) else {
            return Fate {
                at: inherited,
                below: inherited,
            };
        };
        let (fate, name) = (node.fate, &node.name);
        let mut swallows = |kept: Option<&Node>| {
            kept.map(|kept| self.loss.swallowing.push((name.clone(), kept.name.clone())))
                .is_some()
        };
        let nothing = Fate {
            at: false,
            below: false,
        };
        match format {
            Format::Adguard | Format::Rpz | Format::Dnsmasq | Format::SingBox => fate,
            Format::Unbound if !fate.at && fate.below => {
                self.loss.narrowed.push(name.clone());
                nothing
            }
            Format::Unbound => fate,
            Format::Hosts => {
                // Beneath a name that was narrowed, nothing more is lost.
                let parent = tree.parent(at).and_then(|parent| tree.nodes.get(parent));
                if fate.below && !parent.is_some_and(|parent| parent.fate.below) {
                    self.loss.narrowed.push(name.clone());
                }
                Fate { below: false, ..fate }
            }
            // Beneath what is blocked whole there is nothing to say: it would have been left out otherwise.
            _ if inherited => Fate {
                at: true,
                below: true,
            },
            Format::Clash if fate.below && swallows(tree.kept_beneath(at)) => nothing,
            Format::Clash => fate,
            Format::Domains | Format::Wildcards => match (fate.at, fate.below) {
                (false, false) => nothing,
                (false, true) if node.kept.at && swallows(Some(node)) => nothing,
                (true, false) if node.kept.below && swallows(Some(node)) => nothing,
                _ if swallows(tree.kept_beneath(at)) => nothing,
                (true, true) => fate,
                _ => {
                    self.loss.widened.push(name.clone());
                    Fate {
                        at: true,
                        below: true,
                    }
                }
            },
        }
    }

    /// Writes what differs from what is inherited; the depth of the names beneath.
    fn push(&mut self, node: &Node, fate: Fate, inherited: u32, keep: Option<Fate>) -> u32 {
        let depth = |is_block: bool, keeps: bool| match (is_block, inherited % 2 == 1) {
            (true, false) | (false, true) => inherited + 1,
            (false, false) if keeps && inherited == 0 => 2,
            _ => inherited,
        };
        let keep = keep.unwrap_or(Fate {
            at: false,
            below: false,
        });
        let (at, below) = (depth(fate.at, keep.at), depth(fate.below, keep.below));
        let has_below = below != inherited;
        let mut step = |reach, depth| {
            self.steps.push(Step {
                name: node.name.clone(),
                reach,
                depth,
                inherited,
                has_below: has_below && reach == Reach::Exact,
                nxdomain: node.nxdomain && reach != Reach::Below,
            });
        };
        if at == below && has_below {
            step(Reach::Subdomains, at);
            return below;
        }
        if at != inherited {
            step(Reach::Exact, at);
        }
        if has_below {
            step(Reach::Below, below);
        }
        below
    }
}

impl Fate {
    /// Whether it blocks what is let through at a depth.
    const fn blocks_more_than(self, depth: u32) -> bool {
        depth.is_multiple_of(2) && (self.at || self.below)
    }
}
