//! What the database holds, held against the model.

use super::{
    LETTERS, MAILS, Model, PLACES, READERS, Row, newsletters, number, place, place_of_mail,
    steps::Step,
};

impl Model {
    /// Row by row, and the counts.
    pub(super) async fn compare(&self, step: Step) {
        assert_eq!(self.found().await, self.rows, "after {step:?}");
        for letter in 0..LETTERS {
            let counts = newsletters::counts(&self.app, number(letter)).await;
            assert_eq!(counts.unwrap(), self.counts(letter), "after {step:?}");
        }
    }

    async fn found(&self) -> [Row; PLACES] {
        let mut found = [Row::None; PLACES];
        for (sql, places) in [
            (
                "SELECT subscriber_id AS id, state, worker, at, newsletter_id AS letter FROM delivery",
                LETTERS * READERS,
            ),
            (
                "SELECT id, state, worker, at, id AS letter FROM transactional_mail",
                MAILS,
            ),
        ] {
            for row in self.app.db.all(sql, []).await.unwrap() {
                let id = row.try_get::<i64>("", "id").unwrap() as usize - 1;
                let worker: Option<i64> = row.try_get("", "worker").unwrap();
                let at: i64 = row.try_get("", "at").unwrap();
                let letter = row.try_get::<i64>("", "letter").unwrap() as usize - 1;
                let place = if places == MAILS {
                    place_of_mail(id)
                } else {
                    place(letter, id)
                };
                found[place] = match row.try_get::<i16>("", "state").unwrap() {
                    0 => Row::Queued,
                    1 => Row::Claimed(worker.unwrap()),
                    2 => Row::Deferred(at),
                    3 => Row::Accepted,
                    4 => Row::Failed,
                    _ => Row::Withdrawn,
                };
                assert_eq!(worker.is_some(), matches!(found[place], Row::Claimed(_)));
            }
        }
        found
    }

    fn counts(&self, letter: usize) -> newsletters::Counts {
        let rows = &self.rows[place(letter, 0)..place(letter, READERS)];
        let count = |wanted: fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count() as u64;
        newsletters::Counts {
            queued: count(|row| *row == Row::Queued),
            claimed: count(|row| matches!(row, Row::Claimed(_))),
            accepted: count(|row| *row == Row::Accepted),
            deferred: count(|row| matches!(row, Row::Deferred(_))),
            failed: count(|row| *row == Row::Failed),
            withdrawn: count(|row| *row == Row::Withdrawn),
        }
    }
}
