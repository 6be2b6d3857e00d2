//! DMARC aggregate reports (RFC 7489 §7.2) and TLS reports (RFC 8460): who sends mail in the office's
//! name, and whose connections were not safe. Which mail is one, and what it says.

use super::{
    dmarc_report,
    opened::Opened,
    report_file::{self, ReportFault},
    sender_report::SenderReport,
    tls_report,
};

/// Whether the mail is one of the two: by its type, or by the subject that the RFCs prescribe and a
/// file, or by the name that they prescribe for the file.
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
    let has_file = !opened.report_files.is_empty();
    named
        && (has_file
            || opened.headers.says("content-type", "zip")
            || opened.headers.says("content-type", "tlsrpt"))
        || has_file && opened.report_files.iter().any(|file| file.is_named_so)
        || opened.headers.says("content-type", "tlsrpt")
}

/// What it says, or why that cannot be read.
pub(super) fn read(opened: &Opened) -> Result<SenderReport, ReportFault> {
    let mut fault = ReportFault::NoReport;
    for file in &opened.report_files {
        let read = report_file::unpack(&file.octets).and_then(|text| {
            if text
                .trim_start_matches('\u{feff}')
                .trim_start()
                .starts_with('{')
            {
                tls_report::read(&text)
            } else {
                dmarc_report::read(&text)
            }
        });
        match read {
            Ok(report) => return Ok(report),
            // "It holds no report" is the least that can be said.
            Err(ReportFault::NoReport) => {}
            Err(other) => fault = other,
        }
    }
    Err(fault)
}
