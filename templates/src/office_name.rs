//! The office's name within a sentence: names of offices are put down without their article, and no person
//! writes "email from Office of Rep. Jane Doe".

use std::borrow::Cow;

use crate::reader_language::reader_language;

/// The name as a sentence in this language has it; as it stands where we do not know better.
pub(crate) fn within_a_sentence<'a>(language: &str, office: &'a str) -> Cow<'a, str> {
    let article = match reader_language(language) {
        Some("en") if office.starts_with("Office") => "the ",
        Some("es") if office.starts_with("Oficina") => "la ",
        _ => return Cow::Borrowed(office),
    };
    Cow::Owned(format!("{article}{office}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::words::Words;

    #[test]
    fn a_name_has_its_article_in_a_sentence_and_one_without_gets_none() {
        for (tag, office, says) in [
            (
                "en",
                "Office of Rep. Jane Doe",
                "from the Office of Rep. Jane Doe by email",
            ),
            ("en", "Rep. Jane Doe", "from Rep. Jane Doe by email"),
            (
                "es",
                "Oficina de la Rep. Jane Doe",
                "de la Oficina de la Rep. Jane Doe en cuanto",
            ),
            (
                "es",
                "Office of Rep. Jane Doe",
                "de Office of Rep. Jane Doe en cuanto",
            ),
        ] {
            let said = Words::of(tag).sign_up_lead(office);
            assert!(said.contains(says), "{said}");
        }
        assert_eq!(within_a_sentence("ko", "Office of X"), "Office of X");
    }
}
