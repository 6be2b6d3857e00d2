//! The pace of sign-ups: how many requests of one network, or for one domain, are looked at in an hour
//! (O6). Requests are counted and not mails: what a visitor is told of the wait must not depend on
//! whose address they typed (O5).
//!
//! Each pace knows when its requests are due, those of the last hour and those that wait. A new one
//! gets the first instant that leaves no hour with more than its pace; so who comes after a flood from
//! elsewhere still finds the places that the flood could not take.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockType, OnConflict},
};

use super::subscriber_tables::sign_up_pace as table;
use crate::{
    address::EmailAddress,
    app::App,
    clock::{DAY, HOUR},
};

/// From one network in an hour: IPv4 /24, IPv6 /64 and /56.
const PER_NETWORK: usize = 5;
/// From one IPv6 /48, which is one customer's, with 256 networks of the size before.
const PER_SITE: usize = 20;
/// At one event in an hour, from wherever: a full hall. Its code hangs on a wall, and who takes a picture of it
/// must not have hundreds mailed who never asked.
const PER_EVENT: usize = 400;
/// For one domain in an hour, unless it is a mailbox provider of the whole country.
const PER_DOMAIN: usize = 50;
/// The same for `.gov` and `.mil`.
const PER_GOVERNMENT_DOMAIN: usize = 10;
/// The part of a domain's requests that may come from one network, so that one flood leaves room for
/// everybody else.
const SHARE_OF_ONE_NETWORK: usize = 5;

/// Where millions have their mailbox: so many of them may want news in one hour.
const CONSUMER_PROVIDERS: &[&str] = &[
    "126.com",
    "163.com",
    "aim.com",
    "aol.com",
    "att.net",
    "bell.net",
    "bellsouth.net",
    "charter.net",
    "comcast.net",
    "cox.net",
    "daum.net",
    "duck.com",
    "earthlink.net",
    "fastmail.com",
    "foxmail.com",
    "free.fr",
    "frontier.com",
    "frontiernet.net",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.es",
    "hotmail.fr",
    "icloud.com",
    "juno.com",
    "kakao.com",
    "laposte.net",
    "libero.it",
    "live.co.uk",
    "live.com",
    "live.com.mx",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "mymail.com",
    "nate.com",
    "naver.com",
    "netzero.net",
    "optimum.net",
    "optonline.net",
    "orange.fr",
    "outlook.com",
    "outlook.es",
    "pacbell.net",
    "pm.me",
    "privaterelay.appleid.com",
    "prodigy.net",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "roadrunner.com",
    "rocketmail.com",
    "rogers.com",
    "rr.com",
    "sbcglobal.net",
    "shaw.ca",
    "sina.com",
    "snet.net",
    "spectrum.net",
    "suddenlink.net",
    "swbell.net",
    "sympatico.ca",
    "t-online.de",
    "tds.net",
    "telus.net",
    "tutanota.com",
    "twc.com",
    "verizon.net",
    "vnn.vn",
    "wanadoo.fr",
    "web.de",
    "windstream.net",
    "yahoo.ca",
    "yahoo.co.jp",
    "yahoo.co.kr",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.com.mx",
    "yahoo.com.tw",
    "yahoo.com.vn",
    "yahoo.es",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
];

/// Octets of a pace's key. They come in no order, so each change of a pace writes a page of their index:
/// the shorter they are, the fewer pages. Two that were the same would share a pace, no more.
const KEY_OCTETS: usize = 8;

/// Begins what stands for the networks of an event.
pub const EVENT: &str = "event ";

/// One pace: what it counts, and how many in an hour.
#[derive(Debug, Clone)]
pub struct Pace {
    key: Vec<u8>,
    per_hour: usize,
}

/// The paces that one request is counted in.
#[derive(Debug, Default)]
pub struct Paces {
    /// Of its networks, and of what they send to one domain.
    networks: Vec<Pace>,
    /// Of its domain; none: a mailbox provider of the whole country.
    domain: Option<Pace>,
    /// One mailbox takes its domain's place once a day, however often its address is typed.
    mailbox: Option<Pace>,
}

impl Paces {
    /// Of a request from these networks, the narrowest first.
    pub fn of(app: &App, networks: &[String], address: &EmailAddress) -> Self {
        let Some(narrowest) = networks.first() else {
            return Self::default();
        };
        let pace = |parts: &[&str], per_hour| {
            let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            Pace {
                key: app.keys.mac(&parts)[..KEY_OCTETS].to_vec(),
                per_hour,
            }
        };
        if narrowest.starts_with(EVENT) {
            // Its guests may all be of one company.
            return Self {
                networks: vec![pace(&["pace of event", narrowest], PER_EVENT)],
                ..Self::default()
            };
        }
        let mut paces: Vec<Pace> = networks
            .iter()
            .map(|network| {
                let site = network.ends_with("/48");
                let per_hour = if site { PER_SITE } else { PER_NETWORK };
                pace(&["pace of network", network], per_hour)
            })
            .collect();
        let domain = address.domain();
        let Some(per_hour) = domain_per_hour(domain) else {
            return Self {
                networks: paces,
                ..Self::default()
            };
        };
        let share = per_hour / SHARE_OF_ONE_NETWORK;
        paces.push(pace(
            &["pace of network and domain", narrowest, domain],
            share,
        ));
        Self {
            networks: paces,
            domain: Some(pace(&["pace of domain", domain], per_hour)),
            mailbox: Some(pace(&["pace of mailbox", &address.mailbox_key()], 1)),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Pace> {
        self.networks
            .iter()
            .chain(&self.domain)
            .chain(&self.mailbox)
    }
}

fn domain_per_hour(domain: &str) -> Option<usize> {
    if CONSUMER_PROVIDERS.binary_search(&domain).is_ok() {
        return None;
    }
    let government = matches!(domain.rsplit('.').next(), Some("gov" | "mil"));
    Some(if government {
        PER_GOVERNMENT_DOMAIN
    } else {
        PER_DOMAIN
    })
}

/// When the requests of several paces are due, as the database has it.
#[derive(Debug, Default)]
pub struct Schedule {
    /// By the pace's key: when its requests are due, in order.
    due: HashMap<Vec<u8>, Vec<i64>>,
}

impl Schedule {
    /// Loads what is known of these paces, and holds it to the end of the transaction.
    pub async fn load(
        connection: &impl ConnectionTrait,
        paces: impl IntoIterator<Item = Pace>,
    ) -> Result<Self, DbErr> {
        let keys: BTreeSet<Vec<u8>> = paces.into_iter().map(|pace| pace.key).collect();
        let mut due = HashMap::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(Self { due });
        }
        // In the keys' order, so that two processes never wait for each other in a circle.
        let rows = table::Entity::find()
            .filter(table::Column::KeyHash.is_in(keys))
            .order_by_asc(table::Column::KeyHash)
            .lock(LockType::Update)
            .all(connection)
            .await?;
        for row in rows {
            let times = serde_json::from_str(&row.due)
                .map_err(|error| DbErr::Custom(format!("sign_up_pace: {error}")))?;
            due.insert(row.key_hash, times);
        }
        Ok(Self { due })
    }

    /// The first instant from `now` on, within `longest` milliseconds, at which all these paces allow
    /// one more request; it takes its place there. `None`: there is none.
    pub fn take(&mut self, paces: &Paces, now: i64, longest: i64) -> Option<i64> {
        let mailbox = paces.mailbox.as_ref();
        let repeated = mailbox.is_some_and(|pace| {
            let times = self.due.get(&pace.key);
            times.is_some_and(|times| times.iter().any(|time| *time > now - DAY))
        });
        let domain = paces.domain.iter().filter(|_| !repeated);
        let counted: Vec<&Pace> = paces.networks.iter().chain(domain).collect();
        let mut at = now;
        // Each round moves it behind at least one place that is taken.
        while let Some(later) = counted
            .iter()
            .map(|pace| self.first_place(pace, at))
            .find(|place| *place > at)
        {
            at = later;
            if at > now + longest {
                return None;
            }
        }
        let own = mailbox.into_iter().filter(|_| !repeated);
        for pace in counted.into_iter().chain(own) {
            let times = self.due.entry(pace.key.clone()).or_default();
            let place = times.partition_point(|time| *time <= at);
            times.insert(place, at);
        }
        Some(at)
    }

    /// The first instant from `at` on with room in this pace.
    fn first_place(&self, pace: &Pace, at: i64) -> i64 {
        let times = self
            .due
            .get(&pace.key)
            .map(Vec::as_slice)
            .unwrap_or_default();
        first_room(times, at, pace.per_hour)
    }

    /// Stores what is known of these paces.
    pub async fn store(
        mut self,
        connection: &impl ConnectionTrait,
        paces: impl IntoIterator<Item = Pace>,
        now: i64,
    ) -> Result<(), DbErr> {
        let mut rows = Vec::new();
        for pace in paces {
            // Taken out, so that each is written once.
            let mut times = self.due.remove(&pace.key).unwrap_or_default();
            // The longest that is asked for: whether a mailbox came within the day.
            times.retain(|time| *time > now - DAY);
            let Some(last) = times.last().copied() else {
                continue;
            };
            rows.push(table::ActiveModel {
                key_hash: Set(pace.key),
                due: Set(serde_json::json!(times).to_string()),
                last_at: Set(last),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let newest = OnConflict::column(table::Column::KeyHash)
            .update_columns([table::Column::Due, table::Column::LastAt])
            .to_owned();
        table::Entity::insert_many(rows)
            .on_conflict(newest)
            .exec_without_returning(connection)
            .await?;
        Ok(())
    }
}

/// The first instant from `at` on at which one more leaves no hour with more than `per_hour`. The times
/// are in order, and each is looked at once at most: those that lie more than an hour before are not.
fn first_room(times: &[i64], at: i64, per_hour: usize) -> i64 {
    let first = times.partition_point(|time| *time <= at - HOUR);
    let mut place = at;
    for full in times[first..].windows(per_hour) {
        let (Some(begins), Some(ends)) = (full.first(), full.last()) else {
            break;
        };
        if *ends >= place + HOUR {
            // This hour, and every later one, begins behind the place.
            break;
        }
        if ends - begins < HOUR && place < begins + HOUR {
            place = begins + HOUR;
        }
    }
    place
}

/// Forgets paces that hold nobody back any more (V1).
pub async fn forget(app: &App, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    // sign_up_pace_by_time
    table::Entity::delete_many()
        .filter(table::Column::LastAt.lte(app.clock.now_ms() - DAY))
        .exec(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paces(per_hour: usize) -> Paces {
        Paces {
            networks: vec![Pace {
                key: vec![1],
                per_hour,
            }],
            ..Paces::default()
        }
    }

    fn at_domain(network: u8, mailbox: u8) -> Paces {
        let pace = |key: &[u8], per_hour| Pace {
            key: key.to_vec(),
            per_hour,
        };
        Paces {
            networks: vec![pace(&[1, network], 5), pace(&[2, network], 2)],
            domain: Some(pace(&[3], 10)),
            mailbox: Some(pace(&[4, mailbox], 1)),
        }
    }

    #[test]
    fn the_providers_stand_in_order_for_the_search() {
        assert!(CONSUMER_PROVIDERS.is_sorted());
        assert_eq!(domain_per_hour("gmail.com"), None);
        assert_eq!(domain_per_hour("agency.gov"), Some(10));
        assert_eq!(domain_per_hour("example.org"), Some(50));
    }

    #[test]
    fn twenty_people_of_one_network_wait_three_hours_at_most() {
        let (mut schedule, paces) = (Schedule::default(), paces(5));
        let due: Vec<i64> = (0..20)
            .map(|_| (schedule.take(&paces, 1_000, DAY).unwrap() - 1_000) / HOUR)
            .collect();
        let expected = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3];
        assert_eq!(due, expected);
    }

    #[tokio::test]
    async fn twenty_thousand_different_people_in_an_hour_wait_for_nobody() {
        let (app, _place) = crate::subscribers::tests::app().await;
        let mut schedule = Schedule::default();
        for person in 0..20_000_i64 {
            // Two thirds at a provider of the whole country, three from one network each.
            let domain = match person % 3 {
                0 => format!("company{}.example", person % 400),
                _ => "gmail.com".to_owned(),
            };
            let network = person / 3;
            let network = format!("10.{}.{}.0/24", network / 250, network % 250);
            let address = EmailAddress::parse(&format!("person{person}@{domain}")).unwrap();
            let paces = Paces::of(&app, &[network], &address);
            let now = person * HOUR / 20_000;
            assert_eq!(schedule.take(&paces, now, DAY), Some(now), "{person}");
        }
    }

    #[tokio::test]
    async fn a_full_hall_waits_for_nobody_and_a_picture_of_its_code_mails_no_thousands() {
        let (app, _place) = crate::subscribers::tests::app().await;
        let mut schedule = Schedule::default();
        let taken = (0..2_000).filter(|guest| {
            let address = EmailAddress::parse(&format!("guest{guest}@school.example")).unwrap();
            let paces = Paces::of(&app, &["event a1".to_owned()], &address);
            schedule.take(&paces, 0, DAY) == Some(0)
        });
        assert_eq!(taken.count(), PER_EVENT);
    }

    #[test]
    fn a_flood_from_two_networks_leaves_room_at_its_domain_for_everybody_else() {
        let mut schedule = Schedule::default();
        let taken = (0..2_000_u32)
            .filter(|n| {
                let paces = at_domain((n % 2) as u8, (n % 251) as u8);
                schedule.take(&paces, 0, DAY).is_some()
            })
            .count();
        assert!((90..=260).contains(&taken), "{taken}");
        assert_eq!(schedule.take(&at_domain(9, 252), 1, DAY), Some(1));
    }

    #[test]
    fn an_address_typed_from_everywhere_takes_its_domain_one_place() {
        let mut schedule = Schedule::default();
        for network in 10..250 {
            assert_eq!(schedule.take(&at_domain(network, 1), 0, DAY), Some(0));
        }
        for mailbox in 2..11 {
            assert_eq!(schedule.take(&at_domain(mailbox, mailbox), 5, DAY), Some(5));
        }
        assert_eq!(schedule.take(&at_domain(11, 11), 5, DAY), Some(HOUR));
    }

    /// Whether one more at this instant leaves no hour with more than so many, as one would count it.
    fn has_room(times: &[i64], at: i64, per_hour: usize) -> bool {
        let mut all = times.to_vec();
        let place = all.partition_point(|time| *time <= at);
        all.insert(place, at);
        all.windows(per_hour + 1)
            .filter(|more| more.contains(&at))
            .all(|more| more[per_hour] - more[0] >= HOUR)
    }

    proptest! {
        #[test]
        fn the_first_room_is_the_first_that_counting_finds(
            gaps in prop::collection::vec(0i64..HOUR / 2, 0..40),
            at in 0i64..20 * HOUR,
            per_hour in 1usize..5,
        ) {
            let times: Vec<i64> = gaps.iter().scan(0, |time, gap| { *time += gap; Some(*time) }).collect();
            let ends = times.iter().map(|time| time + HOUR).filter(|end| *end > at);
            let counted = std::iter::once(at).chain(ends).find(|place| has_room(&times, *place, per_hour));
            prop_assert_eq!(Some(first_room(&times, at, per_hour)), counted);
        }

        #[test]
        fn o6_no_hour_ever_has_more_than_its_pace(
            gaps in prop::collection::vec(0i64..HOUR, 1..60),
            per_hour in 1usize..8,
        ) {
            let (mut schedule, paces) = (Schedule::default(), paces(per_hour));
            let (mut now, mut dues) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                if let Some(due) = schedule.take(&paces, now, DAY) {
                    prop_assert!(due >= now && due <= now + DAY);
                    dues.push(due);
                }
            }
            dues.sort_unstable();
            for more in dues.windows(per_hour + 1) {
                prop_assert!(more[per_hour] - more[0] >= HOUR);
            }
        }
    }
}
