//! The console as a person meets it, over its real routes.

mod accounts;
mod authenticator;
mod browser;
mod doctor_page;
mod form_addresses;
mod given_names;
mod half_set_up;
mod held_threads;
mod house;
mod imports;
mod live_breakdown;
mod mail_preview;
mod newsletters;
mod nothing_lost;
mod office;
mod office_words;
mod own_corrections;
mod page_budget;
mod passkeys;
mod pictures_in_texts;
mod plain_words;
mod pressed_twice;
mod query_plans;
mod releases;
mod returns;
mod route_audit;
mod route_roles;
mod said_of_readers;
mod sign_in;
mod sign_in_provider;
mod subscriber_changes;
mod told_truly;
mod topics;
mod town_hall;
mod unseen_text;
mod who_decides;
mod whole_words;

pub use browser::Place;
use browser::{Browser, PASSWORD, instance, path_of};

use crate::{
    accounts::{Role, disable, enable, find, first_account_link, invite},
    address::EmailAddress,
    app::App,
    db,
};

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// Someone with this role, signed in.
async fn member(app: &App, browser: &Browser, role: Role) -> Browser {
    let email = format!("{role}@example.gov");
    let link = invite(app, &address(&email), role, "operator")
        .await
        .unwrap();
    let path = path_of(app, &link);
    let mut browser = browser.another();
    let page = browser
        .submit(&path, &path, &[("password", PASSWORD)])
        .await;
    assert_eq!(page.location(), "/staff", "{}", page.text);
    browser
}

async fn number(app: &App, query: &str) -> i64 {
    db::scalar(app.db.pool(), query, []).await.unwrap().unwrap()
}
