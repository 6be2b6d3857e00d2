//! When a newsletter that was approved goes out, in a sentence.

use jiff::tz::TimeZone;

use crate::{
    app::App,
    clock::Timestamp,
    delivery,
    newsletters::{self, Newsletter, NewsletterState},
    office::Office,
    sending_window::SendingWindow,
};

/// Said after an approval.
pub async fn sentence(app: &App, id: i64) -> anyhow::Result<String> {
    let newsletter = newsletters::find(app, id).await?;
    let office = Office::load(&app.db).await?;
    let now = app.clock.now();
    let mut said = format!("newsletter {id} is approved");
    match newsletter.state {
        NewsletterState::Approved => {
            match begins(&newsletter, &office.window, &office.time_zone, now) {
                Some((at, why)) => {
                    let at = at.to_zoned_datetime(office.time_zone.clone());
                    let at = at.strftime("%Y-%m-%d %H:%M %Z");
                    said = format!("{said}; it goes out at {at}, {why}");
                }
                None => said += "; it goes out at once",
            }
        }
        NewsletterState::Sending => said += "; it goes out now",
        // Another hand was quicker.
        other => return Ok(format!("newsletter {id} is {}", other.as_str())),
    }
    if !delivery::any_worker_alive(app).await? {
        said += ". No `gazette serve` or `gazette worker` runs here: it waits until one does";
    }
    Ok(said)
}

/// The latest of all that it waits for, and what that is; `None`: nothing.
fn begins(
    newsletter: &Newsletter,
    window: &SendingWindow,
    zone: &TimeZone,
    now: Timestamp,
) -> Option<(Timestamp, &'static str)> {
    let waits_for = [
        (newsletter.scheduled_at, "as it is scheduled"),
        (
            newsletter.settles_at,
            "when the time is over in which the office may still change its release",
        ),
        (
            newsletter.undo_until,
            "when the time to undo the approval is over",
        ),
    ];
    let latest = waits_for
        .into_iter()
        .filter_map(|(at, why)| Some((at.filter(|at| *at > now)?, why)))
        .max_by_key(|(at, _)| *at);
    let ready = latest.map_or(now, |(at, _)| at);
    let opens = window.opens(ready, zone);
    if newsletter.waits && opens > ready {
        return Some((opens, "when the office's sending window opens"));
    }
    latest
}
