//! How long a release takes to read.

use super::{Document, words};

/// Words a minute; of Chinese, whose words are not spaced, characters.
const WORDS: usize = 230;
const CHARACTERS: usize = 400;

/// What there is to read, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingTime {
    /// Words of languages that part them with spaces.
    pub words: usize,
    /// Chinese characters.
    pub characters: usize,
}

impl ReadingTime {
    /// Of what the document says.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        Self::of_words(&words::of_document(document))
    }

    /// Of these words.
    #[must_use]
    pub fn of_words(words: &[String]) -> Self {
        let han = words.iter().filter(|word| is_han(word));
        let characters = han.clone().map(|word| word.chars().count()).sum();
        Self {
            words: words.len() - han.count(),
            characters,
        }
    }

    /// In whole minutes, at least one.
    #[must_use]
    pub fn minutes(self) -> usize {
        (self.words.div_ceil(WORDS) + self.characters.div_ceil(CHARACTERS)).max(1)
    }
}

fn is_han(word: &str) -> bool {
    word.chars()
        .any(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_characters_take_their_time() {
        let words = |words: &[&str]| -> Vec<String> {
            words.iter().map(|word| (*word).to_owned()).collect()
        };
        assert_eq!(ReadingTime::of_words(&[]).minutes(), 1);
        assert_eq!(ReadingTime::of_words(&words(&["word"; 231])).minutes(), 2);
        let mixed = ReadingTime::of_words(&words(&["新闻稿", "2026"]));
        assert_eq!((mixed.words, mixed.characters), (1, 3));
        let han = ReadingTime::of_words(&["新".repeat(1_200)]);
        assert_eq!(han.minutes(), 3);
    }
}
