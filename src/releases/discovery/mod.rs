//! Link and feed discovery: from whatever address staff give to the feed, interface, sitemap or page
//! that lists the releases; and whether anything stands at an address at all.

pub(super) mod feed_links;
pub(super) mod link_probe;
pub(super) mod source_discovery;
