//! Readers who want a summary: nobody gets a release twice or never, whatever they choose meanwhile.

use super::*;
use crate::{
    clock::HOUR,
    delivery::queue,
    newsletters::{NewsletterState as State, audience, summaries_due},
    releases::tests::{TODAY, watching},
    subscribers::{
        Frequency, RequestOrigin, UnsubscribeChannel, choose, leave_all, link::SubscriberLink, undo,
    },
};

const TITLES: &str = "SELECT r.title FROM delivery d
    JOIN newsletter_release x ON x.newsletter_id = d.newsletter_id
    JOIN release r ON r.id = x.release_id WHERE d.subscriber_id = $1 ORDER BY 1";

/// One beat, with what the delivery room does at once.
pub(super) async fn beat_and_deliver(app: &App) {
    app.clock.tick_by(1);
    poll(app).await;
    releases::settle_due(app).await.unwrap();
    follow_changes(app).await.unwrap();
    draft_ready(app).await.unwrap();
    summaries_due(app).await.unwrap();
    start_due(app).await.unwrap();
    app.clock.tick_by(0);
    for active in queue::active(&app.db).await.unwrap() {
        let said = audience(app, active.id).await.unwrap();
        while queue::enqueue_slice(&app.db, &active, app.clock.now_ms())
            .await
            .unwrap()
        {}
        let sql = "SELECT count(*) FROM delivery WHERE newsletter_id = $1";
        let queued: Option<i64> = crate::db::scalar(app.db.pool(), sql, values![active.id])
            .await
            .unwrap();
        let edition = find(app, active.id).await.unwrap().edition;
        assert!(
            edition.is_some() || queued == Some(said as i64),
            "the count before sending"
        );
        // Accepted, and the newsletter finished.
        sent_to(app, active.id, &[]).await;
    }
}

pub(super) async fn choose_frequency(app: &App, reader: i64, slugs: &[&str], wanted: Frequency) {
    let link = SubscriberLink {
        subscriber: reader,
        newsletter: 0,
    };
    let slugs: Vec<String> = slugs.iter().map(ToString::to_string).collect();
    let often: Vec<(String, Frequency)> = slugs.iter().map(|slug| (slug.clone(), wanted)).collect();
    choose(app, link, &slugs, &often, None, &RequestOrigin::default())
        .await
        .unwrap();
}

async fn titles(app: &App, reader: i64) -> Vec<String> {
    crate::db::scalars(app.db.pool(), TITLES, values![reader])
        .await
        .unwrap()
}

#[tokio::test]
async fn who_wants_a_summary_gets_what_was_sent_in_one_newsletter() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[("summary-at", "09:00"), ("summary-day", "monday")]).await;
    for id in 1..=3 {
        reader(&app, id, &[1]).await;
    }
    beat_and_deliver(&app).await;
    choose_frequency(&app, 2, &["press"], Frequency::Daily).await;
    choose_frequency(&app, 3, &["press"], Frequency::Weekly).await;
    // It is 07:00 on a Friday. What is chosen comes into force with the summaries.
    app.clock.advance_ms(3 * HOUR);
    beat_and_deliver(&app).await;
    office.publish("a", "A bridge opens", TODAY);
    beat_and_deliver(&app).await;
    app.clock.advance_ms(HOUR);
    office.publish("b", "A road closes", TODAY);
    beat_and_deliver(&app).await;
    assert_eq!(titles(&app, 1).await, ["A bridge opens", "A road closes"]);
    assert!(titles(&app, 2).await.is_empty(), "not before nine tomorrow");
    // Until Monday the weekly reader goes on getting each.
    assert_eq!(titles(&app, 3).await.len(), 2);
    app.clock.advance_ms(23 * HOUR);
    beat_and_deliver(&app).await;
    assert_eq!(titles(&app, 2).await, ["A bridge opens", "A road closes"]);
    let summary = find(&app, 3).await.unwrap();
    assert_eq!(
        (summary.frequency, summary.state),
        (Frequency::Daily, State::Sent)
    );
    assert!(summary.automatic, "H12");
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM delivery WHERE newsletter_id = 3"
        )
        .await,
        1
    );
    // Nothing was sent since: there is no summary.
    app.clock.advance_ms(24 * HOUR);
    beat_and_deliver(&app).await;
    assert_eq!(number(&app, "SELECT count(*) FROM newsletter").await, 3);
}

/// Days of releases, and readers who change their minds at every hour of them: in the end everybody has
/// each release once.
#[tokio::test]
async fn nobody_gets_a_release_twice_or_never() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    crate::test_data::topic(&app, "veterans").await;
    let map = [("categories", "A=press, B=veterans")];
    releases::set_source(&app, 1, &map).await.unwrap();
    let readers: Vec<i64> = (1..=8).collect();
    for id in &readers {
        reader(&app, *id, &[1, 2]).await;
    }
    beat_and_deliver(&app).await;
    let every = [Frequency::Each, Frequency::Daily, Frequency::Weekly];
    let mut random: u64 = 7;
    let mut next = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % below
    };
    let mut published = Vec::new();
    // Seventeen days in steps of five hours, then time for the last weekly summary.
    for step in 0..(17 * 24 / 5 + 40) {
        app.clock.advance_ms(5 * HOUR);
        if step < 17 * 24 / 5 {
            if next(3) == 0 {
                let title = format!("Release {:03}", published.len());
                let filed = [vec!["A"], vec!["B"], vec!["A", "B"]];
                let filed = &filed[next(3) as usize];
                let now = app.clock.now();
                let now = now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
                office.publish(&format!("r{}", published.len()), &title, &now);
                office.change(|site| {
                    site.posts[0].categories = filed.iter().map(ToString::to_string).collect();
                });
                published.push(title);
            }
            let (reader, topic) = (1 + next(8) as i64, next(2));
            let link = SubscriberLink {
                subscriber: reader,
                newsletter: 0,
            };
            let slug = ["press", "veterans"][topic as usize].to_owned();
            let often = [(slug, every[next(3) as usize])];
            let all = ["press".to_owned(), "veterans".to_owned()];
            let origin = RequestOrigin::default();
            choose(&app, link, &all, &often, None, &origin)
                .await
                .unwrap();
            // By mistake, and at once taken back: everything, or one topic; another choice with it perhaps.
            let hasty = SubscriberLink {
                subscriber: 1 + next(8) as i64,
                newsletter: 0,
            };
            if next(2) == 0 {
                leave_all(&app, hasty, UnsubscribeChannel::Page, &origin)
                    .await
                    .unwrap();
                app.clock.tick_by(1);
                assert!(undo(&app, hasty, "I agree", &origin).await.unwrap());
            } else {
                choose(&app, hasty, &all[1..], &[], None, &origin)
                    .await
                    .unwrap();
                let often = [("press".to_owned(), every[next(3) as usize])];
                choose(&app, hasty, &all, &often, None, &origin)
                    .await
                    .unwrap();
            }
            app.clock.tick_by(0);
        }
        beat_and_deliver(&app).await;
    }
    assert!(published.len() > 15, "{}", published.len());
    for reader in &readers {
        assert_eq!(titles(&app, *reader).await, published, "reader {reader}");
    }
    let summaries = "SELECT count(*) FROM newsletter WHERE frequency > 0";
    assert!(number(&app, summaries).await > 5);
}

#[tokio::test]
async fn leaving_and_taking_it_back_keeps_how_often() {
    let (app, _office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    reader(&app, 1, &[1]).await;
    let link = SubscriberLink {
        subscriber: 1,
        newsletter: 0,
    };
    choose_frequency(&app, 1, &["press"], Frequency::Weekly).await;
    let origin = RequestOrigin::default();
    leave_all(&app, link, UnsubscribeChannel::Page, &origin)
        .await
        .unwrap();
    assert!(undo(&app, link, "I agree", &origin).await.unwrap());
    let (choices, _) = crate::subscribers::choices(&app, link)
        .await
        .unwrap()
        .unwrap();
    assert!(choices[0].chosen);
    assert_eq!(choices[0].frequency, Frequency::Weekly);
}

/// Whoever is away when a summary is made has missed it, and begins anew: nothing of their old choice stays.
#[tokio::test]
async fn who_comes_back_after_a_summary_begins_anew() {
    let (app, _office, _folder) = watching(0).await;
    set_up(&app, &[("summary-at", "09:00"), ("summary-day", "monday")]).await;
    beat_and_deliver(&app).await;
    for id in 1..=2 {
        reader(&app, id, &[1]).await;
        let link = SubscriberLink {
            subscriber: id,
            newsletter: 0,
        };
        let (by, origin) = (UnsubscribeChannel::Page, RequestOrigin::default());
        leave_all(&app, link, by, &origin).await.unwrap();
    }
    let in_force = async |reader: i64| {
        let sql = "SELECT CAST(frequency AS BIGINT) FROM subscription WHERE subscriber_id = $1";
        let found: Option<i64> = crate::db::scalar(app.db.pool(), sql, values![reader])
            .await
            .unwrap();
        found.map(|frequency| frequency == i64::from(Frequency::Weekly as i16))
    };
    let comes_back = async |reader: i64| {
        let transaction = app.db.begin().await.unwrap();
        let now = app.clock.now_ms();
        crate::subscribers::topics::set(&transaction, reader, &[1], Frequency::Weekly, now)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    };
    comes_back(1).await;
    assert_eq!(in_force(1).await, Some(false), "until Monday each");
    for _ in 0..8 {
        app.clock.advance_ms(24 * HOUR);
        beat_and_deliver(&app).await;
    }
    comes_back(2).await;
    assert_eq!(in_force(1).await, Some(true));
    assert_eq!(in_force(2).await, Some(true));
    let kept = "SELECT count(*) FROM former_subscription";
    assert_eq!(number(&app, kept).await, 0);
}
