//! What word processors put on the clipboard, as the markup that they mean. Word writes lists as
//! paragraphs with the bullet typed in; Google Docs writes bold as a style and links through
//! itself.

use dom_query::{Document as Page, NodeRef};

use super::super::reading::{bounded, inner_markup, struck_blocks, word_lists};

/// The pasted markup with lists that are lists, bold that is bold, and links that lead where they
/// say.
pub(super) fn tidied(html: &str) -> String {
    // Word marks what old software must not read as `<![if …]>`; parsers take it for a comment.
    let page = Page::from(bounded(html));
    page.select("style, script, title, meta, link, xml")
        .remove();
    page.select(COMMENTS).remove();
    resolve_changes(&page);
    // Places within the writer's own file, such as Word's notes: a mail has none of them, and the words stay.
    for node in page.select("a[href^='#']").nodes() {
        node.rename("span");
    }
    for node in page.select("[style]").nodes() {
        emphasise(node);
        if node.is("span") && style_of(node).contains("display:block") {
            node.rename("div");
        }
    }
    word_lists::gather(&page);
    struck_blocks::spread(&page);
    // A picture that came with the clipboard or stands on the writer's disk has no address in a mail. As one
    // whose address could not be made whole it is named, not lost.
    for node in page.select("img").nodes() {
        let src = node.attr("src").unwrap_or_default();
        let src = src.trim_start().to_ascii_lowercase();
        if !src.starts_with("http:") && !src.starts_with("https:") {
            node.set_attr("src", "picture");
            // It parted the words around it.
            node.before_html(" ");
            node.after_html(" ");
        }
    }
    inner_markup(&page.body().unwrap_or_else(|| page.root()))
}

/// What Word's users write to each other in the margin, and the marks that lead there. It is for nobody else.
const COMMENTS: &str = "[style*='mso-element:comment'], .MsoCommentReference, .msocomtxt, .msocomanchor, \
     a[href^='#_msocom'], a[name^='_msoanchor'], [class*='msocomoff']";

/// Tracked changes as if they were accepted: what was deleted is gone, and what was inserted is text. Who struck
/// words for readers to see did so without a name and a date.
fn resolve_changes(page: &Page) {
    page.select("del[cite], del[datetime]").remove();
    for node in page.select("ins[cite], ins[datetime]").nodes() {
        node.rename("span");
    }
}

/// Its declarations, without blanks.
fn style_of(node: &NodeRef<'_>) -> String {
    let style = node.attr("style").unwrap_or_default();
    style.to_ascii_lowercase().replace(' ', "")
}

/// Google Docs wraps everything in a `<b>` that is not bold, and what is bold in a `<span>`.
fn emphasise(node: &NodeRef<'_>) {
    let style = style_of(node);
    let name = node.node_name().unwrap_or_default().to_string();
    match name.as_str() {
        "b" | "strong"
            if style.contains("font-weight:normal") || style.contains("font-weight:400") =>
        {
            node.rename("span");
        }
        "span" => {
            let bold = [
                "font-weight:bold",
                "font-weight:600",
                "font-weight:700",
                "font-weight:800",
                "font-weight:900",
            ];
            if bold.iter().any(|weight| style.contains(weight)) {
                node.rename("strong");
            } else if style.contains("font-style:italic") {
                node.rename("em");
            }
        }
        _ => {}
    }
}
