//! Finding the release in a page: by how its text is spread, never by the name of a site.

use std::collections::HashMap;

use dom_query::{NodeId, NodeRef};

use super::{
    edges::title_key,
    elements::{is_block, is_container, is_dropped_by_name, is_hidden, says_chrome},
    surroundings::Content,
};

/// A paragraph counts as running text from this many letters on, and as the mark of a place where
/// a release may stand from [`STRONG`] on.
pub(super) const RUNNING: usize = 20;
const STRONG: usize = 60;

/// Letters of the longest line that may belong to the release though it stands outside its element.
pub(super) const LINE: usize = 300;

/// What stands below an element, in letters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measure {
    /// Running text that is no link.
    pub(super) good: usize,
    pub(super) text: usize,
    pub(super) linked: usize,
    /// Headings that are links from end to end: the mark of a list of other articles.
    linked_headings: usize,
}

/// The page measured once; every question after that is a look-up.
#[derive(Debug, Default)]
pub struct Layout {
    measures: HashMap<NodeId, Measure>,
    now: Measure,
    pending: (usize, usize),
    total: usize,
    /// The page's own headline, where it was found: what stands before it is not the release.
    pub headline: Option<NodeId>,
}

/// How deep the walks follow; of what is deeper only the text is read.
pub const MAX_DEPTH: usize = 150;

impl Layout {
    /// Measures what stands below `root`; `title` is what the page says that its headline is.
    pub fn of(root: &NodeRef, title: &str) -> Self {
        let mut layout = Self::default();
        layout.visit(root, &title_key(title), false, 0);
        layout.flush();
        layout.total = layout.now.good;
        layout
    }

    /// Whether there is anything but links.
    pub fn says_something(&self) -> bool {
        self.total > 0 || self.now.linked * 10 < self.now.text * 9
    }

    fn visit(&mut self, node: &NodeRef, title: &str, in_link: bool, depth: usize) {
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
            if !child.is_element() || is_dropped_by_name(&name) || is_hidden(&child) {
                continue;
            }
            let block = is_block(&name);
            if block {
                self.flush();
            }
            let before = self.now;
            let pending = self.pending;
            self.visit(&child, title, in_link || &*name == "a", depth + 1);
            if block {
                self.flush();
            }
            let mut measure = Measure {
                good: self.now.good - before.good,
                text: self.now.text - before.text,
                linked: self.now.linked - before.linked,
                linked_headings: self.now.linked_headings - before.linked_headings,
            };
            if !block {
                measure.text += self.pending.0.saturating_sub(pending.0);
                measure.linked += self.pending.1.saturating_sub(pending.1);
            }
            if matches!(&*name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") {
                if measure.text > 0 && measure.linked * 10 >= measure.text * 9 {
                    self.now.linked_headings += 1;
                    measure.linked_headings += 1;
                } else if (&*name == "h1" || self.headline.is_none())
                    && !title.is_empty()
                    && matches!(&*name, "h1" | "h2")
                    && title_key(&child.text()) == title
                {
                    self.headline = Some(child.id);
                }
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

    /// Whether the element is the site's and not the release's: menus, share buttons, sign-up
    /// boxes, lists of other releases. Whatever holds most of the page's text is never dropped.
    pub fn is_chrome(&self, node: &NodeRef) -> bool {
        let Some(name) = node.node_name() else {
            return true;
        };
        if is_dropped_by_name(&name) || is_hidden(node) {
            return true;
        }
        // What is too deep to have been measured is kept.
        let Some(measure) = self.measures.get(&node.id) else {
            return false;
        };
        if measure.good * 2 > self.total {
            return false;
        }
        if let Some(role) = node.attr("role")
            && matches!(
                &*role,
                "navigation"
                    | "banner"
                    | "contentinfo"
                    | "search"
                    | "complementary"
                    | "alert"
                    | "alertdialog"
                    | "dialog"
                    | "menu"
                    | "menubar"
                    | "toolbar"
            )
        {
            return true;
        }
        match &*name {
            "footer" => !is_quoted(node),
            "aside" | "form" => true,
            "div" | "section" | "ul" | "ol" | "header" | "span" | "p" | "dl" | "table" => {
                (says_chrome(node, matches!(&*name, "p" | "span")) && !is_quoted(node))
                    || self.is_list_of_teasers(node)
            }
            _ => false,
        }
    }

    /// Two or more cards, each under a heading that is a link, and little else.
    fn is_list_of_teasers(&self, node: &NodeRef) -> bool {
        let measure = self.measure(node);
        if measure.linked_headings < 2 {
            return false;
        }
        let cards = node
            .children_it(false)
            .filter(NodeRef::is_element)
            .map(|child| self.measure(&child))
            .filter(|card| card.linked_headings > 0);
        let (count, text) = cards.fold((0, 0), |(count, text), card| {
            (count + card.linked_headings, text + card.text)
        });
        count >= 2 && text * 10 >= measure.text * 7
    }

    /// The smallest element that holds the release, with what belongs to it and stands outside: a
    /// sub-headline or "for immediate release" above it, the end mark or whom to ask below it.
    pub fn content<'a>(&self, body: NodeRef<'a>) -> Content<'a> {
        let declared = self.declared(&body);
        let mut node = declared.unwrap_or(body);
        for _ in 0..MAX_DEPTH {
            match self.only_child_with_text(&node) {
                Some(child) => node = child,
                None => break,
            }
        }
        self.with_surroundings(node, declared.map(|declared| declared.id))
    }

    /// Where the page itself says that its article is, if most of the text really stands there.
    fn declared<'a>(&self, body: &NodeRef<'a>) -> Option<NodeRef<'a>> {
        const PLACES: [&str; 6] = [
            "[itemprop~=articleBody]",
            ".entry-content",
            "article",
            "main",
            "[role=main]",
            "#main-content",
        ];
        let matchers = PLACES
            .iter()
            .filter_map(|place| dom_query::Matcher::new(place).ok());
        for matcher in matchers {
            let best = body
                .descendants_it()
                .filter(|node| node.is_element() && node.is_match(&matcher))
                .max_by_key(|node| self.measure(node).good);
            if let Some(node) = best
                && self.measure(&node).good * 2 >= self.total
                && self.total > 0
            {
                return Some(node);
            }
        }
        None
    }

    /// Goes down one level where one child holds the text and its siblings hold no paragraph that
    /// could be the release's too.
    fn only_child_with_text<'a>(&self, node: &NodeRef<'a>) -> Option<NodeRef<'a>> {
        let best = node
            .children_it(false)
            .filter(|child| is_container(child) && !self.is_chrome(child))
            .max_by_key(|child| self.measure(child).good)?;
        let good = self.measure(&best).good;
        if good == 0 {
            return None;
        }
        let mut in_containers = 0;
        let mut before_headline = self.headline.is_some() && self.holds_headline(node);
        for child in node.children_it(false) {
            let measure = self.measure(&child);
            if is_container(&child) {
                in_containers += measure.good;
            }
            if before_headline && self.holds_headline(&child) {
                before_headline = false;
            }
            if child.id == best.id || !child.is_element() || before_headline {
                continue;
            }
            if (measure.good >= STRONG || self.shows_something(&child, &best))
                && !self.is_chrome(&child)
            {
                return None;
            }
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
        let Some(headline) = self.headline else {
            return false;
        };
        headline == node.id
            || node.tree.get(&headline).is_some_and(|headline| {
                headline.ancestors_it(None).any(|above| above.id == node.id)
            })
    }
}

/// `<blockquote>…<footer>` names who is quoted.
fn is_quoted(node: &NodeRef) -> bool {
    node.ancestors_it(Some(3))
        .any(|above| above.has_name("blockquote"))
}

/// How much a text says, in Latin letters: a Chinese character or a Korean syllable is worth three.
pub(super) fn letters(text: &str) -> usize {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c >= '\u{2e80}' { 3 } else { 1 })
        .sum()
}
