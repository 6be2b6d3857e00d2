//! Addresses that only take forms, opened as pages.

use super::{newsletters::office, *};

#[tokio::test]
async fn an_address_that_only_takes_a_form_leads_to_its_page_when_it_is_opened() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    for (address, page) in [
        ("/staff/newsletters/7/approve", "/staff/newsletters/7"),
        ("/staff/newsletters/7/undo", "/staff/newsletters/7"),
        ("/staff/releases/paste", "/staff/releases"),
        ("/staff/releases/1/drop", "/staff/releases"),
        ("/staff/people/1/disable", "/staff/people"),
        ("/staff/house/elections", "/staff/house"),
        ("/staff/press-list/remove", "/staff/press-list"),
        ("/staff/settings/logo", "/staff/settings"),
        ("/staff/sources/1/remove", "/staff/releases"),
        ("/staff/topics/change", "/staff/topics"),
        ("/staff/returns/file", "/staff/returns"),
        ("/staff/logout", "/staff"),
    ] {
        let answer = admin.get(address).await;
        assert_eq!(
            (answer.status.as_u16(), answer.location()),
            (303, page),
            "{address}"
        );
    }
    assert_eq!(admin.get("/staff/house").await.status, 200);
}
