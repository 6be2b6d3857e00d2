//! What became what where no spaces part the words, as in Chinese and Japanese. Where a word ends is not
//! known here, and half of one says nothing: dates, times and amounts are told whole, all else with the
//! clause that it stands in.

use crate::document::diff::{Place, Run, is_sign};

/// Signs of a clause that is told whole.
const WHOLE_CLAUSE: usize = 40;
/// Signs of a longer one that are told on either side of what is different.
const AROUND: usize = 12;

/// Whether a paragraph is one of those: most of its letters are signs.
pub(super) fn is_of_signs(runs: &[Run]) -> bool {
    let letters = || {
        let words = runs.iter().flat_map(|run| run.words.chars());
        words.filter(|c| c.is_alphabetic())
    };
    letters().filter(|c| is_sign(*c)).count() * 2 > letters().count()
}

/// What stands beside each other in old and new.
pub(super) fn replacements(runs: &[Run]) -> Vec<(String, String)> {
    clauses(runs)
        .iter()
        .flat_map(|clause| clause.amounts().unwrap_or_else(|| vec![clause.whole()]))
        .collect()
}

/// A clause, or several that are parted by no mark in both texts, and what is different in it.
struct Clause {
    changes: Vec<Change>,
    /// Of both texts, behind the last change.
    after: String,
}

/// One difference; either side may be empty.
#[derive(Default)]
struct Change {
    /// Of both texts, since the change before it or the mark where the clause begins.
    before: String,
    old: String,
    new: String,
}

fn clauses(runs: &[Run]) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let (mut changes, mut change) = (Vec::new(), Change::default());
    for run in runs {
        let differs = !(change.old.is_empty() && change.new.is_empty());
        match run.place {
            Place::Old => change.old.push_str(&run.words),
            Place::New => change.new.push_str(&run.words),
            Place::Both if differs => {
                changes.push(std::mem::take(&mut change));
                match marks(&run.words) {
                    Some((first, last)) => {
                        clauses.push(Clause {
                            changes: std::mem::take(&mut changes),
                            after: run.words[..first].to_owned(),
                        });
                        run.words[last..].clone_into(&mut change.before);
                    }
                    None => change.before.clone_from(&run.words),
                }
            }
            Place::Both => {
                let from = marks(&run.words).map_or(0, |(_, last)| last);
                run.words[from..].clone_into(&mut change.before);
            }
        }
    }
    if change.old.is_empty() && change.new.is_empty() {
        // What follows the last change to the end.
        let after = change.before;
        if !changes.is_empty() {
            clauses.push(Clause { changes, after });
        }
    } else {
        changes.push(change);
        let after = String::new();
        clauses.push(Clause { changes, after });
    }
    clauses
}

/// Where the first mark between clauses begins and the last one ends.
fn marks(text: &str) -> Option<(usize, usize)> {
    let mut found = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let is_mark = match c {
            // Within a number or a time it parts nothing.
            '：' | ':' | ',' | '，' => next.is_none_or(|next| !next.is_numeric()),
            _ => "。；！？、「」『』《》〈〉（）【】“”…\n;!?()".contains(c),
        };
        if is_mark {
            let (first, _) = found.unwrap_or((at, at));
            found = Some((first, at + c.len_utf8()));
        }
    }
    found
}

impl Clause {
    /// What stands behind a change of it.
    fn behind(&self, change: usize) -> &str {
        let next = self.changes.get(change + 1);
        next.map_or(&self.after, |next| &next.before)
    }

    /// Where only dates, times and amounts are different: each of them, whole.
    fn amounts(&self) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        let (mut old, mut new) = (String::new(), String::new());
        for (at, change) in self.changes.iter().enumerate() {
            if old.is_empty() && new.is_empty() {
                let front = &change.before[date_at_end(&change.before)..];
                (old, new) = (front.to_owned(), front.to_owned());
            }
            let behind = self.behind(at);
            let back = &behind[..amount_at_start(behind)];
            for (side, words) in [(&mut old, &change.old), (&mut new, &change.new)] {
                side.push_str(words);
                side.push_str(back);
            }
            if back.len() == behind.len() && at + 1 < self.changes.len() {
                continue;
            }
            if !(is_amount(&old) && is_amount(&new)) {
                return None;
            }
            found.push((std::mem::take(&mut old), std::mem::take(&mut new)));
        }
        Some(found)
    }

    /// All of it in old and new, or as much as a reader needs of a long one.
    fn whole(&self) -> (String, String) {
        let (mut old, mut new) = (String::new(), String::new());
        for (at, change) in self.changes.iter().enumerate() {
            if at > 0 {
                old.push_str(&change.before);
                new.push_str(&change.before);
            }
            old.push_str(&change.old);
            new.push_str(&change.new);
        }
        // A clause that came or went as a whole.
        let alone = |side: &str, other: &str| other.is_empty() && marks(side).is_some();
        if alone(&old, &new) || alone(&new, &old) {
            let is_edge = |c: char| c.is_whitespace() || "，。；、：,;".contains(c);
            let trimmed = |side: &str| side.trim_matches(is_edge).to_owned();
            return (trimmed(&old), trimmed(&new));
        }
        let before = self.changes.first().map_or("", |first| &first.before);
        let (before, after) = (before.trim_start(), self.after.trim_end());
        let signs = |text: &str| text.chars().count();
        let room = WHOLE_CLAUSE.saturating_sub(signs(&old).max(signs(&new)));
        let (front, back) = if signs(before) + signs(after) <= room {
            (before.to_owned(), after.to_owned())
        } else {
            (last_of(before), first_of(after))
        };
        let said = |side: &str| format!("{front}{side}{back}").trim().to_owned();
        (said(&old), said(&new))
    }
}

fn last_of(text: &str) -> String {
    match text.char_indices().rev().nth(AROUND - 1) {
        Some((at, _)) if at > 0 => format!("…{}", text[at..].trim_start()),
        _ => text.to_owned(),
    }
}

fn first_of(text: &str) -> String {
    match text.char_indices().nth(AROUND) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// What stands before, in or behind the number of a date or a time.
const OF_DATES: &[&str] = &[
    "年",
    "月",
    "日",
    "號",
    "号",
    "星期",
    "星期日",
    "星期天",
    "週",
    "周",
    "週日",
    "周日",
    "禮拜",
    "礼拜",
    "時",
    "时",
    "點",
    "点",
    "分",
    "半",
    "上午",
    "下午",
    "中午",
    "早上",
    "晚上",
    "凌晨",
    "第",
    "曜日",
    "月曜",
    "火曜",
    "水曜",
    "木曜",
    "金曜",
    "土曜",
    "日曜",
    "午前",
    "午後",
];

/// What is counted, behind its number.
const COUNTED: &[&str] = &[
    "人", "名", "個", "个", "元", "美元", "美金", "円", "位", "戶", "户", "間", "间", "所", "次",
    "條", "条", "項", "项", "款", "屆", "届", "歲", "岁", "英里", "英畝", "英亩", "公里", "小時",
    "小时", "分鐘", "分钟", "個月", "个月", "天",
];

fn is_digit(c: char) -> bool {
    c.is_numeric() || "零〇一二三四五六七八九十百千萬万億亿兆兩两".contains(c)
}

/// Octets of a date's or number's part that a text begins with.
fn part_at_start(text: &str, words: &[&str]) -> Option<usize> {
    let word = words.iter().filter(|word| text.starts_with(**word));
    let longest = word.map(|word| word.len()).max();
    longest.or_else(|| {
        let first = text.chars().next()?;
        (is_digit(first) || "$%％.,:：/".contains(first)).then(|| first.len_utf8())
    })
}

/// Octets of the date or amount, begun before it, that goes on where a text begins.
fn amount_at_start(text: &str) -> usize {
    let mut end = 0;
    while let Some(length) = part_at_start(&text[end..], OF_DATES) {
        end += length;
    }
    end + part_at_start(&text[end..], COUNTED).unwrap_or_default()
}

/// Where the date begins that a text ends with.
fn date_at_end(text: &str) -> usize {
    let mut from = text.len();
    loop {
        let rest = &text[..from];
        let word = OF_DATES.iter().filter(|word| rest.ends_with(**word));
        let longest = word.map(|word| word.len()).max();
        let part = longest.or_else(|| {
            let last = rest.chars().next_back()?;
            (is_digit(last) || "$.,:：/".contains(last)).then(|| last.len_utf8())
        });
        match part {
            Some(length) => from -= length,
            None => return from,
        }
    }
}

/// Whether a text is a date, a time or an amount and nothing else, and says of what.
fn is_amount(text: &str) -> bool {
    let all = [OF_DATES, COUNTED].concat();
    let text = text.trim();
    let (mut end, mut parts) = (0, 0);
    while let Some(length) = part_at_start(&text[end..], &all) {
        end += length;
        parts += 1;
    }
    // One sign alone, and a count of nothing such as 「三」, says too little.
    let says = text.bytes().filter(u8::is_ascii_digit).count() > 1 || !text.chars().all(is_digit);
    end == text.len() && parts > 0 && text.chars().count() > 1 && says
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_ends_where_something_else_begins() {
        for (text, length) in [
            ("月10日星期二下午在", "月10日星期二下午"),
            ("萬人使用", "萬人"),
            ("個人使用", "個"),
            ("在市政廳", ""),
            ("：30開始", "：30"),
        ] {
            assert_eq!(&text[..amount_at_start(text)], length);
        }
        for (text, end) in [
            ("會議於3月10日星期二下午", "3月10日星期二下午"),
            ("每人", ""),
            ("於網上", ""),
            ("根據第", "第"),
        ] {
            assert_eq!(&text[date_at_end(text)..], end);
        }
        for amount in ["4萬人", "下午", "18:30", "火曜日", "第三條", "$12"] {
            assert!(is_amount(amount), "{amount}");
        }
        for other in ["三", "5", "市政廳二", "", "二樓"] {
            assert!(!is_amount(other), "{other}");
        }
    }
}
