//! What class and id say, in the words that content systems share. A word is evidence and no
//! verdict: `social-security` is a topic, and a box called `alert` may hold the release's first line.

use dom_query::NodeRef;

use super::roles::is_quoted;
use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    content::{RUNNING, STRONG},
    elements::{has_token, is_container, is_heading, kinds, tokens},
    lines::{letters, one_line},
    phrases,
};

/// Words that hardly ever stand on a release's own text.
const STRONG_WORDS: &[&str] = &[
    "sharedaddy",
    "addtoany",
    "addthis",
    "sharethis",
    "jetpack-likes",
    "breadcrumb",
    "breadcrumbs",
    "breadcrumbtrail",
    "rootline",
    "sidebar",
    "related",
    "relatedposts",
    "yarpp",
    "outbrain",
    "taboola",
    "newsletter",
    "signup",
    "subscribe",
    "subscription",
    "cookie",
    "cookies",
    "cookiebanner",
    "gdpr",
    "navbar",
    "navigation",
    "pagination",
    "pager",
    "popup",
    "modal",
    "lightbox",
    "skip",
    "skiplink",
    "toolbar",
    "jumplinks",
    "masthead",
    "megamenu",
    "alertbar",
    "sharebar",
    "sharing",
    "socialshare",
    "socialmedia",
    "shariff",
    "paywall",
    "teasers",
    "recommended",
    "recommendations",
    "promo",
    "advert",
    "advertisement",
    "adsbygoogle",
    "sponsor",
    "sponsored",
    "byline",
    "authorbox",
    "bio",
    "hashtags",
    "taglist",
    "tagcloud",
    "printonly",
    "copyright",
    "sns",
    "snsbox",
    "prevnext",
    "backlink",
    "timestamp",
    "readmore",
    "ratings",
    "starrating",
    "voting",
    "valoracion",
    "bewertung",
    "liveticker",
    "liveblog",
    "livecenter",
    "livefeed",
];

/// Words that stand on anything.
const WEAK_WORDS: &[&str] = &[
    "share",
    "social",
    "alert",
    "banner",
    "menu",
    "nav",
    "footer",
    "comments",
    "tags",
    "tag",
    "keywords",
    "keyword",
    "etiquetas",
    "etiquettes",
    "temas",
    "themen",
    "schlagworte",
    "argomenti",
    "assuntos",
    "trefwoorden",
    "meta",
    "metadata",
    "author",
    "teaser",
    "teaserlist",
    "more",
    "tools",
    "tool",
    "toolbox",
    "utility",
    "category",
    "categories",
    "print",
    "follow",
    "search",
    "login",
    "ad",
    "ads",
    "links",
    "linklist",
    "related-links",
    "latest",
    "trending",
    "popular",
    "header",
    "topbar",
    "infobar",
    "date",
    "aside",
    "carousel",
    "slider",
    "ticker",
    "feedback",
    "rating",
    "survey",
    "next",
    "prev",
    "previous",
    "language",
    "translate",
    "disclaimer",
    "source",
];

/// Weak words of what stands around an article: where a page declares none, or outside of it, they
/// are enough.
const AROUND_WORDS: &[&str] = &[
    "footer",
    "menu",
    "nav",
    "comments",
    "share",
    "social",
    "search",
    "login",
    "aside",
    // Head and foot of pages as one toolkit had them.
    "hd",
    "ft",
    "rail",
    "rightrail",
    "rightcolumn",
    "ranking",
    "trending",
    "popular",
];

/// Two words in a row that say it together.
const PAIRS: &[(&str, &str)] = &[
    ("post", "meta"),
    ("blog", "meta"),
    ("item", "meta"),
    ("story", "meta"),
    ("news", "meta"),
    ("content", "meta"),
    ("page", "meta"),
    ("post", "info"),
    ("entry", "info"),
    ("author", "infos"),
    ("system", "info"),
    ("info", "group"),
    ("entry", "meta"),
    ("article", "meta"),
    ("title", "meta"),
    ("screen", "reader"),
    ("sr", "only"),
    ("visually", "hidden"),
    ("entry", "footer"),
    ("post", "navigation"),
    ("post", "tags"),
    ("article", "tags"),
    ("skip", "link"),
    ("latest", "news"),
    ("recent", "posts"),
    ("sign", "up"),
    ("author", "box"),
    ("author", "bio"),
    ("author", "info"),
    ("about", "author"),
    ("post", "author"),
    ("read", "next"),
    ("read", "more"),
    ("see", "also"),
    ("more", "news"),
    ("more", "stories"),
    ("other", "news"),
    ("social", "share"),
    ("social", "links"),
    ("social", "icons"),
    ("social", "media"),
    ("share", "buttons"),
    ("share", "links"),
    ("share", "tools"),
    ("article", "tools"),
    ("page", "tools"),
    ("post", "nav"),
    ("tag", "list"),
    ("tags", "list"),
    ("tag", "cloud"),
    ("mots", "cles"),
    ("mots", "clefs"),
    ("palabras", "clave"),
    ("palavras", "chave"),
    ("parole", "chiave"),
    ("tu", "khoa"),
    ("back", "link"),
    ("back", "top"),
    ("to", "top"),
    ("video", "playlist"),
    ("also", "like"),
    ("load", "more"),
    ("email", "signup"),
    ("news", "ticker"),
    ("print", "only"),
    ("no", "print"),
    ("hidden", "print"),
    ("site", "header"),
    ("site", "footer"),
    ("page", "footer"),
    ("main", "menu"),
    ("mega", "menu"),
    ("side", "bar"),
    ("font", "size"),
    ("text", "size"),
    ("photo", "credit"),
    ("story", "tools"),
    ("entry", "tools"),
    ("page", "options"),
    ("font", "sizer"),
    ("most", "read"),
    ("most", "popular"),
    ("most", "viewed"),
    ("top", "stories"),
    ("report", "error"),
    ("print", "email"),
    // What plays films and sounds.
    ("text", "track"),
    ("player", "controls"),
    ("video", "controls"),
    ("audio", "controls"),
    ("media", "controls"),
    ("mejs", "controls"),
    ("plyr", "controls"),
    ("vjs", "control"),
    // What inserts advertisements into WordPress's texts.
    ("code", "block"),
];

/// What a single line may be called, too.
const LINES: &[&str] = &[
    "footer",
    "breadcrumb",
    "breadcrumbs",
    "copyright",
    "byline",
    "timestamp",
];

/// Two words in a row of what is never a release's, however much it says: who wrote it, and what else
/// there is to read.
const NEVER: &[(&str, &str)] = &[
    ("author", "box"),
    ("author", "bio"),
    ("author", "card"),
    ("author", "profile"),
    ("author", "description"),
    ("about", "author"),
    ("post", "author"),
    ("read", "next"),
    ("most", "read"),
    ("most", "popular"),
    ("you", "may"),
    ("company", "profile"),
];

/// The same in one word.
const NEVER_WORDS: &[&str] = &["authorbox", "authorbio", "autorenbox", "autorbox"];

/// What the names say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// However much it says.
    Never,
    Furniture,
    Around,
    Maybe,
    Nothing,
}

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let Some(name) = node.node_name() else { return };
        let line = matches!(
            &*name,
            "p" | "span" | "small" | "strong" | "em" | "a" | "time"
        );
        let block = matches!(
            &*name,
            "div" | "section" | "ul" | "ol" | "header" | "dl" | "table" | "article" | "figure"
        );
        if !(line || block) || is_quoted(node) {
            return;
        }
        if is_tag_list(survey, node) || are_hashtags(survey, node) {
            survey.mark(node);
            return;
        }
        let says = said_by(node, line);
        if says != Says::Nothing && (survey.is_of_text(node) || is_headed_as_own(node)) {
            return;
        }
        let is_furniture = match says {
            Says::Nothing => false,
            Says::Never => !holds_text(survey, node, 20 * STRONG) && !is_shown(node),
            Says::Furniture => {
                is_column_or_window(survey, node)
                    || is_list_of_cards(node)
                    || (!holds_text(survey, node, 4 * STRONG) && !is_shown(node))
            }
            Says::Around if !survey.is_in_article(node) => {
                block
                    && !is_much(survey, node)
                    && !is_text_beside(survey, node)
                    && !is_text_called_so(survey, node)
            }
            Says::Around | Says::Maybe => {
                block && !holds_text(survey, node, STRONG) && is_built_so(survey, node)
            }
        };
        if is_furniture {
            survey.mark_behind_text(node);
        }
    });
}

/// Some words below the text, in an element that is called after tags: what it is filed under, with no label.
fn is_tag_list(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const LONGEST: usize = 150;
    const SIBLINGS: usize = 40;
    let measure = survey.layout.measure(node);
    let is_called_so = node
        .node_name()
        .is_some_and(|name| matches!(&*name, "ul" | "ol" | "p" | "div"))
        && has_token(node, &["tags", "taglist", "tagcloud", "hashtags", "tag"])
        && (node.has_name("ul")
            || node.has_name("ol")
            || has_token(node, &["cloud", "tags", "tagcloud"]));
    if !is_called_so || measure.text == 0 || measure.text > LONGEST || !survey.follows_text(node) {
        return false;
    }
    let says_sentence = one_line(&node.text())
        .trim_end()
        .ends_with(['.', '!', '?', ':', '。']);
    let mut below =
        std::iter::successors(node.next_element_sibling(), NodeRef::next_element_sibling)
            .take(SIBLINGS);
    !says_sentence && !below.any(|next| survey.layout.measure(&next).good >= STRONG)
}

/// `#harbor #bridge` below the text, each of them a link to what else is filed under it.
fn are_hashtags(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const LONGEST: usize = 200;
    const MOST: usize = 60;
    let measure = survey.layout.measure(node);
    if measure.text == 0
        || measure.text > LONGEST
        || measure.linked * 10 < measure.text * 9
        || !is_below_text(survey, node)
    {
        return false;
    }
    let mut links = node
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("a"))
        .peekable();
    links.peek().is_some()
        && links.all(|link| one_line(&link.text()).trim_start().starts_with(['#', '＃']))
}

/// Whether a paragraph stands above; where all are short, whether the headline does.
fn is_below_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let from = survey.layout.measure(node).from;
    match (survey.paragraphs.first(), survey.layout.headline) {
        (Some((at, _)), _) => *at < from,
        (None, Some(headline)) => survey.layout.stands_behind(node, headline),
        (None, None) => false,
    }
}

/// `Associated links`: right below a heading that releases have for what they refer to.
fn is_headed_as_own(node: &NodeRef) -> bool {
    node.prev_element_sibling().is_some_and(|before| {
        is_heading(&before) && phrases::refers_to_others(&one_line(&before.text()))
    })
}

/// A column beside the text, or a window that opens above the page, where no article is declared: however much
/// it says, the text stands before it.
fn is_column_or_window(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const NAMES: &[&str] = &[
        "sidebar",
        "modal",
        "popup",
        "lightbox",
        "cookie",
        "cookies",
        "cookiebanner",
    ];
    survey.article.is_none() && has_token(node, NAMES) && survey.follows_text(node)
}

/// Boxes of one kind under a name that says that they are related: two or more, each with a heading of its
/// own. How much they say of what else there is to read is no evidence that it is the release's.
fn is_list_of_cards(node: &NodeRef) -> bool {
    /// How deep the boxes may stand, and how many are looked at.
    const LEVELS: usize = 3;
    const MOST: usize = 60;
    let heading = |part: &NodeRef| {
        part.descendants_it().take(MOST).any(|below| {
            below
                .node_name()
                .is_some_and(|name| matches!(&*name, "h2" | "h3" | "h4" | "h5"))
        })
    };
    let mut level: Vec<NodeRef> = vec![*node];
    for _ in 0..LEVELS {
        let mut below = Vec::new();
        for part in &level {
            let boxes: Vec<NodeRef> = part
                .children_it(false)
                .filter(|child| is_container(child) && heading(child))
                .take(MOST)
                .collect();
            let alike = boxes.windows(2).any(|pair| {
                matches!(pair, [one, other] if !kinds(one).is_empty() && kinds(one) == kinds(other))
            });
            if alike {
                return is_called_related(node);
            }
            below.extend(boxes);
        }
        level = below;
    }
    false
}

fn said_by(node: &NodeRef, line: bool) -> Says {
    let names = tokens(node);
    if names.is_empty() && !node.has_attr("type") {
        return Says::Nothing;
    }
    let has = |words: &[&str]| names.iter().any(|token| words.contains(&token.as_str()));
    if line {
        return if has(LINES) {
            Says::Furniture
        } else {
            Says::Nothing
        };
    }
    let paired = names.windows(2).any(|pair| {
        matches!(pair, [first, second] if PAIRS.contains(&(first.as_str(), second.as_str())))
    });
    // `<div type="RelatedOneNews">`: Vietnamese papers' editor says so.
    let is_typed = || {
        node.attr("type")
            .is_some_and(|kind| kind.starts_with("Related"))
    };
    let never = names.windows(2).any(|pair| {
        matches!(pair, [first, second] if NEVER.contains(&(first.as_str(), second.as_str())))
    });
    if never || has(NEVER_WORDS) {
        Says::Never
    } else if paired || has(STRONG_WORDS) || are_related(&names) || is_typed() {
        Says::Furniture
    } else if has(AROUND_WORDS) {
        Says::Around
    } else if has(WEAK_WORDS) {
        Says::Maybe
    } else {
        Says::Nothing
    }
}

fn is_called_related(node: &NodeRef) -> bool {
    are_related(&tokens(node))
}

/// `relatedlinks`, `artRelated`; `relatedness` is a topic. Sites name it in their own language.
fn are_related(names: &[String]) -> bool {
    const BEGINNINGS: &[&str] = &[
        "related",
        "relacionad",
        "correlat",
        "gerelateerd",
        "lireaussi",
        "leesook",
        "leiatambem",
        "leggianche",
        "lienquan",
        "tinlienquan",
    ];
    names.iter().any(|token| {
        BEGINNINGS.iter().any(|word| token.starts_with(word)) && token != "relatedness"
    })
}

/// Whether the element has so much running text of its own, in the article, that it can hardly be
/// furniture. Outside the article nothing speaks for it.
fn holds_text(survey: &Survey<'_>, node: &NodeRef, enough: usize) -> bool {
    let measure = survey.layout.measure(node);
    let own = measure.good >= enough && measure.linked * 3 < measure.text;
    own && (survey.article.is_none() || survey.is_in_article(node))
}

/// A box beside the text that tells something: what is set apart there is the article's, too.
fn is_text_beside(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    has_token(node, &["aside", "popular", "ranking", "trending"])
        && measure.linked * 4 < measure.text
        && measure.good >= STRONG
}

/// Columns are called by what stands beside them, too: `column-menu-left`. Paragraphs that are no
/// links are no menu.
fn is_text_called_so(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const NAMES: &[&str] = &["menu", "nav", "search", "login", "share", "social"];
    const OTHERS: &[&str] = &[
        "footer",
        "comments",
        "aside",
        "rail",
        "rightrail",
        "rightcolumn",
    ];
    let measure = survey.layout.measure(node);
    has_token(node, NAMES)
        && !has_token(node, OTHERS)
        && measure.good >= 2 * STRONG
        && measure.linked * 6 < measure.text
        && node
            .descendants_it()
            .filter(|below| below.has_name("p"))
            .any(|paragraph| survey.layout.measure(&paragraph).good >= STRONG)
}

/// So much of the page's text, hardly a link in it, that it is called so and is something else. What
/// is called a footer and stands last is one, however little the release says.
fn is_much(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    let share = if has_token(node, &["footer", "menu", "nav"]) {
        2
    } else {
        4
    };
    measure.good * share > survey.layout.total() && measure.linked * 4 < measure.text
}

/// A post, a picture or a film that stands in the text.
fn is_shown(node: &NodeRef) -> bool {
    node.descendants_it().take(60).any(|below| {
        below.node_name().is_some_and(|name| {
            matches!(&*name, "blockquote" | "iframe" | "video" | "pre" | "code")
        })
    })
}

/// Whether it is built as furniture is: links and labels, no sentence.
fn is_built_so(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    if measure.text == 0 {
        // A picture alone is the release's.
        return false;
    }
    // Buttons are links that lead nowhere: no letter of theirs counts as linked.
    let buttons: usize = node
        .descendants_it()
        .take(200)
        .filter(|below| below.has_name("a"))
        .map(|link| letters(&link.text()))
        .sum();
    let linked = measure.linked.max(buttons) * 2 >= measure.text;
    let holds_picture = node.descendants_it().take(200).any(|below| {
        below.node_name().is_some_and(|name| {
            matches!(&*name, "img" | "iframe" | "video" | "table" | "blockquote")
        })
    });
    let holds_form = node.descendants_it().take(200).any(|below| {
        below
            .node_name()
            .is_some_and(|name| matches!(&*name, "input" | "button" | "select"))
    });
    // What the text is filed under: a word or some, no sentence.
    let is_filing = has_token(node, &["category", "categories"])
        && measure.text <= 80
        && !holds_picture
        && !one_line(&node.text())
            .trim_end()
            .ends_with(['.', '!', '?', '。']);
    let outside = survey.article.is_some() && !survey.is_in_article(node);
    is_filing
        || (measure.good < RUNNING && (linked || holds_form || outside) && !holds_picture)
        || (linked && (outside || holds_form) && measure.good < STRONG)
        || (measure.text <= 60 && {
            let says = one_line(&node.text());
            phrases::is_control(&says) || phrases::is_related_heading(&says)
        })
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::{Block, Missing};

    use crate::releases::reading::{page, words};

    /// Whether the box stays, and whether what is left out is said.
    fn of_box(name: &str, amid: bool) -> (bool, bool) {
        let part = format!(
            "<div class=\"{name}\"><p>Owners of the ninety houses pay one third of it over five years.</p></div>"
        );
        let (amid, below) = if amid { (&*part, "") } else { ("", &*part) };
        let html = format!(
            "<html><head><title>Council Adopts Plan for Harbor Street</title></head><body><main>\
             <h1>Council Adopts Plan for Harbor Street</h1><div class=\"text\">\
             <p>The Council adopted the plan on Monday, by nine votes to two, after it had heard ninety people.</p>{amid}\
             <p>Work begins in June and lasts for ninety days, in which the street is closed to trucks.</p>{below}\
             </div></main></body></html>"
        );
        let document = page(&html, None).document;
        let is_said = document
            .blocks
            .contains(&Block::Missing(Missing::Sentences));
        (words(&document).contains("Owners of"), is_said)
    }

    #[test]
    fn a_paragraph_in_a_box_with_a_sites_name_is_kept_between_others_and_never_lost_in_silence() {
        for name in [
            "newsletter",
            "sidebar",
            "related",
            "related-quotes",
            "no-print",
            "promo",
            "comments",
            "sharing",
            "byline",
            "copyright",
            "sponsor",
            "toolbar",
            "modal",
            "navigation",
        ] {
            assert_eq!(of_box(name, true), (true, false), "{name}");
            let (is_kept, is_said) = of_box(name, false);
            assert!(is_kept || is_said, "{name}");
        }
    }
}
