//! The subject line: one line, true, and short enough for every mailbox.

use crate::given_name;

/// A subject that can stand in a header as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

/// Longer titles are cut at a word: phones show about 40 characters, and P8 allows 998 octets.
pub(super) const LONGEST: usize = 200;

impl Subject {
    /// Makes a subject of any title. Control characters and runs of white space become one space
    /// (M6: no header can begin in it); `Re:` and `Fwd:` go, because nobody wrote to us (P5); what
    /// is too long ends with `…`. `None` where nothing is left.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Self> {
        let mut line = String::new();
        for word in on_one_line(title)
            .split(' ')
            .filter(|word| !word.is_empty())
        {
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

    /// The whole of a subject that was cut from this title, with what stands before it, such as the
    /// mark of a correction; `None` where it is another, or has all of it.
    #[must_use]
    pub fn uncut(subject: &str, title: &str) -> Option<String> {
        let kept = subject.strip_suffix('…')?.trim_end_matches('…');
        let title = on_one_line(title);
        // What is short by itself, or has little of the title, was written by a person.
        let begins = kept.char_indices().map(|(at, _)| at).find(|at| {
            let rest = &kept[*at..];
            title.starts_with(rest) && rest.chars().count() * 2 > LONGEST
        })?;
        Some(format!("{}{title}", &kept[..begins]))
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A title with one space between its words, without what reorders or hides letters and without `Re:`.
fn on_one_line(title: &str) -> String {
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
    let words: Vec<&str> = spaced
        .split([' ', '\t', '\u{2028}', '\u{2029}'])
        .filter(|word| !word.is_empty())
        .skip_while(|word| is_reply_mark(word))
        .collect();
    words.join(" ")
}

fn is_reply_mark(word: &str) -> bool {
    ["re:", "fwd:", "fw:", "aw:", "rv:"].contains(&word.to_lowercase().as_str())
}

/// Characters that reorder or hide text: a title with them can look like another one.
fn is_invisible(c: char) -> bool {
    // A soft hyphen is a place to break a line, which many sites put in their titles.
    given_name::turns_direction(c) || (given_name::hides(c) && c != '\u{AD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_subject_is_made_whole_again_by_its_own_title_only() {
        let title = format!(
            "Doe Announces Funding for {}the Canyon",
            "Roads and Bridges, ".repeat(14)
        );
        let subject = Subject::from_title(&title).unwrap();
        assert!(subject.as_str().ends_with('…') && subject.as_str().chars().count() <= LONGEST);
        assert_eq!(
            Subject::uncut(subject.as_str(), &title).as_ref(),
            Some(&title)
        );
        // Marked as a correction, and cut once more.
        let marked = Subject::from_title(&format!("Correction: {}", subject.as_str())).unwrap();
        let whole = Subject::uncut(marked.as_str(), &title);
        assert_eq!(whole, Some(format!("Correction: {title}")));
        for other in [
            "A short one…",
            "Doe Announces Funding for Roads…",
            title.as_str(),
        ] {
            assert_eq!(Subject::uncut(other, &title), None, "{other}");
        }
        assert_eq!(Subject::uncut(subject.as_str(), "Another title"), None);
        // One word without an end is cut within.
        let word = "長".repeat(300);
        let cut = Subject::from_title(&word).unwrap();
        assert_eq!(Subject::uncut(cut.as_str(), &word), Some(word));
    }
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
