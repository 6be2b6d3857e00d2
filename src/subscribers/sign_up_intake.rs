//! The intake of sign-ups: what the form or the API was sent is put down as it came, with the instant at
//! which it may be looked at, and the visitor is told how long that may take.
//!
//! **Group commit**: what gathers while one transaction is written goes into the next, so that many
//! visitors at once share one commit. Whoever is answered has their request on the disk. In the same way they share
//! one look at the office's settings, which begins after each of them has come.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use tokio::sync::{OnceCell, oneshot};

use super::{
    Result, SubscriberError,
    sign_up::SignUp,
    sign_up_pace::{Paces, Schedule},
    subscriber_tables::sign_up,
    topics::{self, TopicRow},
};
use crate::{address::EmailAddress, app::App, clock::DAY, office::Office};

/// Requests that are put down in one transaction.
const TOGETHER: usize = 250;

/// What is promised at most: a request that would wait longer is not taken, and its visitor is told.
const LONGEST_WAIT_MS: i64 = DAY;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is looked at at once.
    Now,
    /// It is looked at at this instant, in milliseconds.
    Later(i64),
    /// It was not taken: its network has more waiting than a day allows.
    Refused,
    /// It was not taken: it names topics, and none of them is or was one of ours. To take it for a request
    /// without a choice would mail somebody everything who asked for one thing.
    NoSuchTopic,
}

/// Puts requests down, many at once. Clones share one queue.
#[derive(Debug, Clone)]
pub struct Intake {
    app: App,
    queue: Arc<Mutex<Queue>>,
    /// The look at the office that has not begun: whoever comes now shares it.
    next_look: Arc<Mutex<Option<Look>>>,
    /// One look at a time: meanwhile others gather for the next.
    looking: Arc<tokio::sync::Mutex<()>>,
}

type Look = Arc<OnceCell<Arc<Office>>>;

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// A task writes, and will look again before it ends.
    written: bool,
}

#[derive(Debug)]
struct Waiting {
    request: SignUp,
    answer: oneshot::Sender<Result<Receipt>>,
}

impl Intake {
    /// An intake with an empty queue.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self {
            app: app.clone(),
            queue: Arc::default(),
            next_look: Arc::default(),
            looking: Arc::default(),
        }
    }

    /// The office as it is now: what was set before this was asked is in it.
    ///
    /// # Errors
    /// [`DbErr`] where the database fails.
    pub async fn office(&self) -> std::result::Result<Arc<Office>, DbErr> {
        let look = {
            let mut next = self
                .next_look
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            next.get_or_insert_default().clone()
        };
        let office = look
            .get_or_try_init(|| async {
                let _turn = self.looking.lock().await;
                // From here on it is too late to share it.
                self.close_look();
                Office::load(&self.app.db).await.map(Arc::new)
            })
            .await?;
        Ok(office.clone())
    }

    fn close_look(&self) {
        let mut next = self
            .next_look
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        next.take();
    }

    /// Puts a request down, whoever it is about. It is on the disk when this answers.
    pub async fn receive(&self, request: SignUp) -> Result<Receipt> {
        let (answer, answered) = oneshot::channel();
        let writes = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.push(Waiting { request, answer });
            !std::mem::replace(&mut queue.written, true)
        };
        if writes {
            // Who waits for an answer waits for this task; it ends when nobody does.
            tokio::spawn(self.clone().write_all());
        }
        answered.await.unwrap_or_else(|_| {
            let lost = DbErr::Custom("the intake of sign-ups stopped".to_owned());
            Err(SubscriberError::Db(lost))
        })
    }

    async fn write_all(self) {
        let ends = EndOfWriting(&self.queue);
        loop {
            let batch = {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if queue.waiting.is_empty() {
                    queue.written = false;
                    std::mem::forget(ends);
                    return;
                }
                let many = queue.waiting.len().min(TOGETHER);
                queue.waiting.drain(..many).collect::<Vec<_>>()
            };
            let (requests, answers): (Vec<SignUp>, Vec<_>) = batch
                .into_iter()
                .map(|waiting| (waiting.request, waiting.answer))
                .unzip();
            match store(&self.app, &requests).await {
                Ok(receipts) => {
                    for (answer, receipt) in answers.into_iter().zip(receipts) {
                        let _ = answer.send(Ok(receipt));
                    }
                }
                Err(error) => {
                    self.app.note_trouble_in(&error);
                    // As it is: whether to come back depends on what it was.
                    let failed = match error {
                        SubscriberError::Db(error) => error,
                        other => DbErr::Custom(other.to_string()),
                    };
                    for answer in answers {
                        let _ = answer.send(Err(SubscriberError::Db(failed.clone())));
                    }
                }
            }
        }
    }
}

/// A panic while writing must not leave the queue waiting for a task that is gone.
struct EndOfWriting<'a>(&'a Mutex<Queue>);

impl Drop for EndOfWriting<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.written = false;
        // Their answers are dropped with them: each visitor is told to try again.
        queue.waiting.clear();
    }
}

/// Puts one request down by itself.
pub async fn receive(app: &App, request: &SignUp) -> Result<Receipt> {
    let receipts = store(app, std::slice::from_ref(request)).await?;
    Ok(receipts.first().copied().unwrap_or(Receipt::Refused))
}

async fn store(app: &App, requests: &[SignUp]) -> Result<Vec<Receipt>> {
    let known = topics::every_topic(app).await?;
    let transaction = app.db.begin().await?;
    let receipts = put_down(app, &transaction, &known, requests).await?;
    transaction.commit().await?;
    Ok(receipts)
}

/// Puts requests down in the transaction of whoever brings them; what becomes of each, in their order.
/// `known`: all topics, as [`topics::chosen`] takes them.
pub async fn put_down(
    app: &App,
    transaction: &impl ConnectionTrait,
    known: &[TopicRow],
    requests: &[SignUp],
) -> Result<Vec<Receipt>> {
    let now = app.clock.now_ms();
    let paces: Vec<Paces> = requests
        .iter()
        .map(|request| match EmailAddress::parse(&request.email) {
            Ok(address) => Paces::of(app, &request.networks, &address),
            Err(_) => Paces::default(),
        })
        .collect();
    let every = || paces.iter().flat_map(Paces::all).cloned();
    let mut schedule = Schedule::load(transaction, every()).await?;
    let mut receipts = Vec::with_capacity(requests.len());
    let mut rows = Vec::with_capacity(requests.len());
    for (request, paces) in requests.iter().zip(&paces) {
        let slugs = slugs(request, known);
        if is_for_none_offered(request, known) {
            receipts.push(Receipt::NoSuchTopic);
            continue;
        }
        let due = schedule.take(paces, now, LONGEST_WAIT_MS);
        if let Some(due) = due {
            rows.push(row(request, &slugs, now, due)?);
        }
        receipts.push(match due {
            None => Receipt::Refused,
            Some(due) if due > now => Receipt::Later(due),
            Some(_) => Receipt::Now,
        });
    }
    if !rows.is_empty() {
        sign_up::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    schedule.store(transaction, every(), now).await?;
    Ok(receipts)
}

/// The topics that are asked for; what none is called is not kept.
fn slugs<'a>(request: &SignUp, known: &'a [TopicRow]) -> Vec<&'a String> {
    let slugs = known.iter().map(|topic| &topic.slug);
    slugs.filter(|slug| request.topics.contains(slug)).collect()
}

/// Whether topics are named, and none of them is offered: none of ours, or archived since the form was made. Who
/// asked gets the form again, with what there is.
fn is_for_none_offered(request: &SignUp, known: &[TopicRow]) -> bool {
    let names_some = request.topics.iter().any(|name| !name.trim().is_empty());
    let is_named = |topic: &TopicRow| request.topics.contains(&topic.slug);
    let mut offered = known.iter().filter(|topic| topic.archived_at.is_none());
    names_some && !offered.any(is_named)
}

fn row(request: &SignUp, slugs: &[&String], now: i64, due: i64) -> Result<sign_up::ActiveModel> {
    Ok(sign_up::ActiveModel {
        at: Set(now),
        email: Set(request.email.clone()),
        topics: Set(serde_json::to_string(slugs)?),
        frequency: Set(request.frequency),
        language: Set(request.language.clone()),
        page: Set(request.page.clone()),
        channel: Set(request.channel),
        ip: Set(request.ip.clone()),
        network: Set(request.networks.first().cloned()),
        user_agent: Set(request.user_agent.clone()),
        due_at: Set(due),
        about: Set(request.about.to_json()?),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audit::OPERATOR, clock::Clock, delivery::testing, test_data};

    #[tokio::test]
    async fn who_looks_at_the_office_together_sees_what_was_set_before() {
        let (app, _folder) = testing::app(Clock::system()).await;
        test_data::office(&app).await;
        let intake = Intake::new(&app);
        for number in 0..20 {
            let name = format!("Office {number}");
            let settings = [("name", name.as_str())];
            Office::set_all(&app.db, OPERATOR, &settings, 0)
                .await
                .unwrap();
            let looks = (0..8).map(|_| {
                let intake = intake.clone();
                tokio::spawn(async move { intake.office().await.unwrap().name.clone() })
            });
            for look in looks.collect::<Vec<_>>() {
                assert_eq!(look.await.unwrap(), name);
            }
        }
        assert!(intake.next_look.lock().unwrap().is_none());
    }
}
