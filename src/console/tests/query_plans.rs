//! No page of the console reads a long table from end to end: the plans of all statements that its pages run.
//! SQLite makes them for tables of which it only knows that they may be long; PostgreSQL is told to walk a
//! table only where it has no other way.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Statement, TransactionTrait};

use super::{
    newsletters::{draft, office},
    nothing_lost::{filled_in, page_addresses},
    returns::{RIDDLE, came},
    *,
};
use crate::{
    db::statement_log::statements_of,
    releases::Policy,
    test_data::{self, large_lists},
};

/// Tables with a row or more for each subscriber, each message or each thing that was ever done.
const LONG: [&str; 15] = [
    "accepted_record",
    "audit",
    "confirmation",
    "confirmation_mail",
    "consent",
    "delivery",
    "delivery_reply",
    "erasure",
    "personal_link",
    "returned_mail",
    "sign_up",
    "subscriber",
    "subscription",
    "suppression",
    "transactional_mail",
];

/// Pages of the routers' list that lead on to another one where there is nothing to show, and why they are not
/// looked at.
const LEADS_ON: &[(&str, &str)] = &[
    ("/staff/releases/{id}", "leads to where it is decided"),
    ("/staff/kept", "shows what one session held, by its key"),
    (
        "/staff/releases/{id}/readings",
        "shows one release, by its key",
    ),
];

/// Statements that walk one all the same: part of their words, and why that is short.
const WALKS: &[(&str, &str)] = &[
    (
        "ORDER BY \"audit\".\"id\" DESC LIMIT",
        "the newest lines, from the end; it stops at the page's last one",
    ),
    (
        "FROM \"suppression\" LIMIT",
        "whether there is any; it stops at the first",
    ),
    (
        "\"sign_up\".\"due_at\" AS \"due_at\" FROM \"sign_up\"",
        "what of the form is not answered yet, in any spelling; the table is emptied as it is worked off",
    ),
];

/// The names under which a statement speaks of a table: its own, or the one given to it.
fn names_of(table: &str, sql: &str) -> BTreeSet<String> {
    const AFTER: [&str; 6] = ["FROM", "JOIN", ",", "UPDATE", "INTO", "("];
    const NO_NAME: [&str; 18] = [
        "WHERE",
        "ON",
        "ORDER",
        "GROUP",
        "LIMIT",
        "JOIN",
        "LEFT",
        "INNER",
        "CROSS",
        "SET",
        "USING",
        "VALUES",
        "UNION",
        "INDEXED",
        "NOT",
        "DEFAULT",
        "HAVING",
        "RETURNING",
    ];
    let spaced: String = sql
        .replace('"', "")
        .chars()
        .flat_map(|letter| {
            let alone = !(letter.is_alphanumeric() || "_.".contains(letter));
            [alone.then_some(' '), Some(letter), alone.then_some(' ')]
        })
        .flatten()
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut names = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        if *word != table || !AFTER.contains(&before.to_uppercase().as_str()) {
            continue;
        }
        let rest = &words[at + 1..];
        let given = match rest {
            [word, given, ..] if word.eq_ignore_ascii_case("AS") => Some(*given),
            [given, ..]
                if given
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || letter == '_') =>
            {
                Some(*given).filter(|word| !NO_NAME.contains(&word.to_uppercase().as_str()))
            }
            _ => None,
        };
        names.insert(given.unwrap_or(table).to_owned());
    }
    names
}

/// The indexes that hold a few of a table's rows: walking one is short.
async fn partial_indexes(app: &App) -> Vec<String> {
    let sql = if app.db.is_sqlite() {
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
    } else {
        "SELECT CAST(indexname AS text) FROM pg_indexes WHERE indexdef LIKE '%WHERE%'"
    };
    db::scalars(app.db.pool(), sql, []).await.unwrap()
}

/// The lines of the plan that walk a long table.
async fn walks(app: &App, statement: &Statement) -> Vec<String> {
    if !app.db.is_sqlite() {
        return postgres_walks(app, statement).await;
    }
    let explained = Statement {
        sql: format!("EXPLAIN QUERY PLAN {}", statement.sql),
        ..statement.clone()
    };
    let rows = app.db.pool().query_all_raw(explained).await.unwrap();
    let names: BTreeSet<String> = LONG
        .iter()
        .flat_map(|table| names_of(table, &statement.sql))
        .collect();
    let partial = partial_indexes(app).await;
    rows.iter()
        .map(|row| row.try_get::<String>("", "detail").unwrap())
        .filter(|line| {
            let name = line.strip_prefix("SCAN ").unwrap_or_default();
            let index = line.rsplit(' ').next().unwrap_or_default();
            names.contains(name.split(' ').next().unwrap_or_default())
                && !partial.iter().any(|known| known == index)
        })
        .collect()
}

/// What makes PostgreSQL plan as if long tables were asked for a few of their rows: it chooses by how many there
/// are, and here are few. It walks a table only where no index would serve, and joins row by row.
const AS_IF_LONG: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_hashjoin = off";

async fn postgres_walks(app: &App, statement: &Statement) -> Vec<String> {
    let explained = Statement {
        sql: format!("EXPLAIN (COSTS OFF) {}", statement.sql),
        ..statement.clone()
    };
    let transaction = app.db.pool().begin().await.unwrap();
    transaction.execute_unprepared(AS_IF_LONG).await.unwrap();
    let rows = transaction.query_all_raw(explained).await.unwrap();
    transaction.rollback().await.unwrap();
    let plan: Vec<String> = rows
        .iter()
        .map(|row| row.try_get("", "QUERY PLAN").unwrap())
        .collect();
    walks_of_plan(&plan, &partial_indexes(app).await)
}

/// The steps that walk a long table or an index of it: without a condition that the index serves.
fn walks_of_plan(plan: &[String], partial: &[String]) -> Vec<String> {
    let step = |line: &str| line.trim_start().trim_start_matches("->").trim().to_owned();
    let mut walks = Vec::new();
    for (at, line) in plan.iter().enumerate() {
        let line = step(line);
        let Some((how, place)) = line.split_once(" on ") else {
            continue;
        };
        let table = place.split(' ').next().unwrap_or_default();
        let index = how.split_once(" using ").map(|(_, index)| index);
        let goes_through = match index {
            None => how.ends_with("Seq Scan"),
            Some(index) => {
                let own = plan[at + 1..].iter().map(|line| line.trim_start());
                let is_led = own
                    .take_while(|line| !line.starts_with("->"))
                    .any(|line| line.starts_with("Index Cond:"));
                !is_led && !partial.iter().any(|known| known == index)
            }
        };
        if goes_through && LONG.contains(&table) {
            walks.push(line);
        }
    }
    walks
}

#[test]
fn a_step_of_a_plan_walks_where_nothing_leads_it() {
    let plan = "Limit
  ->  Nested Loop
        ->  Seq Scan on newsletter n
              Filter: (id = 1)
        ->  Index Only Scan Backward using audit_pkey on audit a
        ->  Index Scan using delivery_pkey on delivery d
              Index Cond: (newsletter_id = n.id)
        ->  Index Scan using sign_up_waiting on sign_up
        ->  Parallel Seq Scan on subscriber s
              Filter: (status = 1)";
    let plan: Vec<String> = plan.lines().map(str::to_owned).collect();
    assert_eq!(
        walks_of_plan(&plan, &["sign_up_waiting".to_owned()]),
        [
            "Index Only Scan Backward using audit_pkey on audit a",
            "Parallel Seq Scan on subscriber s"
        ]
    );
}

#[tokio::test]
async fn no_page_reads_a_long_table_from_end_to_end() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    large_lists(&app, 200, 40).await;
    test_data::idle_source(&app, 1, Policy::Approve).await;
    let looked_at = "UPDATE source SET active = (1 = 1)";
    app.db.execute(looked_at, []).await.unwrap();
    came(&app, "somebody@bounce.doe.example", RIDDLE).await;
    let list = b"email\nkim@example.org\n";
    let (import, path) = ("/staff/import", "/staff/import");
    let uploaded = admin.upload(import, path, "list", list).await;
    let taken = uploaded.location().to_owned();
    let consent = [("consent", "signed at the fair"), ("act", "import")];
    admin.submit(&taken, &taken, &consent).await;
    let batch = crate::subscribers::imports(&app).await.unwrap()[0]
        .batch
        .clone();
    let undo = format!("/staff/import/undo?batch={batch}");
    let person = number(&app, "SELECT max(id) FROM subscriber").await;
    let person = format!("/staff/subscribers/person/{person}");
    let uploaded = admin.upload(import, path, "list", list).await;
    let mut pages: Vec<(String, String)> = page_addresses()
        // Asks what the page of the newsletter asks, and does not end.
        .filter(|address| address != "/staff/newsletters/{id}/events")
        .map(|address| (filled_in(&address), address))
        .collect();
    // Of a sent one, of what was looked for, of what is uploaded.
    pages.extend(
        [
            ("/staff/newsletters/11", "/staff/newsletters/{id}"),
            (
                "/staff/newsletters/11/correct-text",
                "/staff/newsletters/{id}/correct-text",
            ),
            (
                "/staff/newsletters?q=bridge&before=20",
                "/staff/newsletters",
            ),
            ("/staff/audit?object=newsletter/7", "/staff/audit"),
            (
                "/staff/house/report.csv?quarter=2026Q1",
                "/staff/house/report.csv",
            ),
            (uploaded.location(), "/staff/import/list/{label}"),
            (undo.as_str(), "/staff/import/undo"),
            (person.as_str(), "/staff/subscribers/person/{id}"),
        ]
        .map(|(path, address)| (path.to_owned(), address.to_owned())),
    );
    let mut wrong = Vec::new();
    let mut looked_at = BTreeSet::new();
    let mut excused = BTreeSet::new();
    let (mut reached, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (path, address) in pages {
        // What is counted once a minute for everybody is counted.
        if admin.get(&path).await.status == 200 {
            reached.insert(address.clone());
        }
        all.insert(address);
        let (_, statements) = statements_of(admin.get(&path)).await;
        for statement in statements {
            if !looked_at.insert(statement.sql.clone()) {
                continue;
            }
            for line in walks(&app, &statement).await {
                match WALKS
                    .iter()
                    .find(|(words, _)| statement.sql.contains(words))
                {
                    Some((words, _)) => _ = excused.insert(*words),
                    None => wrong.push(format!("{path}: {line}: {}", statement.sql)),
                }
            }
        }
    }
    assert!(looked_at.len() > 40, "only {} were heard", looked_at.len());
    let unseen: Vec<&String> = all
        .difference(&reached)
        .filter(|address| LEADS_ON.iter().all(|(known, _)| known != address))
        .filter(|address| !super::route_roles::OPEN.contains(&address.as_str()))
        .collect();
    assert!(unseen.is_empty(), "never shown here: {unseen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let idle: Vec<_> = WALKS
        .iter()
        .filter(|(words, _)| !excused.contains(words))
        .collect();
    assert!(idle.is_empty(), "excused and never seen: {idle:?}");
}

#[test]
fn a_table_is_known_by_the_name_that_a_statement_gives_it() {
    for (sql, names) in [
        ("SELECT * FROM delivery WHERE x", vec!["delivery"]),
        ("SELECT * FROM \"delivery\" AS \"d\" LIMIT 1", vec!["d"]),
        (
            "SELECT 1 FROM newsletter n JOIN delivery d ON d.x = n.x",
            vec!["d"],
        ),
        (
            "SELECT 1 FROM a, delivery e WHERE (SELECT 1 FROM delivery)",
            vec!["delivery", "e"],
        ),
        ("SELECT delivery.x FROM delivery_reply", vec![]),
    ] {
        let found: Vec<String> = names_of("delivery", sql).into_iter().collect();
        assert_eq!(found, names, "{sql}");
    }
}

/// Questions that a page may ask more than once: part of their words, and why that is short.
const ASKED_AGAIN: &[(&str, &str)] = &[
    (
        "FROM \"office_setting\"",
        "a handful of rows, which every part of a page reads for itself",
    ),
    (" LIMIT ?", "a row by its key"),
    ("WHERE n.id = $1", "the newsletter by its key"),
    ("FROM \"newsletter_release\"", "its releases by their key"),
    ("\"release\".\"version_of\"", "a release by its key"),
    (
        "SELECT count(*) FROM subscription",
        "kept for a while where the list is long",
    ),
];

#[tokio::test]
async fn no_page_asks_the_same_question_twice() {
    let (app, _place) = instance().await;
    if !app.db.is_sqlite() {
        // The same questions on either.
        return;
    }
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    large_lists(&app, 20, 12).await;
    let pages = page_addresses()
        .map(|address| filled_in(&address))
        .filter(|path| !path.ends_with("1/events"));
    let mut again = BTreeSet::new();
    for path in pages {
        let (_, statements) = statements_of(admin.get(&path)).await;
        let mut asked = BTreeSet::new();
        for statement in statements {
            let is_excused = ASKED_AGAIN
                .iter()
                .any(|(words, _)| statement.sql.contains(words));
            let question = format!("{} {:?}", statement.sql, statement.values);
            if statement.sql.starts_with("SELECT") && !is_excused && !asked.insert(question.clone())
            {
                again.insert(format!("{path}: {question}"));
            }
        }
    }
    let again: Vec<String> = again.into_iter().collect();
    assert!(
        again.is_empty(),
        "{} twice:\n{}",
        again.len(),
        again.join("\n")
    );
}
