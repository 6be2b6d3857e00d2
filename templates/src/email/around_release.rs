//! What stands around a release and is no part of what it says: when it may be published, when and where it
//! was, who answers the press, who took the picture. Offices put it on lines of its own, or before the first
//! words of the text.

use crate::{
    document::{Inline, plain},
    month_names::{ARABIC, ENGLISH, SPANISH},
    weekday_names,
};

/// What a paragraph says, on one line, without what stands around the release at its beginning. `None`: it
/// says nothing else.
pub(super) fn said(text: &[Inline]) -> Option<String> {
    let mut all = vec![String::new()];
    lines_of(text, &mut all);
    let lines = all
        .iter()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.skip_while(|line| is_around(line)).collect();
    let says = lines.join(" ");
    let says = without_release_line(&says);
    (!says.is_empty() && !is_around(says)).then(|| says.to_owned())
}

/// The words of each line: what stands around a release is often parted from it by a break alone.
fn lines_of(text: &[Inline], lines: &mut Vec<String>) {
    for inline in text {
        match inline {
            Inline::LineBreak => lines.push(String::new()),
            Inline::Strong(_)
            | Inline::Emphasis(_)
            | Inline::Inserted(_)
            | Inline::Link { .. }
            | Inline::Foreign { .. } => lines_of(inline.inner(), lines),
            inline => {
                if let Some(line) = lines.last_mut() {
                    line.push_str(&plain(std::slice::from_ref(inline)));
                }
            }
        }
    }
}

/// The letters and digits, for comparing what is written in different ways.
pub(super) fn normal(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// When it may be published, in the words that offices put above a release.
const RELEASE_LINES: &[&str] = &[
    "forimmediaterelease",
    "immediaterelease",
    "forrelease",
    "releasedate",
    "holdforrelease",
    "notforrelease",
    "forplanningpurposes",
    "embargoeduntil",
    "embargoed",
    "embargountil",
    "embargodate",
    "underembargo",
    "strictlyembargoed",
    "parapublicacióninmediata",
    "parasupublicacióninmediata",
    "parapublicarinmediatamente",
    "publicacióninmediata",
    "paradivulgacióninmediata",
    "paradifusióninmediata",
    "embargadohasta",
    "즉시보도",
    "즉시배포",
    "배포즉시",
    "보도시점",
    "엠바고",
    "đểphổbiếnngay",
    "phổbiếnngay",
    "đăngngay",
    "立即发布",
    "立即發佈",
    "立即發布",
    "即時發佈",
    "即時發布",
    "即时发布",
    "للنشرالفوري",
    "للنشرفورا",
];

/// What such a page is called, which may also begin a sentence.
const NAMES_OF_A_RELEASE: &[&str] = &[
    "pressrelease",
    "newsrelease",
    "mediarelease",
    "mediaadvisory",
    "mediaalert",
    "pressadvisory",
    "newsadvisory",
    "pressstatement",
    "comunicadodeprensa",
    "notadeprensa",
    "boletíndeprensa",
    "avisoalosmedios",
    "보도자료",
    "thôngcáobáochí",
    "新闻稿",
    "新聞稿",
    "新闻公报",
    "بيانصحفي",
];

/// Who answers the press.
const CONTACTS: &[&str] = &[
    "contact:",
    "contacts:",
    "contact ",
    "contact information",
    "media contact",
    "press contact",
    "press office",
    "press inquiries",
    "media inquiries",
    "for media inquiries",
    "for press inquiries",
    "for more information",
    "for further information",
    "phone:",
    "tel:",
    "tel.",
    "email:",
    "e-mail:",
    "contacto:",
    "contacto ",
    "contactos",
    "para más información",
    "prensa:",
    "teléfono:",
    "correo:",
    "문의:",
    "문의 :",
    "문의처",
    "연락처",
    "담당자",
    "담당:",
    "전화",
    "liên hệ",
    "liên lạc",
    "người liên hệ",
    "điện thoại",
    "联系人",
    "联系方式",
    "媒体联系",
    "新闻联系",
    "电话",
    "聯絡人",
    "聯絡方式",
    "媒體聯絡",
    "新聞聯絡",
    "電話",
    "للتواصل",
    "للاتصال",
    "للاستفسار",
    "جهة الاتصال",
    "هاتف",
];

/// Who took the picture, or that there is one.
const CREDITS: &[&str] = &[
    "photo by",
    "photos by",
    "photo:",
    "photos:",
    "photo courtesy",
    "photos courtesy",
    "photo credit",
    "photo above",
    "photo/",
    "photograph by",
    "photography by",
    "(photo",
    "(ap photo",
    "[photo",
    "credit:",
    "caption:",
    "pictured",
    "image:",
    "image by",
    "image credit",
    "image courtesy",
    "picture:",
    "courtesy of",
    "foto:",
    "foto de",
    "foto por",
    "foto cortesía",
    "fotos:",
    "fotografía:",
    "fotografía de",
    "(foto",
    "crédito",
    "cortesía de",
    "사진:",
    "사진=",
    "사진 제공",
    "사진 출처",
    "사진제공",
    "(사진",
    "[사진",
    "ảnh:",
    "ảnh của",
    "hình:",
    "nguồn ảnh",
    "(ảnh",
    "图片来源",
    "圖片來源",
    "图片由",
    "圖片由",
    "照片由",
    "照片來源",
    "照片来源",
    "图：",
    "圖：",
    "图／",
    "圖／",
    "照片：",
    "摄影：",
    "攝影：",
    "（图",
    "（圖",
    "الصورة:",
    "صورة:",
    "تصوير",
    "مصدر الصورة",
];

/// What dates have besides digits and the names of months and weekdays: what is cut short, weekdays of
/// other languages, and the words around them.
const DATE_WORDS: &[&str] = &[
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sept",
    "sep",
    "oct",
    "nov",
    "dec",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "ene",
    "abr",
    "ago",
    "set",
    "dic",
    "de",
    "del",
    "el",
    "la",
    "las",
    "los",
    "ngày",
    "tháng",
    "năm",
    "thứ",
    "hai",
    "ba",
    "tư",
    "sáu",
    "bảy",
    "chủ",
    "nhật",
    "lúc",
    "đăng",
    "cập",
    "date",
    "fecha",
    "dated",
    "time",
    "at",
    "am",
    "pm",
    "a",
    "p",
    "m",
    "st",
    "nd",
    "rd",
    "th",
    "est",
    "edt",
    "et",
    "cst",
    "cdt",
    "ct",
    "mst",
    "mdt",
    "mt",
    "pst",
    "pdt",
    "pt",
    "utc",
    "gmt",
    "noon",
    "eastern",
    "pacific",
    "posted",
    "published",
    "released",
    "issued",
    "updated",
    "last",
    "on",
    "publicado",
    "publicada",
    "actualizado",
    "في",
    "يوم",
    "بتاريخ",
    "تاريخ",
    "النشر",
    "نشر",
    "م",
    "الساعة",
];

/// Whether a line stands around a release and is no part of what it says.
pub(super) fn is_around(says: &str) -> bool {
    let letters = normal(says);
    if letters.is_empty() {
        return true;
    }
    let small = says.to_lowercase();
    let small =
        small.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '[' | '（'));
    let length = says.chars().count();
    let begins = |list: &[&str]| list.iter().any(|begin| small.starts_with(begin));
    release_line(says, &letters)
        || is_date(small)
        || is_place(says)
        || length < 300 && begins(CONTACTS) && has_an_address(says)
        || length < 200 && begins(CREDITS)
        || length < 160 && is_only_an_address(says)
}

/// “For immediate release”, with a date behind it, or a number.
fn release_line(says: &str, letters: &str) -> bool {
    const MORE: usize = 40;
    let is = |line: &&str| {
        letters.starts_with(*line) && letters.chars().count() < line.chars().count() + MORE
    };
    // “Press releases are online now.”
    let is_sentence = says.ends_with(['.', '!', '?', '。', '؟']) && says.split(' ').count() > 4;
    RELEASE_LINES.iter().any(is) || !is_sentence && NAMES_OF_A_RELEASE.iter().any(is)
}

/// Without “FOR IMMEDIATE RELEASE – February 24, 2026” where the text goes on behind it.
fn without_release_line(says: &str) -> &str {
    let Some(rest) = behind_release_line(says) else {
        return says;
    };
    let rest = rest.trim_start_matches(is_joint);
    // A date behind it belongs to it.
    let mut end = 0;
    for (at, c) in rest.char_indices().take(60) {
        let behind = at + c.len_utf8();
        if !c.is_alphanumeric() && is_date(&rest[..at].to_lowercase()) {
            end = behind;
        }
    }
    rest[end..].trim_start_matches(is_joint)
}

fn is_joint(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ':' | '|'
                | '–'
                | '—'
                | '-'
                | '•'
                | '·'
                | '*'
                | '/'
                | ','
                | '.'
                | '：'
                | ')'
                | ']'
                | '】'
        )
}

/// What follows the words that say when a release may be published.
fn behind_release_line(says: &str) -> Option<&str> {
    let mut letters = String::new();
    let mut behind = None;
    for (at, c) in says.char_indices() {
        if !c.is_alphanumeric() {
            continue;
        }
        letters.extend(c.to_lowercase());
        if letters.chars().count() > 30 {
            break;
        }
        let rest = &says[at + c.len_utf8()..];
        let ends_word = !rest.starts_with(char::is_alphanumeric) || !c.is_ascii();
        let is = |list: &[&str]| list.contains(&letters.as_str());
        // A name may also begin a sentence; not in capitals, or before a colon.
        let alone = rest
            .trim_start()
            .starts_with([':', '|', '–', '—', '-', '：'])
            && !rest.starts_with('-');
        let shouted = says[..at].chars().all(|c| !c.is_lowercase()) && c.is_ascii_uppercase();
        if ends_word && (is(RELEASE_LINES) || is(NAMES_OF_A_RELEASE) && (alone || shouted)) {
            behind = Some(rest);
        }
    }
    behind
}

/// Nothing but the words and digits of a date.
fn is_date(small: &str) -> bool {
    let mut digits = false;
    for word in small.split(|c: char| !c.is_alphanumeric()) {
        let rest: String = word.chars().filter(|c| !c.is_numeric()).collect();
        digits |= rest.len() < word.len();
        if !(rest.is_empty() || is_date_word(&rest)) {
            return false;
        }
    }
    digits
}

fn is_date_word(small: &str) -> bool {
    let asian = small.chars().all(|c| {
        "년월일화수목금토요오전후시분年月日星期週周禮礼拜曜一二三四五六七八九十时時分點点上下午民國国".contains(c)
    });
    let month = [ENGLISH, SPANISH, ARABIC]
        .iter()
        .flatten()
        .any(|name| *name == small);
    let weekday = weekday_names::ENGLISH.contains(&small)
        || weekday_names::SPANISH.contains(&small)
        || weekday_names::ARABIC.contains(&small);
    asian || month || weekday || DATE_WORDS.contains(&small)
}

/// A line with nothing but a place: “WASHINGTON, D.C. –”, “Tustin, CA”.
fn is_place(says: &str) -> bool {
    const LONGEST: usize = 50;
    let bare = says.trim_end_matches([' ', '–', '—', '-', '|', ':']);
    let ends_open = bare.len() < says.len();
    says.chars().count() <= LONGEST
        && bare.split(' ').count() <= 5
        && (ends_open || bare.contains(", "))
        && names_a_place(bare)
}

/// An address of mail or a telephone number.
fn has_an_address(says: &str) -> bool {
    says.contains('@')
        || says.chars().filter(char::is_ascii_digit).count() >= 7
        || says.ends_with([':', '：'])
        || says.chars().count() < 60 && !says.ends_with(['.', '。'])
}

/// A line that is a name and how to reach it, nothing else: few words and an address.
fn is_only_an_address(says: &str) -> bool {
    let words = says.split_whitespace().count();
    let numbers = says.chars().filter(char::is_ascii_digit).count();
    let ends = says.trim_end().ends_with(['.', '!', '?', '。', '”', '"']);
    words <= 10 && !ends && (says.contains('@') || numbers >= 10)
}

/// Whether words name a place, and perhaps a day: “TUSTIN, Calif., Feb. 24, 2026”. Of languages with
/// capitals each word begins with one, and the place with more than one word or in capitals only.
fn names_a_place(place: &str) -> bool {
    let bare = place.trim_matches(['(', ')', '[', ']', '（', '）', '*', ' ']);
    if bare.is_empty() || bare.contains(['“', '"', ':', '?', '!', '。', '：', '「']) {
        return false;
    }
    let capitals = |word: &str| {
        word.chars().filter(|c| c.is_alphabetic()).count() > 2
            && word.chars().all(|c| !c.is_lowercase())
    };
    let first = bare.split([' ', ',', '،', '，']).next().unwrap_or_default();
    let is_named = bare
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
        && (capitals(first) || bare.contains([',', '،']));
    // A clause between dashes is no place: every word of a place begins with a capital or a digit.
    let is_titled = bare
        .split([' ', ',', '(', ')', '.'])
        .filter(|word| !word.is_empty() && !["of", "de", "the", "del", "la"].contains(word))
        .all(|word| word.chars().next().is_some_and(|c| !c.is_lowercase()) || is_date_word(word));
    is_named && is_titled
}

/// Whether a few words before a dash can only be a place because a sentence begins behind it: “Tustin – Today,
/// …”, “توستن – …”.
fn precedes_a_sentence(place: &str, rest: &str) -> bool {
    const LONGEST: usize = 24;
    let words = place.split_whitespace().count();
    let plain = place
        .chars()
        .all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | ',' | '،' | '，' | '\''));
    let titled = place
        .split_whitespace()
        .all(|word| word.chars().next().is_some_and(|c| !c.is_lowercase()));
    let begins = rest.chars().next().is_some_and(|c| !c.is_lowercase());
    // A second dash soon behind it closes a clause.
    let near: String = rest.chars().take(60).collect();
    let clause = near.contains(['–', '—']);
    words <= 3 && place.chars().count() <= LONGEST && plain && titled && begins && !clause
}

/// Without “TUSTIN, CA – ”: the sender's name beside it says who and where.
pub(super) fn without_dateline(says: &str) -> &str {
    const LONGEST: usize = 60;
    /// A shorter rest is no sentence.
    const SHORTEST: usize = 12;
    let says = without_bracketed_place(says);
    let dash = [" – ", " — ", " - ", " -- ", "– ", "— ", "——", "—", "--"]
        .iter()
        .filter_map(|dash| Some((says.find(dash)?, dash.len())))
        .min_by_key(|(at, length)| (*at, usize::MAX - length));
    let Some((at, dash)) = dash else { return says };
    let (place, rest) = (&says[..at], says[at + dash..].trim_start());
    let long = rest.chars().count() >= if rest.is_ascii() { 30 } else { SHORTEST };
    let is_place = names_a_place(place) || precedes_a_sentence(place, rest);
    if place.chars().count() <= LONGEST && long && is_place {
        rest
    } else {
        says
    }
}

/// Without “【華盛頓訊】” and “（中央社華盛頓24日電）”.
fn without_bracketed_place(says: &str) -> &str {
    const LONGEST: usize = 30;
    for (open, close) in [('【', '】'), ('（', '）'), ('[', ']'), ('(', ')')] {
        let Some((inside, rest)) = says
            .strip_prefix(open)
            .and_then(|rest| rest.split_once(close))
        else {
            continue;
        };
        let wires = inside.ends_with(['訊', '讯', '電', '电', '報', '报']) || inside.contains('=');
        if inside.chars().count() <= LONGEST && (wires || open == '【') && !rest.trim().is_empty()
        {
            return rest.trim_start();
        }
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(says: &str) -> Option<String> {
        let mut text = Vec::new();
        for (at, line) in says.split('\n').enumerate() {
            if at > 0 {
                text.push(Inline::LineBreak);
            }
            text.push(Inline::Text(line.to_owned()));
        }
        said(&text).map(|says| without_dateline(&says).to_owned())
    }

    const NEWS: &str = "Today, Representative Doe joined leaders to open the bridge.";

    #[test]
    fn what_stands_around_a_release_is_known_in_every_language() {
        for around in [
            "FOR IMMEDIATE RELEASE",
            "*** FOR IMMEDIATE RELEASE ***",
            "IMMEDIATE RELEASE",
            "For Immediate Release | February 24, 2026",
            "UNDER EMBARGO UNTIL 6 P.M. ET",
            "Embargoed until Tuesday, February 24, 6:00 a.m.",
            "Press Release",
            "MEDIA ADVISORY – February 24, 2026",
            "PARA PUBLICACIÓN INMEDIATA: 24 de febrero de 2026",
            "Nota de prensa",
            "즉시 배포",
            "보도자료 2026. 2. 24.",
            "Để phổ biến ngay",
            "THÔNG CÁO BÁO CHÍ",
            "即時發布",
            "新闻稿",
            "للنشر الفوري",
            "2/24/2026",
            "Last updated: February 24, 2026, 5:00 p.m. EST",
            "Publicado el martes, 24 de febrero de 2026",
            "2026년 2월 24일 화요일",
            "Thứ Ba, ngày 24 tháng 2 năm 2026",
            "二〇二六年二月二十四日",
            "民國115年2月24日",
            "الثلاثاء 24 فبراير 2026",
            "FOR MORE INFORMATION: Sam Poe, (202) 555-0117",
            "For media inquiries, contact press@doe.example",
            "Press contact: Sam Poe",
            "Tel. 202-555-0117",
            "Contacto para medios: Sam Poe, 202-555-0117",
            "담당자: 샘 포 보좌관 (02-555-0117)",
            "Người liên hệ: Sam Poe, 202-555-0117",
            "媒體聯絡：山姆 02-5550-1170",
            "جهة الاتصال: سام بو 2025550117",
            "Photo/Sam Poe",
            "(AP Photo/Sam Poe)",
            "Credit: City of Tustin",
            "Pictured: Representative Doe and the mayor",
            "Fotografía de Sam Poe",
            "(사진=의원실 제공)",
            "Nguồn ảnh: Văn phòng Dân biểu Doe",
            "照片由市政府提供",
            "攝影：山姆",
            "تصوير: سام بو",
            "WASHINGTON, D.C. –",
            "Tustin, CA",
        ] {
            assert!(is_around(around), "{around}");
            assert_eq!(lines(around), None, "{around}");
            // On a line of its own in the same paragraph, too.
            let both = format!("{around}\n{NEWS}");
            assert_eq!(lines(&both).as_deref(), Some(NEWS), "{around}");
        }
        let all = format!(
            "FOR IMMEDIATE RELEASE\nFebruary 24, 2026\nContact: Sam Poe, 202-555-0117\nTUSTIN, CA – {NEWS}"
        );
        assert_eq!(lines(&all).as_deref(), Some(NEWS));
    }

    #[test]
    fn what_stands_before_the_first_words_is_left_out() {
        for before in [
            "FOR IMMEDIATE RELEASE ",
            "FOR IMMEDIATE RELEASE – February 24, 2026 – ",
            "FOR IMMEDIATE RELEASE: February 24, 2026 WASHINGTON, D.C. – ",
            "PRESS RELEASE: ",
            "TUSTIN, CA – ",
            "Tustin – ",
            "(Washington, D.C.) – ",
            "WASHINGTON—",
            "WASHINGTON, D.C.— ",
            "TUSTIN, Calif., Feb. 24, 2026 /PRNewswire/ -- ",
            "Washington, D.C., 24 de febrero de 2026 – ",
        ] {
            let says = format!("{before}{NEWS}");
            assert_eq!(lines(&says).as_deref(), Some(NEWS), "{says}");
        }
        for (says, news) in [
            (
                "캘리포니아주 터스틴 – 제인 도 의원은 오늘 새로운 하버 다리를 개통하였습니다.",
                "제인 도 의원은 오늘 새로운 하버 다리를 개통하였습니다.",
            ),
            (
                "加州塔斯廷——珍·多伊眾議員今天主持新港口大橋的通車典禮。",
                "珍·多伊眾議員今天主持新港口大橋的通車典禮。",
            ),
            (
                "【華盛頓訊】多伊眾議員今天主持新港口大橋的通車典禮。",
                "多伊眾議員今天主持新港口大橋的通車典禮。",
            ),
            (
                "（中央社華盛頓24日電）多伊眾議員今天主持新港口大橋的通車典禮。",
                "多伊眾議員今天主持新港口大橋的通車典禮。",
            ),
            (
                "توستن، كاليفورنيا – افتتحت النائبة جين دو اليوم جسر الميناء الجديد.",
                "افتتحت النائبة جين دو اليوم جسر الميناء الجديد.",
            ),
            (
                "Tustin, CA – Hôm nay, Dân biểu Jane Doe khánh thành cây cầu cảng mới.",
                "Hôm nay, Dân biểu Jane Doe khánh thành cây cầu cảng mới.",
            ),
        ] {
            assert_eq!(lines(says).as_deref(), Some(news));
        }
    }

    #[test]
    fn what_only_looks_like_it_is_part_of_the_news() {
        for says in [
            "Press releases of the past ten years are online now.",
            "Press release templates are free for every school in the county.",
            "Contact lenses are covered by the new plan, Representative Doe said on Tuesday after the vote in the House of Representatives in Washington, where she serves on the committee, and asked everybody who wears them to look at the list of the plan’s doctors, which the office has put on its own website, too.",
            "The bridge, a steel one – the first in the county – opens on Tuesday for all.",
            "Doe – a veteran herself – asked the committee for a hearing on the report.",
            "February was cold, and March will be colder.",
            "Embargoes hurt farmers first, Representative Doe said.",
            "(A) and (B) of the bill were passed.",
            "Photographers met the mayor in Tustin, CA, on Tuesday.",
            "전화로 신청하실 수 있습니다. 자세한 내용은 아래에 있으며 누구나 참여하실 수 있습니다.",
            "Washington needs a new bridge, and so does Tustin.",
            "Hoy, la Oficina abre en Tustin, CA.",
        ] {
            assert_eq!(lines(says).as_deref(), Some(says));
        }
    }
}
