//! Where pages say when they were published, beside the places that the fixtures have.

use super::page;

/// A page with this in its head and behind its headline.
fn day(head: &str, behind_headline: &str) -> Option<String> {
    let html = format!(
        "<html lang=en-GB><head><title>Council opens the bridge over the river</title>{head}</head><body><main>\
         <h1>Council opens the bridge over the river</h1>{behind_headline}\
         <p>The county council opened the new bridge over the river to walkers, and it said that cars \
         must wait until the spring.</p><p>People came from both sides of the river and met in the \
         middle, where the mayor cut a ribbon of red cloth.</p></main></body></html>"
    );
    let found = page(&html, None).published?;
    Some(found.written.day().to_string())
}

#[test]
fn heads_name_the_day_in_many_ways() {
    for head in [
        "<meta property='article:published_time' content='2026-05-04T09:00:00Z'>",
        "<meta property='og:article:published_time' content='2026-05-04'>",
        "<meta property='OG:DatePublished' content='2026-05-04'>",
        "<Meta Name='DC.Issued' Content='2026-05-04'>",
        "<meta name='DC.date.created' content='2026-05-04'>",
        "<meta property='dc:created' content='2026-05-04'>",
        "<meta name='dcterms.date' content='4 May 2026'>",
        "<meta name='Publish_Date' content='04.05.2026'>",
        "<meta name='pubDate' content='2026-05-04 09:10'>",
        "<meta pubdate='pubDate' content='2026-05-04'>",
        "<meta itemprop='dateCreated' datetime='2026-05-04'>",
        "<meta http-equiv='date' content='2026-05-04'>",
        "<meta property='og:regDate' content='20260504030646'>",
        "<meta name='cXenseParse:recs:publishtime' content='2026-05-04T01:00:00Z'>",
        "<meta name='citation_online_date' content='2026/05/04'>",
        "<meta name='DisplayDate' content='2026-05-04'>",
        "<script type='application/ld+json'>{\"datePublished\":\"2026-05-04T08:37:00\"}</script>",
        "<link rel=canonical href='https://town.example/x'><meta property='og:url' content='https://town.example/2026/05/04/bridge/'>",
        // What was published goes before what was changed, in whichever order they stand.
        "<meta name='last-modified' content='2026-06-01'><meta name='date' content='2026-05-04'>",
        "<meta property='article:modified_time' content='2026-06-01'><meta property='article:published_time' content='2026-05-04'>",
        // And one that says less goes behind one that says more.
        "<meta name='date' content='2026-06-01'><meta property='article:published_time' content='2026-05-04'>",
        "<meta name='date' content='soon'><meta name='pubdate' content='2026-05-04'>",
    ] {
        assert_eq!(day(head, "").as_deref(), Some("2026-05-04"), "{head}");
    }
}

#[test]
fn when_it_was_changed_says_more_than_nothing() {
    for head in [
        "<meta name='last-modified' content='2026-05-04'>",
        "<meta http-equiv='last-modified' content='Mon, 04 May 2026 09:00:00 GMT'>",
        "<meta property='og:updated_time' content='2026-05-04'>",
        "<meta itemprop='dateModified' content='2026-05-04'>",
        "<script type='application/ld+json'>{\"@type\":\"Article\",\"headline\":\"x\",\"dateModified\":\"2026-05-04\"}</script>",
    ] {
        assert_eq!(day(head, "").as_deref(), Some("2026-05-04"), "{head}");
        // What the page shows by its headline is the day of publication.
        let shown = day(head, "<time datetime='2026-05-02'>2 May 2026</time>");
        assert_eq!(shown.as_deref(), Some("2026-05-02"), "{head}");
    }
    for head in [
        "",
        "<meta name='copyright' content='2026'>",
        "<meta name='viewport' content='width=20260504'>",
        "<meta name='build' content='20260504'>",
    ] {
        assert_eq!(day(head, ""), None, "{head}");
    }
}

#[test]
fn bodies_name_the_day_in_many_ways() {
    for line in [
        "<abbr class='published' title='2026-05-04'>yesterday</abbr>",
        "<abbr data-utime='1777885200' class='x'>two hours ago</abbr>",
        "<span class='date' data-date='2026-05-04'>Monday</span>",
        "<a class='ribbon date' title='4th May 2026' href='/2'>Monday</a>",
        "<p>Published on 2026-05-04T08:37:00 by the press office</p>",
        "<p>The page was published 2026-05-04 by someone</p>",
        "<p>Posted 2026-5-4 by someone</p>",
        "<p>Veröffentlicht am 4. Mai 2026 von der Pressestelle</p>",
        "<p>Publié le 4 mai 2026 par la mairie</p>",
        "<div>04/05/2026 ore 14.05</div>",
        "<div>ma 4 mei 2026, 14.05 uur</div>",
        "<div>2026-05-04 14:05:33　来源：日报</div>",
        "<p>For Release: 04/05/2026</p>",
        "<p><strong>MILLTOWN, Ohio (May 4, 2026)</strong> – The board opened the bridge on Sunday to all.</p>",
        "<p>Milltown, Ohio, May 4, 2026 /Wire/ -- The county board opened the bridge to all.</p>",
        "<p>Milltown (04.05.2026). The board opened the bridge on Sunday, and all may walk on it.</p>",
        "<div class=date><span>May</span><span>4</span><span>2026</span></div>",
        "<p>Posted by webmaster on 04/05/2026 at 2:05 PM</p>",
        "<div>Released: 4th May, 2026</div>",
        "<p>04.may.2026 / 14:05</p>",
        "<div>2026-05-04T14:05:00Z</div>",
        "<p>por Redação — publicado 04/05/2026 14h05, última modificação 13/05/2026 09h00</p>",
        "<p>Laatst bijgewerkt: 24 mei 2026 Gepubliceerd: 4 mei 2026 14.05</p>",
        "<p>Pressemitteilung Nr. 112 vom 04.05.2026</p>",
    ] {
        assert_eq!(day("", line).as_deref(), Some("2026-05-04"), "{line}");
    }
    for line in [
        "<p>The plan was published by the council in the spring of 2026.</p>",
        "<abbr class='published' title='soon'>x</abbr>",
        "<abbr data-utime='17778852'>x</abbr>",
        "<p>The board (which has met since May 4, 2026, in the old hall) opened the bridge.</p>",
        "<p>The bridge opens on May 4, 2026 -- all may come and walk on it, or ride.</p>",
    ] {
        assert_eq!(day("", line), None, "{line}");
    }
}

#[test]
fn what_stands_above_a_release_by_right_may_hold_the_day() {
    for above in [
        "<p><strong>FOR IMMEDIATE RELEASE</strong><br>May 4, 2026</p>",
        "<p><strong>FOR IMMEDIATE RELEASE<br>Contact: Jane Roe<br>202-555-0117<br>May 4, 2026</strong></p>",
        "<p>FOR IMMEDIATE RELEASE: May 4, 2026</p>",
        "<p>For Immediate Release – Monday, May 4, 2026</p>",
        "<h2>For immediate release (May 4, 2026)</h2>",
        "<p>Contact: Jane Roe</p><p>Media contact: John Doe, 202-555-0118</p><p>FOR RELEASE</p><p>Contact: A. Third, 202-555-0119</p><p>Contact: B. Fourth</p><p>May 4, 2026</p>",
        "<table><tr><td>FOR IMMEDIATE RELEASE</td><td>May 4, 2026</td></tr><tr><td>Contact</td><td>Jane Roe</td></tr></table>",
        "<local-time datetime='2026-05-04T12:00:00Z'></local-time>",
        "<relative-time datetime='2026-05-04T12:00:00Z'>some days ago</relative-time>",
    ] {
        assert_eq!(day("", above).as_deref(), Some("2026-05-04"), "{above}");
    }
    // When something is to be is not when it was said.
    for above in [
        "<p><strong>WHAT:</strong> A tour of the bridge<br>May 4, 2026</p>",
        "<p>The council meets on the bridge.<br>May 4, 2026<br>10 a.m.</p>",
        "<p>EMBARGOED UNTIL May 4, 2026</p>",
    ] {
        assert_eq!(day("", above), None, "{above}");
    }
}

#[test]
fn a_page_that_declares_no_language_speaks_one() {
    let page_in = |head: &str, date: &str, says: &str| {
        let html = format!(
            "<html{head}><head><title>2026</title></head><body><main><h1>2026</h1><p>{date}</p>{says}</main></body></html>"
        );
        let found = page(&html, None).published?;
        Some((found.written.day().to_string(), found.other.is_some()))
    };
    let german = "<p>Die Stadt hat die neue Brücke über den Fluss eröffnet, und die Fähre, die ihn mehr als dreißig Jahre lang überquert hat, geht mit Dank in den Ruhestand.</p>";
    let french = "<p>La ville a ouvert le nouveau pont sur la rivière, et le bac qui la traversait depuis plus de trente ans prend sa retraite avec nos remerciements.</p>";
    let english = "<p>The city has opened the new bridge over the river, and the ferry that crossed it for more than thirty years is retired with thanks.</p>";
    let sure = |day: &str| Some((day.to_owned(), false));
    assert_eq!(page_in("", "Stand: 4.5.26", german), sure("2026-05-04"));
    assert_eq!(
        page_in("", "Publié le 04/05/2026", french),
        sure("2026-05-04")
    );
    // English does not tell, and what a page declares goes before what it speaks.
    let unsure = page_in("", "Published 04/05/2026", english);
    assert!(unsure.is_some_and(|(_, is_unclear)| is_unclear));
    let declared = page_in(" lang=en", "Published 04/05/2026", french);
    assert!(declared.is_some_and(|(_, is_unclear)| is_unclear));
}
