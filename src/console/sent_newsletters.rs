//! What was sent, by month, as Home and the list of newsletters show it.

use std::collections::BTreeMap;

use gazette_templates::pages::staff::{LastSent, SentLine, SentMonth};
use jiff::tz::TimeZone;

use super::{
    failure::Failure,
    followed::not_sent,
    newsletter_view::{badge, state_words, total, with_topic},
    state::Console,
};
use crate::{
    clock::Timestamp,
    newsletters::{self, ListGroup, NewsletterState},
};

/// Rows of what was sent.
const SENT: u64 = 20;

/// See the module's head.
#[derive(Debug)]
pub struct SentNewsletters {
    /// The newest first.
    pub months: Vec<SentMonth>,
    /// The last of them that anybody got: one that was cancelled halfway is one of them, and one that was cancelled
    /// before it began is not.
    pub last: Option<LastSent>,
    /// The address of older ones, where there are any.
    pub older: Option<String>,
}

/// What ended last and has `words` in its subject, `before` the newsletter of this number.
pub async fn sent_newsletters(
    console: &Console,
    zone: &TimeZone,
    words: &str,
    before: Option<i64>,
) -> Result<SentNewsletters, Failure> {
    let app = &console.app;
    let mut list = newsletters::list_group(app, ListGroup::Ended, words, before, SENT).await?;
    let older = list.last().filter(|_| list.len() as u64 == SENT);
    let older = older.map(|(last, _)| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", words)
            .append_pair("before", &last.id.to_string())
            .finish();
        format!("/staff/newsletters?{query}#sent-title")
    });
    let begun = list
        .iter()
        .filter_map(|(newsletter, _)| Some((newsletter.id, newsletter.started_at?)));
    let begun: BTreeMap<i64, i64> = begun.map(|(id, at)| (id, at.as_millisecond())).collect();
    let left = console.counted.left_by_newsletters(app, begun).await?;
    // They are numbered as they were made; one that waited long ended later.
    list.sort_by_key(|(newsletter, _)| std::cmp::Reverse((newsletter.finished_at, newsletter.id)));
    let (mut months, mut last_sent): (Vec<SentMonth>, _) = (Vec::new(), None);
    for (newsletter, counts) in list {
        let name = month_of(
            newsletter.finished_at.unwrap_or(newsletter.created_at),
            zone,
        );
        let not_sent = not_sent(app, &newsletter, counts).await?;
        let total = total(counts);
        let is_cancelled = newsletter.state == NewsletterState::Cancelled;
        if last_sent.is_none() && (counts.accepted > 0 || !is_cancelled) {
            last_sent = Some(LastSent {
                id: newsletter.id,
                subject: newsletter.subject.clone(),
                delivered: counts.accepted,
                total,
                is_cancelled,
            });
        }
        let line = SentLine {
            id: newsletter.id,
            badge: badge(&newsletter),
            state: with_topic(&newsletter, state_words(&newsletter, zone)),
            delivered: (total > 0).then_some((counts.accepted, total)),
            not_sent,
            left: left.get(&newsletter.id).copied().unwrap_or(0),
            subject: newsletter.subject,
        };
        match months.last_mut().filter(|month| month.name == name) {
            Some(month) => month.newsletters.push(line),
            None => months.push(SentMonth {
                name,
                newsletters: vec![line],
            }),
        }
    }
    Ok(SentNewsletters {
        months,
        last: last_sent,
        older,
    })
}

fn month_of(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned_datetime(zone.clone());
    at.strftime("%B %Y").to_string()
}
