//! The box that asks readers to agree to cookies, whatever it is called: it stands beside the page and not
//! in it, speaks of hardly anything else, and has a button to agree with.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    elements::is_container,
    lines::{one_line, title_key},
};

/// Letters of the longest such box.
const LONGEST: usize = 6_000;

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        if is_container(node) && stands_beside_page(node) && asks_to_agree(survey, node) {
            survey.mark_behind_text(node);
        }
    });
}

fn stands_beside_page(node: &NodeRef) -> bool {
    node.ancestors_it(Some(2))
        .any(|above| above.has_name("body"))
}

fn asks_to_agree(survey: &Survey<'_>, node: &NodeRef) -> bool {
    /// Letters of a text for each time that it names what it is about.
    const APART: usize = 200;
    let letters = survey.layout.measure(node).text;
    if letters == 0 || letters > LONGEST || survey.layout.holds_headline(node) {
        return false;
    }
    let named = node.text().to_lowercase().matches("cookie").count();
    named >= 2 && named * APART >= letters && node.descendants_it().any(|below| is_button(&below))
}

/// `I agree`, alone in a button, a link or a box.
fn is_button(node: &NodeRef) -> bool {
    const AGREES: &[&str] = &[
        "ok",
        "okay",
        "accept",
        "accept all",
        "accept cookies",
        "i accept",
        "i agree",
        "agree",
        "got it",
        "understood",
        "einverstanden",
        "ich bin einverstanden",
        "ich stimme zu",
        "zustimmen",
        "akzeptieren",
        "alle akzeptieren",
        "verstanden",
        "accepter",
        "tout accepter",
        "j accepte",
        "d accord",
        "aceptar",
        "acepto",
        "de acuerdo",
        "accetta",
        "accetto",
        "ho capito",
        "aceitar",
        "aceito",
        "concordo",
        "akkoord",
        "accepteren",
        "동의",
        "同意",
        "đồng ý",
    ];
    let may_be_one = node
        .node_name()
        .is_some_and(|name| matches!(&*name, "a" | "button" | "div" | "span"));
    if !may_be_one || node.children_it(false).count() > 3 {
        return false;
    }
    let says = node.text();
    says.len() <= 60 && AGREES.contains(&title_key(&one_line(&says)).as_str())
}
