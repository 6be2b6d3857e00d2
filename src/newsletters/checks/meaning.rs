//! What a mail would say less, or otherwise, than the release: links that lead nowhere, text of
//! machines, what the tree cannot hold.

use gazette_templates::{
    Document,
    document::findings::{self, Finding},
};

use super::check_result::{
    Check,
    Severity::{Blocking, Ok, Warning},
};

/// Names each, and asks somebody to say that they saw it. What looks like a draft or a test is held where it comes by
/// itself; whoever writes one means it.
pub(super) fn meaning(subject: &str, document: &Document) -> Check {
    let check = |severity, says| Check::new("meaning", "What readers would miss", severity, says);
    let found: Vec<Finding> = findings::find(subject, document)
        .into_iter()
        .filter(|found| !matches!(found, Finding::NotYet(_) | Finding::Unfinished(_)))
        .collect();
    if found.is_empty() {
        return check(Ok, "Nothing was left out, and no link is lost.");
    }
    check(
        Blocking,
        "Something in it means less, or something else, to those who read the mail.",
    )
    .with(found.iter().map(ToString::to_string).collect())
}

/// What says that it is not public yet, as the office's file or page does. What comes by itself is held for
/// it before (F10), so that it stops nobody twice.
pub(super) fn not_yet(subject: &str, document: &Document) -> Option<Check> {
    let found = findings::find(subject, document)
        .into_iter()
        .find(|found| matches!(found, Finding::NotYet(_)))?;
    Some(Check::new(
        "embargo",
        "When it may be published",
        Warning,
        found.to_string(),
    ))
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

    #[test]
    fn an_embargo_is_said_to_whoever_looks_at_a_draft() {
        let held =
            by_hand::from_markdown("EMBARGOED UNTIL 10 A.M., DECEMBER 8\n\nThe bridge opens.");
        let check = not_yet("A bridge", &held).unwrap();
        assert_eq!(check.severity, Warning);
        assert!(check.says.contains("DECEMBER 8"), "{check:?}");
        assert_eq!(meaning("A bridge", &held).severity, Ok);
        assert!(not_yet("A bridge", &by_hand::from_markdown("It opens.")).is_none());
    }
}
