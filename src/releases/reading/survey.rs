//! The page as the passes see it: measured, with its lines in order.

use dom_query::{NodeId, NodeRef};

use super::{
    content::{Layout, MAX_DEPTH, RUNNING, STRONG},
    elements::{is_block, is_dropped_by_name, is_file, is_for_listeners, is_heading, is_hidden},
    lines::{is_sentence, letters, one_line},
    phrases,
};

/// Files that are a release's papers.
pub(super) const PAPERS: &[&str] = &[
    ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".odt", ".hwp", ".hwpx",
];

/// The page as the passes see it.
pub(super) struct Survey<'a> {
    pub layout: &'a mut Layout,
    pub root: NodeRef<'a>,
    /// Where the page says that its article is.
    pub article: Option<NodeId>,
    /// Elements that hold text and no other block, in reading order.
    pub leaves: Vec<Leaf<'a>>,
    /// Where the paragraphs behind the headline stand, each with the letters of all up to it.
    pub paragraphs: Vec<(usize, usize)>,
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
        if self.layout.is_most(node) || self.layout.holds_headline(node) || self.heads_text(node) {
            return false;
        }
        self.layout.marked.insert(node.id);
        true
    }

    /// Whether the element is a heading in what the page declares as its text, and a sentence of that follows:
    /// `Register`, `Read more`, `Share` head paragraphs of releases, too.
    fn heads_text(&self, node: &NodeRef) -> bool {
        let is_bold = || {
            let mut children = node
                .children_it(false)
                .filter(|child| child.is_element() || !child.text().trim().is_empty());
            node.has_name("p")
                && children
                    .next()
                    .is_some_and(|child| child.has_name("strong") || child.has_name("b"))
                && children.next().is_none()
        };
        (self.is_in_declared_text(node) || self.is_beside_paragraph(node, false))
            && (is_heading(node) || is_bold())
            && self.layout.measure(node).linked == 0
            && node.next_element_sibling().is_some_and(|next| {
                (next.has_name("p") || next.has_name("div"))
                    && !self.layout.marked.contains(&next.id)
                    && self.says_sentences(&next)
                    && self.layout.measure(&next).linked * 4 < self.layout.measure(&next).text
            })
    }

    /// Marks the element however much it says, where the text stands between the headline and it: what
    /// readers wrote, or a column beside the text, may be longer than the release.
    pub fn mark_behind_text(&mut self, node: &NodeRef) -> bool {
        if !self.layout.is_most(node) {
            return self.mark(node);
        }
        let may_go = self.follows_text(node) && !self.layout.holds_headline(node);
        if may_go {
            self.layout.marked.insert(node.id);
        }
        may_go
    }

    /// Whether paragraphs stand between the headline and the element.
    pub fn follows_text(&self, node: &NodeRef) -> bool {
        /// Letters of paragraphs that are a text.
        const TEXT: usize = 160;
        let from = self.layout.measure(node).from;
        let before = self.paragraphs.partition_point(|(at, _)| *at < from);
        before
            .checked_sub(1)
            .and_then(|at| self.paragraphs.get(at))
            .is_some_and(|(_, letters)| *letters >= TEXT)
    }

    /// Where among the lines the first paragraph stands: above it is what sites say about a text.
    pub fn text_from(&self) -> usize {
        /// Letters of what is surely a paragraph; of one below the headline, where all are short.
        const TEXT: usize = 90;
        const SHORT: usize = 60;
        let is_text = |leaf: &Leaf<'_>, letters: usize| {
            leaf.letters >= letters && leaf.text.ends_with(['.', '!', '?', '”', '"', '。'])
        };
        let below_headline = |leaf: &Leaf<'_>| {
            leaf.node.has_name("p")
                && self
                    .layout
                    .headline
                    .is_some_and(|headline| self.layout.stands_behind(&leaf.node, headline))
        };
        let leaves = &self.leaves;
        leaves
            .iter()
            .position(|leaf| is_text(leaf, TEXT))
            .or_else(|| {
                leaves
                    .iter()
                    .position(|leaf| below_headline(leaf) && is_text(leaf, SHORT))
            })
            .unwrap_or_default()
    }

    pub fn is_marked(&self, node: &NodeRef) -> bool {
        self.layout.marked.contains(&node.id)
    }

    /// Whether the element, or one around it, is marked.
    pub fn is_left_out(&self, node: &NodeRef) -> bool {
        self.is_marked(node)
            || node
                .ancestors_it(Some(MAX_DEPTH))
                .any(|above| self.is_marked(&above))
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

    /// Whether the element stands in what the page declares as its text, or between its paragraphs, and says something
    /// there: sentences that are no links, or papers. However it is called, that is the release's. Teasers have headings that are links,
    /// and what readers are to sign up for has a button.
    pub fn is_of_text(&self, node: &NodeRef) -> bool {
        let is_placed = self.is_in_declared_text(node)
            || (self.stands_amid_text(node) && !asks_to_be_read(node));
        is_placed && self.says_sentences(node)
    }

    fn is_in_declared_text(&self, node: &NodeRef) -> bool {
        self.layout.declared_text.is_some_and(|text| {
            node.ancestors_it(Some(MAX_DEPTH))
                .any(|above| above.id == text)
        })
    }

    /// Whether a paragraph stands right above the element and one right below it, beside it.
    fn stands_amid_text(&self, node: &NodeRef) -> bool {
        self.is_beside_paragraph(node, false) && self.is_beside_paragraph(node, true)
    }

    /// Whether one of the elements right before or behind it is a paragraph that says a sentence.
    pub fn is_beside_paragraph(&self, node: &NodeRef, forwards: bool) -> bool {
        const NEAR: usize = 3;
        let next = |at: &NodeRef<'_>| {
            if forwards {
                at.next_element_sibling()
            } else {
                at.prev_element_sibling()
            }
            .map(|next| next.id)
        };
        let mut at = next(node);
        for _ in 0..NEAR {
            let Some(beside) = at.map(|id| NodeRef::new(id, node.tree)) else {
                return false;
            };
            if beside.has_name("p")
                && !self.is_marked(&beside)
                && self.layout.measure(&beside).good >= RUNNING
                && self.is_sentence_of_text(&beside)
            {
                return true;
            }
            at = next(&beside);
        }
        false
    }

    /// Whether it says sentences that are no links, or leads to papers, and has nothing to fill in.
    pub fn says_sentences(&self, node: &NodeRef) -> bool {
        /// Elements of it that are looked at.
        const MOST: usize = 300;
        let measure = self.layout.measure(node);
        if measure.linked_headings > 0 {
            return false;
        }
        let mut says = false;
        for below in node.descendants_it().take(MOST) {
            let Some(name) = below.node_name().filter(|_| below.is_element()) else {
                continue;
            };
            match &*name {
                "input" if below.attr("type").as_deref() == Some("hidden") => {}
                "form" | "input" | "button" | "select" | "textarea" => return false,
                "a" => {
                    says |= below
                        .attr("href")
                        .is_some_and(|href| is_file(&href, PAPERS));
                }
                "p" | "li" | "td" | "dd" | "div" | "blockquote" => {
                    says |= measure.linked * 4 < measure.text && self.is_sentence_of_text(&below);
                }
                _ => {}
            }
        }
        says || (measure.linked * 4 < measure.text && self.is_sentence_of_text(node))
    }

    /// A line that ends as a sentence does, hardly a link in it, and asks nobody to sign up.
    fn is_sentence_of_text(&self, node: &NodeRef) -> bool {
        const WORDS: usize = 3;
        let measure = self.layout.measure(node);
        let holds_line = measure.text > 0
            && measure.linked * 2 < measure.text
            && !node
                .children_it(false)
                .any(|child| child.node_name().is_some_and(|name| is_block(&name)));
        // What is so long is text, however it ends.
        let is_long = measure.text > LONGEST_LINE;
        holds_line
            && (is_long || {
                let says = one_line(&shown_text(node));
                is_sentence(says.trim_end())
                    && (says.split_whitespace().count() >= WORDS
                        || letters(&says) >= 3 * STRONG / 4)
                    && !phrases::offers_mail(&says)
                    && !phrases::is_sites_note(&says)
            })
    }

    /// Whether the element stands in what the page declares as its article.
    pub fn is_in_article(&self, node: &NodeRef) -> bool {
        self.article.is_some_and(|article| {
            node.ancestors_it(Some(MAX_DEPTH))
                .any(|above| above.id == article)
        })
    }
}

/// Whether the box asks readers to have something mailed: a letter box without its form.
fn asks_to_be_read(node: &NodeRef) -> bool {
    let says = one_line(&node.text());
    let asks = |line: &NodeRef| {
        let says = one_line(&line.text());
        phrases::asks_to_subscribe(&says) || phrases::offers_mail(&says)
    };
    phrases::offers_mail(&says)
        || node
            .descendants_it()
            .take(60)
            .filter(|below| is_heading(below) || below.has_name("a") || below.has_name("p"))
            .any(|line| asks(&line))
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
            leaves.extend(leaf(child));
        } else if !block && !inner && stands_alone(&child) {
            // `<div><span>Topics</span><ul>…</ul></div>`
            leaves.extend(leaf(child));
        }
    }
    holds_block
}

fn leaf(node: NodeRef<'_>) -> Option<Leaf<'_>> {
    let text = one_line(&shown_text(&node));
    let text = text.trim();
    let letters = letters(text);
    (letters > 0 && letters <= LONGEST_LINE).then(|| Leaf {
        node,
        text: text.to_owned(),
        letters,
    })
}

/// The words of a line that readers see: none of buttons and of what is hidden.
fn shown_text(node: &NodeRef) -> String {
    let mut text = String::new();
    push_shown(node, &mut text, 0);
    text
}

fn push_shown(node: &NodeRef, text: &mut String, depth: usize) {
    if depth > MAX_DEPTH {
        text.push_str(&node.text());
        return;
    }
    for child in node.children_it(false) {
        if child.is_text() {
            text.push_str(&child.text());
        } else if child.is_element() && !is_unread(&child) {
            push_shown(&child, text, depth + 1);
        }
    }
}

/// What stands on one side of an element within a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Block,
    Words,
}

/// Whether an element within a line is a line of its own: nothing but blocks stands beside it. A line that is all
/// its parent has is its parent's.
fn stands_alone(node: &NodeRef) -> bool {
    let is_inline = node
        .node_name()
        .is_some_and(|name| matches!(&*name, "span" | "strong" | "b" | "a" | "small" | "label"));
    if !is_inline {
        return false;
    }
    let sides = [stands_beside(node, true), stands_beside(node, false)];
    !sides.contains(&Beside::Words) && sides.contains(&Beside::Block)
}

fn stands_beside(node: &NodeRef, forwards: bool) -> Beside {
    const BLANKS: usize = 6;
    let mut at = beside(node, forwards);
    for _ in 0..BLANKS {
        let Some(sibling) = at else {
            return Beside::Nothing;
        };
        if sibling.is_element() {
            let is_one = |name: &str| is_block(name) || name == "button";
            return match sibling.node_name() {
                Some(name) if is_one(&name) => Beside::Block,
                _ => Beside::Words,
            };
        }
        if !sibling.text().trim().is_empty() {
            return Beside::Words;
        }
        at = beside(&sibling, forwards);
    }
    Beside::Words
}

fn beside<'a>(node: &NodeRef<'a>, forwards: bool) -> Option<NodeRef<'a>> {
    if forwards {
        node.next_sibling()
    } else {
        node.prev_sibling()
    }
}

/// The paragraphs behind the headline that are no links: where each stands, and the letters of all up to it.
pub(super) fn gather_paragraphs(root: &NodeRef, layout: &Layout) -> Vec<(usize, usize)> {
    let Some(headline) = layout.headline else {
        return Vec::new();
    };
    let mut letters = 0;
    root.descendants_it()
        .filter(|node| node.has_name("p") && layout.stands_behind(node, headline))
        .map(|node| layout.measure(&node))
        .filter(|measure| measure.good >= STRONG && measure.linked * 3 < measure.text)
        .map(|measure| {
            letters += measure.good;
            (measure.from, letters)
        })
        .collect()
}
