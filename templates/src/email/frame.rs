//! What stands around the text of every mail: the rule in the office's colour, the masthead, the
//! footer, and what the many kinds of mail software need so that all of it is seen.

use std::borrow::Cow;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{masthead_logo::Logo, words::FixedWords};
use crate::{
    Colour,
    document::{Direction, html as document_html, table_form::has_long_word},
    reader_language::reader_language,
};

/// Of what is less than the text.
pub(super) const SMALL: &str = "font-size:15px;line-height:1.45;color:#4a5560";

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:17px;line-height:1.55";

/// A mail without its words.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) language: &'a str,
    pub(super) direction: Direction,
    /// The fixed words of this language.
    pub(super) words: &'static FixedWords,
    pub(super) colour: Colour,
    /// What mailboxes show beside the subject.
    pub(super) preview: Option<&'a str>,
    pub(super) masthead: &'a Masthead<'a>,
    pub(super) content: &'a Markup,
    pub(super) footer: &'a Markup,
}

/// Whose mail it is.
pub(super) struct Masthead<'a> {
    pub(super) office: &'a str,
    /// Below the office's name.
    pub(super) below: Option<&'a str>,
    pub(super) logo: Option<Logo<'a>>,
    /// At the other side.
    pub(super) links: Vec<(&'static str, &'a str)>,
}

// Progressive only: a client that drops it shows the light colours below (E3). Windows Mail wants a
// space before `!important`.
fn style(colour: Colour) -> String {
    let link = colour.on_dark();
    let sheet = Colour::DARK_SHEET;
    format!(
        ":root{{color-scheme:light dark;supported-color-schemes:light dark}}\
         @media (max-width:480px){{.head{{font-size:26px !important}}}}\
         @media (prefers-color-scheme:dark){{\
         body,.page{{background-color:#101418 !important}}\
         .sheet{{background-color:{sheet} !important;color:#f1f3f5 !important}}\
         .muted{{color:#c4ccd4 !important}}\
         .note{{background-color:#2a323b !important}}\
         .line,.sheet th,.sheet td,.sheet h2{{border-color:#55606b !important}}\
         .rule,.bar{{border-color:{link} !important}}\
         .sheet a{{color:{link} !important}}\
         .sheet .go,.sheet .go a{{background-color:{link} !important;color:{sheet} !important}}}}\
         [data-ogsb] .page{{background-color:#101418 !important}}\
         [data-ogsb] .sheet{{background-color:{sheet} !important}}\
         [data-ogsb] .note{{background-color:#2a323b !important}}\
         [data-ogsc] .sheet{{color:#f1f3f5 !important}}\
         [data-ogsc] .muted{{color:#c4ccd4 !important}}\
         [data-ogsc] .sheet a{{color:{link} !important}}\
         [data-ogsb] .sheet .go,[data-ogsb] .sheet .go a{{background-color:{link} !important}}\
         [data-ogsc] .sheet .go a{{color:{sheet} !important}}"
    )
}

// Word, which Outlook for Windows renders with, knows no max-width, no padding but a cell's, and
// forgets the font in every table: one table of three rows, for its eyes only, holds the column (E2).
const GHOST_FONT: &str =
    "<!--[if mso]><style>td,th,p,li{font-family:Arial,sans-serif}</style><![endif]-->";
const GHOST_CONTENT: &str =
    "<!--[if mso]></td></tr><tr><td style=\"padding:24px 24px 8px\"><![endif]-->";
const GHOST_FOOTER: &str =
    "<!--[if mso]></td></tr><tr><td style=\"padding:20px 24px\"><![endif]-->";
const GHOST_END: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// Word gets the rule as a row of its own: an empty block has no height there.
fn head_rule(colour: Colour) -> String {
    format!(
        "<!--[if mso]><table role=\"presentation\" align=\"center\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\">\
         <tr><td height=\"6\" bgcolor=\"{colour}\" style=\"font-size:1px;line-height:6px\">&nbsp;</td></tr><tr><td style=\"padding:20px 24px 16px\"><![endif]-->\
         <!--[if !mso]><!--><div class=\"rule\" style=\"border-top:6px solid {colour}\"></div><!--<![endif]-->"
    )
}

/// The whole HTML part.
pub(super) fn page(frame: &Frame<'_>) -> Markup {
    let (language, direction) = (frame.language, frame.direction.as_str());
    html! {
        (DOCTYPE)
        html lang=(language) dir=(direction) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                // Dates and numbers in a release are no links of the office's.
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no";
                title { (frame.title) }
                style { (PreEscaped(style(frame.colour))) }
                (PreEscaped(GHOST_FONT))
            }
            "\n"
            body style="margin:0;padding:0;background-color:#eef1f4" {
                @if let Some(preview) = frame.preview {
                    (hidden(preview))
                }
                div class="page" lang=(language) dir=(direction) role="article" aria-roledescription="email"
                    aria-label=(frame.title) style=(format!("padding:16px 0;background-color:#eef1f4;{FONT}{}", breaks_of(language))) {
                    div class="sheet" style="max-width:600px;margin:0 auto;background-color:#ffffff;color:#1b1f24" {
                        (PreEscaped(head_rule(frame.colour)))
                        div style="padding:20px 24px 16px" { (masthead(frame)) }
                        "\n" (PreEscaped(GHOST_CONTENT))
                        div class="line" style="padding:24px 24px 8px;border-top:1px solid #d5dbe1" { (frame.content) }
                        "\n" (PreEscaped(GHOST_FOOTER))
                        div class="muted line" style=(format!("padding:20px 24px;border-top:1px solid #d5dbe1;{SMALL}")) { (frame.footer) }
                        (PreEscaped(GHOST_END))
                    }
                }
            }
        }
        "\n"
    }
}

/// Korean parts its words by spaces, and where nothing is said its lines end within them.
fn breaks_of(language: &str) -> &'static str {
    match reader_language(language) {
        Some("ko") => ";word-break:keep-all",
        _ => "",
    }
}

/// The preview line: mailboxes show the first words of a mail beside its subject, and without this
/// they would be the masthead's. Readers find the same words below.
fn hidden(preview: &str) -> Markup {
    html! {
        div aria-hidden="true" style="display:none;max-height:0;overflow:hidden;mso-hide:all" { (preview) }
        "\n"
    }
}

/// The words that [`hidden`] hides begin behind this.
pub(crate) const HIDDEN: &str = "display:none;max-height:0";

fn masthead(frame: &Frame<'_>) -> Markup {
    let (near, far) = match frame.direction {
        Direction::Ltr => ("left", "right"),
        Direction::Rtl => ("right", "left"),
    };
    let pad = |before: u32, after: u32| match frame.direction {
        Direction::Ltr => format!("padding:0 {after}px 0 {before}px"),
        Direction::Rtl => format!("padding:0 {before}px 0 {after}px"),
    };
    let own = (frame.words.direction != frame.direction.as_str()).then_some(frame.words.direction);
    let masthead = frame.masthead;
    // On a phone a long word in the name would push the link out of the window.
    let is_long = [masthead.office, masthead.below.unwrap_or_default()]
        .iter()
        .any(|says| has_long_word(says));
    let breaks = if is_long {
        ";word-break:break-word"
    } else {
        ""
    };
    let width = if is_long { ";width:88px" } else { "" };
    html! {
        table role="presentation" style="width:100%;border-collapse:collapse" {
            tr {
                @if let Some(logo) = masthead.logo {
                    @let (width, height) = logo.shown();
                    // White below it, whatever the sheet's colour is: a dark seal must not drown (E4).
                    td style=(format!("{};width:{width}px;vertical-align:middle", pad(0, 16))) {
                        img src=(logo.url) alt="" width=(width) height=(height)
                            style=(format!("display:block;border:0;background-color:#ffffff;border-radius:{}px", if logo.is_round() { height / 2 } else { 4 }));
                    }
                }
                td style=(format!("padding:0;vertical-align:middle;text-align:{near};font-size:19px;line-height:1.25;font-weight:bold;word-wrap:break-word{breaks}")) {
                    (in_its_way(masthead.office, frame.direction))
                    @if let Some(below) = masthead.below {
                        br;
                        span class="muted" style=(format!("{SMALL};font-weight:normal")) { (in_its_way(below, frame.direction)) }
                    }
                }
                @if !masthead.links.is_empty() {
                    td lang=(frame.words.language) dir=[own] style=(format!("{};vertical-align:middle;text-align:{far};font-size:15px;line-height:1.45{width}", pad(16, 0))) {
                        @for (at, (label, url)) in masthead.links.iter().enumerate() {
                            // Two that wrap stay two.
                            div style=(if at == 0 { "margin:0" } else { "margin:8px 0 0" }) {
                                a href=(url) style=(format!("color:{}", frame.colour)) { (label) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A link that is the next step.
pub(super) fn button(label: &str, url: &str, colour: Colour) -> Markup {
    document_html::button(&html! { (label) }, url, &colour.to_string())
}

/// `Office, 1 Main Street, Tustin`: one line of an address of several, within words that run this way.
pub(super) fn one_line_address(
    office: &str,
    postal_address: &str,
    words: &FixedWords,
    around: Direction,
) -> Markup {
    let address = on_one_line(postal_address);
    html! { (in_its_way(office, around)) (words.comma) (in_its_way(&address, around)) }
}

/// The same for a text part.
pub(super) fn one_line_address_text(
    office: &str,
    postal_address: &str,
    words: &FixedWords,
    around: Direction,
) -> String {
    let address = on_one_line(postal_address);
    let (office, address) = (isolated(office, around), isolated(&address, around));
    format!("{office}{}{address}", words.comma)
}

fn on_one_line(postal_address: &str) -> String {
    let lines = postal_address
        .lines()
        .map(|line| line.trim().trim_end_matches(','));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(", ")
}

/// Words of the office's own: in a mail that runs the other way they say which way they run, or a number
/// at their beginning and a full stop at their end would stand at the wrong one.
pub(super) fn in_its_way(says: &str, around: Direction) -> Markup {
    html! {
        @match other_way(says, around) {
            Some(way) => span dir=(way.as_str()) { (says) },
            None => (says),
        }
    }
}

/// The same for a text part, line by line: Unicode's isolates (UAX #9 §2.4).
pub(super) fn isolated(says: &str, around: Direction) -> Cow<'_, str> {
    let Some(way) = other_way(says, around) else {
        return Cow::Borrowed(says);
    };
    let begins = match way {
        Direction::Ltr => '\u{2066}',
        Direction::Rtl => '\u{2067}',
    };
    let lines: Vec<String> = says
        .lines()
        .map(|line| format!("{begins}{line}\u{2069}"))
        .collect();
    Cow::Owned(lines.join("\n"))
}

/// Which way words run, by their first letter, where that is not the way of what stands around them.
fn other_way(says: &str, around: Direction) -> Option<Direction> {
    let first = says.chars().find(|c| c.is_alphabetic())?;
    let right_to_left = matches!(
        first,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
    );
    let way = if right_to_left {
        Direction::Rtl
    } else {
        Direction::Ltr
    };
    (way != around).then_some(way)
}
