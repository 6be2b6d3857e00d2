//! What a backup's tables say, as one number: a copy on a disk or in the cloud changes by a bit now and then,
//! and what SQLite itself notices is only what breaks its pages.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, Result, types::ValueRef};

use super::table_copy::BACKUP_TABLE;

/// SHA-256 over all tables and rows, in the file's own order, in hexadecimal digits. Without the table in which
/// the number is kept.
pub fn digest_of(connection: &Connection) -> Result<String> {
    let mut context = Context::new(&SHA256);
    let mut listed = connection.prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> ?1 ORDER BY name",
    )?;
    let tables = listed.query_map([BACKUP_TABLE], |row| row.get::<_, String>(0))?;
    for table in tables {
        let table = table?;
        add(&mut context, b't', table.as_bytes());
        let quoted = table.replace('"', "\"\"");
        let mut all = connection.prepare(&format!("SELECT * FROM \"{quoted}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => add(&mut context, b'0', b""),
                    ValueRef::Integer(number) => add(&mut context, b'i', &number.to_be_bytes()),
                    ValueRef::Real(number) => add(&mut context, b'r', &number.to_be_bytes()),
                    ValueRef::Text(text) => add(&mut context, b's', text),
                    ValueRef::Blob(bytes) => add(&mut context, b'b', bytes),
                }
            }
        }
    }
    Ok(HEXLOWER.encode(context.finish().as_ref()))
}

/// With its kind and length, so that no two contents are the same row of bytes.
fn add(context: &mut Context, kind: u8, bytes: &[u8]) {
    context.update(&[kind]);
    context.update(&(bytes.len() as u64).to_be_bytes());
    context.update(bytes);
}
