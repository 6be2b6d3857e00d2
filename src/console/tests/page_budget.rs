//! Each page at the size of a large office: how long it is, and how long it takes. `benches/console/run`
//! runs it with a million subscribers in a release build and prints the times; here it is smaller and holds
//! the lengths only, because times under load tell nothing.

use std::{fmt::Write, time::Instant};

use super::{
    newsletters::{draft, office},
    nothing_lost::{filled_in, page_addresses},
    *,
};
use crate::{test_data::large_lists, values};

/// No page is longer, in octets before compression.
const LONGEST: usize = 50 * 1024;
const NEWSLETTERS: i64 = 300;
const AUDIT_ROWS: i64 = 20_000;

/// How many subscribers: a small number, or the bench's.
fn subscribers() -> i64 {
    std::env::var("GAZETTE_TEST_SUBSCRIBERS").map_or(2_000, |number| number.parse().unwrap())
}

async fn fill(app: &App) {
    let now = app.clock.now_ms();
    let numbers = "WITH RECURSIVE n(k) AS (SELECT 10 UNION ALL SELECT k + 1 FROM n WHERE k < $1)";
    large_lists(app, subscribers(), NEWSLETTERS).await;
    let log = format!(
        "INSERT INTO audit (at, who, action, object, details)
         {numbers} SELECT $2 + k, 'editor@example.gov', 'newsletter.rename', 'newsletter/' || (k % 300),
             'A bridge opens → A new bridge opens over the river' FROM n"
    );
    app.db
        .execute(&log, values![AUDIT_ROWS, now])
        .await
        .unwrap();
    if app.db.is_sqlite() {
        app.db.execute("ANALYZE", []).await.unwrap();
    }
}

#[tokio::test]
async fn every_page_of_a_large_office_is_short() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    fill(&app).await;
    let mut pages: Vec<String> = page_addresses()
        .map(|address| filled_in(&address))
        .filter(|path| !["csv", "eml"].contains(&path.rsplit('.').next().unwrap_or_default()))
        .collect();
    // A sent one, a page of older ones, and what is looked for.
    pages.extend(
        [
            "/staff/newsletters/11",
            "/staff/newsletters?q=bridge&before=200",
            "/staff/audit?who=editor&object=newsletter/7",
        ]
        .map(str::to_owned),
    );
    let mut table = String::new();
    let mut wrong = Vec::new();
    for path in pages {
        // Once before, so that what is counted once a minute is counted.
        admin.get(&path).await;
        let began = Instant::now();
        let page = admin.get(&path).await;
        let took = began.elapsed();
        let _ = writeln!(table, "{:>7} octets {took:>9.1?}  {path}", page.text.len());
        assert!(!page.status.is_server_error(), "{path}: {}", page.status);
        if page.text.len() > LONGEST {
            wrong.push(format!("{path}: {} octets", page.text.len()));
        }
    }
    let token = admin.get("/staff/subscribers").await.token();
    let sought = [("form_token", token.as_str()), ("email", "reader19")];
    let began = Instant::now();
    let found = admin.post("/staff/subscribers", &sought).await;
    let _ = writeln!(
        table,
        "{:>7} octets {:>9.1?}  part of an address",
        found.text.len(),
        began.elapsed()
    );
    assert!(found.text.contains("reader19"), "{}", found.text);
    println!("{} subscribers\n{table}", subscribers());
    assert!(wrong.is_empty(), "too long: {wrong:?}\n{table}");
}
