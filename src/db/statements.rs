//! Plain statements: their values, and their rows by the names of the columns.

use std::fmt::Write;

use sea_orm::{
    ActiveEnum, ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryResult, Statement,
    TryGetable, Value,
};

/// An active enum's number or word as it stands in SQL text. Only where a partial index must see the
/// value itself, or a statement is planned once for all; elsewhere values are bound.
#[must_use]
pub fn sql_value<E: ActiveEnum>(state: &E) -> String
where
    E::Value: Into<Value>,
{
    match state.to_value().into() {
        Value::String(Some(word)) => format!("'{}'", word.replace('\'', "''")),
        number => number.to_string(),
    }
}

/// Text within a pattern for `LIKE … ESCAPE '\'`, in which it stands for nothing but itself.
#[must_use]
pub fn like_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal
}

/// Several of them for `IN (…)`, in the order given: a partial index is found by its very words.
#[must_use]
pub fn sql_values<E: ActiveEnum>(states: &[E]) -> String
where
    E::Value: Into<Value>,
{
    let values: Vec<String> = states.iter().map(sql_value).collect();
    values.join(", ")
}

/// SQL text: places for as many rows of as many values, in their order. SQLite takes `$1` for a name, and
/// looks through all names before it for each value that is bound: a thousand rows of six values take
/// longer to bind than to store. Without names it does not.
#[must_use]
pub fn sql_rows_of_values(backend: DbBackend, rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            if column > 0 {
                text.push_str(", ");
            }
            let _ = match backend {
                DbBackend::Sqlite => text.write_char('?'),
                _ => write!(text, "${}", row * columns + column + 1),
            };
        }
        text.push(')');
    }
    text
}

/// The first row of a plain statement by the names of its columns, on a connection or in a transaction.
pub async fn row<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, DbErr> {
    let row = first_row(connection, statement(connection, sql, values)).await?;
    row.map(|row| T::from_query_result(&row, "")).transpose()
}

/// The first row of a statement. One that changes something is read to its end: `SQLite` gives the rows of a
/// RETURNING before it has looked whether others still fit and before it commits, and whoever leaves with
/// the first row never hears that nothing was changed.
async fn first_row(
    connection: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Option<QueryResult>, DbErr> {
    if statement.sql.contains("RETURNING") {
        let rows = connection.query_all_raw(statement).await?;
        return Ok(rows.into_iter().next());
    }
    connection.query_one_raw(statement).await
}

/// All rows of a plain statement by the names of their columns.
pub async fn rows<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, DbErr> {
    T::find_by_statement(statement(connection, sql, values))
        .all(connection)
        .await
}

/// The only value of a statement's only row, such as a count. `None`: there is no row, or it is NULL.
pub async fn scalar<V: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<V>, DbErr> {
    let row = first_row(connection, statement(connection, sql, values)).await?;
    row.map_or(Ok(None), |row| row.try_get_by_index::<Option<V>>(0))
}

/// The first value of each row, such as a list of ids.
pub async fn scalars<V: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<V>, DbErr> {
    connection
        .query_all_raw(statement(connection, sql, values))
        .await?
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect()
}

/// Runs a plain statement on a connection or in a transaction; the number of rows that it changed.
pub async fn execute(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(connection
        .execute_raw(statement(connection, sql, values))
        .await?
        .rows_affected())
}

pub(super) fn statement(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

/// `?` values for the statements above, from anything that sea-orm can store.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$(sea_orm::Value::from($value)),*] };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_has_no_names_to_look_through_for_many_values() {
        let rows = |backend| sql_rows_of_values(backend, 2, 3);
        assert_eq!(rows(DbBackend::Sqlite), "(?, ?, ?), (?, ?, ?)");
        assert_eq!(rows(DbBackend::Postgres), "($1, $2, $3), ($4, $5, $6)");
    }
}
