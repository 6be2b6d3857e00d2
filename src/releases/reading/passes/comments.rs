//! What readers wrote below an article, and the form to write more. The word alone is no evidence:
//! a release may ask for comments on a plan.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    elements::{is_heading, tokens},
    lines::one_line,
    phrases,
};

/// Words in class or id of the services and themes that show comments.
const NAMES: &[&str] = &[
    "comments",
    "comment",
    "commentlist",
    "commentbox",
    "disqus",
    "respond",
    "kommentare",
    "commentaires",
    "commenti",
    "comentarios",
    "reacties",
    "reactie",
    "reactions",
    "reaction",
    "opiniones",
    "livefyre",
    "spotim",
    "coral",
    "viafoura",
    "fbcomments",
    "pingback",
    "trackback",
    "replies",
];

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let block = node.node_name().is_some_and(|name| {
            matches!(
                &*name,
                "div" | "section" | "ul" | "ol" | "article" | "aside"
            )
        });
        if !block {
            return;
        }
        let words = tokens(node);
        let says_so = words
            .iter()
            .any(|token| NAMES.contains(&token.as_str()) || token.starts_with("comment"));
        // `post-no-comments`, `comments-closed` stand on what holds the article.
        let is_state = words
            .iter()
            .any(|token| matches!(token.as_str(), "no" | "closed" | "open"));
        let is_of_text = || survey.is_of_text(node) && !is_written_by_readers_in(node);
        if says_so && !is_state && !is_of_text() {
            survey.mark_behind_text(node);
        }
    });
    let headings: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= 60 && phrases::is_comments_heading(&leaf.text))
        .map(|leaf| leaf.node)
        .collect();
    for heading in headings {
        let following: Vec<NodeRef> = following(&heading);
        let are_buttons = || is_heading(&heading) && lead_on(survey, &following);
        if !following.iter().any(is_written_by_readers) && !are_buttons() {
            continue;
        }
        survey.mark(&heading);
        for node in following {
            survey.mark(&node);
        }
    }
}

fn following<'a>(node: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    let mut following = Vec::new();
    let mut at = node.next_element_sibling();
    while let Some(next) = at.filter(|_| following.len() < 200) {
        following.push(next);
        at = next.next_element_sibling();
    }
    following
}

/// `Comments` `See more`: one link or two to where readers write, and nothing else.
fn lead_on(survey: &Survey<'_>, following: &[NodeRef]) -> bool {
    const LONGEST: usize = 40;
    let mut links = 0;
    let are_short = following.iter().all(|part| {
        if survey.layout.measure(part).text > LONGEST {
            return false;
        }
        let says = one_line(&part.text());
        let says = says.trim();
        links += usize::from(part.has_name("a") || survey.layout.measure(part).linked > 0);
        says.is_empty()
            || (says.chars().count() <= LONGEST
                && (part.has_name("a") || phrases::is_control(says)))
    });
    (1..=2).contains(&links) && are_short
}

/// A form to write in, or the button to answer a comment.
fn is_written_by_readers(node: &NodeRef) -> bool {
    has_signs(std::iter::once(*node).chain(node.descendants_it()))
}

/// The same, whatever it is called itself.
fn is_written_by_readers_in(node: &NodeRef) -> bool {
    has_signs(node.descendants_it())
}

fn has_signs<'a>(nodes: impl Iterator<Item = NodeRef<'a>>) -> bool {
    nodes.take(2_000).any(|below| {
        below.has_name("textarea")
            || (below.is_element()
                && tokens(&below)
                    .iter()
                    .any(|token| token.starts_with("comment") || token == "reply"))
            || (below.has_name("a") && {
                let says = below.text().trim().to_lowercase();
                matches!(
                    says.as_str(),
                    "reply"
                        | "responder"
                        | "antworten"
                        | "répondre"
                        | "rispondi"
                        | "beantwoorden"
                        | "reageer"
                        | "답글"
                        | "回复"
                        | "回覆"
                        | "trả lời"
                        | "signaler"
                        | "melden"
                        | "denunciar"
                        | "segnala"
                        | "举报"
                        | "檢舉"
                        | "신고"
                        | "답글쓰기"
                )
            })
    })
}
