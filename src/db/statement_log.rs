//! The statements that a test's thread runs, so that a test can look at their plans. Only tests see it.

use std::cell::RefCell;

use sea_orm::{DatabaseConnection, Statement};

thread_local! {
    /// `None`: nobody listens.
    static HEARD: RefCell<Option<Vec<Statement>>> = const { RefCell::new(None) };
}

/// The same pool, which says what it runs.
pub fn audible(mut pool: DatabaseConnection) -> DatabaseConnection {
    pool.set_metric_callback(|info| {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.push(info.statement.clone());
            }
        });
    });
    pool
}

/// What runs on this thread while `work` is done, with its values.
pub async fn statements_of<T>(work: impl Future<Output = T>) -> (T, Vec<Statement>) {
    HEARD.set(Some(Vec::new()));
    let done = work.await;
    (done, HEARD.take().unwrap_or_default())
}
