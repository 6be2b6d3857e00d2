//! What the console says in the words of those who read it: names for people, until when something is tried, and what
//! was done already.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{clock::HOUR, delivery_state::DeliveryState, newsletters, test_data};

/// What a page shows, without its markup.
fn words_of(page: &str) -> String {
    let parts = page.split('>').filter_map(|part| part.split('<').next());
    parts.collect::<Vec<_>>().join(" ")
}

async fn named(app: &App, email: &str, name: &str) {
    let set = "UPDATE staff SET name = $1 WHERE email = $2";
    app.db
        .execute(set, crate::values![name.to_owned(), email.to_owned()])
        .await
        .unwrap();
}

#[tokio::test]
async fn who_comments_asks_and_approves_is_called_by_name() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let site = Browser::on(&app);
    let mut editor = member(&app, &site, Role::Editor).await;
    let mut admin = member(&app, &site, Role::Admin).await;
    let mut viewer = member(&app, &site, Role::Viewer).await;
    named(&app, "editor@example.gov", "Ana Reyes").await;
    let here = format!("/staff/newsletters/{id}");
    let comment = [("comment", "Look at the date")];
    editor
        .submit(&here, &format!("{here}/comment"), &comment)
        .await;
    editor
        .submit(&here, &format!("{here}/request-review"), &[("comment", "")])
        .await;
    for page in [here.as_str(), "/staff"] {
        let page = admin.get(page).await.text;
        assert!(page.contains("Ana Reyes"), "{page}");
        assert!(!page.contains("editor@example.gov asks"), "{page}");
    }
    let seen = viewer.get(&here).await.text;
    assert!(seen.contains("Ana Reyes asked for approval"), "{seen}");
    assert!(!seen.contains("editor@example.gov"), "{seen}");
    // By mail, too.
    let mail =
        "SELECT count(*) FROM staff_notice WHERE text LIKE 'Ana Reyes asks for your approval.%'";
    assert_eq!(number(&app, mail).await, 1);
    // The log is for telling people apart as well.
    let log = admin.get("/staff/audit").await.text;
    assert!(
        log.contains("Ana Reyes (editor@example.gov)</strong> commented on"),
        "{log}"
    );
}

#[tokio::test]
async fn what_is_being_retried_says_until_when() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = test_data::newsletter("a").sending().insert(&app).await;
    for (reader, state) in [(1, DeliveryState::Deferred), (2, DeliveryState::Accepted)] {
        let email = format!("reader{reader}@example.org");
        test_data::subscriber(reader)
            .email(&email)
            .insert(&app)
            .await;
        test_data::delivery(id, reader)
            .state(state)
            .insert(&app)
            .await;
    }
    let now = app.clock.now();
    let deadline = crate::clock::instant(app.clock.now_ms() + 48 * HOUR);
    let set = "UPDATE newsletter SET deadline_at = $1 WHERE id = $2";
    let at = deadline.as_millisecond();
    app.db.execute(set, crate::values![at, id]).await.unwrap();
    let zone = crate::office::Office::load(&app.db)
        .await
        .unwrap()
        .time_zone;
    let until = crate::office_time::near_time(deadline, now, &zone);
    let until = until.trim_end_matches('.');
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    for path in ["", "/progress"] {
        let page = viewer.get(&format!("/staff/newsletters/{id}{path}")).await;
        let says = format!("We go on trying until {until}.");
        assert!(page.text.contains(&says), "{path}: {says}: {}", page.text);
    }
    let page = viewer.get(&format!("/staff/newsletters/{id}")).await.text;
    assert!(
        page.contains(&format!("Not yet: being retried until {until}")),
        "{page}"
    );
}

#[tokio::test]
async fn a_form_that_was_taken_and_comes_again_is_said_to_be_done_and_does_nothing() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    for (page, path, fields) in [
        (
            "/staff/topics",
            "/staff/topics",
            vec![("slug", "roads"), ("name", "Roads")],
        ),
        (
            "/staff/people",
            "/staff/people",
            vec![("email", "new@example.gov"), ("role", "editor")],
        ),
        (
            &format!("/staff/newsletters/{id}"),
            &format!("/staff/newsletters/{id}/cancel"),
            vec![],
        ),
    ] {
        let token = admin.get(page).await.token();
        let sent = [&[("form_token", token.as_str())][..], &fields].concat();
        let first = admin.post(path, &sent).await;
        assert!(!first.status.is_client_error(), "{path}: {}", first.text);
        app.clock.advance_ms(60_000);
        let lines = number(&app, "SELECT count(*) FROM audit").await;
        let again = admin.post(path, &sent).await;
        assert!(
            again.location().ends_with("?done=before"),
            "{path}: {} {}",
            again.location(),
            again.text
        );
        assert_eq!(number(&app, "SELECT count(*) FROM audit").await, lines);
        let told = admin.get(again.location()).await.text;
        assert!(told.contains("Nothing was done twice."), "{path}: {told}");
        // Typed anew, it is refused as ever.
        let new = admin.submit(page, path, &fields).await;
        assert!(new.status.is_client_error(), "{path}");
    }
    assert_eq!(
        newsletters::find(&app, id).await.unwrap().state,
        newsletters::NewsletterState::Cancelled
    );
}

#[tokio::test]
async fn a_search_for_nothing_says_what_to_type_and_one_is_on_record_in_part() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = "/staff/subscribers";
    let asked = admin.get(page).await;
    let token = asked.token();
    let fields = [("form_token", token.as_str()), ("email", "  ")];
    let nothing = admin.post(page, &fields).await;
    assert_eq!(nothing.status, 200);
    assert!(
        nothing
            .text
            .contains("Type an email address, or a part of one")
    );
    let searched = "SELECT count(*) FROM audit WHERE action = 'subscriber.search'";
    assert_eq!(number(&app, searched).await, 0);
    admin.submit(page, page, &[("email", "example")]).await;
    let said = "SELECT count(*) FROM audit WHERE action = 'subscriber.search'
                AND details = 'by “e…”, 7 letters: 1 found'";
    assert_eq!(number(&app, said).await, 1);
    let whole =
        "SELECT count(*) FROM audit WHERE details LIKE '%example%' AND action LIKE 'subscriber.s%'";
    assert_eq!(number(&app, whole).await, 0);
    // Why somebody was taken off stands there, too.
    let off = [
        ("email", "ana@example.org"),
        ("reason", "asked on the phone"),
    ];
    admin
        .submit(page, "/staff/subscribers/unsubscribe", &off)
        .await;
    let why = "SELECT count(*) FROM audit WHERE action = 'subscriber.unsubscribe' AND details = 'asked on the phone'";
    assert_eq!(number(&app, why).await, 1);
}

#[tokio::test]
async fn times_on_pages_are_written_as_people_write_them() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let here = format!("/staff/newsletters/{id}");
    let mut pages = Vec::new();
    for path in ["/staff/house", &format!("{here}/review"), "/staff/settings"] {
        pages.push(admin.get(path).await.text);
    }
    for at in ["2027-03-14T02:30", "2027-11-07T01:30", "soon"] {
        let page = format!("{here}/review");
        let fields = [("at", at), ("far_off", at)];
        let refused = admin
            .submit(&page, &format!("{here}/schedule"), &fields)
            .await;
        assert_eq!(refused.status, 422, "{at}: {}", refused.text);
        // What was typed stands in its field as the field writes it.
        pages.push(refused.text.replace(&format!("value=\"{at}\""), ""));
    }
    for page in pages {
        let words = words_of(&page);
        for code in ["America/", "2027-", "T02:30", "T01:30"] {
            assert!(!words.contains(code), "{code}: {words}");
        }
    }
}
