//! Which language a release is in, and which way it runs.

use dom_query::NodeRef;
use gazette_templates::{
    Document,
    document::{Block, Direction, Passage},
};

use super::edges;

/// The document that the blocks make: in one language, with what speaks another set apart, so that
/// a screen reader changes its voice there (WCAG 3.1.2).
pub(super) fn document(blocks: Vec<Block>, declared: &str, said: Option<&str>) -> Document {
    let language = of(&edges::all_words(&blocks), declared);
    let direction = direction(&language, said);
    let spoken = spoken(&blocks, &language);
    let mut settled: Vec<Block> = Vec::new();
    for (tag, block) in spoken.into_iter().zip(blocks) {
        let inner = match block {
            Block::Passage(passage) => passage.blocks,
            other => vec![other],
        };
        match settled.last_mut() {
            _ if tag == language => settled.extend(inner),
            Some(Block::Passage(open)) if open.language == tag => open.blocks.extend(inner),
            _ => settled.push(Block::Passage(Passage {
                direction: self::direction(&tag, None),
                language: tag,
                blocks: inner,
            })),
        }
    }
    Document {
        language,
        direction,
        blocks: settled,
    }
}

/// Each block's language. A heading too short to tell speaks as what follows it, another short
/// line as what stands before it.
fn spoken(blocks: &[Block], main: &str) -> Vec<String> {
    let heard: Vec<Option<String>> = blocks.iter().map(|block| heard(block, main)).collect();
    let mut spoken: Vec<String> = Vec::with_capacity(blocks.len());
    for (at, block) in blocks.iter().enumerate() {
        let own = heard.get(at).cloned().flatten();
        let next = || heard.iter().skip(at + 1).flatten().next().cloned();
        let language = match block {
            Block::EndMark(_) => None,
            Block::Heading { .. } => own.or_else(next),
            _ => own.or_else(|| spoken.last().cloned()),
        };
        spoken.push(language.unwrap_or_else(|| main.to_owned()));
    }
    spoken
}

/// What a block's words say about its language, else what its markup says.
fn heard(block: &Block, main: &str) -> Option<String> {
    const FEWEST_WORDS: usize = 8;
    let (tag, text) = match block {
        Block::Passage(passage) => (
            Some(passage.language.clone()),
            edges::all_words(&passage.blocks),
        ),
        Block::EndMark(_) | Block::Embed { .. } => return None,
        other => (None, edges::words(other)),
    };
    by_script(&text, tag.as_deref().unwrap_or(main))
        .or_else(|| by_common_words(&text, FEWEST_WORDS))
        .map(str::to_owned)
        .or(tag)
}

/// The text's language: what the source declares, unless the text plainly speaks another one of
/// those that offices here write in. A Spanish release mostly stands on a page that declares
/// English, because the whole site does (H16, WCAG 3.1.1).
pub(super) fn of(text: &str, declared: &str) -> String {
    let base = declared
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match by_script(text, &base).or_else(|| by_common_words(text, 20)) {
        Some(found) if found != base => found.to_owned(),
        found => primary(declared)
            .or_else(|| found.map(str::to_owned))
            .unwrap_or_else(|| "en".to_owned()),
    }
}

/// Scripts that betray their language: the letters and the likeliest language.
const SCRIPTS: &[(std::ops::RangeInclusive<char>, &str)] = &[
    ('\u{370}'..='\u{3ff}', "el"),
    ('\u{400}'..='\u{4ff}', "ru"),
    ('\u{531}'..='\u{58f}', "hy"),
    ('\u{590}'..='\u{5ff}', "he"),
    ('\u{600}'..='\u{6ff}', "ar"),
    ('\u{750}'..='\u{77f}', "ar"),
    ('\u{fb50}'..='\u{fdff}', "ar"),
    ('\u{fe70}'..='\u{feff}', "ar"),
    ('\u{900}'..='\u{97f}', "hi"),
    ('\u{980}'..='\u{9ff}', "bn"),
    ('\u{a00}'..='\u{a7f}', "pa"),
    ('\u{e00}'..='\u{e7f}', "th"),
    ('\u{e80}'..='\u{eff}', "lo"),
    ('\u{1100}'..='\u{11ff}', "ko"),
    ('\u{1200}'..='\u{139f}', "am"),
    ('\u{1780}'..='\u{17ff}', "km"),
    ('\u{3040}'..='\u{30ff}', "ja"),
    ('\u{3400}'..='\u{4dbf}', "zh"),
    ('\u{4e00}'..='\u{9fff}', "zh"),
    ('\u{ac00}'..='\u{d7a3}', "ko"),
];

/// Languages that share a script with a likelier one; they are believed where declared.
const SHARED: &[(&str, &[&str])] = &[
    ("ar", &["fa", "ur", "ps", "ckb", "sd", "ug"]),
    ("ru", &["uk", "bg", "sr", "mk", "be"]),
    ("he", &["yi"]),
    ("hi", &["ne", "mr"]),
    ("am", &["ti"]),
    ("zh", &["ja", "yue"]),
];

/// The language of most letters, where their script tells it; `declared` decides between those that
/// share a script.
fn by_script(text: &str, declared: &str) -> Option<&'static str> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let (mut letters, mut vietnamese) = (0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()).take(4_000) {
        letters += 1;
        if matches!(
            c,
            'ă' | 'đ' | 'ơ' | 'ư' | 'Đ' | 'Ơ' | 'Ư' | '\u{1ea0}'..='\u{1ef9}'
        ) {
            vietnamese += 1;
        }
        // Most letters are Latin.
        if c < '\u{370}' {
            continue;
        }
        if let Some((_, language)) = SCRIPTS.iter().find(|(range, _)| range.contains(&c)) {
            match counts.iter_mut().find(|(known, _)| known == language) {
                Some((_, count)) => *count += 1,
                None => counts.push((language, 1)),
            }
        }
    }
    if letters > 0 && vietnamese * 12 > letters {
        return Some("vi");
    }
    let of = |language| {
        let count = counts.iter().find(|(known, _)| *known == language);
        count.map_or(0, |(_, count)| *count)
    };
    // Japanese is written in Chinese characters, with its own between them.
    if of("ja") * 20 > letters && (of("ja") + of("zh")) * 2 > letters {
        return Some("ja");
    }
    let (found, _) = SCRIPTS
        .iter()
        .map(|(_, language)| (*language, of(language)))
        .find(|(_, count)| count * 2 > letters)?;
    let declared = declared.split(['-', '_']).next().unwrap_or_default();
    let shared = SHARED.iter().find(|(likelier, _)| *likelier == found);
    let own = shared.and_then(|(_, others)| others.iter().find(|other| **other == declared));
    Some(own.copied().unwrap_or(found))
}

/// English and Spanish betray themselves by the words that every sentence needs. Of fewer than
/// `fewest` words nothing is said.
fn by_common_words(text: &str, fewest: usize) -> Option<&'static str> {
    const ENGLISH: &[&str] = &["the", "of", "and", "to", "for", "that", "with", "is"];
    const SPANISH: &[&str] = &[
        "el", "la", "los", "las", "de", "que", "y", "en", "del", "para", "por", "con", "su",
    ];
    // Names have the others too: De La Cruz, Los Angeles.
    const NO_NAME: &[&str] = &["que", "y", "en", "del", "para", "por", "con", "su"];
    let (mut words, mut english, mut spanish, mut no_name) = (0, 0, 0, 0);
    for word in text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .take(800)
    {
        words += 1;
        let word = word.to_lowercase();
        english += usize::from(ENGLISH.contains(&word.as_str()));
        spanish += usize::from(SPANISH.contains(&word.as_str()));
        no_name += usize::from(NO_NAME.contains(&word.as_str()));
    }
    if words < fewest {
        None
    } else if spanish > 3 * english && spanish * 8 > words && no_name > 0 {
        Some("es")
    } else if english > 3 * spanish && english * 10 > words {
        Some("en")
    } else {
        None
    }
}

/// The language and the direction that the nearest element around the text declares, else those of
/// the page.
pub(super) fn declared(
    node: &NodeRef,
    language: String,
    direction: Option<String>,
) -> (String, Option<String>) {
    let nearest = |name: &str| {
        let around = std::iter::once(*node).chain(node.ancestors_it(None));
        around
            .filter(|node| node.is_element() && !node.has_name("html"))
            .find_map(|node| node.attr(name).map(|value| value.to_string()))
    };
    (
        nearest("lang")
            .and_then(|tag| primary(&tag))
            .unwrap_or(language),
        nearest("dir").or(direction),
    )
}

/// The primary language of a BCP 47 tag, where it is one.
pub(in crate::releases) fn primary(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let fits = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    fits.then_some(primary)
}

/// Which way the language runs, unless the page says it.
pub(super) fn direction(language: &str, said: Option<&str>) -> Direction {
    match said.map(str::to_ascii_lowercase).as_deref() {
        Some("rtl") => Direction::Rtl,
        Some("ltr") => Direction::Ltr,
        _ if matches!(
            language,
            "ar" | "fa" | "he" | "ur" | "yi" | "ps" | "ckb" | "sd" | "ug" | "dv"
        ) =>
        {
            Direction::Rtl
        }
        _ => Direction::Ltr,
    }
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::Inline;

    use super::*;

    #[test]
    fn a_spanish_release_on_an_english_site_is_spanish() {
        let spanish = "La representante anunció hoy que los fondos para la reparación de los puentes del distrito llegarán en el verano, y que las obras empezarán en agosto.";
        let english = "The representative announced today that the funds for the repair of the bridges of the district will arrive in summer and that the work is to begin in August.";
        assert_eq!(of(spanish, "en-US"), "es");
        assert_eq!(of(english, "en-US"), "en");
        assert_eq!(of(english, ""), "en");
        assert_eq!(of(spanish, "es-MX"), "es");
        assert_eq!(of("", "\"><script>"), "en");
        assert_eq!(of("오늘 하원의원은 다리를 고치겠다고 발표했다", "en"), "ko");
        assert_eq!(direction("ar", None), Direction::Rtl);
    }

    #[test]
    fn a_bilingual_release_changes_its_language_where_its_text_does() {
        let says = |text: &str| Block::Paragraph(vec![Inline::Text(text.to_owned())]);
        let english = says(
            "The representative announced that the funds for the bridge are on their way to the county.",
        );
        let spanish = says(
            "La representante anunció que los fondos para el puente están en camino al condado.",
        );
        let heading = Block::Heading {
            level: 2,
            text: vec![Inline::Text("Español".to_owned())],
        };
        let blocks = vec![
            english.clone(),
            english,
            heading,
            spanish,
            says("Gracias."),
            Block::EndMark("###".to_owned()),
        ];
        let document = document(blocks, "en-US", None);
        assert_eq!(document.language, "en");
        let [_, _, Block::Passage(passage), Block::EndMark(_)] = document.blocks.as_slice() else {
            panic!("{:?}", document.blocks)
        };
        assert_eq!((passage.language.as_str(), passage.blocks.len()), ("es", 3));
    }

    #[test]
    fn scripts_tell_languages_and_the_page_tells_those_that_share_one() {
        for (text, declared, language) in [
            ("أعلنت النائبة اليوم عن تمويل جديد", "en", "ar"),
            ("نماینده امروز بودجه جدید را اعلام کرد", "fa", "fa"),
            ("Сьогодні депутатка оголосила", "uk", "uk"),
            ("Այսօր պատգամավորը հայտարարեց", "en", "hy"),
            ("本日、下院議員は新しい予算を発表しました", "en", "ja"),
            ("众议员今天宣布了新的拨款", "en", "zh"),
            ("Dân biểu hôm nay loan báo ngân khoản mới", "en", "vi"),
        ] {
            assert_eq!(of(text, declared), language, "{text}");
        }
    }
}
