//! What was asked for holds although something else happened meanwhile: a bounce, an archived topic, another
//! address, an import. And what a page says of it is so.

use std::fmt::Write;

use super::{
    importing::{everybody, take},
    *,
};
use crate::{
    clock::DAY,
    db::execute,
    subscribers::{
        AddressChange, ConfirmOutcome, UnsubscribeChannel, answer_sign_ups, change_address, choose,
        confirm, departure, erase, evidence, leave_all,
        link::SubscriberLink,
        never_again,
        personal_link::{self, NewLink},
        suppression, topics, undo, undo_import, unsubscribe, unsubscribe_address,
    },
};

const fn link(subscriber: i64) -> SubscriberLink {
    SubscriberLink {
        subscriber,
        newsletter: 1,
    }
}

/// A newsletter of the first topic, as mailed with the number 1.
async fn mailed(app: &App) {
    let newsletter = testing::sending_newsletter(app, 0).await;
    assert_eq!(newsletter.id, 1);
}

#[tokio::test]
async fn who_leaves_while_their_mail_bounces_has_left_when_the_bounce_is_taken_back() {
    let (app, _folder) = app().await;
    mailed(&app).await;
    for (id, whole) in [(1, false), (2, true)] {
        test_data::subscriber(id).insert(&app).await;
        assert!(happens(&app, id, Event::Bounce).await);
        let by = UnsubscribeChannel::OneClick;
        if whole {
            leave_all(&app, link(id), by, &origin()).await.unwrap();
        } else {
            unsubscribe(&app, link(id), by, &origin()).await.unwrap();
        }
        assert_eq!(status(&app, id).await, Some(Status::Unsubscribed), "{id}");
        assert!(!happens(&app, id, Event::TakeBackBounce).await, "{id}");
        assert_eq!(status(&app, id).await, Some(Status::Unsubscribed), "{id}");
    }
}

#[tokio::test]
async fn never_again_holds_for_whom_staff_brought_after_they_were_forgotten() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    for table in ["confirmation", "consent", "subscriber"] {
        // As the purge of the unconfirmed does, with a record of its own.
        let forget = match table {
            "consent" => continue,
            other => format!("DELETE FROM {other}"),
        };
        execute(app.db.pool(), &forget, []).await.unwrap();
    }
    take(&app, b"email,status\nreader1@example.org,confirmed\n")
        .await
        .unwrap();
    assert_eq!(
        everybody(&app).await,
        ["reader1@example.org confirmed press"]
    );
    assert!(never_again(&app, &asked[0].1, &origin()).await.unwrap());
    assert_eq!(everybody(&app).await, ["reader1@example.org blocked "]);
}

#[tokio::test]
async fn never_again_is_said_for_the_mailbox_that_got_the_link() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    let confirmed = confirm(&app, &asked[0].1, &origin()).await.unwrap();
    assert!(matches!(confirmed, ConfirmOutcome::Confirmed { .. }));
    let moved = "UPDATE subscriber SET email = 'new@example.org', email_key = 'new@example.org'";
    execute(app.db.pool(), moved, []).await.unwrap();
    assert!(never_again(&app, &asked[0].1, &origin()).await.unwrap());
    assert_eq!(status(&app, 1).await, Some(Status::Confirmed));
    let reason = async |key| suppression::reason(&app, app.db.pool(), key).await.unwrap();
    let blocked = Some(suppression::SuppressionReason::Blocked);
    assert_eq!(reason("reader1@example.org").await, blocked);
    assert_eq!(reason("new@example.org").await, None);
}

#[tokio::test]
async fn an_import_that_is_undone_leaves_nobody_suppressed_and_nobody_behind() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "events").await;
    // The clock goes on while lines are stored.
    let list = "email,status\nwrong@example.org,complained\nalso@example.org,bounced\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    let later = "UPDATE suppression SET at = at + 4";
    execute(app.db.pool(), later, []).await.unwrap();
    let undone = undo_import(&app, &report.batch, "operator").await.unwrap();
    assert_eq!(undone.removed, 2);
    assert_eq!(number(&app, "SELECT count(*) FROM suppression").await, 0);

    // A line for each topic, further apart than what is stored together.
    let mut list = "email,topics\n".to_owned();
    for topic in ["press", "events"] {
        for person in 0..1_050 {
            let _ = writeln!(list, "person{person}@example.org,{topic}");
        }
    }
    let report = take(&app, list.as_bytes()).await.unwrap();
    let undone = undo_import(&app, &report.batch, "operator").await.unwrap();
    assert_eq!((undone.removed, undone.kept), (1_050, 0));
    assert_eq!(number(&app, "SELECT count(*) FROM subscriber").await, 0);
}

#[tokio::test]
async fn who_confirms_when_their_topic_is_archived_gets_nothing_that_they_did_not_choose() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    let asked = ask(&app, 1..=1).await;
    topics::archive(&app, "press", true, "ana").await.unwrap();
    for _ in 0..2 {
        let confirmed = confirm(&app, &asked[0].1, &origin()).await.unwrap();
        let gets_something = false;
        assert_eq!(confirmed, ConfirmOutcome::Confirmed { gets_something });
        assert_eq!(topics_of(&app, 1).await, ["press"]);
    }
}

#[tokio::test]
async fn a_form_that_names_an_archived_topic_asks_for_nothing_else() {
    let (app, _folder) = app().await;
    for slug in ["water", "roads"] {
        topics::add(&app, slug, slug, "", "ana").await.unwrap();
    }
    topics::archive(&app, "water", true, "ana").await.unwrap();
    let every = topics::every_topic(&app).await.unwrap();
    for (named, chosen) in [
        (&["water"][..], &["water"][..]),
        (&["water", "roads"], &["roads"]),
        (&["nothing of ours"], &["press", "roads"]),
        (&[], &["press", "roads"]),
    ] {
        let slugs: Vec<String> = named.iter().map(ToString::to_string).collect();
        let ids = topics::chosen(&every, &slugs);
        assert_eq!(topics::names(&every, &ids), chosen, "{named:?}");
    }
}

#[tokio::test]
async fn whom_staff_bring_while_they_have_the_mail_confirms_by_it_and_has_what_both_say() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    let asked = ask(&app, 1..=1).await;
    take(&app, b"email,topics\nreader1@example.org,water\n")
        .await
        .unwrap();
    assert_eq!(topics_of(&app, 1).await, ["water"]);
    let confirmed = confirm(&app, &asked[0].1, &origin()).await.unwrap();
    let gets_something = true;
    assert_eq!(confirmed, ConfirmOutcome::Confirmed { gets_something });
    assert_eq!(topics_of(&app, 1).await, ["press", "water"]);
    let said = "SELECT count(*) FROM consent WHERE event = 'confirmed'";
    assert_eq!(number(&app, said).await, 1);
    // Pressed again it says so again, and writes nothing.
    confirm(&app, &asked[0].1, &origin()).await.unwrap();
    assert_eq!(number(&app, said).await, 1);
}

#[tokio::test]
async fn who_left_an_older_list_is_confirmed_by_no_list_and_by_their_own_link() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    for (list, status) in [
        ("unsubscribed", "unsubscribed"),
        ("confirmed", "unsubscribed"),
    ] {
        let list = format!("email,status\nreader1@example.org,{list}\n");
        take(&app, list.as_bytes()).await.unwrap();
        let expected = format!("reader1@example.org {status} ");
        assert_eq!(everybody(&app).await, [expected]);
    }
    confirm(&app, &asked[0].1, &origin()).await.unwrap();
    let expected = "reader1@example.org confirmed press";
    assert_eq!(everybody(&app).await, [expected]);
}

#[tokio::test]
async fn who_is_told_that_nothing_comes_any_more_has_left_and_undo_brings_all_of_it_back() {
    let (app, _folder) = app().await;
    mailed(&app).await;
    let water = topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    let has = [test_data::FIRST_TOPIC, water];
    test_data::subscriber(1).topics(&has).insert(&app).await;
    topics::archive(&app, "water", true, "ana").await.unwrap();
    let by = UnsubscribeChannel::OneClick;
    unsubscribe(&app, link(1), by, &origin()).await.unwrap();
    assert!(departure(&app, link(1)).await.unwrap().remaining.is_empty());
    assert_eq!(status(&app, 1).await, Some(Status::Unsubscribed));
    // Nothing of it is left to be found again when the topic is.
    assert!(topics_of(&app, 1).await.is_empty());
    assert!(undo(&app, link(1), "Yes", &origin()).await.unwrap());
    assert_eq!(topics_of(&app, 1).await, ["press", "water"]);
}

#[tokio::test]
async fn a_choice_of_what_is_not_offered_any_more_is_not_said_to_be_saved() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    test_data::subscriber(1).insert(&app).await;
    topics::archive(&app, "water", true, "ana").await.unwrap();
    for (slug, saved) in [("water", false), ("press", true)] {
        let wanted = [slug.to_owned()];
        let chosen = choose(&app, link(1), &wanted, &[], None, &origin()).await;
        assert_eq!(chosen.unwrap(), saved, "{slug}");
        assert_eq!(topics_of(&app, 1).await, ["press"]);
    }
}

/// The link by which a subscriber's new address is confirmed, as it would be mailed.
pub(super) async fn new_address_link(app: &App, subscriber: i64, to: &str) -> Token {
    let office = Office::load(&app.db).await.unwrap();
    let to = EmailAddress::parse(to).unwrap();
    let link = NewLink::new_address(subscriber, &to, app.clock.now_ms(), None);
    let transaction = app.db.begin().await.unwrap();
    personal_link::queue(app, &transaction, &office, Words::of("en"), &link)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    newest_link(app).await
}

async fn change_to(app: &App, subscriber: i64, to: &str) {
    let token = new_address_link(app, subscriber, to).await;
    let changed = change_address(app, &token, &origin()).await.unwrap();
    assert!(matches!(changed, AddressChange::Changed(_)), "{changed:?}");
    app.clock.advance_ms(DAY);
}

#[tokio::test]
async fn an_address_that_was_given_up_comes_back_by_its_holder_and_by_no_list() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    change_to(&app, 1, "new@example.org").await;
    let old = b"email\nreader1@example.org\n";
    let report = take(&app, old).await.unwrap();
    assert_eq!((report.imported, report.suppressed), (0, 1));
    leave_all(&app, link(1), UnsubscribeChannel::OneClick, &origin())
        .await
        .unwrap();
    take(&app, old).await.unwrap();
    assert_eq!(everybody(&app).await, ["new@example.org unsubscribed "]);
    // Who goes back to it has it again.
    test_data::subscriber(2).insert(&app).await;
    change_to(&app, 2, "second@example.org").await;
    change_to(&app, 2, "reader2@example.org").await;
    let reason = suppression::reason(&app, app.db.pool(), "reader2@example.org").await;
    assert_eq!(reason.unwrap(), None);
}

#[tokio::test]
async fn an_old_link_leads_to_whoever_has_the_subscription_now_and_erasing_them_erases_it() {
    let (app, _folder) = app().await;
    mailed(&app).await;
    for id in 1..=2 {
        test_data::subscriber(id).insert(&app).await;
    }
    change_to(&app, 1, "reader2@example.org").await;
    change_to(&app, 2, "third@example.org").await;
    // Somebody else has the address by now.
    test_data::subscriber(3)
        .email("reader2@example.org")
        .insert(&app)
        .await;
    unsubscribe(&app, link(1), UnsubscribeChannel::OneClick, &origin())
        .await
        .unwrap();
    let sql = "SELECT subscriber_id FROM personal_link WHERE purpose = 'manage'";
    assert_eq!(number(&app, sql).await, 2);
    erase(&app, "third@example.org", "operator").await.unwrap();
    assert_eq!(
        everybody(&app).await,
        ["reader2@example.org confirmed press"]
    );
    let named = "SELECT count(*) FROM consent WHERE evidence LIKE '%third@example.org%'";
    assert_eq!(number(&app, named).await, 0);
}

#[tokio::test]
async fn a_request_that_waits_is_shown_withdrawn_and_erased() {
    let (app, _folder) = app().await;
    let wait = async || {
        let request = "INSERT INTO sign_up (at, email, topics, language, page, channel, ip, network, user_agent, due_at)
            VALUES (1, 'Waits@example.org', '[]', 'en', '/', 'form', '198.51.100.1', 'n', 'test', $1)";
        let later = app.clock.now_ms() + DAY;
        execute(app.db.pool(), request, values![later])
            .await
            .unwrap();
    };
    let waiting = async || number(&app, "SELECT count(*) FROM sign_up").await;
    let email = "waits@example.org";
    wait().await;
    let known = evidence(&app, email).await.unwrap();
    assert_eq!(known["waiting"][0]["ip"], "198.51.100.1");
    assert!(unsubscribe_address(&app, email, "operator").await.unwrap());
    assert_eq!(waiting().await, 0);
    assert!(unsubscribe_address(&app, email, "operator").await.is_err());
    wait().await;
    let erased = erase(&app, email, "operator").await.unwrap();
    assert_eq!(erased["waiting"][0]["typed"], "Waits@example.org");
    assert_eq!(waiting().await, 0);
    assert!(erase(&app, email, "operator").await.is_err());
}

#[tokio::test]
async fn who_asks_anew_the_same_day_confirms_their_newest_choice_by_the_mail_that_they_have() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    let asked = ask(&app, 1..=2).await;
    // Another person's address of the same mailbox waits, too, and is left alone.
    for email in ["Reader1@example.org", "reader1+news@example.org"] {
        let request = "INSERT INTO sign_up (at, email, topics, frequency, language, page, channel, ip, network, user_agent)
            VALUES ($1, $2, '[\"water\"]', 2, 'es', '/', 'form', '198.51.100.1', 'n', 'test')";
        let now = app.clock.now_ms();
        execute(app.db.pool(), request, values![now, email])
            .await
            .unwrap();
    }
    answer_sign_ups(&app).await.unwrap();
    assert_eq!(
        number(&app, "SELECT count(*) FROM sign_up").await,
        2,
        "mailed today"
    );
    for (_, token) in &asked {
        confirm(&app, token, &origin()).await.unwrap();
    }
    assert_eq!(topics_of(&app, 1).await, ["water"]);
    assert_eq!(topics_of(&app, 2).await, ["press"]);
    let known = evidence(&app, "reader1@example.org").await.unwrap();
    assert_eq!(known["language"], "es");
    assert_eq!(known["frequency"]["water"], "weekly");
    let events = known["events"].as_array().unwrap();
    let asked = &events[events.len() - 2];
    assert_eq!(
        (&asked["event"], &asked["topics"][0]),
        (&json!("requested"), &json!("water"))
    );
    assert_eq!(number(&app, "SELECT count(*) FROM sign_up").await, 1);
}
