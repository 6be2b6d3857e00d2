//! For how long what came back is kept: the raw mail for `GAZETTE_RETURNS_KEEP_DAYS`, and with it
//! whatever belongs to no mail of ours. What is left is why a subscriber's status changed.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{
    kept_reports,
    return_reader::ReturnKind,
    returned_mail::{Column, Entity},
};
use crate::{app::App, clock::DAY};

/// Forgets what is older than it is kept for.
pub async fn purge(app: &App) -> Result<(), DbErr> {
    let kept_from = app.clock.now_ms() - i64::from(app.settings.returns.keep_days) * DAY;
    Entity::delete_many()
        .filter(Column::At.lt(kept_from))
        .filter(
            Column::Kind
                .is_in([ReturnKind::Reply, ReturnKind::AutoReply])
                .or(Column::SubscriberId
                    .is_null()
                    .and(Column::NewsletterId.is_null())),
        )
        .exec(&app.db.writer())
        .await?;
    // returned_mail_kept
    Entity::update_many()
        .col_expr(Column::Mail, Expr::value(Option::<Vec<u8>>::None))
        .col_expr(Column::Subject, Expr::value(""))
        .filter(Column::At.lt(kept_from))
        .filter(Column::Mail.is_not_null())
        .exec(&app.db.writer())
        .await?;
    kept_reports::forget(app, app.db.pool()).await
}
