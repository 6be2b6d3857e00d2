//! Blocks that are struck out as a whole: `<p style="text-decoration:line-through">`, `<del><ul>…</ul></del>`. The reader
//! knows struck runs; here each line of such a block becomes one.

use std::collections::HashSet;

use dom_query::{Document as Page, NodeRef};

use super::{elements::is_block, markup::inner_markup};

/// Elements that are looked at, in all.
const MOST: usize = 100_000;

/// Strikes each line of what is struck as a block.
pub fn spread(page: &Page) {
    let mut seen = 0;
    let mut struck = HashSet::new();
    for node in page.select("[style*=line-through], del, s, strike").nodes() {
        let is_line = |node: &NodeRef| {
            is_a_block(node) && !node.children_it(false).any(|child| is_a_block(&child))
        };
        let says_so = node.attr("style").is_none_or(|style| {
            let style: String = style.to_lowercase().split_whitespace().collect();
            style.contains("text-decoration:line-through")
                || style.contains("text-decoration-line:line-through")
        });
        if !says_so || seen > MOST {
            continue;
        }
        let lines: Vec<NodeRef> = std::iter::once(*node)
            .chain(node.descendants_it())
            .inspect(|_| seen += 1)
            .take(MOST)
            .filter(|line| is_line(line))
            .collect();
        for line in lines {
            if struck.insert(line.id) && !line.text().trim().is_empty() {
                line.set_html(format!("<s>{}</s>", inner_markup(&line)));
            }
        }
    }
}

fn is_a_block(node: &NodeRef) -> bool {
    node.node_name().is_some_and(|name| is_block(&name))
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::text;

    use crate::releases::reading;

    #[test]
    fn what_is_struck_as_a_block_is_no_valid_fare() {
        let html = "<html><body><article><h1>Board raises <del>all</del> fares by $2<sup>1</sup></h1>\
            <p>The board met on Tuesday and raised the fare of the bus to two dollars for everybody.</p>\
            <p style=\"text-decoration: line-through\">The old fare was $5.</p>\
            <del><ul><li>Children pay $1.</li></ul></del>\
            <table><tr><th>Line</th><td style=\"TEXT-DECORATION:line-through\">$3</td></tr><tr><th>Bus</th><td>$4</td></tr></table>\
            <p>The new fare is $6.</p></article></body></html>";
        let reading = reading::page(html, None);
        assert_eq!(reading.title.as_deref(), Some("Board raises fares by $2¹"));
        let says = text::render(&reading.document);
        for struck in [
            "(struck: The old fare was $5.)",
            "(struck: Children pay $1.)",
            "(struck: $3)",
        ] {
            assert!(says.contains(struck), "{struck}: {says}");
        }
        assert!(says.contains("The new fare is $6."), "{says}");
    }

    #[test]
    fn a_page_of_nothing_but_struck_elements_is_read_quickly() {
        let html = format!("<article>{}<p>a", "<del><p>b".repeat(20_000));
        let started = std::time::Instant::now();
        drop(reading::page(&html, None));
        assert!(started.elapsed() < std::time::Duration::from_secs(30));
    }
}
