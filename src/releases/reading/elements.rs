//! What elements are by their names, classes and attributes, in the words that content systems
//! share.

use dom_query::NodeRef;

/// Elements that hold no words of the release, whatever they are called.
pub(super) fn is_dropped_by_name(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "head"
            | "title"
            | "meta"
            | "link"
            | "button"
            | "input"
            | "select"
            | "textarea"
            | "nav"
            | "dialog"
            | "canvas"
            | "map"
            | "datalist"
            | "progress"
            | "meter"
    )
}

/// Not shown to a reader, or only to one who does not need it here.
pub(super) fn is_hidden(node: &NodeRef) -> bool {
    if node.has_attr("hidden")
        || node
            .attr("aria-hidden")
            .is_some_and(|value| &*value == "true")
    {
        return true;
    }
    is_never_shown(node)
        || node.attr("style").is_some_and(|style| {
            let style: String = style
                .chars()
                .filter(|c| !c.is_whitespace())
                .map(|c| c.to_ascii_lowercase())
                .collect();
            style.contains("display:none")
                || style.contains("visibility:hidden")
                || (style.contains("position:absolute") && style.contains("left:-9"))
                // What arranges others sets it to close their gaps.
                || (says_no_size(&style) && node.children_it(false).all(|child| !child.is_element()))
        })
}

fn says_no_size(style: &str) -> bool {
    style
        .split(';')
        .any(|part| matches!(part, "font-size:0" | "font-size:0px" | "font-size:0pt"))
}

/// Classes of styles that sites share. With another one of them, `d-none d-md-block`, it is shown on other screens.
fn is_never_shown(node: &NodeRef) -> bool {
    node.attr("class").is_some_and(|value| {
        let mut classes = value.split_whitespace();
        let hides = |class: &str| matches!(class, "d-none" | "display-none" | "uk-hidden");
        // What paper shows is no screen's.
        let is_for_paper = |class: &str| {
            matches!(
                class,
                "print-only" | "printonly" | "only-print" | "show-for-print"
            ) || class.starts_with("visible-print")
        };
        let is_hidden = value.split_whitespace().any(hides);
        let shows = |class: &str| {
            class.starts_with("d-") && class != "d-none" && !class.starts_with("d-print")
        };
        (is_hidden && !classes.any(shows)) || value.split_whitespace().any(is_for_paper)
    })
}

/// Words for those who hear the page, which nobody else sees: what a button does, that a list of
/// dates follows. A headline may be of them, where a picture shows it.
pub(super) fn is_for_listeners(node: &NodeRef) -> bool {
    const CLASSES: &[&str] = &[
        "visually-hidden",
        "visuallyhidden",
        "hidden-visually",
        "u-visually-hidden",
        "govuk-visually-hidden",
        "cmp-visually-hidden",
        "sr-only",
        "usa-sr-only",
        "fr-sr-only",
        "screen-reader-text",
        "screen-reader-only",
        "screenreader-only",
        "show-for-sr",
        "element-invisible",
        "sound_only",
        "blind",
        "assistive",
        "assistive-text",
        "offscreen",
        "off-screen",
        "a11y-hidden",
        "aural",
        "hidden-accessible",
        "accessible-hidden",
        "accessibly-hidden",
    ];
    // Systems put a prefix of their own before these: `x-u-visually-hidden`.
    const ENDINGS: &[&str] = &[
        "-visually-hidden",
        "-visuallyhidden",
        "-sr-only",
        "-screen-reader-text",
        "-screen-reader-only",
    ];
    let is_one = |class: &str| {
        CLASSES.contains(&class) || ENDINGS.iter().any(|ending| class.ends_with(ending))
    };
    !node.has_name("h1")
        && node
            .attr("class")
            .is_some_and(|value| value.split_whitespace().any(is_one))
}

/// Whether it is a heading of any level.
pub(in crate::releases) fn is_heading(node: &NodeRef) -> bool {
    ["h1", "h2", "h3", "h4", "h5", "h6"]
        .iter()
        .any(|name| node.has_name(name))
}

/// Elements that end the line before them.
pub(super) fn is_block(name: &str) -> bool {
    is_container_name(name)
        || matches!(
            name,
            "p" | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "ul"
                | "ol"
                | "menu"
                | "li"
                | "blockquote"
                | "pre"
                | "hr"
                | "dl"
                | "dt"
                | "dd"
                | "figure"
                | "figcaption"
                | "address"
                | "iframe"
                | "video"
                | "audio"
                | "object"
                | "embed"
                | "caption"
                | "details"
                | "summary"
        )
}

pub(super) fn is_container(node: &NodeRef) -> bool {
    node.node_name()
        .is_some_and(|name| is_container_name(&name))
}

/// Elements that only arrange others.
fn is_container_name(name: &str) -> bool {
    matches!(
        name,
        "html"
            | "body"
            | "div"
            | "section"
            | "article"
            | "main"
            | "header"
            | "footer"
            | "aside"
            | "form"
            | "fieldset"
            | "center"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
    ) || name.contains('-')
}

/// The words between signs of a line, `<i class="icon"></i> May 4, 2026 <i class="icon"></i> Roads`; none where no
/// sign stands in it, or other elements do.
pub(super) fn parts_between_icons(line: &NodeRef) -> Vec<String> {
    const MOST: usize = 20;
    let mut parts = vec![String::new()];
    let mut is_parted = false;
    for child in line.children_it(false).take(MOST) {
        if child.is_text() {
            if let Some(last) = parts.last_mut() {
                last.push_str(&child.text());
            }
            continue;
        }
        let is_icon = child
            .node_name()
            .is_some_and(|name| matches!(&*name, "i" | "svg" | "span" | "img" | "em"))
            && child.text().trim().is_empty();
        if !is_icon {
            return Vec::new();
        }
        is_parted = true;
        parts.push(String::new());
    }
    if !is_parted {
        return Vec::new();
    }
    parts
        .iter()
        .map(|part| part.replace('\u{a0}', " ").trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Whether the element has one of these classes.
pub(super) fn has_class(node: &NodeRef, classes: &[&str]) -> bool {
    node.attr("class").is_some_and(|value| {
        value
            .split_whitespace()
            .any(|class| classes.contains(&class))
    })
}

/// Whether class or id say that this is the line below the headline.
pub(super) fn says_subtitle(node: &NodeRef) -> bool {
    const WORDS: &[&str] = &[
        "subtitle",
        "subhead",
        "subheading",
        "subheadline",
        "deck",
        "dek",
        "standfirst",
    ];
    ["class", "id"].iter().any(|attribute| {
        node.attr(attribute).is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|token| WORDS.contains(&token))
        })
    })
}

/// Whether class or id say that this is the first paragraph.
pub(super) fn says_lead(node: &NodeRef) -> bool {
    const WORDS: &[&str] = &[
        "lead",
        "lede",
        "intro",
        "introduction",
        "teaser",
        "abstract",
        "summary",
        "excerpt",
        "description",
        "standfirst",
        "chapo",
        "chapeau",
        "sapo",
        "vorspann",
        "sommario",
        "entradilla",
        "resumo",
        "inleiding",
        "einleitung",
        "lidtext",
        "deck",
        "dek",
        "documentdescription",
        "bajada",
        "copete",
        "sumario",
        "sumilla",
        "olho",
        "gravata",
        "linhafina",
        "descricao",
        "anleser",
        "anriss",
        "catenaccio",
        "accroche",
    ];
    has_token(node, WORDS)
}

/// Whether class or id say that this is what stands below a picture.
pub(super) fn is_caption(node: &NodeRef) -> bool {
    const WORDS: &[&str] = &[
        "caption",
        "captions",
        "cutline",
        "figcaption",
        "imagecaption",
        "photocaption",
        "bildunterschrift",
        "bildunterzeile",
        "bildtext",
        "legende",
        "piedefoto",
        "didascalia",
        "legenda",
        "bijschrift",
    ];
    has_token(node, WORDS)
}

/// Whether this is a picture with its caption, on sites that write no `<figure>`: one image, and no
/// word that is not of the caption.
pub(super) fn is_picture_box(node: &NodeRef) -> bool {
    /// Elements of the largest.
    const MOST: usize = 40;
    let (mut images, mut captions) = (0, 0);
    let below = node.descendants_it().take(MOST + 1);
    let mut count = 0;
    for inner in below {
        count += 1;
        if inner.has_name("img") {
            images += 1;
        } else if inner.is_element() && is_caption(&inner) {
            captions += 1;
        } else if inner.is_text()
            && !inner.text().trim().is_empty()
            && !inner
                .ancestors_it(Some(8))
                .take_while(|above| above.id != node.id)
                .any(|above| is_caption(&above) || above.has_name("noscript"))
        {
            return false;
        }
    }
    count <= MOST && images == 1 && captions > 0 && !is_caption(node)
}

/// The path of an address, without what it asks and where in the page it leads.
pub(super) fn path_of(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

/// Whether the address is of a file whose name ends like one of these, all in small letters.
pub(super) fn is_file(address: &str, endings: &[&str]) -> bool {
    let path = path_of(address).to_ascii_lowercase();
    endings.iter().any(|ending| path.ends_with(ending))
}

/// The words of class and id, in lower case: `entry-content` is two, and so is `entryContent`. Sites
/// whose classes are made by programs say the same for their tests.
pub(super) fn tokens(node: &NodeRef) -> Vec<String> {
    const MOST: usize = 40;
    let mut tokens: Vec<String> = Vec::new();
    for attribute in [
        "class",
        "id",
        "data-testid",
        "data-component",
        "data-qa",
        "data-automation-id",
        "data-hook",
        "data-role",
        "data-audit",
        "data-element",
    ] {
        let Some(value) = node.attr(attribute) else {
            continue;
        };
        for word in value
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            let mut start = 0;
            let bytes = word.as_bytes();
            for at in 1..bytes.len() {
                let turns = matches!(
                    (bytes.get(at - 1), bytes.get(at)),
                    (Some(b'a'..=b'z'), Some(b'A'..=b'Z'))
                );
                if turns {
                    tokens.push(word.get(start..at).unwrap_or_default().to_ascii_lowercase());
                    start = at;
                }
            }
            tokens.push(word.get(start..).unwrap_or_default().to_ascii_lowercase());
            if tokens.len() >= MOST {
                return tokens;
            }
        }
    }
    tokens
}

/// Whether class or id have one of these words.
pub(super) fn has_token(node: &NodeRef, words: &[&str]) -> bool {
    tokens(node)
        .iter()
        .any(|token| words.contains(&token.as_str()))
}

/// The classes that say what an element is: those with a number say which one it is, or where its
/// text is set.
pub(super) fn kinds(node: &NodeRef) -> Vec<String> {
    let mut kinds: Vec<String> = node
        .attr("class")
        .unwrap_or_default()
        .split_whitespace()
        .filter(|class| !class.contains(|c: char| c.is_ascii_digit()) && !class.contains("align"))
        .map(str::to_owned)
        .collect();
    // SharePoint's pages have no classes that last.
    kinds.extend(node.attr("data-automation-id").map(|kind| kind.to_string()));
    kinds.sort();
    kinds.dedup();
    kinds
}

/// Markup inside a line of text.
pub(super) fn is_inline(node: &NodeRef) -> bool {
    node.node_name().is_some_and(|name| {
        matches!(
            &*name,
            "a" | "abbr"
                | "b"
                | "br"
                | "cite"
                | "em"
                | "font"
                | "i"
                | "q"
                | "small"
                | "span"
                | "strong"
                | "sub"
                | "sup"
                | "u"
        )
    })
}

/// The one link of a line, where it has no other.
pub(super) fn only_link<'a>(line: &NodeRef<'a>) -> Option<NodeRef<'a>> {
    /// Elements of a line that are looked at.
    const MOST: usize = 20;
    let mut links = line
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("a"));
    let only = links.next()?;
    links.next().is_none().then_some(only)
}
