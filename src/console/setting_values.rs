//! Settings between the office's words for them and the controls of the page: boxes, times, choices. What
//! stands in the database stays what `gazette office set` writes.

use std::collections::HashMap;

use gazette_templates::pages::staff as pages;

use crate::{
    form_questions::Question,
    office::{KEYS, Office, SWITCHES},
    sending_window::{DAYS, SendingWindow, time_of_day, weekday},
};

/// What a form holds of the settings, by their keys.
pub fn sent(form: &[(String, String)]) -> HashMap<&'static str, String> {
    let typed = KEYS.iter().filter_map(|(key, _)| {
        let of_key = form.iter().filter(|(name, _)| name == key);
        let sent: Vec<&str> = of_key.map(|(_, value)| value.as_str()).collect();
        (!sent.is_empty()).then(|| (*key, joined(key, &sent)))
    });
    typed.collect()
}

/// What the controls of the page send for a setting. A control that has several fields sends each.
pub fn joined(key: &str, sent: &[&str]) -> String {
    let filled: Vec<&str> = sent
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .collect();
    match key {
        "sending-window" if !filled.is_empty() => sent
            .iter()
            .map(|value| value.trim())
            .collect::<Vec<_>>()
            .join("-"),
        "languages" | "sending-days" => {
            let mut chosen: Vec<&str> = Vec::new();
            for value in filled.iter().flat_map(|value| value.split(',')) {
                if !chosen.contains(&value.trim()) {
                    chosen.push(value.trim());
                }
            }
            chosen.join(",")
        }
        key if key.starts_with("question-") && sent.len() > 1 => question(sent),
        // Of a box that is empty, the field before it; of one that is ticked, both.
        _ => sent
            .last()
            .map(|value| value.replace("\r\n", "\n").trim().to_owned())
            .unwrap_or_default(),
    }
}

/// A question of the office's own: as it stands first, in each language that it is translated to, and in those that
/// have no field.
fn question(sent: &[&str]) -> String {
    // The mark between the languages is none within their words.
    let words = |text: &str| text.replace(';', ",").trim().to_owned();
    let (first, translations) = sent.split_first().unwrap_or((&"", &[]));
    let tags = pages::translated_to();
    let spoken = tags
        .iter()
        .zip(translations)
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(tag, text)| format!("{tag}={}", words(text)));
    let others = translations.iter().skip(tags.len());
    let others = others.map(|text| text.trim().to_owned());
    let all: Vec<String> = std::iter::once(words(first))
        .chain(spoken)
        .chain(others)
        .filter(|text| !text.is_empty())
        .collect();
    let all = all.join("; ");
    Question::parse(&all).map_or(all, |question| question.as_written())
}

/// A setting as its control shows it: what is not set, as what then holds; several ways to write the same,
/// as one. What cannot be read stays as it is.
pub fn shown(key: &str, value: &str, office: &Office) -> String {
    let value = value.trim();
    let same = || value.to_owned();
    let time = |text: &str| {
        time_of_day(text).map_or_else(
            || text.trim().to_owned(),
            |at| at.strftime("%H:%M").to_string(),
        )
    };
    match key {
        key if SWITCHES.contains(&key) && value == "false" => String::new(),
        "one-click-leaves" if value.is_empty() => "topic".to_owned(),
        "colour" if value.is_empty() => office.colour.to_ascii_lowercase(),
        "colour" => value.to_ascii_lowercase(),
        "languages" if value.is_empty() => office.languages.join(","),
        "languages" => joined(key, &[value]),
        "summary-day" => match weekday(value) {
            Some(day) => DAYS
                .iter()
                .find(|(_, known)| *known == day)
                .map_or_else(same, |(name, _)| (*name).to_owned()),
            None if value.is_empty() => "friday".to_owned(),
            None => same(),
        },
        key if key.starts_with("question-") => {
            Question::parse(value).map_or_else(|_| same(), |question| question.as_written())
        }
        "summary-at" if value.is_empty() => "17:00".to_owned(),
        "summary-at" => time(value),
        "sending-window" => match value.split_once(['-', '–']) {
            Some((from, until)) => format!("{}-{}", time(from), time(until)),
            None => same(),
        },
        "sending-days" if !value.is_empty() => match SendingWindow::parse(None, Some(value)) {
            Ok(window) => DAYS
                .iter()
                .filter(|(_, day)| window.has(*day))
                .map(|(name, _)| &name[..3])
                .collect::<Vec<_>>()
                .join(","),
            Err(_) => same(),
        },
        _ => same(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, delivery::testing};

    #[tokio::test]
    async fn what_is_written_in_several_ways_is_shown_in_one_and_nothing_unreadable_is_lost() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let office = Office::load(&app.db).await.unwrap();
        for (key, stored, seen) in [
            ("sending-days", "mon-fri", "mon,tue,wed,thu,fri"),
            ("sending-days", "sat, monday", "mon,sat"),
            ("sending-days", "", ""),
            ("sending-days", "weekdays", "weekdays"),
            ("sending-window", "8:00-20:00", "08:00-20:00"),
            ("sending-window", "daytime", "daytime"),
            ("summary-day", "fri", "friday"),
            ("summary-day", "", "friday"),
            ("summary-at", "9:05", "09:05"),
            ("four-eyes", "false", ""),
            ("four-eyes", "true", "true"),
            ("one-click-leaves", "", "topic"),
            ("name", " Office ", "Office"),
        ] {
            assert_eq!(shown(key, stored, &office), seen, "{key} {stored}");
            // What it shows is what it sends.
            assert_eq!(shown(key, seen, &office), seen, "{key} {seen}");
        }
    }

    #[test]
    fn a_control_of_several_fields_is_one_setting() {
        for (key, sent, setting) in [
            ("sending-window", vec!["08:00", "20:00"], "08:00-20:00"),
            ("sending-window", vec!["", ""], ""),
            // Half of it is a mistake, and no window.
            ("sending-window", vec!["08:00", ""], "08:00-"),
            ("sending-days", vec!["", "mon", "fri"], "mon,fri"),
            ("sending-days", vec![""], ""),
            ("languages", vec!["es", "en", "es", "ko"], "es,en,ko"),
            ("question-1", vec!["How?; es=¿Cómo?"], "How?; es=¿Cómo?"),
            (
                "question-1",
                vec!["How; really?", " ¿Cómo? ", "", "", "", "", "", "tl=Paano?"],
                "How, really?; es=¿Cómo?; tl=Paano?",
            ),
            ("question-1", vec!["", "", "", "", "", "", ""], ""),
            ("four-eyes", vec!["", "true"], "true"),
            ("four-eyes", vec![""], ""),
            (
                "postal-address",
                vec!["1 Main St\r\nTustin "],
                "1 Main St\nTustin",
            ),
        ] {
            assert_eq!(joined(key, &sent), setting, "{key}");
        }
    }
}
