//! Which of a source's releases are taken at all: by category, and by the words that they use.

use gazette_templates::Document;

use super::{identity, items::Item, reading};

/// What lets a release through. Without terms, everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    include: Vec<Term>,
    exclude: Vec<Term>,
}

/// One term of a filter, compared as titles are: letters and digits, in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// `category:Veterans`: only the category of that name.
    Category(String),
    /// `veterans`: a category of that name, or the words anywhere in title and text.
    Words(String),
}

impl Filter {
    /// From the terms as staff write them, parted by commas or lines.
    pub(super) fn of(include: Option<&str>, exclude: Option<&str>) -> Self {
        Self {
            include: terms(include.unwrap_or_default()),
            exclude: terms(exclude.unwrap_or_default()),
        }
    }

    /// Whether the release is taken.
    pub(super) fn takes(&self, item: &Item) -> bool {
        if self.include.is_empty() && self.exclude.is_empty() {
            return true;
        }
        let says = says(&item.title, item.document.as_ref());
        let categories: Vec<String> = item
            .categories
            .iter()
            .map(|category| identity::title_key(category))
            .collect();
        let has = |term: &Term| match term {
            Term::Category(name) => categories.contains(name),
            Term::Words(words) => categories.contains(words) || has_words(&says, words),
        };
        (self.include.is_empty() || self.include.iter().any(has)) && !self.exclude.iter().any(has)
    }
}

/// Whether there is a term in it; `category:` alone is none.
pub(super) fn has_terms(written: &str) -> bool {
    !terms(written).is_empty()
}

fn terms(written: &str) -> Vec<Term> {
    written
        .split([',', '\n'])
        .filter_map(|term| {
            let (category, words) = match term.trim().split_once(':') {
                Some((prefix, name)) if prefix.trim().eq_ignore_ascii_case("category") => {
                    (true, name)
                }
                _ => (false, term),
            };
            let key = identity::title_key(words);
            (!key.is_empty()).then_some(if category {
                Term::Category(key)
            } else {
                Term::Words(key)
            })
        })
        .collect()
}

fn says(title: &str, document: Option<&Document>) -> String {
    let text = document.map(reading::words).unwrap_or_default();
    identity::title_key(&format!("{title} {text}"))
}

/// Whole words, so that `art` does not find `party`; where a language writes no spaces between
/// its words, or glues endings to them, any place will do.
fn has_words(says: &str, words: &str) -> bool {
    if words.is_ascii() {
        format!(" {says} ").contains(&format!(" {words} "))
    } else {
        says.contains(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(title: &str, categories: &[&str]) -> Item {
        Item {
            identity: "x".to_owned(),
            title: title.to_owned(),
            document: Some(reading::fragment(
                "<p>The office says a word about the budget of the party.</p>",
                title,
                "en",
                None,
            )),
            whole: true,
            categories: categories.iter().map(ToString::to_string).collect(),
            ..Item::default()
        }
    }

    #[test]
    fn a_filter_finds_categories_and_whole_words() {
        for (include, exclude, taken) in [
            (None, None, true),
            (Some("veterans"), None, true),
            (Some("category: VETERANS"), None, true),
            (Some("category:budget"), None, false),
            (Some("budget"), None, true),
            (Some("art"), None, false),
            (Some("a word about"), None, true),
            (Some("nothing, of the kind\nbudget"), None, true),
            (Some("budget"), Some("category:Veterans"), false),
            (None, Some("hearing"), true),
            (None, Some("예산"), false),
        ] {
            let item = item("Kim on 예산안", &["Veterans"]);
            let filter = Filter::of(include, exclude);
            assert_eq!(filter.takes(&item), taken, "{include:?} {exclude:?}");
        }
    }
}
