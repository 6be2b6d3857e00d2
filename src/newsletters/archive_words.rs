//! The words by which the archive is searched. Each newsletter's are put into an index once it was mailed, when its
//! text is what it stays; a search then reads the index, and only the texts that it shows.
//!
//! Words are compared in small letters and without accents: `nino` finds `Niño`, and `Niño` finds `nino`. A word that
//! is sought begins one of the text. Languages that write words without blanks between them have each two letters
//! that stand together in the index.

use std::collections::BTreeSet;

use gazette_templates::Document;
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, FromQueryResult, sea_query::OnConflict};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    NewsletterState as State, Result,
    newsletter_entities::{archive_entry, archive_word},
};
use crate::{
    app::App,
    db::{self, sql_values},
    releases::reading,
    rendering, values,
};

/// Letters of a word; no more of a longer one are compared.
const LONGEST_WORD: usize = 60;

/// Pairs of letters of one stretch that are looked for in the index.
const MOST_PAIRS: usize = 8;

/// A text as it is searched: in small letters, without accents.
pub(super) fn folded(text: &str) -> String {
    let letters = text.nfkd().filter(|c| !is_combining_mark(*c));
    let mut folded = String::with_capacity(text.len());
    for letter in letters.flat_map(char::to_lowercase) {
        match letter {
            // Letters that have no accent of their own to take off.
            'đ' | 'ð' => folded.push('d'),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            letter => folded.push(letter),
        }
    }
    // Korean syllables come apart with the accents.
    folded.nfc().collect()
}

/// Letters that stand together and are of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) text: String,
    /// Of a script without blanks between its words.
    is_dense: bool,
}

impl Stretch {
    /// Signs alone, which no text has in the index.
    pub(super) fn of_signs(text: String) -> Self {
        Self {
            text,
            is_dense: false,
        }
    }
}

/// The stretches of letters and digits of a folded text: `o’brien's` has three.
pub(super) fn stretches(folded: &str) -> impl Iterator<Item = Stretch> + '_ {
    let runs = folded.split(|c: char| !c.is_alphanumeric());
    runs.flat_map(|run| {
        let mut parts: Vec<Stretch> = Vec::new();
        for letter in run.chars() {
            let is_dense = is_dense(letter);
            match parts.last_mut() {
                Some(last) if last.is_dense == is_dense => last.text.push(letter),
                _ => parts.push(Stretch {
                    text: letter.to_string(),
                    is_dense,
                }),
            }
        }
        parts
    })
}

/// Of Chinese, Japanese, Korean (whose words carry endings), Thai and its neighbors.
fn is_dense(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0x0E00..=0x0EFF
            | 0x1000..=0x109F
            | 0x1100..=0x11FF
            | 0x1780..=0x17FF
            | 0x3040..=0x30FF
            | 0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xAC00..=0xD7AF
            | 0xF900..=0xFAFF
            | 0x20000..=0x3FFFF
    )
}

fn shortened(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

/// Each two letters that stand together; of one letter none.
fn pairs(text: &str) -> impl Iterator<Item = String> + '_ {
    let seconds = text.chars().skip(1);
    text.chars()
        .zip(seconds)
        .map(|(one, other)| [one, other].iter().collect())
}

/// What of a text stands in the index.
fn words_of(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for stretch in stretches(&folded(text)) {
        if stretch.is_dense {
            words.extend(pairs(&stretch.text));
            // A single letter that is sought begins a pair, or is the last.
            words.extend(stretch.text.chars().last().map(String::from));
        } else {
            words.insert(shortened(&stretch.text));
        }
    }
    words
}

/// What is looked for in the index.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// A word that begins so.
    Begins(String),
    /// This and nothing else.
    Is(String),
}

impl Term {
    /// What a stretch that is sought is looked for by.
    pub(super) fn of(stretch: &Stretch) -> Vec<Self> {
        let is_pair = stretch.is_dense && stretch.text.chars().count() > 1;
        if is_pair {
            let some = pairs(&stretch.text).take(MOST_PAIRS);
            return some.map(Self::Is).collect();
        }
        vec![Self::Begins(shortened(&stretch.text))]
    }

    /// SQL text: the newsletter `n` has it; and its values, the first of which is `$first`.
    pub(super) fn sql(&self, first: usize) -> (String, Vec<String>) {
        // The primary key of archive_word.
        let found = |condition: &str| {
            format!("n.id IN (SELECT w.newsletter_id FROM archive_word w WHERE {condition})")
        };
        match self {
            Self::Is(word) => (found(&format!("w.word = ${first}")), vec![word.clone()]),
            Self::Begins(word) => {
                let behind = format!("{word}{}", char::MAX);
                let condition = format!("w.word >= ${first} AND w.word < ${}", first + 1);
                (found(&condition), vec![word.clone(), behind])
            }
        }
    }
}

/// SQL text: the words of the newsletter `n` are not in the index yet.
pub(super) const SQL_IS_NOT_INDEXED: &str =
    "NOT EXISTS (SELECT 1 FROM archive_entry e WHERE e.newsletter_id = n.id)";

#[derive(Debug, FromQueryResult)]
struct Due {
    id: i64,
    subject: String,
    document: String,
    intro: Option<String>,
}

/// What a newsletter says, as it is searched.
///
/// # Errors
/// The document is none.
pub(super) fn said(
    subject: &str,
    intro: Option<&str>,
    document: &str,
) -> std::result::Result<String, DbErr> {
    let document: Document =
        serde_json::from_str(document).map_err(|error| DbErr::Json(error.to_string()))?;
    let intro = intro.unwrap_or_default();
    Ok(format!("{subject} {intro} {}", reading::words(&document)))
}

/// Newsletters that are put into the index together, and words that one statement puts there.
const AT_ONCE: i64 = 20;
const WORDS_AT_ONCE: usize = 400;

/// Puts the words of what was mailed since into the index. How many newsletters' it did.
///
/// # Errors
/// The database failed.
pub async fn index_archive(app: &App) -> Result<u64> {
    let sql = format!(
        "SELECT n.id, n.subject, n.document, n.intro FROM newsletter n
         WHERE n.state IN ({}) AND {SQL_IS_NOT_INDEXED} ORDER BY n.id DESC LIMIT $1",
        sql_values(&State::MAILED)
    );
    let mut indexed = 0;
    loop {
        let due: Vec<Due> = db::rows(app.db.pool(), &sql, values![AT_ONCE]).await?;
        if due.is_empty() {
            return Ok(indexed);
        }
        indexed += due.len() as u64;
        let read = rendering::in_turn(|| words_of_each(&due)).await??;
        let transaction = app.db.begin().await?;
        for (id, words) in read {
            let entry = archive_entry::ActiveModel {
                newsletter_id: Set(id),
            };
            archive_entry::Entity::insert(entry)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&transaction)
                .await?;
            let rows: Vec<archive_word::ActiveModel> = words
                .into_iter()
                .map(|word| archive_word::ActiveModel {
                    word: Set(word),
                    newsletter_id: Set(id),
                })
                .collect();
            for some in rows.chunks(WORDS_AT_ONCE) {
                archive_word::Entity::insert_many(some.to_vec())
                    .on_conflict(OnConflict::new().do_nothing().to_owned())
                    .exec_without_returning(&transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
    }
}

fn words_of_each(due: &[Due]) -> std::result::Result<Vec<(i64, BTreeSet<String>)>, DbErr> {
    let each = due.iter().map(|one| {
        let said = said(&one.subject, one.intro.as_deref(), &one.document)?;
        Ok((one.id, words_of(&said)))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_large_letters_make_no_difference() {
        for (one, other) in [
            ("NIÑO", "nino"),
            ("nin\u{303}o", "nino"),
            ("Đường Nguyễn", "duong nguyen"),
            ("Straße", "strasse"),
            ("العَرَبِيّة", "العربية"),
            ("다리가", "다리가"),
        ] {
            assert_eq!(folded(one), other, "{one}");
        }
    }

    #[test]
    fn words_stand_by_themselves_and_letters_without_blanks_in_pairs() {
        let words = |text: &str| words_of(text).into_iter().collect::<Vec<_>>();
        assert_eq!(words("Rep. O’Brien's"), ["brien", "o", "rep", "s"]);
        assert_eq!(words("新的桥2026"), ["2026", "新的", "桥", "的桥"]);
        let terms = |text: &str| -> Vec<Term> {
            let folded = folded(text);
            stretches(&folded)
                .flat_map(|stretch| Term::of(&stretch))
                .collect()
        };
        assert_eq!(terms("Niñ"), [Term::Begins("nin".to_owned())]);
        assert_eq!(terms("桥"), [Term::Begins("桥".to_owned())]);
        let is = |word: &str| Term::Is(word.to_owned());
        assert_eq!(terms("新的桥"), [is("新的"), is("的桥")]);
    }
}
