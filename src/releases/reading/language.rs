//! Which language a release is in, and which way it runs. Script and words are told by `whatlang`; what
//! a page declares decides where they say too little.

use std::cmp::Ordering;

use dom_query::NodeRef;
use gazette_templates::{
    Document,
    document::{Block, Direction, Passage},
    reader_language::reader_language,
};
use whatlang::{Detector, Info, Lang, Script, detect_script};

use super::block_words;

/// The document that the blocks make: in one language, with what speaks another set apart, so that
/// a screen reader changes its voice there (WCAG 3.1.2).
pub(super) fn document(blocks: Vec<Block>, declared: &str, said: Option<&str>) -> Document {
    let told: Vec<Told> = blocks.iter().map(Told::by).collect();
    let language = of_all(&told, declared);
    let direction = direction(&language, said);
    let spoken = spoken(&blocks, &told, &language);
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

/// What a block's words and letters say of its language, whatever is declared. Told once: comparing a text
/// with each language is most of what reading a page costs.
struct Told {
    words: String,
    script: Option<Script>,
    language: Option<&'static str>,
}

impl Told {
    fn by(block: &Block) -> Self {
        Self::of(block_words::words(block))
    }

    fn of(words: String) -> Self {
        let (script, latin) = match detect_script(&words) {
            // An English sentence that names a person in Arabic letters is English.
            Some(script) if script != Script::Latin => match latin_around_names(&words) {
                Some(latin) => (Some(Script::Latin), Some(latin)),
                None => (Some(script), None),
            },
            script => (script, None),
        };
        let said = latin.as_deref().unwrap_or(&words);
        Self {
            language: script.and_then(|script| by_words(said, script)),
            script,
            words,
        }
    }

    /// The language, where it is `declared` to be in one. `None`: the text says too little, or is declared
    /// to be in one that we cannot tell from others.
    fn language(&self, declared: &str) -> Option<&'static str> {
        let script = self.script?;
        let shared = SHARED.iter().find(|(shared, _)| *shared == script);
        let own = shared.and_then(|(_, tags)| tags.iter().find(|own| **own == declared));
        let is_told = || LANGUAGES.iter().any(|(_, known)| *known == declared);
        match own {
            Some(own) => Some(own),
            None if script == Script::Latin && !declared.is_empty() && !is_told() => None,
            None => self.language,
        }
    }
}

/// The words in Latin letters of a text that has more letters of another script, where they are its sentence
/// all the same: as many words as the others are, or what it begins and ends with, around a name.
fn latin_around_names(text: &str) -> Option<String> {
    /// Letters of scripts that part no words, to a word.
    const LETTERS_OF_A_WORD: usize = 2;
    const FEWEST: usize = 2;
    /// A name and a title are not longer than this, for each word of the sentence around them.
    const NAME: usize = 3;
    let is_latin = |word: &str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(|first| first < '\u{250}')
    };
    let spoken = |word: &&str| word.chars().any(char::is_alphabetic);
    let words = || text.split_whitespace().filter(spoken).take(MOST_WORDS);
    let latin: Vec<&str> = words().filter(|word| is_latin(word)).collect();
    if latin.len() < FEWEST {
        return None;
    }
    let others: usize = words()
        .filter(|word| !is_latin(word))
        .map(|word| {
            let wide = word.chars().filter(|c| *c >= '\u{2e80}').count();
            (wide / LETTERS_OF_A_WORD).max(1)
        })
        .sum();
    let is_around = words().next().is_some_and(is_latin) && words().last().is_some_and(is_latin);
    (others <= latin.len() || (is_around && others <= NAME * latin.len())).then(|| latin.join(" "))
}

/// Each block's language. A heading too short to tell speaks as what follows it, another short
/// line as what stands before it.
fn spoken(blocks: &[Block], told: &[Told], main: &str) -> Vec<String> {
    let heard = blocks.iter().zip(told);
    let heard: Vec<Option<String>> = heard
        .map(|(block, told)| heard_in(block, told, main))
        .collect();
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
fn heard_in(block: &Block, told: &Told, main: &str) -> Option<String> {
    let tag = match block {
        Block::Passage(passage) => Some(passage.language.as_str()),
        Block::EndMark(_) | Block::Embed { .. } => return None,
        _ => None,
    };
    let found = match told.language(tag.map_or(main, base_of)) {
        Some("zh") => written_in(&told.words, tag.unwrap_or(main)),
        Some(found) => found,
        None => tag?,
    };
    // Of a Chinese text each part is written as the whole is.
    let is_main = base_of(found) == base_of(main);
    Some(if is_main { main } else { found }.to_owned())
}

/// The text's language: what the source declares, unless the text plainly speaks another one. A Spanish
/// release mostly stands on a page that declares English, because the whole site does (H16, WCAG 3.1.1).
/// Each block has a vote as long as it is, so that a release in two languages stays in the declared one.
pub(super) fn of(blocks: &[Block], declared: &str) -> String {
    let told: Vec<Told> = blocks.iter().map(Told::by).collect();
    of_all(&told, declared)
}

fn of_all(blocks: &[Told], declared: &str) -> String {
    let declared = primary(declared).unwrap_or_default();
    let base = base_of(&declared).to_owned();
    let mut votes: Vec<(&str, usize)> = Vec::new();
    for block in blocks {
        let Some(language) = block.language(&base) else {
            continue;
        };
        match votes.iter_mut().find(|(known, _)| *known == language) {
            Some((_, letters)) => *letters += block.words.len(),
            None => votes.push((language, block.words.len())),
        }
    }
    let all_words = || {
        blocks
            .iter()
            .map(|block| block.words.as_str())
            .collect::<String>()
    };
    let of_base = votes.iter().find(|(language, _)| *language == base);
    let of_base = of_base.map_or(0, |(_, letters)| *letters);
    let most = votes.iter().max_by_key(|(_, letters)| *letters);
    let found = match most {
        Some((language, letters)) => (*letters > 3 * of_base).then_some(*language),
        // Each is too short to tell.
        None => Told::of(all_words()).language(&base),
    };
    let language = found
        .filter(|found| *found != base)
        .map(str::to_owned)
        .or_else(|| Some(declared.clone()).filter(|declared| !declared.is_empty()))
        .or_else(|| most.map(|(language, _)| (*language).to_owned()))
        .unwrap_or_else(|| "en".to_owned());
    if base_of(&language) == "zh" {
        written_in(&all_words(), &declared).to_owned()
    } else {
        language
    }
}

/// The language of a tag without its letters.
fn base_of(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

/// Chinese in the letters of Taiwan and Hong Kong; `zh` alone is in those of the mainland.
const TRADITIONAL: &str = "zh-Hant";

/// Frequent letters that are written in two ways: in the older one, in the simplified one.
const WRITTEN_IN_TWO_WAYS: [(char, char); 32] = [
    ('們', '们'),
    ('個', '个'),
    ('國', '国'),
    ('會', '会'),
    ('這', '这'),
    ('來', '来'),
    ('時', '时'),
    ('對', '对'),
    ('說', '说'),
    ('學', '学'),
    ('為', '为'),
    ('與', '与'),
    ('發', '发'),
    ('後', '后'),
    ('經', '经'),
    ('過', '过'),
    ('開', '开'),
    ('關', '关'),
    ('東', '东'),
    ('車', '车'),
    ('長', '长'),
    ('門', '门'),
    ('問', '问'),
    ('間', '间'),
    ('頭', '头'),
    ('點', '点'),
    ('議', '议'),
    ('員', '员'),
    ('區', '区'),
    ('橋', '桥'),
    ('將', '将'),
    ('聯', '联'),
];

/// In which letters a Chinese text is written. Sites declare them more rarely than the language, and
/// some wrongly: the text's own decide, and what is `declared` where it has none that would tell.
fn written_in(text: &str, declared: &str) -> &'static str {
    let (mut traditional, mut simplified) = (0_usize, 0_usize);
    for letter in text.chars().take(20_000) {
        for (older, newer) in WRITTEN_IN_TWO_WAYS {
            traditional += usize::from(letter == older);
            simplified += usize::from(letter == newer);
        }
    }
    let is_traditional = match traditional.cmp(&simplified) {
        Ordering::Equal => declared == TRADITIONAL,
        more => more == Ordering::Greater,
    };
    if is_traditional { TRADITIONAL } else { "zh" }
}

/// The languages that are told apart, each with its tag. Of those in Latin letters only the ones that
/// offices and their neighbours write in: the fewer they are, the surer is the answer for a short text.
const LANGUAGES: &[(Lang, &str)] = &[
    (Lang::Eng, "en"),
    (Lang::Spa, "es"),
    (Lang::Vie, "vi"),
    (Lang::Tgl, "tl"),
    (Lang::Fra, "fr"),
    (Lang::Por, "pt"),
    (Lang::Deu, "de"),
    (Lang::Ita, "it"),
    (Lang::Nld, "nl"),
    (Lang::Pol, "pl"),
    (Lang::Kor, "ko"),
    (Lang::Cmn, "zh"),
    (Lang::Jpn, "ja"),
    (Lang::Ara, "ar"),
    (Lang::Pes, "fa"),
    (Lang::Urd, "ur"),
    (Lang::Heb, "he"),
    (Lang::Yid, "yi"),
    (Lang::Rus, "ru"),
    (Lang::Ukr, "uk"),
    (Lang::Bul, "bg"),
    (Lang::Srp, "sr"),
    (Lang::Mkd, "mk"),
    (Lang::Bel, "be"),
    (Lang::Hin, "hi"),
    (Lang::Nep, "ne"),
    (Lang::Mar, "mr"),
    (Lang::Ben, "bn"),
    (Lang::Pan, "pa"),
    (Lang::Guj, "gu"),
    (Lang::Tam, "ta"),
    (Lang::Tel, "te"),
    (Lang::Kan, "kn"),
    (Lang::Mal, "ml"),
    (Lang::Sin, "si"),
    (Lang::Tha, "th"),
    (Lang::Khm, "km"),
    (Lang::Mya, "my"),
    (Lang::Hye, "hy"),
    (Lang::Kat, "ka"),
    (Lang::Ell, "el"),
    (Lang::Amh, "am"),
];

/// Languages that share a script: where declared, they are believed.
const SHARED: &[(Script, &[&str])] = &[
    (Script::Arabic, &["ar", "fa", "ur", "ps", "ckb", "sd", "ug"]),
    (Script::Cyrillic, &["ru", "uk", "bg", "sr", "mk", "be"]),
    (Script::Hebrew, &["he", "yi"]),
    (Script::Devanagari, &["hi", "ne", "mr"]),
    (Script::Ethiopic, &["am", "ti"]),
    (Script::Mandarin, &["zh", "ja", "yue"]),
];

/// Of fewer words in Latin letters nothing is said, nor of fewer that are no names.
const FEWEST_WORDS: usize = 8;
const FEWEST_PLAIN_WORDS: usize = 6;

/// More words than this make nobody surer.
const MOST_WORDS: usize = 800;

/// Words that only one of the languages in Latin letters has, of those that releases are written in most:
/// where they are this frequent, the text is not compared with all languages.
const OWN_WORDS: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "the", "and", "with", "that", "from", "this", "their", "would", "which", "are",
        ],
    ),
    (
        "es",
        &["los", "las", "el", "y", "más", "sus", "también", "según"],
    ),
];

/// Of a hundred words.
const FEWEST_OWN_WORDS: usize = 8;

/// What a text's words say of its language, if it is told by them at all.
fn by_words(text: &str, script: Script) -> Option<&'static str> {
    let detector =
        || Detector::with_allowlist(LANGUAGES.iter().map(|(language, _)| *language).collect());
    let info = if script == Script::Latin {
        let words = |text: &str| text.split_whitespace().take(MOST_WORDS).count();
        let plain = without_names(text);
        if words(text) < FEWEST_WORDS || words(&plain) < FEWEST_PLAIN_WORDS {
            return None;
        }
        if let Some(language) = by_own_words(&plain) {
            return Some(language);
        }
        detector().detect(&plain).filter(Info::is_reliable)
    } else {
        detector().detect(text)
    }?;
    LANGUAGES
        .iter()
        .find(|(language, _)| *language == info.lang())
        .map(|(_, tag)| *tag)
}

/// The language that a text speaks, where nothing declares one: `None` where it says too little.
pub(super) fn spoken_by(text: &str) -> Option<&'static str> {
    by_words(text, detect_script(text)?)
}

/// The one language whose own words are frequent.
fn by_own_words(plain: &str) -> Option<&'static str> {
    let mut found = [0_usize; OWN_WORDS.len()];
    let mut all = 0;
    for word in plain.split_whitespace() {
        all += 1;
        for (found, (_, own)) in found.iter_mut().zip(OWN_WORDS) {
            *found += usize::from(own.contains(&word));
        }
    }
    let frequent = |found: usize| found * 100 >= all * FEWEST_OWN_WORDS && found >= 2;
    let mut only = found.iter().zip(OWN_WORDS).filter(|(found, _)| **found > 0);
    match (only.next(), only.next()) {
        (Some((found, (language, _))), None) if frequent(*found) => Some(language),
        _ => None,
    }
}

/// The words that begin with no capital: names tell nothing of the language of the sentence that they
/// stand in. De La Cruz, Los Angeles. Where all is in capitals, nothing tells a name.
fn without_names(text: &str) -> String {
    if !text.chars().any(char::is_lowercase) {
        return text.to_lowercase();
    }
    let words = text.split_whitespace().take(MOST_WORDS);
    let plain: Vec<&str> = words
        .filter(|word| {
            let first = word.chars().find(|c| c.is_alphabetic());
            first.is_some_and(|first| !first.is_uppercase())
        })
        .collect();
    plain.join(" ")
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
            .filter(|nearer| is_another(nearer, &language))
            .unwrap_or(language),
        nearest("dir").or(direction),
    )
}

/// Whether an element of this language in one of the language `around` it changes it. `zh` inside of
/// `zh-Hant` leaves the letters as they are.
pub(super) fn is_another(own: &str, around: &str) -> bool {
    own != around && !(own == "zh" && around == TRADITIONAL)
}

/// The primary language of a BCP 47 tag, where it is one. Of Chinese also the letters, where they are
/// the traditional ones: `zh-TW` is `zh-Hant`, all other Chinese is `zh`.
pub(in crate::releases) fn primary(tag: &str) -> Option<String> {
    if reader_language(tag) == Some(TRADITIONAL) {
        return Some(TRADITIONAL.to_owned());
    }
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

    fn says(text: &str) -> Block {
        Block::Paragraph(vec![Inline::Text(text.to_owned())])
    }

    #[test]
    fn a_name_in_other_letters_leaves_a_sentence_in_its_language() {
        let around = "The mayor of the city met guests from abroad on Monday and spoke with them about \
            trade, schools and the harbor.";
        for sentence in [
            "Sheikh محمد بن راشد آل مكتوم attended.",
            "The association الجمعية العربية الأمريكية للصداقة والتعاون gave a prize.",
            "Statement of Ambassador 李 on the treaty: she thanked 王小明主席及各位理事 and the council.",
            "Press contact: 王小明 (Wang Xiaoming), 02-5555-1234",
        ] {
            let document = document(vec![says(around), says(sentence)], "en", None);
            assert_eq!(document.language, "en", "{sentence}");
            assert_eq!(document.blocks.len(), 2, "{sentence}");
            let is_set_apart = |block: &Block| matches!(block, Block::Passage(_));
            assert!(!document.blocks.iter().any(is_set_apart), "{sentence}");
        }
        // What is said in another language is set apart, also with names in Latin letters in it.
        for (sentence, language) in [
            (
                "قال رئيس البلدية إن الجسر سيفتح يوم الاثنين بعد أن انتهت شركة Acme Bridge من العمل.",
                "ar",
            ),
            (
                "市长表示，大桥将于周一重新开放，市民可以免费乘坐公共汽车，工程由 Acme Bridge 完成。",
                "zh",
            ),
            (
                "시장은 월요일에 다리가 다시 열린다고 말했다. 공사는 Acme Bridge 가 맡았다.",
                "ko",
            ),
        ] {
            let document = document(vec![says(around), says(sentence)], "en", None);
            let set_apart = document.blocks.iter().find_map(|block| match block {
                Block::Passage(passage) => Some(passage.language.as_str()),
                _ => None,
            });
            assert_eq!(set_apart, Some(language), "{sentence}");
        }
    }

    fn language_of(text: &str, declared: &str) -> String {
        of(&[says(text)], declared)
    }

    #[test]
    fn a_spanish_release_on_an_english_site_is_spanish() {
        let spanish = "La representante anunció hoy que los fondos para la reparación de los puentes del distrito llegarán en el verano, y que las obras empezarán en agosto.";
        let english = "The representative announced today that the funds for the repair of the bridges of the district will arrive in summer and that the work is to begin in August.";
        assert_eq!(language_of(spanish, "en-US"), "es");
        assert_eq!(language_of(english, "en-US"), "en");
        assert_eq!(language_of(english, ""), "en");
        assert_eq!(language_of(spanish, "es-MX"), "es");
        assert_eq!(language_of("", "\"><script>"), "en");
        assert_eq!(
            language_of("오늘 하원의원은 다리를 고치겠다고 발표했다", "en"),
            "ko"
        );
        assert_eq!(direction("ar", None), Direction::Rtl);
    }

    #[test]
    fn names_of_another_language_do_not_make_a_text_speak_it() {
        for english in [
            "Representatives Lou Correa, Salud Carbajal, Juan Vargas, Raul Ruiz, Nanette Barragan, Norma Torres, Linda Sanchez, Jimmy Gomez, Gil Cisneros, Luz Rivas and Robert Garcia signed the letter.",
            "Los Angeles, San Bernardino, Rancho Cucamonga, El Monte, La Puente, San Gabriel, West Covina, Santa Fe Springs, La Mirada, El Segundo, Palos Verdes",
            "Jose de la Cruz Martinez of Santa Ana, Maria del Carmen Garcia and Los Alamitos Mayor Juan Lopez met with the county of San Diego on Monday to discuss the bridge.",
        ] {
            assert_eq!(language_of(english, "en"), "en", "{english}");
            assert_ne!(
                Told::of(english.to_owned()).language,
                Some("es"),
                "{english}"
            );
        }
        // A language that is not told from others is believed where it is declared.
        let creole = "Depite a te anonse jodi a ke lajan pou repare pon yo nan distri a ap rive nan ete a, epi travay yo ap kòmanse nan mwa dawout.";
        assert_eq!(language_of(creole, "ht"), "ht");
        let french = "La députée a annoncé aujourd’hui que les fonds pour la réparation des ponts du district arriveront en été et que les travaux commenceront en août.";
        assert_eq!(
            (language_of(french, "fr"), language_of(french, "en")),
            ("fr".to_owned(), "fr".to_owned())
        );
    }

    #[test]
    fn a_bilingual_release_changes_its_language_where_its_text_does() {
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
    fn a_release_that_is_half_in_another_language_stays_in_the_declared_one() {
        let english = says(
            "The representative announced that the funds for the bridge are on their way to the county.",
        );
        let spanish = says(
            "La representante anunció que los fondos para el puente están en camino al condado, y que las obras empezarán en agosto.",
        );
        let both = [english.clone(), spanish.clone(), spanish.clone()];
        assert_eq!(of(&both, "en-US"), "en");
        assert_eq!(of(&both, "es"), "es");
        let nearly_all = [&[english][..], &vec![spanish; 6]].concat();
        assert_eq!(of(&nearly_all, "en-US"), "es");
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
            ("眾議員今天宣布了新的撥款", "en", "zh-Hant"),
            ("眾議員今天宣布了新的撥款", "zh", "zh-Hant"),
            ("众议员今天宣布了新的拨款", "zh-Hant", "zh"),
            // No letter of these tells: what is declared holds.
            ("市政府今天公布新公交路", "zh-TW", "zh-Hant"),
            ("市政府今天公布新公交路", "zh-Hant", "zh-Hant"),
            ("市政府今天公布新公交路", "zh_HK", "zh-Hant"),
            ("市政府今天公布新公交路", "zh-Hans-HK", "zh"),
            ("市政府今天公布新公交路", "zh-CN", "zh"),
            ("市政府今天公布新公交路", "zh", "zh"),
            ("Dân biểu hôm nay loan báo ngân khoản mới", "en", "vi"),
            ("نماینده امروز بودجه جدید را اعلام کرد", "en", "fa"),
            ("Сьогодні депутатка оголосила", "en", "uk"),
            // Of a script that holds one language for us, the declared other one is believed.
            ("ዛሬ ተወካይዋ አዲስ ገንዘብ አስታወቁ", "ti", "ti"),
        ] {
            assert_eq!(language_of(text, declared), language, "{text}");
        }
    }

    #[test]
    fn the_letters_of_a_chinese_page_are_those_that_it_declares_anywhere() {
        let text = "<p>市政府今天公布新公交路的方案，三月十日起，市民可以上市政府的主页看全部文件，也可以打热</p>";
        let read = |head: &str, attributes: &str| {
            let page = format!("<html {attributes}><head>{head}</head><body>{text}</body></html>");
            let own = url::Url::parse("https://city.example/zh/1").unwrap();
            let reading = crate::releases::reading::page(&page, Some(&own));
            (reading.document.language, reading.document.blocks.len())
        };
        let own = "<link rel=alternate hreflang=zh-Hant href=/zh/1><link rel=alternate hreflang=zh-Hans href=/cn/1>";
        let other = "<link rel=alternate hreflang=zh-Hant href=/tw/1>";
        for (head, attributes, language) in [
            ("", "lang=zh-TW", "zh-Hant"),
            ("", "lang=zh", "zh"),
            (own, "lang=zh", "zh-Hant"),
            (other, "lang=zh", "zh"),
            (
                "<meta property=og:locale content=zh_HK>",
                "lang=zh",
                "zh-Hant",
            ),
            (
                "<meta property=og:locale content=zh_TW>",
                "lang=zh-CN",
                "zh",
            ),
            (
                "<meta http-equiv=Content-Language content=zh-tw>",
                "",
                "zh-Hant",
            ),
        ] {
            assert_eq!(
                read(head, attributes),
                (language.to_owned(), 1),
                "{head} {attributes}"
            );
        }
    }
}
