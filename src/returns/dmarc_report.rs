//! DMARC aggregate reports (RFC 7489 appendix C, RFC 9990): who sent in the domain's name, and whether
//! SPF and DKIM showed that it was the domain's own.

use quick_xml::{Reader, events::Event};

use super::{
    report_file::ReportFault,
    sender_report::{
        ReportKind, ReportOutcome, ReportedSender, SenderReport, name, number_of_mails,
    },
};

/// Elements within elements. A report has six.
const DEPTH: usize = 16;

/// Lines that are read.
const RECORDS: usize = 20_000;

/// Signatures of one line that are named.
const SIGNATURES: usize = 3;

/// Reads it. Entities of the file's own stay unread, so nothing can expand. Of a report that breaks
/// off, what was whole before counts.
pub(super) fn read(xml: &str) -> Result<SenderReport, ReportFault> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut parts = Parts::default();
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                let tag = start.name().local_name().into_inner().to_ascii_lowercase();
                if path.is_empty() && tag != "feedback" || path.len() >= DEPTH {
                    return Err(ReportFault::NoReport);
                }
                path.push(tag);
                text.clear();
            }
            Ok(Event::End(_)) => {
                parts.take_in(&path, text.trim());
                text.clear();
                path.pop();
                if parts.senders.len() >= RECORDS {
                    break;
                }
            }
            Ok(Event::Text(words)) => text.push_str(&words),
            Ok(Event::CData(words)) => text.push_str(&words),
            Ok(Event::GeneralRef(reference)) => {
                let named = quick_xml::escape::resolve_xml_entity(&reference);
                match (reference.resolve_char_ref(), named) {
                    (Ok(Some(character)), _) => text.push(character),
                    (_, Some(words)) => text.push_str(words),
                    _ => {}
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    parts.report()
}

#[derive(Default)]
struct Parts {
    organisation: String,
    contact: String,
    number: String,
    domain: String,
    begins: i64,
    ends: i64,
    record: Record,
    senders: Vec<ReportedSender>,
}

#[derive(Default)]
struct Record {
    source: String,
    count: i64,
    disposition: String,
    spf_is_aligned: bool,
    dkim_is_aligned: bool,
    /// Domain and result of each.
    dkim: Vec<(String, String)>,
    spf: (String, String),
}

impl Parts {
    /// Takes in the element that ends here.
    fn take_in(&mut self, path: &[String], text: &str) {
        let at = |depth: usize| {
            path.len()
                .checked_sub(depth)
                .and_then(|at| path.get(at))
                .map_or("", String::as_str)
        };
        let (element, parent, grandparent) = (at(1), at(2), at(3));
        let passes = || text.eq_ignore_ascii_case("pass");
        match (parent, element) {
            ("report_metadata", "org_name") => text.clone_into(&mut self.organisation),
            ("report_metadata", "email") => text.clone_into(&mut self.contact),
            ("report_metadata", "report_id") => text.clone_into(&mut self.number),
            ("date_range", "begin") => self.begins = seconds(text),
            ("date_range", "end") => self.ends = seconds(text),
            ("policy_published", "domain") => text.clone_into(&mut self.domain),
            ("row", "source_ip") => text.clone_into(&mut self.record.source),
            ("row", "count") => self.record.count = number_of_mails(text),
            ("policy_evaluated", "disposition") => text.clone_into(&mut self.record.disposition),
            ("policy_evaluated", "dkim") => self.record.dkim_is_aligned = passes(),
            ("policy_evaluated", "spf") => self.record.spf_is_aligned = passes(),
            ("auth_results", "dkim") if self.record.dkim.len() > SIGNATURES => {
                self.record.dkim.truncate(SIGNATURES);
            }
            ("dkim", "domain") if grandparent == "auth_results" => {
                self.record.dkim.push((text.to_owned(), String::new()));
            }
            ("dkim", "result") if grandparent == "auth_results" => {
                if let Some((_, result)) = self.record.dkim.last_mut() {
                    text.clone_into(result);
                }
            }
            ("spf", "domain") if grandparent == "auth_results" => {
                text.clone_into(&mut self.record.spf.0);
            }
            ("spf", "result") if grandparent == "auth_results" => {
                text.clone_into(&mut self.record.spf.1);
            }
            (_, "record") => {
                let record = std::mem::take(&mut self.record);
                // RFC 7489 appendix C: an address, always.
                if record.source.parse::<std::net::IpAddr>().is_ok() && record.count > 0 {
                    self.senders.push(record.sender());
                }
            }
            _ => {}
        }
    }

    fn report(self) -> Result<SenderReport, ReportFault> {
        if self.domain.is_empty() {
            return Err(ReportFault::NoReport);
        }
        let reporter = if self.organisation.is_empty() {
            self.contact
        } else {
            self.organisation
        };
        Ok(SenderReport {
            kind: ReportKind::Dmarc,
            reporter,
            number: self.number,
            domain: self.domain,
            begins_at: self.begins,
            ends_at: self.ends,
            senders: self.senders,
        }
        .gathered())
    }
}

impl Record {
    fn sender(self) -> ReportedSender {
        let outcome = match (self.spf_is_aligned, self.dkim_is_aligned) {
            (true, true) => ReportOutcome::Aligned,
            (true, false) => ReportOutcome::SpfOnly,
            (false, true) => ReportOutcome::DkimOnly,
            (false, false) => ReportOutcome::Unaligned,
        };
        let treated = match self.disposition.to_ascii_lowercase().as_str() {
            "quarantine" => "put in the spam folder",
            "reject" => "refused",
            _ => "delivered",
        };
        ReportedSender {
            words: self.proof(),
            source: self.source,
            count: self.count,
            outcome,
            treated: treated.to_owned(),
        }
    }

    /// "DKIM: pass for mailer.example. SPF: fail for bounce.mailer.example."
    fn proof(&self) -> String {
        let result = |(domain, result): &(String, String)| {
            let (domain, result) = (name(domain), name(result));
            format!(
                "{} for {domain}",
                if result.is_empty() {
                    "no result"
                } else {
                    &result
                }
            )
        };
        let signatures: Vec<String> = self.dkim.iter().take(SIGNATURES).map(result).collect();
        let dkim = if signatures.is_empty() {
            "no signature".to_owned()
        } else {
            signatures.join(", ")
        };
        let spf = if self.spf.0.is_empty() {
            "not looked at".to_owned()
        } else {
            result(&self.spf)
        };
        format!("DKIM: {dkim}. SPF: {spf}.")
    }
}

/// Seconds since 1970, as milliseconds.
fn seconds(text: &str) -> i64 {
    const LATEST: i64 = 4_102_444_800;
    text.parse()
        .map_or(0, |seconds: i64| seconds.clamp(0, LATEST) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "<?xml version=\"1.0\"?><feedback xmlns=\"urn:x\"><report_metadata><org_name>Mailbox &amp; Co.</org_name>\
        <email>d@mailbox.example</email><report_id>42</report_id><date_range><begin>1795737600</begin><end>1795824000</end></date_range></report_metadata>\
        <policy_published><domain>Office.example</domain><p>reject</p></policy_published>\
        <record><row><source_ip>192.0.2.10</source_ip><count>12</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>\
        <identifiers><header_from>office.example</header_from></identifiers>\
        <auth_results><dkim><domain>office.example</domain><selector>g1</selector><result>pass</result></dkim><spf><domain>bounce.office.example</domain><result>pass</result></spf></auth_results></record>\
        <record><row><source_ip>2001:db8::9</source_ip><count>3</count><policy_evaluated><disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>\
        <identifiers><header_from>office.example</header_from></identifiers>\
        <auth_results><dkim><domain>mailer.example</domain><result>pass</result></dkim><spf><domain>b.mailer.example</domain><result>softfail</result></spf></auth_results></record>\
        <record><row><source_ip>no address</source_ip><count>900</count></row></record></feedback>";

    #[test]
    fn a_report_says_who_sent_and_what_did_not_align() {
        let report = read(REPORT).unwrap();
        assert_eq!(report.reporter, "Mailbox & Co.");
        assert_eq!(
            (report.number.as_str(), report.domain.as_str()),
            ("42", "office.example")
        );
        assert_eq!(
            (report.begins_at, report.ends_at),
            (1_795_737_600_000, 1_795_824_000_000)
        );
        let [other, own] = report.senders.as_slice() else {
            panic!("{report:?}");
        };
        assert_eq!((other.source.as_str(), other.count), ("2001:db8::9", 3));
        assert_eq!(other.outcome, ReportOutcome::Unaligned);
        assert_eq!(other.treated, "refused");
        assert_eq!(
            other.words,
            "DKIM: pass for mailer.example. SPF: softfail for b.mailer.example."
        );
        assert_eq!((own.outcome, own.count), (ReportOutcome::Aligned, 12));
        assert!(
            report
                .in_words()
                .contains("it saw 15 mails in your name; 3 did not prove")
        );
    }

    #[test]
    fn what_is_no_report_or_expands_or_is_nested_without_end_is_refused() {
        assert_eq!(read("<html></html>"), Err(ReportFault::NoReport));
        assert_eq!(read(""), Err(ReportFault::NoReport));
        assert_eq!(read("<feedback></feedback>"), Err(ReportFault::NoReport));
        let deep = format!("<feedback>{}", "<a>".repeat(100_000));
        assert_eq!(read(&deep), Err(ReportFault::NoReport));
        let laughs = format!(
            "<!DOCTYPE feedback [<!ENTITY a \"{}\">]>{}",
            "ha".repeat(1_000),
            REPORT.replace("Mailbox &amp; Co.", "&a;&a;Mailbox")
        );
        assert_eq!(
            read(&laughs.replace("<?xml version=\"1.0\"?>", ""))
                .unwrap()
                .reporter,
            "Mailbox"
        );
        // What was whole before the end counts.
        let (whole, _) = REPORT.split_once("<record><row><source_ip>2001").unwrap();
        assert_eq!(read(whole).unwrap().senders.len(), 1);
    }

    #[test]
    fn counts_beyond_reason_are_held() {
        for count in ["-5", "99999999999999999999", "x", ""] {
            let report = read(&REPORT.replace("<count>12<", &format!("<count>{count}<"))).unwrap();
            assert_eq!(report.senders.len(), 1, "{count}");
        }
        let many = read(&REPORT.replace("<count>12<", "<count>9000000000000<")).unwrap();
        assert_eq!(many.senders[1].count, 1_000_000_000);
    }
}
