//! Rows for tests, from one builder per table: a test says what its story is about, and the rest is
//! what an ordinary office has. Only tests see it.
//!
//! ```ignore
//! test_data::subscriber(3).status(Status::Bounced).insert(&app).await;
//! let id = test_data::newsletter("a-bridge-opens").sending().insert(&app).await;
//! test_data::delivery(id, 3).state(DeliveryState::Deferred).insert(&app).await;
//! ```

use sea_orm::{ActiveEnum, ConnectionTrait};

use crate::{
    accounts::Role,
    app::App,
    clock::DAY,
    db,
    delivery_state::{DeliveryState, Tls},
    newsletters::NewsletterState,
    office::Office,
    releases::{Policy, ReleaseState},
    subscribers::{Audience, Status, consent::Evidence},
    transactional::TransactionalKind,
    values,
};

/// The topic that every new database has.
pub const FIRST_TOPIC: i64 = 1;

/// Everything that the checks before sending ask of an office.
pub async fn office(app: &App) {
    let settings = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@doe.example"),
        ("postal-address", "1 Main Street, Tustin, CA"),
    ];
    Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
}

/// As if these had never been set: staff cannot empty what no mail goes without.
pub async fn never_set(app: &App, keys: &[&str]) {
    for key in keys {
        let sql = "DELETE FROM office_setting WHERE key = $1";
        app.db.execute(sql, values![*key]).await.unwrap();
    }
}

/// One more topic, after those that there are; its id.
pub async fn topic(app: &App, slug: &str) -> i64 {
    new_id(
        app,
        "INSERT INTO topic (slug, name, description, position)
         SELECT $1, $1, '', max(position) + 1 FROM topic RETURNING id",
        values![slug],
    )
    .await
}

/// A confirmed subscriber of the first topic, as long as anyone can remember, with the evidence.
#[derive(Debug, Clone)]
pub struct NewSubscriber {
    id: i64,
    email: String,
    status: Status,
    since: i64,
    language: &'static str,
    topics: Vec<i64>,
    evidence: Vec<(Evidence, String)>,
}

/// The subscriber with this number: `reader{id}@example.org`.
#[must_use]
pub fn subscriber(id: i64) -> NewSubscriber {
    NewSubscriber {
        id,
        email: format!("reader{id}@example.org"),
        status: Status::Confirmed,
        since: 0,
        language: "en",
        topics: vec![FIRST_TOPIC],
        evidence: vec![(Evidence::Confirmed, "{}".to_owned())],
    }
}

impl NewSubscriber {
    /// Another address.
    pub fn email(mut self, email: &str) -> Self {
        email.clone_into(&mut self.email);
        self
    }

    /// Another status.
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Another language.
    pub fn language(mut self, tag: &'static str) -> Self {
        self.language = tag;
        self
    }

    /// When the status began, in milliseconds.
    pub fn since(mut self, at: i64) -> Self {
        self.since = at;
        self
    }

    /// Other topics; none: no topic.
    pub fn topics(mut self, topics: &[i64]) -> Self {
        self.topics = topics.to_vec();
        self
    }

    /// Other evidence, each with its JSON; none: nothing on record.
    pub fn evidence(mut self, evidence: &[(Evidence, &str)]) -> Self {
        self.evidence = evidence
            .iter()
            .map(|(kind, json)| (*kind, (*json).to_owned()))
            .collect();
        self
    }

    /// Stores it.
    pub async fn insert(self, app: &App) {
        execute(
            app,
            "INSERT INTO subscriber (id, email, email_key, status, language, created_at, status_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6)",
            values![
                self.id,
                self.email.as_str(),
                self.email.to_lowercase(),
                self.status as i16,
                self.language,
                self.since
            ],
        )
        .await;
        next_subscriber_after_the_last(app).await;
        for topic in self.topics {
            subscribes(app, self.id, topic).await;
        }
        for (kind, json) in self.evidence {
            execute(
                app,
                "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES ($1, $2, $3, $4)",
                values![self.id, self.since, kind.word(), json],
            )
            .await;
        }
    }
}

/// A reader of the first topic for who asks for nobody in particular: nothing is sent to nobody. Behind
/// all others; once, however often it is called.
pub async fn somebody(app: &App) {
    const ID: i64 = 900_000;
    let known = "SELECT id FROM subscriber WHERE id = $1";
    let known: Option<i64> = db::scalar(app.db.pool(), known, values![ID]).await.unwrap();
    if known.is_none() {
        subscriber(ID)
            .email("somebody@example.org")
            .insert(app)
            .await;
    }
}

/// Confirmed subscribers of the first topic with the numbers from 1 to `many`.
pub async fn subscribers(app: &App, many: i64) {
    if many < 1 {
        return;
    }
    for (table, columns, selected) in [
        (
            "subscriber",
            "id, email, email_key, status, language, created_at, status_at",
            "i, 'reader' || i || '@example.org', 'reader' || i || '@example.org', $2, 'en', 0, 0",
        ),
        ("subscription", "topic_id, subscriber_id", "$2, i"),
        (
            "consent",
            "subscriber_id, at, event, evidence",
            "i, 0, $2, '{}'",
        ),
    ] {
        let value = match table {
            "subscriber" => sea_orm::Value::from(Status::Confirmed as i16),
            "subscription" => FIRST_TOPIC.into(),
            _ => Evidence::Confirmed.word().into(),
        };
        let sql = format!(
            "INSERT INTO {table} ({columns})
             WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $1)
             SELECT {selected} FROM n ORDER BY i"
        );
        execute(app, &sql, [many.into(), value]).await;
    }
    next_subscriber_after_the_last(app).await;
}

/// On PostgreSQL the next number of its own does not look at those that a test gives.
async fn next_subscriber_after_the_last(app: &App) {
    if !app.db.is_sqlite() {
        let sql =
            "SELECT setval(pg_get_serial_sequence('subscriber', 'id'), max(id)) FROM subscriber";
        app.db.one(sql, []).await.unwrap();
    }
}

/// A draft for the first topic, made now, that says nothing.
#[derive(Debug, Clone)]
pub struct NewNewsletter {
    id: Option<i64>,
    topic: i64,
    release: Option<i64>,
    subject: String,
    slug: String,
    language: String,
    document: String,
    state: NewsletterState,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    edition: Option<i64>,
    corrects: Option<i64>,
    audience: Audience,
    sending: bool,
}

/// The newsletter whose place in the archive is `slug`, which is its subject too.
#[must_use]
pub fn newsletter(slug: &str) -> NewNewsletter {
    NewNewsletter {
        id: None,
        topic: FIRST_TOPIC,
        release: None,
        subject: slug.to_owned(),
        slug: slug.to_owned(),
        language: "en".to_owned(),
        document: r#"{"language":"en","direction":"ltr","blocks":[]}"#.to_owned(),
        state: NewsletterState::Draft,
        started_at: None,
        finished_at: None,
        edition: None,
        corrects: None,
        audience: Audience::Subscribers,
        sending: false,
    }
}

impl NewNewsletter {
    /// Its number; else the next.
    pub fn id(mut self, id: i64) -> Self {
        self.id = Some(id);
        self
    }

    /// Another topic.
    pub fn topic(mut self, topic: i64) -> Self {
        self.topic = topic;
        self
    }

    /// What it was made from.
    pub fn release(mut self, release: i64) -> Self {
        self.release = Some(release);
        self
    }

    /// A subject that is not its slug.
    pub fn subject(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }

    /// Another language.
    pub fn language(mut self, language: &str) -> Self {
        language.clone_into(&mut self.language);
        self
    }

    /// What it says, as stored.
    pub fn document(mut self, json: &str) -> Self {
        json.clone_into(&mut self.document);
        self
    }

    /// One paragraph of plain text.
    pub fn says(self, text: &str) -> Self {
        self.document(&paragraph(text))
    }

    /// Another state.
    pub fn state(mut self, state: NewsletterState) -> Self {
        self.state = state;
        self
    }

    /// When sending began.
    pub fn started_at(mut self, at: i64) -> Self {
        self.started_at = Some(at);
        self
    }

    /// When sending ended.
    pub fn finished_at(mut self, at: i64) -> Self {
        self.finished_at = Some(at);
        self
    }

    /// Being sent since now, for a day at most.
    pub fn sending(mut self) -> Self {
        self.sending = true;
        self.state(NewsletterState::Sending)
    }

    /// The same content as that of this newsletter, for another topic.
    pub fn edition(mut self, first: i64) -> Self {
        self.edition = Some(first);
        self
    }

    /// What it corrects.
    pub fn corrects(mut self, newsletter: i64) -> Self {
        self.corrects = Some(newsletter);
        self
    }

    /// Stores it for the press list; its id.
    pub async fn insert_for_press(mut self, app: &App) -> i64 {
        self.audience = Audience::PressList;
        self.insert(app).await
    }

    /// Stores it; its id.
    pub async fn insert(self, app: &App) -> i64 {
        let now = app.clock.now_ms();
        let started_at = self.started_at.or(self.sending.then_some(now));
        let deadline = self.sending.then_some(now + DAY);
        let (column, value) = match self.id {
            Some(_) => ("id, ", "$16, "),
            None => ("", ""),
        };
        let mut values = values![
            self.topic,
            self.release,
            self.subject,
            self.slug,
            self.language,
            self.document,
            self.state as i16,
            false,
            now,
            started_at,
            deadline,
            self.finished_at,
            self.edition,
            self.corrects,
            self.audience as i16,
        ]
        .to_vec();
        values.extend(self.id.map(sea_orm::Value::from));
        new_id(
            app,
            &format!(
                "INSERT INTO newsletter ({column}topic_id, release_id, subject, slug, language, document, state,
                     automatic, created_at, started_at, deadline_at, finished_at, edition, corrects, audience, enqueued_to, total)
                 VALUES ({value}$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0) RETURNING id"
            ),
            values,
        )
        .await
    }
}

/// What every release is called.
const TITLE: &str = "A bridge opens";

/// A release, final, that came from no source.
#[derive(Debug, Clone)]
pub struct NewRelease {
    id: i64,
    source: Option<i64>,
    url: Option<String>,
    published_at: Option<i64>,
    first_seen_at: i64,
    state: ReleaseState,
    held_because: Option<String>,
    texts: Vec<String>,
    drafted_at: Option<i64>,
}

/// A final release without a text.
#[must_use]
pub fn release(id: i64) -> NewRelease {
    NewRelease {
        id,
        source: None,
        url: None,
        published_at: None,
        first_seen_at: 0,
        state: ReleaseState::Settled,
        held_because: None,
        texts: Vec::new(),
        drafted_at: None,
    }
}

impl NewRelease {
    /// From this source.
    pub fn source(mut self, id: i64) -> Self {
        self.source = Some(id);
        self
    }

    /// Where it stands.
    pub fn url(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    /// When it was published and seen.
    pub fn published_at(mut self, at: i64) -> Self {
        (self.published_at, self.first_seen_at) = (Some(at), at);
        self
    }

    /// A person has to decide, for this reason.
    pub fn held(mut self, because: &str) -> Self {
        self.state = ReleaseState::Held;
        self.held_because = Some(because.to_owned());
        self
    }

    /// What it says, as stored: each call is a later revision.
    pub fn document(mut self, json: &str) -> Self {
        self.texts.push(json.to_owned());
        self
    }

    /// One paragraph of plain text.
    pub fn says(self, text: &str) -> Self {
        self.document(&paragraph(text))
    }

    /// It stands in a newsletter.
    pub fn drafted(mut self) -> Self {
        self.drafted_at = Some(0);
        self
    }

    /// Stores it, with its revisions.
    pub async fn insert(self, app: &App) {
        let identity = format!("test:{}", self.id);
        execute(
            app,
            "INSERT INTO release (id, source_id, identity, url, title, title_key, published_at, first_seen_at, state,
                                  held_because, document, drafted_at)
             VALUES ($1, $2, $3, $4, $5, 'x', $6, $7, $8, $9, $10, $11)",
            values![
                self.id,
                self.source,
                identity,
                self.url,
                TITLE,
                self.published_at,
                self.first_seen_at,
                self.state.as_str(),
                self.held_because,
                self.texts.last().cloned(),
                self.drafted_at
            ],
        )
        .await;
        for (text, number) in self.texts.iter().zip(1_i32..) {
            execute(
                app,
                "INSERT INTO release_revision (release_id, number, at, title, content_hash, document)
                 VALUES ($1, $2, 0, $3, $4, $5)",
                values![
                    self.id,
                    number,
                    TITLE,
                    number.to_be_bytes().to_vec(),
                    text.clone()
                ],
            )
            .await;
        }
        if !app.db.is_sqlite() {
            // The next that is made by itself must not take this number.
            let next = "SELECT setval(pg_get_serial_sequence('release', 'id'), (SELECT max(id) FROM release))";
            app.db.one(next, []).await.unwrap();
        }
    }
}

/// The office changes what a release says: its text with this number.
pub async fn newer_text(app: &App, (release, number): (i64, i32), text: &str) {
    release_says(app, release, number, &paragraph(text)).await;
}

/// A document of one paragraph, as stored.
#[must_use]
pub fn paragraph(text: &str) -> String {
    let block = serde_json::json!({ "paragraph": [{ "text": text }] });
    serde_json::json!({ "language": "en", "direction": "ltr", "blocks": [block] }).to_string()
}

/// A member of staff with this role who has accepted the invitation.
pub async fn member(app: &App, email: &str, role: Role) {
    staff(app, email, role, Some("x")).await;
}

/// One who has not accepted it yet.
pub async fn invited(app: &App, email: &str, role: Role) {
    staff(app, email, role, None).await;
}

async fn staff(app: &App, email: &str, role: Role, password_hash: Option<&str>) {
    execute(
        app,
        "INSERT INTO staff (email, email_key, role, password_hash, created_at) VALUES ($1, $1, $2, $3, 0)",
        values![email, role.to_value(), password_hash],
    )
    .await;
}

/// A delivery that waits in the queue.
#[derive(Debug, Clone, Copy)]
pub struct NewDelivery {
    newsletter: i64,
    subscriber: i64,
    state: DeliveryState,
    attempts: i16,
    at: Option<i64>,
    relay: Option<i16>,
    tls: Option<Tls>,
}

/// One newsletter to one subscriber, queued and untried.
#[must_use]
pub fn delivery(newsletter: i64, subscriber: i64) -> NewDelivery {
    NewDelivery {
        newsletter,
        subscriber,
        state: DeliveryState::Queued,
        attempts: 0,
        at: None,
        relay: None,
        tls: None,
    }
}

impl NewDelivery {
    /// How often it was tried.
    pub fn attempts(mut self, attempts: i16) -> Self {
        self.attempts = attempts;
        self
    }

    /// How the last attempt went: by this relay, and so secured.
    pub fn by(mut self, relay: i16, tls: Tls) -> Self {
        (self.relay, self.tls) = (Some(relay), Some(tls));
        self
    }

    /// Another state, after one attempt where it takes one.
    pub fn state(mut self, state: DeliveryState) -> Self {
        self.state = state;
        self.attempts = match state {
            DeliveryState::Queued | DeliveryState::Claimed | DeliveryState::Withdrawn => 0,
            DeliveryState::Deferred | DeliveryState::Accepted | DeliveryState::Failed => 1,
        };
        self
    }

    /// When it is due, or when it was settled; else now.
    pub fn at(mut self, at: i64) -> Self {
        self.at = Some(at);
        self
    }

    /// Stores it.
    pub async fn insert(self, app: &App) {
        execute(
            app,
            "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at, relay, tls)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            values![
                self.newsletter,
                self.subscriber,
                self.state as i16,
                self.attempts,
                self.at.unwrap_or(app.clock.now_ms()),
                self.relay,
                self.tls.map(|tls| tls as i16)
            ],
        )
        .await;
    }
}

/// What a relay said of a delivery that it did not take.
pub async fn reply(
    app: &App,
    (newsletter, subscriber): (i64, i64),
    outcome: DeliveryState,
    (code, words): (i16, &str),
) {
    execute(
        app,
        "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words)
         VALUES ($1, $2, $6, $3, $4, $5)",
        values![
            newsletter,
            subscriber,
            outcome as i16,
            code,
            words,
            app.clock.now_ms()
        ],
    )
    .await;
}

/// A relay with this number.
pub async fn relay(app: &App, id: i16, address: &str) {
    let sql = "INSERT INTO relay (id, address) VALUES ($1, $2)";
    execute(app, sql, values![id, address]).await;
}

/// A worker with this number whose lease ends then.
pub async fn worker(app: &App, id: i64, lease_ends: i64) {
    let sql = "INSERT INTO worker (id, started_at, lease_ends, process) VALUES ($1, 0, $2, '')";
    execute(app, sql, values![id, lease_ends]).await;
}

/// A mail to one person that waits since `at`.
pub async fn transactional_mail(app: &App, id: i64, at: i64) {
    execute(
        app,
        "INSERT INTO transactional_mail (id, kind, recipient, content, message_id, created_at, state, attempts, at)
         VALUES ($1, $2, 'ana@example.org', '{}', 'x', $3, $4, 0, $3)",
        values![
            id,
            TransactionalKind::Test.to_value(),
            at,
            DeliveryState::Queued as i16
        ],
    )
    .await;
}

/// A feed that nobody looks at, with this policy.
pub async fn idle_source(app: &App, id: i64, policy: Policy) {
    execute(
        app,
        "INSERT INTO source (id, url, kind, title, policy, topic_id, settle_seconds, poll_seconds, active, created_at, next_poll_at, failures)
         VALUES ($1, $2, 'feed', 'x', $3, $4, 0, 60, $5, 0, 0, 0)",
        values![
            id,
            format!("https://doe.example/feed{id}"),
            policy.to_value(),
            FIRST_TOPIC,
            false
        ],
    )
    .await;
}

/// A source like the first one, at another address.
pub async fn source_like_the_first(app: &App, url: &str) {
    execute(
        app,
        "INSERT INTO source (url, kind, title, policy, topic_id, settle_seconds, poll_seconds, active, created_at,
                             next_poll_at, failures)
         SELECT $1, kind, title, policy, topic_id, settle_seconds, poll_seconds, active, created_at, next_poll_at, 0
         FROM source WHERE id = 1",
        values![url],
    )
    .await;
}

/// A newsletter says this revision of a release.
pub async fn made_from(app: &App, newsletter: i64, release: i64, revision: i32) {
    execute(
        app,
        "INSERT INTO newsletter_release (newsletter_id, release_id, position, revision) VALUES ($1, $2, 0, $3)",
        values![newsletter, release, revision],
    )
    .await;
}

/// A release says this from now on, in its revision `number`; no event tells of it.
pub async fn release_says(app: &App, release: i64, number: i32, document: &str) {
    execute(
        app,
        "INSERT INTO release_revision (release_id, number, at, title, content_hash, document)
         VALUES ($1, $2, 0, $3, $4, $5)",
        values![
            release,
            number,
            TITLE,
            number.to_be_bytes().to_vec(),
            document
        ],
    )
    .await;
    let sql = "UPDATE release SET document = $2 WHERE id = $1";
    execute(app, sql, values![release, document]).await;
}

/// An event of a release that had been final: `kind` as a word, which may be one that nobody knows.
pub async fn release_event(
    connection: &impl ConnectionTrait,
    release: i64,
    kind: &str,
    revision: Option<i32>,
) {
    let sql = "INSERT INTO release_event (release_id, at, kind, revision, was_final) VALUES ($1, 0, $2, $3, TRUE)";
    db::execute(connection, sql, values![release, kind, revision])
        .await
        .unwrap();
}

/// Asks for more topics.
pub async fn subscribes(app: &App, subscriber: i64, topic: i64) {
    let sql = "INSERT INTO subscription (topic_id, subscriber_id) VALUES ($1, $2)";
    execute(app, sql, values![topic, subscriber]).await;
}

async fn execute(app: &App, sql: &str, values: impl IntoIterator<Item = sea_orm::Value>) {
    db::execute(app.db.pool(), sql, values).await.unwrap();
}

async fn new_id(app: &App, sql: &str, values: impl IntoIterator<Item = sea_orm::Value>) -> i64 {
    let id = db::scalar(app.db.pool(), sql, values).await.unwrap();
    id.expect("the statement returns the new row's id")
}

/// Readers with ids from 10 to `subscribers`, one in twenty of whom has left, and copies of the first
/// newsletter with ids from 10 to `newsletters`, most of them sent, with long subjects.
pub async fn large_lists(app: &App, subscribers: i64, newsletters: i64) {
    let now = app.clock.now_ms();
    let numbers = "WITH RECURSIVE n(k) AS (SELECT 10 UNION ALL SELECT k + 1 FROM n WHERE k < $1)";
    let people = format!(
        "INSERT INTO subscriber (id, email, email_key, status, language, created_at, status_at)
         {numbers} SELECT k, 'reader' || k || '@example.org', 'reader' || k || '@example.org',
             CASE WHEN k % 20 = 0 THEN {left} ELSE {confirmed} END, 'en', 0, $2 FROM n",
        left = Status::Unsubscribed as i16,
        confirmed = Status::Confirmed as i16
    );
    app.db
        .execute(&people, values![subscribers, now - DAY])
        .await
        .unwrap();
    for sql in [
        "INSERT INTO subscription (topic_id, subscriber_id) SELECT 1, id FROM subscriber WHERE id >= 10",
        "INSERT INTO consent (subscriber_id, at, event, evidence)
         SELECT id, 0, (SELECT event FROM consent ORDER BY id LIMIT 1), '{}' FROM subscriber WHERE id >= 10",
    ] {
        app.db.execute(sql, []).await.unwrap();
    }
    next_subscriber_after_the_last(app).await;
    let first = app
        .db
        .one("SELECT * FROM newsletter", [])
        .await
        .unwrap()
        .unwrap();
    let columns = first.column_names();
    let counts =
        r#"{"queued":0,"claimed":0,"accepted":49625,"deferred":0,"failed":375,"withdrawn":12}"#;
    let state = format!(
        "CASE WHEN k % 10 = 0 THEN {} ELSE {} END",
        NewsletterState::Draft as i16,
        NewsletterState::Sent as i16
    );
    let values_of: Vec<String> = columns
        .iter()
        .map(|column| match column.as_str() {
            "id" => "k".to_owned(),
            "slug" => "slug || '-' || k".to_owned(),
            "subject" => "'Representative Doe and colleagues announce a new bridge over the river, number ' || k".to_owned(),
            "state" => state.clone(),
            "counts" => format!("CASE WHEN k % 10 = 0 THEN NULL ELSE '{counts}' END"),
            "total" => "CASE WHEN k % 10 = 0 THEN 0 ELSE 50012 END".to_owned(),
            "started_at" | "enqueued_at" | "finished_at" => {
                format!("CASE WHEN k % 10 = 0 THEN NULL ELSE {now} + k END")
            }
            other => other.to_owned(),
        })
        .collect();
    let copies = format!(
        "INSERT INTO newsletter ({}) {numbers} SELECT {} FROM newsletter, n WHERE newsletter.id = 1",
        columns.join(", "),
        values_of.join(", ")
    );
    app.db.execute(&copies, values![newsletters]).await.unwrap();
}
