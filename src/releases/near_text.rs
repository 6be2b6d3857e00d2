//! Whether two texts are nearly the same: by the share of their runs of three words (shingles) that both have.
//! An office that corrects a figure or adds a sentence under a new address sends the same release again.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{identity::title_key, reading::pieces};

/// Words of one shingle.
const SHINGLE: usize = 3;

/// Words of a text that are compared: its end tells no more.
const MOST_WORDS: usize = 4_000;

/// Shorter texts are alike in many a notice.
const FEWEST_WORDS: usize = 30;

/// Of the shingles of the shorter text, so many of 100 are in the other one.
const NEARLY_PERCENT: usize = 80;

/// Of 100 shingles of the shorter text the longer one may have so many: an older release is quoted in a newer one, too.
const LONGEST_PERCENT: usize = 150;

/// The shingles of a text.
#[derive(Debug)]
pub(super) struct NearText(HashSet<u64>);

impl NearText {
    /// `None`: it says too little to be told from others.
    pub(super) fn of(words: &str) -> Option<Self> {
        let key = title_key(words);
        let words: Vec<String> = pieces(&key).into_iter().take(MOST_WORDS).collect();
        if words.len() < FEWEST_WORDS {
            return None;
        }
        let shingles = words.windows(SHINGLE).map(|shingle| {
            let mut hasher = DefaultHasher::new();
            shingle.hash(&mut hasher);
            hasher.finish()
        });
        Some(Self(shingles.collect()))
    }

    /// Whether the two say nearly the same.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        let (short, long) = if self.0.len() <= other.0.len() {
            (&self.0, &other.0)
        } else {
            (&other.0, &self.0)
        };
        let shared = short
            .iter()
            .filter(|shingle| long.contains(*shingle))
            .count();
        long.len() * 100 <= LONGEST_PERCENT * short.len()
            && shared * 100 >= short.len() * NEARLY_PERCENT
    }
}

/// The title without the word that says that it comes again: `UPDATED: …`, `… (corrected)`. `None`: it says none.
pub(super) fn without_update_word(title: &str) -> Option<&str> {
    const WORDS: &[&str] = &[
        "update",
        "updated",
        "correction",
        "corrected",
        "corrected version",
        "revised",
        "clarification",
        "reissued",
        "re-issued",
        "reissue",
        "resending",
        "resend",
        "repeat",
        "actualización",
        "actualizado",
        "actualizada",
        "corrección",
        "corregido",
        "corregida",
        "rectificación",
        "korrektur",
        "korrigiert",
        "berichtigung",
        "korrigierte fassung",
        "aktualisiert",
        "aktualisierung",
        "mise à jour",
        "correctif",
        "rectificatif",
        "correction",
        "corrigé",
        "aggiornamento",
        "aggiornato",
        "correzione",
        "rettifica",
        "errata corrige",
        "atualização",
        "atualizado",
        "atualizada",
        "correção",
        "corrigido",
        "retificação",
        "errata",
        "bijgewerkt",
        "gecorrigeerd",
        "correctie",
        "rectificatie",
        "수정",
        "정정",
        "업데이트",
        "更新",
        "更正",
        "修订",
        "修訂",
        "cập nhật",
        "đính chính",
    ];
    let is_word = |words: &str| {
        let words = words
            .trim()
            .trim_matches(['[', ']', '(', ')', '*', '【', '】', '（', '）']);
        WORDS.contains(&words.trim().to_lowercase().as_str())
    };
    let title = title.trim();
    let parted_before = |sign: char| {
        let (word, rest) = title.split_once(sign)?;
        is_word(word).then_some(rest)
    };
    let parted_behind = |sign: char| {
        let (rest, word) = title.rsplit_once(sign)?;
        is_word(word).then_some(rest)
    };
    let found = [':', '：', '–', '—', '|', ']', ')', '】', '）', '-']
        .into_iter()
        .find_map(parted_before)
        .or_else(|| {
            ['–', '—', '|', '[', '(', '【', '（', ':', '-']
                .into_iter()
                .find_map(parted_behind)
        });
    found.map(str::trim).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The road department of the city said on Tuesday that its plan for 45 towns starts in spring, \
        with 6,250 people at work. “We looked at every road in town,” said the director of the road office.";

    fn is_near(one: &str, other: &str) -> bool {
        let (one, other) = (NearText::of(one).unwrap(), NearText::of(other).unwrap());
        assert_eq!(one.is_near(&other), other.is_near(&one));
        one.is_near(&other)
    }

    #[test]
    fn a_corrected_figure_or_another_sentence_leaves_a_text_nearly_the_same() {
        assert!(is_near(TEXT, &TEXT.replace("45 towns", "46 towns")));
        assert!(is_near(
            TEXT,
            &format!("{TEXT} Work now ends on May 9, the office said.")
        ));
        let other = "The school department of the county told the press on Friday that its budget for 12 schools \
            grows in summer, with 250 teachers more. “We asked each parent,” said the head of the school office.";
        assert!(!is_near(TEXT, other));
        assert!(!is_near(TEXT, &format!("{TEXT} {other} {other}")));
        assert!(NearText::of("The bridge opens on Monday.").is_none());
    }

    #[test]
    fn the_word_that_says_that_a_release_comes_again_is_no_part_of_its_title() {
        for title in [
            "UPDATED: A bridge opens",
            "Correction - A bridge opens",
            "[Corregido] A bridge opens",
            "A bridge opens (updated)",
            "A bridge opens – Korrektur",
            "更正：A bridge opens",
        ] {
            assert_eq!(
                without_update_word(title),
                Some("A bridge opens"),
                "{title}"
            );
        }
        for title in [
            "Bridge update: it opens",
            "A bridge (over the Mill) opens",
            "Update:",
            "A bridge opens",
        ] {
            assert_eq!(without_update_word(title), None, "{title}");
        }
    }
}
