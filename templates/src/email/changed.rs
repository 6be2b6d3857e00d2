//! What a correction says first: which words took the place of which.

use super::{changed_signs, words::FixedWords};
use crate::{
    document::diff::{Paragraph, Place, Run, is_sign},
    shortened::shortened,
};

/// Differences that are told one by one; of more, a reader is told that there are more.
const MOST: usize = 3;
/// Characters of each side.
const LONGEST: usize = 100;

/// The subject of a correction, its prefix in the reader's language.
#[must_use]
pub fn correction_subject(language: &str, subject: &str) -> String {
    FixedWords::of(language).correction(subject)
}

/// What is different, a line each, in words for readers; `None` where nothing is that they would see.
#[must_use]
pub fn what_changed(language: &str, paragraphs: &[Paragraph]) -> Option<String> {
    let fixed = FixedWords::of(language);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut otherwise = false;
    for paragraph in paragraphs {
        match paragraph {
            Paragraph::Same(_) => {}
            Paragraph::Added(new) => found.push((String::new(), bare(new))),
            Paragraph::Removed(old) => found.push((bare(old), String::new())),
            Paragraph::Changed(runs) if changed_signs::is_of_signs(runs) => {
                found.extend(changed_signs::replacements(runs));
            }
            Paragraph::Changed(runs) => found.extend(replacements(runs)),
        }
    }
    let all = found.len();
    found.retain(|(old, new)| says(old) != says(new));
    otherwise |= found.len() < all || found.len() > MOST;
    let mut lines: Vec<String> = Vec::new();
    for (old, new) in found.iter().take(MOST) {
        let line = fixed.became(&shortened(old, LONGEST), &shortened(new, LONGEST));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if otherwise && (!lines.is_empty() || all > 0) {
        lines.push(fixed.changed_otherwise.to_owned());
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Letters and digits: without them nothing was said differently.
fn says(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without what only lays out: the number of an address, the mark of a list's item.
fn bare(line: &str) -> String {
    let line = line.trim().trim_start_matches(['>', '•', ' ']);
    match line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest.to_owned(),
        _ => line.to_owned(),
    }
}

/// What stands beside each other in old and new; differences that only one short word parts are one,
/// as a reader would say it.
fn replacements(runs: &[Run]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut old, mut new, mut before) = (String::new(), String::new(), "");
    for (at, run) in runs.iter().enumerate() {
        match run.place {
            Place::Old => old.push_str(&run.words),
            Place::New => new.push_str(&run.words),
            Place::Both => {
                if old.is_empty() && new.is_empty() {
                    before = &run.words;
                    continue;
                }
                let between = run.words.trim();
                let more = at + 1 < runs.len();
                if more && between.split(' ').count() == 1 && between.chars().count() <= 4 {
                    old.push_str(&run.words);
                    new.push_str(&run.words);
                    continue;
                }
                found.push(pair(before, &mut old, &mut new, &run.words));
                before = &run.words;
            }
        }
    }
    if !(old.is_empty() && new.is_empty()) {
        found.push(pair(before, &mut old, &mut new, ""));
    }
    found
}

/// Both sides, with what belongs to them of the words around.
fn pair(before: &str, old: &mut String, new: &mut String, after: &str) -> (String, String) {
    let (was, is) = (old.trim().to_owned(), new.trim().to_owned());
    // What both end with says nothing.
    let ends_alike = [',', ';']
        .iter()
        .any(|mark| was.ends_with(*mark) && is.ends_with(*mark));
    let mark = usize::from(ends_alike);
    let said = |side: &str| side[..side.len() - mark].to_owned();
    let (was, is) = (said(&was), said(&is));
    let (front, back) = if was.is_empty() || is.is_empty() {
        (String::new(), String::new())
    } else if let Some(around) = half_of_the_day(before, [&was, &is], after) {
        around
    } else if lone_number(&was) && lone_number(&is) {
        (String::new(), unit(&is, after))
    } else {
        // A name in signs among words has no spaces within.
        let front = before.trim_end_matches(is_sign).len();
        let back = after.find(|c| !is_sign(c)).unwrap_or(after.len());
        (before[front..].to_owned(), after[..back].to_owned())
    };
    let end = |side: &str| match side {
        "" => String::new(),
        side => bare(&format!("{front}{side}{back}")),
    };
    let both = (end(&was), end(&is));
    old.clear();
    new.clear();
    both
}

/// The time around the half of the day that is different: “6:00 a.m.”, and never “a.m.”.
fn half_of_the_day(before: &str, sides: [&str; 2], after: &str) -> Option<(String, String)> {
    let both = |halves: &[&str]| {
        let is_half = |side: &&str| halves.contains(&side.to_lowercase().as_str());
        sides.iter().all(is_half)
    };
    let is_time = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    if both(&["오전", "오후"]) {
        let time = after.split_whitespace().next().filter(is_time)?;
        return Some((String::new(), format!(" {time}")));
    }
    // In Spanish it is two words.
    let two_words = both(&["a.", "p."]) && after.trim_start().starts_with("m.");
    if !two_words && !both(HALVES_OF_THE_DAY) {
        return None;
    }
    let mut words = before.split_whitespace().rev();
    let last = words.next()?;
    // In Vietnamese the hour is named.
    let time = match words.next().filter(is_time) {
        Some(hour) if last == "giờ" => format!("{hour} {last}"),
        _ => Some(last).filter(is_time)?.to_owned(),
    };
    let rest = if two_words { " m." } else { "" };
    Some((format!("{time} "), rest.to_owned()))
}

fn lone_number(side: &str) -> bool {
    !side.contains(' ') && side.ends_with(|c: char| c.is_ascii_digit())
}

/// What says which half of the day a time is in.
const HALVES_OF_THE_DAY: &[&str] = &[
    "a.m.",
    "p.m.",
    "am",
    "pm",
    "a.m",
    "p.m",
    "h",
    "sáng",
    "trưa",
    "chiều",
    "tối",
    "صباحًا",
    "صباحا",
    "مساءً",
    "مساء",
    "ظهرًا",
];

/// What may follow a number and is none of what it counts.
const NOT_COUNTED: &[&str] = &[
    "and", "are", "for", "from", "have", "into", "or", "that", "the", "until", "was", "were",
    "will", "with", "con", "desde", "hasta", "los", "las", "para", "por", "que", "và", "đến",
    "cho",
];

/// The word behind a lone number that it counts: “6:00 p.m.”, “40,000 people”, and never “6:00 on”.
fn unit(number: &str, after: &str) -> String {
    let mut words = after.split_whitespace();
    let word = words
        .next()
        .unwrap_or_default()
        .trim_end_matches([',', ';']);
    let next = words.next().unwrap_or_default();
    let small = word.to_lowercase();
    // In Spanish the halves of the day are two words.
    if ["a.", "p."].contains(&small.as_str()) && next.starts_with("m.") {
        return format!(" {word} m.");
    }
    let letters = word.chars().count();
    let counted = !number.contains(':')
        && (3..=8).contains(&letters)
        && word.chars().all(char::is_alphabetic)
        && !NOT_COUNTED.contains(&small.as_str());
    if counted || HALVES_OF_THE_DAY.contains(&small.as_str()) {
        format!(" {word}")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Block, Direction, Document, Inline, diff};

    fn text(paragraphs: &[&str]) -> Document {
        Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: paragraphs
                .iter()
                .map(|says| Block::Paragraph(vec![Inline::Text((*says).to_owned())]))
                .collect(),
        }
    }

    fn told(language: &str, old: &[&str], new: &[&str]) -> Option<String> {
        let (old, new) = (text(old), text(new));
        what_changed(language, &diff::between(("T", &old), ("T", &new)))
    }

    #[test]
    fn a_reader_is_told_what_became_what() {
        for (old, new, says) in [
            (
                "The town hall begins at 6:00 p.m. on Friday in Tustin.",
                "The town hall begins at 7:00 p.m. on Friday in Tustin.",
                "“6:00 p.m.” became “7:00 p.m.”",
            ),
            (
                "The vote is on Monday at noon.",
                "The vote is on Tuesday at noon.",
                "“Monday” became “Tuesday”.",
            ),
            (
                "The bridge carries 40,000 people each day, he said.",
                "The bridge carries 40,000 people each day, Mayor Lee said.",
                "“he” became “Mayor Lee”.",
            ),
            (
                "She thanked the crews and the city for it.",
                "She thanked the crews for it.",
                "Taken out: “and the city”.",
            ),
        ] {
            assert_eq!(told("en", &[old], &[new]).as_deref(), Some(says));
        }
    }

    #[test]
    fn readers_of_every_language_are_told_so_in_words_that_say_it() {
        for (language, old, new, says) in [
            (
                "en",
                "The bridge is open from 6:00 on Friday for 40,000 people of Tustin.",
                "The bridge is open from 7:00 on Friday for 50,000 people of Tustin.",
                "“6:00” became “7:00”.\n“40,000 people” became “50,000 people”.",
            ),
            (
                "es",
                "El voto es el lunes a las 6:00 p. m. en Tustin.",
                "El voto es el martes a las 7:00 p. m. en Tustin.",
                "«lunes» pasó a ser «martes».\n«6:00 p. m.» pasó a ser «7:00 p. m.»",
            ),
            (
                "ko",
                "회의는 금요일 오후 6시에 시청에서 열립니다.",
                "회의는 금요일 오후 7시에 시청에서 열립니다.",
                "“6시에” → “7시에”.",
            ),
            (
                "vi",
                "Cuộc họp bắt đầu lúc 18:00 thứ Sáu tại thư viện.",
                "Cuộc họp bắt đầu lúc 19:00 thứ Sáu tại thư viện.",
                "“18:00” đổi thành “19:00”.",
            ),
            (
                "zh-Hant",
                "會議於星期一上午在市政廳舉行。",
                "會議於星期二上午在市政廳舉行。",
                "「星期一上午」改為「星期二上午」。",
            ),
            (
                "zh-Hans",
                "每天将有4万人使用这座桥。",
                "每天将有5万人使用这座桥。",
                "“4万人”改为“5万人”。",
            ),
            (
                "ar",
                "يبدأ الاجتماع الساعة 6:00 مساءً يوم الجمعة في المكتبة.",
                "يبدأ الاجتماع الساعة 7:00 مساءً يوم الجمعة في المكتبة.",
                "«6:00 مساءً» أصبح «7:00 مساءً».",
            ),
        ] {
            let said = told(language, &[old], &[new]);
            assert_eq!(said.as_deref(), Some(says), "{language}");
        }
    }

    #[test]
    fn where_no_spaces_part_the_words_no_word_is_told_by_half() {
        let all = [
            // A date of which several parts are different is one date.
            (
                "zh-Hant",
                "說明會於3月10日星期二下午6時在市政廳舉行。",
                "說明會於3月11日星期三下午7時在市政廳舉行。",
                "「3月10日星期二下午6時」改為「3月11日星期三下午7時」。",
            ),
            // A number and what it counts, wherever it stands.
            (
                "zh-Hans",
                "该项目获得1,200万元，占预算的2.5%。",
                "该项目获得1,500万元，占预算的3%。",
                "“1,200万元”改为“1,500万元”。\n“2.5%”改为“3%”。",
            ),
            // Anything else stands in its clause: which signs are a word is not known.
            (
                "zh-Hant",
                "歡迎參加，會議於市政廳二樓會議室舉行，座位免費。",
                "歡迎參加，會議於市立圖書館三樓會議室舉行，座位免費。",
                "「會議於市政廳二樓會議室舉行」改為「會議於市立圖書館三樓會議室舉行」。",
            ),
            // One sign turns a sentence round.
            (
                "zh-Hans",
                "多伊议员表示，她支持该法案。",
                "多伊议员表示，她不支持该法案。",
                "“她支持该法案”改为“她不支持该法案”。",
            ),
            (
                "zh-Hant",
                "依第一條規定辦理，由王小明議員主持。",
                "依第二條規定辦理，由王大華議員主持。",
                "「第一條」改為「第二條」。\n「由王小明議員主持」改為「由王大華議員主持」。",
            ),
            // A clause that came is told alone.
            (
                "zh-Hant",
                "歡迎參加，座位免費。",
                "歡迎參加，座位免費，並提供手語翻譯。",
                "新增：「並提供手語翻譯」。",
            ),
            // Of a clause without an end, what stands around.
            (
                "zh-Hant",
                "本辦公室將與所有參與這項計畫的地方政府及社區組織共同合作以確保每一位居民都能及時獲得所需要的醫療服務與相關資訊",
                "本辦公室將與所有參與這項計畫的地方政府及社區組織共同合作以確保每一位居民都能及時獲得所需要的法律服務與相關資訊",
                "「…居民都能及時獲得所需要的醫療服務與相關資訊」改為「…居民都能及時獲得所需要的法律服務與相關資訊」。",
            ),
            (
                "ja",
                "説明会は火曜日の午後6時から図書館で開きます。",
                "説明会は水曜日の午後7時から図書館で開きます。",
                "“火曜日” became “水曜日”.\n“午後6時” became “午後7時”.",
            ),
            (
                "ko",
                "설명회는 3월 10일 화요일 오전 6시에 시청 2층에서 열립니다.",
                "설명회는 3월 10일 화요일 오후 6시에 시청 2층에서 열립니다.",
                "“오전 6시에” → “오후 6시에”.",
            ),
            (
                "ko",
                "설명회는 화요일 오후 6시에 시청 2층 회의실에서 열립니다.",
                "설명회는 수요일 오후 7시에 도서관 3층 회의실에서 열립니다.",
                "“화요일 오후 6시에 시청 2층” → “수요일 오후 7시에 도서관 3층”.",
            ),
            (
                "en",
                "The doors open at 6:00 a.m., with Chen Ta-wen (陳大文) as host.",
                "The doors open at 6:00 p.m., with Chen Ta-wen (陳小文) as host.",
                "“6:00 a.m.” became “6:00 p.m.”\n“陳大文” became “陳小文”.",
            ),
            (
                "vi",
                "Cửa mở lúc 6 giờ sáng tại thư viện.",
                "Cửa mở lúc 6 giờ chiều tại thư viện.",
                "“6 giờ sáng” đổi thành “6 giờ chiều”.",
            ),
            (
                "es",
                "Las puertas abren a las 6:00 a. m. en Tustin.",
                "Las puertas abren a las 6:00 p. m. en Tustin.",
                "«6:00 a. m.» pasó a ser «6:00 p. m.»",
            ),
        ];
        let said = all.map(|(language, old, new, _)| told(language, &[old], &[new]));
        let wanted = all.map(|(_, _, _, says)| Some(says.to_owned()));
        assert_eq!(said, wanted);
    }

    #[test]
    fn whole_paragraphs_are_named_and_many_changes_are_not_all_told() {
        assert_eq!(
            told("en", &["Stays as it is.", "Gone."], &["Stays as it is."]).as_deref(),
            Some("Taken out: “Gone.”")
        );
        let old = [
            "one alpha two",
            "three beta four",
            "five gamma six",
            "seven delta eight",
        ];
        let new = ["one a two", "three b four", "five c six", "seven d eight"];
        let said = told("en", &old, &new).unwrap();
        assert_eq!(said.lines().count(), 4, "{said}");
        assert!(
            said.ends_with("More was changed; the whole text follows."),
            "{said}"
        );
        assert_eq!(told("en", &["Same."], &["Same."]), None);
    }

    #[test]
    fn a_comma_alone_is_no_words_and_a_link_is_named_by_its_address() {
        let comma = told(
            "en",
            &["One two three, four five."],
            &["One two three four five."],
        );
        assert_eq!(
            comma.as_deref(),
            Some("More was changed; the whole text follows.")
        );
        let link = |href: &str| Document {
            blocks: vec![Block::Paragraph(vec![
                Inline::Text("Read ".to_owned()),
                Inline::Link {
                    href: href.parse().unwrap(),
                    label: vec![Inline::Text("the letter".to_owned())],
                },
                Inline::Text(" on the web.".to_owned()),
            ])],
            ..text(&[])
        };
        let (old, new) = (link("https://o.example/1"), link("https://o.example/2"));
        let said = what_changed("en", &diff::between(("T", &old), ("T", &new))).unwrap();
        assert!(
            said.contains("https://o.example/2") && !said.contains("[1]"),
            "{said}"
        );
    }
}
