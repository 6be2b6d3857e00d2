//! What a person types is kept whole or refused whole: no form of the console cuts it in silence. Every text field
//! of every form is tried, as the pages have them.

use dom_query::{Document as Markup, Selection};

use super::{
    newsletters::{draft, office},
    nothing_lost::{filled_in, page_addresses},
    *,
};

/// Longer than anybody's words: 3,000 characters, and no two alike.
fn long_words(of: usize) -> String {
    let words: Vec<String> = (0..500).map(|n| format!("{of:02}{n:03}")).collect();
    words.join(" ")
}

/// A form as a page has it.
#[derive(Debug, Clone)]
struct FormOnPage {
    page: String,
    action: String,
    fields: Vec<(String, String)>,
    /// The fields that somebody types words into.
    typed: Vec<String>,
}

/// What a browser would send of a field that nobody touched; where it asks for something, what a person might say.
fn value_of(field: &Selection<'_>, kind: &str) -> Option<String> {
    let value = field.attr("value").map(|value| value.to_string());
    match kind {
        "checkbox" | "radio" => {
            let is_on = field.has_attr("checked") || field.has_attr("required");
            is_on.then(|| value.unwrap_or_else(|| "on".to_owned()))
        }
        "select" => {
            let chosen = field.select("option[selected]");
            let first = field.select("option");
            let option = if chosen.is_empty() { first } else { chosen };
            let value = option.attr("value").map(|value| value.to_string());
            Some(value.unwrap_or_else(|| option.text().trim().to_owned()))
        }
        "textarea" => Some(field.text().trim_start_matches('\n').to_owned()),
        "email" if value.as_deref().unwrap_or_default().is_empty() => {
            Some("kim@example.org".to_owned())
        }
        "number" if value.is_none() => Some("5".to_owned()),
        "date" if value.is_none() => Some("2026-11-03".to_owned()),
        "text" | "search" | "url" if value.as_deref().unwrap_or_default().is_empty() => {
            let words = if field.has_attr("required") {
                "Words"
            } else {
                ""
            };
            Some(words.to_owned())
        }
        _ => value,
    }
}

fn forms_of(page: &str, html: &str) -> Vec<FormOnPage> {
    let document = Markup::from(html);
    let mut found = Vec::new();
    for form in &document.select("form[method=post]") {
        if form.attr_or("enctype", "").contains("multipart") {
            continue;
        }
        let (mut fields, mut typed) = (Vec::new(), Vec::new());
        for field in &form.select("input[name], select[name], textarea[name]") {
            let name = field.attr_or("name", "").to_string();
            let node = field.nodes()[0].node_name().unwrap_or_default().to_string();
            let kind = match node.as_str() {
                "input" => field.attr_or("type", "text").to_string(),
                other => other.to_owned(),
            };
            let words = ["text", "textarea", "search"].contains(&kind.as_str());
            if words && !field.has_attr("readonly") && !typed.contains(&name) {
                typed.push(name.clone());
            }
            assert!(
                !field.has_attr("maxlength"),
                "{page}: a browser cuts what is pasted into {name} without a word"
            );
            if let Some(value) = value_of(&field, &kind) {
                fields.push((name, value));
            }
        }
        let buttons = form.select("button[name]");
        let keeps = form.select("button[name].primary");
        let button = if keeps.is_empty() { buttons } else { keeps };
        if !button.is_empty() {
            let value = button.attr_or("value", "").to_string();
            fields.push((button.attr_or("name", "").to_string(), value));
        }
        found.push(FormOnPage {
            page: page.to_owned(),
            action: form.attr_or("action", page).to_string(),
            fields,
            typed,
        });
    }
    found
}

/// Whether some row of the database has these words, all of them.
async fn is_stored(app: &App, words: &str) -> bool {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'unsaved_text'";
    let tables: Vec<String> = db::scalars(app.db.pool(), tables, []).await.unwrap();
    for table in tables {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<String> = db::scalars(app.db.pool(), &columns, []).await.unwrap();
        let has: Vec<String> = columns
            .iter()
            .map(|column| format!("instr(CAST(\"{column}\" AS TEXT), $1) > 0"))
            .collect();
        let sql = format!(
            "SELECT count(*) FROM \"{table}\" WHERE {}",
            has.join(" OR ")
        );
        let found: Option<i64> = db::scalar(app.db.pool(), &sql, crate::values![words])
            .await
            .unwrap();
        if found.unwrap_or_default() > 0 {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn no_form_cuts_in_silence_what_a_person_types() {
    let (app, _place) = instance().await;
    if !app.db.is_sqlite() {
        // The same code on either.
        return;
    }
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    let mut pages: Vec<String> = page_addresses()
        .map(|address| filled_in(&address))
        .filter(|path| !path.contains("/events") || path == "/staff/events")
        .filter(|path| !["csv", "eml", "html"].contains(&path.rsplit('.').next().unwrap()))
        .collect();
    pages.push("/staff/newsletters/1/review".to_owned());
    let mut forms = Vec::new();
    for page in &pages {
        let shown = admin.get(page).await;
        if shown.status == 200 {
            forms.extend(forms_of(page, &shown.text));
        }
    }
    // The same form stands on more than one page.
    let mut tried = std::collections::BTreeSet::new();
    let (mut cut, mut kept, mut refused) = (Vec::new(), 0, 0);
    for form in forms {
        for name in &form.typed {
            // Which asks a mail server first.
            if form.action == "/staff/returns/mailbox"
                || !tried.insert((form.action.clone(), name.clone()))
            {
                continue;
            }
            let words = long_words(tried.len());
            // Each form as its page has it at that time.
            let now = admin.get(&form.page).await;
            let form = forms_of(&form.page, &now.text)
                .into_iter()
                .find(|now| now.action == form.action && now.typed.contains(name));
            let Some(form) = form else { continue };
            let mut fields: Vec<(&str, &str)> = form
                .fields
                .iter()
                .filter(|(known, _)| known != name)
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            fields.push((name, &words));
            let answer = admin.post(&form.action, &fields).await;
            let stands = answer.text.contains(&words);
            let is_unread = answer.text.contains("is not what its field asks for");
            assert!(!is_unread, "{}: the test fills it in wrongly", form.action);
            let place = format!("{} {name} ({})", form.action, answer.status);
            if is_stored(&app, &words).await {
                assert!(answer.status.as_u16() < 500, "{place}");
                kept += 1;
            } else if stands {
                refused += 1;
            } else {
                cut.push(format!("{place}: {}", answer.location()));
            }
        }
    }
    assert!(cut.is_empty(), "cut or lost:\n{}", cut.join("\n"));
    assert!(kept > 3 && refused > 15, "{kept} kept, {refused} refused");
}

#[tokio::test]
async fn a_description_or_a_caption_of_a_picture_is_refused_whole_or_kept_whole() {
    let (app, _place) = instance().await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(64, 48)
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    let png = png.into_inner();
    let words = long_words(7);
    let most: String = words.chars().take(1_000).collect();
    for (alt, caption, what) in [
        (words.as_str(), "Tuesday", "description"),
        ("A bridge", words.as_str(), "caption"),
    ] {
        for (page, path) in [
            ("/staff/pictures", "/staff/pictures"),
            ("/staff/pictures", "/staff/pictures/line"),
        ] {
            let typed = [("alt", alt), ("caption", caption)];
            let told = editor
                .upload_with(page, path, &typed, ("picture", &png))
                .await;
            assert_eq!(told.status, 422, "{what}");
            let says = format!("The {what} has up to 1000 characters, and this one has 2999");
            assert!(told.text.contains(&says), "{}", told.text);
            if page == path {
                assert!(told.text.contains(&words), "what was typed stays");
            }
        }
        assert_eq!(number(&app, "SELECT count(*) FROM picture").await, 0);
    }
    let typed = [("alt", most.trim()), ("caption", most.trim())];
    let line = editor
        .upload_with(
            "/staff/pictures",
            "/staff/pictures/line",
            &typed,
            ("picture", &png),
        )
        .await;
    assert_eq!(line.status, 200, "{}", line.text);
    assert_eq!(line.text.matches(most.trim()).count(), 2, "{}", line.text);
}
