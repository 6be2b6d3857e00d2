//! What an erasure takes out of the mail that came back. It is a part of the returns' room that stands
//! further down, because `subscribers` erases in one transaction.

use sea_orm::{DbErr, FromQueryResult};

use crate::{
    db::{WriteTransaction, execute, rows},
    values,
};

/// Takes out what came back from a person: the mail, its subject and what servers said. That something
/// came back stays, for the rates.
///
/// # Errors
/// The database failed.
pub async fn forget_reader(transaction: &WriteTransaction, reader: i64) -> Result<(), DbErr> {
    // returned_mail_of_subscriber
    let sql = "UPDATE returned_mail SET mail = NULL, subject = '', diagnosis = '(erased)' WHERE subscriber_id = $1";
    execute(transaction, sql, values![reader]).await?;
    Ok(())
}

/// Returns that are looked at together: each may hold a whole mail.
const AT_ONCE: i64 = 50;

#[derive(FromQueryResult)]
struct Unmatched {
    id: i64,
    mail: Option<Vec<u8>>,
    subject: String,
    diagnosis: String,
    why: String,
}

/// Takes an address, by its key, out of what came back of nobody whom we know, which is kept as it came for a time.
///
/// # Errors
/// The database failed.
pub async fn forget_mentions(transaction: &WriteTransaction, key: &str) -> Result<(), DbErr> {
    let mut after = 0;
    loop {
        // returned_mail_kept
        let sql = "SELECT id, mail, subject, diagnosis, why FROM returned_mail
                   WHERE mail IS NOT NULL AND subscriber_id IS NULL AND id > $1 ORDER BY id LIMIT $2";
        let some: Vec<Unmatched> = rows(transaction, sql, values![after, AT_ONCE]).await?;
        let Some(last) = some.last().map(|one| one.id) else {
            return Ok(());
        };
        for one in some.iter().filter(|one| one.names(key)) {
            let sql = "UPDATE returned_mail SET mail = NULL, subject = '', diagnosis = '(erased)', why = '(erased)'
                       WHERE id = $1";
            execute(transaction, sql, values![one.id]).await?;
        }
        after = last;
    }
}

impl Unmatched {
    fn names(&self, key: &str) -> bool {
        let mail = self.mail.as_deref().unwrap_or_default();
        let texts = [&self.subject, &self.diagnosis, &self.why].map(String::as_bytes);
        let mut all = texts.into_iter().chain([mail]);
        all.any(|text| {
            let text = text.to_ascii_lowercase();
            text.windows(key.len()).any(|part| part == key.as_bytes())
        })
    }
}
