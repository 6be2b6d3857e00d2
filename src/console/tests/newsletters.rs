//! From draft to sent, by role and by the office's clock.

use gazette_templates::document::{Block, Direction, Document, Inline};

use super::*;
use crate::{
    delivery_state::{DeliveryState, Tls},
    newsletters::{self, NewsletterState},
    office::Office,
    subscribers::Status,
    test_data, values,
};

pub(super) async fn office(app: &App) {
    let settings = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@example.gov"),
        ("postal-address", "1 Main St, Tustin, CA"),
        ("time-zone", "America/Los_Angeles"),
    ];
    Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
}

/// A draft with one confirmed reader.
pub(super) async fn draft(app: &App) -> i64 {
    let document = Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![Block::Paragraph(vec![Inline::Text(
            "Hello there.".to_owned(),
        )])],
    };
    let document = serde_json::to_string(&document).unwrap();
    let now = app.clock.now_ms();
    let release = test_data::release(1).published_at(now).document(&document);
    release.insert(app).await;
    let reader = test_data::subscriber(1).email("ana@example.org");
    reader.since(now).insert(app).await;
    newsletters::draft(app, 1).await.unwrap()
}

async fn state(app: &App, id: i64) -> NewsletterState {
    newsletters::find(app, id).await.unwrap().state
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_draft_is_previewed_tested_approved_and_on_its_way() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let list = approver.get("/staff/newsletters").await;
    assert!(list.text.contains("Needs review") && list.text.contains("A bridge opens"));
    let page = approver.get(&here).await;
    assert!(
        page.text.contains("Hello there.") && page.text.contains("1 person"),
        "{}",
        page.text
    );
    assert_eq!(page.text.matches("button primary").count(), 1);
    assert!(!page.text.contains("class=\"primary\""));
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    assert_eq!(page.header("cache-control"), "no-store");

    let preview = approver.get(&format!("{here}/preview.html")).await;
    assert!(preview.text.contains("Hello there."));
    // In the list of checks stands the line that the mail has for mailboxes.
    assert!(
        preview.text.contains("mso-hide:all\">Hello there.</div>"),
        "{}",
        preview.text
    );
    assert!(
        page.text.contains("In a mailbox: ")
            && page
                .text
                .contains("<span class=\"muted\">Hello there.</span>"),
        "{}",
        page.text
    );
    let policy = preview.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script-src"),
        "{policy}"
    );

    let subject = [("subject", "A new bridge opens")];
    let done = approver
        .submit(&here, &format!("{here}/subject"), &subject)
        .await;
    assert_eq!(done.location(), format!("{here}?done=subject"));
    let done = approver.submit(&here, &format!("{here}/test"), &[]).await;
    assert_eq!(done.location(), format!("{here}?done=test"));
    let tests = "SELECT count(*) FROM transactional_mail WHERE kind = 'test' AND recipient = 'approver@example.gov'";
    assert_eq!(number(&app, tests).await, 1);

    // It is asked once more, in words, before anything is decided.
    let review = format!("{here}/review");
    let asked = approver.get(&review).await;
    for words in [
        "Send this to 1 person?",
        "A new bridge opens",
        "who asked for Press releases",
        "English",
        "Office of Rep. Jane Doe &lt;news@example.gov&gt;",
        "Now, after 60 seconds in which you can undo it",
        "Approve and send to 1 person",
    ] {
        assert!(asked.text.contains(words), "{words}: {}", asked.text);
    }
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
    let approve = format!("{here}/approve");
    let done = approver.submit(&review, &approve, &[]).await;
    assert_eq!(done.location(), format!("{here}?done=approved"));
    assert_eq!(state(&app, id).await, NewsletterState::Approved);
    let page = approver.get(done.location()).await;
    assert!(page.text.contains("id=\"done\" tabindex=\"-1\""));
    assert!(page.text.contains("Sending begins in") && page.text.contains(">1:00<"));
    assert_eq!(page.text.matches("class=\"primary\">Undo<").count(), 1);
    // Undone, and decided again.
    let undone = approver.submit(&here, &format!("{here}/undo"), &[]).await;
    assert_eq!(undone.location(), format!("{here}?done=undone"));
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
    approver.submit(&review, &approve, &[]).await;
    app.clock.advance_ms(60_000);
    newsletters::start_due(&app).await.unwrap();
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
    let late = approver.submit(&here, &format!("{here}/undo"), &[]).await;
    assert_eq!(late.status, 409);
    let page = approver.get(&here).await;
    assert!(page.text.contains("Pause sending"));
    assert_eq!(approver.get(&review).await.location(), here);
    // An old page's button says what has become of it, and changes nothing.
    let again = approver
        .submit(&here, &format!("{here}/approve"), &[])
        .await;
    assert_eq!(again.status, 409);
    assert!(
        again
            .text
            .contains("It is approved already: sending began at 9:01 a.m. You can pause it."),
        "{}",
        again.text
    );

    for (button, becomes) in [
        ("pause", NewsletterState::Paused),
        ("resume", NewsletterState::Sending),
        ("cancel", NewsletterState::Cancelled),
    ] {
        if button == "cancel" {
            let confirm = approver.get(&format!("{here}/cancel")).await;
            assert!(confirm.text.contains("cannot be undone"));
            assert_eq!(state(&app, id).await, NewsletterState::Sending);
        }
        approver
            .submit(&here, &format!("{here}/{button}"), &[])
            .await;
        assert_eq!(state(&app, id).await, becomes, "{button}");
    }
    for action in ["rename", "test", "pause", "resume", "cancel"] {
        let lines = format!(
            "SELECT count(*) FROM audit WHERE who = 'approver@example.gov' AND action = 'newsletter.{action}' AND object = 'newsletter/{id}'"
        );
        assert_eq!(number(&app, &lines).await, 1, "{action}");
    }
}

#[tokio::test]
async fn s2_who_approves_says_how_long_it_is_tried() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let own = async || newsletters::find(&app, id).await.unwrap().deadline_hours;
    let page = approver.get(&format!("{here}/review")).await;
    assert!(page.text.contains("Empty: 72, as for all newsletters."));
    for wrong in ["0", "121", "soon"] {
        let refused = approver
            .submit(&here, &format!("{here}/approve"), &[("deadline", wrong)])
            .await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.text.contains("1 to 120 hours"));
    }
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
    let later = [("at", "2026-03-02T09:00"), ("deadline", "6")];
    let done = approver
        .submit(&here, &format!("{here}/schedule"), &later)
        .await;
    assert_eq!(done.location(), format!("{here}?done=scheduled"));
    assert_eq!(own().await, Some(6));
    let page = approver.get(&here).await;
    assert!(page.text.contains("value=\"6\""), "{}", page.text);
    // Emptied, it is the office's again; the form of an old page says nothing about it.
    approver
        .submit(&here, &format!("{here}/send"), &[("deadline", "")])
        .await;
    assert_eq!(own().await, None);
    app.clock.advance_ms(60_000);
    newsletters::start_due(&app).await.unwrap();
    let newsletter = newsletters::find(&app, id).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Sending);
    assert_eq!(
        newsletter
            .deadline_at
            .unwrap()
            .duration_since(newsletter.started_at.unwrap()),
        jiff::SignedDuration::from_hours(72)
    );
}

#[tokio::test]
async fn a_test_that_goes_to_a_colleague_is_said_to_go_there_and_a_stranger_gets_none() {
    let (app, _place) = instance().await;
    office(&app).await;
    let here = format!("/staff/newsletters/{}", draft(&app).await);
    let (site, test) = (Browser::on(&app), format!("{here}/test"));
    let mut editor = member(&app, &site, Role::Editor).await;
    member(&app, &site, Role::Viewer).await;
    for (to, said, logged) in [
        (
            "viewer@example.gov",
            "to the person you chose",
            "to v…@example.gov",
        ),
        ("editor@example.gov", "to you", "to e…@example.gov"),
        ("stranger@example.org", "to you", "to e…@example.gov"),
    ] {
        let done = editor.submit(&here, &test, &[("to", to)]).await;
        let page = editor.get(done.location()).await.text;
        assert!(
            page.contains(&format!("on its way {said}.")),
            "{to}: {page}"
        );
        let last =
            "SELECT details FROM audit WHERE action = 'newsletter.test' ORDER BY id DESC LIMIT 1";
        let last: Option<String> = db::scalar(app.db.pool(), last, []).await.unwrap();
        assert_eq!(last.as_deref(), Some(logged));
    }
    let strangers =
        "SELECT count(*) FROM transactional_mail WHERE recipient = 'stranger@example.org'";
    assert_eq!(number(&app, strangers).await, 0);
}

#[tokio::test]
async fn f10_a_newsletter_goes_out_at_the_offices_time_also_in_the_nights_of_the_change() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let path = format!("{here}/schedule");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    for (at, says) in [
        (
            "2026-03-08T02:30",
            "choose a time before 2:00 a.m. or from 3:00 a.m. on",
        ),
        ("2026-11-01T01:30", "Which of the two?"),
        ("2026-02-24T08:59", "That time is past"),
        ("soon", "Enter a date and a time"),
    ] {
        let page = approver.submit(&here, &path, &[("at", at)]).await;
        assert_eq!(page.status, 422, "{at}");
        assert!(
            page.text.contains(says) && page.text.contains("aria-invalid=\"true\""),
            "{at}: {}",
            page.text
        );
        assert!(
            page.text.contains(&format!("value=\"{at}\"")),
            "{at} is kept"
        );
        assert_eq!(state(&app, id).await, NewsletterState::Draft);
    }
    // So far ahead it is asked once more, for this very time.
    let at = "2026-11-01T01:30";
    let far = [
        ("at", at),
        ("fold", "second"),
        ("far_off", "2026-11-02T01:30"),
    ];
    let asked = approver.submit(&here, &path, &far).await;
    assert_eq!(asked.status, 422);
    for words in [
        "November 1, 2026 is 249 days away",
        "Yes, it is to go out on November 1, 2026.",
        "name=\"far_off\" value=\"2026-11-01T01:30\"",
    ] {
        assert!(asked.text.contains(words), "{words}: {}", asked.text);
    }
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
    let fields = [("at", at), ("fold", "second"), ("far_off", at)];
    let done = approver.submit(&here, &path, &fields).await;
    assert_eq!(done.location(), format!("{here}?done=scheduled"));
    let newsletter = newsletters::find(&app, id).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Approved);
    assert_eq!(
        newsletter.scheduled_at.unwrap().to_string(),
        "2026-11-01T09:30:00Z"
    );
    let page = approver.get(&here).await;
    assert!(
        page.text.contains("Sun, Nov 1, 2026, 1:30 a.m. PST"),
        "{}",
        page.text
    );
}

type Fields = Vec<(&'static str, &'static str)>;

/// Every form: who may send it, where it goes, what is in it.
#[allow(
    clippy::too_many_lines,
    reason = "every form of the console, one by one"
)]
fn forms(here: &str) -> Vec<(Role, String, Fields)> {
    vec![
        (
            Role::Editor,
            format!("{here}/subject"),
            vec![("subject", "Changed")],
        ),
        (Role::Editor, format!("{here}/test"), vec![]),
        (
            Role::Editor,
            format!("{here}/edit"),
            vec![
                ("subject", "Changed"),
                ("text", "x"),
                ("revision", "0"),
                ("action", "keep"),
            ],
        ),
        (
            Role::Editor,
            format!("{here}/correct"),
            vec![("release", "1")],
        ),
        (Role::Editor, format!("{here}/new-text"), vec![]),
        (
            Role::Editor,
            "/staff/releases/new".to_owned(),
            vec![("subject", "x"), ("text", "x"), ("action", "keep")],
        ),
        (
            Role::Editor,
            "/staff/releases/paste".to_owned(),
            vec![("html", "x")],
        ),
        (
            Role::Editor,
            "/staff/releases/blocks".to_owned(),
            vec![("text", "x")],
        ),
        (
            Role::Approver,
            "/staff/releases/1/release".to_owned(),
            vec![],
        ),
        (Role::Approver, "/staff/releases/1/drop".to_owned(), vec![]),
        (
            Role::Editor,
            format!("{here}/press"),
            vec![("news_release", "yes")],
        ),
        (
            Role::Editor,
            "/staff/press-list".to_owned(),
            vec![("lines", "e@x.org"), ("origin", "x")],
        ),
        (
            Role::Editor,
            "/staff/press-list/remove".to_owned(),
            vec![("contact", "1")],
        ),
        (
            Role::Approver,
            "/staff/press-list/addresses".to_owned(),
            vec![],
        ),
        (Role::Approver, format!("{here}/addresses"), vec![]),
        (
            Role::Admin,
            "/staff/house/elections".to_owned(),
            vec![
                ("day", "2026-11-03"),
                ("kind", "general"),
                ("name", "x"),
                ("candidate", "yes"),
            ],
        ),
        (
            Role::Admin,
            "/staff/house/elections/1/remove".to_owned(),
            vec![],
        ),
        (Role::Approver, format!("{here}/approve"), vec![]),
        (
            Role::Approver,
            format!("{here}/schedule"),
            vec![("at", "2026-03-02T09:00")],
        ),
        (Role::Approver, format!("{here}/undo"), vec![]),
        (
            Role::Approver,
            format!("{here}/reschedule"),
            vec![("at", "2026-03-02T09:00")],
        ),
        (Role::Editor, format!("{here}/request-review"), vec![]),
        (
            Role::Editor,
            format!("{here}/comment"),
            vec![("comment", "x")],
        ),
        (Role::Approver, format!("{here}/send"), vec![]),
        (Role::Approver, format!("{here}/pause"), vec![]),
        (Role::Approver, format!("{here}/resume"), vec![]),
        (Role::Approver, format!("{here}/send-failed"), vec![]),
        (Role::Approver, format!("{here}/cancel"), vec![]),
        (
            Role::Admin,
            "/staff/settings".to_owned(),
            vec![("name", "Eve")],
        ),
        (
            Role::Admin,
            "/staff/sources".to_owned(),
            vec![("url", "https://x.org/feed/"), ("policy", "auto")],
        ),
        (Role::Admin, "/staff/sources/1/remove".to_owned(), vec![]),
        (
            Role::Admin,
            "/staff/sources/1/settings".to_owned(),
            vec![("policy", "auto")],
        ),
        (
            Role::Admin,
            "/staff/subscribers".to_owned(),
            vec![("email", "ana@example.org")],
        ),
        (
            Role::Admin,
            "/staff/subscribers/unsubscribe".to_owned(),
            vec![("email", "ana@example.org")],
        ),
        (
            Role::Admin,
            "/staff/people".to_owned(),
            vec![("email", "e@x.org"), ("role", "admin")],
        ),
        (
            Role::Admin,
            "/staff/people/1/role".to_owned(),
            vec![("role", "admin")],
        ),
        (Role::Admin, "/staff/people/1/link".to_owned(), vec![]),
        (Role::Admin, "/staff/people/1/disable".to_owned(), vec![]),
        (Role::Admin, "/staff/people/1/enable".to_owned(), vec![]),
        (Role::Editor, "/staff/returns/file".to_owned(), vec![]),
        (Role::Editor, "/staff/returns/1/file".to_owned(), vec![]),
        (Role::Editor, "/staff/returns/1/undo".to_owned(), vec![]),
        (Role::Admin, "/staff/returns/test".to_owned(), vec![]),
        (
            Role::Admin,
            "/staff/returns/mailbox".to_owned(),
            vec![
                ("host", ""),
                ("port", "993"),
                ("user", "x"),
                ("password", "x"),
                ("folder", "INBOX"),
            ],
        ),
        (
            Role::Admin,
            "/staff/returns/mailbox/remove".to_owned(),
            vec![],
        ),
    ]
}

#[tokio::test]
async fn each_role_may_do_its_own_and_no_more() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let site = Browser::on(&app);
    let forms = forms(&here);
    let pages = [
        (Role::Viewer, here.clone()),
        (Role::Viewer, format!("{here}/preview.html")),
        (Role::Viewer, format!("{here}/progress")),
        (Role::Viewer, "/staff/password".to_owned()),
        (Role::Viewer, "/staff/subscribers".to_owned()),
        (Role::Viewer, "/staff/releases".to_owned()),
        (Role::Viewer, format!("{here}/changes")),
        (Role::Editor, format!("{here}/edit")),
        (Role::Editor, "/staff/releases/new".to_owned()),
        (Role::Viewer, "/staff/house".to_owned()),
        (
            Role::Viewer,
            "/staff/house/report.csv?quarter=2026Q1".to_owned(),
        ),
        (Role::Viewer, "/staff/press-list".to_owned()),
        (Role::Viewer, format!("{here}/mail.eml")),
        (Role::Approver, format!("{here}/cancel")),
        (Role::Approver, format!("{here}/review")),
        (Role::Admin, "/staff/settings".to_owned()),
        (Role::Admin, "/staff/people".to_owned()),
        (Role::Admin, "/staff/audit".to_owned()),
        (Role::Viewer, "/staff/returns".to_owned()),
        (Role::Admin, "/staff/returns/setup".to_owned()),
        (Role::Admin, "/staff/audit.csv".to_owned()),
        (Role::Viewer, "/staff/notices".to_owned()),
    ];
    let mut nobody = site.another();
    for (_, path) in &pages {
        assert!(
            nobody
                .get(path)
                .await
                .location()
                .starts_with("/staff/login?next="),
            "{path}"
        );
    }
    for role in Role::ALL {
        let mut browser = member(&app, &site, role).await;
        for (needed, path) in &pages {
            let allowed = browser.get(path).await.status == 200;
            assert_eq!(allowed, role >= *needed, "{role} {path}");
        }
        let token = browser.get(&here).await.token();
        // What a role must not do, it cannot do; what it may do is shown by the other tests.
        for (needed, path, fields) in forms.iter().filter(|(needed, ..)| role < *needed) {
            let mut fields: Vec<(&str, &str)> = fields.clone();
            fields.push(("form_token", &token));
            let page = browser.post(path, &fields).await;
            assert_eq!(page.status, 403, "{role} {path}");
            assert!(
                page.text.contains(needed.as_str()),
                "{role} {path}: {}",
                page.text
            );
        }
    }
    let newsletter = newsletters::find(&app, id).await.unwrap();
    assert_eq!(
        (newsletter.state, newsletter.subject.as_str()),
        (NewsletterState::Draft, "A bridge opens")
    );
    assert_eq!(
        Office::load(&app.db).await.unwrap().name,
        "Office of Rep. Jane Doe"
    );
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 4);
}

#[tokio::test]
async fn an_office_that_is_not_set_up_says_so_and_sends_nothing() {
    let (app, _place) = instance().await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let list = admin.get("/staff/newsletters").await;
    assert!(list.text.contains("No mail can go out yet"));
    let page = admin.submit(&here, &format!("{here}/approve"), &[]).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text.contains("postal address is not set"),
        "{}",
        page.text
    );
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
}

#[tokio::test]
async fn a_newsletter_that_is_not_there_is_a_404() {
    let (app, _place) = instance().await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    for path in [
        "/staff/newsletters/99",
        "/staff/newsletters/99/progress",
        "/staff/nowhere",
    ] {
        assert_eq!(viewer.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn c5_what_a_check_stops_goes_out_only_when_somebody_says_that_they_saw_it() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    approver
        .submit(
            &here,
            &format!("{here}/subject"),
            &[("subject", "Please donate")],
        )
        .await;
    let page = approver.get(&format!("{here}/review")).await;
    assert!(
        page.text
            .contains("I have seen what the checks say about: Campaigning and fundraising.")
    );
    let page = approver.get(&here).await;
    assert!(
        page.text.contains("Please donate…” in the subject"),
        "{}",
        page.text
    );

    let approve = format!("{here}/approve");
    for seen in [vec![], vec![("seen", "links")]] {
        let answer = approver.submit(&here, &approve, &seen).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("tick that you have seen it"));
    }
    let later = format!("{here}/schedule");
    let answer = approver
        .submit(&here, &later, &[("at", "2026-03-02T09:00")])
        .await;
    assert_eq!(answer.status, 422);
    assert_eq!(state(&app, id).await, NewsletterState::Draft);

    let seen = [("seen", "house-rules")];
    approver.submit(&here, &approve, &seen).await;
    assert_ne!(state(&app, id).await, NewsletterState::Draft);
    let log =
        "SELECT count(*) FROM audit WHERE action = 'newsletter.seen' AND details = 'house-rules'";
    assert_eq!(number(&app, log).await, 1);
}

#[tokio::test]
async fn e6_a_preview_with_pictures_off_lets_the_browser_fetch_none() {
    let (app, _place) = instance().await;
    let id = draft(&app).await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let at = format!("/staff/newsletters/{id}/preview.html");
    let policy = |page: browser::Page| page.header("content-security-policy").to_owned();
    assert!(policy(viewer.get(&at).await).contains("img-src https:"));
    assert!(!policy(viewer.get(&format!("{at}?pictures=off")).await).contains("img-src"));
}

#[tokio::test]
async fn what_did_not_arrive_is_told_with_the_relays_words_its_name_and_the_next_try() {
    use DeliveryState::{Deferred, Failed, Withdrawn};
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    newsletters::approve(&app, id, "operator", None, 0)
        .await
        .unwrap();
    for (id, email, status) in [
        (2, "bob@example.org", Status::Confirmed),
        (3, "eve@example.org", Status::Unsubscribed),
    ] {
        let reader = test_data::subscriber(id).email(email).status(status);
        reader.insert(&app).await;
    }
    let next_try: crate::clock::Timestamp = "2026-11-24T20:30:00Z".parse().unwrap();
    test_data::relay(&app, 7, "mx.example.gov:587").await;
    let next_try = next_try.as_millisecond();
    for delivery in [
        test_data::delivery(id, 1)
            .state(Deferred)
            .attempts(2)
            .at(next_try)
            .by(7, Tls::V1_3),
        test_data::delivery(id, 2)
            .state(Failed)
            .at(0)
            .by(7, Tls::None),
        test_data::delivery(id, 3).state(Withdrawn).at(0),
    ] {
        delivery.insert(&app).await;
    }
    test_data::reply(&app, (id, 1), Deferred, (451, "4.7.1 not now")).await;
    let not_here = "5.1.1 not here: see https://x.example/?a=BOB%40example.org, bob=example.org";
    test_data::reply(&app, (id, 2), Failed, (550, not_here)).await;
    let queued = "UPDATE newsletter SET total = 3, enqueued_to = 3 WHERE id = $1";
    app.db.execute(queued, values![id]).await.unwrap();
    let here = format!("/staff/newsletters/{id}");
    let whole = format!("{here}/addresses");
    for role in [Role::Viewer, Role::Editor] {
        let mut below = member(&app, &Browser::on(&app), role).await;
        let page = below.get(&here).await.text;
        assert!(page.contains("<td>b…@example.org</td>"), "{page}");
        assert!(!page.to_lowercase().contains("bob"), "{role}: {page}");
        let file = below.get(&format!("{here}/not-delivered.csv")).await.text;
        assert!(file.contains("b…@example.org"), "{file}");
        assert!(!file.to_lowercase().contains("bob"), "{role}: {file}");
        assert!(!page.contains("Show the addresses"), "{role}");
        assert_eq!(below.submit(&here, &whole, &[]).await.status, 403);
    }
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    assert!(!approver.get(&here).await.text.contains("bob@example.org"));
    let page = approver.submit(&here, &whole, &[]).await.text;
    let look = "SELECT count(*) FROM audit WHERE action = 'newsletter.addresses' AND who = 'approver@example.gov'";
    assert_eq!(number(&app, look).await, 1);
    let row = |email: &str| {
        let (before, row) = page.split_once(&format!("<td>{email}</td>")).unwrap();
        // The reason stands above the rows that it is true of.
        let (_, reason) = before.rsplit_once("<h3").unwrap();
        let reason = reason.split_once("</h3>").unwrap().0;
        format!("{reason} {}", row.split_once("</tr>").unwrap().0)
    };
    for (email, parts) in [
        (
            "ana@example.org",
            [
                "Not yet: being retried",
                "12:30",
                "451 4.7.1 not now",
                "(mx.example.gov:587, TLS 1.3)",
            ],
        ),
        (
            "bob@example.org",
            [
                "There is no such address, or it was closed",
                "1969",
                "550 5.1.1 not here",
                "(mx.example.gov:587, in the clear)",
            ],
        ),
        (
            "eve@example.org",
            ["Unsubscribed before delivery", "1969", "", "<td></td>"],
        ),
    ] {
        for part in parts {
            assert!(row(email).contains(part), "{part}: {}", row(email));
        }
    }
}

#[tokio::test]
async fn who_approves_a_text_that_was_changed_since_they_opened_the_page_is_told_so_and_nothing_is_sent()
 {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let approve = format!("{here}/approve");
    let browser = Browser::on(&app);
    let mut approver = member(&app, &browser, Role::Approver).await;
    assert_eq!(approver.get(&here).await.revision().as_deref(), Some("0"));
    let mut editor = member(&app, &browser, Role::Editor).await;
    let subject = [("subject", "The bridge is closed")];
    editor
        .submit(&here, &format!("{here}/subject"), &subject)
        .await;
    // The page of before, a form that names no text, and one that names a text to come.
    for seen in ["0", "", "2"] {
        let stale = [("revision", seen)];
        let page = approver.submit(&here, &approve, &stale).await;
        let status = page.status;
        assert!(
            status == 409 || (seen.is_empty() && status == 422),
            "{status}"
        );
        assert_eq!(state(&app, id).await, NewsletterState::Draft);
        if status == 409 {
            assert!(
                page.text
                    .contains("changed the text after you opened this page")
            );
            assert!(
                page.text.contains("The bridge is closed"),
                "what it says now"
            );
            assert_eq!(page.revision().as_deref(), Some("1"));
        }
    }
    for nothing in [
        "SELECT count(*) FROM delivery",
        "SELECT count(*) FROM audit WHERE action = 'newsletter.approve'",
    ] {
        assert_eq!(number(&app, nothing).await, 0, "{nothing}");
    }
    // The same for a later time. Whoever reads the page anew approves what they see, and the audit
    // log says of which text.
    let later = [("revision", "0"), ("at", "2026-03-02T09:00")];
    let page = approver
        .submit(&here, &format!("{here}/schedule"), &later)
        .await;
    assert_eq!(page.status, 409, "{}", page.text);
    let done = approver.submit(&here, &approve, &[]).await;
    assert_eq!(done.location(), format!("{here}?done=approved"));
    let of_text = "SELECT count(*) FROM audit WHERE action = 'newsletter.approve' AND details LIKE '%revision 1, sha256 %'";
    assert_eq!(number(&app, of_text).await, 1);
}

#[tokio::test]
async fn where_the_office_wants_four_eyes_an_author_is_offered_no_other_time_for_what_a_colleague_approved()
 {
    let (app, _place) = instance().await;
    office(&app).await;
    Office::set_all(&app.db, "operator", &[("four-eyes", "true")], 0)
        .await
        .unwrap();
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let site = Browser::on(&app);
    let mut author = member(&app, &site, Role::Approver).await;
    let mut colleague = member(&app, &site, Role::Admin).await;
    let subject = [("subject", "The bridge is closed")];
    author
        .submit(&here, &format!("{here}/subject"), &subject)
        .await;
    let at = [("at", "2026-03-02T09:00")];
    let approved = colleague
        .submit(&format!("{here}/review"), &format!("{here}/schedule"), &at)
        .await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    for (browser, is_offered) in [(&mut author, false), (&mut colleague, true)] {
        let page = browser.get(&here).await.text;
        assert!(page.contains("Back to draft"), "{page}");
        for control in [format!("{here}/reschedule"), format!("{here}/send\"")] {
            assert_eq!(page.contains(&control), is_offered, "{control}: {page}");
        }
    }
    // From a page of before: what is said can be followed.
    let seen = [("revision", "1")];
    let refused = author.submit(&here, &format!("{here}/send"), &seen).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("take it back to draft"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn the_page_that_asks_once_more_offers_no_button_where_nobody_would_get_it() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let asks = approver.get(&format!("{here}/review")).await.text;
    assert!(
        asks.contains(&format!("action=\"{here}/approve\"")),
        "{asks}"
    );
    app.db
        .execute("DELETE FROM subscription", [])
        .await
        .unwrap();
    let page = approver.get(&format!("{here}/review")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Nobody would get it"), "{}", page.text);
    assert!(page.text.contains(&format!("href=\"{here}\"")));
    for button in ["approve", "schedule"] {
        let form = format!("action=\"{here}/{button}\"");
        assert!(!page.text.contains(&form), "{button}: {}", page.text);
    }
}

#[tokio::test]
async fn of_one_release_in_two_languages_each_page_says_who_reads_it_and_of_two_topics_that_there_are_two()
 {
    let (app, _place) = instance().await;
    office(&app).await;
    Office::set_all(&app.db, "operator", &[("languages", "en,es")], 0)
        .await
        .unwrap();
    for (id, language) in [(1, "en"), (2, "es")] {
        let text = test_data::paragraph("Hello.");
        let text = text.replace(r#""language":"en""#, &format!(r#""language":"{language}""#));
        test_data::release(id).document(&text).insert(&app).await;
    }
    let english = crate::newsletters::draft(&app, 1).await.unwrap();
    let spanish = crate::newsletters::draft(&app, 2).await.unwrap();
    crate::newsletters::join_versions(&app, 1, 2, "ana")
        .await
        .unwrap();
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    for (id, language) in [(english, "English"), (spanish, "Spanish")] {
        let page = viewer.get(&format!("/staff/newsletters/{id}")).await.text;
        assert!(!page.contains("under other topics"), "{page}");
        let said = format!("It goes to those who read {language}.");
        assert!(page.contains(&said), "{page}");
    }
    let other = test_data::topic(&app, "other").await;
    for (id, topic) in [(20, test_data::FIRST_TOPIC), (21, other)] {
        let draft = test_data::newsletter(&format!("Of topic {topic}"))
            .id(id)
            .topic(topic);
        draft.edition(20).says("Hello.").insert(&app).await;
    }
    let page = viewer.get("/staff/newsletters/20").await.text;
    assert!(page.contains("under other topics"), "{page}");
    assert!(!page.contains("It goes to those who read"), "{page}");
}
