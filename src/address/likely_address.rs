//! What was probably meant by an address that looks mistyped, and by what is none: for asking, never for
//! deciding.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Providers whose names are long enough that one wrong letter is a mistake.
const OFTEN_MISTYPED: [&str; 11] = [
    "bellsouth.net",
    "comcast.net",
    "gmail.com",
    "hotmail.com",
    "icloud.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "sbcglobal.net",
    "verizon.net",
    "yahoo.com",
];

/// Domains one letter away from one of those that are somebody's own.
const REAL_NEIGHBOURS: [&str; 11] = [
    "email.com",
    "gmail.net",
    "gmx.com",
    "hotmail.de",
    "hotmail.fr",
    "hotmail.it",
    "mail.com",
    "photonmail.com",
    "yahoo.ca",
    "yahoo.de",
    "ymail.com",
];

/// Ends of domains that do not exist, and what was meant.
const MISTYPED_ENDS: [(&str, &str); 10] = [
    (".com.com", ".com"),
    (".con", ".com"),
    (".cmo", ".com"),
    (".ocm", ".com"),
    (".comm", ".com"),
    (".vom", ".com"),
    (".xom", ".com"),
    (".nett", ".net"),
    (".ogr", ".org"),
    (".orgg", ".org"),
];

/// Names of providers under an end that is not theirs.
const UNDER_ANOTHER_END: [(&str, &str); 4] = [
    ("aol.co", "aol.com"),
    ("aol.net", "aol.com"),
    ("comcast.com", "comcast.net"),
    ("sbcglobal.com", "sbcglobal.net"),
];

fn mistyped(domain: &str) -> Option<String> {
    let moved = UNDER_ANOTHER_END.iter().find(|(wrong, _)| *wrong == domain);
    if let Some((_, right)) = moved {
        return Some((*right).to_owned());
    }
    let mended = MISTYPED_ENDS
        .iter()
        .find_map(|(wrong, right)| Some(format!("{}{right}", domain.strip_suffix(wrong)?)));
    let looked_at = mended.as_deref().unwrap_or(domain);
    if OFTEN_MISTYPED.contains(&looked_at) || REAL_NEIGHBOURS.contains(&looked_at) {
        return mended;
    }
    OFTEN_MISTYPED
        .iter()
        .find(|provider| one_slip_apart(looked_at, provider))
        .map(|provider| (*provider).to_owned())
        .or(mended)
}

/// Whether one letter too many, too few or wrong, or two in the wrong order, make one of the other.
fn one_slip_apart(typed: &str, meant: &str) -> bool {
    let (typed, meant) = (typed.as_bytes(), meant.as_bytes());
    let same = typed
        .iter()
        .zip(meant)
        .take_while(|(one, other)| one == other)
        .count();
    let (typed, meant) = (&typed[same..], &meant[same..]);
    let swapped = typed.len() > 1
        && meant.len() > 1
        && typed[..2] == [meant[1], meant[0]]
        && typed[2..] == meant[2..];
    let without_one = |text: &[u8]| text.get(1..).map(<[u8]>::to_vec);
    swapped
        || without_one(typed).is_some_and(|rest| rest == meant)
        || without_one(meant).is_some_and(|rest| rest == typed)
        || (typed.len() == meant.len() && without_one(typed) == without_one(meant))
}

/// Letters of other scripts that look like Latin ones, and these.
const LOOKALIKES: [(&str, &str); 2] = [
    // Cyrillic.
    (
        "асеһіјкорԛѕухԝԁАВСЕНІЈКМОРЅТХ",
        "acehijkopqsyxwdABCEHIJKMOPSTX",
    ),
    // Greek.
    ("αινορυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aivopuxABEZHIKMNOPTYX"),
];

/// The domain that was probably meant; `None`: this one.
pub fn domain(domain: &str) -> Option<String> {
    let is_international = domain.split('.').any(|label| label.starts_with("xn--"));
    let shown = is_international.then(|| idna::domain_to_unicode(domain).0);
    // A whole name in another script has other letters, too.
    let latin = shown
        .and_then(|shown| latin_letters(&shown))
        .filter(|latin| latin.is_ascii());
    let looked_at = latin.as_deref().unwrap_or(domain);
    mistyped(looked_at).or(latin)
}

/// The part before the @ that was probably meant at this domain; `None`: this one.
pub fn local(local: &str, domain: &str) -> Option<String> {
    if local.is_ascii() {
        return None;
    }
    let latin = latin_letters(local);
    let text = latin.as_deref().unwrap_or(local);
    // The large providers give out plain letters only.
    let plain: String = if OFTEN_MISTYPED.contains(&domain) {
        text.nfd().filter(|c| !is_combining_mark(*c)).collect()
    } else {
        text.to_owned()
    };
    Some(plain).filter(|plain| plain.is_ascii())
}

/// The text with Latin letters in place of those of other scripts that look like them; `None`: there are
/// none, or no Latin ones beside them.
fn latin_letters(text: &str) -> Option<String> {
    let latin = |c: char| {
        LOOKALIKES.iter().find_map(|(others, plain)| {
            let at = others.chars().position(|other| other == c)?;
            plain.chars().nth(at)
        })
    };
    let is_mixed =
        text.chars().any(|c| c.is_ascii_alphabetic()) && text.chars().any(|c| latin(c).is_some());
    is_mixed.then(|| text.chars().map(|c| latin(c).unwrap_or(c)).collect())
}

/// What is no address, written as one where it is clear which: the one address among other words, what stands
/// in brackets, a comma for a dot, the name of a provider without its end.
pub fn in_other_words(input: &str) -> Option<String> {
    let around: &[char] = &[
        '<', '>', '(', ')', '[', ']', '"', '\'', '`', ',', ';', ':', '.',
    ];
    let input = input.trim();
    let words = || input.split(|c: char| c.is_whitespace() || "<>\"".contains(c));
    let mut addresses = words().filter(|word| word.trim_matches(around).contains('@'));
    let (first, second) = (addresses.next(), addresses.next());
    if second.is_some() {
        let plain = |word: &str| word.trim_matches(around).to_lowercase();
        let once = first.map(plain);
        let mut others = words().map(plain).filter(|word| !word.is_empty());
        // The same twice, as browsers fill it in, is one.
        let is_one = others.all(|word| Some(&word) == once.as_ref());
        return first.filter(|_| is_one).and_then(in_other_words);
    }
    // `ana lopez@example.org`: whether Ana is a part of it nobody can tell, unless brackets do.
    let is_enclosed = first.is_some_and(|word| input.contains(&format!("<{word}>")));
    let has_letters = |word: &str| word.contains(char::is_alphanumeric);
    let is_whole = first.is_some_and(|word| !word.starts_with('@') && !word.ends_with('@'));
    if is_whole && !is_enclosed && words().filter(|word| has_letters(word)).count() > 1 {
        return None;
    }
    let parts = |word: &str| {
        let word = word.trim_matches(around);
        let (local, domain) = word.split_once('@')?;
        let ends = !local.is_empty() && !domain.trim_matches('@').is_empty();
        ends.then(|| (local.to_owned(), domain.trim_matches('@').to_owned()))
    };
    let (local, domain) = match first.and_then(parts) {
        Some(parts) => parts,
        // The @ stands apart from the rest, or is missing.
        None => match input.split_once('@') {
            Some((local, domain)) => {
                let apart = |text: &str| text.trim_matches(around).trim().to_owned();
                (apart(local), apart(domain))
            }
            None => without_at(input)?,
        },
    };
    let local = local
        .get(..7)
        .filter(|word| word.eq_ignore_ascii_case("mailto:"))
        .map_or(local.as_str(), |word| &local[word.len()..]);
    let dots = domain.replace([',', ' '], ".");
    let labels: Vec<&str> = dots.split('.').filter(|label| !label.is_empty()).collect();
    let domain = match labels.as_slice() {
        [name] => format!("{name}.{}", end_of_provider(name)?),
        labels => labels.join("."),
    };
    Some(format!("{local}@{domain}"))
}

/// `ana.gmail.com`, `ana gmail.com`: the name and the provider.
fn without_at(input: &str) -> Option<(String, String)> {
    let lower = input.to_ascii_lowercase();
    OFTEN_MISTYPED.iter().find_map(|provider| {
        let name = lower.strip_suffix(provider)?.strip_suffix(['.', ' '])?;
        let is_one = !name.is_empty() && !name.contains(char::is_whitespace);
        is_one.then(|| (input[..name.len()].to_owned(), (*provider).to_owned()))
    })
}

fn end_of_provider(name: &str) -> Option<&'static str> {
    OFTEN_MISTYPED.iter().find_map(|provider| {
        let (known, end) = provider.split_once('.')?;
        known.eq_ignore_ascii_case(name).then_some(end)
    })
}
