//! Up to where a table is sealed, signed and kept apart from its seals: whoever takes out seals cannot also make
//! it say that none were made.

use data_encoding::HEXLOWER;
use sea_orm::{ConnectionTrait, DbErr};

use crate::{office_setting, secret::Keys};

/// The newest seal of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct SealingNote {
    /// The line's `id`.
    pub row_id: i64,
    /// Keyed hash of all lines up to it.
    pub chain: Vec<u8>,
    /// What is dated up to here was sealed then.
    pub until: i64,
}

/// It is not as it was written.
#[derive(Debug)]
pub struct Forged;

impl SealingNote {
    /// The note of this table, if one was made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(
        connection: &impl ConnectionTrait,
        keys: &Keys,
        table: &str,
    ) -> Result<Result<Option<Self>, Forged>, DbErr> {
        let Some(value) = office_setting::one(connection, &key(table)).await? else {
            return Ok(Ok(None));
        };
        let read = Self::read(&value).filter(|note| note.written(keys, table) == value);
        Ok(read.map(Some).ok_or(Forged))
    }

    /// Keeps it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn store(
        &self,
        connection: &impl ConnectionTrait,
        keys: &Keys,
        table: &str,
        now: i64,
    ) -> Result<(), DbErr> {
        let value = self.written(keys, table);
        office_setting::store(connection, &key(table), &value, now).await
    }

    fn read(value: &str) -> Option<Self> {
        let mut parts = value.split(' ');
        Some(Self {
            row_id: parts.next()?.parse().ok()?,
            chain: HEXLOWER.decode(parts.next()?.as_bytes()).ok()?,
            until: parts.next()?.parse().ok()?,
        })
    }

    fn written(&self, keys: &Keys, table: &str) -> String {
        let (row, until) = (self.row_id.to_be_bytes(), self.until.to_be_bytes());
        let parts: [&[u8]; 5] = [
            b"evidence sealed up to",
            table.as_bytes(),
            &row,
            &self.chain,
            &until,
        ];
        format!(
            "{} {} {} {}",
            self.row_id,
            HEXLOWER.encode(&self.chain),
            self.until,
            HEXLOWER.encode(&keys.lasting_mac(&parts))
        )
    }
}

fn key(table: &str) -> String {
    format!("sealed-{table}")
}
