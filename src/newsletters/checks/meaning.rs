//! What a mail would say less, or otherwise, than the release: links that lead nowhere, text of
//! machines, what the tree cannot hold.

use gazette_templates::{Document, document::findings};

use super::check_result::{
    Check,
    Severity::{Blocking, Ok},
};

/// Names each, and asks somebody to say that they saw it.
pub(super) fn meaning(subject: &str, document: &Document) -> Check {
    let check = |severity, says| Check::new("meaning", "What readers would miss", severity, says);
    let found = findings::find(subject, document);
    if found.is_empty() {
        return check(Ok, "Nothing was left out, and no link is lost.");
    }
    check(
        Blocking,
        "Something in it means less, or something else, to those who read the mail.",
    )
    .with(found.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::by_hand;

    #[test]
    fn a_link_that_leads_nowhere_has_to_be_seen() {
        let lost = by_hand::from_markdown("Read the letter [HERE](letter.pdf).");
        let check = meaning("A letter", &lost);
        assert_eq!(check.severity, Blocking);
        assert!(check.details[0].contains("letter.pdf"), "{check:?}");
        let whole =
            by_hand::from_markdown("Read [the letter](https://doe.example.gov/letter.pdf).");
        assert_eq!(meaning("A letter", &whole).severity, Ok);
        assert_eq!(meaning("{{ title }}", &whole).severity, Blocking);
    }
}
