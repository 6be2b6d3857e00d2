//! A database of this version for one test: a copy of the one that the tests' process has migrated, because
//! migrating costs more than most tests. The black-box tests have this file, too.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use sea_orm::{ConnectionTrait, Database};
use tokio::sync::OnceCell;

/// SQLite's file, as it stands when it is closed.
static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// The name of PostgreSQL's template.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// The URL of a new one: on PostgreSQL where `GAZETTE_TEST_POSTGRES_URL` names a server, else SQLite's file
/// `gazette.db` in `folder`. `migrate` makes the database at a URL, or brings it to this version, and closes it.
pub async fn migrated(folder: &Path, migrate: impl AsyncFn(String)) -> String {
    let Ok(server) = std::env::var("GAZETTE_TEST_POSTGRES_URL") else {
        let make = async || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("gazette.db");
            migrate(format!("sqlite://{}", path.display())).await;
            std::fs::read(path).unwrap()
        };
        let bytes = FILE.get_or_init(make).await;
        let path = folder.join("gazette.db");
        let mut new = std::fs::OpenOptions::new();
        let mut file = new
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        file.write_all(bytes).unwrap();
        return format!("sqlite://{}", path.display());
    };
    let make = async || {
        let name = create(&server, "").await;
        migrate(at(&server, &name)).await;
        name
    };
    let template = TEMPLATE.get_or_init(make).await;
    let name = create(&server, &format!("TEMPLATE {template}")).await;
    at(&server, &name)
}

/// Makes a database on the server, by default with nothing in it; its name.
pub async fn create(server: &str, how: &str) -> String {
    let name = format!("gazette_{}", label());
    let connection = Database::connect(server).await.unwrap();
    let sql = format!("CREATE DATABASE {name} {how}");
    connection.execute_unprepared(&sql).await.unwrap();
    connection.close().await.unwrap();
    name
}

/// The URL of a database on the server.
pub fn at(server: &str, name: &str) -> String {
    let mut url: url::Url = server.parse().unwrap();
    url.set_path(name);
    url.to_string()
}

/// Sixteen characters that no other test has.
fn label() -> String {
    let mut bytes = [0; 10];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    data_encoding::BASE32_NOPAD
        .encode(&bytes)
        .to_ascii_lowercase()
}
