//! A link in an old mail leaves what the holder of the mailbox has now, to which the mail went.

use super::{
    importing::{everybody, take},
    on_a_bad_day::new_address_link,
    *,
};
use crate::{
    clock::{DAY, SECOND},
    subscribers::{
        AddressChange, UnsubscribeChannel, change_address, erase, link::SubscriberLink,
        present_link, undo_import, unsubscribe,
    },
};

async fn subscribed(app: &App, id: i64, email: &str) {
    let asking = test_data::subscriber(id)
        .email(email)
        .status(Status::Pending);
    asking
        .since(app.clock.now_ms())
        .evidence(&[])
        .insert(app)
        .await;
    assert!(happens(app, id, Event::Confirm).await);
}

/// One click on a newsletter that was mailed to this subscriber.
async fn click(app: &App, newsletter: i64, subscriber: i64) -> i64 {
    let mailed = SubscriberLink {
        subscriber,
        newsletter,
    };
    let link = present_link(app.db.pool(), mailed).await.unwrap();
    assert_eq!(link.newsletter, newsletter);
    unsubscribe(app, link, UnsubscribeChannel::OneClick, &origin())
        .await
        .unwrap();
    link.subscriber
}

async fn mailed(app: &App, slug: &str, subscriber: i64) -> i64 {
    let now = app.clock.now_ms();
    let newsletter = test_data::newsletter(slug)
        .started_at(now)
        .insert(app)
        .await;
    test_data::delivery(newsletter, subscriber)
        .at(now)
        .insert(app)
        .await;
    app.clock.advance_ms(DAY);
    newsletter
}

#[tokio::test]
async fn who_was_erased_and_signed_up_again_leaves_by_a_mail_from_before() {
    let (app, _folder) = app().await;
    subscribed(&app, 1, "reader@example.org").await;
    let before = mailed(&app, "before", 1).await;
    erase(&app, "reader@example.org", "them").await.unwrap();
    // Nobody has it now, and nothing happens.
    assert_eq!(click(&app, before, 1).await, 1);
    subscribed(&app, 2, "Reader@Example.org").await;
    assert_eq!(click(&app, before, 1).await, 2);
    assert_eq!(status(&app, 2).await, Some(Status::Unsubscribed));
    // Erased and back once more.
    erase(&app, "reader@example.org", "them").await.unwrap();
    subscribed(&app, 3, "reader@example.org").await;
    assert_eq!(click(&app, before, 1).await, 3);
    assert_eq!(status(&app, 3).await, Some(Status::Unsubscribed));
}

#[tokio::test]
async fn a_mail_to_the_first_address_leaves_what_that_mailbox_has_now_and_not_the_second_address() {
    let (app, _folder) = app().await;
    subscribed(&app, 1, "a@example.org").await;
    let to_a = mailed(&app, "to-a", 1).await;
    let link = new_address_link(&app, 1, "b@example.org").await;
    let changed = change_address(&app, &link, &origin()).await;
    assert!(matches!(changed.unwrap(), AddressChange::Changed(_)));
    app.clock.advance_ms(SECOND);
    let to_b = mailed(&app, "to-b", 1).await;
    // Who has only asked has nothing yet: it is the subscription that went over to the other address.
    let asking = test_data::subscriber(2).email("a@example.org");
    let asking = asking.status(Status::Pending).since(app.clock.now_ms());
    asking.evidence(&[]).insert(&app).await;
    let link = |newsletter| SubscriberLink {
        subscriber: 1,
        newsletter,
    };
    let present = async |newsletter| {
        let link = present_link(app.db.pool(), link(newsletter)).await;
        link.unwrap().subscriber
    };
    assert_eq!(present(to_a).await, 1);
    assert!(happens(&app, 2, Event::Confirm).await);
    assert_eq!(click(&app, to_a, 1).await, 2);
    assert_eq!(status(&app, 2).await, Some(Status::Unsubscribed));
    assert_eq!(status(&app, 1).await, Some(Status::Confirmed));
    assert_eq!(click(&app, to_b, 1).await, 1);
    assert_eq!(status(&app, 1).await, Some(Status::Unsubscribed));
}

#[tokio::test]
async fn whom_a_second_import_brings_leaves_by_a_mail_of_the_first_that_was_undone() {
    let list = b"email\nreader@example.org\n";
    let (app, _folder) = app().await;
    let first = take(&app, list).await.unwrap();
    let before = mailed(&app, "before", 1).await;
    undo_import(&app, &first.batch, "operator").await.unwrap();
    take(&app, list).await.unwrap();
    let now = click(&app, before, 1).await;
    assert_eq!(status(&app, now).await, Some(Status::Unsubscribed));
    assert_eq!(everybody(&app).await, ["reader@example.org unsubscribed "]);
}

#[tokio::test]
async fn who_leaves_while_an_import_is_undone_is_not_brought_by_the_next() {
    let list = b"email\nreader@example.org\n";
    let (app, _folder) = app().await;
    let first = take(&app, list).await.unwrap();
    let before = mailed(&app, "before", 1).await;
    undo_import(&app, &first.batch, "operator").await.unwrap();
    click(&app, before, 1).await;
    let again = take(&app, list).await.unwrap();
    assert_eq!((again.imported, again.suppressed), (0, 1));
    assert!(everybody(&app).await.is_empty());
    // Who signs up by themselves is welcome.
    subscribed(&app, 7, "reader@example.org").await;
    assert_eq!(status(&app, 7).await, Some(Status::Confirmed));
}
