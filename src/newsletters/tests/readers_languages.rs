//! One release in several languages: each reader gets hers, and nobody two of them.

use std::collections::BTreeMap;

use super::*;
use crate::{
    clock::{Clock, DAY, HOUR, instant},
    db,
    delivery::{queue, testing},
    newsletters::{
        approve_with_undo, archive, audience, cancel, correct, digest_due, draft, join_versions,
        other_versions, separate_version, summaries_due, versions_of,
    },
    subscribers::{Frequency, Status},
    test_data::FIRST_TOPIC,
};

const NOW: i64 = 1_780_000_000_000;
const ENGLISH: i64 = 1;
const SPANISH: i64 = 2;

async fn instance() -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(instant(NOW))).await;
    set_up_office(&app, &[("languages", "en,es,ko")]).await;
    (app, folder)
}

fn said(language: &str, text: &str) -> String {
    test_data::paragraph(text).replace(r#""language":"en""#, &format!(r#""language":"{language}""#))
}

/// The release in English and in Spanish, not joined yet.
async fn two_releases(app: &App) {
    for (id, language, text) in [
        (ENGLISH, "en", "The bridge is open."),
        (SPANISH, "es", "El puente está abierto."),
    ] {
        let release = test_data::release(id).document(&said(language, text));
        release.published_at(NOW - HOUR).insert(app).await;
    }
}

/// Readers with these numbers and languages, confirmed at `since`.
async fn readers(app: &App, since: i64, all: &[(i64, &'static str)]) {
    for (id, language) in all {
        let reader = test_data::subscriber(*id).language(language);
        reader.since(since).insert(app).await;
    }
}

/// Begins to send it now.
async fn begin(app: &App, id: i64) {
    let now = app.clock.now_ms();
    let sql = "UPDATE newsletter SET state = $2, started_at = $3, deadline_at = $4 WHERE id = $1";
    let values = values![id, NewsletterState::Sending as i16, now, now + 9 * DAY];
    crate::db::execute(app.db.pool(), sql, values)
        .await
        .unwrap();
}

/// Queues all of it, and says whom it was for; what staff read before must be the same, where nobody has
/// another newsletter of its edition.
async fn queued(app: &App, id: i64) -> Vec<i64> {
    let active = queue::active(&app.db).await.unwrap();
    let active = active.iter().find(|active| active.id == id).unwrap();
    let now = app.clock.now_ms();
    while queue::enqueue_slice(&app.db, active, now).await.unwrap() {}
    of(app, id).await
}

async fn of(app: &App, id: i64) -> Vec<i64> {
    let sql = "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 ORDER BY 1";
    crate::db::scalars(app.db.pool(), sql, values![id])
        .await
        .unwrap()
}

async fn sent(app: &App, id: i64) -> Vec<i64> {
    let said = audience(app, id).await.unwrap();
    begin(app, id).await;
    let all = queued(app, id).await;
    assert_eq!(said, all.len() as u64, "the count before sending");
    sent_to(app, id, &[]).await;
    all
}

#[tokio::test]
async fn each_reader_gets_the_version_in_her_language_and_nobody_both() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    let all = [(1, "en"), (2, "es"), (3, "ko"), (4, "zh-Hant"), (5, "es")];
    readers(&app, 0, &all).await;
    // Drafted before somebody says that they belong together.
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    join_versions(&app, SPANISH, ENGLISH, "ada").await.unwrap();
    assert_eq!(versions_of(&app, ENGLISH).await.unwrap().len(), 2);
    assert_eq!(sent(&app, spanish).await, [2, 5]);
    assert_eq!(sent(&app, english).await, [1, 3, 4]);
}

#[tokio::test]
async fn a_release_that_is_joined_before_its_draft_is_of_one_edition_at_once() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    // Nobody waits for what is not there.
    assert_eq!(audience(&app, spanish).await.unwrap(), 2);
    let english = draft(&app, ENGLISH).await.unwrap();
    assert_eq!(audience(&app, spanish).await.unwrap(), 1);
    // What is cancelled is no version any more.
    cancel(&app, spanish, "ada").await.unwrap();
    assert_eq!(sent(&app, english).await, [1, 2]);
}

/// Who got what has it.
async fn accept_all(app: &App) {
    let accepted = "UPDATE delivery SET state = $1 WHERE state = $2";
    let values = values![DeliveryState::Accepted as i16, DeliveryState::Queued as i16];
    crate::db::execute(app.db.pool(), accepted, values)
        .await
        .unwrap();
}

#[tokio::test]
async fn readers_of_a_version_that_is_cancelled_get_the_other_once() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    let all = [(1, "en"), (2, "es"), (3, "ko"), (4, "es")];
    readers(&app, 0, &all).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    // The English one is sent and ended; the Spanish one reached one reader and was stopped.
    assert_eq!(sent(&app, english).await, [1, 3]);
    accept_all(&app).await;
    let end = "UPDATE newsletter SET state = $2, finished_at = $3 WHERE id = $1";
    let ended = values![english, NewsletterState::Sent as i16, app.clock.now_ms()];
    crate::db::execute(app.db.pool(), end, ended).await.unwrap();
    begin(&app, spanish).await;
    assert_eq!(queued(&app, spanish).await, [2, 4]);
    let got = "UPDATE delivery SET state = $1 WHERE newsletter_id = $2 AND subscriber_id = 2";
    let state = values![DeliveryState::Accepted as i16, spanish];
    crate::db::execute(app.db.pool(), got, state).await.unwrap();
    app.clock.advance_ms(HOUR);
    // Somebody who came after it began is none of its readers.
    readers(&app, app.clock.now_ms(), &[(5, "es")]).await;
    assert_eq!(other_versions(&app, spanish).await.unwrap(), ["en"]);
    cancel(&app, spanish, "ada").await.unwrap();
    assert_eq!(queued(&app, english).await, [1, 3, 4]);
    assert_eq!(
        other_versions(&app, english).await.unwrap(),
        Vec::<String>::new()
    );
    // Cancelled twice it is refused, and nobody is queued again.
    assert!(cancel(&app, spanish, "ada").await.is_err());
    assert_eq!(of(&app, english).await, [1, 3, 4]);
}

#[tokio::test]
async fn a_version_whose_readers_all_have_the_other_leaves_it_ended() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "ko")]).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    assert_eq!(sent(&app, english).await, [1, 2]);
    accept_all(&app).await;
    let end = "UPDATE newsletter SET state = $2, finished_at = $3 WHERE id = $1";
    let ended = values![english, NewsletterState::Sent as i16, app.clock.now_ms()];
    crate::db::execute(app.db.pool(), end, ended).await.unwrap();
    cancel(&app, spanish, "ada").await.unwrap();
    let state = crate::newsletters::find(&app, english).await.unwrap().state;
    assert_eq!(state, NewsletterState::Sent);
}

#[tokio::test]
async fn a_text_that_was_corrected_goes_to_no_readers_of_a_cancelled_version() {
    let (app, _folder) = instance().await;
    let changed = test_data::release(ENGLISH).document(&said("en", "The bridge is open."));
    let changed = changed.document(&said("en", "The bridge is open on Monday."));
    changed.insert(&app).await;
    let text = said("es", "El puente está abierto.");
    test_data::release(SPANISH)
        .document(&text)
        .insert(&app)
        .await;
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    begin(&app, english).await;
    assert_eq!(queued(&app, english).await, [1]);
    accept_all(&app).await;
    let before = "UPDATE newsletter_release SET revision = 1 WHERE release_id = $1";
    crate::db::execute(app.db.pool(), before, values![ENGLISH])
        .await
        .unwrap();
    let correction = correct(&app, english, ENGLISH, "ada").await.unwrap();
    begin(&app, correction).await;
    cancel(&app, spanish, "ada").await.unwrap();
    assert_eq!(of(&app, english).await, [1]);
}

#[tokio::test]
async fn a_version_that_comes_later_reaches_whom_the_first_has_not_reached() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    let english = draft(&app, ENGLISH).await.unwrap();
    assert_eq!(sent(&app, english).await, [1, 2]);
    app.clock.advance_ms(DAY);
    readers(&app, NOW + HOUR, &[(3, "en"), (4, "es")]).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    assert_eq!(sent(&app, spanish).await, [4]);
}

#[tokio::test]
async fn who_changes_her_language_between_two_versions_gets_one_of_them() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "es"), (3, "en"), (4, "es")]).await;
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    assert_eq!(sent(&app, spanish).await, [2, 4]);
    // 3 was passed over by the Spanish one, and reads Spanish now; 4 has got it, and reads English now.
    app.clock.advance_ms(HOUR);
    let change = "UPDATE subscriber SET language = CASE id WHEN 3 THEN 'es' ELSE 'en' END WHERE id IN (3, 4)";
    crate::db::execute(app.db.pool(), change, []).await.unwrap();
    assert_eq!(sent(&app, english).await, [1, 3]);
}

#[tokio::test]
async fn who_changes_her_language_while_both_versions_are_queued_gets_one_of_them() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    begin(&app, english).await;
    begin(&app, spanish).await;
    assert_eq!(queued(&app, english).await, [1]);
    let change = "UPDATE subscriber SET language = CASE id WHEN 1 THEN 'es' ELSE 'en' END";
    crate::db::execute(app.db.pool(), change, []).await.unwrap();
    assert_eq!(queued(&app, spanish).await, [2]);
}

#[tokio::test]
async fn a_version_whose_readers_all_got_the_first_is_neither_approved_nor_begun() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    assert_eq!(sent(&app, english).await, [1, 2]);
    app.clock.advance_ms(HOUR);
    // Approved for later while everybody would have got it; joined after that.
    let tomorrow = Some(instant(app.clock.now_ms() + DAY));
    approve_with_undo(&app, spanish, "ada", tomorrow, 0)
        .await
        .unwrap();
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    assert_eq!(audience(&app, spanish).await.unwrap(), 0);
    app.clock.advance_ms(2 * DAY);
    assert_eq!(start_due(&app).await.unwrap(), 0);
    let held = find(&app, spanish).await.unwrap();
    assert_eq!(held.state, NewsletterState::Draft);
    assert!(held.attention.unwrap().contains("Nobody would get it"));
    // Nor from a page that was open before.
    for at in [None, Some(instant(app.clock.now_ms() + DAY))] {
        let refused = approve_with_undo(&app, spanish, "ada", at, held.revision).await;
        assert!(
            matches!(&refused, Err(NewsletterError::Wrong(why)) if why.contains("nobody would get it")),
            "{refused:?}"
        );
    }
    // Somebody who has not got it makes it worth sending.
    readers(&app, app.clock.now_ms() - HOUR, &[(3, "es")]).await;
    approve_with_undo(&app, spanish, "ada", None, held.revision)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_version_that_comes_while_the_first_is_queued_takes_the_rest_of_its_readers() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    let all: Vec<(i64, &str)> = (1..=5_002).map(|id| (id, "en")).collect();
    test_data::subscribers(&app, all.len() as i64).await;
    let change = "UPDATE subscriber SET language = 'es' WHERE id IN (7, 5001)";
    crate::db::execute(app.db.pool(), change, []).await.unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    begin(&app, english).await;
    let active = queue::active(&app.db).await.unwrap();
    queue::enqueue_slice(&app.db, &active[0], NOW)
        .await
        .unwrap();
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    assert_eq!(queued(&app, english).await.len(), 5_001);
    assert_eq!(sent(&app, spanish).await, [5_001]);
}

#[tokio::test]
async fn a_reader_whose_topics_have_no_version_in_her_language_gets_the_other() {
    let (app, _folder) = instance().await;
    let noticias = test_data::topic(&app, "noticias").await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "es"), (2, "es"), (3, "en"), (4, "en")]).await;
    // 1 has both topics, 2 only the first, 3 both, 4 only the Spanish one.
    for (reader, topic) in [(1, noticias), (3, noticias), (4, noticias)] {
        test_data::subscribes(&app, reader, topic).await;
    }
    let left = "DELETE FROM subscription WHERE subscriber_id = 4 AND topic_id = $1";
    crate::db::execute(app.db.pool(), left, values![FIRST_TOPIC])
        .await
        .unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = crate::newsletters::draft_for(&app, SPANISH, Some(noticias))
        .await
        .unwrap();
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    assert_eq!(sent(&app, english).await, [2, 3]);
    assert_eq!(sent(&app, spanish).await, [1, 4]);
}

#[tokio::test]
async fn a_correction_goes_to_the_readers_of_its_version() {
    let (app, _folder) = instance().await;
    let changed = test_data::release(ENGLISH).document(&said("en", "The bridge is open."));
    let changed = changed.document(&said("en", "The bridge is open on Monday."));
    changed.insert(&app).await;
    let spanish = said("es", "El puente está abierto.");
    test_data::release(SPANISH)
        .document(&spanish)
        .insert(&app)
        .await;
    readers(&app, 0, &[(1, "en"), (2, "es"), (3, "en")]).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    begin(&app, english).await;
    begin(&app, spanish).await;
    assert_eq!(queued(&app, spanish).await, [2]);
    let accepted = "UPDATE delivery SET state = $1";
    let state = values![DeliveryState::Accepted as i16];
    crate::db::execute(app.db.pool(), accepted, state)
        .await
        .unwrap();
    // The English one is not queued yet: its correction goes to the English readers instead.
    let before = "UPDATE newsletter_release SET revision = 1 WHERE release_id = $1";
    crate::db::execute(app.db.pool(), before, values![ENGLISH])
        .await
        .unwrap();
    let correction = correct(&app, english, ENGLISH, "ada").await.unwrap();
    assert_eq!(audience(&app, correction).await.unwrap(), 2);
    begin(&app, correction).await;
    assert_eq!(queued(&app, correction).await, [1, 3]);
}

#[tokio::test]
async fn what_is_separated_again_goes_to_everybody() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let english = draft(&app, ENGLISH).await.unwrap();
    let spanish = draft(&app, SPANISH).await.unwrap();
    assert!(separate_version(&app, SPANISH, "ada").await.unwrap());
    assert!(!separate_version(&app, SPANISH, "ada").await.unwrap());
    assert_eq!(sent(&app, spanish).await, [1, 2]);
    assert_eq!(sent(&app, english).await, [1, 2]);
}

/// Readers by what they were queued for: the words of the newsletters.
async fn brought(app: &App) -> BTreeMap<i64, Vec<String>> {
    let mut all: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    let mut list = crate::newsletters::list(app, 100).await.unwrap();
    list.reverse();
    for (newsletter, _) in list {
        let words = releases::reading::words(&newsletter.document);
        for reader in of(app, newsletter.id).await {
            all.entry(reader).or_default().push(words.clone());
        }
    }
    all
}

/// Queues whatever was begun.
async fn deliver(app: &App) {
    for active in queue::active(&app.db).await.unwrap() {
        let now = app.clock.now_ms();
        while queue::enqueue_slice(&app.db, &active, now).await.unwrap() {}
        sent_to(app, active.id, &[]).await;
    }
}

#[tokio::test]
async fn summaries_bring_each_reader_her_version_once() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    test_data::release(3)
        .document(&said("en", "A road closes."))
        .insert(&app)
        .await;
    readers(&app, 0, &[(1, "en"), (2, "es"), (3, "es")]).await;
    let daily =
        "UPDATE subscription SET frequency = 1, frequency_before = 1 WHERE subscriber_id < 3";
    crate::db::execute(app.db.pool(), daily, []).await.unwrap();
    // The clocks begin.
    summaries_due(&app).await.unwrap();
    app.clock.advance_ms(HOUR);
    join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
    let mut drafted = Vec::new();
    for release in [ENGLISH, SPANISH, 3] {
        drafted.push(draft(&app, release).await.unwrap());
    }
    for id in drafted {
        begin(&app, id).await;
        queued(&app, id).await;
        sent_to(&app, id, &[]).await;
    }
    app.clock.advance_ms(DAY);
    assert!(!summaries_due(&app).await.unwrap().is_empty());
    start_due(&app).await.unwrap();
    deliver(&app).await;
    let all = brought(&app).await;
    let count = |reader: i64, text: &str| {
        let words = all[&reader].join(" ");
        words.matches(text).count()
    };
    for (reader, bridge, puente) in [(1, 1, 0), (2, 0, 1), (3, 0, 1)] {
        assert_eq!(count(reader, "bridge is open"), bridge, "{reader}: {all:?}");
        assert_eq!(count(reader, "puente"), puente, "{reader}: {all:?}");
        assert_eq!(count(reader, "road closes"), 1, "{reader}: {all:?}");
    }
}

#[tokio::test]
async fn a_version_after_the_summary_is_brought_to_nobody_twice() {
    let (app, _folder) = instance().await;
    two_releases(&app).await;
    readers(&app, 0, &[(1, "es"), (2, "en")]).await;
    let daily =
        "UPDATE subscription SET frequency = 1, frequency_before = 1 WHERE subscriber_id = 1";
    crate::db::execute(app.db.pool(), daily, []).await.unwrap();
    summaries_due(&app).await.unwrap();
    app.clock.advance_ms(HOUR);
    for release in [ENGLISH, SPANISH] {
        if release == SPANISH {
            join_versions(&app, ENGLISH, SPANISH, "ada").await.unwrap();
        }
        let id = draft(&app, release).await.unwrap();
        begin(&app, id).await;
        queued(&app, id).await;
        sent_to(&app, id, &[]).await;
        app.clock.advance_ms(DAY);
        summaries_due(&app).await.unwrap();
        start_due(&app).await.unwrap();
        deliver(&app).await;
    }
    let all = brought(&app).await;
    assert_eq!(all[&1].len(), 1, "{all:?}");
    assert_eq!(all[&2].len(), 1, "{all:?}");
}

#[tokio::test]
async fn a_digest_is_gathered_for_the_readers_of_each_language() {
    let (app, _office, _folder) = releases::tests::watching(0).await;
    set_up_office(&app, &[("languages", "en,es")]).await;
    let digest = [
        ("policy", "digest"),
        ("digest-at", "09:00"),
        ("digest-approval", "no"),
    ];
    releases::set_source(&app, 1, &digest).await.unwrap();
    for (id, language) in [(1, "en"), (2, "es")] {
        let reader = test_data::subscriber(id).language(language);
        reader.status(Status::Confirmed).insert(&app).await;
    }
    for (id, language, text) in [
        (701, "en", "The bridge is open."),
        (702, "es", "El puente está abierto."),
        (703, "en", "A road closes."),
    ] {
        let release = test_data::release(id)
            .source(1)
            .document(&said(language, text));
        release.insert(&app).await;
    }
    join_versions(&app, 701, 702, "ada").await.unwrap();
    app.clock.advance_ms(2 * DAY);
    let made = digest_due(&app).await.unwrap();
    for id in &made {
        begin(&app, *id).await;
    }
    deliver(&app).await;
    let all = brought(&app).await;
    let of = |reader: i64| all[&reader].join(" ");
    assert!(
        of(1).contains("bridge is open") && !of(1).contains("puente") && of(1).contains("road"),
        "{all:?}"
    );
    assert!(
        !of(2).contains("bridge is open") && of(2).contains("puente") && of(2).contains("road"),
        "{all:?}"
    );
    // What comes too late is not gathered a second time.
    assert!(digest_due(&app).await.unwrap().is_empty());
    let awaiting = "SELECT count(*) FROM release WHERE id > 700 AND drafted_at IS NULL";
    assert_eq!(number(&app, awaiting).await, 0);
    assert_eq!(Frequency::Each.word(), "each");
}

#[tokio::test]
async fn a_version_beside_a_digest_goes_to_its_readers_or_waits_for_a_person() {
    let (app, _office, _folder) = releases::tests::watching(0).await;
    set_up_office(&app, &[("languages", "en,es")]).await;
    releases::set_source(&app, 1, &[("policy", "digest"), ("digest-approval", "no")])
        .await
        .unwrap();
    readers(&app, 0, &[(1, "en"), (2, "es")]).await;
    for (id, text) in [(701, "The bridge is open."), (703, "A road closes.")] {
        let release = test_data::release(id).source(1).document(&said("en", text));
        release.insert(&app).await;
    }
    for id in [702, 704] {
        let text = said("es", "El puente está abierto.");
        test_data::release(id).document(&text).insert(&app).await;
    }
    // One is known when the digest is made, the other comes after it.
    join_versions(&app, 701, 702, "ada").await.unwrap();
    app.clock.advance_ms(2 * DAY);
    for id in digest_due(&app).await.unwrap() {
        begin(&app, id).await;
    }
    deliver(&app).await;
    let spanish = draft(&app, 702).await.unwrap();
    assert_eq!(audience(&app, spanish).await.unwrap(), 1);
    begin(&app, spanish).await;
    deliver(&app).await;
    let all = brought(&app).await;
    let count = |reader: i64, text: &str| all[&reader].join(" ").matches(text).count();
    for (reader, bridge, puente) in [(1, 1, 0), (2, 0, 1)] {
        assert_eq!(count(reader, "bridge is open"), bridge, "{all:?}");
        assert_eq!(count(reader, "puente"), puente, "{all:?}");
    }
}

#[tokio::test]
async fn a_newsletters_page_leads_to_the_joined_versions_that_were_mailed() {
    let (app, _folder) = testing::app(Clock::system()).await;
    for (id, slug, language, state) in [
        (1, "school", "en", NewsletterState::Sent),
        (2, "escuela", "es", NewsletterState::Sent),
        (3, "hakgyo", "ko", NewsletterState::Draft),
    ] {
        let release = test_data::release(id).document(&said(language, slug));
        release.insert(&app).await;
        let newsletter = test_data::newsletter(slug).id(id).release(id);
        newsletter
            .language(language)
            .state(state)
            .insert(&app)
            .await;
    }
    let shown = find(&app, 1).await.unwrap();
    let none = archive::in_other_languages(&app, &shown).await.unwrap();
    assert!(none.is_empty(), "they are not joined: {none:?}");
    let join = "UPDATE release SET version_of = 1";
    db::execute(app.db.pool(), join, []).await.unwrap();
    for (id, other) in [(1, ("es", "escuela")), (2, ("en", "school"))] {
        let shown = find(&app, id).await.unwrap();
        let found = archive::in_other_languages(&app, &shown).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(tag, slug)| (tag.as_str(), slug.as_str()))
            .collect();
        assert_eq!(found, [other]);
    }
}
