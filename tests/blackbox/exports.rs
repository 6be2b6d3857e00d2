//! Every file for a spreadsheet that the program writes: what strangers typed begins no formula in it.

use crate::program::Program;

/// What begins a formula in one spreadsheet or another, white space before it or not.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The cells of a file whose first line names the columns.
fn cells(file: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let lines = reader.records().map(Result::unwrap);
    lines
        .flat_map(|line| line.iter().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn holds_no_formula(name: &str, file: &str) {
    let cells = cells(file);
    assert!(!cells.is_empty(), "{name}: {file}");
    for cell in &cells {
        let begins = cell.trim_start_matches(' ').starts_with(BEGINNINGS);
        assert!(!begins, "{name}: {cell:?}");
    }
    // What was typed is there, as text.
    assert!(
        cells.iter().any(|cell| cell.starts_with('\'')),
        "{name}: {file}"
    );
}

#[tokio::test]
async fn no_file_for_a_spreadsheet_begins_a_formula() {
    let program = Program::new().with_office().await;
    let write = |name: &str, text: &str| {
        std::fs::write(program.folder().join(name), text).unwrap();
    };
    write(
        "list.csv",
        "email\n+1@example.org\n-2@example.org\n=cmd@example.org\nana@example.org\n",
    );
    write(
        "press.csv",
        "email,name,outlet\n+press@example.org,\"=HYPERLINK(\"\"https://evil.example\"\")\",@SUM(x)\n\
         b@example.org,\"  =1+1\",＝1+1\nc@example.org,\"\t=1\",-1\n",
    );
    for words in [
        &[
            "subscribers",
            "import",
            "list.csv",
            "--consent",
            "=cmd|' /C calc'!x",
        ][..],
        &[
            "press-list",
            "import",
            "press.csv",
            "--origin",
            "@gallery directory",
        ],
    ] {
        let ran = program.run(words).await;
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    for words in [&["subscribers", "export"][..], &["press-list", "export"]] {
        let ran = program.run(words).await;
        assert_eq!(ran.status, 0, "{ran:?}");
        holds_no_formula(words[0], &ran.out);
    }
    let serving = program.serve().await;
    let admin = program.sign_in(&serving.base).await;
    let add = ["staff", "add", "=1+1@doe.example", "--role", "viewer"];
    let ran = program.run(&add).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let log = admin.get(format!("{}/staff/audit.csv", serving.base));
    let log = log.send().await.unwrap();
    assert_eq!(log.status(), 200);
    assert_eq!(log.headers()["content-type"], "text/csv; charset=utf-8");
    holds_no_formula("audit.csv", &log.text().await.unwrap());
    assert_eq!(serving.stop().await.0, 0);
}
