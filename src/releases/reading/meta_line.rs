//! Lines about a text: who wrote it, when it was published and changed, how often it was read, what one
//! may do with it. Sites put several of these into one line, in any order. Such a line is known by
//! that nothing is left when all of them are taken from it.

use std::collections::HashSet;

use super::{
    dates::{self, DateFound, DateOrder},
    lines::title_key,
    phrases,
};

/// Longer lines are text.
const LONGEST: usize = 240;

/// Words of the longest name behind `By`, and of the longest that may stand beside a date.
const NAME: usize = 6;
const NAMED: usize = 3;

/// What a piece of such a line is.
#[derive(Debug, Default)]
struct Found {
    labels: usize,
    dates: usize,
    names: usize,
    /// Words that nothing explains.
    others: usize,
}

/// Whether the line says things about a text and nothing else; `is_called_so`: the page's classes say
/// that it does, so that a place or a source may stand beside the date.
pub(super) fn is_meta_line(line: &str, is_called_so: bool) -> bool {
    let line = line.trim();
    if line.is_empty() || line.chars().count() > LONGEST || line.ends_with(['!', '?', '。', '…'])
    {
        return false;
    }
    let key = title_key(line);
    // What says no date and no number says a name at most, which others look at.
    if !key.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    let words: Vec<&str> = key.split(' ').collect();
    let names = names(line);
    let mut found = Found::default();
    let mut rest = words.as_slice();
    while !rest.is_empty() && found.others <= NAMED {
        let taken = take(rest, &names, &mut found).max(1);
        rest = rest.get(taken..).unwrap_or_default();
    }
    // `May 4, 2026 at 10 a.m.` alone may be an appointment; what is called a date is one.
    let says_enough =
        found.labels + found.names > 0 && found.labels + found.names + found.dates >= 2;
    (found.others == 0 && says_enough)
        || (is_called_so && found.dates > 0 && found.others <= NAMED && is_dated_first(line))
}

/// `Rep. Ann Poe March 24, 2026 | 11:40 AM`: a day, and names that nothing explains. Above a text, in a line
/// that is called what stands there, they say who wrote it.
pub(super) fn names_day_and_author(line: &str) -> bool {
    const MOST: usize = 60;
    if line.chars().count() > MOST || line.ends_with(['.', '!', '?', ':', '。']) {
        return false;
    }
    let key = title_key(line);
    let words: Vec<&str> = key.split(' ').collect();
    let names = names(line);
    let mut found = Found::default();
    let mut rest = words.as_slice();
    let mut unnamed = 0;
    while !rest.is_empty() {
        let before = found.others;
        let taken = take(rest, &names, &mut found).max(1);
        let is_other = found.others > before;
        unnamed += usize::from(is_other && rest.first().is_some_and(|word| !names.contains(*word)));
        rest = rest.get(taken..).unwrap_or_default();
    }
    found.dates > 0 && found.others <= NAMED && unnamed == 0
}

/// The line's words with a capital, or of scripts that have none, as they are compared.
fn names(line: &str) -> HashSet<String> {
    line.split(|c: char| !c.is_alphanumeric())
        .filter(|word| {
            word.chars()
                .next()
                .is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
        })
        .map(title_key)
        .collect()
}

/// Takes one piece from the words, and gives how many it was.
fn take(words: &[&str], names: &HashSet<String>, found: &mut Found) -> usize {
    /// What begins a byline, and also many a sentence.
    const BARE: &[&str] = &[
        "by", "von", "par", "por", "di", "door", "theo", "text", "texte", "texto",
    ];
    const JOINING: &[&str] = &[
        "and", "und", "et", "y", "e", "en", "de", "da", "van", "der", "von", "del", "la", "staff",
        "writer",
    ];
    let date = dated(words);
    let label = (1..=words.len().min(6)).rev().find(|count| {
        words
            .get(..*count)
            .is_some_and(|part| phrases::says_about_text(&part.join(" ")))
    });
    if date > 0 && label.is_none_or(|label| label < date) {
        found.dates += 1;
        return date;
    }
    if let Some(count) = phrases::byline_words(words) {
        let behind = words.get(count..).unwrap_or_default();
        let is_bare = words.first().is_some_and(|first| BARE.contains(first)) && count == 1;
        let name = behind
            .iter()
            .enumerate()
            .take(NAME)
            .take_while(|(at, word)| {
                let rest = behind.get(*at..).unwrap_or_default();
                dated(rest) == 0
                    && !begins_label(rest)
                    && (!is_bare
                        || names.contains(**word)
                        || JOINING.contains(word)
                        // `by clerk — published …`: what somebody is called by the system.
                        || *at == 0 && begins_label(behind.get(1..).unwrap_or_default()))
            })
            .count();
        found.names += usize::from(name > 0);
        return count + name;
    }
    if let Some(label) = label {
        let part = words.get(..label).unwrap_or_default().join(" ");
        found.labels += usize::from(!phrases::is_label_of_anything(&part));
        return label;
    }
    let word = words.first().copied().unwrap_or_default();
    if !is_glue(word) {
        found.others += 1;
    }
    1
}

fn begins_label(words: &[&str]) -> bool {
    (1..=words.len().min(4)).any(|count| {
        words
            .get(..count)
            .is_some_and(|part| phrases::says_about_text(&part.join(" ")))
    }) || phrases::byline_words(words).is_some()
}

/// How many of the first words are a date or a time; 0: none.
fn dated(words: &[&str]) -> usize {
    const MOST: usize = 9;
    const RELATIVE: &[&str] = &[
        "today",
        "yesterday",
        "heute",
        "gestern",
        "hoy",
        "ayer",
        "oggi",
        "ieri",
        "hoje",
        "ontem",
        "vandaag",
        "gisteren",
        "오늘",
        "어제",
        "今天",
        "昨天",
    ];
    let first = words.first().copied().unwrap_or_default();
    if !dates::may_begin(first) && !RELATIVE.contains(&first) {
        return 0;
    }
    let digits = |word: &&str| word.chars().any(|c| c.is_ascii_digit());
    // `today, 15:40`; without a time it may be a word of a sentence.
    if words.first().is_some_and(|first| RELATIVE.contains(first))
        && words.get(1).is_some_and(digits)
    {
        return 1 + clock(words.get(1..).unwrap_or_default());
    }
    (1..=words.len().min(MOST))
        .rev()
        .find(|count| {
            let part = words.get(..*count).unwrap_or_default();
            let is_whole = part
                .last()
                .is_some_and(|last| digits(last) || is_glue(last));
            // The key has lost the signs between the numbers.
            is_whole
                && [" ", "-", "."].iter().any(|between| {
                    dates::alone_in(&part.join(between), DateOrder::YearFirst).is_some()
                })
        })
        .map_or(0, |count| {
            count + clock(words.get(count..).unwrap_or_default())
        })
}

/// When a line about a text says that it was published; where it does not, when it was changed.
pub(super) fn date_in(line: &str, order: DateOrder) -> Option<DateFound> {
    const MOST: usize = 9;
    if !is_meta_line(line, false) {
        return None;
    }
    // The key has lost the signs between the numbers, which tell what they begin with.
    let is_between = |sign: char| {
        line.split(sign)
            .zip(line.split(sign).skip(1))
            .any(|(one, other)| {
                one.ends_with(|c: char| c.is_ascii_digit())
                    && other.starts_with(|c: char| c.is_ascii_digit())
            })
    };
    let sign = ['/', '.', '-'].into_iter().find(|sign| is_between(*sign));
    let sign = sign.map_or("-".to_owned(), String::from);
    let key = title_key(line);
    let words: Vec<&str> = key.split(' ').collect();
    let (mut changed, mut says_changed) = (None, false);
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        // Words like `updated` may be part of what is read as a date: they are looked at first.
        let label = (1..=rest.len().min(3))
            .rev()
            .filter_map(|count| Some(rest.get(..count)?.join(" ")))
            .find(|label| phrases::says_updated(label));
        if let Some(label) = label {
            says_changed = phrases::says_changed(&label);
            at += 1;
            continue;
        }
        if !rest.first().is_some_and(|first| dates::may_begin(first)) {
            at += 1;
            continue;
        }
        // The shortest: a label behind the date belongs to the next one.
        let found = (1..=rest.len().min(MOST)).find_map(|count| {
            let part = rest.get(..count)?;
            [" ", sign.as_str()]
                .iter()
                .find_map(|between| dates::alone_in(&part.join(between), order))
                .map(|found| (count, found))
        });
        match found {
            Some((_, found)) if !says_changed => return Some(found),
            Some((count, found)) => {
                changed = changed.or(Some(found));
                at += count;
            }
            None => at += 1,
        }
    }
    changed
}

/// How many of the words are a time of the day.
fn clock(words: &[&str]) -> usize {
    words
        .iter()
        .take(8)
        .take_while(|word| is_glue(word))
        .count()
}

/// Numbers, and what stands between the parts of dates and times.
fn is_glue(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "at", "am", "pm", "a", "p", "m", "h", "uhr", "um", "à", "às", "alle", "ore", "las",
        "horas", "hrs", "om", "uur", "et", "est", "edt", "ct", "cst", "cdt", "mt", "mst", "mdt",
        "pt", "pst", "pdt", "gmt", "utc", "cet", "cest", "kst", "on", "am", "den", "le", "el",
        "il", "em", "op", "và", "lúc", "오전", "오후", "上午", "下午", "时", "分", "and", "und",
    ];
    WORDS.contains(&word)
        || word.chars().next().is_some_and(|c| c.is_ascii_digit())
            && word.chars().filter(|c| c.is_alphabetic()).count() <= 3
}

/// Whether the line begins with its date.
fn is_dated_first(line: &str) -> bool {
    let key = title_key(line);
    let words: Vec<&str> = key.split(' ').collect();
    dated(&words) > 0 && !line.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_several_things_about_a_text_is_told_from_text() {
        for line in [
            "09/09/2026 - 18:35 • Atualizado em 09/09/2026 - 19:02",
            "Door: Karin de Wit Gepubliceerd: maandag 23 november 2026 07:12 Laatst bijgewerkt: maandag 23 november 2026 11:40",
            "Par Julien Lemoine Publié le 16 octobre 2026 à 7h00, mis à jour le 16 octobre 2026 à 9h12 Temps de lecture : 2 min",
            "By Priya Nath June 2, 2026 at 9:14 p.m. | Updated June 3, 2026 at 8:02 a.m. 2 min read",
            "작성자 관리자 댓글 0건 조회 1,204회 작성일 26-03-09 10:12",
            "發布日期：115-05-06 點閱次數：204",
            "Von Kerstin Maurer und Ali Demir 08.07.2026, 22:40 Uhr",
            "Publicado el 3 de septiembre de 2026 Compartir",
            "vandaag, 15:40 • Aangepast vandaag, 16:02",
        ] {
            assert!(is_meta_line(line, false), "{line}");
        }
        for line in [
            "The bridge was closed on May 4, 2026",
            "Monday, May 4, 2026, 10 a.m., City Hall",
            "By the end of May 4, 2026 all of it must be paid",
            "May 4, 2026",
            "Updated plans for the bridge of May 4, 2026",
            "Jane Roe, mayor of Milltown",
            "Date: Monday, May 4, 2026",
            "Date: May 4, 2026 Time: 10:00 a.m.",
            "",
        ] {
            assert!(!is_meta_line(line, false), "{line}");
        }
        for (line, order, day) in [
            (
                "por Redação — publicado 12/05/2026 14h05, última modificação 13/05/2026 09h00",
                DateOrder::DayFirst,
                "2026-05-12",
            ),
            (
                "Laatst bijgewerkt: 24 november 2026 Gepubliceerd: 23 november 2026",
                DateOrder::DayFirst,
                "2026-11-23",
            ),
            (
                "2026-05-12 14:05:33 来源：日报",
                DateOrder::YearFirst,
                "2026-05-12",
            ),
            (
                "Von Kerstin Maurer 08.07.2026, 22:40 Uhr",
                DateOrder::default(),
                "2026-07-08",
            ),
        ] {
            let found = date_in(line, order).map(|found| found.written.day().to_string());
            assert_eq!(found.as_deref(), Some(day), "{line}");
        }
        assert!(is_meta_line("2026.05.12 국토교통부", true));
        assert!(is_meta_line("2026年08月21日 15:07 云湾晚报", true));
        assert!(!is_meta_line("2026.05.12 국토교통부", false));
        assert!(!is_meta_line(
            "On May 4, 2026 the bridge opens to all who come.",
            true
        ));
    }
}
