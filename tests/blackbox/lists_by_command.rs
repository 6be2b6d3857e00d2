//! Lists on the command line: what is not sure names the option that answers it, and leaves nothing behind.

use crate::program::Program;

#[tokio::test]
async fn what_is_not_sure_in_a_list_names_the_option_that_answers_it() {
    let program = Program::new().with_office().await;
    let file = |name: &str, content: &[u8]| {
        let path = program.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let import = async |path: &str, more: &[&str]| {
        let mut words = vec!["subscribers", "import", path, "--consent", "signed a list"];
        words.extend(more);
        program.run(&words).await
    };
    let exported = async || program.run(&["subscribers", "export"]).await.out;
    for (name, list, says, answer, outcome) in [
        (
            "unsubscribed.csv",
            "email\nana@example.org\n",
            "--status everybody=unsubscribed",
            ["--status", "everybody=unsubscribed"],
            "0 imported",
        ),
        (
            "members.csv",
            "email,State\nana@example.org,Unsubscribed\n",
            "--column \"State=status\"",
            ["--ignore-column", "State"],
            // Whoever has left here stays gone.
            "0 imported",
        ),
        (
            "guests.csv",
            "email,status\nbo@example.org,gold\n",
            "--status \"gold=confirmed\"",
            ["--status", "gold=confirmed"],
            "1 imported",
        ),
        (
            "others.csv",
            "who,name\ncy@example.org,Cy\n",
            "--column \"NAME=email\"",
            ["--column", "who=email"],
            "1 imported",
        ),
        (
            "two.csv",
            "email,work email\ndi@example.org,di@office.example\n",
            "--column \"email=email\"",
            ["--column", "work email=email"],
            "1 imported",
        ),
        (
            "wishes.csv",
            "email,Newsletter\nem@example.org,yes\nfo@example.org,nein\n",
            "--column \"Newsletter=stays\"",
            ["--column", "Newsletter=stays"],
            "1 imported",
        ),
        (
            "reasons.csv",
            "email,Unsubscribed\nhal@example.org,too many emails\n",
            "--column \"Unsubscribed=left\"",
            ["--column", "Unsubscribed=left"],
            "0 imported",
        ),
        (
            "crm.csv",
            "email,No Email\ngil@example.org,Y\n",
            "--column \"No Email=left\"",
            ["--column", "No Email=left"],
            "0 imported",
        ),
    ] {
        let path = file(name, list.as_bytes());
        let before = exported().await;
        let refused = import(&path, &[]).await;
        assert_eq!(refused.status, 1, "{name}: {}", refused.err);
        assert!(refused.err.contains(says), "{name}: {}", refused.err);
        assert!(refused.err.contains("Nothing was imported."), "{name}");
        assert_eq!(exported().await, before, "{name}");
        let taken = import(&path, &answer).await;
        assert_eq!(taken.status, 0, "{name}: {}", taken.err);
        assert!(taken.out.starts_with(outcome), "{name}: {}", taken.out);
    }
    let book = file("list.xlsx", b"PK\x03\x04\x14\0[Content_Types].xml");
    let refused = import(&book, &[]).await;
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("Excel workbook"), "{}", refused.err);
    let nobody = import(&file("nobody.csv", b"email,name\n"), &[]).await;
    assert_eq!(nobody.status, 0);
    assert!(nobody.err.contains("nobody stands below"), "{}", nobody.err);
    assert!(!nobody.out.contains("Undo it"), "{}", nobody.out);
}
