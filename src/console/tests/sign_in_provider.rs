//! The office's own sign-in provider: one that runs here, tells the truth when asked to, and lies when asked to.

use std::sync::{Arc, Mutex};

use aws_lc_rs::{
    digest, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{browser::Page, *};
use crate::accounts::account::by_key;

const SECRET: &str = "a secret that both know";

/// What the provider answers with next.
struct Says {
    url: String,
    key: EcdsaKeyPair,
    published: Vec<u8>,
    algorithm: &'static str,
    claims: Value,
    user_info: Value,
    /// From the address that it was sent to.
    challenge: String,
}

type Shared = Arc<Mutex<Says>>;

fn key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

async fn provider() -> Shared {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let key = key();
    let says = Arc::new(Mutex::new(Says {
        published: key.public_key().as_ref().to_vec(),
        key,
        url,
        algorithm: "ES256",
        claims: Value::Null,
        user_info: Value::Null,
        challenge: String::new(),
    }));
    let pages = Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .route(
            "/userinfo",
            get(async |State(says): State<Shared>| Json(says.lock().unwrap().user_info.clone())),
        )
        .with_state(Arc::clone(&says));
    tokio::spawn(async move { axum::serve(listener, pages).await });
    says
}

async fn configuration(State(says): State<Shared>) -> Json<Value> {
    let url = &says.lock().unwrap().url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(says): State<Shared>) -> Json<Value> {
    let point = says.lock().unwrap().published.clone();
    let (x, y) = point[1..].split_at(32);
    Json(json!({"keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k",
        "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y),
    }]}))
}

async fn token(
    State(says): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<std::collections::HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let says = says.lock().unwrap();
    let verifier = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
    let known = headers.contains_key("authorization") && form["code"] == "right";
    if !known || BASE64URL_NOPAD.encode(verifier.as_ref()) != says.challenge {
        return Err(StatusCode::BAD_REQUEST);
    }
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let head = part(json!({"alg": says.algorithm, "kid": "k"}));
    let signed = format!("{head}.{}", part(says.claims.clone()));
    let signature = match says.algorithm {
        "none" => Vec::new(),
        "HS256" => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
            hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
        }
        _ => {
            let random = SystemRandom::new();
            let signature = says.key.sign(&random, signed.as_bytes()).unwrap();
            signature.as_ref().to_vec()
        }
    };
    Ok(Json(json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 60,
        "id_token": format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)),
    })))
}

async fn site(provider: &Shared) -> (App, Place) {
    let place = Place::new().await;
    let issuer = provider.lock().unwrap().url.clone();
    let more = [
        ["--oidc-issuer", &issuer],
        ["--oidc-client-id", "gazette"],
        ["--oidc-client-secret", SECRET],
        ["--oidc-name", "Example ID"],
        [
            "--oidc-roles",
            "domain:example.gov=viewer,groups:press=editor",
        ],
    ];
    let app = place.open_with("http://127.0.0.1:8080", &more).await;
    (app, place)
}

fn now() -> i64 {
    crate::clock::Clock::system().now_ms() / 1000
}

fn ana() -> Value {
    json!({"sub": "77", "email": "Ana@example.gov", "email_verified": true})
}

/// Goes to the provider; what its address says.
async fn goes(browser: &mut Browser, page: &str) -> url::Url {
    let page = browser
        .submit(page, "/staff/oidc", &[("next", "/staff/topics")])
        .await;
    assert_eq!(page.status, 200, "{}", page.text);
    let (_, rest) = page.text.split_once("<a class=\"button\" href=\"").unwrap();
    let url = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    url.parse().unwrap()
}

fn field(url: &url::Url, name: &str) -> String {
    let mut pairs = url.query_pairs();
    pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// Comes back from it with these claims on top of those that are right.
async fn back(browser: &mut Browser, says: &Shared, url: &url::Url, claims: Value) -> Page {
    {
        let mut says = says.lock().unwrap();
        says.challenge = field(url, "code_challenge");
        let mut all = json!({
            "iss": says.url, "aud": "gazette", "exp": now() + 60, "iat": now(),
            "nonce": field(url, "nonce"),
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        says.claims = all;
    }
    let state = field(url, "state");
    browser
        .get(&format!("/staff/oidc/callback?state={state}&code=right"))
        .await
}

async fn signs_in(browser: &Browser, says: &Shared, claims: Value) -> (Browser, Page) {
    let mut fresh = browser.another();
    let url = goes(&mut fresh, "/staff/login").await;
    let page = back(&mut fresh, says, &url, claims).await;
    (fresh, page)
}

#[tokio::test]
async fn a_rule_makes_an_account_once_and_an_admin_has_the_last_word_about_it() {
    let says = provider().await;
    let (app, _place) = site(&says).await;
    let site = Browser::on(&app);
    let login = site.another().get("/staff/login").await;
    assert!(login.text.contains("Continue with Example ID"));
    let (mut browser, page) = signs_in(&site, &says, ana()).await;
    assert_eq!(page.location(), "/staff/topics", "{}", page.text);
    assert_eq!(browser.get("/staff/topics").await.status, 200);
    assert_eq!(browser.get("/staff/events").await.status, 403);
    let account = by_key(&app, "ana@example.gov").await.unwrap().unwrap();
    assert_eq!((account.role, account.state()), (Role::Viewer, "active"));
    // With another address of theirs, and what a rule would give them now: the same account as it is.
    crate::accounts::set_role(&app, &account, Role::Approver, "operator")
        .await
        .unwrap();
    let changed = json!({"sub": "77", "email": "ana.b@example.gov", "email_verified": true});
    let (mut browser, page) = signs_in(&site, &says, changed).await;
    assert_eq!(page.location(), "/staff/topics", "{}", page.text);
    assert_eq!(browser.get("/staff/events").await.status, 200);
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 1);
    let lines =
        "SELECT count(*) FROM audit WHERE action = 'staff.invite' AND details LIKE '%by a rule%'";
    assert_eq!(number(&app, lines).await, 1);
    let lines =
        "SELECT count(*) FROM audit WHERE action = 'staff.sign_in' AND details LIKE '%provider'";
    assert_eq!(number(&app, lines).await, 2);
    disable(&app, &account, "operator").await.unwrap();
    let (_, page) = signs_in(&site, &says, ana()).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("disabled"), "{}", page.text);
}

#[tokio::test]
async fn an_account_is_linked_by_a_verified_address_and_to_one_person() {
    let says = provider().await;
    let (app, _place) = site(&says).await;
    let site = member(&app, &Browser::on(&app), Role::Editor).await;
    let editor = |claims: Value| {
        let mut all = json!({"sub": "5", "email": "editor@example.gov"});
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    };
    for unproved in [json!({}), json!({"email_verified": false})] {
        let (_, page) = signs_in(&site, &says, editor(unproved)).await;
        assert_eq!(page.status, 422, "{}", page.text);
    }
    // The token says nothing of the address; the provider's page about people does.
    says.lock().unwrap().user_info =
        json!({"sub": "5", "email": "editor@example.gov", "email_verified": true});
    let (mut browser, page) = signs_in(&site, &says, json!({"sub": "5"})).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert_eq!(browser.get("/staff/events").await.status, 200);
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 1);
    // Another person there with the same address.
    let other = json!({"sub": "6", "email": "editor@example.gov", "email_verified": true});
    let (_, page) = signs_in(&site, &says, other).await;
    assert!(page.text.contains("another person"), "{}", page.text);
    // Whom no rule names gets nothing.
    let stranger = json!({"sub": "9", "email": "x@elsewhere.example", "email_verified": true});
    let (_, page) = signs_in(&site, &says, stranger).await;
    assert_eq!(page.status, 422);
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 1);
    let grouped = json!({"sub": "9", "email": "x@elsewhere.example", "email_verified": true, "groups": ["press"]});
    let (_, page) = signs_in(&site, &says, grouped).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let lines = "SELECT count(*) FROM audit WHERE action = 'staff.provider'";
    assert_eq!(number(&app, lines).await, 1);
}

#[tokio::test]
async fn an_answer_that_is_not_the_providers_to_this_question_lets_in_nobody() {
    let says = provider().await;
    let (app, _place) = site(&says).await;
    let mut site = Browser::on(&app);
    for (turn, wrong) in [
        json!({"nonce": "another"}),
        json!({"aud": "somebody else"}),
        json!({"iss": "https://evil.example"}),
        json!({"exp": now() - 600}),
        json!({"sub": null}),
    ]
    .into_iter()
    .enumerate()
    {
        site.address = [198, 51, 100, turn as u8];
        let mut claims = ana();
        for (name, value) in wrong.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let (mut browser, page) = signs_in(&site, &says, claims).await;
        assert_eq!(page.status, 422, "{wrong}: {}", page.text);
        assert_eq!(browser.get("/staff/topics").await.status, 303, "{wrong}");
    }
    // Signed with what we know ourselves, with nothing, with another key.
    for algorithm in ["HS256", "none"] {
        site.address[2] += 1;
        says.lock().unwrap().algorithm = algorithm;
        let (_, page) = signs_in(&site, &says, ana()).await;
        assert_eq!(page.status, 422, "{algorithm}");
    }
    says.lock().unwrap().algorithm = "ES256";
    let right = std::mem::replace(&mut says.lock().unwrap().key, key());
    let (_, page) = signs_in(&site, &says, ana()).await;
    assert_eq!(page.status, 422);
    says.lock().unwrap().key = right;
    // Begun in another browser: nobody is signed in as somebody else by a link.
    site.address[2] += 1;
    let mut mine = site.another();
    let url = goes(&mut mine, "/staff/login").await;
    let page = back(&mut site.another(), &says, &url, ana()).await;
    assert_eq!(page.status, 422);
    let state = field(&url, "state");
    for address in [
        format!("/staff/oidc/callback?state={state}x&code=right"),
        format!("/staff/oidc/callback?state={state}&error=access_denied"),
        "/staff/oidc/callback".to_owned(),
    ] {
        goes(&mut mine, "/staff/login").await;
        assert_eq!(mine.get(&address).await.status, 422, "{address}");
    }
    // An answer counts once.
    site.address[2] += 1;
    let mut mine = site.another();
    let url = goes(&mut mine, "/staff/login").await;
    assert_eq!(field(&url, "code_challenge_method"), "S256");
    assert_eq!(back(&mut mine, &says, &url, ana()).await.status, 303);
    assert_eq!(back(&mut mine, &says, &url, ana()).await.status, 422);
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 1);
}

#[tokio::test]
async fn who_signs_in_there_proves_there_once_more_who_they_are() {
    let says = provider().await;
    let (app, _place) = site(&says).await;
    let site = Browser::on(&app);
    let (mut browser, page) = signs_in(&site, &says, ana()).await;
    assert_eq!(page.status, 303);
    app.clock.advance_ms(3 * crate::clock::HOUR);
    let name = [("name", "Ana")];
    let page = browser
        .submit("/staff/account", "/staff/account/name", &name)
        .await;
    assert_eq!(page.status, 403);
    let url = goes(&mut browser, "/staff/again").await;
    assert_eq!(field(&url, "prompt"), "login");
    assert_eq!(field(&url, "max_age"), "0");
    let asked = app.clock.now_ms() / 1000;
    let mut old = ana();
    old["auth_time"] = json!(asked - 3600);
    assert_eq!(back(&mut browser, &says, &url, old).await.status, 422);
    let url = goes(&mut browser, "/staff/again").await;
    let other = json!({"sub": "8", "email": "bo@example.gov", "email_verified": true});
    let page = back(&mut browser, &says, &url, other).await;
    assert_eq!(page.status, 422);
    // They are signed in all the same, and are told so; so they are where they open that address again.
    let again = browser.get("/staff/oidc/callback?state=x&code=right").await;
    assert_eq!(again.status, 422);
    for page in [page, again] {
        assert!(
            page.text.contains("You are still signed in") && !page.text.contains("not signed in"),
            "{}",
            page.text
        );
    }
    let url = goes(&mut browser, "/staff/again").await;
    let mut fresh = ana();
    fresh["auth_time"] = json!(asked + 1);
    let page = back(&mut browser, &says, &url, fresh).await;
    // What they had typed waits for them.
    assert_eq!(page.location(), "/staff/kept", "{}", page.text);
    let page = browser
        .submit("/staff/account", "/staff/account/name", &name)
        .await;
    assert_eq!(page.location(), "/staff/account?done=name");
}
