//! Answers that take long to find, kept for a while: a count over a million rows is not made again for
//! each view of a page, and not by several people at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many answers are kept before those that are too old are let go.
const MANY: usize = 64;

/// The answers by what was asked.
#[derive(Debug)]
pub struct KeptAnswers<K, T>(Mutex<BTreeMap<K, Slot<T>>>);

/// Held by who finds the answer; the others wait for it.
type Slot<T> = Arc<tokio::sync::Mutex<Option<Kept<T>>>>;

#[derive(Debug)]
struct Kept<T> {
    until: Instant,
    answer: T,
}

impl<T> Kept<T> {
    fn is_good(&self) -> bool {
        Instant::now() < self.until
    }
}

impl<K, T> Default for KeptAnswers<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, T: Clone> KeptAnswers<K, T> {
    /// The answer that is kept, else the one that `find` gives with the time for which it is kept.
    ///
    /// # Errors
    /// What `find` says; then nothing is kept.
    pub async fn get<E>(
        &self,
        asked: K,
        find: impl Future<Output = Result<(T, Duration), E>>,
    ) -> Result<T, E> {
        let slot = self.slot(asked);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good()) {
            return Ok(kept.answer.clone());
        }
        *kept = None;
        let (answer, time) = find.await?;
        *kept = Some(Kept {
            until: Instant::now() + time,
            answer: answer.clone(),
        });
        Ok(answer)
    }

    /// Forgets all answers: what they were found from has changed.
    pub fn forget(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn slot(&self, asked: K) -> Slot<T> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MANY {
            slots.retain(|_, slot| {
                // Whoever holds one is finding its answer.
                slot.try_lock()
                    .map_or(true, |kept| kept.as_ref().is_some_and(Kept::is_good))
            });
        }
        slots.entry(asked).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const LONG_LIFETIME: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn many_who_ask_at_once_let_it_be_found_once() {
        let (answers, found) = (KeptAnswers::default(), AtomicUsize::new(0));
        let find = async || {
            found.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, ()>((7, LONG_LIFETIME))
        };
        let all = futures_util::future::join_all((0..50).map(|_| answers.get(1, find()))).await;
        assert!(all.into_iter().all(|answer| answer == Ok(7)));
        assert_eq!(found.load(Ordering::SeqCst), 1);
        assert_eq!(answers.get(2, find()).await, Ok(7));
        assert_eq!(found.load(Ordering::SeqCst), 2, "another question");
    }

    #[tokio::test]
    async fn an_answer_that_is_not_kept_is_found_anew_and_a_failure_too() {
        let answers = KeptAnswers::default();
        for number in 0..3 {
            let find = async { Ok::<_, &str>((number, Duration::ZERO)) };
            assert_eq!(answers.get(1, find).await, Ok(number));
        }
        assert_eq!(answers.get(1, async { Err("lost") }).await, Err("lost"));
        let find = async { Ok::<_, &str>((9, LONG_LIFETIME)) };
        assert_eq!(answers.get(1, find).await, Ok(9));
    }

    #[tokio::test]
    async fn what_was_forgotten_is_found_anew() {
        let answers = KeptAnswers::default();
        for number in 0..2 {
            let find = async { Ok::<_, ()>((number, LONG_LIFETIME)) };
            assert_eq!(answers.get(1, find).await, Ok(number));
            answers.forget();
        }
    }

    #[tokio::test]
    async fn what_is_too_old_takes_no_room() {
        let answers = KeptAnswers::default();
        for asked in 0..10 * MANY {
            let find = async { Ok::<_, ()>((asked, Duration::ZERO)) };
            assert_eq!(answers.get(asked, find).await, Ok(asked));
        }
        assert!(answers.0.lock().unwrap().len() <= MANY);
    }
}
