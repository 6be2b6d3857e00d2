//! Shortcodes: marks in brackets that a content system replaces when it shows a page. Feeds and pages
//! whose builder is gone show them as they are. The marks go and what stands between them stays;
//! what an office writes in brackets ("[H.R. 1234]") is none.

use std::{borrow::Cow, collections::HashSet};

/// The markup without its shortcodes. Those that hold words or addresses in their attributes become
/// the markup that they mean.
pub(super) fn replaced(html: &str) -> Cow<'_, str> {
    if !html.contains('[') {
        return Cow::Borrowed(html);
    }
    let closed = closing_names(html);
    let mut out = String::with_capacity(html.len());
    let mut open: Vec<(String, Open)> = Vec::new();
    for part in Parts(html) {
        match part {
            Part::Markup(markup) => {
                out.push_str(markup);
                // The words behind a picture in a caption are the caption.
                if let Some((_, Open::Caption(begun @ false))) = open.last_mut()
                    && markup.starts_with("<img")
                {
                    *begun = true;
                    out.push_str("<figcaption>");
                }
            }
            Part::Text(text) => in_text(text, &closed, &mut open, &mut out),
        }
    }
    Cow::Owned(out)
}

/// What an open shortcode has begun.
enum Open {
    Nothing,
    /// Text that only machines read: it goes.
    Dropped(usize),
    Link,
    /// A picture with its caption, and whether the picture has come.
    Caption(bool),
}

/// Names that content systems and their builders use, by how they begin.
const PREFIXES: &[&str] = &[
    "vc_",
    "wpb_",
    "et_pb_",
    "fusion_",
    "av_",
    "cs_",
    "x_",
    "su_",
    "mk_",
    "nectar_",
    "kc_",
    "fl_",
    "ux_",
    "bt_",
    "tm_",
    "mpc_",
    "ult_",
    "rev_",
    "sp_",
    "dt_",
    "thb_",
    "qode_",
    "eltdf_",
    "edgtf_",
    "siteorigin_",
    "elementor",
    "cmsmasters_",
    "themify_",
    "sc_",
    "wpforms",
    "contact-form",
    "gravityform",
    "ninja_form",
    "formidable",
    "smartslider",
    "layerslider",
    "metaslider",
];
const NAMES: &[&str] = &[
    "gallery",
    "playlist",
    "caption",
    "wp_caption",
    "embed",
    "audio",
    "video",
    "toc",
    "ez-toc",
    "addtoany",
    "sharethis",
    "ssba",
    "ngg",
    "nggallery",
    "soliloquy",
    "instagram-feed",
    "mc4wp_form",
    "jetpack_subscription_form",
    "jetpack-related-posts",
    "gview",
    "pdf-embedder",
    "tribe_events",
    "download",
    "printfriendly",
    "social_share",
    "googlemaps",
    "youtube",
    "vimeo",
];
const DEEPEST: usize = 200;
/// What stands in these is code, often in base 64.
const CODE: &[&str] = &[
    "vc_raw_html",
    "vc_raw_js",
    "et_pb_code",
    "fusion_code",
    "av_codeblock",
    "gallery",
];

fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn in_text(text: &str, closed: &HashSet<String>, open: &mut Vec<(String, Open)>, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some(code) = Code::read(from) else {
            out.push('[');
            rest = &from[1..];
            continue;
        };
        let paired = closed.contains(&code.name);
        let is_code = is_known(&code.name) || paired;
        if !is_code {
            out.push('[');
            rest = &from[1..];
            continue;
        }
        rest = &from[code.length..];
        if code.closes {
            close(&code.name, open, out);
        } else {
            begin(&code, paired, open, out);
        }
    }
    out.push_str(rest);
}

fn begin(code: &Code, paired: bool, open: &mut Vec<(String, Open)>, out: &mut String) {
    let attribute = |names: &[&str]| {
        code.attributes
            .iter()
            .find(|(name, value)| names.contains(&name.as_str()) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    };
    let says_button = ["button", "btn", "link"]
        .iter()
        .any(|word| code.name.contains(word));
    let address = attribute(&["button_url", "url", "link", "href"]).map(address);
    let address = address.filter(|address| address.starts_with("http") || address.starts_with('/'));
    let text = attribute(&["button_text", "text", "title", "heading"]);
    let name = code.name.as_str();
    let mut begun = Open::Nothing;
    if CODE.contains(&name) {
        begun = Open::Dropped(out.len());
    } else if matches!(name, "caption" | "wp_caption") {
        out.push_str("<figure>");
        begun = Open::Caption(false);
    } else if matches!(name, "audio" | "video") {
        if let Some(src) = attribute(&["src", "mp3", "mp4", "m4a", "m4v", "ogg", "webm"]) {
            let poster = attribute(&["poster"]).unwrap_or_default();
            out.extend([
                "<",
                name,
                " src=\"",
                &quoted(src),
                "\" poster=\"",
                &quoted(poster),
                "\"></",
                name,
                ">",
            ]);
        }
        begun = Open::Dropped(out.len());
    } else if says_button && let Some(address) = address {
        out.extend(["<p><a href=\"", &quoted(&address), "\">"]);
        // Builders keep the button's words in an attribute; simpler ones between the marks.
        if let Some(text) = text {
            out.extend([&quoted(text), "</a></p>"]);
        } else if paired {
            begun = Open::Link;
        } else {
            out.extend([&quoted(&address), "</a></p>"]);
        }
    } else if name.ends_with("heading")
        && let Some(text) = text
    {
        out.extend(["<h3>", &quoted(text), "</h3>"]);
    } else if name.ends_with("_image")
        && let Some(src) = attribute(&["src"])
    {
        let alt = attribute(&["alt"]).unwrap_or_default();
        out.extend([
            "<img src=\"",
            &quoted(src),
            "\" alt=\"",
            &quoted(alt),
            "\">",
        ]);
    }
    // A mark that nothing closes has begun nothing; deeper than that nobody builds.
    if paired && open.len() < DEEPEST {
        open.push((code.name.clone(), begun));
    }
}

fn close(name: &str, open: &mut Vec<(String, Open)>, out: &mut String) {
    // What was begun inside and is not closed ends here too.
    let Some(at) = open.iter().rposition(|(begun, _)| begun == name) else {
        return;
    };
    for (_, begun) in open.drain(at..).rev() {
        match begun {
            Open::Nothing => {}
            Open::Dropped(from) => out.truncate(from),
            Open::Link => out.push_str("</a></p>"),
            Open::Caption(true) => out.push_str("</figcaption></figure>"),
            Open::Caption(false) => out.push_str("</figure>"),
        }
    }
}

/// `url:https%3A%2F%2Fo.example%2F|title:…`, as one builder writes links.
fn address(value: &str) -> String {
    match value.strip_prefix("url:") {
        Some(coded) => {
            let coded = coded.split('|').next().unwrap_or_default();
            percent_encoding::percent_decode_str(coded)
                .decode_utf8_lossy()
                .into_owned()
        }
        None => value.to_owned(),
    }
}

/// An attribute's value: entities in it stay what they are.
fn quoted(text: &str) -> String {
    text.replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The names that something closes: `[/name]`.
fn closing_names(html: &str) -> HashSet<String> {
    let mut names = HashSet::new();
    for part in Parts(html) {
        let Part::Text(text) = part else { continue };
        for (at, _) in text.match_indices("[/") {
            if let Some(code) = text.get(at..).and_then(Code::read) {
                names.insert(code.name);
            }
        }
    }
    names
}

/// A shortcode as it is written.
struct Code {
    name: String,
    closes: bool,
    attributes: Vec<(String, String)>,
    /// In bytes, brackets and all.
    length: usize,
}

impl Code {
    /// The shortcode that `text` begins with.
    fn read(text: &str) -> Option<Self> {
        /// A builder's row has dozens of attributes; a paragraph in brackets is none.
        const LONGEST_BYTES: usize = 4_000;
        let inside = text.strip_prefix('[')?;
        let ends = inside
            .bytes()
            .take(LONGEST_BYTES)
            .position(|b| matches!(b, b']' | b'['))?;
        let inside = inside
            .get(..ends)
            .filter(|_| text.as_bytes().get(ends + 1) == Some(&b']'))?;
        let (closes, inside) = match inside.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, inside),
        };
        let inside = inside.trim_end_matches('/').trim_end();
        let length = inside
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(length);
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins || (closes && !attributes.is_empty()) {
            return None;
        }
        // `[the bridge]` is a name with words behind it, `[url=…]` and `[row id="5"]` are none.
        let attributes = attributes_of(attributes)?;
        Some(Self {
            name: name.to_owned(),
            closes,
            attributes,
            length: ends + 2,
        })
    }
}

/// The attributes, whose quotation marks the system may have turned into typographic ones; none where
/// there is something else.
fn attributes_of(text: &str) -> Option<Vec<(String, String)>> {
    const QUOTES: &[&str] = &[
        "&#8220;", "&#8221;", "&#8243;", "&#8216;", "&#8217;", "&#8242;", "&#187;", "&#171;",
        "&quot;", "&#34;", "&#034;", "&#39;", "&#039;", "&apos;", "“", "”", "″", "‘", "’", "′",
        "'",
    ];
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut text = text.to_owned();
    for quote in QUOTES {
        if text.contains(quote) {
            text = text.replace(quote, "\"");
        }
    }
    let mut attributes = Vec::new();
    let mut rest = text.trim();
    // `[url=https://…]`: the value of the mark itself.
    if let Some(value) = rest.strip_prefix('=') {
        return Some(vec![(
            "href".to_owned(),
            value.trim_matches('"').to_owned(),
        )]);
    }
    while !rest.is_empty() {
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let value = after.strip_prefix('=').filter(|_| !name.is_empty())?;
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => value.split_once(' ').unwrap_or((value, "")),
        };
        attributes.push((name.to_ascii_lowercase(), value.to_owned()));
        rest = after.trim_start();
    }
    Some(attributes)
}

/// Markup and text in turn. Scripts, styles and comments are markup to their end.
struct Parts<'h>(&'h str);

enum Part<'h> {
    Markup(&'h str),
    Text(&'h str),
}

impl<'h> Iterator for Parts<'h> {
    type Item = Part<'h>;

    fn next(&mut self) -> Option<Part<'h>> {
        let html = self.0;
        let first = html.chars().next()?;
        if first != '<' {
            let (text, rest) = html.split_at(html.find('<').unwrap_or(html.len()));
            self.0 = rest;
            return Some(Part::Text(text));
        }
        let begins = |name: &str| {
            html.get(1..=name.len())
                .is_some_and(|tag| tag.eq_ignore_ascii_case(name))
        };
        let end = if html.starts_with("<!--") {
            html.find("-->").map(|at| at + 3)
        } else if begins("script") {
            html.find("</script").or_else(|| html.find("</SCRIPT"))
        } else if begins("style") {
            html.find("</style").or_else(|| html.find("</STYLE"))
        } else {
            tag_end(html)
        };
        // A lone `<` is text.
        let is_tag = html.get(1..2).is_some_and(|next| {
            next.starts_with(|c: char| c.is_ascii_alphabetic() || "!/?".contains(c))
        });
        let (part, rest) = html.split_at(if is_tag { end.unwrap_or(html.len()) } else { 1 });
        self.0 = rest;
        Some(if is_tag {
            Part::Markup(part)
        } else {
            Part::Text(part)
        })
    }
}

/// Behind the `>` of a tag: one between quotation marks is none.
fn tag_end(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, b) in html.bytes().enumerate() {
        match (quote, b) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(open), b) if open == b => quote = None,
            _ => {}
        }
    }
    // A quotation mark that nothing closes.
    html.find('>').map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_builders_go_and_what_they_mean_stays() {
        for (html, says) in [
            (
                "[vc_row][vc_column width=&#8221;1/1&#8243;]<p>Text</p>[/vc_column][/vc_row]",
                "<p>Text</p>",
            ),
            (
                "<p>[et_pb_section fb_built=\"1\"][et_pb_text]Two years.[/et_pb_text][/et_pb_section]</p>",
                "<p>Two years.</p>",
            ),
            ("<p>[gallery ids=\"12,13\"]</p>", "<p></p>"),
            ("[contact-form-7 id=\"123\" title=\"Contact\"]", ""),
            ("[unheardof a=1]kept[/unheardof] [b]bold[/b]", "kept bold"),
            (
                "[caption id=\"a\" width=\"300\"]<img src=\"/p.png\"/> The bridge[/caption]",
                "<figure><img src=\"/p.png\"/><figcaption> The bridge</figcaption></figure>",
            ),
            ("[vc_raw_html]JTNDc2NyaXB0[/vc_raw_html]after", "after"),
            (
                "[button link=\"https://o.example/rsvp\"]RSVP[/button]",
                "<p><a href=\"https://o.example/rsvp\">RSVP</a></p>",
            ),
            (
                "[et_pb_button button_text=\"RSVP\" button_url=\"https://o.example/\"][/et_pb_button]",
                "<p><a href=\"https://o.example/\">RSVP</a></p>",
            ),
            (
                "[vc_btn title=”Join” link=”url:https%3A%2F%2Fo.example%2F|target:_blank”]",
                "<p><a href=\"https://o.example/\">Join</a></p>",
            ),
            (
                "[vc_custom_heading text=\"Background\"]",
                "<h3>Background</h3>",
            ),
            (
                "[video mp4=\"https://o.example/v.mp4\"][/video]",
                "<video src=\"https://o.example/v.mp4\" poster=\"\"></video>",
            ),
            ("[url=https://o.example/]the letter[/url]", "the letter"),
            // Words of the office.
            (
                "The bill [H.R. 1234] passed. “It [the bridge] is safe [sic].” [1] [emphasis added]",
                "The bill [H.R. 1234] passed. “It [the bridge] is safe [sic].” [1] [emphasis added]",
            ),
            ("[unknown id=\"5\"]", "[unknown id=\"5\"]"),
            ("a [b", "a [b"),
            // No text.
            (
                "<a title=\"[gallery]\">x</a><script>a[vc_row]</script><!-- [vc_row] -->",
                "<a title=\"[gallery]\">x</a><script>a[vc_row]</script><!-- [vc_row] -->",
            ),
            ("3 < 4 [gallery] <b>", "3 < 4  <b>"),
            // Closed in the wrong order, or never.
            ("[vc_row][vc_raw_js]x[/vc_row]y[/vc_raw_js]z", "yz"),
        ] {
            assert_eq!(replaced(html), says, "{html}");
        }
    }

    #[test]
    fn brackets_without_end_are_read_in_linear_time() {
        for hostile in [
            "[a ".repeat(20_000),
            "[/a]".repeat(20_000),
            "[vc_row a=\"".repeat(10_000),
            "<a \"".repeat(10_000),
            "[a]".repeat(10_000) + &"[/b]".repeat(10_000) + "[b][/a]",
        ] {
            let started = std::time::Instant::now();
            let _ = replaced(&hostile);
            assert!(
                started.elapsed() < std::time::Duration::from_secs(5),
                "{}",
                &hostile[..12]
            );
        }
    }
}
