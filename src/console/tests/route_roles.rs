//! Who may do what: every address of the console, each method, each role. The list of addresses is the
//! routers' own, so that a new one without a row here fails.

use super::{
    newsletters::{draft, office},
    nothing_lost::{filled_in, routes},
    *,
};

const VIEWER: Option<Role> = Some(Role::Viewer);
const EDITOR: Option<Role> = Some(Role::Editor);
const APPROVER: Option<Role> = Some(Role::Approver);
const ADMIN: Option<Role> = Some(Role::Admin);

/// Address; the least role that may open it; the least that may post to it. `None`: nobody can.
const TABLE: &[(&str, Option<Role>, Option<Role>)] = &[
    ("/staff", VIEWER, None),
    ("/staff/", VIEWER, None),
    ("/staff/more", VIEWER, None),
    ("/staff/notices", VIEWER, VIEWER),
    ("/staff/kept", VIEWER, VIEWER),
    ("/staff/password", VIEWER, VIEWER),
    ("/staff/logout", None, VIEWER),
    ("/staff/again", VIEWER, VIEWER),
    ("/staff/account", VIEWER, None),
    ("/staff/account/name", None, VIEWER),
    ("/staff/account/second-step", None, VIEWER),
    ("/staff/account/second-step/confirm", None, VIEWER),
    ("/staff/account/second-step/codes", None, VIEWER),
    ("/staff/account/second-step/off", None, VIEWER),
    ("/staff/account/passkeys", None, VIEWER),
    ("/staff/account/passkeys/finish", None, VIEWER),
    ("/staff/account/passkeys/rename", None, VIEWER),
    ("/staff/account/passkeys/remove", None, VIEWER),
    ("/staff/account/sessions/end", None, VIEWER),
    ("/staff/account/sessions/end-others", None, VIEWER),
    ("/staff/audit", ADMIN, None),
    ("/staff/audit.csv", ADMIN, None),
    ("/staff/newsletters", VIEWER, None),
    ("/staff/newsletters/{id}", VIEWER, None),
    ("/staff/newsletters/{id}/preview.html", VIEWER, None),
    ("/staff/newsletters/{id}/progress", VIEWER, None),
    ("/staff/newsletters/{id}/mail.eml", VIEWER, None),
    ("/staff/newsletters/{id}/changes", VIEWER, None),
    ("/staff/newsletters/{id}/edit", EDITOR, EDITOR),
    ("/staff/newsletters/{id}/unsaved", None, EDITOR),
    ("/staff/newsletters/{id}/unsaved/discard", None, EDITOR),
    ("/staff/releases/unsaved", None, EDITOR),
    ("/staff/releases/unsaved/discard", None, EDITOR),
    ("/staff/newsletters/{id}/subject", None, EDITOR),
    ("/staff/newsletters/{id}/links", None, EDITOR),
    ("/staff/newsletters/{id}/test", None, EDITOR),
    ("/staff/newsletters/{id}/press", None, EDITOR),
    ("/staff/newsletters/{id}/comment", None, EDITOR),
    ("/staff/newsletters/{id}/correct", None, EDITOR),
    ("/staff/newsletters/{id}/correct-text", EDITOR, EDITOR),
    ("/staff/newsletters/{id}/new-text", None, EDITOR),
    ("/staff/newsletters/{id}/request-review", None, EDITOR),
    ("/staff/newsletters/{id}/addresses", None, APPROVER),
    (
        "/staff/newsletters/{id}/not-delivered.csv",
        VIEWER,
        APPROVER,
    ),
    ("/staff/newsletters/{id}/review", APPROVER, None),
    ("/staff/newsletters/{id}/approve", None, APPROVER),
    ("/staff/newsletters/{id}/schedule", None, APPROVER),
    ("/staff/newsletters/{id}/undo", None, APPROVER),
    ("/staff/newsletters/{id}/reschedule", None, APPROVER),
    ("/staff/newsletters/{id}/send", None, APPROVER),
    ("/staff/newsletters/{id}/pause", None, APPROVER),
    ("/staff/newsletters/{id}/resume", None, APPROVER),
    ("/staff/newsletters/{id}/send-failed", None, APPROVER),
    ("/staff/newsletters/{id}/cancel", APPROVER, APPROVER),
    ("/staff/releases", VIEWER, None),
    ("/staff/releases/{id}", VIEWER, None),
    ("/staff/releases/{id}/readings", VIEWER, None),
    ("/staff/releases/{id}/languages", APPROVER, APPROVER),
    ("/staff/releases/{id}/languages/separate", None, APPROVER),
    ("/staff/releases/new", EDITOR, EDITOR),
    ("/staff/releases/preview.html", EDITOR, None),
    ("/staff/releases/paste", None, EDITOR),
    ("/staff/releases/blocks", None, EDITOR),
    ("/staff/pictures", EDITOR, EDITOR),
    ("/staff/pictures/line", None, EDITOR),
    ("/staff/releases/{id}/release", None, APPROVER),
    ("/staff/releases/{id}/drop", None, APPROVER),
    ("/staff/releases/events/{id}/dismiss", None, APPROVER),
    ("/staff/sources", None, ADMIN),
    ("/staff/sources/{id}/remove", None, ADMIN),
    ("/staff/sources/{id}/settings", ADMIN, ADMIN),
    ("/staff/subscribers", VIEWER, ADMIN),
    ("/staff/subscribers/person/{id}", ADMIN, None),
    ("/staff/subscribers/add", None, ADMIN),
    ("/staff/subscribers/unsubscribe", None, ADMIN),
    ("/staff/subscribers/choose", None, ADMIN),
    ("/staff/subscribers/address", None, ADMIN),
    ("/staff/subscribers/resend", None, ADMIN),
    ("/staff/subscribers/download", None, ADMIN),
    ("/staff/subscribers/erase", None, ADMIN),
    ("/staff/subscribers/export", None, ADMIN),
    ("/staff/subscribers/growth", VIEWER, None),
    ("/staff/import", ADMIN, ADMIN),
    ("/staff/import/undo", ADMIN, ADMIN),
    ("/staff/import/list/{label}", ADMIN, ADMIN),
    ("/staff/events", EDITOR, EDITOR),
    ("/staff/events/close", None, EDITOR),
    ("/staff/events/paper", None, EDITOR),
    ("/staff/website-form", VIEWER, None),
    ("/staff/topics", VIEWER, ADMIN),
    ("/staff/topics/change", None, ADMIN),
    ("/staff/press-list", VIEWER, EDITOR),
    ("/staff/press-list/addresses", None, APPROVER),
    ("/staff/press-list/remove", None, EDITOR),
    ("/staff/returns", VIEWER, None),
    ("/staff/returns/{id}", VIEWER, None),
    ("/staff/returns/{id}/mail", ADMIN, None),
    ("/staff/returns/{id}/file", None, EDITOR),
    ("/staff/returns/{id}/undo", None, EDITOR),
    ("/staff/returns/file", None, EDITOR),
    ("/staff/returns/reports", VIEWER, None),
    ("/staff/returns/setup", ADMIN, None),
    ("/staff/returns/test", None, ADMIN),
    ("/staff/returns/mailbox", None, ADMIN),
    ("/staff/returns/mailbox/remove", None, ADMIN),
    ("/staff/house", VIEWER, None),
    ("/staff/house/report.csv", VIEWER, None),
    ("/staff/house/elections", None, ADMIN),
    ("/staff/house/elections/{id}/remove", None, ADMIN),
    ("/staff/deliverability", ADMIN, None),
    ("/staff/deliverability/check", None, ADMIN),
    ("/staff/newsletters/{id}/events", VIEWER, None),
    ("/staff/settings", ADMIN, ADMIN),
    ("/staff/settings/preview.html", ADMIN, ADMIN),
    ("/staff/settings/logo", None, ADMIN),
    ("/staff/settings/logo/remove", None, ADMIN),
    ("/staff/people", ADMIN, ADMIN),
    ("/staff/people/{id}/role", None, ADMIN),
    ("/staff/people/{id}/link", None, ADMIN),
    ("/staff/people/{id}/disable", None, ADMIN),
    ("/staff/people/{id}/enable", None, ADMIN),
    ("/staff/people/{id}/second-step", None, ADMIN),
];

/// What stands open to who is not signed in.
pub(super) const OPEN: [&str; 8] = [
    "/staff/login",
    "/staff/login/code",
    "/staff/forgotten",
    "/staff/oidc",
    "/staff/oidc/callback",
    "/staff/passkey",
    "/staff/passkey/finish",
    "/staff/welcome/{token}",
];

#[tokio::test]
async fn each_address_lets_in_its_roles_and_nobody_else() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    // Whom the forms of person 1 are about.
    let nobody = address("somebody@example.gov");
    invite(&app, &nobody, Role::Viewer, "operator")
        .await
        .unwrap();
    let routes = routes();
    let row = |address: &str| TABLE.iter().find(|(known, ..)| *known == address);
    for (address, get, post) in &routes {
        if OPEN.contains(&address.as_str()) {
            continue;
        }
        let Some((_, may_open, may_post)) = row(address) else {
            panic!("{address} has no row: who may open it, who may post to it?");
        };
        assert_eq!(may_open.is_some(), *get, "GET {address}");
        assert_eq!(may_post.is_some(), *post, "POST {address}");
    }
    for (address, ..) in TABLE {
        assert!(
            routes.iter().any(|(known, ..)| known == address),
            "{address} is gone"
        );
    }
    for role in Role::ALL {
        let mut browser = member(&app, &site, role).await;
        let token = browser.get("/staff/more").await.token();
        let before = number(
            &app,
            "SELECT count(*) FROM audit WHERE action <> 'access.refused'",
        )
        .await;
        // What it may not, first: nothing is done and nothing is shown.
        for (address, may_open, may_post) in TABLE {
            let path = filled_in(address);
            if may_open.is_some_and(|least| role < least) {
                assert_eq!(browser.get(&path).await.status, 403, "{role} GET {path}");
            }
            if may_post.is_some_and(|least| role < least) {
                let answer = browser.post(&path, &[("form_token", &token)]).await;
                assert_eq!(answer.status, 403, "{role} POST {path}");
            }
        }
        let after = number(
            &app,
            "SELECT count(*) FROM audit WHERE action <> 'access.refused'",
        )
        .await;
        assert_eq!(before, after, "{role}: something was done");
        for (address, may_open, may_post) in TABLE {
            let path = filled_in(address);
            if may_open.is_some_and(|least| role >= least) {
                let answer = browser.get(&path).await;
                assert_ne!(answer.status, 403, "{role} GET {path}");
                assert!(!answer.status.is_server_error(), "{role} GET {path}");
                assert!(
                    !answer.location().contains("/staff/login"),
                    "{role} GET {path}"
                );
            }
            // By the least role alone, and with no field: refused for that, if for anything.
            // The doctor would ask name servers outside.
            let own_test = ["/staff/logout", "/staff/deliverability/check"];
            if *may_post == Some(role) && !own_test.contains(address) {
                let answer = browser.post(&path, &[("form_token", &token)]).await;
                assert_ne!(answer.status, 403, "{role} POST {path}: {}", answer.text);
                assert!(!answer.status.is_server_error(), "{role} POST {path}");
                assert!(
                    !answer.location().contains("/staff/login"),
                    "{role} POST {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn no_page_links_to_one_that_refuses_whoever_reads_it() {
    let (app, _place) = instance().await;
    super::newsletters::office(&app).await;
    super::newsletters::draft(&app).await;
    let site = Browser::on(&app);
    for role in [Role::Viewer, Role::Editor, Role::Approver] {
        let mut browser = member(&app, &site, role).await;
        let mut asked = std::collections::HashMap::new();
        let mut refused = Vec::new();
        for address in super::nothing_lost::page_addresses() {
            let page = super::nothing_lost::filled_in(&address);
            let shown = browser.get(&page).await;
            if shown.status != 200 {
                continue;
            }
            for link in shown.text.split(" href=\"/staff").skip(1) {
                let link = link.split(['"', '#']).next().unwrap();
                let link = format!("/staff{}", link.replace("&amp;", "&"));
                if !asked.contains_key(&link) {
                    let status = browser.get(&link).await.status;
                    asked.insert(link.clone(), status);
                }
                if asked[&link] == 403 {
                    refused.push(format!("{page} links to {link}"));
                }
            }
        }
        assert!(asked.len() > 15, "{role}: {}", asked.len());
        assert!(refused.is_empty(), "{role}: {refused:#?}");
    }
}
