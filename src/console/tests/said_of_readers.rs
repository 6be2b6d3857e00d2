//! What the console says of the people whom a newsletter goes to: what the evidence says, and no more.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{subscribers::consent::Evidence, test_data};

#[tokio::test]
async fn of_imported_people_it_is_not_said_that_they_asked_and_confirmed() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let page = approver.get(&here).await.text;
    assert!(
        page.contains("1 person</strong> who asked for it and confirmed."),
        "{page}"
    );
    assert!(
        page.contains("All of them asked for it and confirmed"),
        "{page}"
    );

    let stated = [(Evidence::Imported, r#"{"consent_text":"signed a list"}"#)];
    for reader in [2, 3] {
        test_data::subscriber(reader)
            .evidence(&stated)
            .insert(&app)
            .await;
    }
    let page = approver.get(&here).await.text;
    assert!(
        page.contains("1 person asked for it and confirmed; 2 people were imported"),
        "{page}"
    );
    assert!(page.contains("The consent of 2 people was stated when they were imported"));
    assert!(!page.contains("All of them asked"), "{page}");
    let review = approver.get(&format!("{here}/review")).await.text;
    assert!(
        review.contains("who get Press releases; of 2 people the consent was stated"),
        "{review}"
    );
    assert!(!review.contains("who asked for"), "{review}");

    // Where all of them were imported.
    let left =
        "UPDATE subscriber SET status = (SELECT status FROM subscriber WHERE id = 9) WHERE id = 1";
    let gone = test_data::subscriber(9).status(crate::subscribers::Status::Unsubscribed);
    gone.insert(&app).await;
    app.db.execute(left, []).await.unwrap();
    let page = approver.get(&here).await.text;
    assert!(
        page.contains("They were imported with a stated consent"),
        "{page}"
    );
    assert!(!page.contains("who asked for it"), "{page}");
}
