//! TLS reports (RFC 8460 §4): how safe the connections to the domain's own mail servers were.

use serde::Deserialize;

use super::{
    report_file::ReportFault,
    sender_report::{ReportKind, ReportOutcome, ReportedSender, SenderReport, name},
};

/// Failures that are read.
const FAILURES: usize = 5_000;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    #[serde(default)]
    organization_name: String,
    #[serde(default, rename = "report-id")]
    id: String,
    date_range: DateRange,
    policies: Vec<PolicyResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DateRange {
    start_datetime: String,
    end_datetime: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyResult {
    policy: Policy,
    #[serde(default)]
    summary: Summary,
    #[serde(default)]
    failure_details: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Policy {
    #[serde(default)]
    policy_type: String,
    policy_domain: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    #[serde(default)]
    total_successful_session_count: u32,
    #[serde(default)]
    total_failure_session_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Failure {
    #[serde(default)]
    result_type: String,
    #[serde(default)]
    receiving_mx_hostname: String,
    #[serde(default)]
    failed_session_count: u32,
}

/// Reads it.
pub(super) fn read(json: &str) -> Result<SenderReport, ReportFault> {
    let report: Report = serde_json::from_str(json.trim_start_matches('\u{feff}'))
        .map_err(|_| ReportFault::NoReport)?;
    let first = report.policies.first().ok_or(ReportFault::NoReport)?;
    let domain = first.policy.policy_domain.clone();
    let mut senders = Vec::new();
    for policy in &report.policies {
        let mut told = 0_u32;
        for failure in policy.failure_details.iter().take(FAILURES) {
            told = told.saturating_add(failure.failed_session_count);
            senders.push(ReportedSender {
                source: if failure.receiving_mx_hostname.is_empty() {
                    policy.policy.policy_domain.clone()
                } else {
                    failure.receiving_mx_hostname.clone()
                },
                count: i64::from(failure.failed_session_count),
                outcome: ReportOutcome::Insecure,
                words: explanation(&failure.result_type),
                treated: String::new(),
            });
        }
        let untold = policy
            .summary
            .total_failure_session_count
            .saturating_sub(told);
        let rest = |count: u32, outcome, words: &str| ReportedSender {
            source: policy.policy.policy_domain.clone(),
            count: i64::from(count),
            outcome,
            words: words.to_owned(),
            treated: String::new(),
        };
        if untold > 0 {
            senders.push(rest(untold, ReportOutcome::Insecure, "It is not said why."));
        }
        let safe = policy.summary.total_successful_session_count;
        if safe > 0 {
            let by = match policy.policy.policy_type.as_str() {
                "sts" => "By your MTA-STS policy.",
                "tlsa" => "By your DANE records.",
                _ => "You publish no policy, so senders may fall back to no encryption.",
            };
            senders.push(rest(safe, ReportOutcome::Secure, by));
        }
    }
    Ok(SenderReport {
        kind: ReportKind::Tls,
        reporter: report.organization_name,
        number: report.id,
        domain,
        begins_at: instant(&report.date_range.start_datetime),
        ends_at: instant(&report.date_range.end_datetime),
        senders,
    }
    .gathered())
}

/// RFC 8460 §4.3, in words.
fn explanation(kind: &str) -> String {
    let known = match kind {
        "starttls-not-supported" => "Your mail server offered no STARTTLS.",
        "certificate-host-mismatch" => "Its certificate is for another name.",
        "certificate-expired" => "Its certificate has expired.",
        "certificate-not-trusted" => "Its certificate comes from nobody whom the sender trusts.",
        "validation-failure" => "Its certificate did not hold.",
        "tlsa-invalid" => "Its DANE record (TLSA) does not fit its certificate.",
        "dnssec-invalid" => "The DNSSEC signatures of your domain do not hold.",
        "dane-required" => "The sender asks for DANE, and you have no record.",
        "sts-policy-fetch-error" => "Your MTA-STS policy could not be fetched.",
        "sts-policy-invalid" => "Your MTA-STS policy is not well formed.",
        "sts-webpki-invalid" => "The certificate of your MTA-STS website does not hold.",
        _ => return format!("The sender says: {}.", name(kind)),
    };
    known.to_owned()
}

/// RFC 3339, in milliseconds.
fn instant(text: &str) -> i64 {
    text.parse().map_or(0, |instant: jiff::Timestamp| {
        instant.as_millisecond().max(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"organization-name":"Mailbox Inc.","date-range":{"start-datetime":"2026-11-27T00:00:00Z","end-datetime":"2026-11-27T23:59:59Z"},
        "contact-info":"t@mailbox.example","report-id":"7","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"office.example","mx-host":["mx.office.example"]},
        "summary":{"total-successful-session-count":100,"total-failure-session-count":5},
        "failure-details":[{"result-type":"certificate-expired","receiving-mx-hostname":"mx2.office.example","failed-session-count":3}]}]}"#;

    #[test]
    fn a_report_says_which_connections_were_not_safe_and_why() {
        let report = read(REPORT).unwrap();
        assert_eq!(report.begins_at, 1_795_737_600_000);
        let lines: Vec<_> = report
            .senders
            .iter()
            .map(|sender| (sender.source.as_str(), sender.count, sender.words.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                ("mx2.office.example", 3, "Its certificate has expired."),
                ("office.example", 2, "It is not said why."),
                ("office.example", 100, "By your MTA-STS policy."),
            ]
        );
        assert_eq!(
            report.in_words(),
            "A TLS report by Mailbox Inc. on office.example: of 105 connections to your mail servers 5 failed."
        );
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", "{}", "[]", "{\"policies\":[]}", &deep, &REPORT[..200]] {
            assert_eq!(read(text), Err(ReportFault::NoReport), "{text:.40}");
        }
        let negative = REPORT.replace("\"failed-session-count\":3", "\"failed-session-count\":-3");
        assert_eq!(read(&negative), Err(ReportFault::NoReport));
    }
}
