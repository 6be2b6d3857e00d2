//! Whether what stands at a release's address is another page: the home page, where a site leads whatever it
//! has taken back, or another release, where an address was given away again. Its text would go out under a
//! headline that it does not belong to.

use url::Url;

use super::{identity, reading::Reading};

/// Of a headline's words, so many stand on its page; also where the page has put it in other words.
const ON_PAGE: f32 = 0.5;

/// The same for the page's own headline, where the site leads to another address than was asked for.
const IN_HEADLINE: f32 = 0.75;

/// Letters of a word that tells headlines apart.
const TELLING_LETTERS: usize = 4;

/// Fewer telling words tell nothing, and all of them count.
const FEWEST_TELLING: usize = 3;

/// What the page is called that stands at `asked` in the place of the release with this headline; `None`: it is
/// the release's own. `answered` is where the site has led.
pub(super) fn other_page(
    headline: &str,
    (asked, answered): (&Url, &Url),
    page: &Reading,
) -> Option<String> {
    let cut = headline.trim_end_matches("...").trim_end_matches('…');
    let headline = identity::title_key(cut);
    let pieces = pieces(&headline);
    if pieces.is_empty() {
        return None;
    }
    let called = page.title.as_deref().or(page.suggested_title.as_deref());
    let called = called.unwrap_or_default();
    let own = identity::title_key(called);
    if !own.is_empty() && (own.contains(headline.trim()) || headline.contains(own.trim())) {
        return None;
    }
    let is_led_away = leads_elsewhere(asked, answered)
        && (answered.path() == "/" || share(&pieces, &own) < IN_HEADLINE);
    let on_page = || {
        let words = super::reading::words(&page.document);
        format!("{own} {}", identity::title_key(&words))
    };
    (is_led_away || share(&pieces, &on_page()) < ON_PAGE).then(|| called.to_owned())
}

/// Whether the site has led to another of its pages. Another host is a counter of clicks, or its new name.
fn leads_elsewhere(asked: &Url, answered: &Url) -> bool {
    let host = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    let path = |url: &Url| url.path().trim_end_matches('/').to_lowercase();
    host(asked) == host(answered) && path(asked) != path(answered)
}

/// What of a headline can be looked for: its words; where a language writes none apart, each two signs.
fn pieces(headline: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in headline.split_whitespace() {
        let signs: Vec<char> = word.chars().collect();
        if signs.iter().any(|sign| is_unspaced(*sign)) {
            all.extend(signs.windows(2).map(|pair| pair.iter().collect()));
        } else {
            all.push(word.to_owned());
        }
    }
    let is_telling = |piece: &&String| {
        let letters = piece.chars().count();
        letters >= TELLING_LETTERS
            || piece
                .chars()
                .any(|sign| sign.is_ascii_digit() || is_unspaced(sign))
    };
    let telling: Vec<String> = all.iter().filter(is_telling).cloned().collect();
    if telling.len() >= FEWEST_TELLING {
        telling
    } else {
        all
    }
}

/// Of Chinese, Japanese and Korean writing.
fn is_unspaced(sign: char) -> bool {
    matches!(sign, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// How much of the pieces stands in the text.
fn share(pieces: &[String], text: &str) -> f32 {
    let found = pieces.iter().filter(|piece| text.contains(piece.as_str()));
    found.count() as f32 / pieces.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::reading;

    fn read(title: &str, text: &str) -> Reading {
        let page = format!(
            "<html><head><title>{title}</title></head><body><main><article><h1>{title}</h1><p>{text}</p></article></main></body></html>"
        );
        reading::bytes(page.as_bytes(), "text/html", None)
    }

    fn is_other(headline: &str, answered: &str, page: &Reading) -> bool {
        let asked = Url::parse("https://doe.example/news/11").unwrap();
        let answered = Url::parse(answered).unwrap();
        other_page(headline, (&asked, &answered), page).is_some()
    }

    const SAME: &str = "https://doe.example/news/11";

    #[test]
    fn a_home_page_and_another_release_are_other_pages() {
        let home = read(
            "Office of Rep. Doe",
            "Welcome to the website of Representative Jane Doe. She has served the fifth district since 2015.",
        );
        let other = read(
            "Doe announces school program 2",
            "Representative Doe announces a program for the schools of the county.",
        );
        let headline = "Doe announces parks program 11";
        for (answered, page) in [
            ("https://doe.example/", &home),
            ("https://doe.example/home", &home),
            (SAME, &home),
            ("https://doe.example/news/2", &other),
        ] {
            assert!(is_other(headline, answered, page), "{answered}");
        }
        let korean = read(
            "홍길동 의원실",
            "지역 주민 여러분을 환영합니다. 국회에서 일하고 있습니다.",
        );
        assert!(is_other("공원 예산 확대 발표", SAME, &korean));
    }

    #[test]
    fn a_release_is_its_own_page_however_the_list_calls_it() {
        let page = read(
            "Doe Announces $2 Million for Parks in Milltown",
            "MILLTOWN – Representative Jane Doe announced on Monday that two million dollars go to the parks.",
        );
        for headline in [
            "Doe Announces $2 Million for Parks in Milltown",
            "DOE ANNOUNCES $2 MILLION FOR PARKS",
            "Doe Announces $2 Million…",
            "Doe announced two million dollars for Milltown's parks",
            "Press Release: Doe Announces $2 Million for Parks in Milltown",
            "",
        ] {
            for answered in [
                SAME,
                "https://www.doe.example/news/11/",
                "https://click.example/x",
            ] {
                assert!(
                    !is_other(headline, answered, &page),
                    "{headline} {answered}"
                );
            }
        }
        // Its address was changed, and its headline kept.
        let moved = "https://doe.example/2026/parks";
        assert!(!is_other(
            "Doe Announces $2 Million for Parks",
            moved,
            &page
        ));
        let chinese = read(
            "行政院會通過長照3.0計畫",
            "行政院會今天通過長照3.0計畫，明年上路。",
        );
        assert!(!is_other("長照3.0計畫 明年上路", SAME, &chinese));
    }
}
