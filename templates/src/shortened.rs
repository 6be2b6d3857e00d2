//! The beginning of a text, where a line quotes it.

/// The text, or as much of it as `most` characters hold, the mark of what is left out among them. It is
/// cut between words where its language has spaces between them.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(most.saturating_sub(1)).collect();
    let between = beginning
        .rfind(' ')
        .filter(|end| *end > beginning.len() / 2);
    let end = between.unwrap_or(beginning.len());
    let cut = beginning[..end].trim_end_matches([' ', ',', ';']);
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_words_and_one_without_spaces_where_it_is_full() {
        for (text, most, cut) in [
            ("The bridge opens", 16, "The bridge opens"),
            (" The bridge opens ", 16, "The bridge opens"),
            ("The bridge opens", 15, "The bridge…"),
            ("The bridge, open", 15, "The bridge…"),
            ("A bbbbbbbbbbbbbbbbbbb", 10, "A bbbbbbb…"),
            ("众议员今天宣布了新的拨款", 6, "众议员今天…"),
            ("", 5, ""),
        ] {
            assert_eq!(shortened(text, most), cut, "{text}");
            assert!(cut.chars().count() <= most);
        }
    }
}
