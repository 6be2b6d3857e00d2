//! What tools read of one release: `releases show ID --json`, and the same from `releases add --json`.

use crate::program::Program;

const KEYS: [&str; 6] = ["id", "title", "published_at", "url", "state", "document"];

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_shown_with_its_text_as_tools_expect_it() {
    let program = Program::new();
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let page = "<html lang=\"en\"><head><title>The bridge opens</title></head><body><article>\
                <h1>The bridge opens</h1><p>Tustin, May 4, 2026 – The county opens the bridge on Monday, \
                and <a href=\"https://doe.example/ferry\">the ferry</a> stops on Tuesday.</p></article></body></html>";
    std::fs::write(program.folder().join("release.html"), page).unwrap();
    let added = program
        .run(&["releases", "add", "release.html", "--json"])
        .await;
    assert_eq!(added.status, 0, "{added:?}");
    let added: serde_json::Value = serde_json::from_str(&added.out).unwrap();
    let id = added["id"].to_string();
    let ran = program.run(&["releases", "show", &id, "--json"]).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let shown: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(shown.as_object().unwrap().len(), KEYS.len(), "{shown}");
    for key in KEYS {
        assert!(shown.get(key).is_some(), "{key}: {shown}");
        assert_eq!(shown[key], added[key], "{key}");
    }
    assert_eq!(added["release"], shown["id"]);
    assert!(added["newsletter"].is_i64());
    assert_eq!(shown["title"], "The bridge opens");
    assert!(
        shown["published_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-05-04"),
        "{shown}"
    );
    let document = shown["document"].to_string();
    assert!(document.contains("https://doe.example/ferry"), "{document}");

    let words = program.run(&["releases", "show", &id]).await;
    assert!(words.out.starts_with("The bridge opens\n"), "{words:?}");
    assert!(words.out.contains("stops on Tuesday."), "{words:?}");
    let none = program.run(&["releases", "show", "99"]).await;
    assert_eq!(none.status, 1);
    assert!(none.err.contains("there is no release 99"), "{none:?}");
}
