//! Where single writes go that stand in no transaction of their own.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    entity::prelude::async_trait::async_trait,
};

use super::Db;

/// Like the pool, but fenced: of who works under a lease ([`super::Fence`]) a write fails once somebody
/// else holds it. Without a lease it costs nothing.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a>(pub(super) &'a Db);

/// Runs it on the pool, or under a lease in a transaction that has checked the lease.
macro_rules! fenced {
    ($writer:expr, $run:ident, $what:expr) => {{
        let db = $writer.0;
        if db.fence.is_none() {
            return db.writers.$run($what).await;
        }
        let transaction = db.begin().await?;
        let answer = transaction.$run($what).await?;
        transaction.commit().await?;
        Ok(answer)
    }};
}

#[async_trait]
impl ConnectionTrait for Writer<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        fenced!(self, execute_raw, statement)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        fenced!(self, execute_unprepared, sql)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        fenced!(self, query_one_raw, statement)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        fenced!(self, query_all_raw, statement)
    }
}
