//! Where the older items of a list stand.

use dom_query::Document as Page;
use url::Url;

use crate::releases::reading;

/// Where the older items stand that did not fit on the page.
pub(super) fn next_page(page: &Page, base: &Url, address: &Url) -> Option<Url> {
    let links = page.select("link[rel~=next][href], a[rel~=next][href], [class*=pag] a[href], [role=navigation] a[href]");
    let found = links.nodes().iter().find(|link| {
        let rel = link.attr_or("rel", "");
        let says = reading::line_of(link).to_lowercase();
        let named = link.attr_or("aria-label", "").to_lowercase();
        rel.split_ascii_whitespace().any(|word| word == "next")
            || [says.trim(), named.trim()]
                .iter()
                .any(|says| NEXT_PAGE.contains(says))
    })?;
    let next = base.join(found.attr_or("href", "").trim()).ok()?;
    let next = reading::secured(next, address);
    (matches!(next.scheme(), "http" | "https") && next != *address).then_some(next)
}

/// What links to the next part of a list say, in lower case.
const NEXT_PAGE: [&str; 32] = [
    "next",
    "next page",
    "next ›",
    "next »",
    "next >",
    "›",
    "»",
    "older",
    "older posts",
    "older entries",
    "« older entries",
    "load more",
    "siguiente",
    "página siguiente",
    "siguiente ›",
    "weiter",
    "nächste",
    "nächste seite",
    "suivant",
    "page suivante",
    "successiva",
    "pagina successiva",
    "avanti",
    "próxima",
    "próxima página",
    "seguinte",
    "volgende",
    "volgende pagina",
    "다음",
    "下一页",
    "下一頁",
    "trang sau",
];
