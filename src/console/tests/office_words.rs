//! A word of the office above a release: in the mail and in the archive, and only where there is one.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::newsletters as room;

#[tokio::test]
async fn a_word_above_the_release_stands_in_the_mail_and_is_part_of_what_is_approved() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    let shown = async || room::preview(&app, id).await.unwrap();
    let without = shown().await;
    let save = async |ana: &mut Browser, intro: &str| {
        let typed = [
            ("subject", "A bridge opens"),
            ("text", "Hello there."),
            ("intro", intro),
            ("action", "keep"),
        ];
        ana.submit(&edit, &edit, &typed).await
    };
    let saved = save(&mut ana, " Dear <neighbors>,\r\n\r\ncome and see it. ").await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let newsletter = room::find(&app, id).await.unwrap();
    assert_eq!(
        newsletter.intro.as_deref(),
        Some("Dear <neighbors>,\ncome and see it.")
    );
    assert_eq!(newsletter.revision, 1, "who looked before has not seen it");
    let mail = shown().await;
    for part in [&mail.html, &mail.text] {
        assert!(part.find("come and see it.").unwrap() < part.rfind("Hello there.").unwrap());
    }
    assert!(mail.html.contains("Dear &lt;neighbors&gt;,"));
    assert!(
        ana.get(&edit)
            .await
            .text
            .contains("Dear &lt;neighbors&gt;,\ncome and see it.</textarea>")
    );
    // Too long is refused and stays; the same once more is no change.
    let long = "word ".repeat(300);
    let told = save(&mut ana, &long).await;
    assert_eq!(told.status, 422);
    assert!(told.text.contains("up to 1000 characters") && told.text.contains(long.trim()));
    assert_eq!(
        save(&mut ana, "Dear <neighbors>,\ncome and see it.")
            .await
            .status,
        303
    );
    assert_eq!(room::find(&app, id).await.unwrap().revision, 1);
    // A copy for the press list says it as well; taken away, the mail is what it was.
    let press = room::for_press(&app, id, true, "ana").await.unwrap();
    assert!(room::find(&app, press).await.unwrap().intro.is_some());
    assert_eq!(save(&mut ana, "  ").await.status, 303);
    assert_eq!(shown().await.text, without.text);
}
