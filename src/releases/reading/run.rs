//! A run of text with its markup, as a paragraph or a cell holds it.

use dom_query::NodeRef;
use gazette_templates::document::Inline;
use url::Url;

/// Deeper markup than this is read as its text alone: no release needs it, and a hostile page
/// would otherwise exhaust the stack.
pub(super) const DEEPEST: usize = 60;

/// Where links lead that do not say it themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Base(pub Option<Url>);

impl Base {
    /// The absolute address of a link, if it is one that a reader may follow (R4).
    pub(super) fn link(&self, href: &str) -> Option<Url> {
        let url = self.resolve(href)?;
        matches!(url.scheme(), "http" | "https" | "mailto" | "tel").then_some(url)
    }

    /// The absolute address of something to load.
    pub(super) fn file(&self, src: &str) -> Option<Url> {
        let url = self.resolve(src)?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    fn resolve(&self, reference: &str) -> Option<Url> {
        let reference = reference.trim();
        if reference.is_empty() {
            return None;
        }
        match &self.0 {
            Some(base) => base.join(reference).ok(),
            None => Url::parse(reference).ok(),
        }
    }
}

/// Reads the node and all it holds; white space is folded later, by [`tidy`].
pub(super) fn read(node: &NodeRef, base: &Base, depth: usize, out: &mut Vec<Inline>) {
    if node.is_text() {
        out.push(Inline::Text(node.text().to_string()));
        return;
    }
    let Some(name) = node.node_name() else { return };
    if depth > DEEPEST {
        out.push(Inline::Text(node.text().to_string()));
        return;
    }
    match name.as_ref() {
        "br" => out.push(Inline::LineBreak),
        // What is not text, or not for reading.
        "script" | "style" | "noscript" | "template" | "svg" | "math" | "form" | "button"
        | "input" | "select" | "textarea" | "object" | "img" | "iframe" | "video" | "audio" => {}
        "b" | "strong" => out.push(Inline::Strong(children(node, base, depth))),
        "i" | "em" | "cite" => out.push(Inline::Emphasis(children(node, base, depth))),
        "a" => {
            let label = children(node, base, depth);
            match node.attr("href").and_then(|href| base.link(&href)) {
                Some(href) => out.push(Inline::Link { href, label }),
                None => out.extend(label),
            }
        }
        "q" => {
            out.push(Inline::Text("“".to_owned()));
            out.extend(children(node, base, depth));
            out.push(Inline::Text("”".to_owned()));
        }
        _ => out.extend(children(node, base, depth)),
    }
}

fn children(node: &NodeRef, base: &Base, depth: usize) -> Vec<Inline> {
    let mut out = Vec::new();
    for child in node.children_it(false) {
        read(&child, base, depth + 1, &mut out);
    }
    out
}

/// The run with its white space folded and its ends trimmed, without what says nothing.
///
/// A no-break space is no white space here: the office set it on purpose.
pub(super) fn tidy(run: Vec<Inline>) -> Vec<Inline> {
    let mut folded = fold(run, &mut true);
    trim_end(&mut folded);
    let said = folded
        .iter()
        .any(|inline| !matches!(inline, Inline::LineBreak));
    if said && !text_of(&folded).trim().is_empty() {
        folded
    } else {
        Vec::new()
    }
}

fn fold(run: Vec<Inline>, after_space: &mut bool) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::with_capacity(run.len());
    for inline in run {
        match inline {
            Inline::Text(text) => {
                let mut folded = String::with_capacity(text.len());
                for c in text.chars() {
                    // Soft hyphens and zero-width marks are layout of the site's, not text.
                    if matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}') {
                        continue;
                    }
                    let space = c.is_ascii_whitespace() || c.is_control();
                    if !space {
                        folded.push(c);
                    } else if !*after_space {
                        folded.push(' ');
                    }
                    *after_space = space;
                }
                match out.last_mut() {
                    _ if folded.is_empty() => {}
                    Some(Inline::Text(before)) => before.push_str(&folded),
                    _ => out.push(Inline::Text(folded)),
                }
            }
            Inline::Strong(inner) => {
                keep(&mut out, fold(inner, after_space), Inline::Strong);
            }
            Inline::Emphasis(inner) => {
                keep(&mut out, fold(inner, after_space), Inline::Emphasis);
            }
            Inline::Link { href, label } => {
                keep(&mut out, fold(label, after_space), |label| Inline::Link {
                    href,
                    label,
                });
            }
            Inline::LineBreak => {
                trim_spaces(&mut out);
                if !out.is_empty() {
                    out.push(Inline::LineBreak);
                }
                *after_space = true;
            }
        }
    }
    out
}

/// Markup around nothing is dropped, but a space in it still parts two words.
fn keep(out: &mut Vec<Inline>, inner: Vec<Inline>, wrap: impl FnOnce(Vec<Inline>) -> Inline) {
    if inner.is_empty() {
        return;
    }
    if text_of(&inner).trim().is_empty() {
        out.extend(inner);
    } else {
        out.push(wrap(inner));
    }
}

fn trim_spaces(run: &mut Vec<Inline>) {
    if let Some(Inline::Text(text)) = run.last_mut() {
        text.truncate(text.trim_end_matches(' ').len());
        if text.is_empty() {
            run.pop();
        }
    }
}

fn trim_end(run: &mut Vec<Inline>) {
    loop {
        match run.last_mut() {
            Some(Inline::LineBreak) => {
                run.pop();
            }
            Some(Inline::Text(text)) => {
                text.truncate(text.trim_end().len());
                if !text.is_empty() {
                    return;
                }
                run.pop();
            }
            Some(
                Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { label: inner, .. },
            ) => {
                trim_end(inner);
                if !inner.is_empty() {
                    return;
                }
                run.pop();
            }
            None => return,
        }
    }
}

/// What the run says; a line break is a space.
pub(super) fn text_of(run: &[Inline]) -> String {
    let mut text = String::new();
    for inline in run {
        match inline {
            Inline::Text(part) => text.push_str(part),
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { label: inner, .. } => {
                text.push_str(&text_of(inner));
            }
            Inline::LineBreak => text.push(' '),
        }
    }
    text
}
