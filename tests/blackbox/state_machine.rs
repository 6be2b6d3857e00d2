//! Appendix B as a model: whatever happens in whatever order, the application stands where the table
//! says, and every edge that the table does not name changes nothing.

use gazette::{
    clock::{DAY, HOUR},
    subscribers::{self, link::SubscriberLink},
};

use crate::app::TestApp;

const EMAIL: &str = "ana@example.org";
const STEPS: usize = 40;

#[derive(Debug, Clone, Copy)]
enum Event {
    Ask,
    Look(usize),
    Confirm(usize),
    Never(usize),
    OneClick,
    NoTopicLeft,
    Import,
    Wait(i64),
    Erase,
}

/// One confirmation mail that was sent.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the mail"
)]
#[derive(Debug, Clone)]
struct Sent {
    token: String,
    at: i64,
    /// Whether the address has been known here all the time since.
    known: bool,
    void: bool,
    used: bool,
    /// The mailbox did something with a link of ours since.
    answered: bool,
}

/// What the table says.
#[derive(Debug, Default)]
struct Model {
    status: Option<&'static str>,
    sent: Vec<Sent>,
    blocked: bool,
    erased: bool,
}

impl Model {
    /// Whether the form now leads to a mail (O6, O9).
    fn asks(&self, now: i64) -> bool {
        let since = |time: i64| {
            let unanswered = self.sent.iter().filter(|sent| !sent.answered);
            unanswered.filter(|sent| sent.at > now - time).count()
        };
        !self.blocked
            && matches!(self.status, None | Some("pending" | "unsubscribed"))
            && since(DAY) < 1
            && since(30 * DAY) < 3
    }

    fn asked(&mut self, token: String, now: i64) {
        self.void();
        self.status = self.status.or(Some("pending"));
        self.sent.push(Sent {
            token,
            at: now,
            known: true,
            void: false,
            used: false,
            answered: false,
        });
    }

    fn answered(&mut self) {
        for sent in &mut self.sent {
            sent.answered = true;
        }
    }

    fn void(&mut self) {
        for sent in &mut self.sent {
            sent.void |= !sent.used;
        }
    }

    /// Whether the button says "You are subscribed".
    fn confirm(&mut self, number: usize, now: i64) -> bool {
        let sent = &mut self.sent[number];
        if !sent.known {
            return false;
        }
        if sent.used {
            return self.status == Some("confirmed");
        }
        let open = !sent.void && sent.at + 48 * HOUR > now;
        if !open || !matches!(self.status, Some("pending" | "unsubscribed")) {
            return false;
        }
        sent.used = true;
        self.status = Some("confirmed");
        self.erased = false;
        self.answered();
        true
    }

    fn never(&mut self, number: usize) {
        // Forgotten addresses are blocked by their hash, and whoever came back with them as well.
        let reaches = self.sent[number].known || self.sent.last().is_some_and(|sent| sent.known);
        self.blocked |= !self.sent[number].known || self.status != Some("blocked");
        if reaches && self.status.is_some() {
            self.status = Some("blocked");
        }
    }

    fn leave(&mut self) {
        if self.status == Some("confirmed") {
            self.status = Some("unsubscribed");
            self.void();
            self.answered();
        }
    }

    fn import(&mut self) {
        if !self.blocked && !self.erased && matches!(self.status, None | Some("pending")) {
            self.status = Some("confirmed");
        }
    }

    fn sweep(&mut self, now: i64) {
        let fresh = |sent: &Sent| sent.known && sent.at + 48 * HOUR > now - 7 * DAY;
        if self.status == Some("pending") && !self.sent.iter().any(fresh) {
            self.forget();
        }
    }

    fn erase(&mut self) {
        if self.status.is_some() {
            self.erased = true;
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.status = None;
        for sent in &mut self.sent {
            sent.known = false;
        }
    }
}

/// Small random numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn event(&mut self, mails: usize) -> Event {
        let mail = self.roll(mails.max(1));
        match self.roll(16) {
            0..=2 => Event::Ask,
            3..=5 if mails > 0 => Event::Confirm(mails - 1),
            6 if mails > 0 => Event::Confirm(mail),
            7 if mails > 0 => Event::Look(mail),
            8 if mails > 0 && self.roll(4) == 0 => Event::Never(mail),
            9 => Event::OneClick,
            10 => Event::NoTopicLeft,
            11 if self.roll(2) == 0 => Event::Import,
            13 if self.roll(3) == 0 => Event::Erase,
            _ => Event::Wait([1, 25, 49, 240][self.roll(4)]),
        }
    }
}

/// The application, driven over HTTP as readers drive it.
struct Driver<'a> {
    app: &'a TestApp,
    /// The one-click link of the newsletter that the subscriber got last.
    link: Option<String>,
}

impl Driver<'_> {
    async fn one(&self, sql: &str) -> Option<i64> {
        let row = self.app.app.db.one(sql, []).await.unwrap()?;
        row.try_get_by_index(0).unwrap()
    }

    async fn happen(&mut self, event: Event, model: &mut Model) {
        let app = self.app;
        let now = app.app.clock.now_ms();
        match event {
            Event::Ask => {
                let before = app.count("SELECT count(*) FROM confirmation_mail").await;
                assert_eq!(app.submit(EMAIL).await.status(), 200);
                app.all_answered().await;
                let after = app.count("SELECT count(*) FROM confirmation_mail").await;
                // What waits for its turn is the affair of `waiting`; without it, each mail of a
                // story has its cause in the story.
                let waiting = "DELETE FROM sign_up WHERE due_at > $1";
                app.app.db.execute(waiting, [now.into()]).await.unwrap();
                assert_eq!(after - before, i64::from(model.asks(now)), "mails sent");
                if after > before {
                    model.asked(self.newest_token().await, now);
                }
            }
            Event::Look(number) => {
                let token = &model.sent[number].token;
                for page in ["confirm", "never"] {
                    assert_eq!(app.get(&format!("/{page}/{token}")).await.status(), 200);
                }
                if let Some(link) = &self.link {
                    assert_eq!(app.get(link).await.status(), 200);
                }
            }
            Event::Confirm(number) => {
                let path = format!("/confirm/{}", model.sent[number].token);
                let status = if model.confirm(number, now) { 200 } else { 410 };
                assert_eq!(app.post(&path, "").await.status(), status);
            }
            Event::Never(number) => {
                let path = format!("/never/{}", model.sent[number].token);
                assert_eq!(app.post(&path, "").await.status(), 200);
                model.never(number);
            }
            Event::OneClick => {
                if let Some(link) = &self.link {
                    let answer = app.post(link, "List-Unsubscribe=One-Click").await;
                    assert_eq!(answer.status(), 200);
                    model.leave();
                }
            }
            Event::NoTopicLeft => {
                if let Some(link) = &self.link {
                    let link = link.replace("unsubscribe", "preferences");
                    assert_eq!(app.post(&link, "lang=en").await.status(), 200);
                    model.leave();
                }
            }
            Event::Import => {
                app.import(&[EMAIL.to_owned()]).await;
                model.import();
            }
            Event::Wait(hours) => {
                app.app.clock.advance_ms(hours * HOUR);
                // The scheduler sweeps by itself within a second; here and now, so that every story
                // has one end.
                subscribers::purge(&app.app).await.unwrap();
                model.sweep(app.app.clock.now_ms());
            }
            Event::Erase => {
                assert_eq!(
                    subscribers::erase(&app.app, EMAIL, "operator")
                        .await
                        .is_ok(),
                    model.status.is_some()
                );
                model.erase();
            }
        }
        // Whoever is known now has had a newsletter with a link of their own.
        let id = "SELECT max(id) FROM subscriber";
        self.link = self.one(id).await.map(|subscriber| {
            let link = SubscriberLink {
                subscriber,
                newsletter: 1,
            };
            format!("/unsubscribe/{}", link.token(&app.app.keys))
        });
    }

    async fn newest_token(&self) -> String {
        let sql = "SELECT token_label FROM transactional_mail ORDER BY id DESC LIMIT 1";
        let row = self.app.app.db.one(sql, []).await.unwrap().unwrap();
        let label: String = row.try_get_by_index(0).unwrap();
        self.app.app.keys.token(&label).as_str().to_owned()
    }
}

#[tokio::test]
async fn appendix_b_holds_for_any_story() {
    for seed in 0..8 {
        let app = TestApp::start().await;
        let mut dice = Dice(seed);
        let mut model = Model::default();
        let mut story = Vec::new();
        let mut driver = Driver {
            app: &app,
            link: None,
        };
        for _ in 0..STEPS {
            let event = dice.event(model.sent.len());
            story.push(event);
            driver.happen(event, &mut model).await;
            let expected = model.status.unwrap_or("unknown");
            assert_eq!(
                app.status(EMAIL).await,
                expected,
                "{seed}: {story:?} {model:?}"
            );
        }
        app.stop().await;
    }
}
