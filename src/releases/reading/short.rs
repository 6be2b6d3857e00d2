//! Short paragraphs that stand beside the element which holds most of a release: its first line or
//! its last, in a box of their own.
//!
//! No length tells such a line from the site's own. What tells them apart is where they stand,
//! inside the article and next to its text, and how they are built: as the text is, or as a
//! sentence in a paragraph.

use dom_query::{NodeId, NodeRef};

use super::{
    content::{LINE, Layout},
    edges::{date_line, is_footer_line},
    one_line,
};

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
            Some(declared) => around.iter().position(|above| above.id == declared),
            None if self.holds_headline(node) => None,
            // What has the whole page in it says nothing about the article.
            None => around
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
        // Nothing but running text: labels and addresses are broken into lines that are none.
        if measure.good == 0 || measure.text > LINE || measure.good + measure.linked < measure.text
        {
            return false;
        }
        let says = one_line(&part.text());
        if is_footer_line(&says) || says.starts_with(['©', '℗']) || date_line(&says).is_some() {
            return false;
        }
        if part.has_name("p") {
            return is_sentence(&says);
        }
        let name = part.node_name();
        let is_box = name
            .as_deref()
            .is_some_and(|name| matches!(name, "div" | "section" | "article"));
        let kinds_of_part = kinds(part);
        is_box
            && name == text.node_name()
            && kinds_of_part == kinds(text)
            && (is_sentence(&says)
                || !kinds_of_part.is_empty() && measure.linked == 0 && !has_broken_lines(part))
    }
}

/// The classes that say what an element is: those with a number say which one it is, or where its
/// text is set.
fn kinds(node: &NodeRef) -> Vec<String> {
    let mut kinds: Vec<String> = node
        .attr("class")
        .unwrap_or_default()
        .split_whitespace()
        .filter(|class| !class.contains(|c: char| c.is_ascii_digit()) && !class.contains("align"))
        .map(str::to_owned)
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// An address, or a name with a title.
fn has_broken_lines(node: &NodeRef) -> bool {
    node.descendants_it().any(|below| below.has_name("br"))
}

/// Whether the line ends as a sentence does, in any of the scripts that we know.
fn is_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '”', '’', '»', ')', '」', '』', ' ', '\u{a0}'])
        .ends_with(['.', '!', '?', ':', '…', '。', '！', '？', '：', '؟'])
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
        let dropped = [
            "<p>Work begins in the spring</p>",
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
        let html = format!(
            "<title>The council votes for the plan</title><body><p>Work begins in the spring.</p><div><h1>The council votes for the plan</h1><div><p>{long}</p></div></div><p>Work begins in the spring.</p>"
        );
        assert!(!words(&page(&html, None).document).contains("begins"));
    }
}
