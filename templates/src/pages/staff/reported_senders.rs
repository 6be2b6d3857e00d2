//! Who sends as the office: what DMARC and TLS reports say, in words.

use maud::{Markup, html};

use super::{Frame, Section, count, page};

/// The page.
#[derive(Debug)]
pub struct SendersView {
    /// Around it.
    pub frame: Frame,
    /// Of DMARC reports: those that proved nothing first.
    pub mails: Vec<SenderLine>,
    /// Of TLS reports: those that failed first.
    pub connections: Vec<SenderLine>,
}

/// One sender, or one mail server.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct SenderLine {
    pub source: String,
    pub domain: String,
    pub count: u64,
    /// Whether nothing is to be done.
    pub is_fine: bool,
    pub verdict: &'static str,
    pub words: String,
    pub treated: String,
    pub reporters: String,
}

/// See [`SendersView`].
#[must_use]
pub fn senders(view: &SendersView) -> Markup {
    let (yours, others): (Vec<&SenderLine>, Vec<&SenderLine>) =
        view.mails.iter().partition(|line| line.is_fine);
    page(
        &view.frame,
        Section::Returns,
        "Who sends as the office",
        &html! {
            p.back { a href="/staff/returns" { "What came back" } }
            h1 { "Who sends as the office" }
            p {
                "Other mail systems report once a day whose mail came in your name. This is the sum of the last 30 days. "
                "A report is what somebody else says: nothing here changes anything."
            }
            @if view.mails.is_empty() && view.connections.is_empty() {
                p {
                    "No report has come. They are sent to the address that the DMARC record of your domain names (" code { "rua=" }
                    "); let that address be read as bounces are. Ask the person who runs Gazette."
                }
            }
            @if !view.mails.is_empty() {
                h2 id="others" { "Not proved to be yours" }
                @if others.is_empty() {
                    p { "All mail in your name proved to be yours." }
                } @else {
                    p {
                        "Neither SPF nor DKIM showed that these mails are yours. Either somebody else sends in your name, "
                        "or it is a system of yours that was never set up: look whether you know the domain that signed."
                    }
                    (table("others", &others))
                }
                h2 id="yours" { "Proved to be yours" }
                @if yours.is_empty() { p { "None." } } @else { (table("yours", &yours)) }
            }
            @if !view.connections.is_empty() {
                h2 id="connections" { "Connections to your own mail servers" }
                p { "What comes to you: whether it was encrypted on its way." }
                (table("connections", &view.connections.iter().collect::<Vec<_>>()))
            }
        },
    )
}

fn table(labelled_by: &str, lines: &[&SenderLine]) -> Markup {
    html! {
        div.scroll role="group" aria-labelledby=(labelled_by) tabindex="0" {
            table {
                thead { tr {
                    th scope="col" { "From" } th scope="col" { "In the name of" } th scope="col" { "How many" }
                    th scope="col" { "Verdict" } th scope="col" { "What was seen" } th scope="col" { "Reported by" }
                } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (line.source) }
                            td { (line.domain) } td { (count(line.count)) }
                            td { @if line.is_fine { (line.verdict) } @else { strong { (line.verdict) } } }
                            td { (line.words) @if !line.treated.is_empty() { " Receivers: " (line.treated) "." } }
                            td { (line.reporters) }
                        }
                    }
                }
            }
        }
    }
}
