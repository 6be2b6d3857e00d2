//! A list, from the file on somebody's desk to readers, and back.

use super::*;
use crate::subscribers::{Status, counts};

const LIST: &str = "Email Address,Status\nana@example.org,Subscribed\nbob@example.org,Unsubscribed\nnobody,Subscribed\n";

async fn confirmed(app: &App) -> u64 {
    let counts = counts(app).await.unwrap();
    let found = counts
        .iter()
        .find(|(status, _)| *status == Status::Confirmed);
    found.map_or(0, |(_, number)| *number)
}

#[tokio::test]
async fn an_admin_looks_at_a_list_imports_it_and_takes_it_back() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let page = "/staff/import";
    let uploaded = ada.upload(page, page, "list", LIST.as_bytes()).await;
    let list = uploaded.location().to_owned();
    assert!(list.starts_with("/staff/import/list/"), "{}", uploaded.text);
    let looked = ada.get(&list).await;
    for says in ["What would be done", "ana@example.org", "line 4"] {
        assert!(looked.text.contains(says), "{says}: {}", looked.text);
    }
    assert_eq!(confirmed(&app).await, 0);
    // Without a word on the consent nothing is imported.
    let refused = ada.submit(&list, &list, &[("act", "import")]).await;
    assert!(
        refused.text.contains("how these people consented"),
        "{}",
        refused.text
    );
    assert_eq!(confirmed(&app).await, 0);
    let said = [("consent", "signed at the fair"), ("act", "import")];
    let done = ada.submit(&list, &list, &said).await;
    assert!(done.text.contains("Undo this import"), "{}", done.text);
    assert_eq!(confirmed(&app).await, 1);
    let evidence = crate::subscribers::evidence(&app, "ana@example.org")
        .await
        .unwrap();
    assert!(evidence.to_string().contains("signed at the fair"));
    // The file is gone with it.
    assert_eq!(ada.get(&list).await.location(), page);
    let batch = crate::subscribers::imports(&app).await.unwrap()[0]
        .batch
        .clone();
    let undone = ada
        .submit(page, "/staff/import/undo", &[("batch", &batch)])
        .await;
    assert!(undone.text.contains("are removed"), "{}", undone.text);
    assert_eq!(confirmed(&app).await, 0);
    let again = ada
        .submit(page, "/staff/import/undo", &[("batch", &batch)])
        .await;
    assert!(
        again.text.contains("This needs a correction"),
        "{}",
        again.text
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_read_says_why_and_what_to_do() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let page = "/staff/import";
    let empty = ada.upload(page, page, "list", b"").await;
    assert!(empty.text.contains("Choose a file"), "{}", empty.text);
    let strange = "email,status\nana@example.org,Gold member\n";
    let uploaded = ada.upload(page, page, "list", strange.as_bytes()).await;
    let list = uploaded.location().to_owned();
    let looked = ada.get(&list).await;
    assert!(looked.text.contains("Gold member") && !looked.text.contains("Import this list"));
    let said = [("statuses", "Gold member=confirmed"), ("act", "look")];
    let looked = ada.submit(&list, &list, &said).await;
    assert!(looked.text.contains("Import this list"), "{}", looked.text);
    let nonsense = [("statuses", "Gold member=happy"), ("act", "look")];
    let refused = ada.submit(&list, &list, &nonsense).await;
    assert!(refused.text.contains("happy"), "{}", refused.text);
    // Another admin's list is nobody else's business.
    let mut eve = member(&app, &browser, Role::Editor).await;
    assert!(!eve.get(&list).await.text.contains("ana@example.org"));
    assert!(!eve.get(page).await.text.contains("Look at the list"));
}
