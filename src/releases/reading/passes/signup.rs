//! Boxes in which readers sign up for mail or say what they think of the page: a heading that asks for
//! it, a sentence, a form.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    content::{LINE, RUNNING, STRONG},
    elements::{is_container, path_of},
    lines::{is_sentence, one_line},
    phrases,
};

/// Letters of what one is offered below a question about the page.
const OFFER: usize = 60;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let headings: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| {
            leaf.letters <= 80
                && (phrases::asks_to_subscribe(&leaf.text)
                    || phrases::asks_for_opinion(&leaf.text)
                    || phrases::asks_about_page(&leaf.text))
        })
        .map(|leaf| leaf.node)
        .collect();
    for heading in headings {
        let mut found = None;
        for above in heading.ancestors_it(Some(4)) {
            let text = survey.layout.measure(&above).text;
            if !is_container(&above)
                || above.has_name("body")
                || text > LINE + 100
                || holds_text(survey, &above)
            {
                break;
            }
            let holds_form = above.descendants_it().take(200).any(|below| {
                below.node_name().is_some_and(|name| {
                    matches!(&*name, "form" | "input" | "iframe" | "button" | "fieldset")
                })
            });
            if holds_form {
                found = Some(above);
            }
        }
        if let Some(found) = found {
            survey.mark(&found);
        } else if phrases::asks_for_opinion(&one_line(&heading.text()))
            || phrases::asks_about_page(&one_line(&heading.text()))
        {
            let offer = if phrases::asks_for_opinion(&one_line(&heading.text())) {
                2 * OFFER
            } else {
                OFFER
            };
            let around = heading.parent().filter(|above| {
                is_container(above)
                    && survey.layout.measure(above).text
                        <= survey.layout.measure(&heading).text + offer
            });
            survey.mark(&around.unwrap_or(heading));
        }
    }
    mark_calls_for_news(survey);
    mark_offers(survey);
    mark_buttons(survey);
}

/// Whether paragraphs stand in it that offer nothing: what is called so beside them is a box of its own.
fn holds_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    /// Paragraphs of a text, where they are long and where they are short; of all that are looked at.
    const LONG: usize = 2;
    const SHORT: usize = 3;
    const MOST: usize = 40;
    let paragraphs: Vec<usize> = node
        .descendants_it()
        .filter(|below| below.has_name("p"))
        .take(MOST)
        .filter(|paragraph| {
            let says = one_line(&paragraph.text());
            is_sentence(says.trim())
                && !phrases::offers_mail(&says)
                && !phrases::asks_to_subscribe(&says)
        })
        .map(|paragraph| survey.layout.measure(&paragraph).good)
        .filter(|good| *good >= RUNNING)
        .collect();
    let long = paragraphs.iter().filter(|good| **good >= STRONG).count();
    long >= LONG || paragraphs.len() >= SHORT
}

/// A button to where one has the site's mail sent, alone in its element.
fn mark_buttons(survey: &mut Survey<'_>) {
    const PLACES: &[&str] = &[
        "newsletter",
        "newsletters",
        "newsletter-signup",
        "sign-up",
        "signup",
        "email-updates",
        "enewsletter",
        "boletin",
        "nieuwsbrief",
    ];
    survey.each(&mut |survey, node| {
        let leads_there = leads_to(node, PLACES);
        let around = node.parent().filter(|above| {
            let measure = survey.layout.measure(above);
            leads_there && !above.has_name("body") && measure.linked == measure.text
        });
        if let Some(around) = around {
            survey.mark(&around);
        }
    });
}

/// Whether it is a link with one of these parts in its path.
fn leads_to(node: &NodeRef, places: &[&str]) -> bool {
    let has_place = |href: &str| {
        let path = path_of(href).to_ascii_lowercase();
        path.split('/').any(|part| places.contains(&part))
    };
    node.has_name("a") && node.attr("href").is_some_and(|href| has_place(&href))
}

/// A box with a sentence or two and a link to where the site sells its subscriptions.
fn mark_offers(survey: &mut Survey<'_>) {
    /// Letters of the longest.
    const LONGEST: usize = 220;
    const PLACES: &[&str] = &[
        "abo",
        "abos",
        "abonnement",
        "abonnements",
        "abonnez-vous",
        "subscribe",
        "subscription",
        "subscriptions",
        "suscripcion",
        "suscripciones",
        "suscribete",
        "abbonamenti",
        "abbonati",
        "assine",
        "assinatura",
        "abonneren",
        "abonnieren",
    ];
    survey.each(&mut |survey, node| {
        let leads_there = leads_to(node, PLACES);
        if !leads_there {
            return;
        }
        let around = node
            .ancestors_it(Some(3))
            .find(is_container)
            .filter(|above| {
                !above.has_name("body") && survey.layout.measure(above).text <= LONGEST
            });
        if let Some(around) = around {
            survey.mark(&around);
        }
    });
}

/// `Got a tip?` with the lines below it, in a box of its own.
fn mark_calls_for_news(survey: &mut Survey<'_>) {
    let headings: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| phrases::asks_for_tips(&leaf.text))
        .map(|leaf| leaf.node)
        .collect();
    for heading in headings {
        // Nothing but its heading stands above it.
        let is_first = heading.prev_element_sibling().is_none_or(|before| {
            before.prev_element_sibling().is_none() && before.is("h1, h2, h3, h4, h5, h6")
        });
        let around = heading.parent().filter(|above| {
            is_container(above)
                && !above.has_name("body")
                && survey.layout.measure(above).text <= LINE
                && is_first
        });
        survey.mark(&around.unwrap_or(heading));
    }
}
