//! Managing a subscription without an old mail: a link comes to the mailbox, and only it changes an
//! address, gives out what is kept, and erases it.

use gazette::{
    clock::{DAY, HOUR, MINUTE},
    evidence_seal,
    office::Office,
    returns::{self, ReturnState, ReturnWay},
    subscribers, values,
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
    let newsletter = app.draft("What was mailed").await;
    app.send(newsletter).await;
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
    assert_eq!(copy["deliveries"][0]["subject"], "What was mailed");
    assert_eq!(copy["deliveries"][0]["state"], "accepted");
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
    // Who presses twice is told the same, and nothing happens again.
    let again = app.post(&confirm, "").await.text().await.unwrap();
    assert_eq!(again, page);
    let told = subscribers::evidence(&app.app, "new@example.org").await;
    assert_eq!(
        told.unwrap()["events"].as_array().unwrap().len(),
        events.len()
    );
    // Once they have left it is over.
    subscribers::unsubscribe_address(&app.app, "new@example.org", "operator")
        .await
        .unwrap();
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

/// The subscription of `old` moves to `new`.
async fn change(app: &TestApp, old: &str, new: &str) {
    let link = manage_link(app, old).await;
    let form = format!("new={}", new.replace('@', "%40"));
    app.post(&below(&link, "address"), &form).await;
    let confirm = newest(app, new, "/new-address/").await;
    let page = app.post(&confirm.link("/new-address/"), "").await;
    assert!(page.text().await.unwrap().contains("address is changed"));
}

/// What a mail program sends whose reader presses "Unsubscribe" and that knows mail only.
async fn unsubscribe_by_mail(app: &TestApp, newsletter: &Mail) -> returns::Receipt {
    let token = newsletter.one_click();
    let token = token.rsplit('/').next().unwrap();
    let letter = format!(
        "From: <x@example.org>\r\nTo: <unsub+{token}@bounce.example.gov>\r\nSubject: unsubscribe\r\n\r\n\r\n"
    );
    let came = returns::receive(&app.app, ReturnWay::Listener, letter.as_bytes()).await;
    came.unwrap().1
}

#[tokio::test]
async fn h9_a_mail_to_leave_for_an_address_that_was_joined_says_so_and_mails_the_way_to_the_other()
{
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    let id = app.draft("Before the change").await;
    app.send(id).await;
    let mail = app.mails_to("old@example.org").await.pop().unwrap();
    change(&app, "old@example.org", "new@example.org").await;
    let receipt = unsubscribe_by_mail(&app, &mail).await;
    assert_eq!(receipt.state, ReturnState::Noted);
    assert!(
        receipt.why.contains("moved to another address"),
        "{}",
        receipt.why
    );
    assert_eq!(app.status("new@example.org").await, "confirmed");
    let reached = newest(&app, "new@example.org", "/manage/").await;
    let page = app
        .get(&reached.link("/manage/"))
        .await
        .text()
        .await
        .unwrap();
    let (_, form) = page.split_once("action=\"/unsubscribe/").unwrap();
    let path = form.split('"').next().unwrap();
    app.post(&app.app.link(&format!("/unsubscribe/{path}")), "all=yes")
        .await;
    assert_eq!(app.status("new@example.org").await, "unsubscribed");
    // Whether that one is subscribed is nobody's business who has the old mailbox only (H8).
    let again = unsubscribe_by_mail(&app, &mail).await;
    assert!(!again.why.contains("new@example.org"));
    app.stop().await;
}

#[tokio::test]
async fn h9_a_mail_to_leave_leaves_what_one_click_on_the_same_newsletter_leaves() {
    let app = TestApp::start().await;
    app.topic("veterans", "Veterans").await;
    for email in ["ana@example.org", "bob@example.org"] {
        let both = "topic=press&topic=veterans";
        let form = format!("email={}&{both}", email.replace('@', "%40"));
        app.post("/subscribe", &form).await;
        app.all_answered().await;
        let asked = newest(&app, email, "/confirm/").await;
        app.post(&asked.link("/confirm/"), "").await;
    }
    let id = app.draft("Press news").await;
    app.send(id).await;
    let by_mail = app.mails_to("ana@example.org").await.pop().unwrap();
    let by_click = app.mails_to("bob@example.org").await.pop().unwrap();
    assert_eq!(
        unsubscribe_by_mail(&app, &by_mail).await.state,
        ReturnState::Acted
    );
    app.post(&by_click.one_click(), "List-Unsubscribe=One-Click")
        .await;
    for email in ["ana@example.org", "bob@example.org"] {
        let kept = subscribers::evidence(&app.app, email).await.unwrap();
        assert_eq!(kept["status"], "confirmed", "{email}");
        assert_eq!(kept["topics"], serde_json::json!(["veterans"]), "{email}");
        let left = kept["events"].as_array().unwrap().last().unwrap();
        assert_eq!(left["event"], "topic_left", "{email}");
        assert_eq!(left["topics_left"], serde_json::json!(["press"]), "{email}");
    }
    // With the next one nothing is left.
    let id = app.draft("News for veterans").await;
    let topic = "UPDATE newsletter SET topic_id = (SELECT id FROM topic WHERE slug = 'veterans') WHERE id = $1";
    app.app.db.execute(topic, values![id]).await.unwrap();
    app.send(id).await;
    let last = app.mails_to("ana@example.org").await.pop().unwrap();
    assert_eq!(
        unsubscribe_by_mail(&app, &last).await.state,
        ReturnState::Acted
    );
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.stop().await;
}

/// How many rows anywhere in what tells of people hold this text.
async fn rows_with(app: &TestApp, text: &str) -> i64 {
    let mut found = 0;
    for (table, column) in [
        ("subscriber", "email"),
        ("consent", "evidence"),
        ("personal_link", "new_email"),
        ("sign_up", "email"),
        ("transactional_mail", "recipient"),
        ("audit", "object"),
        ("audit", "details"),
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE lower({column}) LIKE '%{text}%'");
        found += app.count(&sql).await;
    }
    found
}

/// All that an export gives, as text.
async fn exported(app: &TestApp) -> String {
    let page = subscribers::export(&app.app, subscribers::ExportPlace::BEGINNING, 100)
        .await
        .unwrap();
    serde_json::to_string(&page.unwrap().0).unwrap()
}

async fn evidence_is_sound(app: &TestApp) {
    let found = evidence_seal::verify(&app.app, &[], subscribers::is_erased)
        .await
        .unwrap();
    assert!(found.broken.is_empty(), "{:?}", found.broken);
}

async fn erase(app: &TestApp, email: &str) {
    app.app.clock.advance_ms(2 * MINUTE);
    evidence_seal::seal_new(&app.app).await.unwrap();
    subscribers::erase(&app.app, email, "operator")
        .await
        .unwrap();
    evidence_is_sound(app).await;
    app.app.clock.advance_ms(2 * MINUTE);
    evidence_seal::seal_new(&app.app).await.unwrap();
    evidence_is_sound(app).await;
}

#[tokio::test]
async fn v2_erasing_the_old_one_of_two_joined_addresses_leaves_a_keyed_hash_in_the_new_ones_evidence()
 {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    change(&app, "old@example.org", "new@example.org").await;
    let before = subscribers::evidence(&app.app, "new@example.org")
        .await
        .unwrap();
    erase(&app, "old@example.org").await;
    assert_eq!(rows_with(&app, "old@example.org").await, 0);
    assert!(!exported(&app).await.contains("old@example.org"));
    // The evidence goes on proving where the subscription came from, to whoever brings that address.
    let after = subscribers::evidence(&app.app, "new@example.org")
        .await
        .unwrap();
    let (before, after) = (
        before["events"].as_array().unwrap(),
        after["events"].as_array().unwrap(),
    );
    assert_eq!(before.len(), after.len());
    let hash = app.app.keys.address_hash("old@example.org");
    let mark = format!("erased:{}", data_encoding::HEXLOWER.encode(&hash));
    let (was, is) = (before.last().unwrap(), after.last().unwrap());
    assert_eq!(
        (&was["from"], &is["from"]),
        (&"old@example.org".into(), &mark.into())
    );
    for kept in ["event", "at", "to", "topics", "token_sha256", "ip"] {
        assert_eq!(was[kept], is[kept], "{kept}");
    }
    assert_eq!(app.status("new@example.org").await, "confirmed");
    let report = app.import(&["old@example.org".to_owned()]).await;
    assert_eq!((report.imported, report.suppressed), (0, 1));
    let id = app.draft("After the erasure").await;
    assert_eq!(app.send(id).await.accepted, 1);
    app.stop().await;
}

#[tokio::test]
async fn v2_erasing_the_new_one_takes_it_out_of_the_evidence_of_the_old_one_that_came_back() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    change(&app, "old@example.org", "new@example.org").await;
    app.app.clock.advance_ms(2 * DAY);
    app.subscriber("old@example.org").await;
    erase(&app, "new@example.org").await;
    assert_eq!(rows_with(&app, "new@example.org").await, 0);
    assert!(!exported(&app).await.contains("new@example.org"));
    // Their own address is nobody's to take out.
    let kept = subscribers::evidence(&app.app, "old@example.org")
        .await
        .unwrap();
    assert_eq!(kept["status"], "confirmed");
    assert_eq!(kept["events"][0]["typed"], "old@example.org");
    app.stop().await;
}

#[tokio::test]
async fn v2_erasing_takes_along_what_was_mailed_to_a_former_address_and_to_one_that_was_asked_for()
{
    let app = TestApp::start().await;
    app.subscriber("first@example.org").await;
    change(&app, "first@example.org", "second@example.org").await;
    let link = manage_link(&app, "second@example.org").await;
    app.post(&below(&link, "address"), "new=third%40example.org")
        .await;
    newest(&app, "third@example.org", "/new-address/").await;
    assert!(rows_with(&app, "first@example.org").await > 0);
    erase(&app, "second@example.org").await;
    for address in ["first", "second", "third"] {
        let address = format!("{address}@example.org");
        assert_eq!(rows_with(&app, &address).await, 0, "{address}");
    }
    app.stop().await;
}

#[tokio::test]
async fn v2_a_former_address_is_erased_although_nobody_has_it_any_more() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    change(&app, "old@example.org", "new@example.org").await;
    change(&app, "new@example.org", "newest@example.org").await;
    for email in ["old@example.org", "new@example.org"] {
        erase(&app, email).await;
        assert_eq!(rows_with(&app, email).await, 0, "{email}");
        let again = subscribers::erase(&app.app, email, "operator").await;
        assert!(again.is_err(), "{email} is erased already");
    }
    assert_eq!(app.status("newest@example.org").await, "confirmed");
    // A change back to it is a new opt-in by its holder.
    change(&app, "newest@example.org", "old@example.org").await;
    assert_eq!(app.status("old@example.org").await, "confirmed");
    let id = app.draft("Back again").await;
    assert_eq!(app.send(id).await.accepted, 1);
    app.stop().await;
}

#[tokio::test]
async fn what_stands_in_the_evidence_changes_by_an_erasure_only() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    app.subscriber("new@example.org").await;
    change(&app, "old@example.org", "new@example.org").await;
    erase(&app, "old@example.org").await;
    let forged = "UPDATE consent SET evidence = '{}' WHERE event = 'confirmed'";
    assert!(
        app.app.db.execute(forged, []).await.is_err(),
        "the trigger lets it change"
    );
    // Where an erasure was on record it may be changed again, and that is found.
    let forged = "UPDATE consent SET evidence = '{}' WHERE event = 'address_changed'";
    app.app.db.execute(forged, []).await.unwrap();
    let found = evidence_seal::verify(&app.app, &[], subscribers::is_erased)
        .await
        .unwrap();
    assert_eq!(found.broken.len(), 1, "{:?}", found.broken);
    let moved = "UPDATE consent SET subscriber_id = 99 WHERE event = 'address_changed'";
    assert!(
        app.app.db.execute(moved, []).await.is_err(),
        "it may be another's"
    );
    app.stop().await;
}

#[tokio::test]
async fn who_corrects_a_new_address_gives_the_mistyped_one_no_say() {
    let app = TestApp::start().await;
    app.subscriber("old@example.org").await;
    let link = manage_link(&app, "old@example.org").await;
    let address = below(&link, "address");
    app.post(&address, "new=strangr%40example.org").await;
    let slip = newest(&app, "strangr@example.org", "/new-address/").await;
    app.post(&address, "new=right%40example.org").await;
    let right = newest(&app, "right@example.org", "/new-address/").await;
    assert_eq!(
        app.post(&slip.link("/new-address/"), "").await.status(),
        410
    );
    assert_eq!(app.status("old@example.org").await, "confirmed");
    assert_eq!(
        app.post(&right.link("/new-address/"), "").await.status(),
        200
    );
    assert_eq!(app.status("right@example.org").await, "confirmed");
    // The old mailbox proves nothing any more: it neither reads what is kept, nor takes the subscription back.
    assert_eq!(app.get(&below(&link, "copy")).await.status(), 410);
    assert_eq!(
        app.post(&address, "new=old%40example.org").await.status(),
        410
    );
    assert!(
        app.get(&link)
            .await
            .text()
            .await
            .unwrap()
            .contains("Get a new link")
    );
    app.stop().await;
}

#[tokio::test]
async fn a_change_to_the_same_address_and_a_fourth_in_a_day_are_said_to_be_so() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let address = below(&manage_link(&app, "ana@example.org").await, "address");
    for same in ["ana%40example.org", "ANA%40Example.org"] {
        let page = app.post(&address, &format!("new={same}")).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap().to_lowercase();
        assert!(page.contains("ana@example.org is subscribed."), "{page}");
        assert!(!page.contains("we are sending"), "{page}");
    }
    for number in 1..=4 {
        let page = app
            .post(&address, &format!("new=to{number}%40example.org"))
            .await;
        let expected = if number < 4 { 200 } else { 429 };
        assert_eq!(page.status(), expected, "{number}");
        let page = page.text().await.unwrap();
        assert_eq!(
            page.contains("three changes in a day"),
            number == 4,
            "{page}"
        );
        assert!(!page.contains("one of these emails a day"), "{page}");
    }
    app.stop().await;
}

#[tokio::test]
async fn who_presses_erase_in_two_windows_at_once_is_told_twice_that_it_is_done() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let link = below(&manage_link(&app, "ana@example.org").await, "erase");
    let pressed = (0..8).map(|_| app.post(&link, "sure=yes"));
    for answer in futures_util::future::join_all(pressed).await {
        let status = answer.status();
        let page = answer.text().await.unwrap();
        let is_so = page.contains("Your data is erased") || page.contains("link has expired");
        assert!(is_so && status != 500, "{status}: {page}");
    }
    assert_eq!(app.status("ana@example.org").await, "unknown");
    app.stop().await;
}
