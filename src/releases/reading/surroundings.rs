//! What belongs to a release and stands outside the element that holds its text.

use dom_query::{NodeId, NodeRef};

use super::lines::{blocks_on_one_line, is_end_mark, one_line};
use super::{
    content::{LINE, Layout, MAX_DEPTH},
    dates, edges,
    elements::{
        has_class, has_token, is_block, is_file, is_heading, is_inline, says_lead, says_subtitle,
    },
    own_boxes::Beside,
    phrases,
};

/// Where the release stands.
pub struct Content<'a> {
    /// In reading order; each is one element, or a run of bare text with the markup in it.
    pub parts: Vec<Vec<NodeRef<'a>>>,
    /// What stands below the text in the article and is in none of them, though no pass knows it as the site's.
    pub left: Vec<NodeRef<'a>>,
}

impl Layout {
    /// The smallest element that holds the release, with what belongs to it and stands outside: a
    /// sub-headline or "for immediate release" above it, the end mark or whom to ask below it.
    pub fn content<'a>(&self, body: NodeRef<'a>) -> Content<'a> {
        let declared = self
            .declared
            .map(|declared| NodeRef::new(declared, body.tree))
            .filter(|declared| self.measure(declared).good > 0);
        let mut node = declared.unwrap_or(body);
        // What is the text itself is taken whole.
        let is_whole = self.declared_text == Some(node.id) && !self.holds_headline(&node);
        for _ in 0..MAX_DEPTH {
            match self.only_child_with_text(&node).filter(|_| !is_whole) {
                Some(child) => node = child,
                None => break,
            }
        }
        self.with_surroundings(node, declared.map(|declared| declared.id))
    }

    /// `node` with what belongs to it above and below; `declared` is where the page says that its
    /// article is.
    pub(super) fn with_surroundings<'a>(
        &self,
        node: NodeRef<'a>,
        declared: Option<NodeId>,
    ) -> Content<'a> {
        let mut around: Vec<NodeRef> = node.ancestors_it(None).take(MAX_DEPTH).collect();
        around.retain(NodeRef::is_element);
        let mut content = Content {
            parts: Vec::new(),
            left: Vec::new(),
        };
        let article = self.article(&node, &around, declared);
        let inner_of = |level: usize| {
            let inner = level.checked_sub(1).and_then(|at| around.get(at));
            *inner.unwrap_or(&node)
        };
        let mut below_headline = self.headline.is_none();
        for (level, above) in around.iter().enumerate().rev() {
            let inner = inner_of(level);
            let before = above
                .children_it(false)
                .take_while(|child| child.id != inner.id);
            for part in self.stretches(before) {
                let is_own = level < article
                    && match part.as_slice() {
                        [child] if child.is_element() && !is_inline(child) => {
                            below_headline
                                && (self.is_short_part(child, &inner) || self.is_lead(child))
                        }
                        run => (below_headline && self.is_short_run(run)) || self.is_front_run(run),
                    };
                if is_own {
                    content.parts.push(part);
                } else {
                    for child in &part {
                        self.own_lines(
                            child,
                            level < article,
                            &mut below_headline,
                            &mut content,
                            0,
                        );
                    }
                }
            }
        }
        content.parts.push(vec![node]);
        self.below_text(&node, &around, article, declared.is_some(), &mut content);
        content
    }

    /// Gathers what stands below the text and is the release's own, and what of the article is left.
    fn below_text<'a>(
        &self,
        node: &NodeRef<'a>,
        around: &[NodeRef<'a>],
        article: usize,
        is_declared: bool,
        content: &mut Content<'a>,
    ) {
        // Whether nothing that is the site's stands between the text and what comes next.
        let mut goes_on = true;
        for (level, above) in around.iter().enumerate().take((article + 1).max(4)) {
            let inner = level.checked_sub(1).and_then(|at| around.get(at));
            let inner = *inner.unwrap_or(node);
            let in_article = level < article;
            let below = above
                .children_it(false)
                .skip_while(|child| child.id != inner.id)
                .skip(1);
            for part in self.stretches(below) {
                if in_article && (self.is_short_run(&part) || self.is_front_run(&part)) {
                    content.parts.push(part);
                    continue;
                }
                for child in part.into_iter().filter(NodeRef::is_element) {
                    let is_own = (in_article
                        && (self.is_short_part(&child, &inner)
                            || (is_declared && self.is_rest(&child, &inner))
                            || self.is_call(&child, &inner)))
                        || (level < 3
                            && self.measure(&inner).text == self.measure(node).text
                            && self.is_paper(&child, &inner))
                        || (level < 4
                            && !self.is_chrome(&child)
                            && (self.ends_release(&child, in_article)
                                || (in_article && self.says_whom_to_ask(&child))));
                    if is_own {
                        content.parts.push(vec![child]);
                    } else if level < 3
                        && self.holds_headline(above)
                        && !self.holds_headline(&child)
                        && !above.has_name("body")
                        && let Some(papers) = self.attachments(&child)
                    {
                        content.parts.push(vec![papers]);
                    } else if in_article {
                        self.own_box(&child, &mut goes_on, content);
                    } else if goes_on && level == article && !above.has_name("body") {
                        goes_on = self.is_part_below_article(&child);
                        if goes_on {
                            content.parts.push(vec![child]);
                        }
                    }
                }
            }
        }
    }

    /// Takes a box of the article's below the text, or notes that it is left out. Behind one of the site's with a
    /// heading, or with more than buttons, nothing is taken.
    fn own_box<'a>(&self, part: &NodeRef<'a>, goes_on: &mut bool, content: &mut Content<'a>) {
        match self.beside_text(part) {
            Beside::Own if *goes_on => content.parts.push(vec![*part]),
            // A heading without a word is marked.
            Beside::Empty => *goes_on &= !is_headed(part),
            _ if self.is_chrome(part) => *goes_on &= !is_headed(part),
            _ => {
                *goes_on = false;
                content.left.push(*part);
            }
        }
    }

    /// Gathers what stands above the text and is the release's own.
    fn own_lines<'a>(
        &self,
        node: &NodeRef<'a>,
        in_article: bool,
        below_headline: &mut bool,
        content: &mut Content<'a>,
        depth: usize,
    ) {
        /// Parts right above a picture, one of which is the lead.
        const NEAR: usize = 4;
        if self.headline == Some(node.id) {
            *below_headline = true;
            return;
        }
        let letters = self.measure(node).text;
        if !node.is_element() || depth > MAX_DEPTH || self.is_chrome(node) {
            return;
        }
        if letters == 0 {
            let film = self.film_in(node).filter(|_| in_article && *below_headline);
            content.parts.extend(film.map(|film| vec![film]));
            return;
        }
        let has_headline = self.holds_headline(node);
        if !has_headline && letters <= LINE {
            let heading = node
                .node_name()
                .is_some_and(|name| matches!(&*name, "h2" | "h3" | "h4"));
            let text = || one_line(&node.text());
            let is_sites = || {
                let text = text();
                phrases::tag_label(&text).is_some() || phrases::is_control(&text)
            };
            if (*below_headline
                && !is_sites()
                && ((heading && self.measure(node).linked == 0 && text().split(' ').count() >= 4)
                    || says_subtitle(node)
                    || (in_article && self.is_plain_subheadline(node))
                    || (in_article && is_set_as_heading(node) && text().split(' ').count() >= 4)))
                || (is_block(&node.node_name().unwrap_or_default())
                    && self.says_front_matter(node, &text())
                    && (*below_headline || !edges::is_contact_label(&text())))
                || (*below_headline && in_article && names_ways(&blocks_on_one_line(node)))
                || (!*below_headline && in_article && self.is_lead_above(node))
            {
                content.parts.push(vec![*node]);
                return;
            }
        }
        // A picture with its caption between the lead and the text; above both it is found by itself.
        if *below_headline
            && in_article
            && !has_headline
            && letters <= LINE
            && self.shows_picture(node)
            && content
                .parts
                .iter()
                .rev()
                .take(NEAR)
                .flatten()
                .any(|part| self.is_lead(part))
        {
            content.parts.push(vec![*node]);
            return;
        }
        if *below_headline
            && in_article
            && !has_headline
            && (node.has_name("p") || says_lead(node))
            && self.is_lead(node)
        {
            content.parts.push(vec![*node]);
            return;
        }
        for child in node.children_it(false) {
            self.own_lines(&child, in_article, below_headline, content, depth + 1);
        }
    }

    /// An end mark, or whom to ask.
    fn ends_release(&self, node: &NodeRef, in_article: bool) -> bool {
        let letters = self.measure(node).text;
        if letters == 0 || letters > LINE {
            return false;
        }
        let text = says(node, in_article);
        is_end_mark(&text) || self.says_front_matter(node, &text)
    }

    /// A name with a mailbox and a telephone number, in the article: whom the press may ask.
    fn says_whom_to_ask(&self, node: &NodeRef) -> bool {
        let letters = self.measure(node).text;
        letters > 0 && letters <= LINE && names_ways(&blocks_on_one_line(node))
    }

    /// A paper of the release's right below its text, in an element of its own: a link to a file with a name.
    fn is_paper(&self, node: &NodeRef, text: &NodeRef) -> bool {
        let measure = self.measure(node);
        if !self.is_next(node, text)
            || measure.text == 0
            || measure.text > LINE
            || self.is_chrome(node)
        {
            return false;
        }
        let says = one_line(&node.text());
        let mut links = node
            .descendants_it()
            .take(60)
            .filter(|below| below.has_name("a"))
            .peekable();
        links.peek().is_some()
            && links.all(|link| link.attr("href").is_some_and(|href| leads_to_paper(&href)))
            && measure.linked * 10 >= measure.text * 8
            && says.split_whitespace().count() >= 2
            && !phrases::is_control(&says)
    }

    /// `Read the full letter here`, right below the text: a link alone to what that is about.
    fn is_call(&self, node: &NodeRef, text: &NodeRef) -> bool {
        let measure = self.measure(node);
        if !(node.has_name("p") || node.has_name("div"))
            || measure.text == 0
            || measure.text > LINE / 3
            || measure.linked * 10 < measure.text * 9
            || self.is_chrome(node)
            || !self.is_next(node, text)
        {
            return false;
        }
        let mut links = node
            .descendants_it()
            .take(20)
            .filter(|below| below.has_name("a"));
        links.next().is_some()
            && links.next().is_none()
            && phrases::calls_to_paper(&one_line(&node.text()))
    }

    /// The box of a release's own papers, beside its text in what holds the headline too.
    fn attachments<'a>(&self, column: &NodeRef<'a>) -> Option<NodeRef<'a>> {
        const MOST: usize = 200;
        std::iter::once(*column)
            .chain(column.descendants_it().take(MOST))
            .filter(NodeRef::is_element)
            .filter(|part| has_token(part, &["attachment", "attachments"]))
            .find(|part| {
                let mut links = part
                    .descendants_it()
                    .take(MOST)
                    .filter(|below| below.has_name("a"))
                    .peekable();
                let measure = self.measure(part);
                measure.text > 0
                    && measure.text <= 2 * LINE
                    && !self.is_chrome(part)
                    && links.peek().is_some()
                    && links.all(|link| {
                        link.attr("href").is_some_and(|href| leads_to_paper(&href))
                            && one_line(&link.text()).split_whitespace().count() >= 2
                    })
            })
    }

    /// Whether nothing that says something stands between the text and the element below it.
    pub(super) fn is_next(&self, node: &NodeRef, text: &NodeRef) -> bool {
        let mut before = node.prev_element_sibling();
        while let Some(at) = before.filter(|at| at.id != text.id && self.measure(at).text == 0) {
            before = at.prev_element_sibling();
        }
        before.is_some_and(|before| before.id == text.id)
    }

    /// When it may be used, or whom to ask; a link that is called `Press contact` is a menu's.
    fn says_front_matter(&self, node: &NodeRef, text: &str) -> bool {
        let measure = self.measure(node);
        edges::is_front_matter(text)
            && (measure.linked * 2 < measure.text || edges::names_a_way(text))
    }
}

/// Whether a heading stands in the element.
fn is_headed(node: &NodeRef) -> bool {
    const FIRST: usize = 60;
    is_heading(node)
        || node
            .descendants_it()
            .take(FIRST)
            .any(|below| is_heading(&below))
}

/// `<p class="h4">`: a paragraph in the letters of a heading, right below the headline.
fn is_set_as_heading(node: &NodeRef) -> bool {
    node.has_name("p")
        && has_class(node, &["h2", "h3", "h4", "h5"])
        && node
            .prev_element_sibling()
            .is_some_and(|before| is_heading(&before))
}

/// What the element says. Several lines are read as one in the article only, and where a mailbox or a whole
/// telephone number stands in them.
fn says(node: &NodeRef, in_article: bool) -> String {
    const WHOLE_NUMBER: usize = 10;
    let lines = blocks_on_one_line(node);
    let names_one =
        lines.contains('@') || lines.chars().filter(char::is_ascii_digit).count() >= WHOLE_NUMBER;
    if in_article && names_one {
        lines
    } else {
        one_line(&node.text())
    }
}

/// A mailbox and a telephone number in one line: whom the press may ask.
fn names_ways(line: &str) -> bool {
    let is_part =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '+' | '-' | '.' | '/');
    line.contains('@')
        && line.split(|c: char| !is_part(c)).any(|number| {
            number.chars().filter(char::is_ascii_digit).count() >= 7
                && dates::alone(number.trim()).is_none()
        })
}

/// Whether the address is of a document.
fn leads_to_paper(href: &str) -> bool {
    const PAPERS: &[&str] = &[".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".odt"];
    is_file(href, PAPERS)
}
