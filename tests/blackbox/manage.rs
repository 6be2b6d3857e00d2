//! Managing a subscription without an old mail: a link comes to the mailbox, and only it changes an
//! address, gives out what is kept, and erases it.

use gazette::{
    clock::{DAY, HOUR},
    office::Office,
    subscribers,
};

use crate::app::{Mail, TestApp};

async fn ask_for_link(app: &TestApp, email: &str) -> String {
    let form = format!("email={}", email.replace('@', "%40"));
    let answer = app.post("/manage", &form).await;
    assert_eq!(answer.status(), 200);
    app.all_answered().await;
    answer.text().await.unwrap()
}

async fn newest(app: &TestApp, email: &str, part: &str) -> Mail {
    app.until("the mail with the link", async || {
        app.mails_to(email)
            .await
            .into_iter()
            .rev()
            .find(|mail| mail.text().contains(part))
    })
    .await
}

async fn manage_link(app: &TestApp, email: &str) -> String {
    ask_for_link(app, email).await;
    newest(app, email, "/manage/").await.link("/manage/")
}

/// The link without what follows it: for the addresses below it.
fn below(link: &str, what: &str) -> String {
    format!("{}/{what}", link.split('?').next().unwrap())
}

#[tokio::test]
async fn the_form_answers_alike_for_everybody_and_mails_only_who_is_known() {
    let app = TestApp::start().await;
    app.subscriber("conf@example.org").await;
    let never = app.sign_up("bloc@example.org").await;
    app.post(&never.link("/never/"), "").await;
    let mut answers = Vec::new();
    for email in ["conf@example.org", "bloc@example.org", "none@example.org"] {
        let page = ask_for_link(&app, email).await;
        answers.push(page.replace(email, "ADDRESS"));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    newest(&app, "conf@example.org", "/manage/").await;
    assert_eq!(app.mails_to("none@example.org").await.len(), 0);
    assert_eq!(app.mails_to("bloc@example.org").await.len(), 1);
    // Somebody else's fingers cannot fill a mailbox.
    for _ in 0..9 {
        ask_for_link(&app, "conf@example.org").await;
    }
    let sent = "SELECT count(*) FROM transactional_mail WHERE kind = 'subscription'";
    assert_eq!(app.count(sent).await, 3);
    app.stop().await;
}

#[tokio::test]
async fn the_link_shows_everything_for_two_days_and_then_leads_on() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let link = manage_link(&app, "ana@example.org").await;
    let page = app.get(&link).await.text().await.unwrap();
    for part in [
        "ana@example.org is subscribed.",
        "name=\"topic\" value=\"press\" checked",
        "Change your address",
        "Download my data",
        "Erase everything",
        "Unsubscribe from everything",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let copy: serde_json::Value = app.get(&below(&link, "copy")).await.json().await.unwrap();
    assert_eq!(copy["email"], "ana@example.org");
    assert_eq!(copy["events"][0]["event"], "requested");
    app.app.clock.advance_ms(49 * HOUR);
    let answer = app.get(&link).await;
    assert_eq!(answer.status(), 410);
    assert!(answer.text().await.unwrap().contains("Get a new link"));
    assert_eq!(app.get(&below(&link, "copy")).await.status(), 410);
    app.stop().await;
}

#[tokio::test]
async fn erasing_takes_a_tick_and_leaves_only_a_mark() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let link = manage_link(&app, "ana@example.org").await;
    app.post(&below(&link, "erase"), "").await;
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    let page = app.post(&below(&link, "erase"), "sure=yes").await;
    assert!(page.text().await.unwrap().contains("Your data is erased"));
    assert_eq!(app.status("ana@example.org").await, "unknown");
    let report = app.import(&["ana@example.org".to_owned()]).await;
    assert_eq!((report.imported, report.suppressed), (0, 1));
    app.stop().await;
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_confirms_and_the_evidence_stays_together() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    let link = manage_link(&app, "old@example.org").await;
    let answer = app.post(&below(&link, "address"), "new=nobody").await;
    assert_eq!(answer.status(), 422);
    let answer = app
        .post(&below(&link, "address"), "new=new%40example.org")
        .await;
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("We are sending an email to new@example.org"),
        "{page}"
    );
    let confirm = newest(&app, "new@example.org", "/new-address/")
        .await
        .link("/new-address/");
    // Opening changes nothing; and this link manages nothing.
    app.get(&confirm).await;
    assert_eq!(app.status("old@example.org").await, "confirmed");
    let wrong = confirm.replace("/new-address/", "/manage/");
    assert_eq!(app.get(&wrong).await.status(), 410);
    let page = app.post(&confirm, "").await.text().await.unwrap();
    assert!(page.contains("Your address is changed"), "{page}");
    assert_eq!(app.status("old@example.org").await, "unknown");
    let story = subscribers::evidence(&app.app, "new@example.org")
        .await
        .unwrap();
    let events = story["events"].as_array().unwrap();
    assert_eq!(events[0]["typed"], "old@example.org");
    assert_eq!(events.last().unwrap()["event"], "address_changed");
    let id = app.draft("After the change").await;
    assert_eq!(app.send(id).await.accepted, 1);
    assert_eq!(
        app.mails_to("new@example.org")
            .await
            .last()
            .unwrap()
            .subject(),
        "After the change"
    );
    assert_eq!(app.post(&confirm, "").await.status(), 410);
    app.stop().await;
}

#[tokio::test]
async fn a_mistyped_address_is_asked_back_wherever_one_is_typed() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    let link = manage_link(&app, "old@example.org").await;
    let address = below(&link, "address");
    for (path, field) in [("/manage", "email"), (address.as_str(), "new")] {
        let slip = format!("{field}=ana%40gmial.com");
        let page = app.post(path, &slip).await;
        assert_eq!(page.status(), 422, "{path}");
        let page = page.text().await.unwrap();
        assert!(page.contains("Did you mean ana@gmail.com?"), "{page}");
        assert!(
            page.contains(&format!("name=\"{field}\" value=\"ana@gmail.com\"")),
            "the correction is filled in: {page}"
        );
        // A name before it is no part of it, and cannot be kept.
        let pasted = format!("{field}=Ana+%3Cana%40example.org%3E");
        let page = app.post(path, &pasted).await.text().await.unwrap();
        assert!(page.contains("value=\"ana@example.org\""), "{page}");
        assert!(!page.contains("name=\"keep\""), "{page}");
        let kept = format!("{field}=ana%40gmail.com&keep=ana%40gmial.com");
        let page = app.post(path, &kept).await;
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.text().await.unwrap().contains("ana@gmial.com"));
    }
    newest(&app, "ana@gmial.com", "/new-address/").await;
    app.stop().await;
}

#[tokio::test]
async fn a_new_address_that_is_subscribed_already_takes_over_and_the_old_one_ends() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    let link = manage_link(&app, "old@example.org").await;
    app.post(&below(&link, "address"), "new=new%40example.org")
        .await;
    let confirm = newest(&app, "new@example.org", "/new-address/")
        .await
        .link("/new-address/");
    app.post(&confirm, "").await;
    assert_eq!(app.status("old@example.org").await, "unsubscribed");
    assert_eq!(app.status("new@example.org").await, "confirmed");
    let id = app.draft("Once").await;
    assert_eq!(app.send(id).await.accepted, 1);
    app.stop().await;
}

#[tokio::test]
async fn who_is_subscribed_and_signs_up_gets_a_link_to_choose_once_a_day() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    app.app.clock.advance_ms(HOUR);
    for _ in 0..3 {
        assert_eq!(app.submit("ana@example.org").await.status(), 200);
    }
    app.all_answered().await;
    let mail = newest(&app, "ana@example.org", "You are already subscribed").await;
    assert!(mail.subject().contains("You are already subscribed"));
    let page = app.get(&mail.link("/manage/")).await.text().await.unwrap();
    assert!(page.contains("ana@example.org is subscribed."));
    let sent = "SELECT count(*) FROM transactional_mail WHERE kind = 'subscription'";
    assert_eq!(app.count(sent).await, 1);
    app.app.clock.advance_ms(DAY + HOUR);
    app.submit("ana@example.org").await;
    app.all_answered().await;
    assert_eq!(app.count(sent).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn what_readers_say_of_themselves_is_shown_changed_and_taken_out_with_a_fresh_link() {
    let app = TestApp::start().await;
    let settings = [
        ("zip-codes", "92780-92782"),
        (
            "question-1",
            "How did you hear of us?; es=¿Cómo supo de nosotros?",
        ),
        ("question-2", "What matters most?"),
    ];
    Office::set_all(&app.app.db, "operator", &settings, 0)
        .await
        .unwrap();
    let form = "email=ana%40example.org&topic=press&zip=92780&about=At+a+town+hall&about=";
    app.post("/subscribe", form).await;
    app.all_answered().await;
    let asked = newest(&app, "ana@example.org", "/confirm/").await;
    app.post(&asked.link("/confirm/"), "").await;
    let link = manage_link(&app, "ana@example.org").await;
    let page = app.get(&link).await.text().await.unwrap();
    assert!(
        page.contains("value=\"92780\"") && page.contains("value=\"At a town hall\""),
        "{page}"
    );
    // In another language it is the same answer.
    let spanish = app
        .get(&format!("{}?lang=es", link.split('?').next().unwrap()))
        .await;
    let spanish = spanish.text().await.unwrap();
    assert!(spanish.contains("¿Cómo supo de nosotros?") && spanish.contains("At a town hall"));
    // What is no ZIP code changes nothing, and comes back as it was typed.
    let about = below(&link, "about");
    let answer = app.post(&about, "zip=Tustin&about=&about=Roads").await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("five digits")
            && page.contains("value=\"Tustin\"")
            && page.contains("value=\"Roads\"")
    );
    let kept = |app: &TestApp| {
        let app = app.app.clone();
        async move {
            subscribers::evidence(&app, "ana@example.org")
                .await
                .unwrap()
        }
    };
    assert_eq!(kept(&app).await["zip"], "92780");
    let answer = app.post(&about, "zip=92781-1234&about=&about=Roads").await;
    assert_eq!(answer.status(), 200);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("Your choice is saved.")
    );
    let now = kept(&app).await;
    assert_eq!(now["zip"], "92781");
    assert_eq!(
        now["answers"],
        serde_json::json!([["What matters most?", "Roads"]])
    );
    // Taken out, nothing of it is left.
    app.post(&about, "zip=&about=&about=").await;
    assert_eq!(app.count("SELECT count(*) FROM subscriber_about").await, 0);
    // A link of a newsletter, which people pass on, shows none of it.
    let id = app.draft("a-bridge-opens").await;
    app.send(id).await;
    let news = app.mails_to("ana@example.org").await.pop().unwrap();
    let page = app.get(&news.link("/p/")).await.text().await.unwrap();
    assert!(!page.contains("name=\"zip\"") && !page.contains("What matters most?"));
    app.stop().await;
}

#[tokio::test]
async fn whoever_loads_an_answer_again_or_in_another_language_meets_no_dead_end() {
    let app = TestApp::start().await;
    let confirmation = app.sign_up("bob@example.org").await.link("/confirm/");
    app.subscriber("ana@example.org").await;
    let manage = manage_link(&app, "ana@example.org").await;
    let id = app.draft("Before leaving").await;
    app.send(id).await;
    let mail = app.mails_to("ana@example.org").await.pop().unwrap();
    let leave = mail.one_click();
    let undo = leave.replace("/u/", "/undo/");
    assert_ne!(undo, leave);
    app.post(&leave, "").await;
    for (address, form, leads_to) in [
        (below(&confirmation, "again"), "", "/confirm/"),
        (undo, "", "name=\"topic\""),
        (
            below(&manage, "address"),
            "new=new%40example.org",
            "name=\"new\"",
        ),
        (below(&manage, "erase"), "", "name=\"sure\""),
        (below(&manage, "about"), "", "name=\"new\""),
    ] {
        let answer = app.post(&address, form).await;
        assert!(answer.status().is_success(), "{address}");
        let without_language = address.split('?').next().unwrap();
        let again = app.get(&format!("{without_language}?lang=es")).await;
        assert_eq!(again.status(), 200, "{address}");
        let page = again.text().await.unwrap();
        assert!(page.contains("<html lang=\"es\""), "{address}");
        assert!(page.contains(leads_to), "{address}: {page}");
    }
    app.stop().await;
}

#[tokio::test]
async fn nobody_learns_by_changes_of_address_who_never_wants_mail() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let never = app.sign_up("never@example.org").await;
    app.post(&never.link("/never/"), "").await;
    assert_eq!(app.status("never@example.org").await, "blocked");
    let link = manage_link(&app, "ana@example.org").await;
    let change = below(&link, "address");
    let mut told = Vec::new();
    for new in ["never", "other"] {
        let mut answers = Vec::new();
        for _ in 0..4 {
            let form = format!("new={new}%40example.org");
            let answer = app.post(&change, &form).await;
            let page = (answer.status().as_u16(), answer.text().await.unwrap());
            answers.push((page.0, page.1.replace(new, "X")));
        }
        told.push(answers);
        app.app.clock.advance_ms(25 * HOUR);
    }
    let codes: Vec<u16> = told[0].iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [200, 200, 200, 429]);
    assert_eq!(told[0], told[1]);
    let mailed = "SELECT count(*) FROM transactional_mail WHERE recipient = 'never@example.org' AND kind = 'subscription'";
    assert_eq!(app.count(mailed).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn an_old_link_of_an_address_that_was_joined_into_another_says_what_is_so_and_leads_there() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    let id = app.draft("Before the change").await;
    app.send(id).await;
    let old = app.mails_to("old@example.org").await.pop().unwrap();
    let theirs = app.mails_to("new@example.org").await.pop().unwrap();
    let manage = manage_link(&app, "old@example.org").await;
    app.post(&below(&manage, "address"), "new=new%40example.org")
        .await;
    let confirm = newest(&app, "new@example.org", "/new-address/").await;
    app.post(&confirm.link("/new-address/"), "").await;
    assert_eq!(app.status("old@example.org").await, "unsubscribed");
    for address in [old.link("/u/"), old.link("/p/"), manage] {
        let page = app.get(&address).await.text().await.unwrap();
        assert!(page.contains("moved to another address"), "{page}");
        assert!(page.contains("Send a link to the other address"), "{page}");
        assert!(!page.contains("new@example.org"), "{page}");
        assert!(!page.contains("You are unsubscribed"), "{page}");
    }
    // A mail program shows no page: the mailbox that is mailed hears of it.
    let answer = app
        .post(&old.one_click(), "List-Unsubscribe=One-Click")
        .await;
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.unwrap();
    assert!(page.contains("gets a link from us"), "{page}");
    assert!(!page.contains("new@example.org"), "{page}");
    let reached = newest(&app, "new@example.org", "/manage/").await;
    let shown = app.get(&reached.link("/manage/")).await;
    let shown = shown.text().await.unwrap();
    assert!(shown.contains("new@example.org is subscribed."), "{shown}");
    assert_eq!(app.status("new@example.org").await, "confirmed");
    for _ in 0..5 {
        app.post(&old.one_click(), "").await;
    }
    let mailed = "SELECT count(*) FROM transactional_mail WHERE kind = 'subscription' AND recipient = 'new@example.org'";
    assert_eq!(app.count(mailed).await, 4, "the change, and three links");
    // Whether the other one is subscribed is nobody's business who has the old mailbox only (H8).
    app.post(&theirs.one_click(), "").await;
    assert_eq!(app.status("new@example.org").await, "unsubscribed");
    app.app.clock.advance_ms(25 * HOUR);
    let again = app.post(&old.one_click(), "").await.text().await.unwrap();
    assert_eq!(again, page);
    assert_eq!(app.count(mailed).await, 4);
    app.stop().await;
}

#[tokio::test]
async fn who_comes_back_with_an_address_that_was_joined_leaves_there_again() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    let manage = manage_link(&app, "old@example.org").await;
    app.post(&below(&manage, "address"), "new=new%40example.org")
        .await;
    let confirm = newest(&app, "new@example.org", "/new-address/").await;
    app.post(&confirm.link("/new-address/"), "").await;
    app.app.clock.advance_ms(25 * HOUR);
    app.subscriber("old@example.org").await;
    let id = app.draft("After coming back").await;
    app.send(id).await;
    let mail = app.mails_to("old@example.org").await.pop().unwrap();
    let page = app.post(&mail.one_click(), "").await.text().await.unwrap();
    assert!(page.contains("You are unsubscribed"), "{page}");
    assert_eq!(app.status("old@example.org").await, "unsubscribed");
    app.stop().await;
}

#[tokio::test]
async fn a_new_address_that_confirms_after_leaving_is_told_so_and_where_to_sign_up() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    let link = manage_link(&app, "old@example.org").await;
    app.post(&below(&link, "address"), "new=new%40example.org")
        .await;
    let confirm = newest(&app, "new@example.org", "/new-address/").await;
    let confirm = confirm.link("/new-address/");
    subscribers::unsubscribe_address(&app.app, "old@example.org", "operator")
        .await
        .unwrap();
    for answer in [app.get(&confirm).await, app.post(&confirm, "").await] {
        assert_eq!(answer.status(), 410);
        let page = answer.text().await.unwrap();
        assert!(page.contains("Your address was not changed"), "{page}");
        assert!(page.contains("href=\"/?lang=en\""), "{page}");
        assert!(!page.contains("Press the button"), "{page}");
    }
    assert_eq!(app.status("new@example.org").await, "unknown");
    app.stop().await;
}

#[tokio::test]
async fn who_erases_an_address_leaves_no_trace_of_those_that_were_joined_into_it() {
    let app = TestApp::start().await;
    for email in [
        "first@example.org",
        "second@example.org",
        "third@example.org",
    ] {
        app.subscriber(email).await;
    }
    for (old, new) in [("first", "second"), ("second", "third")] {
        let link = manage_link(&app, &format!("{old}@example.org")).await;
        app.post(
            &below(&link, "address"),
            &format!("new={new}%40example.org"),
        )
        .await;
        let confirm = newest(&app, &format!("{new}@example.org"), "/new-address/").await;
        app.post(&confirm.link("/new-address/"), "").await;
    }
    assert_eq!(app.status("second@example.org").await, "unsubscribed");
    assert_eq!(app.status("third@example.org").await, "confirmed");
    let link = manage_link(&app, "third@example.org").await;
    app.post(&below(&link, "erase"), "sure=yes").await;
    for table in ["subscriber", "consent", "personal_link"] {
        let kept = format!("SELECT count(*) FROM {table}");
        assert_eq!(app.count(&kept).await, 0, "{table}");
    }
    app.stop().await;
}
