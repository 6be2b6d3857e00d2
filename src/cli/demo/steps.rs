//! Waiting for the next step of the demo.

use std::time::Duration;

use anyhow::Context;

/// No step of the demo takes longer on a machine that works.
pub(super) const STEP_TIMEOUT: Duration = Duration::from_mins(1);

/// Asks again until there is an answer.
pub(super) async fn until<T, F>(what: &str, ask: impl Fn() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let asking = async {
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(STEP_TIMEOUT, asking)
        .await
        .with_context(|| format!("{what} did not come within {} s", STEP_TIMEOUT.as_secs()))?
}
