//! Fencing: what was begun under a lease fails when the lease has another holder by now.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

/// What a holder's writes are checked by: the lease's name and the token of its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// The lease.
    pub name: &'static str,
    /// Of its holder.
    pub token: i64,
}

impl Fence {
    /// Fails where the lease has another holder by now. On PostgreSQL the row is locked until the
    /// transaction ends, so that nobody takes the lease in between; SQLite has one writer.
    pub async fn check(&self, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
        table::Entity::find()
            .filter(table::Column::Name.eq(self.name))
            .filter(table::Column::Token.eq(self.token))
            .lock_shared()
            .one(transaction)
            .await?
            .map(drop)
            .ok_or_else(|| {
                DbErr::Custom(format!(
                    "the lease `{}` has another holder by now; nothing was changed",
                    self.name
                ))
            })
    }
}

/// The table `lease`.
mod table {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lease")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub holder: String,
        pub lease_ends: i64,
        pub token: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
