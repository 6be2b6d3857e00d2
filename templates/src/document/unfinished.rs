//! Texts that are no finished release, by their headline or by all that they say: drafts that are called so, samples
//! that a site's system comes with, tests, pages of errors, and words in the place of a text.

use super::{Document, words};

/// What says so; none: it looks finished. A release about a draft or a test is one.
pub(super) fn said(title: &str, document: &Document) -> Option<String> {
    let first_line = document
        .blocks
        .iter()
        .flat_map(super::Block::runs)
        .next()
        .map(super::outline::plain)
        .unwrap_or_default();
    let key = key(title);
    let is_called_so = WHOLE_TITLES.contains(&key.as_str()) || is_marked_draft(title);
    if is_called_so {
        return Some(shown(title));
    }
    if is_marked_draft(&first_line) {
        return Some(shown(&first_line));
    }
    let says = self::key(&words::of_document(document).join(" "));
    stands_for_text(&says).then(|| shown(&first_line))
}

fn shown(line: &str) -> String {
    crate::shortened::shortened(line.trim(), 100)
}

/// Headlines of nothing else.
const WHOLE_TITLES: &[&str] = &[
    "auto draft",
    "no title",
    "untitled",
    "untitled document",
    "new page",
    "sample page",
    "hello world",
    "test",
    "test test",
    "test page",
    "test post",
    "test release",
    "test news",
    "test press release",
    "press release test",
    "this is a test",
    "testing",
    "testing 123",
    "lorem ipsum",
    "prueba",
    "esto es una prueba",
    "página de ejemplo",
    "hola mundo",
    "hallo welt",
    "beispiel seite",
    "beispielseite",
    "essai",
    "page d exemple",
    "bonjour tout le monde",
    "prova",
    "pagina di esempio",
    "teste",
    "página de exemplo",
    "voorbeeldpagina",
    "테스트",
    "测试",
    "測試",
    "thử nghiệm",
    "page not found",
    "404",
    "error 404",
    "404 not found",
    "404 error",
    "not found",
    "access denied",
    "forbidden",
    "403 forbidden",
    "error 403",
    "internal server error",
    "error 500",
    "service unavailable",
    "bad gateway",
    "página no encontrada",
    "acceso denegado",
    "seite nicht gefunden",
    "zugriff verweigert",
    "page introuvable",
    "page non trouvée",
    "accès refusé",
    "pagina non trovata",
    "accesso negato",
    "página não encontrada",
    "acesso negado",
    "pagina niet gevonden",
    "toegang geweigerd",
    "페이지를 찾을 수 없습니다",
    "页面不存在",
    "找不到頁面",
    "không tìm thấy trang",
];

/// All that stands where a text is to come.
const WHOLE_TEXTS: &[&str] = &[
    "tbd",
    "tba",
    "tbc",
    "test",
    "test test",
    "this is a test",
    "coming soon",
    "content coming soon",
    "text coming soon",
    "details coming soon",
    "more information coming soon",
    "more information to come",
    "more to come",
    "check back soon",
    "please check back soon",
    "please check back later",
    "próximamente",
    "contenido próximamente",
    "folgt",
    "text folgt",
    "inhalt folgt",
    "demnächst",
    "à venir",
    "contenu à venir",
    "prossimamente",
    "in arrivo",
    "em breve",
    "binnenkort",
    "binnenkort meer",
    "준비 중입니다",
    "敬请期待",
    "敬請期待",
    "sắp ra mắt",
];

/// How the texts begin that WordPress comes with.
const SAMPLES: &[&str] = &[
    "welcome to wordpress this is your first post",
    "this is an example page it s different from a blog post",
];

/// How a short text says that there is none any more, behind what it calls itself.
const WITHDRAWN: &[(&str, &str)] = &[
    ("release", "has been withdrawn"),
    ("release", "was withdrawn"),
    ("release", "has been retracted"),
    ("release", "has been removed"),
    ("statement", "has been withdrawn"),
    ("comunicado", "ha sido retirado"),
    ("mitteilung", "wurde zurückgezogen"),
    ("communiqué", "a été retiré"),
    ("comunicato", "è stato ritirato"),
    ("comunicado", "foi retirado"),
    ("persbericht", "is ingetrokken"),
    ("보도자료", "철회"),
    ("新闻稿", "撤回"),
    ("新聞稿", "撤回"),
    ("thông cáo", "đã được thu hồi"),
];

fn stands_for_text(says: &str) -> bool {
    /// Words of the longest notice of that kind.
    const WORDS: usize = 30;
    let is_short = says.split(' ').take(WORDS + 1).count() <= WORDS;
    WHOLE_TEXTS.contains(&says)
        || SAMPLES.iter().any(|begins| says.starts_with(begins))
        || is_short
            && WITHDRAWN.iter().any(|(what, words)| {
                says.find(what)
                    .is_some_and(|at| says.get(at..).is_some_and(|rest| rest.contains(words)))
            })
}

/// `DRAFT: …`, `… [DRAFT]`, `… DRAFT – DO NOT PUBLISH`. `Draft Environmental Statement Released` is a release about one,
/// and in a line that is all in capitals only a sign tells.
fn is_marked_draft(line: &str) -> bool {
    /// Octets of a line that are looked at.
    const LONGEST: usize = 400;
    const DRAFTS: &[&str] = &[
        "DRAFT",
        "BORRADOR",
        "ENTWURF",
        "BROUILLON",
        "BOZZA",
        "RASCUNHO",
        "CONCEPT",
    ];
    const CALLS: &[&str] = &[
        "DO NOT PUBLISH",
        "DO NOT RELEASE",
        "DO NOT DISTRIBUTE",
        "DO NOT SEND",
    ];
    let line = line
        .get(..line.floor_char_boundary(LONGEST))
        .unwrap_or(line)
        .trim();
    let in_capitals = !line.chars().any(char::is_lowercase);
    if !in_capitals && CALLS.iter().any(|call| line.contains(call)) {
        return true;
    }
    let upper = line.to_uppercase();
    // Some letters are longer in capitals: then the places do not fit.
    let comparable = if upper.len() == line.len() {
        upper.as_str()
    } else {
        line
    };
    DRAFTS.iter().any(|draft| {
        comparable.match_indices(draft).take(8).any(|(at, _)| {
            let before = line.get(..at).unwrap_or_default().trim_end();
            let behind = line.get(at + draft.len()..).unwrap_or_default();
            let is_written = line.get(at..at + draft.len()) == Some(*draft);
            let next = behind.trim_start().chars().next();
            let is_word = !behind.starts_with(char::is_alphanumeric)
                && !line
                    .get(..at)
                    .unwrap_or_default()
                    .ends_with(char::is_alphanumeric);
            let in_brackets =
                before.ends_with(['[', '(', '【']) && matches!(next, Some(']' | ')' | '】'));
            let heads = before.is_empty() && next == Some(':');
            let heads_in_capitals = is_written
                && before.is_empty()
                && matches!(next, Some('-' | '–' | '—' | '|' | ':'));
            let ends = is_written
                && !in_capitals
                && !before.is_empty()
                && matches!(next, None | Some('-' | '–' | '—' | '|'));
            is_word && (in_brackets || heads || heads_in_capitals || ends)
        })
    })
}

/// The words in small letters with one space between them.
fn key(line: &str) -> String {
    let words = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::{Block, Direction, Inline};
    use super::*;

    fn of(title: &str, text: &str) -> Option<String> {
        let document = Document {
            language: "en".into(),
            direction: Direction::Ltr,
            blocks: vec![Block::Paragraph(vec![Inline::Text(text.into())])],
        };
        said(title, &document)
    }

    const TEXT: &str = "The county opens a bridge on Friday, and everybody may walk across it.";

    #[test]
    fn drafts_samples_tests_and_errors_are_told_from_releases_about_them() {
        for (title, text) in [
            ("DRAFT: Doe announces new rail program", TEXT),
            ("Doe announces rail program [DRAFT]", TEXT),
            ("Doe announces rail program (draft)", TEXT),
            ("Doe on snow DRAFT - DO NOT PUBLISH", TEXT),
            ("Doe on snow", "DRAFT: The office will say something."),
            ("Auto Draft", TEXT),
            ("Hello world!", "Welcome to WordPress."),
            (
                "News",
                "Welcome to WordPress. This is your first post. Edit or delete it.",
            ),
            ("Sample Page", TEXT),
            ("Test", TEXT),
            ("Test press release", TEXT),
            ("Page not found", "Sorry, the page could not be found."),
            ("Access Denied", TEXT),
            ("Seite nicht gefunden", TEXT),
            ("Doe on snow", "Content coming soon."),
            ("Doe on snow", "TBD"),
            ("Doe on snow", "This press release has been withdrawn."),
            ("Doe y la nieve", "Este comunicado ha sido retirado."),
        ] {
            assert!(of(title, text).is_some(), "{title}: {text}");
        }
        for title in [
            "Doe Tests New Sirens",
            "Test of Sirens on Friday",
            "Draft Environmental Statement Released for Comment",
            "DRAFT ENVIRONMENTAL STATEMENT RELEASED FOR COMMENT",
            "COUNTY RELEASES BUDGET DRAFT",
            "County drafts rules: what they say",
            "NBA Draft: Milltown’s Roe goes first to the Bears in the draft",
            "Access denied to 12 clinics, report finds",
        ] {
            assert_eq!(of(title, TEXT), None, "{title}");
        }
        assert_eq!(
            of(
                "Doe on snow",
                "The press release of Monday has been withdrawn by the mayor, who said on Tuesday that its numbers were wrong and that the county would give the right ones within two weeks, once they were counted."
            ),
            None
        );
    }
}
