//! The subject line: one line, true, and short enough for every mailbox.

/// A subject that can stand in a header as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

/// Longer titles are cut at a word: phones show about 40 characters, and P8 allows 998 octets.
const LONGEST: usize = 200;

impl Subject {
    /// Makes a subject of any title. Control characters and runs of white space become one space
    /// (M6: no header can begin in it); `Re:` and `Fwd:` go, because nobody wrote to us (P5); what
    /// is too long ends with `…`. `None` where nothing is left.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Self> {
        let spaced: String = title
            .chars()
            .map(|c| {
                if c.is_control() || is_invisible(c) {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        let mut words: Vec<&str> = spaced
            .split([' ', '\t', '\u{2028}', '\u{2029}'])
            .filter(|word| !word.is_empty())
            .collect();
        while words.first().is_some_and(|word| is_reply_mark(word)) {
            words.remove(0);
        }
        let mut line = String::new();
        for word in words {
            let room = LONGEST.saturating_sub(line.chars().count() + 1);
            if word.chars().count() <= room {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
                continue;
            }
            if line.is_empty() {
                line.extend(word.chars().take(room));
            }
            line.push('…');
            break;
        }
        (!line.is_empty()).then_some(Self(line))
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_reply_mark(word: &str) -> bool {
    ["re:", "fwd:", "fw:", "aw:", "rv:"].contains(&word.to_lowercase().as_str())
}

/// Characters that reorder or hide text: a title with them can look like another one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn p5_m6_a_hostile_title_becomes_one_true_line() {
        for (title, line) in [
            ("x\r\nBcc: y@z.gov", "x Bcc: y@z.gov"),
            ("Re: FWD: Kim leads letter", "Kim leads letter"),
            ("  Two\t\tspaces\u{0}here ", "Two spaces here"),
            ("Regarding: the budget", "Regarding: the budget"),
            ("한국어 제목", "한국어 제목"),
            ("abc\u{202E}gpj.exe", "abc gpj.exe"),
        ] {
            assert_eq!(Subject::from_title(title).unwrap().as_str(), line);
        }
        assert_eq!(Subject::from_title(" \r\n re: "), None);
    }

    #[test]
    fn a_long_title_ends_at_a_word() {
        let subject = Subject::from_title(&"word ".repeat(400)).unwrap();
        assert!(subject.as_str().ends_with("word…"));
        assert!(subject.as_str().chars().count() <= LONGEST);
        let one = Subject::from_title(&"w".repeat(2000)).unwrap();
        assert!(one.as_str().chars().count() <= LONGEST);
    }

    proptest! {
        #[test]
        fn any_title_gives_one_short_line_or_none(title in any::<String>()) {
            if let Some(subject) = Subject::from_title(&title) {
                prop_assert!(!subject.as_str().chars().any(char::is_control));
                prop_assert!(subject.as_str().chars().count() <= LONGEST);
                prop_assert!(subject.as_str().len() <= 998);
            }
        }
    }
}
