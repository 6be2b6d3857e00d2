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
    // First whom it concerns, however one comes there, and nothing is done yet.
    let (undo, ask) = (
        "/staff/import/undo",
        format!("/staff/import/undo?batch={batch}"),
    );
    assert!(done.text.contains(&ask), "{}", done.text);
    for asked in [
        ada.get(&ask).await,
        ada.submit(page, undo, &[("batch", &batch)]).await,
    ] {
        let says = "2 people came with this import and would be removed";
        assert!(asked.text.contains(says), "{}", asked.text);
        assert!(asked.text.contains("Undo the import and remove 2 people"));
        assert_eq!(confirmed(&app).await, 1);
    }
    let sure = [("batch", batch.as_str()), ("confirmed", "yes")];
    let undone = ada.submit(&ask, undo, &sure).await;
    assert!(undone.text.contains("are removed"), "{}", undone.text);
    assert_eq!(confirmed(&app).await, 0);
    let again = ada.submit(page, undo, &sure).await;
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
    assert!(!looked.text.contains("--"), "{}", looked.text);
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

/// Uploads a list; the page on which it is looked at, and what stands there.
async fn looked_at(ada: &mut Browser, list: &[u8]) -> (String, String) {
    let page = "/staff/import";
    let uploaded = ada.upload(page, page, "list", list).await;
    let list = uploaded.location().to_owned();
    let looked = ada.get(&list).await;
    (list, looked.text)
}

#[tokio::test]
async fn what_the_columns_hold_is_chosen_on_the_page() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let unknown = "Who,Delivery Status 2\nana@example.org,x\nbob@example.org,y\n";
    let (list, says) = looked_at(&mut ada, unknown.as_bytes()).await;
    assert!(says.contains("Choose it below"), "{says}");
    assert!(says.contains("Such as: ana@example.org"), "{says}");
    assert!(
        !says.contains("--") && !says.contains("Import this list"),
        "{says}"
    );
    let said = [("column", "email"), ("column", ""), ("act", "look")];
    let unsure = ada.submit(&list, &list, &said).await;
    assert!(
        unsure.text.contains(
            "“x” in the column “Delivery Status 2” may say that this person is not to be mailed"
        ),
        "{}",
        unsure.text
    );
    let said = [
        ("column", "email"),
        ("column", "nothing"),
        ("consent", "signed at the fair"),
        ("act", "import"),
    ];
    let done = ada.submit(&list, &list, &said).await;
    assert!(done.text.contains("Undo this import"), "{}", done.text);
    assert_eq!(confirmed(&app).await, 2);
}

#[tokio::test]
async fn lists_as_spreadsheets_and_other_systems_write_them_are_looked_at_on_the_page() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain("email\tname\r\na4@example.org\tÁna\r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let lists: [(&[u8], &str); 10] = [
        ("\u{feff}email,name\r\na1@example.org,\"Lopez, Ana\"\r\n".as_bytes(), "a1@"),
        (b"email;name\r\na2@example.org;Ana\r\n", "a2@"),
        (b"email\tname\r\na3@example.org\tAna\r\n", "a3@"),
        (&utf16, "a4@"),
        (b"email,name\r\na5@example.org,\"Pe\xf1a, Jos\xe9\"\r\n", "a5@"),
        (b"a6@example.org\na7@example.org\n", "a7@"),
        (b"email       , name\na8@example.org    , Ana   \n", "a8@"),
        ("email\n\u{200b}zed@example.org\no\u{2019}brien@example.org\nzed@example.org\n".as_bytes(), "brien@"),
        (b"Destination,Subscriber Type,Created At,Status\na9@example.org,Email,2026-01-01,Active\n", "a9@"),
        (b"id,email,subscribed_to_emails,deleted_at\n7,left@example.org,false,\n", "left@"),
    ];
    for (list, address) in lists {
        let (page, says) = looked_at(&mut ada, list).await;
        assert!(
            says.contains(address) && says.contains("Import this list"),
            "{says}"
        );
        let said = [("consent", "signed at the fair"), ("act", "import")];
        let done = ada.submit(&page, &page, &said).await;
        assert!(done.text.contains("Undo this import"), "{}", done.text);
    }
    assert_eq!(confirmed(&app).await, 11);
    let open = b"email,name\na1@example.org,\"Joe Smith\na2@example.org,Bob\n";
    let (_, says) = looked_at(&mut ada, open).await;
    assert!(says.contains("ine 2: a quotation mark"), "{says}");
    assert!(!says.contains("Import this list"), "{says}");
}

#[tokio::test]
async fn one_person_is_added_with_how_they_asked_and_nobody_who_left_comes_back_that_way() {
    let (app, _place) = instance().await;
    super::newsletters::office(&app).await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let before = confirmed(&app).await;
    let (page, path) = ("/staff/subscribers", "/staff/subscribers/add");
    for (email, consent, says) in [
        ("zoe@example.org", " ", "Say how they asked for it"),
        ("nobody", "on the phone", "an email address has a name"),
    ] {
        let typed = [("email", email), ("consent", consent)];
        let refused = ada.submit(page, path, &typed).await;
        assert_eq!(refused.status, 422, "{email}");
        let text = refused.text.to_lowercase();
        assert!(text.contains(&says.to_lowercase()), "{}", refused.text);
        assert!(
            refused.text.contains(&format!("value=\"{email}\"")),
            "{}",
            refused.text
        );
    }
    assert_eq!(confirmed(&app).await, before);
    let typed = [
        ("email", "zoe@example.org"),
        ("consent", "asked on the phone"),
    ];
    let done = ada.submit(page, path, &typed).await;
    assert!(done.text.contains("Added."), "{}", done.text);
    assert!(done.text.contains("asked on the phone"), "{}", done.text);
    assert_eq!(confirmed(&app).await, before + 1);
    let again = ada.submit(page, path, &typed).await;
    assert!(again.text.contains("subscribed already"), "{}", again.text);
    let gone = [("email", "zoe@example.org")];
    ada.submit(page, "/staff/subscribers/unsubscribe", &gone)
        .await;
    let refused = ada.submit(page, path, &typed).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("only they can change that"),
        "{}",
        refused.text
    );
    assert_eq!(confirmed(&app).await, before);
}

#[tokio::test]
async fn an_address_that_looks_mistyped_is_left_out_until_somebody_says_that_it_is_right() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let tick = "Take addresses that look mistyped as they are written";
    let (_, says) = looked_at(&mut ada, b"email\nana@example.org\n").await;
    assert!(!says.contains(tick), "{says}");
    let (list, says) = looked_at(&mut ada, b"email\njoe@yaho.com\n").await;
    assert!(says.contains("did they mean joe@yahoo.com?"), "{says}");
    assert!(says.contains(tick), "{says}");
    let said = [("as_written", "yes"), ("act", "look")];
    let looked = ada.submit(&list, &list, &said).await;
    assert!(!looked.text.contains("did they mean"), "{}", looked.text);
    assert!(looked.text.contains(tick), "{}", looked.text);
    let said = [
        ("as_written", "yes"),
        ("consent", "signed at the fair"),
        ("act", "import"),
    ];
    ada.submit(&list, &list, &said).await;
    assert_eq!(confirmed(&app).await, 1);
}

#[tokio::test]
async fn a_question_about_a_column_says_what_answers_it_and_the_page_has_it() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let boletin = "Correo;Boletin\nana@example.org;Si\nbob@example.org;No\ncy@example.org;\n";
    let (list, says) = looked_at(&mut ada, boletin.as_bytes()).await;
    let wants = "Whether they want our emails";
    assert!(says.contains(&format!("perhaps “{wants}”")), "{says}");
    let said = [("column", ""), ("column", "stays"), ("act", "look")];
    let unsure = ada.submit(&list, &list, &said).await;
    let asks = "Line 4: nothing stands in the column “Boletin”";
    assert!(unsure.text.contains(asks), "{}", unsure.text);
    let said = [
        ("column", ""),
        ("column", "stays"),
        ("statuses", "everybody=skip"),
        ("consent", "signed at the fair"),
        ("act", "import"),
    ];
    let done = ada.submit(&list, &list, &said).await;
    assert!(done.text.contains("Undo this import"), "{}", done.text);
    assert_eq!(confirmed(&app).await, 1);
    // Where the others have a yes and nobody a no.
    let ticked = "email,Newsletter\ndi@example.org,x\ned@example.org,\n";
    let (_, says) = looked_at(&mut ada, ticked.as_bytes()).await;
    assert!(
        says.contains(&format!("Choose “{wants}” for it below")),
        "{says}"
    );
    let (_, says) = looked_at(&mut ada, b"email,language\nfo@example.org,Klingon\n").await;
    assert!(
        says.contains("Languages that are not understood, so that these people get the office’s first: Klingon (1)."),
        "{says}"
    );
}

#[tokio::test]
async fn a_topic_in_a_column_that_nobody_knows_is_asked_about_on_the_page() {
    let (app, _place) = instance().await;
    crate::test_data::topic(&app, "veterans").await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let list = "email,Affiliation\nana@example.org,Veterans\n";
    let (list, says) = looked_at(&mut ada, list.as_bytes()).await;
    assert!(
        says.contains("“Veterans” in the column “Affiliation” may say which topics this person gets. Choose “Topics or lists”"),
        "{says}"
    );
    let said = [("column", ""), ("column", "topics"), ("act", "look")];
    let looked = ada.submit(&list, &list, &said).await;
    assert!(looked.text.contains("Import this list"), "{}", looked.text);
}
