//! Links of mails as mail programs and people damage them: each leads where it was to lead, or says that it
//! is incomplete, and how to get a new one.

use gazette::accounts;

use crate::app::TestApp;

/// The answer in the end: browsers follow where they are sent.
async fn opened(app: &TestApp, path: &str) -> (u16, String) {
    let mut path = path.to_owned();
    for _ in 0..3 {
        let answer = app.get(&path).await;
        if !answer.status().is_redirection() {
            return (answer.status().as_u16(), answer.text().await.unwrap());
        }
        path = answer.headers()["location"].to_str().unwrap().to_owned();
    }
    panic!("sent on in a circle: {path}")
}

/// Every kind of link that our mails carry: its place, what stands in the token's place, and what its page
/// shows.
async fn links(app: &TestApp) -> Vec<(String, String, String)> {
    let asked = app.sign_up("new@example.org").await;
    app.subscriber("ana@example.org").await;
    let id = app.draft("a-bridge-opens-in-tustin").await;
    app.send(id).await;
    let news = app.mails_to("ana@example.org").await.pop().unwrap();
    app.post("/manage", "email=ana%40example.org").await;
    app.all_answered().await;
    let newest = async |email: &str, part: &str| {
        app.until("the mail with the link", async || {
            let mails = app.mails_to(email).await;
            mails
                .into_iter()
                .rev()
                .find(|mail| mail.text().contains(part))
        })
        .await
        .link(part)
    };
    let manage = newest("ana@example.org", "/manage/").await;
    let below = format!("{}/address", manage.split('?').next().unwrap());
    app.post(&below, "new=anna%40example.org").await;
    let address = newest("anna@example.org", "/new-address/").await;
    let console = accounts::first_account_link(&app.app)
        .await
        .unwrap()
        .unwrap();
    let mut all = Vec::new();
    for link in [
        asked.link("/confirm/"),
        asked.link("/never/"),
        news.link("/u/"),
        news.link("/p/"),
        manage,
        address,
        console,
    ] {
        let path = link.strip_prefix(&app.url("")).unwrap();
        let path = path.split('?').next().unwrap();
        let (place, token) = path.rsplit_once('/').unwrap();
        all.push((place.to_owned(), token.to_owned(), token.to_owned()));
    }
    let slug = "a-bridge-opens-in-tustin".to_owned();
    let shown = "The members voice concern.".to_owned();
    all.push(("/archive".to_owned(), slug, shown));
    all
}

/// What became of the link, and of the way to it.
fn damaged(place: &str, token: &str) -> Vec<String> {
    let (front, back) = token.split_at(14);
    let behind = [
        ".",
        ",",
        ")",
        "]",
        "%3E",
        "%3e.",
        "%22",
        "'",
        "=3D",
        "=",
        "%20",
        "%0D%0A",
        "%253E",
        "/",
        "%E2%80%8B",
        "%E2%80%9D",
        "%22%3EUnsubscribe",
    ];
    let mut all: Vec<String> = behind
        .iter()
        .map(|junk| format!("{place}/{token}{junk}"))
        .collect();
    all.extend([
        format!("{place}//{token}"),
        format!("/{place}/{token}"),
        format!("{}/{token}", place.to_uppercase()),
        format!("{}/{}", place.to_uppercase(), token.to_uppercase()),
        format!("{place}/{}", token.to_uppercase()),
        format!("{place}/{front}%20{back}"),
        format!("{place}/{front}=%0D%0A{back}"),
        format!("{place}/{front}%0A{back}"),
        format!("{place}/%20{token}"),
    ]);
    all
}

#[tokio::test]
async fn whatever_became_of_a_link_it_leads_where_it_was_to_lead() {
    let app = TestApp::start().await;
    for (place, token, shown) in links(&app).await {
        for path in damaged(&place, &token) {
            let (status, page) = opened(&app, &path).await;
            assert_eq!(status, 200, "{path}: {page}");
            assert!(page.contains(&shown), "{path}: {page}");
        }
    }
    // Nothing was pressed.
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    assert_eq!(app.status("new@example.org").await, "pending");
    app.stop().await;
}

#[tokio::test]
async fn a_link_that_was_cut_says_so_and_how_to_get_a_new_one() {
    let app = TestApp::start().await;
    for (place, token, shown) in links(&app).await {
        for cut in [token.len() - 1, token.len() / 2 + 1] {
            let path = format!("{place}/{}", &token[..cut]);
            let (status, page) = opened(&app, &path).await;
            match place.as_str() {
                // Nothing else begins so.
                "/archive" => assert!(status == 200 && page.contains(&shown), "{path}: {page}"),
                "/staff/welcome" => assert!(
                    (400..500).contains(&status) && page.contains("link"),
                    "{path}: {page}"
                ),
                _ => {
                    assert!((400..500).contains(&status), "{path}: {status}");
                    assert!(page.contains("This link is incomplete"), "{path}: {page}");
                    let way_on = page.contains("href=\"/manage") || page.contains("href=\"/?lang");
                    assert!(way_on, "{path}: {page}");
                }
            }
        }
        let (status, _) = opened(&app, &place).await;
        assert!(status < 500, "{place}");
    }
    app.stop().await;
}

#[tokio::test]
async fn h5_one_click_counts_whatever_became_of_the_path() {
    let app = TestApp::start().await;
    let mangled = [
        "//u/{}",
        "/U/{}",
        "/u//{}",
        "//U//{}//",
        "/u%2F{}",
        "/u%2f{}",
        "/u/{}%2F",
        "/%75/{}",
        "/%2Fu/{}",
        "/Unsubscribe/{}",
        "/https://news.example.gov/u/{}",
        "/u/{}/?lang=en",
    ];
    let email = |number: usize| format!("reader{number}@example.org");
    for number in 0..mangled.len() {
        app.subscriber(&email(number)).await;
    }
    let id = app.draft("Mangled on the way").await;
    app.send(id).await;
    for (number, path) in mangled.iter().enumerate() {
        let email = email(number);
        let link = app.mails_to(&email).await.pop().unwrap().one_click();
        let token = link.rsplit('/').next().unwrap();
        let cut = path.replace("{}", &token[1..]);
        let answer = app.post(&cut, "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status(), 200, "{cut}");
        assert!(answer.text().await.unwrap().contains("incomplete"), "{cut}");
        assert_eq!(app.status(&email).await, "confirmed", "{cut}");
        let path = path.replace("{}", &token.to_uppercase());
        let answer = app.post(&path, "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status(), 200, "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("You are unsubscribed"), "{path}: {page}");
        assert_eq!(app.status(&email).await, "unsubscribed", "{path}");
    }
    // The console's forms come by their own paths only, and what is none of ours is not here.
    for path in ["//staff/welcome/x", "//staff/login", "//nothing/x"] {
        assert_eq!(app.post(path, "").await.status(), 404, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_query_that_says_something_twice_or_nonsense_is_no_error() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let id = app.draft("a-bridge-opens-in-tustin").await;
    app.send(id).await;
    for path in [
        "/archive?q=bridge&q=opens",
        "/archive?before=soon&q=bridge",
        "/archive?before=&topic=press&topic=veterans",
        "/archive?month=2026-13&month=x",
        "/archive/a-bridge-opens-in-tustin?lang=en&lang=es",
        "/archive/feed.xml?x=1&x=2",
        "/?email=a%40example.org&email=b%40example.org",
        "/widget.js?topic=press&topic=veterans&lang=en&lang=es",
        "/help?lang=en&lang=es",
        "//help",
        "//",
    ] {
        let (status, page) = opened(&app, path).await;
        assert_eq!(status, 200, "{path}: {page}");
    }
    let (_, page) = opened(&app, "/archive?q=bridge&q=nothing").await;
    assert!(page.contains("a-bridge-opens-in-tustin"), "{page}");
    app.stop().await;
}
