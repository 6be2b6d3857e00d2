//! The pages say how it is: whom a newsletter did not reach and why, who was quicker, what a session that ended
//! leaves undone, and where one goes on.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{
    clock::{DAY, HOUR, MINUTE},
    delivery_state::DeliveryState,
    newsletters::{self, NewsletterState},
    office::Office,
    subscribers::Status,
    test_data, values,
};

const FIRST: &str = "/staff/newsletters/1";

/// A newsletter to five readers that is being sent: two have it, one of those who wait left meanwhile.
async fn half_sent(app: &App) -> i64 {
    let id = test_data::newsletter("a")
        .sending()
        .started_at(app.clock.now_ms())
        .insert(app)
        .await;
    for (reader, state) in [
        (1, DeliveryState::Accepted),
        (2, DeliveryState::Accepted),
        (3, DeliveryState::Queued),
        (4, DeliveryState::Deferred),
        (5, DeliveryState::Queued),
    ] {
        let email = format!("reader{reader}@example.org");
        test_data::subscriber(reader)
            .email(&email)
            .insert(app)
            .await;
        test_data::delivery(id, reader)
            .state(state)
            .insert(app)
            .await;
    }
    let total = "UPDATE newsletter SET total = 5 WHERE id = $1";
    app.db.execute(total, values![id]).await.unwrap();
    let left = "UPDATE subscriber SET status = $1, status_at = $2 WHERE id = 5";
    let values = values![Status::Unsubscribed as i16, app.clock.now_ms()];
    app.db.execute(left, values).await.unwrap();
    app.clock.advance_ms(MINUTE);
    id
}

#[tokio::test]
async fn whom_a_cancelled_newsletter_did_not_reach_is_not_said_to_have_left() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = half_sent(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    approver.submit(&here, &format!("{here}/cancel"), &[]).await;
    let page = approver.get(&here).await.text;
    assert!(
        page.contains("<dt>Unsubscribed before delivery</dt><dd>1</dd>")
            && page.contains("<dt>Not sent</dt><dd>2</dd>"),
        "{page}"
    );
    let page = page.as_str();
    let page = page.split_once("exceptions-title").unwrap().1;
    let group = |words: &str, people: &str| {
        let (_, rest) = page
            .split_once(words)
            .unwrap_or_else(|| panic!("{words}: {page}"));
        assert!(
            rest.starts_with(&format!("</h3><p class=\"state\">{people}")),
            "{page}"
        );
    };
    group("Not sent: the newsletter was cancelled", "2 people");
    group("Unsubscribed before delivery", "1 person");
    let list = approver.get("/staff/newsletters").await.text;
    assert!(list.contains("2 of 5, 2 not sent</td><td>0</td>"), "{list}");
    // What somebody does afterwards changes nothing about it.
    app.clock.advance_ms(DAY);
    approver.sign_in("approver@example.gov", PASSWORD).await;
    let left = "UPDATE subscriber SET status = $1, status_at = $2 WHERE id = 3";
    let values = values![Status::Unsubscribed as i16, app.clock.now_ms()];
    app.db.execute(left, values).await.unwrap();
    let page = approver.get(&here).await.text;
    assert!(page.contains("<dt>Not sent</dt><dd>2</dd>"), "{page}");

    // Some have it, so something was sent, and it is the last that was.
    let home = approver.get("/staff").await.text;
    assert!(
        home.contains("2 of 5 delivered, then cancelled") && !home.contains("Nothing was sent yet"),
        "{home}"
    );
}

#[tokio::test]
async fn who_was_not_the_first_to_press_a_button_is_told_how_it_is() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let site = Browser::on(&app);
    let mut first = member(&app, &site, Role::Approver).await;
    let mut second = member(&app, &site, Role::Admin).await;
    let press = async |browser: &mut Browser, button: &str| {
        let path = format!("{here}/{button}");
        browser.submit(&here, &path, &[]).await
    };
    let mut told = Vec::new();
    for button in ["approve", "undo", "approve"] {
        assert_eq!(press(&mut first, button).await.status, 303, "{button}");
        let late = press(&mut second, button).await;
        assert_eq!(late.status, 409, "{button}");
        told.push((button, late.text));
    }
    app.clock.advance_ms(MINUTE);
    newsletters::start_due(&app).await.unwrap();
    told.push(("undo", press(&mut second, "undo").await.text));
    for button in ["pause", "resume", "cancel"] {
        assert_eq!(press(&mut first, button).await.status, 303, "{button}");
        let late = press(&mut second, button).await;
        assert_eq!(late.status, 409, "{button}");
        told.push((button, late.text));
    }
    let says = [
        "It is approved already. Nobody has got it yet.",
        "It is a draft already. Nobody got it.",
        "It is approved already. Nobody has got it yet.",
        "It is too late to take it back: sending began at 9:01 a.m. You can pause it.",
        "It is paused already. Nothing more is sent until somebody resumes it.",
        "It is being sent already.",
        "It is cancelled already. Nobody else will get it.",
    ];
    assert_eq!(told.len(), says.len());
    for ((button, page), says) in told.iter().zip(says) {
        assert!(page.contains(says), "{button}: {page}");
        assert!(!page.contains("needs a correction"), "{button}: {page}");
        assert!(page.contains("id=\"problem\" tabindex=\"-1\""), "{button}");
    }
}

#[tokio::test]
async fn a_page_made_while_a_newsletter_ends_shows_its_end_or_follows_it() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = half_sent(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let page = viewer.get(&here).await.text;
    assert!(page.contains("data-events") && page.contains("data-mark=\"sending."));
    // What was counted for all who follow is of a moment before: sent, and then sent again.
    let set = "UPDATE newsletter SET state = $1 WHERE id = $2";
    let settle = "UPDATE delivery SET state = $1 WHERE newsletter_id = $2";
    let becomes = async |state: NewsletterState, delivery: DeliveryState| {
        let values = values![state as i16, id];
        app.db.execute(set, values).await.unwrap();
        let values = values![delivery as i16, id];
        app.db.execute(settle, values).await.unwrap();
    };
    becomes(NewsletterState::Sent, DeliveryState::Accepted).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    viewer.get(&format!("{here}/progress")).await;
    becomes(NewsletterState::Sending, DeliveryState::Accepted).await;
    let page = viewer.get(&here).await.text;
    let is_said_to_be_sent = page.contains(">Sent<");
    assert!(is_said_to_be_sent || page.contains("data-events"), "{page}");
    let progress = viewer.get(&format!("{here}/progress")).await.text;
    assert!(progress.contains("data-mark=\"sending."), "{progress}");
}

#[tokio::test]
async fn a_page_follows_what_waits_and_what_is_paused() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let mark = |page: &str| {
        let (_, rest) = page.split_once("data-mark=\"")?;
        Some(rest.split_once('"').unwrap().0.to_owned())
    };
    let waits = mark(&approver.get(&here).await.text).unwrap();
    assert!(waits.starts_with("draft."), "{waits}");
    approver
        .submit(&here, &format!("{here}/approve"), &[])
        .await;
    let page = approver.get(&here).await.text;
    let events = format!("data-events=\"{here}/events\"");
    assert!(page.contains("Sending begins in") && page.contains(&events));
    let begins = mark(&page).unwrap();
    // The same for whoever asks without events, and nothing to look at.
    let progress = approver.get(&format!("{here}/progress")).await.text;
    assert_eq!(mark(&progress).as_ref(), Some(&begins));
    assert!(!progress.contains("accepted by"), "{progress}");
    let later = [("at", "2026-02-25T09:00")];
    let done = approver
        .submit(&here, &format!("{here}/reschedule"), &later)
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    let rescheduled = mark(&approver.get(&here).await.text).unwrap();
    assert_ne!(begins, rescheduled);
    app.clock.advance_ms(DAY);
    approver.sign_in("approver@example.gov", PASSWORD).await;
    newsletters::start_due(&app).await.unwrap();
    let page = approver.get(&here).await.text;
    assert!(mark(&page).unwrap().starts_with("sending."), "{page}");
    approver.submit(&here, &format!("{here}/pause"), &[]).await;
    let page = approver.get(&here).await.text;
    assert!(page.contains("Resume sending") && page.contains(&events));
    assert!(mark(&page).unwrap().starts_with("paused."), "{page}");
}

#[tokio::test]
async fn a_button_pressed_after_the_session_ended_leads_through_the_sign_in_to_its_page() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let token = approver.get(FIRST).await.token();
    let field = [("form_token", token.as_str())];
    app.clock.advance_ms(13 * HOUR);
    for (button, page) in [
        ("undo", FIRST),
        ("pause", FIRST),
        ("approve", "/staff/newsletters/1/review"),
    ] {
        let mut browser = approver.clone();
        let asked = browser.post(&format!("{FIRST}/{button}"), &field).await;
        assert_eq!(asked.status, 403);
        let next = format!("name=\"next\" value=\"{page}\"");
        assert!(
            asked.text.contains("Your session ended") || asked.text.contains("your session ended"),
            "{}",
            asked.text
        );
        assert!(
            asked.text.contains("ign in to continue") && asked.text.contains(&next),
            "{}",
            asked.text
        );
        let fields = [
            ("form_token", asked.token()),
            ("email", "approver@example.gov".to_owned()),
            ("password", PASSWORD.to_owned()),
            ("next", page.to_owned()),
        ];
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, it)| (*name, it.as_str()))
            .collect();
        let entered = browser.post("/staff/login", &fields).await;
        assert_eq!(entered.location(), page, "{}", entered.text);
    }
    // Who has signed in again in another window finds the page again.
    let mut browser = approver.clone();
    browser.sign_in("approver@example.gov", PASSWORD).await;
    let told = browser.post(&format!("{FIRST}/undo"), &field).await;
    assert_eq!(told.status, 403);
    assert!(
        told.text.contains(&format!("href=\"{FIRST}\"")),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn who_proves_again_who_they_are_comes_back_to_the_button_and_reads_that_nothing_is_done() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let review = format!("{FIRST}/review");
    let page = approver.get(&review).await;
    let (token, revision) = (page.token(), page.revision().unwrap());
    app.clock.advance_ms(3 * HOUR);
    let fields = [("form_token", token.as_str()), ("revision", &revision)];
    for (button, page, says) in [
        ("approve", review.as_str(), "Nothing is approved yet"),
        ("resume", FIRST, "Nothing is done yet"),
    ] {
        let asked = approver.post(&format!("{FIRST}/{button}"), &fields).await;
        assert_eq!(asked.status, 403, "{}", asked.text);
        let (_, next) = asked.text.split_once("name=\"next\" value=\"").unwrap();
        let next = next.split_once('"').unwrap().0;
        let proof = [
            ("form_token", token.as_str()),
            ("password", PASSWORD),
            ("next", next),
        ];
        let led = approver.post("/staff/again", &proof).await;
        assert_eq!(led.location().split('?').next(), Some(page), "{}", led.text);
        let back = approver.get(led.location()).await;
        assert!(back.text.contains(says), "{}", back.text);
        app.clock.advance_ms(3 * HOUR);
    }
    let state = newsletters::find(&app, id).await.unwrap().state;
    assert_eq!(state, NewsletterState::Draft);
}

#[tokio::test]
async fn a_time_that_is_refused_is_said_at_the_top_and_what_was_ticked_stays() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let review = format!("{here}/review");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let says_so = |page: &str| {
        let summary = page.split_once("id=\"problem\" tabindex=\"-1\"");
        let leads = summary.is_some_and(|(_, rest)| {
            let end = rest.find("</div>").unwrap_or(rest.len());
            rest[..end].contains("href=\"#at\"")
        });
        let is_once = page.matches("role=\"alert\"").count() == 0;
        leads && is_once && page.contains("<title>Error: ")
    };
    let past = [("at", "2026-02-24T08:59"), ("acknowledge", "yes")];
    let schedule = format!("{here}/schedule");
    let page = approver.submit(&review, &schedule, &past).await;
    assert_eq!(page.status, 422);
    assert!(says_so(&page.text), "{}", page.text);
    approver
        .submit(&review, &format!("{here}/approve"), &[])
        .await;
    let page = approver
        .submit(&here, &format!("{here}/reschedule"), &past)
        .await;
    assert_eq!(page.status, 422);
    assert!(says_so(&page.text), "{}", page.text);
}

#[tokio::test]
async fn what_was_seen_of_the_checks_stays_ticked_where_the_time_is_refused() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let subject = "UPDATE newsletter SET subject = 'Donate now' WHERE id = $1";
    app.db.execute(subject, values![id]).await.unwrap();
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let review = approver.get(&format!("{here}/review")).await;
    let Some((_, rest)) = review.text.split_once("name=\"seen\" value=\"") else {
        panic!("no check stops it: {}", review.text);
    };
    let seen = rest.split_once('"').unwrap().0.to_owned();
    let fields = [("at", "2026-02-24T08:59"), ("seen", seen.as_str())];
    let page = approver
        .submit(
            &format!("{here}/review"),
            &format!("{here}/schedule"),
            &fields,
        )
        .await;
    assert_eq!(page.status, 422, "{}", page.text);
    let later = format!(
        "id=\"seen-for-later\" type=\"checkbox\" name=\"seen\" value=\"{seen}\" required checked"
    );
    assert!(page.text.contains(&later), "{}", page.text);
    assert_eq!(page.text.matches(" checked").count(), 1, "{}", page.text);
}

#[tokio::test]
async fn who_must_set_up_a_second_step_first_sees_no_button_that_is_refused() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let page = viewer.get("/staff/account").await.text;
    assert!(page.contains("Change password") && page.contains("Save name"));
    let demand = [("require-second-step", "true")];
    Office::set_all(&app.db, "operator", &demand, 0)
        .await
        .unwrap();
    let page = viewer.get("/staff/account").await.text;
    for refused in ["Change password", "Save name", "Sign out everywhere else"] {
        assert!(!page.contains(refused), "{refused}: {page}");
    }
    assert!(page.contains("Set up the second step"), "{page}");
}

#[tokio::test]
async fn what_did_not_arrive_is_grouped_by_its_reason_and_stands_in_a_file() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = test_data::newsletter("a")
        .state(NewsletterState::Sent)
        .insert(&app)
        .await;
    for reader in 1..=14 {
        let email = match reader {
            13 => "=cmd@example.org".to_owned(),
            reader => format!("reader{reader}@example.org"),
        };
        test_data::subscriber(reader)
            .email(&email)
            .insert(&app)
            .await;
        let failed = DeliveryState::Failed;
        test_data::delivery(id, reader)
            .state(failed)
            .insert(&app)
            .await;
        let said = match reader {
            1..=12 => (550, "5.1.1 no such user"),
            13 => (552, "5.2.2 mailbox is full"),
            _ => continue,
        };
        test_data::reply(&app, (id, reader), failed, said).await;
    }
    let here = format!("/staff/newsletters/{id}");
    let file = format!("{here}/not-delivered.csv");
    let site = Browser::on(&app);
    let mut approver = member(&app, &site, Role::Approver).await;
    let page = approver.get(&here).await.text;
    for (words, people) in [
        (
            "There is no such address, or it was closed",
            "12 people, of whom 10 stand here",
        ),
        ("The mailbox is full", "1 person"),
        ("Their mail server did not take it in time", "1 person"),
    ] {
        let group = format!("{words}</h3><p class=\"state\">{people}<");
        assert!(page.contains(&group), "{group}: {page}");
    }
    assert_eq!(page.matches("no such user").count(), 10, "{page}");
    assert!(!page.contains("reader1@example.org"), "{page}");
    // The file has all of them: with addresses in part for whoever may read, and whole for who may see them.
    let looks = "SELECT count(*) FROM audit WHERE action = 'newsletter.addresses'";
    let mut viewer = member(&app, &site, Role::Viewer).await;
    for browser in [&mut viewer, &mut approver] {
        let veiled = browser.get(&file).await;
        assert_eq!(veiled.text.lines().count(), 15, "{}", veiled.text);
        assert!(
            !veiled.text.contains("reader1@example.org"),
            "{}",
            veiled.text
        );
    }
    assert!(!viewer.get(&here).await.text.contains("whole addresses"));
    assert_eq!(number(&app, looks).await, 0);
    let whole = approver
        .submit(&here, &format!("{here}/not-delivered.csv"), &[])
        .await;
    assert!(whole.text.contains("reader1@example.org"), "{}", whole.text);
    assert!(
        whole
            .text
            .contains("\n'=cmd@example.org,The mailbox is full,"),
        "{}",
        whole.text
    );
    assert_eq!(number(&app, looks).await, 1);
}

#[tokio::test]
async fn the_list_of_staff_says_who_signed_in_when_and_whose_invitation_is_over() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    member(&app, &site, Role::Editor).await;
    invite(&app, &address("late@example.gov"), Role::Viewer, "operator")
        .await
        .unwrap();
    app.clock.advance_ms(25 * HOUR);
    invite(&app, &address("new@example.gov"), Role::Viewer, "operator")
        .await
        .unwrap();
    let mut admin = member(&app, &site, Role::Admin).await;
    site.another().sign_in("admin@example.gov", PASSWORD).await;
    let page = admin.get("/staff/people").await.text;
    let card = |email: &str| {
        let (_, rest) = page.split_once(&format!("<h3>{email}")).unwrap();
        rest.split("<h3>").next().unwrap().to_owned()
    };
    let late = card("late@example.gov");
    assert!(
        late.contains("invitation expired") && late.contains("Send a new one"),
        "{late}"
    );
    let new = card("new@example.gov");
    assert!(
        new.contains(" · invited") && !new.contains("expired"),
        "{new}"
    );
    let editor = card("editor@example.gov");
    assert!(
        editor.contains("Last signed in Tue, Feb 24, 2026, 9:00 a.m. PST"),
        "{editor}"
    );
    assert!(!editor.contains("signed in in"), "{editor}");
    let admin = card("admin@example.gov");
    assert!(admin.contains("signed in in 2 browsers"), "{admin}");
}

#[tokio::test]
async fn who_takes_the_new_text_sees_before_what_is_lost_and_gets_the_text_before_again() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let edit = format!("{here}/edit");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let own = [
        ("subject", "Ours"),
        ("text", "Written by hand."),
        ("action", "keep"),
    ];
    editor.submit(&edit, &edit, &own).await;
    test_data::newer_text(&app, (1, 2), "The site says this now.").await;

    let changes = format!("{here}/changes");
    let page = editor.get(&changes).await.text;
    let (_, ahead) = page.split_once("ahead-title").unwrap();
    assert!(
        ahead.contains("Written by hand.") && ahead.contains("stands below as removed"),
        "{page}"
    );
    let done = editor
        .submit(&changes, &format!("{here}/new-text"), &[("release", "1")])
        .await;
    assert_eq!(
        done.location(),
        format!("{here}?done=new-text"),
        "{}",
        done.text
    );
    let page = editor.get(done.location()).await.text;
    assert!(page.contains("The site says this now.") && page.contains("The text before is kept"));
    let page = editor.get(&edit).await.text;
    assert!(page.contains("Written by hand."), "{page}");
}
