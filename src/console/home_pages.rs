//! Home: what needs a decision first, then how the office stands. And, for a phone, the way to all other
//! pages.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::staff::{
    self as pages, BlackoutNotice, HeldLine, HomeView, LastSent, Stand, Task, UnderWay, WaitingCard,
};

use jiff::tz::TimeZone;

use super::{
    deliverability_pages,
    failure::{Failure, sentence},
    frame::{frame, shown},
    guard::Viewer,
    newsletter_view::{badge, total, trying_until},
    sent_newsletters::sent_newsletters,
    state::Console,
};
use crate::{
    accounts::{self, Account, Role, StaffNames},
    address::veil,
    app::App,
    house,
    newsletters::{self, Counts, ListGroup, Newsletter, NewsletterState},
    office::Office,
    releases, transactional,
};

type Answer = Result<Response, Failure>;

/// Cards on the page: who has more to decide finds the rest in the list.
const CARDS: u64 = 8;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff", get(home))
        .route("/staff/", get(home))
        .route("/staff/more", get(more))
}

async fn home(State(console): State<Console>, Viewer(me): Viewer) -> Answer {
    let app = &console.app;
    let office = Office::load(&app.db).await?;
    let zone = &office.time_zone;
    let staff = accounts::list(app).await?;
    let names = StaffNames::of(&staff, me.account.role);
    let mut waiting = waiting(&console, &names).await?;
    let more_waiting = waiting.len() as u64 > CARDS;
    waiting.truncate(CARDS as usize);
    let decides = me.account.role >= Role::Approver;
    let (mut mine, mut with_others) = (Vec::new(), Vec::new());
    for card in waiting {
        let is_mine = decides
            && !(office.four_eyes
                && newsletters::authors(app, card.id)
                    .await?
                    .iter()
                    .any(|author| author == me.who()));
        let place = if is_mine { &mut mine } else { &mut with_others };
        place.push(card);
    }
    let sent = sent_newsletters(&console, zone, "", None).await?;
    let (stand, anything_sent) = stand(&console, zone, sent.last).await?;
    // Only admins may do them all.
    let tasks = if me.account.role >= Role::Admin {
        let done = (stand.confirmed > 0, anything_sent);
        tasks(app, &office, &staff, done).await?
    } else {
        Vec::new()
    };
    let view = HomeView {
        frame: frame(app, &me, None).await?,
        blackout: house::blackout_at(app, zone, app.clock.now())
            .await?
            .map(|blackout| BlackoutNotice {
                words: blackout.words(),
                blocked: None,
                acknowledged: false,
            }),
        waiting: mine,
        with_others,
        decides,
        more_waiting,
        held: held(app, decides).await?,
        trouble: trouble(app, zone).await?,
        stand,
        tasks,
        sent: sent.months,
        older: sent.older,
    };
    Ok(pages::home(&view).into_response())
}

/// The newsletters that need a decision, one more than the page shows.
async fn waiting(console: &Console, names: &StaffNames) -> Result<Vec<WaitingCard>, Failure> {
    let app = &console.app;
    let list = newsletters::newest_of_group(app, ListGroup::NeedsReview, CARDS + 1).await?;
    let mut waiting = Vec::with_capacity(list.len());
    for newsletter in list {
        let beginning = newsletters::checks::preview_line(&newsletter).unwrap_or_default();
        waiting.push(WaitingCard {
            id: newsletter.id,
            badge: badge(&newsletter),
            people: if newsletter.state == NewsletterState::Draft {
                Some(console.counted.audience(app, newsletter.id).await?)
            } else {
                None
            },
            beginning,
            asked: newsletter
                .review_requested
                .as_ref()
                .map(|(_, who)| format!("{} asks for approval.", names.called(who))),
            attention: newsletter.attention.as_deref().map(|why| sentence(&why)),
            subject: newsletter.subject,
        });
    }
    Ok(waiting)
}

async fn held(app: &App, decide: bool) -> Result<Vec<HeldLine>, Failure> {
    Ok(releases::held(app, CARDS)
        .await?
        .into_iter()
        .map(|release| HeldLine {
            id: release.id,
            why: sentence(&release.held_because.unwrap_or_default()),
            title: release.title,
            decide,
        })
        .collect())
}

async fn trouble(app: &App, zone: &TimeZone) -> Result<Vec<String>, Failure> {
    let put_off = transactional::put_off(app.db.pool(), app.clock.now_ms()).await?;
    let put_off = put_off.map(|found| {
        let mails = match found.mails {
            1 => "One mail that somebody waits for".to_owned(),
            many => format!("{many} mails that people wait for"),
        };
        let words = veil(&found.words);
        format!("{mails}, such as the link to confirm a sign-up, cannot be sent and will be tried again. The mail server said: {words}")
    });
    let sources = releases::failing_sources(app)
        .await?
        .into_iter()
        .map(|source| {
            let since = source.since.map_or_else(String::new, |since| {
                format!(" since {}", shown(since, zone))
            });
            format!("{} cannot be read{since}: {}", source.title, source.error)
        });
    Ok(put_off.into_iter().chain(sources).collect())
}

/// How the office stands, and whether anything was ever sent.
async fn stand(
    console: &Console,
    zone: &TimeZone,
    last: Option<LastSent>,
) -> Result<(Stand, bool), Failure> {
    let app = &console.app;
    let today = app.clock.now().to_zoned_datetime(zone.clone()).date();
    let month = today
        .first_of_month()
        .at(0, 0, 0, 0)
        .to_zoned_datetime(zone.clone())
        .map_or(0, |at| at.timestamp().as_millisecond());
    let growth = console.counted.growth(app, month).await?;
    let open = newsletters::list_group(app, ListGroup::UnderWay, "", None, 50).await?;
    let under_way: Vec<UnderWay> = open
        .iter()
        .filter_map(|(newsletter, counts)| under_way(app, newsletter, *counts, zone))
        .take(CARDS as usize)
        .collect();
    let next = open
        .into_iter()
        .map(|(newsletter, _)| newsletter)
        .filter(|newsletter| newsletter.state == NewsletterState::Approved)
        .min_by_key(|newsletter| newsletter.scheduled_at)
        .map(|newsletter| {
            let at = newsletter.scheduled_at;
            let at = at.map_or_else(|| "soon".to_owned(), |at| shown(at, zone));
            (newsletter.id, newsletter.subject, at)
        });
    let anything_sent = last.is_some() || under_way.iter().any(|sent| sent.delivered > 0);
    let stand = Stand {
        confirmed: growth.confirmed,
        joined: growth.joined,
        left: growth.left,
        under_way,
        next,
        last,
    };
    Ok((stand, anything_sent))
}

/// How far one is that is on its way; `None`: it has not begun.
fn under_way(
    app: &App,
    newsletter: &Newsletter,
    counts: Counts,
    zone: &TimeZone,
) -> Option<UnderWay> {
    let is_paused = newsletter.state == NewsletterState::Paused;
    if !is_paused && newsletter.state != NewsletterState::Sending {
        return None;
    }
    let until = trying_until(counts, newsletter.deadline_at, app.clock.now(), zone);
    Some(UnderWay {
        id: newsletter.id,
        subject: newsletter.subject.clone(),
        delivered: counts.accepted,
        total: total(counts),
        waiting: counts.queued + counts.claimed,
        retried: until.map(|until| (counts.deferred, until)),
        is_paused,
    })
}

/// The first weeks' tasks; none once all are done.
async fn tasks(
    app: &App,
    office: &Office,
    staff: &[Account],
    (anybody, anything_sent): (bool, bool),
) -> Result<Vec<Task>, Failure> {
    let sources = releases::list_sources(app).await?;
    let active = staff
        .iter()
        .filter(|account| account.disabled_at.is_none())
        .count();
    let task = |done, words, href| Task { done, words, href };
    let tasks = vec![
        task(
            office.complete,
            "Set your name, sender address and postal address",
            "/staff/settings",
        ),
        task(office.logo.is_some(), "Add your logo", "/staff/settings"),
        task(
            !sources.is_empty(),
            "Say where your press releases come from",
            "/staff/releases",
        ),
        task(
            anybody,
            "Get the first subscriber: sign up yourself, or import a list",
            "/",
        ),
        task(
            newsletters::was_tested(app).await?,
            "Send a test of a draft to yourself",
            "/staff/newsletters",
        ),
        task(active > 1, "Invite a colleague", "/staff/people"),
        task(
            deliverability_pages::was_sound(app).await?,
            "Prove to mailbox providers that your email is yours (DNS)",
            "/staff/deliverability",
        ),
        task(
            anything_sent,
            "Send your first newsletter",
            "/staff/newsletters",
        ),
    ];
    Ok(if tasks.iter().all(|task| task.done) {
        Vec::new()
    } else {
        tasks
    })
}

/// All pages and what concerns oneself, where a phone's bar has room for four.
async fn more(State(console): State<Console>, Viewer(me): Viewer) -> Answer {
    Ok(pages::more(&frame(&console.app, &me, None).await?).into_response())
}
