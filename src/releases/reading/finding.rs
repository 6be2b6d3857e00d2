//! Finding the release in a page: measure it, ask where it says that its article is, run the passes,
//! and measure what they leave.

use dom_query::{NodeId, NodeRef};

use super::{article, content::Layout, passes};

impl Layout {
    /// Measures what stands below `root`, where all of it is the release's.
    pub fn of(root: &NodeRef<'_>) -> Self {
        let mut layout = Self::default();
        layout.measure_all(root);
        layout.declared_text = Some(root.id);
        passes::run(&mut layout, *root, Some(root.id));
        layout.measure_all(root);
        layout
    }

    /// Measures a whole page: finds where it says that its article is, lets the passes mark what is
    /// the site's, and measures what is left. `witness` is what the page says elsewhere that the
    /// words of the article are.
    pub(super) fn of_page(
        body: &NodeRef<'_>,
        headline: Option<NodeId>,
        witness: Option<&str>,
    ) -> Self {
        let mut layout = Self::with_headline(headline);
        layout.measure_all(body);
        let found = article::declared(&layout, body, witness);
        layout.declared = found.as_ref().map(|found| found.place.id);
        layout.declared_text = found
            .filter(|found| found.is_text)
            .map(|found| found.place.id);
        let declared = layout.declared;
        passes::run(&mut layout, *body, declared);
        layout.measure_all(body);
        layout
    }
}
