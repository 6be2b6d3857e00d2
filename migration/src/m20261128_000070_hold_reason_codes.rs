//! Why a release is held stands as codes, not as the sentences that staff read.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The sentences as they were up to here, each with its code.
const SENTENCES: &[(&str, &str)] = &[
    (
        "source_was_empty",
        "The source was empty before. Check that this release is really new.",
    ),
    (
        "gap_in_list",
        "Its source lists nothing any more that the last look saw, so others may have come and gone in between, and be missing here. Look at the site.",
    ),
    (
        "old_date",
        "It is dated more than 48 hours before it appeared. Check that it is really new.",
    ),
    (
        "far_off_date",
        "It is dated more than two weeks from now. Check its date: let go, it waits for that date; its draft can be approved at any time.",
    ),
    (
        "embargoed",
        "It says that it is embargoed. Send it when the embargo is over.",
    ),
    (
        "behind_password",
        "The site keeps it behind a password. Send it when the site shows it to everyone.",
    ),
    (
        "same_title",
        "A release with the same title came or was mailed within the last 30 days. Check that this is not the same one.",
    ),
    (
        "same_text",
        "Its text and date are those of a release that came within the last 30 days, under another title and address. Check that this is not the same one.",
    ),
    (
        "no_text",
        "Its text was not read. Look at its page, and add it by hand.",
    ),
    (
        "only_summary",
        "Its page could not be read, only the feed's summary. Look at its page, and add it by hand.",
    ),
    (
        "out_of_filter",
        "It no longer passes the source's filter. Check whether it is to be mailed all the same.",
    ),
    (
        "unreachable",
        "Its site could not be reached for a day to see whether it still stands.",
    ),
    (
        "unlisted",
        "Its source no longer lists it, and it has no page of its own that says whether it stands. Ask the office, then let it go or drop it.",
    ),
];

/// Begins with a number.
const MANY: &str =
    " new releases came at once. Perhaps the site was rebuilt; check that this one is really new.";

/// The sentences as a JSON list of codes; what is none of them stays as it is, as its own words.
fn codes(sentences: &str) -> String {
    let mut rest = sentences.to_owned();
    let mut codes = Vec::new();
    while let Some(at) = rest.find(MANY) {
        let before = rest.get(..at).unwrap_or_default();
        let digits = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let count = before.get(digits..).unwrap_or_default().to_owned();
        if count.is_empty() {
            break;
        }
        rest.replace_range(digits..at + MANY.len(), "");
        codes.push(format!(r#"{{"code":"many_at_once","count":{count}}}"#));
    }
    for (code, sentence) in SENTENCES {
        if rest.contains(sentence) {
            rest = rest.replace(sentence, "");
            codes.push(format!(r#"{{"code":"{code}"}}"#));
        }
    }
    let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    if !rest.is_empty() {
        codes.push(format!(
            r#"{{"code":"earlier","words":"{}"}}"#,
            escaped(&rest)
        ));
    }
    format!("[{}]", codes.join(","))
}

/// Whatever stands between the quotes of a JSON string; no control character is left in it.
fn escaped(words: &str) -> String {
    words
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace(|c: char| c.is_control(), " ")
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let backend = connection.get_database_backend();
        for column in ["held_because", "let_go"] {
            let kept = connection
                .query_all_raw(Statement::from_string(
                    backend,
                    format!(
                        "SELECT id, {column} AS sentences FROM release WHERE {column} IS NOT NULL"
                    ),
                ))
                .await?;
            for row in kept {
                let (id, sentences): (i64, String) =
                    (row.try_get("", "id")?, row.try_get("", "sentences")?);
                connection
                    .execute_raw(Statement::from_sql_and_values(
                        backend,
                        format!("UPDATE release SET {column} = $1 WHERE id = $2"),
                        [codes(&sentences).into(), id.into()],
                    ))
                    .await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_codes_and_unknown_words_stay() {
        assert_eq!(
            codes(&format!("12{MANY} {} {}", SENTENCES[4].1, SENTENCES[0].1)),
            r#"[{"code":"many_at_once","count":12},{"code":"source_was_empty"},{"code":"embargoed"}]"#
        );
        assert_eq!(
            codes("Ask \"Kim\"\nfirst."),
            r#"[{"code":"earlier","words":"Ask \"Kim\" first."}]"#
        );
        assert_eq!(codes(""), "[]");
    }
}
