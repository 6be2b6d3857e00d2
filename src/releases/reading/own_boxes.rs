//! Boxes of a release that stand beside the one with its text, in the element that holds the headline too:
//! quotations, facts, notes to editors, a table, a list, a picture, a film. They are the release's unless something
//! says that they are the site's: links, forms, lines that sites have, names that say so. A name alone decides
//! nothing: what is called so and says sentences is told from the text by none of our rules, and is left to people.

use dom_query::NodeRef;

use super::{
    content::{LINE, Layout},
    edges,
    elements::{
        has_token, is_block, is_caption, is_file, is_heading, is_hidden, is_inline, is_picture_box,
        says_lead, says_subtitle,
    },
    lines::{blocks_on_one_line, is_sentence, letters, one_line},
    phrases,
    short::{SITES, is_sites},
};

/// Elements of a box that are looked at.
const MOST: usize = 400;

/// What a box beside the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// A part of the release.
    Own,
    /// The site's.
    Sites,
    /// It says sentences, and its name says that it is the site's.
    Unsure,
    /// It says nothing.
    Empty,
}

/// What was found in a box.
#[derive(Default)]
struct Found {
    sentences: usize,
    /// Items of lists that say something, and rows of tables of data.
    items: usize,
    is_headed: bool,
    is_sites: bool,
}

impl Layout {
    /// What `part` is, which stands below the text in the element that holds both headline and text.
    pub(super) fn beside_text(&self, part: &NodeRef) -> Beside {
        if self.is_chrome(part) || self.holds_headline(part) {
            return Beside::Sites;
        }
        let measure = self.measure(part);
        if self.shows_picture(part) || self.film_in(part).is_some() && measure.text <= LINE {
            return Beside::Own;
        }
        if measure.text == 0 {
            return Beside::Empty;
        }
        let is_box = part.node_name().is_some_and(|name| {
            matches!(
                &*name,
                "div"
                    | "section"
                    | "article"
                    | "ul"
                    | "ol"
                    | "dl"
                    | "table"
                    | "blockquote"
                    | "details"
                    | "figure"
                    | "p"
                    | "h2"
                    | "h3"
                    | "h4"
            )
        });
        if !is_box || measure.linked_headings > 0 || measure.linked * 2 >= measure.text {
            return Beside::Sites;
        }
        let found = self.look_through(part);
        if found.is_sites {
            return Beside::Sites;
        }
        let is_called_so = has_token(part, SITES) || has_token(part, COLUMNS);
        if is_called_so {
            return if found.sentences > 0 {
                Beside::Unsure
            } else {
                Beside::Sites
            };
        }
        let says = found.sentences > 0 || found.items >= 2 || (found.items > 0 && found.is_headed);
        if says { Beside::Own } else { Beside::Sites }
    }

    /// Whether `part`, right below what the page calls its article, is a part of the release under a heading that
    /// releases have: `Background`, `Quick facts`.
    pub(super) fn is_part_below_article(&self, part: &NodeRef) -> bool {
        const FIRST: usize = 12;
        let heads_part = part
            .descendants_it()
            .take(FIRST)
            .filter(NodeRef::is_element)
            .find(|below| self.measure(below).text > 0 && !below.is("div, section, header"))
            .is_some_and(|first| {
                is_heading(&first) && phrases::is_part_of_release(&one_line(&first.text()))
            });
        heads_part && self.beside_text(part) == Beside::Own
    }

    fn look_through(&self, part: &NodeRef) -> Found {
        let mut found = Found::default();
        let mut looked_at = 0;
        for below in std::iter::once(*part).chain(part.descendants_it().filter(NodeRef::is_element))
        {
            looked_at += 1;
            if looked_at > MOST {
                break;
            }
            let Some(name) = below.node_name() else {
                continue;
            };
            if matches!(&*name, "form" | "input" | "button" | "select" | "textarea")
                && !is_hidden(&below)
            {
                found.is_sites = true;
                break;
            }
            if below.has_name("li") && is_teaser(&below) {
                found.is_sites = true;
                break;
            }
            if below.has_name("tr") {
                found.items += usize::from(is_row_of_data(&below));
            }
            let is_line = (is_block(&name) || below.id == part.id)
                && self.measure(&below).text > 0
                && !below
                    .children_it(false)
                    .any(|child| child.node_name().is_some_and(|name| is_block(&name)));
            if is_line {
                self.look_at_line(&below, &name, &mut found);
            }
            if found.is_sites {
                break;
            }
        }
        found
    }

    fn look_at_line(&self, line: &NodeRef, name: &str, found: &mut Found) {
        const WORDS: usize = 3;
        let says = one_line(&line.text());
        let says = says.trim();
        let heads_others = || edges::is_contact_label(says) || phrases::names_others(says);
        if is_line_of_the_site(says) || is_heading(line) && heads_others() {
            found.is_sites = true;
            return;
        }
        let measure = self.measure(line);
        let is_long = says.split(' ').count() >= WORDS
            || says.chars().filter(|c| *c >= '\u{2e80}').count() >= 4 * WORDS;
        if is_heading(line) {
            found.is_headed |= measure.linked == 0;
        } else if is_long && measure.linked * 2 < measure.text {
            if is_sentence(says) {
                found.sentences += 1;
            } else if matches!(name, "li" | "dd" | "summary") && measure.linked == 0 {
                found.items += 1;
            }
        }
    }

    /// A picture with what is said below it, or one that says what it shows, and no other word.
    pub(super) fn shows_picture(&self, part: &NodeRef) -> bool {
        const FIRST: usize = 60;
        let measure = self.measure(part);
        if measure.text > LINE
            || measure.linked > 0
            || has_token(part, SITES)
            || has_token(part, &["logo", "icon", "avatar", "icons", "logos"])
        {
            return false;
        }
        let mut box_ = std::iter::once(*part)
            .chain(part.descendants_it().take(FIRST))
            .filter(NodeRef::is_element);
        let Some(picture) = box_.find(|below| {
            (below.has_name("figure") || is_picture_box(below)) && !self.is_chrome(below)
        }) else {
            return false;
        };
        let says_more = self.measure(&picture).text < measure.text;
        let mut images = picture
            .descendants_it()
            .take(FIRST)
            .filter(|below| below.has_name("img"));
        let Some(image) = images.next().filter(|_| images.next().is_none()) else {
            return false;
        };
        let leads_away = image
            .ancestors_it(Some(4))
            .take_while(|above| above.id != part.id)
            .any(|above| {
                above.has_name("a")
                    && above.attr("href").is_some_and(|href| {
                        !is_file(&href, &[".jpg", ".jpeg", ".png", ".webp", ".gif"])
                    })
            });
        let is_told = picture.descendants_it().take(FIRST).any(|below| {
            (below.has_name("figcaption") || is_caption(&below)) && self.measure(&below).text > 0
        }) || image.attr("alt").is_some_and(|alt| {
            alt.split_whitespace().count() >= 2 && !alt.to_lowercase().contains("logo")
        });
        !says_more && !leads_away && is_told
    }

    /// A film in the element: a player that a page shows by itself. Other frames are forms, maps and counters.
    pub(super) fn film_in<'a>(&self, part: &NodeRef<'a>) -> Option<NodeRef<'a>> {
        const FIRST: usize = 40;
        const PLAYERS: &[&str] = &[
            "youtube.com/embed/",
            "youtube-nocookie.com/embed/",
            "player.vimeo.com/video/",
            "facebook.com/plugins/video",
            "dailymotion.com/embed/",
        ];
        std::iter::once(*part)
            .chain(part.descendants_it().take(FIRST))
            .filter(|below| below.is_element() && !self.is_chrome(below))
            .find(|below| {
                let source = || below.attr("src").or_else(|| below.attr("data-src"));
                below.has_name("iframe")
                    && source()
                        .is_some_and(|from| PLAYERS.iter().any(|player| from.contains(player)))
            })
    }

    /// A line between headline and text that is neither called a sub-headline nor a heading, or a list of such lines:
    /// some words that are no link, no date, and no label of the site's.
    pub(super) fn is_plain_subheadline(&self, node: &NodeRef) -> bool {
        const ITEMS: usize = 8;
        let measure = self.measure(node);
        let is_about = || {
            has_token(node, ABOUT_TEXT)
                || has_token(node, SITES)
                || node.parent().is_some_and(|above| {
                    has_token(&above, AUTHORS)
                        || has_token(&above, SITES) && !self.holds_headline(&above)
                })
                || node
                    .ancestors_it(Some(4))
                    .any(|above| above.has_name("figure") || is_caption(&above))
        };
        let is_list = || {
            let mut items = node
                .children_it(false)
                .filter(NodeRef::is_element)
                .peekable();
            items.peek().is_some()
                && items
                    .enumerate()
                    .all(|(at, item)| at < ITEMS && item.has_name("li") && says_as_headline(&item))
        };
        let is_line = || {
            let is_short = |child: &NodeRef| is_inline(child) || child.has_name("p");
            let paragraphs = node.children_it(false).filter(|child| child.has_name("p"));
            node.has_name("p")
                || node.has_name("div")
                    && paragraphs.take(3).count() <= 2
                    && node
                        .children_it(false)
                        .filter(NodeRef::is_element)
                        .all(|child| is_short(&child))
        };
        if measure.linked > 0 || is_about() {
            return false;
        }
        let says = if node.has_name("ul") || node.has_name("ol") {
            is_list()
        } else {
            is_line() && (says_as_headline(node) || is_place(node))
        };
        // What is partly the site's is all of it.
        says && measure.text >= letters(&node.text())
    }

    /// Whether the element above the headline is called a lead or a sub-headline, and says as much as one.
    pub(super) fn is_lead_above(&self, node: &NodeRef) -> bool {
        let measure = self.measure(node);
        (says_lead(node) || says_subtitle(node))
            && measure.linked == 0
            && measure.text <= LINE
            && says_as_headline(node)
            && !stands_among_pictures(node)
    }

    /// What the element says that stands above the headline, near it, and is called a lead or a sub-headline.
    pub(super) fn lead_above(&self, body: &NodeRef) -> Option<String> {
        const LEVELS: usize = 3;
        const SIBLINGS: usize = 4;
        let headline = NodeRef::new(self.headline?, body.tree);
        let around = std::iter::once(headline).chain(headline.ancestors_it(Some(LEVELS)));
        around
            .take_while(|above| !above.has_name("article") && !above.has_name("main"))
            .flat_map(|above| {
                std::iter::successors(above.prev_element_sibling(), NodeRef::prev_element_sibling)
                    .take(SIBLINGS)
            })
            .find(|before| !self.is_chrome(before) && self.is_lead_above(before))
            .map(|lead| one_line(&lead.text()).trim().to_owned())
    }
}

/// Whether the element is what a slide or a picture says of itself.
fn stands_among_pictures(node: &NodeRef) -> bool {
    const LEVELS: usize = 4;
    const NAMES: &[&str] = &[
        "carousel",
        "slide",
        "slider",
        "slideshow",
        "gallery",
        "swiper",
        "caption",
    ];
    std::iter::once(*node)
        .chain(node.ancestors_it(Some(LEVELS)))
        .any(|above| above.has_name("figure") || has_token(&above, NAMES))
}

/// Words in class or id of columns beside the text.
const COLUMNS: &[&str] = &[
    "rail",
    "widget",
    "widgets",
    "secondary",
    "complementary",
    "tabs",
    "banners",
    "quicklinks",
    "resources",
    "subscribe",
    "subscription",
    "feedback",
    "rating",
    "survey",
    "helpful",
    "disclaimer",
    "copyright",
    "navigation",
    "pager",
    "pagination",
    "popup",
    "modal",
    "download",
    "downloads",
    "links",
    "next",
    "prev",
    "previous",
];

/// Words in class or id of lines that say something about a text: who wrote it, when, what kind it is.
const ABOUT_TEXT: &[&str] = &[
    "date",
    "dates",
    "datum",
    "fecha",
    "data",
    "time",
    "published",
    "publish",
    "posted",
    "updated",
    "author",
    "authors",
    "byline",
    "autor",
    "auteur",
    "autore",
    "meta",
    "metadata",
    "info",
    "category",
    "categories",
    "kategorie",
    "rubrik",
    "source",
    "quelle",
    "fuente",
    "agency",
    "ministry",
    "department",
    "organization",
    "breadcrumb",
    "breadcrumbs",
    "share",
    "caption",
    "credit",
    "credits",
    "type",
    "kicker",
    "eyebrow",
    "overline",
    "dachzeile",
    "contact",
    "number",
    "views",
    "tags",
    "tag",
    "topic",
    "topics",
    "section",
    "label",
    "breadcrumbs",
    "header",
];

/// Words in class or id of who wrote a text.
const AUTHORS: &[&str] = &[
    "author", "authors", "byline", "autor", "autores", "auteur", "auteurs", "autore", "autoren",
];

/// Whether the line is one of those that sites have in their boxes.
fn is_line_of_the_site(says: &str) -> bool {
    is_sites(says)
        || edges::is_of_the_site(says)
        || phrases::is_control(says)
        || phrases::tag_label(says).is_some()
        || phrases::is_related_heading(says)
        || phrases::is_about_author(says)
        || phrases::is_imprint(says)
        || phrases::says_updated(says)
        || phrases::says_who_posted(says)
        || phrases::asks_to_subscribe(says)
        || phrases::asks_for_tips(says)
        || phrases::asks_about_page(says)
        || phrases::is_comments_heading(says)
        || phrases::names_more(says)
        || phrases::names_own_links(says)
}

/// An item that is a link and, in a block of its own, the beginning of what that leads to.
fn is_teaser(item: &NodeRef) -> bool {
    const SHORTEST: usize = 15;
    let mut parts = item
        .children_it(false)
        .filter(|child| !child.text().trim().is_empty());
    let is_link = parts
        .next()
        .is_some_and(|first| first.has_name("a") && letters(&first.text()) >= SHORTEST);
    is_link
        && parts
            .next()
            .is_some_and(|next| next.node_name().is_some_and(|name| is_block(&name)))
}

/// A row of a table of data: two cells or more that say something, and no table in one of them.
fn is_row_of_data(row: &NodeRef) -> bool {
    const CELLS: usize = 40;
    let mut cells = 0;
    for cell in row
        .children_it(false)
        .filter(NodeRef::is_element)
        .take(CELLS)
    {
        if cell
            .descendants_it()
            .take(CELLS)
            .any(|below| below.has_name("table") || below.has_name("a"))
        {
            return false;
        }
        cells += usize::from(!cell.text().trim().is_empty());
    }
    cells >= 2
}

/// Whether the line says as much as a headline, and nothing of a site's: no label, no office that published it.
fn says_as_headline(node: &NodeRef) -> bool {
    const WORDS: usize = 4;
    const SIGNS: usize = 10;
    let line = blocks_on_one_line(node);
    let line = line.trim();
    let is_enough = line.split(' ').count() >= WORDS
        || line.chars().filter(|c| *c >= '\u{2e80}').count() >= SIGNS;
    // A name, and below it what it is of: `The Hon. Jo Poe<br>Minister of Ports`.
    let is_broken = || node.descendants_it().any(|below| below.has_name("br"));
    is_enough
        && !is_broken()
        && !is_line_of_the_site(line)
        && !phrases::is_kind(line)
        && !phrases::is_byline(line)
        && !phrases::is_count(line)
        && !phrases::is_publication_line(line)
        && !phrases::says_where(line)
        && !phrases::begins_with_kind(line)
        && !phrases::is_agency_line(line)
        && !phrases::names_office(line)
        && !names_telephone(line)
        && !is_labelled(line)
        && !line.contains(['|', '•', '»', '›', '>', '@', '©'])
        && !line.ends_with([':', '：'])
}

/// `Department: Housing and Works`, `Release No. 12-345`: a label with what it names.
fn is_labelled(line: &str) -> bool {
    const LABEL: usize = 3;
    line.split_once([':', '：'])
        .is_some_and(|(label, _)| label.split_whitespace().count() <= LABEL)
        || line
            .split_once("No.")
            .is_some_and(|(label, _)| label.split_whitespace().count() <= LABEL)
}

/// A number of seven digits or more that nothing but what stands in telephone numbers parts.
fn names_telephone(line: &str) -> bool {
    const DIGITS: usize = 7;
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '+' | '-' | '/');
    line.split(|c: char| !is_part(c))
        .any(|number| number.chars().filter(char::is_ascii_digit).count() >= DIGITS)
}

/// The place of the dateline, in a line of its own: `JEFFERSON CITY, MO`, or what is called so.
fn is_place(node: &NodeRef) -> bool {
    const LONGEST: usize = 40;
    const NAMES: &[&str] = &[
        "location", "place", "city", "dateline", "lugar", "ort", "lieu", "luogo", "plaats", "local",
    ];
    let line = one_line(&node.text());
    let line = line.trim();
    let names_state = || {
        line.rsplit_once(", ").is_some_and(|(city, state)| {
            state.len() == 2
                && state.bytes().all(|letter| letter.is_ascii_uppercase())
                && city
                    .chars()
                    .all(|c| c.is_uppercase() || matches!(c, ' ' | '.' | '-' | '\''))
        })
    };
    !line.is_empty()
        && line.chars().count() <= LONGEST
        && !line
            .chars()
            .any(|c| c.is_ascii_digit() || matches!(c, ':' | '|' | '/' | '@'))
        && !phrases::is_control(line)
        && !phrases::is_kind(line)
        && (has_token(node, NAMES) || names_state())
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::{Block, Missing};

    use super::super::{page, words};

    const TEXT: &str = "<p>The council opened the landing at Pell Street on Monday, four months before the day that was planned.</p>\
        <p>“A landing without steps is a landing for everybody,” said the mayor, who took the first ferry.</p>";

    /// What is read beside the text, and whether the release is held.
    fn beside(part: &str) -> (bool, bool) {
        let html = format!(
            "<title>The landing opens</title><body><main><article><h1>The landing opens</h1><div class=text>{TEXT}</div>{part}</article></main></body>"
        );
        let document = page(&html, None).document;
        let is_held = document
            .blocks
            .contains(&Block::Missing(Missing::Sentences));
        (words(&document).contains("eleven gates"), is_held)
    }

    #[test]
    fn what_stands_beside_the_text_is_kept_left_out_or_held() {
        for own in [
            "<div class=x><h2>Facts</h2><p>It has eleven gates.</p></div>",
            "<section><ul><li>It has eleven gates.</li></ul></section>",
            "<table><tr><th>Part</th><th>Size</th></tr><tr><td>Gates</td><td>eleven gates</td></tr></table>",
            "<figure><img src=https://o.example/a.jpg alt=x><figcaption>The eleven gates</figcaption></figure>",
            "<blockquote>“I counted eleven gates.”</blockquote>",
            "<div class=share><a href=/s>Share</a></div><div class=x><p>It has eleven gates.</p></div>",
        ] {
            assert_eq!(beside(own), (true, false), "{own}");
        }
        for sites in [
            "<div class=x><h2>Related news</h2><ul><li><a href=/a>The eleven gates of Pell Street</a></li><li><a href=/b>Ferries on Sunday</a></li></ul></div>",
            "<div class=x><p><a href=/a>See all of the eleven gates.</a></p></div>",
            "<div class=x><h2>Newsletter</h2><form><p>Sign up for news of the eleven gates.</p><input><button>Sign up</button></form></div>",
        ] {
            assert_eq!(beside(sites), (false, false), "{sites}");
        }
        // Its name says that it is the site's, and its sentences do not.
        for unsure in [
            "<div class=resources><h2>Also</h2><p>It has eleven gates for all who come.</p></div>",
            "<div class=x><h2>Related news</h2><ul><li><a href=/a>Ferries</a></li><li><a href=/b>Sunday</a></li></ul></div><div class=y><p>It has eleven gates for all who come.</p></div>",
        ] {
            assert_eq!(beside(unsure), (false, true), "{unsure}");
        }
    }
}
