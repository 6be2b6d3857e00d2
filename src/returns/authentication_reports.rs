//! DMARC aggregate reports (RFC 7489 §7.2) and TLS reports (RFC 8460): who sends mail in the office's
//! name, and whose connections were not safe.

use super::opened::Opened;

/// Whether the mail is one of the two: by its type, or by the subject that the RFCs prescribe and a
/// file.
pub(super) fn is_one(opened: &Opened) -> bool {
    let subject = opened
        .headers
        .get("subject")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let named = subject.contains("report domain:")
        || subject.contains("report-id:")
        || subject.contains("report id:")
        || subject.contains("dmarc aggregate report")
        || subject.contains("tls report")
        || opened.headers.get("tls-report-domain").is_some();
    named
        && (opened.has_report_file
            || opened.headers.says("content-type", "zip")
            || opened.headers.says("content-type", "tlsrpt"))
        || opened.headers.says("content-type", "tlsrpt")
}
