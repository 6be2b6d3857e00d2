//! Every time zone that an office may live in: those of the United States by what people call them there, all others
//! by their city under its continent.

use std::sync::LazyLock;

use maud::{Markup, html};

/// Those of the United States, which most offices want.
const UNITED_STATES: [(&str, &str); 12] = [
    ("America/New_York", "Eastern time"),
    ("America/Chicago", "Central time"),
    ("America/Denver", "Mountain time"),
    (
        "America/Phoenix",
        "Mountain time without daylight saving (Arizona)",
    ),
    ("America/Los_Angeles", "Pacific time"),
    ("America/Anchorage", "Alaska time"),
    ("Pacific/Honolulu", "Hawaii time"),
    (
        "America/Puerto_Rico",
        "Atlantic time (Puerto Rico, Virgin Islands)",
    ),
    ("America/Detroit", "Eastern time (Michigan)"),
    ("America/Boise", "Mountain time (Idaho)"),
    ("Pacific/Guam", "Chamorro time (Guam)"),
    ("Pacific/Pago_Pago", "Samoa time"),
];

/// The first part of a zone's name, and what its group is called. What begins otherwise (`US/Pacific`, `Etc/GMT+5`)
/// is an old name of one of these, or no place.
const CONTINENTS: [(&str, &str); 10] = [
    ("Africa", "Africa"),
    ("America", "Americas"),
    ("Antarctica", "Antarctica"),
    ("Arctic", "Arctic"),
    ("Asia", "Asia"),
    ("Atlantic", "Atlantic Ocean"),
    ("Australia", "Australia"),
    ("Europe", "Europe"),
    ("Indian", "Indian Ocean"),
    ("Pacific", "Pacific Ocean"),
];

/// The zones of a continent.
struct Continent {
    title: &'static str,
    /// The name and the city of each, by city.
    zones: Vec<(String, String)>,
}

static ELSEWHERE: LazyLock<Vec<Continent>> = LazyLock::new(|| {
    let known: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .collect();
    CONTINENTS
        .iter()
        .map(|(continent, title)| Continent {
            title,
            zones: of_continent(continent, &known),
        })
        .filter(|continent| !continent.zones.is_empty())
        .collect()
});

fn of_continent(continent: &str, known: &[String]) -> Vec<(String, String)> {
    let mut zones: Vec<(String, String)> = known
        .iter()
        .filter(|name| !is_of_united_states(name))
        .filter_map(|name| {
            let (first, place) = name.split_once('/')?;
            (first == continent).then(|| (name.clone(), city(place)))
        })
        .collect();
    zones.sort_by(|one, other| one.1.cmp(&other.1));
    zones.dedup();
    zones
}

fn is_of_united_states(name: &str) -> bool {
    UNITED_STATES.iter().any(|(zone, _)| *zone == name)
}

/// `Argentina/Buenos_Aires` as people write it.
fn city(place: &str) -> String {
    let words = |text: &str| text.replace('_', " ");
    match place.rsplit_once('/') {
        Some((region, city)) => format!("{} ({})", words(city), words(region)),
        None => words(place),
    }
}

/// The list's options, with `present` chosen, which is always among them however it is written.
pub fn options(present: &str) -> Markup {
    let mut all = ELSEWHERE.iter().flat_map(|continent| &continent.zones);
    let is_listed = is_of_united_states(present) || all.any(|(name, _)| name == present);
    html! {
        @if !is_listed {
            option value=(present) selected {
                @if present.is_empty() { "Choose a time zone" } @else { (present.replace('_', " ")) }
            }
        }
        optgroup label="United States" {
            @for (name, words) in UNITED_STATES { option value=(name) selected[name == present] { (words) } }
        }
        @for continent in ELSEWHERE.iter() {
            optgroup label=(continent.title) {
                @for (name, city) in &continent.zones { option value=(name) selected[name == present] { (city) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_under_its_continent_and_the_present_one_is_always_chosen_once() {
        let text = |present: &str| options(present).into_string();
        let listed = text("Europe/Berlin");
        for part in [
            r#"<optgroup label="Europe">"#,
            r#"<option value="Europe/Berlin" selected>Berlin</option>"#,
            r#"<option value="America/Argentina/Buenos_Aires">Buenos Aires (Argentina)</option>"#,
            r#"<option value="Africa/Dar_es_Salaam">Dar es Salaam</option>"#,
            r#"<option value="America/New_York">Eastern time</option>"#,
        ] {
            assert!(listed.contains(part), "{part}");
        }
        for name in ["US/Pacific", "Etc/GMT+5", "posix/", "\"EST\"", "right/"] {
            assert!(!listed.contains(name), "{name}");
        }
        for (present, chosen) in [
            ("America/New_York", "Eastern time"),
            ("Pacific/Guam", "Chamorro time (Guam)"),
            ("Asia/Seoul", "Seoul"),
            // Neither is in a list, and each holds until somebody chooses another.
            ("UTC", "UTC"),
            ("US/Pacific", "US/Pacific"),
            ("europe/berlin", "europe/berlin"),
            ("", "Choose a time zone"),
        ] {
            let text = text(present);
            let option = format!(r#"<option value="{present}" selected>{chosen}</option>"#);
            assert!(text.contains(&option), "{present}");
            assert_eq!(text.matches(" selected").count(), 1, "{present}");
        }
    }

    #[test]
    fn each_zone_stands_once_under_a_city_of_its_own() {
        for continent in ELSEWHERE.iter() {
            for pair in continent.zones.windows(2) {
                assert_ne!(pair[0].1, pair[1].1, "{}", continent.title);
            }
        }
    }
}
