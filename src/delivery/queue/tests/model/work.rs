//! What workers do, in the database and in the model.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::delivery::{
    outcome::{Attempt, Outcome},
    queue,
    recorder::Recorder,
    worker_process,
};
use crate::delivery_state::Tls;

impl Model {
    pub(super) async fn enqueue(&mut self, letter: usize) {
        let Letter {
            active,
            state,
            enqueued,
        } = &mut self.letters[letter];
        let more = enqueue_slice(&self.app.db, active, self.now).await.unwrap();
        let sends = *state == Sending;
        let rows = &mut self.rows[place(letter, 0)..place(letter, READERS)];
        let queued = rows.iter().any(|row| *row != Row::None);
        let first = sends && !*enqueued && !queued && self.wants.contains(&true);
        if first {
            for (row, wants) in rows.iter_mut().zip(self.wants) {
                if wants {
                    *row = Row::Queued;
                }
            }
        } else if sends && !more {
            *enqueued = true;
        }
    }

    pub(super) async fn claim(&mut self, worker: usize, letter: usize, limit: usize) -> Vec<usize> {
        if self.letters[letter].state != Sending {
            // The worker looks only at what is being sent.
            return Vec::new();
        }
        self.moment += 1;
        let id = self.workers[worker].id;
        // Far below the 300 of a wait, so that nothing comes due by it.
        let now = self.now + self.moment;
        let claimed = queue::claim(&self.app.db, &self.letters[letter].active, id, limit, now)
            .await
            .unwrap();
        let places = place(letter, 0)..place(letter, READERS);
        let mut waiting: Vec<(i64, usize)> = places
            .clone()
            .filter_map(|place| match self.rows[place] {
                Row::Deferred(at) if at <= now => Some((at, place)),
                _ => None,
            })
            .collect();
        waiting.sort_unstable();
        let waiting = waiting.into_iter().map(|(_, place)| place).collect();
        let mut expected = self.hand_out(id, waiting, limit);
        let room = limit - expected.len();
        let fresh = places
            .filter(|place| self.rows[*place] == Row::Queued)
            .collect();
        expected.extend(self.hand_out(id, fresh, room));
        let mut found: Vec<usize> = claimed
            .iter()
            .map(|one| place(letter, one.subscriber_id as usize - 1))
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        found
    }

    /// Gives the first of `waiting` to a worker: those who have left are withdrawn, and count.
    fn hand_out(&mut self, worker: i64, waiting: Vec<usize>, limit: usize) -> Vec<usize> {
        let mut given = Vec::new();
        for place in waiting.into_iter().take(limit) {
            if self.wants[place % READERS] {
                self.rows[place] = Row::Claimed(worker);
                given.push(place);
            } else {
                self.rows[place] = Row::Withdrawn;
            }
        }
        given
    }

    pub(super) async fn claim_mails(&mut self, worker: usize) -> Vec<usize> {
        self.moment += 1;
        let id = self.workers[worker].id;
        let now = self.now + self.moment;
        let claimed = transactional_queue::claim(&self.app, id, 100, now)
            .await
            .unwrap();
        let mut found: Vec<usize> = claimed
            .iter()
            .map(|mail| place_of_mail(mail.id as usize - 1))
            .collect();
        found.sort_unstable();
        let is_due = |row: Row| match row {
            Row::Deferred(at) => at <= now,
            row => row == Row::Queued,
        };
        let expected: Vec<usize> = (place_of_mail(0)..PLACES)
            .filter(|place| is_due(self.rows[*place]))
            .collect();
        assert_eq!(found, expected);
        for place in &found {
            self.rows[*place] = Row::Claimed(id);
        }
        found
    }

    /// It has just woken, and does not know yet that it was expired.
    pub(super) async fn ghost_claims(&mut self, letter: usize) {
        let Some(ghost) = self.ghosts.last() else {
            return;
        };
        self.moment += 1;
        let now = self.now + self.moment;
        let active = &self.letters[letter].active;
        let claimed = queue::claim(&self.app.db, active, ghost.id, 3, now).await;
        let mails = transactional_queue::claim(&self.app, ghost.id, 3, now).await;
        assert_eq!((claimed.unwrap().len(), mails.unwrap().len()), (0, 0));
    }

    /// The claim was made, and its answer was lost.
    pub(super) async fn lose_claim(&mut self, worker: usize, letter: usize) {
        if self.letters[letter].state == Sending {
            let claimed = self.claim(worker, letter, 3).await;
            let (id, at) = (self.workers[worker].id, self.now + self.moment);
            let done = give_back_claim(&self.app.db, number(letter), id, at);
            assert_eq!(done.await.unwrap(), claimed.len() as u64);
            self.queue_again(claimed);
        }
    }

    pub(super) async fn lose_mails(&mut self, worker: usize) {
        let claimed = self.claim_mails(worker).await;
        let (id, at) = (self.workers[worker].id, self.now + self.moment);
        let done = transactional_queue::give_back_claim(&self.app, id, at);
        assert_eq!(done.await.unwrap(), claimed.len() as u64);
        self.queue_again(claimed);
    }

    fn queue_again(&mut self, places: Vec<usize>) {
        for place in places {
            self.rows[place] = Row::Queued;
        }
    }

    pub(super) async fn ask(&mut self, worker: usize, place: usize) {
        let id = self.workers[worker].id;
        let holds = self.rows[place] == Row::Claimed(id);
        let (sends, back) = match delivery(place) {
            Some((letter, reader)) => {
                let (state, wants) = (self.letters[letter].state, self.wants[reader]);
                (state == Sending && wants, state == Paused && wants)
            }
            None => (true, false),
        };
        let may = holds && sends;
        assert_eq!(recorded(&self.app, id, None, Some(key(place))).await, may);
        if may {
            self.workers[worker].wire.push(place);
        } else if holds {
            self.rows[place] = if back { Row::Queued } else { Row::Withdrawn };
        }
    }

    /// The last delivery in a worker's hand, taken out of it.
    fn put_down(&mut self, worker: usize) -> Option<(usize, usize)> {
        let hand = &mut self.workers[worker].hand;
        let last = hand.iter().rposition(|place| delivery(*place).is_some())?;
        delivery(hand.remove(last))
    }

    pub(super) async fn give_back(&mut self, worker: usize) {
        if let Some((letter, reader)) = self.put_down(worker) {
            let id = self.workers[worker].id;
            let subscriber = [number(reader)];
            queue::give_back(&self.app.db, number(letter), id, &subscriber, self.now)
                .await
                .unwrap();
            if self.rows[place(letter, reader)] == Row::Claimed(id) {
                self.rows[place(letter, reader)] = Row::Queued;
            }
        }
    }

    pub(super) async fn defer_until(&mut self, worker: usize) {
        if let Some((letter, reader)) = self.put_down(worker) {
            self.moment += 1;
            // Never at the moment of a deferral: those come due in the order of their times.
            let (id, at) = (self.workers[worker].id, self.now + 400 + self.moment);
            self.postpone_in_database(id, letter, reader, at).await;
            if self.rows[place(letter, reader)] == Row::Claimed(id) {
                self.rows[place(letter, reader)] = match self.letters[letter].state {
                    Cancelled => Row::Withdrawn,
                    _ => Row::Deferred(at),
                };
            }
        }
    }

    pub(super) async fn postpone_in_database(
        &self,
        worker: i64,
        letter: usize,
        reader: usize,
        at: i64,
    ) {
        let (active, readers) = (&self.letters[letter].active, [number(reader)]);
        let done = queue::defer_until(&self.app.db, active, worker, &readers, at, self.now);
        done.await.unwrap();
    }

    pub(super) async fn record_end(&mut self, worker: usize, row: Row) {
        if let Some(place) = self.workers[worker].wire.pop() {
            let id = self.workers[worker].id;
            self.record(id, place, row).await;
        }
    }

    pub(super) async fn record(&mut self, worker: i64, place: usize, row: Row) {
        let outcome = match row {
            Row::Deferred(at) => Outcome::Deferred(at, 451, "later".to_owned()),
            Row::Failed => Outcome::Failed(550, "no".to_owned()),
            _ => Outcome::Accepted,
        };
        let attempt = Attempt {
            key: key(place),
            relay: 1,
            tls: Tls::V1_3,
            outcome,
            in_doubt: false,
        };
        recorded(&self.app, worker, Some(attempt), None).await;
        let cancelled = self.is_cancelled(place);
        if matches!(
            self.rows[place],
            Row::Queued | Row::Claimed(_) | Row::Deferred(_)
        ) {
            self.rows[place] = match row {
                Row::Deferred(_) if cancelled => Row::Withdrawn,
                row => row,
            };
        }
    }

    fn is_cancelled(&self, place: usize) -> bool {
        delivery(place).is_some_and(|(letter, _)| self.letters[letter].state == Cancelled)
    }

    pub(super) async fn die(&mut self, worker: usize, found: bool) {
        let id = self.workers[worker].id;
        // Only Linux tells that a process is gone; elsewhere its lease has to end.
        if found && cfg!(target_os = "linux") {
            let own = worker_process::own();
            let (process, _) = own.rsplit_once(' ').unwrap();
            let gone = values![id, format!("{process} 1")];
            let sql = "UPDATE worker SET process = $2 WHERE id = $1";
            self.app.db.execute(sql, gone).await.unwrap();
            let mut suspects = worker_process::Suspects::default();
            assert!(suspects.take_over(&self.app).await.unwrap());
        } else {
            expire(&self.app.db, id, self.now).await.unwrap();
        }
        assert!(!renew_lease(&self.app.db, id, self.now).await.unwrap());
        for place in 0..PLACES {
            if self.rows[place] == Row::Claimed(id) {
                self.rows[place] = if self.is_cancelled(place) {
                    Row::Withdrawn
                } else {
                    Row::Queued
                };
            }
        }
        let fresh = self.worker().await;
        self.ghosts
            .push(std::mem::replace(&mut self.workers[worker], fresh));
    }

    pub(super) fn ghost(
        &mut self,
        part: impl Fn(&mut Worker) -> &mut Vec<usize>,
    ) -> Option<(i64, usize)> {
        let ghosts = self.ghosts.iter_mut();
        ghosts
            .rev()
            .find_map(|ghost| Some((ghost.id, part(ghost).pop()?)))
    }
}

/// One commit by a recorder of `worker`.
pub(super) async fn recorded(
    app: &App,
    worker: i64,
    attempt: Option<Attempt>,
    ask: Option<MessageKey>,
) -> bool {
    let recorder = Recorder::new(1);
    recorder.submit(0, [attempt, None], ask);
    tokio::select! {
        () = recorder.run(app, || worker, CancellationToken::new()) => false,
        answer = recorder.answer(0) => answer,
    }
}
