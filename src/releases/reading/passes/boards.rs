//! Boards that show an article in a table, as offices in Asia have them: rows with what is said about
//! it, each behind its label, and one cell with the text.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{content::STRONG, lines::one_line, phrases};

/// Labels of a table that is a board.
const FEWEST: usize = 3;

const ROWS: usize = 40;

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        if !node.has_name("table") || survey.layout.measure(node).good < STRONG {
            return;
        }
        let rows: Vec<NodeRef> = node
            .descendants_it()
            .filter(|below| below.has_name("tr"))
            .take(ROWS)
            .collect();
        let labels: Vec<NodeRef> = rows
            .iter()
            .flat_map(|row| row.children_it(false))
            .filter(is_label)
            .collect();
        if labels.len() < FEWEST {
            return;
        }
        for row in &rows {
            let begins = row
                .children_it(false)
                .find(NodeRef::is_element)
                .is_some_and(|first| is_label(&first));
            let measure = survey.layout.measure(row);
            if begins && measure.good < STRONG {
                survey.mark(row);
            }
        }
        for label in labels {
            survey.mark(&label);
        }
        let caption = node
            .children_it(false)
            .find(|child| child.has_name("caption"));
        if let Some(caption) = caption {
            survey.mark(&caption);
        }
    });
}

fn is_label(cell: &NodeRef) -> bool {
    (cell.has_name("th") || cell.has_name("td")) && phrases::is_board_label(&one_line(&cell.text()))
}
