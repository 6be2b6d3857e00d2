//! Date lines: lines above or below a release that say a date and little else.

use super::{
    dates::{self, DateFound, DateOrder, Written},
    lines::is_sentence,
    meta_line, phrases,
};

/// Lines longer than this are text.
const LONGEST_LINE_BYTES: usize = 200;

/// `February 16, 2024`, `Feb 16, 2024 | Uncategorized`, `Press Release • 2/16/2024`: a date, and
/// beside it at most a category or two.
pub(super) fn date_line(line: &str) -> Option<Written> {
    Some(date_of_line(line, DateOrder::default())?.written)
}

/// `The bridge opens - 11/17/26`, `11.17.2026 The bridge opens`: the headline without the day, and the day.
pub(super) fn beside_headline(headline: &str, order: DateOrder) -> Option<(String, DateFound)> {
    const FEWEST_WORDS: usize = 3;
    let is_headline = |words: &str| words.split_whitespace().count() >= FEWEST_WORDS;
    let behind = || {
        [" - ", " – ", " — ", " | "]
            .iter()
            .filter_map(|dash| headline.rsplit_once(dash))
            .find_map(|(bare, date)| Some((bare, dates::alone_in(date, order)?)))
    };
    let before = || {
        let (date, bare) = headline.split_once(' ')?;
        let is_whole = date.chars().filter(|c| !c.is_ascii_digit()).count() >= 2;
        let found = dates::alone_in(date.trim_end_matches(':'), order).filter(|_| is_whole)?;
        Some((bare.trim_start_matches(['-', '–', '—', '|', ' ']), found))
    };
    behind()
        .or_else(before)
        .filter(|(bare, _)| is_headline(bare))
        .map(|(bare, found)| (bare.trim().to_owned(), found))
}

/// The date of a line that says little else: what it is called, the place, a category, when the page
/// was changed.
pub(in crate::releases) fn date_of_line(line: &str, order: DateOrder) -> Option<DateFound> {
    if line.len() > LONGEST_LINE_BYTES || !line.chars().any(char::is_numeric) {
        return None;
    }
    let line = of_wire_end(line);
    let (mut published, mut changed) = (None, None);
    for part in line.split(['|', '•', '·', '»', '丨', '｜', '\u{3000}']) {
        let part = part.trim();
        if let Some(found) = dates::alone_in(part, order) {
            published = published.or(Some(found));
        } else if let Some(found) =
            phrases::without_date_label(part).and_then(|rest| with_place(rest, order))
        {
            let when = if phrases::says_changed(part) {
                &mut changed
            } else {
                &mut published
            };
            *when = when.or(Some(found));
        } else if let Some(found) = with_place(part, order)
            .or_else(|| behind_name(part, order))
            .or_else(|| behind_writer(part, order))
            .or_else(|| before_initials(part, order))
        {
            published = published.or(Some(found));
        } else if (part.split_whitespace().count() > 4 || part.chars().count() > 60)
            && !phrases::is_byline(part)
        {
            return meta_line::date_in(line, order).or_else(|| beside_release_words(line, order));
        }
    }
    published
        .or_else(|| meta_line::date_in(line, order))
        .or_else(|| beside_release_words(line, order))
        .or(changed)
}

/// `FOR IMMEDIATE RELEASE March 2, 2026 Contact: Ann Poe, 555-0101`: the day between when it may be used and whom to
/// ask.
fn beside_release_words(line: &str, order: DateOrder) -> Option<DateFound> {
    const IMMEDIATE: &[&str] = &[
        "for immediate release",
        "para publicación inmediata",
        "para divulgación inmediata",
        "pour diffusion immédiate",
        "pour publication immédiate",
        "zur sofortigen veröffentlichung",
        "para divulgação imediata",
        "per la diffusione immediata",
        "voor onmiddellijke publicatie",
    ];
    const CONTACTS: &[&str] = &[
        "media contact",
        "press contact",
        "contact",
        "contacto",
        "kontakt",
        "pressekontakt",
        "contatto",
        "contato",
    ];
    let small = line.to_lowercase();
    // Letters that grow when they are small would shift what is cut.
    if small.len() != line.len() {
        return None;
    }
    let begins = IMMEDIATE.iter().find(|words| small.starts_with(**words));
    let from = begins.map_or(0, |words| words.len());
    let until = CONTACTS
        .iter()
        .filter_map(|word| {
            let at = small.get(from..)?.find(word)? + from;
            let behind = small.get(at + word.len()..)?;
            behind
                .trim_start_matches('s')
                .trim_start()
                .starts_with(':')
                .then_some(at)
        })
        .min();
    if begins.is_none() && until.is_none() {
        return None;
    }
    let is_between =
        |c: char| c.is_whitespace() || matches!(c, ':' | ',' | '-' | '–' | '—' | '|' | '/');
    let date = line
        .get(from..until.unwrap_or(line.len()))?
        .trim_matches(is_between);
    with_place(date, order)
}

/// The day in `Ends/Tuesday, May 12, 2026 Issued at HKT 17:30`, as Hong Kong's offices end what they publish.
fn of_wire_end(line: &str) -> &str {
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix("Ends/") {
        return rest.split("Issued at").next().unwrap_or(rest).trim();
    }
    // `完 2026年6月30日（星期二） 香港時間18時15分`
    match line.split_once("香港時間") {
        Some((day, _)) => day.trim_start_matches('完').trim(),
        None => line,
    }
}

/// `Press release No. 12 of May 4, 2026`, `By Jane Roe May 4, 2026`: a date at the end of a line that
/// names the kind of text or who wrote it.
fn behind_name(part: &str, order: DateOrder) -> Option<DateFound> {
    /// Words of the longest date, and of the longest name before one.
    const WORDS: usize = 6;
    const NAME: usize = 9;
    let words: Vec<&str> = part.split_whitespace().collect();
    if words.len() > WORDS + NAME || words.len() < 3 || is_sentence(part.trim_end()) {
        return None;
    }
    (1..=WORDS.min(words.len() - 1)).rev().find_map(|count| {
        let (name, date) = words.split_at_checked(words.len() - count)?;
        let found = dates::alone_in(&date.join(" "), order)?;
        let name = name.join(" ");
        // `By May 4` is a day by which something is to be done.
        let is_written_by = name.contains(' ')
            && !name.chars().any(|c| c.is_ascii_digit())
            && phrases::is_byline(name.trim_end_matches([',', '-', '–']));
        (phrases::begins_with_kind(&name) || is_written_by).then_some(found)
    })
}

/// `Posted by Press Office on May 4, 2026`, `Gespeichert von presse am 4. Mai 2026 - 18:55`: who put it on the site,
/// and when.
fn behind_writer(part: &str, order: DateOrder) -> Option<DateFound> {
    /// Words of the longest name, with what stands around it.
    const NAME: usize = 10;
    const BETWEEN: &[&str] = &["on", "am", "le", "el", "il", "em", "op", "at", "in", "den"];
    if is_sentence(part.trim_end()) || !phrases::says_who_posted(part) {
        return None;
    }
    let words: Vec<&str> = part.split_whitespace().collect();
    words
        .iter()
        .enumerate()
        .skip(2)
        .take(NAME)
        .filter(|(_, word)| BETWEEN.contains(&word.to_lowercase().as_str()))
        .find_map(|(at, _)| {
            let date = words.get(at + 1..)?.join(" ");
            let behind_weekday = || {
                let (day, rest) = date.split_once([' ', ','])?;
                let is_day = day.chars().all(|c| c.is_alphabetic() || c == '.');
                is_day
                    .then(|| dates::alone_in(rest.trim_start_matches([',', ' ']), order))
                    .flatten()
            };
            dates::alone_in(&date, order).or_else(behind_weekday)
        })
}

/// `4.5.2026 (jr)`: who wrote it, by the first letters of the name.
fn before_initials(part: &str, order: DateOrder) -> Option<DateFound> {
    const INITIALS: usize = 5;
    let (date, initials) = part.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let is_short = !initials.is_empty()
        && initials.chars().count() <= INITIALS
        && initials.chars().all(|c| c.is_alphabetic() || c == '/');
    is_short
        .then(|| dates::alone_in(date.trim_end(), order))
        .flatten()
}

/// `May 4, 2026`, `Milltown, May 4, 2026`, `Berlin, den 4. Mai 2026`.
fn with_place(part: &str, order: DateOrder) -> Option<DateFound> {
    if let Some(found) = dates::alone_in(part, order) {
        return Some(found);
    }
    let is_place = |place: &str| {
        place.split_whitespace().count() <= 4
            && place.split_whitespace().all(|word| {
                word.chars()
                    .next()
                    .is_some_and(|c| c.is_uppercase() || c >= '\u{2e80}')
                    || matches!(
                        word,
                        "de" | "la" | "del" | "am" | "an" | "der" | "do" | "da" | "den"
                    )
            })
            && !place.chars().any(char::is_numeric)
    };
    part.match_indices([',', '，'])
        .filter_map(|(at, comma)| Some((part.get(..at)?, part.get(at + comma.len()..)?)))
        .find_map(|(place, date)| {
            is_place(place)
                .then(|| dates::alone_in(date.trim(), order))
                .flatten()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_says_a_date_and_little_else_is_told_from_a_sentence() {
        assert!(date_line("Feb 16, 2024 | Uncategorized").is_some());
        assert!(date_line("Press Release • 2/16/2024").is_some());
        assert!(date_line("Washington, DC – February 16, 2024").is_none());
        for line in [
            "Pressemitteilung vom 04.05.2026",
            "Pressemitteilung Nr. 12/2026 vom 4. Mai 2026",
            "Communiqué de presse – 4 mai 2026",
            "Press Release - May 4, 2026",
            "By Jane Roe May 4, 2026",
            "Von Max Muster, 4. Mai 2026",
            "Posted by Press Office on May 4, 2026",
            "Submitted by admin on Mon, 05/04/2026 - 18:55",
            "Gespeichert von presse am 4. Mai 2026 - 18:55",
            "Soumis par presse le lun, 4 mai 2026 - 18:55",
            "Enviado por prensa el 4 de mayo de 2026",
            "04.05.2026 (jr)",
            "FOR IMMEDIATE RELEASE May 4, 2026",
            "For Immediate Release: May 4, 2026 Media Contact: Ann Poe, 555-0123",
            "May 4, 2026 Contact: Ann Poe, 555-0123",
            "完 2026年5月4日（星期一） 香港時間18時15分",
            "Publication : 4 mai 2026",
            "Datum nieuwsfeit: 4 mei 2026",
            "建檔日期：115-05-04",
        ] {
            let found = date_line(line).map(|found| found.day().to_string());
            assert_eq!(found.as_deref(), Some("2026-05-04"), "{line}");
        }
        assert!(date_line("Press releases of the mayor's office since May 4, 2026.").is_none());
        assert!(date_line("The bridge was closed on May 4, 2026").is_none());
        assert!(date_line("By the end of May 4, 2026").is_none());
        assert!(date_line("May 4, 2026 (in the hall)").is_none());
        assert!(date_line("Kim | Moran | Kean").is_none());
    }
}
