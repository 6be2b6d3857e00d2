//! Forms that a member of staff filled in and that could not be taken, since the session had ended: they wait for
//! their author, and are shown to nobody who signs in at the same window.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};

use super::{
    account_tables::staff_kept_form::{ActiveModel, Column, Entity},
    error::Result,
};
use crate::{
    app::App,
    clock::DAY,
    db::{WriteTransaction, like_literal},
};

/// What nobody came back to for so long is forgotten.
const FORGOTTEN_AFTER_MS: i64 = 30 * DAY;

/// Keeps a form for its author. `entry` tells it from the others of theirs.
///
/// # Errors
/// The database failed.
pub async fn keep(app: &App, staff: i64, entry: &str, form: String) -> Result<()> {
    let row = ActiveModel {
        staff_id: Set(staff),
        entry: Set(entry.to_owned()),
        at: Set(app.clock.now_ms()),
        form: Set(form),
    };
    Entity::insert(row)
        .exec_without_returning(&app.db.writer())
        .await?;
    Ok(())
}

/// What waits for a member of staff, the oldest first.
///
/// # Errors
/// The database failed.
pub async fn of(app: &App, staff: i64) -> Result<Vec<String>> {
    let rows = Entity::find()
        .filter(Column::StaffId.eq(staff))
        .order_by_asc(Column::At)
        .order_by_asc(Column::Entry)
        .all(app.db.pool())
        .await?;
    Ok(rows.into_iter().map(|row| row.form).collect())
}

/// Throws one away.
///
/// # Errors
/// The database failed.
pub async fn forget(app: &App, staff: i64, entry: &str) -> Result<()> {
    Entity::delete_by_id((staff, entry.to_owned()))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

/// Throws away those in which this address was typed, by its key: its owner was erased.
///
/// # Errors
/// The database failed.
pub async fn forget_mentions(
    transaction: &WriteTransaction,
    address: &str,
) -> std::result::Result<(), DbErr> {
    let like = LikeExpr::new(format!("%{}%", like_literal(address))).escape('\\');
    Entity::delete_many()
        .filter(Expr::expr(Func::lower(Expr::col(Column::Form))).like(like))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Forgets what nobody came back to.
///
/// # Errors
/// The database failed.
pub(super) async fn purge(app: &App) -> Result<()> {
    // staff_kept_form_at
    Entity::delete_many()
        .filter(Column::At.lt(app.clock.now_ms() - FORGOTTEN_AFTER_MS))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
