//! Short paragraphs that stand beside the element which holds most of a release: its first line or
//! its last, in a box of their own or bare, with nothing around them but the article.
//!
//! No length tells such a line from the site's own. What tells them apart is where they stand,
//! inside the article and next to its text, and how they are built: as the text is, or as a
//! sentence in a paragraph.

use dom_query::{NodeId, NodeRef};

use super::elements::{has_token, is_block, is_inline, kinds};
use super::lines::{is_end_mark, is_sentence, letters, one_line};
use super::{
    content::{LINE, Layout, MAX_DEPTH, RUNNING, STRONG},
    date_lines::date_line,
    edges::{self, is_footer_line, is_front_matter},
    elements::{is_dropped_by_name, is_hidden, says_lead},
    phrases,
};

/// Words in class or id of what is no part of a text, however it is built.
pub(super) const SITES: &[&str] = &[
    "ad",
    "ads",
    "advert",
    "advertisement",
    "promo",
    "banner",
    "aside",
    "sidebar",
    "footer",
    "header",
    "nav",
    "menu",
    "related",
    "share",
    "social",
    "comments",
    "newsletter",
    "signup",
    "author",
    "teaser",
    "cta",
    "cookie",
    "search",
    "login",
    "tags",
    "meta",
    "contact",
];

impl Layout {
    /// How many of the elements `around` the text, from the inside, are the article's: as far as
    /// the page says so itself; where it does not, as far as the headline stands beside the text.
    pub(super) fn article(
        &self,
        node: &NodeRef,
        around: &[NodeRef],
        declared: Option<NodeId>,
    ) -> usize {
        let outermost = match declared {
            _ if self.holds_headline(node) => None,
            // The declared body alone is no article: the lead stands outside it on many systems.
            Some(declared)
                if around.iter().any(|above| {
                    above.id == declared && (self.headline.is_none() || self.holds_headline(above))
                }) =>
            {
                around.iter().position(|above| above.id == declared)
            }
            // What has the whole page in it says nothing about the article.
            _ => around
                .iter()
                .position(|above| self.holds_headline(above))
                .filter(|at| around.get(*at).is_some_and(|above| !above.has_name("body"))),
        };
        outermost.map_or(0, |at| at + 1)
    }

    /// Whether `part`, which stands beside `text` in the article, is a short piece of the release.
    pub(super) fn is_short_part(&self, part: &NodeRef, text: &NodeRef) -> bool {
        if !part.is_element() || self.is_chrome(part) || self.holds_headline(part) {
            return false;
        }
        let measure = self.measure(part);
        // Nothing but running text: labels and addresses are broken into lines that are none. Where it is
        // built as the text is, a heading may stand above it.
        let own_kinds = kinds(part);
        let is_built_alike = own_kinds == kinds(text);
        let headed = if is_built_alike && !own_kinds.is_empty() {
            heading_letters(part)
        } else {
            0
        };
        if measure.good == 0
            || measure.text > LINE
            || measure.good + measure.linked + headed < measure.text
        {
            return false;
        }
        let says = one_line(&part.text());
        if is_sites(&says) {
            return false;
        }
        if part.has_name("p") {
            return is_sentence(&says);
        }
        let name = part.node_name();
        let is_box = name
            .as_deref()
            .is_some_and(|name| matches!(name, "div" | "section" | "article"));
        is_box
            && name == text.node_name()
            && is_built_alike
            && (is_sentence(&says)
                || !own_kinds.is_empty() && measure.linked == 0 && !has_broken_lines(part))
    }

    /// Whether `part`, right below `text` in the article, goes on with it: paragraphs that are sentences, and
    /// nothing else.
    pub(super) fn is_rest(&self, part: &NodeRef, text: &NodeRef) -> bool {
        const MOST: usize = 60;
        let measure = self.measure(part);
        if !self.is_next(part, text)
            || !part.has_name("div") && !part.has_name("section")
            || measure.good < STRONG
            || measure.linked * 2 > measure.text
            || self.is_chrome(part)
            || has_token(part, SITES)
        {
            return false;
        }
        let mut says = false;
        part.descendants_it()
            .take(MOST)
            .filter(|below| below.is_element() && self.measure(below).text > 0)
            .filter(|below| below.node_name().is_some_and(|name| is_block(&name)))
            .all(|below| {
                let line = one_line(&below.text());
                says = says || below.has_name("p");
                match below.node_name().as_deref() {
                    Some("p") => {
                        is_sentence(line.trim())
                            && !edges::is_of_the_site(&line)
                            && !is_sites(&line)
                    }
                    Some("div" | "section") => true,
                    _ => false,
                }
            })
            && says
    }

    /// Whether `module`, which stands beside `text`, is built like it and goes on where that ends: with a short
    /// sentence, or a list of what is no link. Page builders give each part of a release a box of its own.
    pub(super) fn goes_on(&self, module: &NodeRef, text: &NodeRef) -> bool {
        /// Elements of it that are looked at, and words of the shortest sentence.
        const MOST: usize = 80;
        const WORDS: usize = 3;
        let measure = self.measure(module);
        if measure.text == 0
            || measure.text > 2 * LINE
            || measure.linked * 4 > measure.text
            || !module.has_name("div") && !module.has_name("section")
            || !self
                .headline
                .is_some_and(|headline| self.stands_behind(module, headline))
            || has_token(module, SITES)
        {
            return false;
        }
        let (own, others) = (kinds(module), kinds(text));
        let is_one_kind = own == others;
        // Columns of handmade pages have no class, and a name each.
        if own.is_empty()
            && (self.holds_headline(text) || module.has_attr("id") || text.has_attr("id"))
        {
            return false;
        }
        if !is_one_kind && !own.iter().any(|kind| others.contains(kind)) {
            return false;
        }
        let in_main = || {
            module
                .ancestors_it(Some(MAX_DEPTH))
                .any(|above| above.has_name("main") || above.has_name("article"))
        };
        let is_headed = heading_letters(module) > 0 && in_main();
        let mut goes_on = false;
        for below in module
            .descendants_it()
            .take(MOST)
            .filter(NodeRef::is_element)
        {
            let Some(name) = below.node_name() else {
                continue;
            };
            if matches!(&*name, "form" | "input" | "button" | "select" | "textarea") {
                return false;
            }
            let is_line = is_block(&name)
                && self.measure(&below).text > 0
                && !below
                    .children_it(false)
                    .any(|child| child.node_name().is_some_and(|name| is_block(&name)));
            if !is_line {
                continue;
            }
            let says = one_line(&below.text());
            let says = says.trim();
            if is_sites(says)
                || edges::is_of_the_site(says)
                || phrases::is_control(says)
                || phrases::tag_label(says).is_some()
                || phrases::is_related_heading(says)
                || phrases::is_imprint(says)
                || phrases::says_updated(says)
            {
                return false;
            }
            let is_item =
                (&*name == "li" || &*name == "p" && is_headed) && is_one_kind && !own.is_empty();
            goes_on |= self.measure(&below).linked == 0
                && (is_item
                    || matches!(&*name, "p" | "li" | "div" | "dd")
                        && is_sentence(says)
                        && says.split(' ').count() >= WORDS);
        }
        goes_on
    }

    /// Whether `part`, which stands between the headline and the text, is the first of the release:
    /// running text and hardly a link in it.
    pub(super) fn is_lead(&self, part: &NodeRef) -> bool {
        /// A lead is a paragraph or two.
        const LONGEST: usize = 1_500;
        if !part.is_element() || self.is_chrome(part) || self.holds_headline(part) {
            return false;
        }
        let measure = self.measure(part);
        if self.headline.is_some() && says_lead(part) && measure.linked == 0 {
            let says = one_line(&part.text());
            let is_enough = says.split(' ').count() >= 4
                || says.chars().filter(|c| *c >= '\u{2e80}').count() >= 12;
            return measure.good >= RUNNING
                && measure.text <= LONGEST
                && is_enough
                && !is_sites(&says)
                && !phrases::is_control(&says);
        }
        self.headline.is_some()
            && measure.good >= STRONG
            && measure.text <= LONGEST
            && measure.linked * 4 < measure.text
            && measure.linked_headings == 0
            && is_sentence(&one_line(&part.text()))
    }

    /// The children of an element as they are read: a block alone, bare text with the markup in it
    /// together.
    pub(super) fn stretches<'a>(
        &self,
        children: impl Iterator<Item = NodeRef<'a>>,
    ) -> Vec<Vec<NodeRef<'a>>> {
        let mut stretches: Vec<Vec<NodeRef>> = Vec::new();
        let mut runs_on = false;
        for child in children.filter(|child| child.is_text() || child.is_element()) {
            let is_bare = child.is_text() || (is_inline(&child) && !self.is_chrome(&child));
            match stretches.last_mut() {
                Some(run) if runs_on && is_bare => run.push(child),
                _ => stretches.push(vec![child]),
            }
            runs_on = is_bare;
        }
        stretches
    }

    /// Whether a run of bare text beside the text, in the article, is a short piece of the release:
    /// every line of it a sentence. Labels, addresses and dates are none.
    pub(super) fn is_short_run(&self, run: &[NodeRef]) -> bool {
        if !self.is_run(run) {
            return false;
        }
        let (lines, linked) = lines(run);
        let total: usize = lines.iter().map(|line| letters(line)).sum();
        let is_own =
            |line: &String| letters(line) >= RUNNING && is_sentence(line) && !is_sites(line);
        !lines.is_empty() && total <= LINE && linked * 2 < total && lines.iter().all(is_own)
    }

    /// Whether bare text says when the release may be used, whom to ask, or that it ends.
    pub(super) fn is_front_run(&self, run: &[NodeRef]) -> bool {
        let (lines, _) = lines(run);
        let says = lines.join(" ");
        self.is_run(run) && (is_end_mark(&says) || is_front_matter(&says))
    }

    fn is_run(&self, run: &[NodeRef]) -> bool {
        let is_bare = |node: &NodeRef| {
            node.is_text()
                || (is_inline(node) && !self.is_chrome(node) && !self.holds_headline(node))
        };
        run.iter().all(is_bare)
    }
}

/// Letters of a sub-heading that begins the part and is no link.
fn heading_letters(part: &NodeRef) -> usize {
    const FIRST: usize = 12;
    part.descendants_it()
        .filter(NodeRef::is_element)
        .take(FIRST)
        .find(|below| below.is("h2, h3, h4"))
        .filter(|heading| !heading.descendants_it().any(|below| below.has_name("a")))
        .map_or(0, |heading| letters(&heading.text()))
}

/// Whether the line is the site's by what it says.
pub(super) fn is_sites(line: &str) -> bool {
    is_footer_line(line) || line.starts_with(['©', '℗']) || date_line(line).is_some()
}

/// The lines of a run of bare text, and how many of their letters are links.
fn lines(run: &[NodeRef]) -> (Vec<String>, usize) {
    let (mut says, mut linked) = (String::new(), 0);
    for top in run {
        for node in std::iter::once(*top).chain(top.descendants_it()) {
            if node.has_name("br") {
                says.push('\n');
            } else if node.has_name("a") {
                linked += letters(&node.text());
            } else if node.is_text() && !is_unseen(&node) {
                says.push_str(&node.text().replace('\n', " "));
            }
        }
    }
    let lines = says.lines().map(one_line).filter(|line| !line.is_empty());
    (lines.collect(), linked)
}

fn is_unseen(text: &NodeRef) -> bool {
    text.parent().is_some_and(|parent| {
        is_hidden(&parent)
            || parent
                .node_name()
                .is_some_and(|name| is_dropped_by_name(&name))
    })
}

/// An address, or a name with a title.
fn has_broken_lines(node: &NodeRef) -> bool {
    node.descendants_it().any(|below| below.has_name("br"))
}

#[cfg(test)]
mod tests {
    use super::super::{page, words};

    #[test]
    fn a_short_line_outside_the_article_or_built_in_another_way_is_the_sites() {
        let long =
            "The council met on Monday and voted for the plan that the engineers had drawn up. "
                .repeat(4);
        let read = |around: [&str; 2]| {
            let [before, after] = around;
            let html = format!(
                "<title>The council votes for the plan</title><body><article><h1>The council votes for the plan</h1>{before}<div class='box text'><p>{long}</p></div>{after}</article>"
            );
            words(&page(&html, None).document)
        };
        let kept = [
            "<p>Work begins in the spring.</p>",
            "<p>“Work begins in the spring.”</p>",
            "<div class='box text'>Work begins in the spring</div>",
            "<div class='text box-2 box'><p>Work begins in the spring</p></div>",
        ];
        // Below the headline it may be a sub-headline.
        let line = "<p>Work begins in the spring</p>";
        assert!(read([line, ""]).contains("begins") && !read(["", line]).contains("begins"));
        let dropped = [
            "<p><a href='/x'>Work begins in the spring.</a></p>",
            "<div class='box ad'><p>Work begins in the spring.</p></div>",
            "<div class='box text'>Work begins in spring<br>City Hall<br>Milltown</div>",
            "<div class='share'><p>Work begins in the spring.</p></div>",
            "<p>© Work begins in the spring.</p>",
        ];
        for part in kept {
            assert!(read([part, ""]).starts_with("Work begins"), "{part}");
            assert!(read(["", part]).ends_with("spring"), "{part}");
        }
        for part in dropped {
            for around in [[part, ""], ["", part]] {
                assert!(!read(around).contains("begins"), "{part}");
            }
        }
        // Bare, as by hand: with nothing around but the article.
        for bare in [
            "Work begins in the spring.",
            "Work begins in the <em>early</em> spring.<br>It ends in the autumn of next year.<br>",
            "<!-- x -->Work begins in <a href='/x'>the</a> spring.<script>var a = 'No.';</script>",
        ] {
            let said = read([bare, ""]);
            assert!(said.starts_with("Work begins in the"), "{bare}: {said}");
            let said = read(["", bare]);
            assert!(
                said.ends_with("spring") || said.ends_with("next year"),
                "{bare}: {said}"
            );
            assert!(!said.contains("var"), "{said}");
        }
        assert!(read(["", "<br>###<br>"]).ends_with("up") && read(["", "- 30 -"]).ends_with("30"));
        for bare in [
            "Work begins in the spring",
            "Work begins.",
            "<a href='/x'>Work begins in the spring.</a>",
            "Work begins in the spring.<br>City Hall<br>Milltown",
            "© Work begins in the spring.",
            "<span class='copyright'>Work begins in the spring.</span>",
            "Share this: Work begins in the spring.",
        ] {
            for around in [[bare, ""], ["", bare]] {
                assert!(!read(around).contains("begins"), "{bare}");
            }
        }
        let html = format!(
            "<title>The council votes for the plan</title><body><p>Work begins in the spring.</p><div><h1>The council votes for the plan</h1><div><p>{long}</p></div></div><p>Work begins in the spring.</p>"
        );
        assert!(!words(&page(&html, None).document).contains("begins"));
    }
}
