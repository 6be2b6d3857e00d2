//! Finding the release in a page: by how its text is spread, never by the name of a site.

use std::collections::{HashMap, HashSet};

use dom_query::{NodeId, NodeRef};

use super::{
    elements::{
        is_block, is_container, is_dropped_by_name, is_for_listeners, is_heading, is_hidden, kinds,
    },
    lines::letters,
};

/// A paragraph counts as running text from this many letters on, and as the mark of a place where
/// a release may stand from [`STRONG`] on.
pub(super) const RUNNING: usize = 20;
pub(super) const STRONG: usize = 60;

/// Letters of the longest line that may belong to the release though it stands outside its element.
pub(super) const LINE: usize = 300;

/// What stands below an element, in letters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measure {
    /// Running text that is no link.
    pub(super) good: usize,
    pub(super) text: usize,
    pub(super) linked: usize,
    /// Headings that are links to other pages from end to end: the mark of a list of articles.
    pub(super) linked_headings: usize,
    /// Where it stands in reading order, and where what follows it does.
    pub(super) from: usize,
    to: usize,
}

/// The page measured; every question after that is a look-up.
#[derive(Debug, Default)]
pub struct Layout {
    measures: HashMap<NodeId, Measure>,
    now: Measure,
    pending: (usize, usize),
    total: usize,
    /// What the passes found to be the site's.
    pub(super) marked: HashSet<NodeId>,
    /// Those of them that a name alone tells, that say sentences, and stand right below the text's paragraphs.
    pub(super) doubted: Vec<NodeId>,
    /// The page's own headline, where it was found: what stands before it is not the release.
    pub headline: Option<NodeId>,
    /// Where the page itself says that its article is.
    pub(super) declared: Option<NodeId>,
    /// The same, where it is the text itself: all of it is the release's but what is evidently a box.
    pub(super) declared_text: Option<NodeId>,
}

/// How deep the walks follow; of what is deeper only the text is read.
pub const MAX_DEPTH: usize = 150;

impl Layout {
    /// Nothing measured yet.
    pub(super) fn with_headline(headline: Option<NodeId>) -> Self {
        Self {
            headline,
            ..Self::default()
        }
    }

    /// Measures all that is below `root` and not marked.
    pub(super) fn measure_all(&mut self, root: &NodeRef) {
        self.measures.clear();
        self.now = Measure::default();
        self.visit(root, false, 0);
        self.flush();
        self.total = self.now.good;
    }

    /// Whether there is anything but links.
    pub fn says_something(&self) -> bool {
        self.total > 0 || self.now.linked * 10 < self.now.text * 9
    }

    /// All running text of the page, in letters.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    fn visit(&mut self, node: &NodeRef, in_link: bool, depth: usize) {
        if depth > MAX_DEPTH {
            self.pending.0 += letters(&node.text());
            return;
        }
        for child in node.children_it(false) {
            if child.is_text() {
                let letters = letters(&child.text());
                self.pending.0 += letters;
                if in_link {
                    self.pending.1 += letters;
                }
                continue;
            }
            let Some(name) = child.node_name() else {
                continue;
            };
            if !child.is_element()
                || is_dropped_by_name(&name)
                || is_hidden(&child)
                || is_for_listeners(&child)
                || self.marked.contains(&child.id)
            {
                continue;
            }
            let block = is_block(&name);
            if block {
                self.flush();
            }
            self.now.from += 1;
            let before = self.now;
            let pending = self.pending;
            let leads_away = &*name == "a" && !stays_here(&child);
            self.visit(&child, in_link || leads_away, depth + 1);
            if block {
                self.flush();
            }
            let mut measure = Measure {
                good: self.now.good - before.good,
                text: self.now.text - before.text,
                linked: self.now.linked - before.linked,
                linked_headings: self.now.linked_headings - before.linked_headings,
                from: before.from,
                to: self.now.from + 1,
            };
            if !block {
                measure.text += self.pending.0.saturating_sub(pending.0);
                measure.linked += self.pending.1.saturating_sub(pending.1);
            }
            if matches!(&*name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
                && measure.text > 0
                && measure.linked * 10 >= measure.text * 9
                && self.headline != Some(child.id)
            {
                self.now.linked_headings += 1;
                measure.linked_headings += 1;
            }
            self.measures.insert(child.id, measure);
        }
    }

    /// Ends a stretch of text: is it running text, or a label, a date, a menu?
    fn flush(&mut self) {
        let (text, linked) = std::mem::take(&mut self.pending);
        self.now.text += text;
        self.now.linked += linked;
        if text >= RUNNING && linked * 2 < text {
            self.now.good += text - linked;
        }
    }

    pub(super) fn measure(&self, node: &NodeRef) -> Measure {
        self.measures.get(&node.id).copied().unwrap_or_default()
    }

    /// Whether the element holds most of the page's text.
    pub(super) fn is_most(&self, node: &NodeRef) -> bool {
        self.measure(node).good * 2 > self.total
    }

    /// Whether the element is the site's and not the release's, as the passes found it.
    pub fn is_chrome(&self, node: &NodeRef) -> bool {
        node.node_name()
            .is_none_or(|name| is_dropped_by_name(&name))
            || is_hidden(node)
            || is_for_listeners(node)
            || self.marked.contains(&node.id)
    }

    /// Goes down one level where one child holds the text and its siblings hold no paragraph that
    /// could be the release's too.
    pub(super) fn only_child_with_text<'a>(&self, node: &NodeRef<'a>) -> Option<NodeRef<'a>> {
        let best = node
            .children_it(false)
            .filter(|child| is_container(child) && !self.is_chrome(child))
            .filter(|child| !self.stands_before_headline(child))
            .max_by_key(|child| self.measure(child).good)?;
        let good = self.measure(&best).good;
        if good == 0 {
            return None;
        }
        let mut in_containers = 0;
        // A box may say more than each short paragraph beside it; under a heading those are the text.
        let (mut in_paragraphs, mut has_headings) = (0, false);
        let mut before_headline = self.headline.is_some() && self.holds_headline(node);
        for child in node.children_it(false) {
            let measure = self.measure(&child);
            if is_container(&child) {
                in_containers += measure.good;
            }
            if before_headline && child.is_element() && self.holds_headline(&child) {
                before_headline = false;
            }
            if child.id == best.id || !child.is_element() || before_headline {
                continue;
            }
            if !self.is_chrome(&child) && measure.linked * 2 < measure.text {
                if child.has_name("p") {
                    in_paragraphs += measure.good;
                }
                has_headings |=
                    measure.text > 0 && is_heading(&child) && self.headline != Some(child.id);
            }
            if (measure.good >= STRONG
                || self.shows_something(&child, &best)
                || self.goes_on(&child, &best))
                && !self.is_chrome(&child)
                && !self.is_beside(&child, &best)
            {
                return None;
            }
        }
        if has_headings && in_paragraphs >= STRONG {
            return None;
        }
        // Text that stands in the element itself, parted by `<br>`.
        let elsewhere = if node.is_element() && self.measures.contains_key(&node.id) {
            let blocks: usize = node
                .children_it(false)
                .filter(|child| child.is_element() && !is_container(child))
                .map(|child| self.measure(&child).good)
                .sum();
            self.measure(node)
                .good
                .saturating_sub(in_containers + blocks)
        } else {
            0
        };
        (elsewhere < STRONG).then_some(best)
    }

    /// A menu has more to say than some releases.
    fn stands_before_headline(&self, node: &NodeRef) -> bool {
        self.headline.is_some_and(|headline| {
            let (node, headline) = (self.measures.get(&node.id), self.measures.get(&headline));
            node.zip(headline)
                .is_some_and(|(node, headline)| node.to <= headline.from)
        })
    }

    /// A box that stands beside the text: built in another way, with less text, and part of it links;
    /// or the last of the page, below the box with headline and text.
    fn is_beside(&self, part: &NodeRef, text: &NodeRef) -> bool {
        let (own, others) = (self.measure(part), self.measure(text));
        let is_last = || {
            let is_outer = part.parent().is_some_and(|above| {
                above.has_name("body") || above.parent().is_some_and(|above| above.has_name("body"))
            });
            is_outer
                && own.good <= LINE
                && self.holds_headline(text)
                && own.from >= others.to
                && self.nothing_follows(part)
        };
        if !is_container(part) || self.holds_headline(part) {
            return false;
        }
        let is_unlike = own.good * 2 < others.good
            && (own.linked_headings > 0 || own.linked * 4 >= own.text || is_last())
            && kinds(part) != kinds(text);
        is_unlike || self.is_column_of_links(part, own, others)
    }

    /// A column of other things beside the text, built in the same way: most of it are links, many of
    /// them, and hardly a sentence is none.
    fn is_column_of_links(&self, part: &NodeRef, own: Measure, others: Measure) -> bool {
        const MANY: usize = 8;
        let in_declared = self
            .declared
            .is_some_and(|declared| declared != part.id && self.holds_id(declared, part));
        !in_declared
            && own.linked * 2 >= own.text
            && own.good * 4 < others.good
            && part
                .descendants_it()
                .filter(|below| below.has_name("a"))
                .take(MANY)
                .count()
                == MANY
    }

    /// Whether `inner` stands in the element `outer`.
    fn holds_id(&self, outer: NodeId, inner: &NodeRef) -> bool {
        match (self.measures.get(&outer), self.measures.get(&inner.id)) {
            (Some(outer), Some(inner)) => (outer.from..outer.to).contains(&inner.from),
            _ => false,
        }
    }

    fn nothing_follows(&self, node: &NodeRef) -> bool {
        let mut at = node.next_element_sibling();
        while let Some(next) = at {
            if self.measure(&next).text > 0 {
                return false;
            }
            at = next.next_element_sibling();
        }
        true
    }

    /// A module of a page builder that shows a picture, a film or a quotation between the modules of
    /// text: it is built like `text`, and has hardly any words of its own.
    fn shows_something(&self, module: &NodeRef, text: &NodeRef) -> bool {
        let measure = self.measure(module);
        if measure.text > LINE || measure.linked > 0 {
            return false;
        }
        let classes = |node: &NodeRef| node.attr("class").unwrap_or_default();
        let (own, others) = (classes(module), classes(text));
        let is_alike = own
            .split_whitespace()
            .any(|class| others.split_whitespace().any(|other| class == other));
        is_alike
            && module.descendants_it().any(|node| {
                node.node_name().is_some_and(|name| {
                    matches!(&*name, "img" | "iframe" | "video" | "blockquote" | "table")
                })
            })
    }

    pub(super) fn holds_headline(&self, node: &NodeRef) -> bool {
        self.headline
            .is_some_and(|headline| self.holds(node, headline))
    }

    /// Whether the element stands behind `earlier`, and not in it.
    pub(super) fn stands_behind(&self, node: &NodeRef, earlier: NodeId) -> bool {
        match (self.measures.get(&node.id), self.measures.get(&earlier)) {
            (Some(node), Some(earlier)) => node.from >= earlier.to,
            _ => false,
        }
    }

    /// Whether `inner` is the element or stands in it.
    pub(super) fn holds(&self, node: &NodeRef, inner: NodeId) -> bool {
        if node.id == inner {
            return true;
        }
        let (Some(node), Some(inner)) = (self.measures.get(&node.id), self.measures.get(&inner))
        else {
            // The root is not measured: it holds all that is.
            return !node.is_element() || node.has_name("body") || node.has_name("html");
        };
        (node.from..node.to).contains(&inner.from)
    }
}

/// A link to a place on the same page: sub-headings are, in questions and answers.
fn stays_here(link: &NodeRef) -> bool {
    link.attr("href").is_none_or(|href| {
        let href = href.trim();
        href.is_empty() || href.starts_with('#') || href.starts_with("javascript:")
    })
}
