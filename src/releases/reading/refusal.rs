//! What is no release: files of another kind, and pages that say that there is nothing to read.

use dom_query::{Document as Page, NodeRef};
use gazette_templates::document::Block;
use serde::{Deserialize, Serialize};

use super::lines::{line, one_line, title_key};
use super::{block_words, dates::DateFound};

/// Why nothing may become a draft, with what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// `%PDF`.
    #[error(
        "it is a PDF; open it, copy its text into a .txt file or into a new release, and link to the PDF from there"
    )]
    Pdf,
    /// A word processor's own format.
    #[error(
        "it is a document of a word processor that cannot be read here; save it as .docx, as plain text (.txt) or as a web page (.html), and give that file with `gazette releases add`"
    )]
    WordProcessor,
    /// A spreadsheet or slides.
    #[error(
        "it is a spreadsheet or a presentation; copy its text into a .txt file or into a new release"
    )]
    Office,
    /// A picture, a sound or a film.
    #[error(
        "it is a picture, a sound or a film; write the release as text, and put the picture into it by its address"
    )]
    Media,
    /// Packed files.
    #[error("it is an archive of files; unpack it, and give the file with the text")]
    Archive,
    /// A mail as a mail program saves it.
    #[error(
        "it is a mail; open it, and copy its text into a .txt file or into a new release: what it quotes and whom it was sent to is nobody else's"
    )]
    Mail,
    /// Data for programs.
    #[error(
        "it is data for programs (JSON); give the page that people read, or add the address as a source with `gazette sources add`"
    )]
    Data,
    /// A feed or a sitemap.
    #[error(
        "it is a feed or a sitemap, not one release; add it as a source with `gazette sources add`"
    )]
    Feed,
    /// No text at all.
    #[error("it is no text; give a page, or a text file in UTF-8")]
    Binary,
    /// The site says that there is no such page.
    #[error(
        "the site says that there is no such page; look whether the address is right, and whether the page opens in a browser"
    )]
    NotFound,
    /// The site says that something went wrong, or that it is being worked on.
    #[error("the site answers with an error page; try again later")]
    SiteError,
    /// The text comes by script.
    #[error(
        "its text is not in the page, but loaded by JavaScript; give the feed of the site, or save the page's text as a .txt file"
    )]
    NeedsJavaScript,
    /// A service in front of the site wants to see a browser.
    #[error(
        "a service in front of the site checks for a browser before it shows the page; ask the site's webmaster to let our User-Agent through, or save the page's text as a .txt file"
    )]
    BotCheck,
    /// Only the question about cookies.
    #[error(
        "it shows a question about cookies in the place of the text; ask the site's webmaster for an address without it, or save the page's text as a .txt file"
    )]
    CookieWall,
    /// Only to those who are signed in.
    #[error(
        "it is shown only to those who sign in; give an address that everyone can read: your readers are sent there too"
    )]
    SignIn,
}

/// Content types, with what they are.
const CONTENT_TYPES: &[(&str, Refusal)] = &[
    ("application/pdf", Refusal::Pdf),
    ("application/msword", Refusal::WordProcessor),
    ("application/rtf", Refusal::WordProcessor),
    ("text/rtf", Refusal::WordProcessor),
    ("wordprocessingml", Refusal::WordProcessor),
    ("opendocument.text", Refusal::WordProcessor),
    ("spreadsheetml", Refusal::Office),
    ("presentationml", Refusal::Office),
    ("application/vnd.ms-", Refusal::Office),
    ("image/", Refusal::Media),
    ("audio/", Refusal::Media),
    ("video/", Refusal::Media),
    ("application/zip", Refusal::Archive),
    ("application/gzip", Refusal::Archive),
    ("application/json", Refusal::Data),
    ("application/ld+json", Refusal::Data),
    ("application/rss+xml", Refusal::Feed),
    ("application/atom+xml", Refusal::Feed),
];

/// How files of other kinds begin.
const BEGINNINGS: &[(&[u8], Refusal)] = &[
    (b"%PDF-", Refusal::Pdf),
    (b"{\\rtf", Refusal::WordProcessor),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal::WordProcessor),
    (b"PK\x03\x04", Refusal::Archive),
    (b"PK\x05\x06", Refusal::Archive),
    (b"\x1f\x8b", Refusal::Archive),
    (b"7z\xbc\xaf\x27\x1c", Refusal::Archive),
    (b"Rar!", Refusal::Archive),
    (b"\x89PNG", Refusal::Media),
    (b"\xff\xd8\xff", Refusal::Media),
    (b"GIF8", Refusal::Media),
    (b"II*\0", Refusal::Media),
    (b"MM\0*", Refusal::Media),
    (b"ID3", Refusal::Media),
    (b"OggS", Refusal::Media),
    (b"\x1aE\xdf\xa3", Refusal::Media),
    (b"<rss", Refusal::Feed),
    (b"<feed", Refusal::Feed),
    (b"<rdf:RDF", Refusal::Feed),
    (b"<urlset", Refusal::Feed),
    (b"<sitemapindex", Refusal::Feed),
];

/// What the bytes are, if they are no page and no text. `content_type` is what the server says.
#[must_use]
pub fn of_bytes(bytes: &[u8], content_type: &str) -> Option<Refusal> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = start.trim_ascii_start();
    if start.starts_with(b"PK\x03\x04") {
        return Some(of_archive(start));
    }
    // Some PDFs begin a few bytes late.
    let head = start.get(..1024).unwrap_or(start);
    if head.windows(5).any(|window| window == b"%PDF-") && !start.starts_with(b"<") {
        return Some(Refusal::Pdf);
    }
    if let Some((_, refusal)) = BEGINNINGS
        .iter()
        .find(|(beginning, _)| start.starts_with(beginning))
    {
        return Some(*refusal);
    }
    if matches!(start.get(4..8), Some(b"ftyp")) || (start.starts_with(b"RIFF") && start.len() > 12)
    {
        return Some(Refusal::Media);
    }
    if start.starts_with(b"<?xml") && !contains_ignoring_case(head, b"<html") {
        let is_feed = [
            &b"<rss"[..],
            b"<feed",
            b"<rdf:RDF",
            b"<urlset",
            b"<sitemapindex",
        ]
        .iter()
        .any(|root| contains_ignoring_case(head, root));
        if is_feed {
            return Some(Refusal::Feed);
        }
    }
    if matches!(start.first(), Some(b'{' | b'['))
        && serde_json::from_slice::<serde::de::IgnoredAny>(start.trim_ascii_end()).is_ok()
    {
        return Some(Refusal::Data);
    }
    if is_mail(start) {
        return Some(Refusal::Mail);
    }
    // Many servers say of a page that it is something else; of markup the bytes are believed.
    if !start.starts_with(b"<")
        && let Some((_, refusal)) = CONTENT_TYPES
            .iter()
            .find(|(kind, _)| content_type.contains(kind))
    {
        return Some(*refusal);
    }
    // UTF-16 has zeros too, and a mark in front of them.
    let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let zeros = head.split(|byte| *byte == 0).count() - 1;
    (!is_wide && zeros * 20 > head.len()).then_some(Refusal::Binary)
}

/// What a file is that its name says and its bytes do not: a table in plain text, a document that is none.
#[must_use]
pub(super) fn of_name(name: &str, bytes: &[u8]) -> Option<Refusal> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let is_packed = bytes.starts_with(b"PK\x03\x04");
    match ending.as_str() {
        "csv" | "tsv" => Some(Refusal::Office),
        "docx" | "doc" | "odt" | "pages"
            if !is_packed && !bytes.trim_ascii_start().starts_with(b"<") =>
        {
            Some(of_bytes(bytes, "").unwrap_or(Refusal::WordProcessor))
        }
        "eml" | "msg" | "mbox" => Some(Refusal::Mail),
        _ => None,
    }
}

/// Whether the text begins with the lines that every mail has on its way (RFC 5322). An office's own `From:` and
/// `Subject:` stand above its memos, too.
fn is_mail(start: &[u8]) -> bool {
    const LINES: usize = 60;
    const OF_MAIL: &[&str] = &[
        "received:",
        "return-path:",
        "message-id:",
        "mime-version:",
        "delivered-to:",
    ];
    let head = start.get(..8192.min(start.len())).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head
        .lines()
        .take(LINES)
        .take_while(|line| !line.trim().is_empty());
    let is_header = |line: &str| {
        line.starts_with([' ', '\t'])
            || line.split_once(':').is_some_and(|(name, _)| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            })
    };
    let mut found = false;
    let all = lines.all(|line| {
        let small = line.to_ascii_lowercase();
        found |= OF_MAIL.iter().any(|name| small.starts_with(name));
        // A file of several mails begins each with such a line.
        is_header(line) || small.starts_with("from ")
    });
    all && found
}

/// What a ZIP archive is by the names in it.
fn of_archive(bytes: &[u8]) -> Refusal {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let has = |name: &[u8]| contains_ignoring_case(head, name);
    if has(b"word/") || has(b"opendocument.text") {
        Refusal::WordProcessor
    } else if has(b"xl/") || has(b"ppt/") || has(b"opendocument.") {
        Refusal::Office
    } else {
        Refusal::Archive
    }
}

fn contains_ignoring_case(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes
        .windows(wanted.len())
        .any(|window| window.eq_ignore_ascii_case(wanted))
}

/// Phrases of pages that stand in for the one that was asked for, with what each says. A row is
/// compared with lines in lower case and without punctuation.
const PHRASES: &[(Refusal, &[&str])] = &[
    (
        Refusal::BotCheck,
        &[
            "just a moment",
            "checking your browser",
            "checking if the site connection is secure",
            "needs to review the security of your connection",
            "verify you are human",
            "verifying you are human",
            "verify that you are human",
            "are you a robot",
            "i m not a robot",
            "ddos protection by",
            "attention required",
            "pardon our interruption",
            "access to this page has been denied",
            "request unsuccessful incapsula",
            "checking your connection",
            "performing security verification",
            "security check",
            "please complete the captcha",
            "complete the security check",
            "unusual traffic",
            "verificando que es humano",
            "comprobando su navegador",
            "überprüfung ihres browsers",
            "vérification de votre navigateur",
            "verifica del browser",
            "verificando seu navegador",
            "보안 확인",
            "正在检查您的浏览器",
            "安全验证",
            "请完成安全验证",
            "xác minh bạn là con người",
        ],
    ),
    (
        Refusal::NeedsJavaScript,
        &[
            "enable javascript",
            "javascript is disabled",
            "javascript is required",
            "javascript to run this app",
            "requires javascript",
            "turn on javascript",
            "javascript enabled",
            "javascript must be enabled",
            "without javascript enabled",
            "your browser does not support javascript",
            "javascript ist deaktiviert",
            "javascript aktivieren",
            "aktivieren sie javascript",
            "bitte javascript",
            "active javascript",
            "activer javascript",
            "activez javascript",
            "javascript est désactivé",
            "habilite javascript",
            "activar javascript",
            "habilitar javascript",
            "javascript está desactivado",
            "habilite o javascript",
            "ative o javascript",
            "abilita javascript",
            "abilitare javascript",
            "attiva javascript",
            "schakel javascript in",
            "javascript in te schakelen",
            "javascript ingeschakeld",
            "자바스크립트를 활성화",
            "자바스크립트를 사용",
            "javascript를 활성화",
            "javascript를 사용",
            "启用javascript",
            "启用 javascript",
            "開啟javascript",
            "啟用javascript",
            "啟用 javascript",
            "bật javascript",
            "kích hoạt javascript",
            // What stands there until the script has run.
            "loading please wait",
            "please wait while",
            "page is loading",
            "browser may be out of date",
            "browser is out of date",
            "browser is not supported",
            "seite wird geladen",
            "inhalt wird geladen",
            "cargando la página",
            "chargement en cours",
            "caricamento in corso",
            "carregando a página",
            "pagina wordt geladen",
            "페이지를 불러오는 중",
            "正在加载",
            "加载中",
            "đang tải trang",
        ],
    ),
    (
        Refusal::NotFound,
        &[
            "page not found",
            "page cannot be found",
            "page can not be found",
            "page could not be found",
            "page can t be found",
            "404 not found",
            "error 404",
            "404 error",
            "not found",
            "no longer available",
            "page doesn t exist",
            "page does not exist",
            "nothing was found",
            "nothing found",
            "page you are looking for",
            "page you requested",
            "page you were looking for",
            "página no encontrada",
            "no se encontró la página",
            "no se ha encontrado",
            "seite nicht gefunden",
            "seite wurde nicht gefunden",
            "seite konnte nicht gefunden",
            "page introuvable",
            "page non trouvée",
            "page n existe pas",
            "page n existe plus",
            "pagina non trovata",
            "pagina inesistente",
            "página não encontrada",
            "pagina niet gevonden",
            "페이지를 찾을 수 없습니다",
            "페이지가 존재하지 않습니다",
            "요청하신 페이지",
            "页面不存在",
            "找不到页面",
            "页面未找到",
            "您访问的页面",
            "找不到頁面",
            "頁面不存在",
            "không tìm thấy trang",
            "trang không tồn tại",
        ],
    ),
    (
        Refusal::SiteError,
        &[
            "internal server error",
            "service unavailable",
            "bad gateway",
            "gateway timeout",
            "access denied",
            "403 forbidden",
            "forbidden",
            "error 403",
            "error 500",
            "error 503",
            "something went wrong",
            "an error occurred",
            "an unexpected error",
            "under maintenance",
            "scheduled maintenance",
            "temporarily unavailable",
            "we ll be back soon",
            "error establishing a database connection",
            "too many requests",
            "en mantenimiento",
            "wartungsarbeiten",
            "wartungsmodus",
            "en maintenance",
            "in manutenzione",
            "em manutenção",
            "onderhoud",
            "acceso denegado",
            "accès refusé",
            "zugriff verweigert",
            "accesso negato",
            "acesso negado",
            "toegang geweigerd",
            "접근이 거부",
            "系统维护",
            "访问被拒绝",
            "bảo trì",
        ],
    ),
    (
        Refusal::CookieWall,
        &[
            "we use cookies",
            "this site uses cookies",
            "this website uses cookies",
            "accept cookies",
            "cookie settings",
            "before you continue",
            "your privacy choices",
            "we value your privacy",
            "we and our partners",
            "utilizamos cookies",
            "usamos cookies",
            "wir verwenden cookies",
            "wir nutzen cookies",
            "diese website verwendet cookies",
            "nous utilisons des cookies",
            "ce site utilise des cookies",
            "utilizziamo i cookie",
            "questo sito utilizza",
            "wij gebruiken cookies",
            "deze website gebruikt cookies",
            "쿠키를 사용",
            "使用cookie",
            "sử dụng cookie",
        ],
    ),
    (
        Refusal::SignIn,
        &[
            "please log in",
            "please sign in",
            "log in to continue",
            "sign in to continue",
            "you must be logged in",
            "login required",
            "you need to log in",
            "inicie sesión para",
            "bitte melden sie sich an",
            "veuillez vous connecter",
            "effettua l accesso",
            "faça login para",
            "log in om",
            "로그인이 필요",
            "请先登录",
            "請先登入",
            "vui lòng đăng nhập",
        ],
    ),
];

/// The same as whole lines.
const WAITS: &[&str] = &[
    "loading",
    "please wait",
    "one moment please",
    "wird geladen",
    "bitte warten",
    "cargando",
    "chargement",
    "caricamento",
    "carregando",
    "laden",
    "로딩 중",
    "đang tải",
];

/// Letters from which on a page has more to say than that there is nothing.
const LONGEST_EXCUSE: usize = 900;

/// What the page says where it says little: its release's lines, and where there are hardly any, all
/// that it shows and what it calls itself.
pub(super) fn lines(page: &Page, blocks: &[Block]) -> Vec<String> {
    /// Letters of a text that is worth a mail.
    const SAYS_LITTLE: usize = 200;
    let own = block_words::all_words(blocks);
    let mut lines: Vec<String> = own.lines().map(str::to_owned).collect();
    if own.len() < SAYS_LITTLE {
        lines = page.body().map_or_else(Vec::new, |body| {
            body.descendants_it()
                .filter(|node| node.is_text() && !is_code(node))
                .map(|node| one_line(&node.text()).trim().to_owned())
                .filter(|text| !text.is_empty())
                .take(60)
                .collect()
        });
        lines.push(line(&page.select_single("head title").text()));
    }
    lines
}

fn is_code(text: &NodeRef) -> bool {
    text.parent()
        .is_some_and(|parent| parent.has_name("script") || parent.has_name("style"))
}

/// Whether the words only ask to wait for a script, or to let it run: no text of anything.
pub(super) fn waits_for_script(says: &str) -> bool {
    if says.chars().count() > LONGEST_EXCUSE / 3 {
        return false;
    }
    let key = title_key(says);
    key.is_empty()
        || WAITS.contains(&key.as_str())
        || PHRASES
            .iter()
            .filter(|(refusal, _)| *refusal == Refusal::NeedsJavaScript)
            .any(|(_, phrases)| has_phrase(&key, phrases))
}

fn has_phrase(key: &str, phrases: &[&str]) -> bool {
    let key = format!(" {key} ");
    phrases.iter().any(|phrase| {
        // Words of these scripts are not parted by spaces.
        if phrase.is_ascii() || phrase.chars().all(|c| c < '\u{2e80}') {
            key.contains(&format!(" {phrase} "))
        } else {
            key.contains(phrase)
        }
    })
}

/// What a page that was read is, if it only stands in for the one that was asked for. `title` is
/// what it calls itself, `lines` what it says; `dated` that it says when it was published.
pub(super) fn of_page(title: &str, lines: &[String], dated: Option<DateFound>) -> Option<Refusal> {
    let title = title_key(title);
    let keys: Vec<(String, usize)> = lines
        .iter()
        .map(|line| (title_key(line), line.chars().count()))
        .collect();
    let shown: usize = keys.iter().map(|(_, letters)| letters).sum();
    if shown > LONGEST_EXCUSE {
        return None;
    }
    let letters = |refusal: Refusal| -> usize {
        // What a page that waits for its script is called is said by its head, and is no text.
        let is_name = |key: &str| {
            refusal == Refusal::NeedsJavaScript && !title.is_empty() && key.starts_with(&title)
        };
        let counted = keys.iter().filter(|(key, _)| !is_name(key));
        counted.map(|(_, letters)| letters).sum()
    };
    PHRASES
        .iter()
        .find(|(refusal, phrases)| {
            let excuses: usize = keys
                .iter()
                .filter(|(key, _)| {
                    let waits = *refusal == Refusal::NeedsJavaScript && WAITS.contains(&&**key);
                    waits || has_phrase(key, phrases)
                })
                .map(|(_, letters)| letters)
                .sum();
            // A short headline that says it, on a page that says little else; a release that has a
            // date may be about such a thing.
            let titled = title.split(' ').count() <= 6
                && has_phrase(&title, phrases)
                && dated.is_none()
                && *refusal != Refusal::SiteError;
            let only_title = titled
                || (has_phrase(&title, phrases) && title.split(' ').count() <= 4 && shown < 400);
            only_title || (excuses > 0 && excuses * 2 >= letters(*refusal))
        })
        .map(|(refusal, _)| *refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_called_by_their_names() {
        for (bytes, content_type, wanted) in [
            (&b"%PDF-1.7\n%\xe2\xe3"[..], "text/html", Some(Refusal::Pdf)),
            (b"\r\n\r\n%PDF-1.4", "", Some(Refusal::Pdf)),
            (
                b"PK\x03\x04....word/document.xml",
                "",
                Some(Refusal::WordProcessor),
            ),
            (b"PK\x03\x04....xl/workbook.xml", "", Some(Refusal::Office)),
            (b"PK\x03\x04....a.txt", "", Some(Refusal::Archive)),
            (
                b"{\\rtf1\\ansi Text}",
                "text/plain",
                Some(Refusal::WordProcessor),
            ),
            (b"\x89PNG\r\n", "text/html", Some(Refusal::Media)),
            (b"....ftypisom", "", Some(Refusal::Media)),
            (
                b" {\"title\": \"Bridge\"} ",
                "text/html",
                Some(Refusal::Data),
            ),
            (b"[Bracketed words] begin this text.", "text/plain", None),
            (
                b"<?xml version='1.0'?><rss></rss>",
                "text/xml",
                Some(Refusal::Feed),
            ),
            (b"<?xml version='1.0'?><html></html>", "text/xml", None),
            (b"<!DOCTYPE html><p>%PDF-", "application/pdf", None),
            (b"words", "application/pdf", Some(Refusal::Pdf)),
            (b"a\0b\0\0\0", "", Some(Refusal::Binary)),
            (b"\xff\xfea\0b\0", "", None),
            (b"The council voted.", "text/plain", None),
            (b"", "", None),
        ] {
            assert_eq!(of_bytes(bytes, content_type), wanted, "{bytes:?}");
        }
    }

    #[test]
    fn mails_and_files_that_are_not_what_they_are_called_are_refused_by_name() {
        let mail = b"Return-Path: <a@b.example>\r\nReceived: from x by y;\r\n Mon, 4 May 2026\r\nSubject: News\r\n\r\nText";
        assert_eq!(of_bytes(mail, ""), Some(Refusal::Mail));
        let memo =
            b"From: Office of the Mayor\nTo: All press\nSubject: Bridge\n\nThe bridge opens.";
        assert_eq!(of_bytes(memo, ""), None);
        for (name, bytes, wanted) in [
            ("news.csv", &b"a;b\n1;2\n"[..], Some(Refusal::Office)),
            ("news.docx", b"just words", Some(Refusal::WordProcessor)),
            ("news.docx", b"%PDF-1.7", Some(Refusal::Pdf)),
            ("News.EML", b"Subject: News\n\nText", Some(Refusal::Mail)),
            ("news.txt", b"just words", None),
            ("news", b"just words", None),
        ] {
            assert_eq!(of_name(name, bytes), wanted, "{name}");
        }
    }

    #[test]
    fn a_page_that_stands_in_for_another_is_told_from_a_release_about_one() {
        let of = |title: &str, lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            of_page(title, &lines, None)
        };
        assert_eq!(
            of("Página no encontrada", &["Vuelva al inicio."]),
            Some(Refusal::NotFound)
        );
        assert_eq!(
            of(
                "News",
                &["Bitte aktivieren Sie JavaScript, um diese Seite zu sehen."]
            ),
            Some(Refusal::NeedsJavaScript)
        );
        assert_eq!(
            of("문서", &["요청하신 페이지를 찾을 수 없습니다"]),
            Some(Refusal::NotFound)
        );
        assert_eq!(
            of(
                "State warns of sites that say “we use cookies” and mean something else",
                &[
                    "The state warned on Monday of sites that ask for more than they need to know.",
                    "Many say “we use cookies” where they mean that they sell what they learn.",
                    "Whoever has been asked can write to the office, which looks into each case.",
                ]
            ),
            None
        );
        assert_eq!(
            of(
                "Library closed",
                &["The library is closed for maintenance of its roof until Friday."]
            ),
            None
        );
    }
}
