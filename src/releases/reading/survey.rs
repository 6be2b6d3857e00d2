//! The page as the passes see it: measured, with its lines in order.

use dom_query::{NodeId, NodeRef};

use super::{
    content::{Layout, MAX_DEPTH},
    elements::{is_block, is_dropped_by_name, is_for_listeners, is_hidden},
    lines::{letters, one_line},
};

/// The page as the passes see it.
pub(super) struct Survey<'a> {
    pub layout: &'a mut Layout,
    pub root: NodeRef<'a>,
    /// Where the page says that its article is.
    pub article: Option<NodeId>,
    /// Elements that hold text and no other block, in reading order.
    pub leaves: Vec<Leaf<'a>>,
}

/// A line of the page.
pub(super) struct Leaf<'a> {
    pub node: NodeRef<'a>,
    pub text: String,
    pub letters: usize,
}

impl Leaf<'_> {
    /// The line's words, with a space between those of different elements: styles part them.
    pub fn parted(&self) -> String {
        const MOST: usize = 80;
        let mut text = String::new();
        for below in self
            .node
            .descendants_it()
            .filter(NodeRef::is_text)
            .take(MOST)
        {
            let is_unseen = below
                .ancestors_it(Some(4))
                .take_while(|above| above.id != self.node.id)
                .any(|above| is_hidden(&above));
            if !is_unseen {
                text.push_str(&below.text());
                text.push(' ');
            }
        }
        one_line(&text).trim().to_owned()
    }
}

impl<'a> Survey<'a> {
    /// Marks the element, unless it holds the headline or most of the text: whatever it is called,
    /// that is no furniture.
    pub fn mark(&mut self, node: &NodeRef) -> bool {
        if self.layout.is_most(node) || self.layout.holds_headline(node) {
            return false;
        }
        self.layout.marked.insert(node.id);
        true
    }

    pub fn is_marked(&self, node: &NodeRef) -> bool {
        self.layout.marked.contains(&node.id)
    }

    /// Calls `visit` for each element below the root that is not marked, parents first; what it
    /// marks is not entered.
    pub fn each(&mut self, visit: &mut dyn FnMut(&mut Self, &NodeRef<'a>)) {
        let root = self.root;
        self.each_below(&root, visit, 0);
    }

    fn each_below(
        &mut self,
        node: &NodeRef<'a>,
        visit: &mut dyn FnMut(&mut Self, &NodeRef<'a>),
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        for child in node.children_it(false) {
            if !child.is_element() || self.is_marked(&child) || is_unread(&child) {
                continue;
            }
            visit(self, &child);
            if !self.is_marked(&child) {
                self.each_below(&child, visit, depth + 1);
            }
        }
    }

    /// Whether the element stands in what the page declares as its article.
    pub fn is_in_article(&self, node: &NodeRef) -> bool {
        self.article.is_some_and(|article| {
            node.ancestors_it(Some(MAX_DEPTH))
                .any(|above| above.id == article)
        })
    }
}

fn is_unread(node: &NodeRef) -> bool {
    node.node_name()
        .is_none_or(|name| is_dropped_by_name(&name))
        || is_hidden(node)
        || is_for_listeners(node)
}

/// Lines longer than this are text.
pub(super) const LONGEST_LINE: usize = 400;

/// Gathers the lines below the node; gives whether it holds a block.
pub(super) fn gather_leaves<'a>(
    node: &NodeRef<'a>,
    depth: usize,
    leaves: &mut Vec<Leaf<'a>>,
) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let mut holds_block = false;
    for child in node.children_it(false) {
        let Some(name) = child.node_name() else {
            continue;
        };
        if !child.is_element() || is_unread(&child) {
            continue;
        }
        let block = is_block(&name);
        let inner = gather_leaves(&child, depth + 1, leaves);
        holds_block |= block || inner;
        if block && !inner {
            let text = one_line(&child.text());
            let text = text.trim();
            let letters = letters(text);
            if letters > 0 && letters <= LONGEST_LINE {
                leaves.push(Leaf {
                    node: child,
                    text: text.to_owned(),
                    letters,
                });
            }
        }
    }
    holds_block
}
