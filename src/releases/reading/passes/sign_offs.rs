//! What a site puts between and below the paragraphs for itself: to follow it on networks, to go to the
//! comments, where an advertisement or a letter box ended, who passed the text on.

use dom_query::NodeRef;

use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{elements::only_link, lines::one_line, phrases};

/// Letters of the longest such line.
const LONGEST: usize = 260;

/// Networks on which sites ask to be followed.
const NETWORKS: &[&str] = &[
    "facebook.com",
    "twitter.com",
    "x.com",
    "instagram.com",
    "t.me",
    "telegram.me",
    "whatsapp.com",
    "wa.me",
    "youtube.com",
    "threads.net",
    "threads.com",
    "bsky.app",
    "linkedin.com",
    "tiktok.com",
    "flipboard.com",
    "news.google.com",
    "zalo.me",
    "pf.kakao.com",
    "line.me",
    "weibo.com",
    "plus.google.com",
];

pub(super) fn mark(survey: &mut Survey<'_>) {
    let mut found: Vec<NodeRef> = Vec::new();
    let last_text = survey
        .leaves
        .iter()
        .rposition(|leaf| is_text(survey, leaf))
        .unwrap_or_default();
    for (at, leaf) in survey.leaves.iter().enumerate() {
        if leaf.letters > LONGEST {
            continue;
        }
        let is_note = (leaf.letters <= 80 && phrases::is_sites_note(&leaf.text))
            || phrases::passes_on(&leaf.text)
            || (at > last_text && phrases::ends_wire(&leaf.text))
            || ((at > last_text || is_one_link(leaf)) && phrases::offers_app(&leaf.text))
            || phrases::is_picture_file(&leaf.text);
        let is_button_of_picture = at
            .checked_sub(1)
            .and_then(|before| survey.leaves.get(before))
            .is_some_and(|before| phrases::is_picture_file(&before.text))
            && phrases::is_sized_download(&leaf.text);
        // Below the last paragraph only: an office may well say in its text where to follow it.
        let is_sign_off =
            at > last_text && phrases::asks_to_follow(&leaf.text) && networks(&leaf.node) > 0;
        // In italics from end to end, with links, below the text: what else the site has.
        let is_plug = at >= last_text && is_set_apart(&leaf.node) && phrases::plugs(&leaf.text);
        if is_note || is_button_of_picture || is_sign_off || is_plug {
            found.push(leaf.node);
        }
    }
    for node in found {
        survey.mark(&node);
    }
    survey.each(&mut |survey, node| {
        if leads_to_comments(node) {
            survey.mark(node);
        }
    });
}

/// A line that is one link from end to end.
fn is_one_link(leaf: &Leaf<'_>) -> bool {
    only_link(&leaf.node).is_some_and(|link| one_line(&link.text()).trim() == leaf.text)
}

/// A paragraph that neither asks to be followed nor is mostly links.
fn is_text(survey: &Survey<'_>, leaf: &Leaf<'_>) -> bool {
    let node = &leaf.node;
    let measure = survey.layout.measure(node);
    leaf.letters >= 40
        && measure.linked * 2 < measure.text
        && networks(node) == 0
        && node.has_name("p")
        && !(is_set_apart(node) && phrases::plugs(&leaf.text))
        && !phrases::offers_app(&leaf.text)
        && (survey.article.is_none() || survey.is_in_article(node))
        && !survey.is_left_out(node)
}

/// How many of its links lead to a network.
fn networks(node: &NodeRef) -> usize {
    node.descendants_it()
        .take(60)
        .filter(|below| below.has_name("a"))
        .filter(|link| {
            link.attr("href").is_some_and(|href| {
                let host = href
                    .split_once("://")
                    .map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
                let host = host.strip_prefix("www.").unwrap_or(host);
                NETWORKS.contains(&host) || host.ends_with(".whatsapp.com")
            })
        })
        .count()
}

/// A link to what readers wrote: `Go to the comments 47`. In a paragraph it may be the release's.
fn leads_to_comments(link: &NodeRef) -> bool {
    const PLACES: &[&str] = &[
        "#comment",
        "#comentario",
        "#kommentar",
        "#commenti",
        "#reactie",
        "#disqus",
        "#respond",
        "#coral",
        "#reply",
    ];
    link.has_name("a")
        && link.text().chars().count() <= 60
        && link.attr("href").is_some_and(|href| {
            let href = href.to_ascii_lowercase();
            href.find('#')
                .and_then(|at| href.get(at..))
                .is_some_and(|place| PLACES.iter().any(|known| place.starts_with(known)))
        })
        && !link.ancestors_it(Some(3)).any(|above| above.has_name("p"))
}

/// Whether all of the line stands in italics, and part of it is a link.
fn is_set_apart(line: &NodeRef) -> bool {
    let says = one_line(&line.text());
    let whole = line.descendants_it().take(6).any(|below| {
        (below.has_name("i") || below.has_name("em")) && one_line(&below.text()) == says
    });
    whole
        && line
            .descendants_it()
            .take(40)
            .any(|below| below.has_name("a"))
}
