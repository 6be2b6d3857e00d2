//! An office that is not set up: nothing is said to be mailed that cannot leave, and what is to be done stands
//! where staff can do it.

use super::{newsletters::draft, *};
use crate::test_data;

const MAILS: &str = "SELECT count(*) FROM transactional_mail";

#[tokio::test]
async fn while_no_mail_can_leave_no_page_says_that_one_is_on_its_way() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let invitation = [("email", "ben@example.gov"), ("role", "editor")];
    let page = admin
        .submit("/staff/people", "/staff/people", &invitation)
        .await;
    assert!(!page.text.contains("is on its way"), "{}", page.text);
    assert!(page.text.contains("No mail was sent to ben@example.gov"));
    assert!(page.text.contains("/staff/welcome/"), "the link is shown");
    let ask = "/staff/forgotten";
    let mut site = admin.another();
    for page in [
        site.get(ask).await,
        site.submit("/staff/login", ask, &[("email", "admin@example.gov")])
            .await,
    ] {
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("is on its way"), "{}", page.text);
        assert!(page.text.contains("no email can leave"), "{}", page.text);
    }
    assert_eq!(number(&app, MAILS).await, 0);
    test_data::office(&app).await;
    let page = site
        .submit(ask, ask, &[("email", "admin@example.gov")])
        .await;
    assert!(page.text.contains("is on its way"), "{}", page.text);
    assert_eq!(number(&app, MAILS).await, 1);
}

#[tokio::test]
async fn the_check_of_the_sender_does_not_pass_where_there_is_none() {
    let (app, _place) = instance().await;
    let id = draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = admin.get(&format!("/staff/newsletters/{id}")).await.text;
    let (_, sender) = page.split_once("<strong>Sender: </strong>").unwrap();
    let severity = sender.split_once("</p>").unwrap().0;
    assert!(severity.contains("Fix"), "{severity}");
}

#[tokio::test]
async fn what_staff_can_set_themselves_is_linked_and_no_command_stands_there() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = "/staff/deliverability";
    admin.submit(page, "/staff/deliverability/check", &[]).await;
    let found = admin.get(page).await.text;
    assert!(!found.contains("gazette office set"), "{found}");
    for words in [
        "the sender address, the postal address",
        "<a href=\"/staff/settings\">Set it under Settings</a>",
        "<a href=\"/staff/settings\">Choose it under Settings</a>",
        "Ask the person who runs Gazette: ",
    ] {
        assert!(found.contains(words), "{words}: {found}");
    }
}
