//! What stands above the first paragraph of a text file: headline, date, whom to ask.

use gazette_templates::document::Block;

use super::lines::{is_end_mark, is_sentence, one_line, title_key};
use super::web_addresses::linked;
use super::{
    date_lines,
    dates::{self, DateFound, DateOrder},
    edges, naming, phrases,
};

/// A line of a text that is not wrapped may be longer than this.
pub(super) const WRAPPED: usize = 100;

/// What stands above the first paragraph.
pub(super) struct Head {
    pub title: String,
    pub published: Option<DateFound>,
    /// Lines that belong to the release though they stand above the headline.
    pub kept: Vec<Block>,
    /// How many lines the head takes.
    pub lines: usize,
    /// Whether a content system's line stands in it: somebody copied a page.
    pub is_copied: bool,
}

impl Head {
    pub fn of(lines: &[&str], order: DateOrder) -> Self {
        let mut head = Self {
            title: String::new(),
            published: None,
            kept: Vec::new(),
            lines: 0,
            is_copied: false,
        };
        if let Some(written) = letter_head(lines, order) {
            return written;
        }
        let start = first_paragraph(lines);
        let above = lines.get(..start).unwrap_or_default();
        let date_of = |line: &str| date_lines::date_of_line(line.trim(), order);
        let meta = above
            .iter()
            .rposition(|line| line.contains(['|', '•', '·']) && date_of(line).is_some());
        let short: Vec<(usize, &str)> = above
            .iter()
            .enumerate()
            .flat_map(|(at, line)| columns(line).map(move |part| (at, part)))
            .filter(|(_, line)| !line.is_empty())
            .collect();
        head.lines = start;
        if let Some(meta) = meta {
            // `date | category` is a content system's: what stands above it is the site's, but for
            // a headline right above or below it.
            head.is_copied = true;
            head.published = above.get(meta).and_then(|line| date_of(line));
            let split = short.partition_point(|(at, _)| *at < meta);
            let (before, after) = short.split_at(split);
            let nearest = |lines: &[(usize, &str)]| {
                let mut lines = lines.iter().rev();
                lines
                    .find(|(_, line)| date_of(line).is_none())
                    .filter(|(_, line)| is_headline(line) && line.split_whitespace().count() >= 4)
                    .map(|(_, line)| one_line(line))
            };
            head.title = nearest(after)
                .or_else(|| nearest(before))
                .unwrap_or_default();
            return head;
        }
        let headline = headline(&short, order);
        if let Some((first, last)) = headline {
            let lines: Vec<&str> = short
                .iter()
                .filter(|(at, _)| (first..=last).contains(at))
                .map(|(_, line)| *line)
                .collect();
            let line = one_line(&lines.join(" "));
            let title = phrases::without_kind(line.trim());
            title.clone_into(&mut head.title);
            // `NEWS RELEASE:` is no part of the headline, and the office's word all the same.
            let kind = line.strip_suffix(title).unwrap_or_default().trim();
            if !kind.is_empty() {
                head.kept.push(Block::Paragraph(linked(kind)));
            }
        }
        for (at, line) in short {
            if headline.is_some_and(|(first, last)| (first..=last).contains(&at)) {
                continue;
            }
            // The newsletter has its date above the text; what says more than a date stays, and so does
            // another one.
            let date = date_of(line).filter(|_| head.published.is_none());
            let is_bare = dates::alone_in(line, order).is_some()
                || phrases::without_date_label(line)
                    .is_some_and(|date| dates::alone_in(date, order).is_some());
            let is_said = date.is_some() && is_bare;
            head.published = head.published.or(date);
            if !is_said {
                head.kept.push(Block::Paragraph(linked(&one_line(line))));
            }
        }
        head
    }
}

/// The head of a letter that came by mail, `Subject: …`, `Date: …`, `From: …`, in any order: the headline is what it
/// is about, and the other lines stay.
fn letter_head(lines: &[&str], order: DateOrder) -> Option<Head> {
    const SUBJECT: &[&str] = &[
        "subject",
        "betreff",
        "objet",
        "asunto",
        "oggetto",
        "assunto",
        "onderwerp",
        "제목",
        "主题",
        "主旨",
        "tiêu đề",
    ];
    const OTHERS: &[&str] = &[
        "from",
        "to",
        "cc",
        "bcc",
        "date",
        "sent",
        "reply-to",
        "von",
        "an",
        "datum",
        "gesendet",
        "de",
        "à",
        "date",
        "envoyé",
        "para",
        "fecha",
        "enviado",
        "da",
        "a",
        "data",
        "inviato",
        "van",
        "aan",
        "verzonden",
    ];
    const MOST: usize = 8;
    let from = lines.iter().position(|line| !line.trim().is_empty())?;
    let is_one_of = |names: &[&str], line: &str| {
        line.split_once(':').is_some_and(|(name, value)| {
            names.contains(&name.trim().to_lowercase().as_str()) && !value.trim().is_empty()
        })
    };
    let count = lines
        .iter()
        .skip(from)
        .take(MOST)
        .take_while(|line| is_one_of(SUBJECT, line) || is_one_of(OTHERS, line))
        .count();
    let head = lines.get(from..from + count)?;
    let subject = head.iter().position(|line| is_one_of(SUBJECT, line))?;
    // The first paragraph may begin so: an empty line parts a head from it.
    let is_apart = lines
        .get(from + count)
        .is_none_or(|line| line.trim().is_empty());
    let (_, title) = head.get(subject)?.split_once(':')?;
    let date = head.iter().find_map(|line| {
        let (_, value) = line.split_once(':')?;
        dates::alone_in(value.trim(), order)
    });
    (count >= 2 && is_apart).then(|| Head {
        title: one_line(title.trim()),
        published: date,
        kept: head
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != subject)
            .map(|(_, line)| Block::Paragraph(linked(&one_line(line.trim()))))
            .collect(),
        lines: from + count,
        is_copied: false,
    })
}

/// From which line to which the headline goes: one in capitals before others; in a letter the first
/// line, for its addressees stand below; else the last line above the text; else a short first line.
fn headline(short: &[(usize, &str)], order: DateOrder) -> Option<(usize, usize)> {
    let could_be =
        |line: &str| is_headline(line) && date_lines::date_of_line(line, order).is_none();
    let words = |line: &str| line.split_whitespace().count();
    let candidates: Vec<(usize, &str)> = short
        .iter()
        .filter(|(_, line)| could_be(line))
        .copied()
        .collect();
    // A line of a paragraph that is wrapped may end one.
    let ends_none = |(_, line): &&(usize, &str)| !line.ends_with(['.', '。']);
    let candidates: Vec<(usize, &str)> = if candidates.iter().any(|line| ends_none(&line)) {
        candidates.iter().filter(ends_none).copied().collect()
    } else {
        candidates
    };
    // A letterhead stands above the line that says when the text may be used, and in capitals, too.
    let front = short
        .iter()
        .rfind(|(_, line)| edges::is_front_matter(line) || phrases::is_kind(line))
        .map(|(at, _)| *at);
    let below_front = |at: usize| front.is_some_and(|front| at > front);
    let in_capitals = |(_, line): &&(usize, &str)| is_in_capitals(line) && words(line) >= 3;
    let first_in_capitals = candidates.iter().find(in_capitals);
    // `PORT OF MILLTOWN` right above `NEWS RELEASE`
    let is_above_kind = |at: usize, line: &str| {
        words(line) <= 5
            && short
                .iter()
                .find(|(next, _)| *next > at)
                .is_some_and(|(_, next)| phrases::is_kind(next))
    };
    let is_letterhead = first_in_capitals.is_some_and(|(at, line)| {
        front.is_some_and(|front| *at < front)
            && (names_an_office(line) || is_above_kind(*at, line))
    });
    let below = candidates
        .iter()
        .filter(|(at, line)| below_front(*at) && words(line) >= 3);
    let capitals = if is_letterhead {
        below
            .clone()
            .find(in_capitals)
            .or_else(|| below.clone().next())
    } else {
        first_in_capitals
    };
    let is_letter = short.iter().any(|(_, line)| is_salutation(line));
    let long =
        |(_, line): &&(usize, &str)| words(line) >= 4 || line.chars().any(|c| c >= '\u{2e80}');
    let first_line = short
        .iter()
        .find(|(_, line)| {
            !edges::is_front_matter(line)
                && !edges::is_contact_label(line)
                && date_lines::date_of_line(line, order).is_none()
                && !phrases::is_kind(line)
        })
        .map(|(at, _)| *at);
    let found = capitals
        .or_else(|| {
            if is_letter {
                candidates
                    .iter()
                    .find(long)
                    .filter(|(at, _)| Some(*at) == first_line)
            } else {
                first_below_labels(short, &candidates, order)
                    .or_else(|| candidates.iter().rfind(long))
            }
        })
        .or_else(|| {
            // `Hurricane update`
            candidates
                .iter()
                .find(|(at, _)| Some(*at) == first_line && !is_letter)
        })?;
    let (first, line) = *found;
    // A headline in capitals goes on in the next lines.
    let mut last = first;
    if is_in_capitals(line) {
        while let Some((at, _)) = short
            .iter()
            .find(|(at, next)| *at == last + 1 && is_in_capitals(next) && could_be(next))
        {
            last = *at;
        }
    }
    Some((first, last))
}

/// The first line that may be the headline, below what says when the text may be used and when it was published, and
/// below a letterhead: what follows it is its sub-headline.
fn first_below_labels<'l>(
    short: &[(usize, &str)],
    candidates: &'l [(usize, &'l str)],
    order: DateOrder,
) -> Option<&'l (usize, &'l str)> {
    let is_long =
        |line: &str| line.split_whitespace().count() >= 4 || line.chars().any(|c| c >= '\u{2e80}');
    let labels = short.iter().rfind(|(_, line)| {
        edges::is_front_matter(line) || date_lines::date_of_line(line, order).is_some()
    });
    let could_be = |(_, line): &&(usize, &str)| is_long(line) && !names_an_office(line);
    let below = |(at, _): &&(usize, &str)| labels.is_some_and(|(label, _)| at > label);
    candidates
        .iter()
        .filter(could_be)
        .find(below)
        .or_else(|| candidates.iter().find(could_be))
}

/// The parts of a line that was set in columns: parted by a tab, or by more spaces than words are.
fn columns(line: &str) -> impl Iterator<Item = &str> {
    line.split('\t')
        .flat_map(|part| part.split("    "))
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// `OFFICE OF THE ATTORNEY GENERAL`, `STATE OF EXAMPLE`: what stands at the head of an office's paper.
fn names_an_office(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "office of",
        "the office of",
        "department of",
        "state of",
        "city of",
        "county of",
        "commonwealth of",
        "town of",
        "united states",
        "us house",
        "u s house",
        "congress of",
        "board of",
        "ministry of",
        "oficina de",
        "departamento de",
        "estado de",
        "ciudad de",
        "condado de",
        "ministerio de",
        "stadt ",
        "land ",
        "landkreis ",
        "ministerium ",
        "ville de",
        "ministère",
        "comune di",
        "regione ",
        "prefeitura",
        "câmara",
        "gemeente ",
        "provincie ",
        "ministerie ",
    ];
    let key = title_key(line);
    BEGINNINGS.iter().any(|begins| key.starts_with(begins))
}

fn is_in_capitals(line: &str) -> bool {
    let letters = line.chars().filter(|c| c.is_alphabetic());
    let (mut upper, mut lower) = (0, 0);
    for c in letters {
        upper += usize::from(c.is_uppercase());
        lower += usize::from(c.is_lowercase());
    }
    upper >= 4 && lower * 8 <= upper
}

/// `Dear Chairman Roe:`, `Sehr geehrte Frau Poe,`
fn is_salutation(line: &str) -> bool {
    let key = title_key(line);
    line.trim_end().ends_with([':', ',', '!', '，', '：'])
        && [
            "dear ",
            "to whom",
            "estimad",
            "querid",
            "sehr geehrte",
            "liebe ",
            "madame",
            "monsieur",
            "chère",
            "cher ",
            "gentile",
            "egregi",
            "prezad",
            "caro ",
            "cara ",
            "geachte",
            "beste ",
            "존경하는",
            "尊敬的",
            "敬愛的",
            "kính gửi",
            "kính thưa",
        ]
        .iter()
        .any(|beginning| key.starts_with(beginning))
}

/// The line at which the first paragraph begins, which may be wrapped.
fn first_paragraph(lines: &[&str]) -> usize {
    /// No release has more lines above its text.
    const LINES: usize = 40;
    let longest = lines
        .iter()
        .map(|line| line.trim().chars().count())
        .max()
        .unwrap_or(0);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let begins = |at: usize| match at.checked_sub(1).and_then(|before| lines.get(before)) {
        None => true,
        Some(before) => {
            before.trim().is_empty()
                || lines
                    .get(at)
                    .is_some_and(|line| indent(line) >= indent(before) + 2)
        }
    };
    (0..lines.len().min(LINES))
        .find(|at| {
            let Some(line) = lines.get(*at) else {
                return false;
            };
            is_running_text(line)
                || is_item(lines, *at)
                || (begins(*at) && opens_with_place(lines.get(*at..).unwrap_or_default()))
                || (begins(*at)
                    && longest <= WRAPPED
                    && is_wrapped_paragraph(lines.get(*at..).unwrap_or_default(), longest))
        })
        .or_else(|| {
            // Hardly a sentence: the first line that is one, below another.
            (1..lines.len().min(LINES)).find(|at| {
                lines.get(*at).is_some_and(|line| {
                    begins(*at)
                        && is_sentence(line.trim())
                        && line.split_whitespace().count() >= 3
                        && !is_salutation(line)
                        && !edges::is_front_matter(line)
                })
            })
        })
        .unwrap_or(0)
}

/// Whether the line is an item of a list: a bullet, or a number that the next lines count on from.
fn is_item(lines: &[&str], at: usize) -> bool {
    const NEXT: usize = 4;
    let number = |at: usize| -> Option<u32> {
        let (number, words) = lines.get(at)?.trim_start().split_once([' ', '\t'])?;
        let number = number.strip_suffix(['.', ')'])?.parse().ok()?;
        (!words.trim().is_empty()).then_some(number)
    };
    let is_bullet = lines.get(at).is_some_and(|line| {
        line.trim_start()
            .strip_prefix(['•', '·', '▪', '◦', '-', '–', '*'])
            .and_then(|rest| rest.strip_prefix([' ', '\t']))
            .is_some_and(|rest| rest.chars().any(char::is_alphanumeric))
    });
    is_bullet
        || number(at).is_some_and(|first| {
            (at + 1..=at + NEXT).any(|next| number(next) == first.checked_add(1))
        })
}

/// `DOE CITY - The office opens two` before `shelters on Friday.`: a paragraph that begins with a place, however short
/// its lines are.
fn opens_with_place(lines: &[&str]) -> bool {
    /// Letters behind the place.
    const FEWEST: usize = 30;
    let is_placed = lines.first().is_some_and(|line| {
        naming::dateline(line.trim()).is_some_and(|(place, _)| {
            let city = place.split([',', '(']).next().unwrap_or(place);
            is_in_capitals(city)
        })
    });
    let paragraph: Vec<&str> = lines
        .iter()
        .take_while(|line| !line.trim().is_empty())
        .map(|line| line.trim())
        .collect();
    let whole = paragraph.join(" ");
    is_placed
        && is_sentence(&whole)
        && naming::dateline(&whole).is_some_and(|(_, rest)| rest.chars().count() > FEWEST)
}

/// Whether the lines begin with a paragraph that was wrapped: full lines, with a sentence in them.
fn is_wrapped_paragraph(lines: &[&str], longest: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let end = lines
        .iter()
        .enumerate()
        .skip(1)
        .find(|(at, line)| {
            let before = at.checked_sub(1).and_then(|before| lines.get(before));
            line.trim().is_empty()
                || before.is_some_and(|before| indent(line) >= indent(before) + 2)
        })
        .map_or(lines.len(), |(at, _)| at);
    let paragraph = lines.get(..end).unwrap_or_default();
    let Some((last, full)) = paragraph.split_last() else {
        return false;
    };
    let are_full = full
        .iter()
        .all(|line| line.trim().chars().count() * 5 >= longest * 3 && !is_in_capitals(line));
    !full.is_empty() && longest >= 40 && are_full && is_sentence(last.trim())
}

/// A paragraph rather than a headline, a name or a date.
fn is_running_text(line: &str) -> bool {
    let line = line.trim();
    let length = line.chars().count();
    let is_wide = line.chars().filter(|c| *c >= '\u{2e80}').count() * 2 > length;
    length > 160
        || (length > if is_wide { 25 } else { 50 }
            && (is_sentence(line) || line.ends_with(','))
            && !is_salutation(line)
            && !is_in_capitals(line))
        || naming::dateline(line).is_some_and(|(_, rest)| rest.chars().count() > 30)
}

fn is_headline(line: &str) -> bool {
    let lower = line.to_lowercase();
    line.chars().count() >= 4
        && line.chars().count() <= 250
        && !is_end_mark(line)
        && line.starts_with(|c: char| !matches!(c, '-' | '=' | '*' | '_'))
        && !edges::is_front_matter(line)
        && !lower.starts_with("for immediate release")
        && !lower.starts_with("contact")
        && !lower.starts_with("the honorable")
        && !line.contains('@')
        && !line.ends_with([':', ','])
        && !is_salutation(line)
        && !phrases::is_kind(line)
        && !is_address(line)
}

/// `Washington, DC 20510`, `1 Main Street`: ends or begins with a number.
fn is_address(line: &str) -> bool {
    let is_number =
        |word: &str| word.len() >= 4 && word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let words: Vec<&str> = line.split_whitespace().collect();
    words.len() <= 6
        && (words
            .last()
            .is_some_and(|word| is_number(word) && line.contains(','))
            || words.first().is_some_and(|word| {
                word.bytes().all(|b| b.is_ascii_digit())
                    && [
                        "street",
                        "st.",
                        "avenue",
                        "ave.",
                        "road",
                        "building",
                        "boulevard",
                    ]
                    .iter()
                    .any(|kind| line.to_lowercase().contains(kind))
            }))
}
