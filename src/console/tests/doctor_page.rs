//! The deliverability page, on an office that is not set up: nothing outside is asked then.

use super::*;

#[tokio::test]
async fn what_the_doctor_finds_stands_on_a_page_with_what_to_do() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = "/staff/deliverability";
    let before = admin.get(page).await;
    assert!(
        before.text.contains("Nobody has checked"),
        "{}",
        before.text
    );
    let done = admin.submit(page, "/staff/deliverability/check", &[]).await;
    assert_eq!(done.location(), "/staff/deliverability?done=checked");
    let found = admin.get(page).await;
    for words in [
        "no relay is set",
        "Ask the person who runs Gazette: ",
        " to fix",
        "Check again",
    ] {
        assert!(found.text.contains(words), "{words}: {}", found.text);
    }
    // What keeps mail from going stands before what is as it should be.
    let (fix, fine) = (found.text.find(">Fix<"), found.text.find(">OK<"));
    assert!(fix.is_some() && fine.is_none_or(|fine| fix.unwrap() < fine));
}
