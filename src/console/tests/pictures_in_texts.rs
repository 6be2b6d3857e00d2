//! Pictures in a text: from a file to the mail.

use image::{DynamicImage, ImageFormat};

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{clock::DAY, newsletters as room, values};

const PAGE: &str = "/staff/pictures";
const LINE: &str = "/staff/pictures/line";

pub(super) fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height)
        .write_to(&mut out, format)
        .unwrap();
    out.into_inner()
}

/// The file of the first of our pictures that a text names.
fn named_in(text: &str) -> String {
    let (_, rest) = text
        .split_once("http://127.0.0.1:8080/pictures/")
        .unwrap_or_else(|| panic!("no picture in: {text}"));
    let end = rest.find(['>', '"', ')', '&']).unwrap();
    rest[..end].to_owned()
}

#[tokio::test]
async fn a_picture_that_is_uploaded_stands_in_the_mail_with_its_words_and_its_size() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let photograph = file(1_280, 640, ImageFormat::Jpeg);
    let words = [
        ("alt", "Rep. Doe [left] and  the mayor"),
        ("caption", "The \"new\" bridge"),
    ];
    let line = editor
        .upload_with(PAGE, LINE, &words, ("picture", &photograph))
        .await;
    assert_eq!(line.status, 200, "{}", line.text);
    let name = named_in(&line.text);
    let (kind, kept) = room::kept_picture(&app, &name).await.unwrap().unwrap();
    assert_eq!(kind, "image/jpeg");
    let size = imagesize::blob_size(&kept).unwrap();
    assert_eq!((size.width, size.height), (1_200, 600));

    // The line in the text, saved, is a picture with its words, and its size without its being fetched.
    let edit = format!("/staff/newsletters/{id}/edit");
    let text = format!("Before.\n\n{}\n\nBehind.", line.text);
    let saved = [("subject", "A bridge"), ("text", &text), ("action", "keep")];
    let done = editor.submit(&edit, &edit, &saved).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let preview = format!("/staff/newsletters/{id}/preview.html");
    let mail = editor.get(&preview).await.text;
    assert!(
        mail.contains("alt=\"Rep. Doe [left] and the mayor\""),
        "{mail}"
    );
    assert!(
        mail.contains("The &quot;new&quot; bridge") || mail.contains("The \"new\" bridge"),
        "{mail}"
    );
    let newsletter = room::find(&app, id).await.unwrap();
    let mut sizes = Vec::new();
    let mut document = newsletter.document;
    document.each_figure(&mut |figure| sizes.push((figure.width, figure.height)));
    assert_eq!(sizes, [(Some(1_200), Some(600))]);
    let lines = "SELECT count(*) FROM audit WHERE action = 'picture.add'";
    assert_eq!(number(&app, lines).await, 1);
    // The same one again is the same one.
    let again = editor
        .upload_with(PAGE, LINE, &words, ("picture", &photograph))
        .await;
    assert_eq!(named_in(&again.text), name);
    assert_eq!(number(&app, "SELECT count(*) FROM picture").await, 1);
}

#[tokio::test]
async fn without_a_script_the_page_shows_the_line_and_keeps_what_was_typed_when_it_refuses() {
    let (app, _place) = instance().await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let png = file(64, 48, ImageFormat::Png);
    let good = [("alt", "A bridge"), ("caption", "Tuesday")];
    let page = editor
        .upload_with(PAGE, PAGE, &good, ("picture", &png))
        .await;
    assert_eq!(page.status, 200);
    let name = named_in(&page.text);
    assert!(
        page.text.contains(&format!("src=\"/pictures/{name}\"")),
        "{}",
        page.text
    );
    assert!(page.text.contains("id=\"done\""));
    // Its first lines say 6,000 × 5,000; nobody needs to read on.
    let mut claims_to_be_large = png.clone();
    claims_to_be_large[16..24].copy_from_slice(&[0, 0, 0x17, 0x70, 0, 0, 0x13, 0x88]);
    let bare: [(&str, &str); 2] = [("alt", " \n "), ("caption", "Tuesday")];
    for (words, bytes, says) in [
        (bare, png.clone(), "Describe what the picture shows"),
        (good, Vec::new(), "Choose a picture"),
        (good, b"<svg xmlns='x'/>".to_vec(), "save it as JPEG"),
        (good, png[..40].to_vec(), "damaged"),
        (good, file(8, 8, ImageFormat::Png), "8 × 8 pixels"),
        (good, claims_to_be_large, "25 million"),
    ] {
        let page = editor
            .upload_with(PAGE, PAGE, &words, ("picture", &bytes))
            .await;
        assert_eq!(page.status, 422, "{says}");
        assert!(page.text.contains(says), "{says}: {}", page.text);
        assert!(page.text.contains("value=\"Tuesday\"") && page.text.contains("id=\"problem\""));
        let line = editor
            .upload_with(PAGE, LINE, &words, ("picture", &bytes))
            .await;
        assert_eq!(
            (line.status.as_u16(), line.text.contains(says)),
            (422, true),
            "{says}"
        );
    }
    assert_eq!(number(&app, "SELECT count(*) FROM picture").await, 1);
    // Viewers have no such page, and more than a picture is not read at all.
    let mut viewer = member(&app, &editor.another(), Role::Viewer).await;
    let refused = viewer
        .upload_with("/staff/account", LINE, &good, ("picture", &png))
        .await;
    assert_eq!(refused.status, 403);
    let endless = vec![0; room::MOST_PICTURE_BYTES + 100_000];
    let refused = editor
        .upload_with(PAGE, LINE, &good, ("picture", &endless))
        .await;
    assert_eq!(refused.status, 413);
}

#[tokio::test]
async fn a_picture_is_served_to_mails_everywhere_without_a_cookie_and_runs_nothing() {
    let (app, _place) = instance().await;
    let picture = room::add_picture(&app, "ana", &file(64, 48, ImageFormat::Gif))
        .await
        .unwrap();
    let site = crate::web::router(app.clone());
    let get = async |path: String| {
        let request = axum::http::Request::get(path)
            .extension(axum::extract::ConnectInfo(std::net::SocketAddr::from((
                [192, 0, 2, 1],
                5000,
            ))))
            .body(axum::body::Body::empty())
            .unwrap();
        tower::ServiceExt::oneshot(site.clone(), request)
            .await
            .unwrap()
    };
    let answer = get(picture.path()).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    };
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(
        header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; sandbox"
    );
    assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("set-cookie"), "");
    for missing in ["x.png", "0123", "..%2f..%2fgazette.db", "%00.jpg"] {
        let answer = get(format!("/pictures/{missing}")).await;
        assert_eq!(answer.status(), 404, "{missing}");
    }
}

#[tokio::test]
async fn what_of_a_pasted_text_cannot_be_taken_along_is_named_and_what_comes_with_it_is_kept() {
    let (app, _place) = instance().await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    // The script has kept what the clipboard held; it is described in the text, or the checks say so.
    let png = file(64, 48, ImageFormat::Png);
    let pasted = [("pasted", "yes")];
    let line = editor
        .upload_with(PAGE, LINE, &pasted, ("picture", &png))
        .await;
    let name = named_in(&line.text);
    let html = format!(
        "<p>One.</p><img src=\"http://127.0.0.1:8080/pictures/{name}\">\
         <p><img src=\"file:///C:/clip.png\"></p>\
         <p><img src=\"http://127.0.0.1:9/gone.png\" alt=\"The mayor\"></p><p>Two.</p>"
    );
    let fields = [("html", html.as_str())];
    let answer = editor
        .submit("/staff/releases/new", "/staff/releases/paste", &fields)
        .await;
    let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let text = answer["text"].as_str().unwrap();
    assert_eq!(named_in(text), name);
    assert!(text.contains("One.") && text.contains("Two."), "{text}");
    assert!(text.contains("<!-- missing picture -->"), "{text}");
    assert!(
        text.contains("![The mayor](<http://127.0.0.1:9/gone.png>)"),
        "{text}"
    );
    assert_eq!(answer["left"], serde_json::json!(["“The mayor”"]));
}

#[tokio::test]
async fn more_pictures_than_an_office_needs_in_a_day_are_refused_until_the_next() {
    let (app, place) = instance().await;
    let fill = "INSERT INTO picture (file, bytes, width, height, added_at)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
                SELECT 'x' || i, $1, 1, 1, $2 FROM n";
    let now = app.clock.now_ms();
    app.db
        .execute(fill, values![vec![0_u8], now])
        .await
        .unwrap();
    let png = file(64, 48, ImageFormat::Png);
    let refused = room::add_picture(&app, "ana", &png).await.unwrap_err();
    assert!(matches!(refused, room::PictureError::TooMany), "{refused}");
    app.db
        .execute("UPDATE picture SET added_at = added_at - 86400000", [])
        .await
        .unwrap();
    room::add_picture(&app, "ana", &png).await.unwrap();
    drop(place);
}

#[tokio::test]
async fn a_picture_that_no_text_shows_is_deleted_after_two_months_and_no_other() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let mut names = Vec::new();
    for width in [100, 101, 102, 103] {
        let png = file(width, 48, ImageFormat::Png);
        let alt = [("alt", "x")];
        let line = editor
            .upload_with(PAGE, LINE, &alt, ("picture", &png))
            .await;
        names.push((named_in(&line.text), line.text));
    }
    // One stood in a text and was taken out again, one waits in a text that was not saved.
    let edit = format!("/staff/newsletters/{id}/edit");
    for text in [format!("One.\n\n{}", names[0].1), "Two.".to_owned()] {
        let saved = [("subject", "A bridge"), ("text", &text), ("action", "keep")];
        assert_eq!(editor.submit(&edit, &edit, &saved).await.status, 303);
    }
    app.clock.advance_ms(61 * DAY);
    let unsaved = room::UnsavedFields {
        text: names[1].1.clone(),
        ..room::UnsavedFields::default()
    };
    room::keep_unsaved(&app, 1, None, "", &unsaved)
        .await
        .unwrap();
    // And one is added again by somebody who has not saved their text yet.
    room::add_picture(&app, "ana", &file(102, 48, ImageFormat::Png))
        .await
        .unwrap();
    assert_eq!(room::purge_pictures(&app).await.unwrap(), 1);
    for (at, (name, _)) in names.iter().enumerate() {
        let kept = room::kept_picture(&app, name).await.unwrap().is_some();
        assert_eq!(kept, at != 3, "{at}");
    }
    let lines = "SELECT count(*) FROM audit WHERE action = 'picture.purge' AND who = 'gazette'";
    assert_eq!(number(&app, lines).await, 1);
    // Those that were found are not looked for at each round.
    let found = "SELECT count(*) FROM picture WHERE found_at IS NOT NULL";
    assert_eq!(number(&app, found).await, 2);
    assert_eq!(room::purge_pictures(&app).await.unwrap(), 0);
}

#[tokio::test]
async fn a_picture_of_a_camera_is_taken_and_a_larger_one_is_said_to_be_too_large() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    // Nothing in it repeats, so that it is as large as it looks.
    let mut noise = noise_from(7);
    let pixels: Vec<u8> = (0..1_200 * 900 * 3).map(|_| noise()).collect();
    let image = image::RgbImage::from_raw(1_200, 900, pixels).unwrap();
    let mut camera = std::io::Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut camera, ImageFormat::Png)
        .unwrap();
    let camera = camera.into_inner();
    assert!(camera.len() > 3_000_000, "{}", camera.len());
    let words = [("alt", "The bridge")];
    let line = editor
        .upload_with(PAGE, LINE, &words, ("picture", &camera))
        .await;
    assert_eq!(line.status, 200, "{}", line.text);
    let larger = vec![0; 12_000_000];
    let told = editor
        .upload_with(PAGE, PAGE, &words, ("picture", &larger))
        .await;
    assert_eq!(told.status, 413, "{}", told.text);
    assert!(told.text.contains("This is too large"), "{}", told.text);
}

/// A small generator: tests repeat.
fn noise_from(mut state: u64) -> impl FnMut() -> u8 {
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    }
}
