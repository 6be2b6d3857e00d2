//! Event mode: for some hours staff open a page for a tablet, and a QR code that leads there. Many people
//! sign up there from one network, so networks are not counted; mailboxes are, as everywhere. What was
//! written on a paper sheet is typed in by staff, and says so in the evidence. It ends by itself.

use std::collections::HashSet;

use data_encoding::HEXLOWER;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, sea_query::Expr,
};

use super::{
    AboutReader, Frequency, RejectedLine, Result, Status, SubscriberError,
    sign_up::SignUp,
    sign_up_intake::{Receipt, put_down},
    sign_up_pace::EVENT,
    subscriber_kinds::Channel,
    subscriber_tables::{sign_up_event, subscriber},
    suppression, topics,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::{DAY, HOUR, Timestamp, instant},
    given_name,
    office::Office,
    relay_letters,
    secret::{Token, random_label},
};

/// The longest that a page stands open.
pub const LONGEST_HOURS: u32 = 12;

/// Characters of an event's name, at most.
const LONGEST_NAME: usize = 80;

/// Requests that one event takes: more than any hall holds, and a bound for a link that got about.
const MOST_REQUESTS: i32 = 3_000;

/// For how long after an event its paper sheets can be typed in.
const PAPER_MS: i64 = 30 * DAY;

/// Who opens the same event twice within this time has pressed the button twice.
const ONE_PRESS_MS: i64 = 10_000;

/// Lines of a paper sheet that are typed in at once.
const MOST_LINES: usize = 500;

/// An event.
#[derive(Debug, Clone)]
pub struct SignUpEvent {
    /// What names it in forms of the console.
    pub label: String,
    /// As staff call it: "Town hall in Tustin".
    pub name: String,
    /// When its page closes, or closed.
    pub closes_at: Timestamp,
    /// Its page stands open.
    pub open: bool,
    /// Who opened it.
    pub opened_by: String,
    /// Requests that came through its page.
    pub taken: u64,
    /// In the address of its page.
    pub token: Token,
}

impl SignUpEvent {
    /// What its requests are counted in instead of the networks they come from.
    #[must_use]
    pub fn as_network(&self) -> String {
        format!("{EVENT}{}", self.label)
    }
}

/// What a link to an event's page leads to.
#[derive(Debug, Clone)]
pub enum EventAtLink {
    /// Its page stands open.
    Open(SignUpEvent),
    /// It has closed, or taken as many as an event may.
    Over,
    /// No event was ever given this link.
    Unknown,
}

/// A paper sheet as staff type it in.
#[derive(Debug, Clone, Copy)]
pub struct PaperSheet<'a> {
    /// An address on a line.
    pub lines: &'a str,
    /// In which these people are written to.
    pub language: &'a str,
    /// Addresses that look mistyped stand on the sheet just so: somebody has looked again.
    pub as_written: bool,
}

/// What was typed in from a paper sheet.
#[derive(Debug, Default)]
pub struct PaperReport {
    /// A mail to confirm is sent to so many.
    pub taken: usize,
    /// How many of those that were not taken are addresses that only look mistyped.
    pub doubted: usize,
    /// Lines that were not taken, in their order.
    pub rejected: Vec<RejectedLine>,
}

fn token_of(app: &App, label: &str) -> Token {
    app.keys.token(&format!("event/{label}"))
}

fn event(app: &App, row: sign_up_event::Model) -> SignUpEvent {
    SignUpEvent {
        token: token_of(app, &row.label),
        open: row.closes_at > app.clock.now_ms(),
        label: row.label,
        name: row.name,
        closes_at: instant(row.closes_at),
        opened_by: row.opened_by,
        taken: row.taken.unsigned_abs().into(),
    }
}

/// Opens the page of an event for some hours; what leads there.
///
/// # Errors
/// The name is empty or too long, or it would be open for longer than [`LONGEST_HOURS`].
pub async fn open_event(app: &App, name: &str, hours: u32, who: &str) -> Result<SignUpEvent> {
    let name = given_name::checked(name, LONGEST_NAME)
        .map_err(|why| SubscriberError::Event(format!("the name of an event {why}")))?;
    if name.is_empty() {
        let wrong = "give the event a name, such as Town hall in Tustin";
        return Err(SubscriberError::Event(wrong.to_owned()));
    }
    let name = name.as_str();
    if !(1..=LONGEST_HOURS).contains(&hours) {
        let wrong = format!("an event is open for 1 to {LONGEST_HOURS} hours");
        return Err(SubscriberError::Event(wrong));
    }
    if !Office::load(&app.db).await?.complete {
        let wrong = "the office is not set up yet, so nobody can sign up: its name, its address and where mail comes from are missing under Settings";
        return Err(SubscriberError::Event(wrong.to_owned()));
    }
    let (label, now) = (random_label()?, app.clock.now_ms());
    let row = sign_up_event::Model {
        token_hash: HEXLOWER.encode(&token_of(app, &label).hash()),
        label,
        name: name.to_owned(),
        opened_at: now,
        opened_by: who.to_owned(),
        closes_at: now + i64::from(hours) * HOUR,
        taken: 0,
    };
    let transaction = app.db.begin().await?;
    let pressed_before = sign_up_event::Entity::find()
        .filter(sign_up_event::Column::Name.eq(name))
        .filter(sign_up_event::Column::OpenedBy.eq(who))
        .filter(sign_up_event::Column::OpenedAt.gt(now - ONE_PRESS_MS))
        .filter(sign_up_event::Column::ClosesAt.gt(now))
        .one(&transaction)
        .await?;
    if let Some(same) = pressed_before {
        transaction.rollback().await?;
        return Ok(event(app, same));
    }
    let active: sign_up_event::ActiveModel = row.clone().into();
    sign_up_event::Entity::insert(active.reset_all())
        .exec_without_returning(&transaction)
        .await?;
    let details = format!("{name}, {hours} hours");
    audit::record(&transaction, now, who, Action::EventOpen, "event", details).await?;
    transaction.commit().await?;
    Ok(event(app, row))
}

/// Closes its page before its time.
///
/// # Errors
/// There is no such event.
pub async fn close_event(app: &App, label: &str, who: &str) -> Result<()> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let closed = sign_up_event::Entity::update_many()
        .col_expr(sign_up_event::Column::ClosesAt, Expr::value(now))
        .filter(sign_up_event::Column::Label.eq(label))
        .filter(sign_up_event::Column::ClosesAt.gt(now))
        .exec(&transaction)
        .await?;
    if closed.rows_affected > 0 {
        audit::record(&transaction, now, who, Action::EventClose, "event", "").await?;
    } else if sign_up_event::Entity::find_by_id(label)
        .one(&transaction)
        .await?
        .is_none()
    {
        let wrong = "there is no such event; load the page again to see which there are";
        return Err(SubscriberError::Event(wrong.to_owned()));
    }
    Ok(transaction.commit().await?)
}

/// The events of the last month, the newest first.
pub async fn events(app: &App) -> Result<Vec<SignUpEvent>> {
    let rows = sign_up_event::Entity::find()
        .filter(sign_up_event::Column::ClosesAt.gt(app.clock.now_ms() - PAPER_MS))
        .order_by_desc(sign_up_event::Column::OpenedAt)
        .all(app.db.pool())
        .await?;
    Ok(rows.into_iter().map(|row| event(app, row)).collect())
}

/// What this token leads to.
pub async fn event_at(app: &App, token: &Token) -> Result<EventAtLink> {
    let row = sign_up_event::Entity::find()
        .filter(sign_up_event::Column::TokenHash.eq(HEXLOWER.encode(&token.hash())))
        .one(app.db.pool())
        .await?;
    Ok(match row.map(|row| event(app, row)) {
        Some(event) if event.open && event.taken < u64::from(MOST_REQUESTS.unsigned_abs()) => {
            EventAtLink::Open(event)
        }
        Some(_) => EventAtLink::Over,
        None => EventAtLink::Unknown,
    })
}

/// Counts a request of its page. False: it has closed, or taken as many as an event may.
pub async fn count_at_event(app: &App, event: &SignUpEvent) -> Result<bool> {
    let taken = sign_up_event::Column::Taken;
    let counted = sign_up_event::Entity::update_many()
        .col_expr(taken, Expr::col(taken).add(1))
        .filter(sign_up_event::Column::Label.eq(event.label.as_str()))
        .filter(sign_up_event::Column::ClosesAt.gt(app.clock.now_ms()))
        .filter(taken.lt(MOST_REQUESTS))
        .exec(&app.db.writer())
        .await?;
    Ok(counted.rows_affected > 0)
}

/// Takes what stands on a paper sheet, an address on a line, all of it at once. Each is asked by mail to
/// confirm: what somebody reads off a sheet is not always what was meant.
///
/// # Errors
/// There is no such event, or no more; or there are more lines than are typed in at once. Nothing was
/// taken then.
pub async fn enter_paper(
    app: &App,
    label: &str,
    sheet: PaperSheet<'_>,
    who: &str,
) -> Result<PaperReport> {
    let found = events(app)
        .await?
        .into_iter()
        .find(|event| event.label == label);
    let Some(event) = found else {
        let wrong = "the sheets of an event can be typed in for 30 days after it";
        return Err(SubscriberError::Event(wrong.to_owned()));
    };
    let typed: Vec<(u64, &str)> = (1..)
        .zip(sheet.lines.lines().map(str::trim))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    if typed.len() > MOST_LINES {
        let wrong = format!(
            "these are {} addresses, and {MOST_LINES} are taken at once: type them in in parts",
            typed.len()
        );
        return Err(SubscriberError::Event(wrong));
    }
    let mut report = PaperReport::default();
    let mut wrong = Vec::new();
    let (mut taken_lines, mut requests) = (Vec::new(), Vec::new());
    // Who wrote their address twice is asked once.
    let mut people = HashSet::new();
    for (at, line) in typed {
        match EmailAddress::parse(line).map(|address| (address.likely_correction(), address)) {
            Ok((Some(likely), _)) if !sheet.as_written => {
                report.doubted += 1;
                wrong.push((at, line, format!("did they mean {likely}?")));
            }
            Ok((_, address)) => {
                let key = address.key();
                if !relay_letters::are_taken(app, &address).await? {
                    let why = "the mail server takes no letters beyond a to z before the @";
                    wrong.push((at, line, why.to_owned()));
                } else if let Some(why) = why_not_asked(app, &key).await? {
                    wrong.push((at, line, why.to_owned()));
                } else if people.insert(key) {
                    taken_lines.push((at, line));
                    requests.push(paper_request(&event, &address, sheet.language, who));
                }
            }
            Err(error) => {
                let likely = EmailAddress::likely_meant(line);
                let why = likely.map(|likely| format!("did they mean {likely}?"));
                wrong.push((at, line, why.unwrap_or_else(|| error.to_string())));
            }
        }
    }
    let known = topics::every_topic(app).await?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let receipts = put_down(app, &transaction, &known, &requests).await?;
    for ((at, line), receipt) in taken_lines.into_iter().zip(receipts) {
        match receipt {
            Receipt::Now | Receipt::Later(_) => report.taken += 1,
            Receipt::Refused => {
                let why = "so many of this domain wait already that it can be typed in tomorrow";
                wrong.push((at, line, why.to_owned()));
            }
            Receipt::NoSuchTopic => wrong.push((at, line, "its topic is gone".to_owned())),
        }
    }
    let rejected = wrong.into_iter().map(|(at, line, why)| RejectedLine {
        number: at,
        text: line.to_owned(),
        why,
    });
    report.rejected.extend(rejected);
    report.rejected.sort_unstable();
    let details = format!("{}: {} addresses", event.name, report.taken);
    let action = Action::EventPaper;
    audit::record(&transaction, now, who, action, "event", details).await?;
    transaction.commit().await?;
    Ok(report)
}

/// Why nobody is asked to confirm by this address, whatever stands on paper. `None`: they are.
async fn why_not_asked(app: &App, key: &str) -> Result<Option<&'static str>> {
    let reason = suppression::reason(app, app.db.pool(), key).await?;
    if reason.is_some_and(|reason| !reason.yields_to_opt_in()) {
        return Ok(Some(
            "not asked: this person asked the office never to write to this address again",
        ));
    }
    let known = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(key))
        .one(app.db.pool())
        .await?;
    Ok(known
        .is_some_and(|known| known.status == Status::Confirmed)
        .then_some("not asked: this person is subscribed already"))
}

fn paper_request(event: &SignUpEvent, address: &EmailAddress, language: &str, who: &str) -> SignUp {
    SignUp {
        email: address.as_str().to_owned(),
        topics: Vec::new(),
        frequency: Frequency::Each,
        language: language.to_owned(),
        page: format!("paper sheet at “{}”, typed in by {who}", event.name),
        channel: Channel::Paper,
        ip: String::new(),
        networks: Vec::new(),
        user_agent: String::new(),
        about: AboutReader::default(),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::{audit::OPERATOR, subscribers::tests};

    #[tokio::test]
    async fn an_event_ends_by_itself_and_its_paper_says_who_typed_it_in() {
        let (app, _place) = tests::app().await;
        for (name, hours) in [("", 2), ("Town hall", 0), ("Town hall", 13)] {
            assert!(
                open_event(&app, name, hours, OPERATOR).await.is_err(),
                "{name} {hours}"
            );
        }
        let event = open_event(&app, " Town hall ", 2, "ana@example.gov")
            .await
            .unwrap();
        assert_eq!((event.name.as_str(), event.open), ("Town hall", true));
        let pressed_twice = open_event(&app, "Town hall", 2, "ana@example.gov").await;
        assert_eq!(pressed_twice.unwrap().label, event.label);
        assert_eq!(events(&app).await.unwrap().len(), 1);
        let leads_to = async |token| event_at(&app, token).await.unwrap();
        assert!(matches!(leads_to(&event.token).await, EventAtLink::Open(_)));
        let of_no_event = app.keys.token("event/other");
        assert!(matches!(leads_to(&of_no_event).await, EventAtLink::Unknown));
        assert!(count_at_event(&app, &event).await.unwrap());
        app.clock.advance_ms(2 * HOUR);
        assert!(matches!(leads_to(&event.token).await, EventAtLink::Over));
        assert!(!count_at_event(&app, &event).await.unwrap(), "it is over");
        let sheet = "bob@example.org\n\nnobody\ncarl@gmial.com\nDee Roe <dee@example.org>\n";
        let report = enter_paper(&app, &event.label, typed(sheet), "ana@example.gov")
            .await
            .unwrap();
        let rejected = report
            .rejected
            .iter()
            .map(|line| (line.number, line.text.as_str()));
        assert_eq!((report.taken, report.doubted), (1, 1), "{report:?}");
        assert!(
            rejected.eq([
                (3, "nobody"),
                (4, "carl@gmial.com"),
                (5, "Dee Roe <dee@example.org>")
            ]),
            "{report:?}"
        );
        // With a name beside it the address can be read all the same.
        for (at, likely) in [(1, "carl@gmail.com"), (2, "dee@example.org")] {
            assert_eq!(report.rejected[at].why, format!("did they mean {likely}?"));
        }
        crate::subscribers::answer_sign_ups(&app).await.unwrap();
        let evidence = crate::subscribers::evidence(&app, "bob@example.org")
            .await
            .unwrap();
        let text = evidence.to_string();
        assert!(
            text.contains("typed in by ana@example.gov") && text.contains("paper"),
            "{text}"
        );
        assert_eq!(evidence["status"], "pending");
        app.clock.advance_ms(31 * DAY);
        assert!(
            enter_paper(&app, &event.label, typed(sheet), OPERATOR)
                .await
                .is_err()
        );
        assert!(events(&app).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_sheet_that_is_too_long_is_not_said_to_be_taken() {
        let (app, _place) = tests::app().await;
        let event = open_event(&app, "Town hall", 2, OPERATOR).await.unwrap();
        let sheet = |people: usize| {
            let lines = (0..people).map(|number| format!("person{number}@agency.gov"));
            lines.collect::<Vec<_>>().join("\n")
        };
        let long = enter_paper(&app, &event.label, typed(&sheet(MOST_LINES + 1)), OPERATOR).await;
        let why = long.unwrap_err().to_string();
        assert!(why.contains("501") && why.contains("in parts"), "{why}");
        assert_eq!(waiting(&app).await, 0, "nothing of it was taken");
        // Empty lines are none, and who is typed in by staff comes from no network that is counted.
        let spaced = sheet(MOST_LINES).replace('\n', "\n \n\n");
        let report = enter_paper(&app, &event.label, typed(&spaced), OPERATOR)
            .await
            .unwrap();
        assert_eq!((report.taken, report.rejected.len()), (MOST_LINES, 0));
        assert_eq!(waiting(&app).await, 500, "what is said to be taken is kept");
    }

    #[tokio::test]
    async fn a_sheet_is_taken_whole_and_in_the_log_or_not_at_all() {
        let (app, _place) = tests::app().await;
        let event = open_event(&app, "Town hall", 2, OPERATOR).await.unwrap();
        // What the log refuses has not happened.
        let refuse = if app.db.is_sqlite() {
            "CREATE TRIGGER audit_is_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
        } else {
            "ALTER TABLE audit ADD CONSTRAINT audit_is_full CHECK (action <> 'event.paper')"
        };
        app.db.writer().execute_unprepared(refuse).await.unwrap();
        let sheet = "ana@example.org\nbob@example.org\n";
        enter_paper(&app, &event.label, typed(sheet), OPERATOR)
            .await
            .unwrap_err();
        assert_eq!(waiting(&app).await, 0);
    }

    #[tokio::test]
    async fn what_looks_mistyped_is_taken_as_written_once_somebody_has_looked_again() {
        let (app, _place) = tests::app().await;
        let event = open_event(&app, "Town hall", 2, OPERATOR).await.unwrap();
        let sheet = PaperSheet {
            as_written: true,
            ..typed("carl@gmial.com\nnobody\n")
        };
        let report = enter_paper(&app, &event.label, sheet, OPERATOR).await;
        let report = report.unwrap();
        assert_eq!((report.taken, report.doubted), (1, 0));
        let left: Vec<&str> = report.rejected.iter().map(|line| &*line.text).collect();
        assert_eq!(
            left,
            ["nobody"],
            "what is no address is none however it is written"
        );
        crate::subscribers::answer_sign_ups(&app).await.unwrap();
        let evidence = crate::subscribers::evidence(&app, "carl@gmial.com").await;
        assert_eq!(evidence.unwrap()["status"], "pending");
    }

    #[tokio::test]
    async fn who_is_not_asked_is_named_and_who_stands_there_twice_is_one_person() {
        let (app, _place) = tests::app().await;
        crate::test_data::subscriber(1).insert(&app).await;
        crate::test_data::subscriber(2).insert(&app).await;
        assert!(tests::happens(&app, 2, crate::subscribers::Event::Complain).await);
        let event = open_event(&app, "Town hall", 2, OPERATOR).await.unwrap();
        let sheet = "reader1@example.org\nana@example.org\nreader2@example.org\nAna@example.org\n";
        let report = enter_paper(&app, &event.label, typed(sheet), OPERATOR).await;
        let report = report.unwrap();
        assert_eq!(report.taken, 1);
        let told: Vec<(u64, &str)> = report
            .rejected
            .iter()
            .map(|line| (line.number, &line.why[..10]))
            .collect();
        assert_eq!(told, [(1, "not asked:"), (3, "not asked:")]);
        crate::subscribers::answer_sign_ups(&app).await.unwrap();
        let mails = "SELECT count(*) FROM transactional_mail";
        let mails = crate::db::scalar::<i64>(app.db.pool(), mails, []).await;
        assert_eq!(mails.unwrap(), Some(1));
    }

    fn typed(lines: &str) -> PaperSheet<'_> {
        PaperSheet {
            lines,
            language: "en",
            as_written: false,
        }
    }

    async fn waiting(app: &App) -> i64 {
        crate::db::scalar(app.db.pool(), "SELECT count(*) FROM sign_up", [])
            .await
            .unwrap()
            .unwrap()
    }
}
