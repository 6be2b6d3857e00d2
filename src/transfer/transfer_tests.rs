//! Copies and backups of a database with people, evidence and newsletters in it.

use sea_orm::ConnectionTrait;

use super::{backup, copy_all, restore, transfer_error::TransferError};
use crate::{
    accounts::{Role, invite},
    address::EmailAddress,
    app::App,
    clock::Clock,
    config::Settings,
    console::tests::Place,
    db::{self, Db},
    newsletters::NewsletterState,
    subscribers, test_data,
};

#[derive(sea_orm::FromQueryResult)]
struct Name {
    name: String,
}

const URL: &str = "https://news.example.gov";

/// An instance with something in every kind of column.
async fn filled() -> (App, Place) {
    let place = Place::new().await;
    let app = place.open(URL).await;
    test_data::office(&app).await;
    for id in 1..=40 {
        test_data::subscriber(id).insert(&app).await;
    }
    let ana = EmailAddress::parse("ana@example.gov").unwrap();
    invite(&app, &ana, Role::Admin, "operator").await.unwrap();
    for (id, state) in [
        (1, NewsletterState::Draft),
        (2, NewsletterState::Approved),
        (3, NewsletterState::Paused),
    ] {
        let newsletter = test_data::newsletter(&format!("„Ünïcode“ {id}")).id(id);
        newsletter.state(state).insert(&app).await;
    }
    (app, place)
}

async fn sqlite(folder: &tempfile::TempDir, name: &str) -> Db {
    let url = format!("sqlite://{}/{name}", folder.path().display());
    Db::open(&url).await.unwrap()
}

#[tokio::test]
async fn a_copy_of_a_copy_holds_what_the_first_one_held_and_goes_on_counting() {
    let (app, _place) = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let there = sqlite(&folder, "there.db").await;
    let copied = copy_all(&app.db, &there).await.unwrap();
    // Back onto the kind of database that it came from.
    let place = Place::new().await;
    let back = place.database().await;
    let again = copy_all(&there, &back).await.unwrap();
    assert_eq!(copied, again);
    // Every table that there is, but for what only running processes hold.
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
    let there_are = db::rows::<Name>(there.pool(), sql, []).await.unwrap();
    let not_copied: Vec<&str> = there_are
        .iter()
        .map(|table| table.name.as_str())
        .filter(|name| copied.iter().all(|copy| copy.table != *name))
        .collect();
    assert_eq!(not_copied, ["lease", "seaql_migrations", "worker"]);
    let rows = |table: &str| copied.iter().find(|copy| copy.table == table).unwrap().rows;
    assert_eq!(
        (rows("subscriber"), rows("newsletter"), rows("staff")),
        (40, 3, 1)
    );
    assert!(rows("audit") > 0 && rows("consent") > 0);
    for db in [&there, &back] {
        let next = "INSERT INTO topic (slug, name, description, position) VALUES ('x', 'x', '', 1) RETURNING id";
        let id: Option<i64> = db::scalar(db.pool(), next, []).await.unwrap();
        assert_eq!(id, Some(2));
        let forgery = db.pool().execute_unprepared("DELETE FROM audit").await;
        assert!(forgery.is_err(), "the log is as append-only as it was");
    }
    let error = copy_all(&app.db, &there).await.unwrap_err();
    assert!(matches!(error, TransferError::NotEmpty(_)), "{error}");
}

fn settings(folder: &tempfile::TempDir, app: &App) -> Settings {
    Settings {
        database_url: format!("sqlite://{}/gazette.db", folder.path().display()),
        secret_key: None,
        ..app.settings.clone()
    }
}

#[tokio::test]
async fn what_was_restored_mails_nothing_gives_no_number_twice_and_knows_who_left() {
    let (app, _place) = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.backup");
    let made = backup(&app, &file).await.unwrap();
    assert!(made.tables.len() > 20);
    let taken = backup(&app, &file).await.unwrap_err();
    assert!(matches!(taken, TransferError::Exists(_)), "{taken}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = std::fs::metadata(&file).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }

    // The first time into nothing.
    let settings = settings(&folder, &app);
    let clock = Clock::system();
    let restored = restore(&settings, &clock, &file, false).await.unwrap();
    assert_eq!(
        restored.paused.iter().map(|n| n.id).collect::<Vec<_>>(),
        [2]
    );
    assert_eq!((restored.left_since, restored.moved.len()), (0, 0));
    let first = App::open(settings.clone(), clock.clone()).await.unwrap();
    assert_eq!(first.keys.fingerprint(), app.keys.fingerprint());
    assert_eq!(first.keys.token("x"), app.keys.token("x"));
    let new = "INSERT INTO topic (slug, name, description, position) VALUES ('x', 'x', '', 1) RETURNING id";
    let id: Option<i64> = db::scalar(first.db.pool(), new, []).await.unwrap();
    assert!(id > Some(1_000_000), "{id:?}");
    subscribers::unsubscribe_address(&first, "reader7@example.org", "operator")
        .await
        .unwrap();
    first.db.close().await.unwrap();

    // The second time over a database in use.
    let refused = restore(&settings, &clock, &file, false).await.unwrap_err();
    assert!(
        matches!(refused, TransferError::WouldReplace(_)),
        "{refused}"
    );
    let restored = restore(&settings, &clock, &file, true).await.unwrap();
    assert_eq!(restored.left_since, 1);
    assert!(restored.moved[0].exists());
    let second = App::open(settings.clone(), clock).await.unwrap();
    let evidence = subscribers::evidence(&second, "reader7@example.org")
        .await
        .unwrap();
    assert_eq!(evidence["status"], "unsubscribed");
    let lines = "SELECT count(*) FROM audit WHERE action = 'database.restore'";
    let lines: Option<i64> = db::scalar(second.db.pool(), lines, []).await.unwrap();
    assert_eq!(lines, Some(1));
}

#[tokio::test]
async fn what_is_no_backup_changes_nothing() {
    let (app, _place) = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder, &app);
    let other = sqlite(&folder, "other.db").await;
    other.close().await.unwrap();
    let nonsense = folder.path().join("nonsense");
    std::fs::write(&nonsense, "no database at all").unwrap();
    for file in [
        nonsense,
        folder.path().join("other.db"),
        folder.path().join("nowhere"),
    ] {
        let error = restore(&settings, &Clock::system(), &file, true)
            .await
            .unwrap_err();
        assert!(matches!(error, TransferError::NoBackup(_)), "{error}");
    }
    assert!(!folder.path().join("gazette.db").exists());
}

/// Where `what` stands in a file.
fn place_of(bytes: &[u8], what: &[u8]) -> usize {
    let found = bytes.windows(what.len()).position(|part| part == what);
    found.expect("it stands there as it is")
}

#[tokio::test]
async fn a_backup_in_which_one_bit_has_changed_is_not_restored() {
    let (app, _place) = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.backup");
    backup(&app, &file).await.unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    // Every mail would say so, and no page of the file is broken.
    let at = place_of(&bytes, b"1 Main Street");
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let (settings, clock) = (settings(&folder, &app), Clock::system());
    let error = restore(&settings, &clock, &file, false).await.unwrap_err();
    assert!(matches!(error, TransferError::NoBackup(_)), "{error}");
    assert!(!folder.path().join("gazette.db").exists());
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    restore(&settings, &clock, &file, false).await.unwrap();
}
