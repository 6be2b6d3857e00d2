//! `message/delivery-status` (RFC 3464) and its international form (RFC 6533), recipient by recipient (B4).

use super::returned_addresses;

/// What the report says of one recipient.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct RecipientStatus {
    pub original_recipient: Option<String>,
    pub final_recipient: Option<String>,
    /// failed, delayed, delivered, relayed, expanded: in lower case.
    pub action: String,
    /// As it stands: `5.1.1`.
    pub status: String,
    pub remote_mta: String,
    /// `Diagnostic-Code` without its type.
    pub diagnosis: String,
    /// The type of `Diagnostic-Code`, in lower case: smtp, x-postfix, x400.
    pub diagnosis_type: String,
}

/// Recipients of one report that are read.
const RECIPIENTS: usize = 1_000;

/// Reads the groups of fields: first the message's, then one for each recipient. Systems that leave
/// out the blank line between them are understood too.
pub(super) fn parse(report: &str) -> Vec<RecipientStatus> {
    let mut recipients: Vec<RecipientStatus> = Vec::new();
    let mut current = RecipientStatus::default();
    let mut gave_address = false;
    for field in fields(report) {
        let Some((name, value)) = field else {
            if gave_address || !current.action.is_empty() && !current.status.is_empty() {
                recipients.push(std::mem::take(&mut current));
                gave_address = false;
            }
            continue;
        };
        if recipients.len() >= RECIPIENTS {
            break;
        }
        match name.as_str() {
            "final-recipient" => {
                if current.final_recipient.is_some() {
                    recipients.push(std::mem::take(&mut current));
                }
                current.final_recipient = returned_addresses::typed(&value);
                gave_address = true;
            }
            "original-recipient" => {
                if current.original_recipient.is_some() {
                    recipients.push(std::mem::take(&mut current));
                }
                current.original_recipient = returned_addresses::typed(&value);
                gave_address = true;
            }
            "x-actual-recipient" if current.final_recipient.is_none() => {
                current.final_recipient = returned_addresses::typed(&value);
            }
            "action" => {
                value
                    .split([' ', '(', ';'])
                    .next()
                    .unwrap_or_default()
                    .to_ascii_lowercase()
                    .clone_into(&mut current.action);
            }
            "status" => current.status = value,
            "remote-mta" => current.remote_mta = without_type(&value).1,
            "diagnostic-code" if current.diagnosis.is_empty() => {
                (current.diagnosis_type, current.diagnosis) = without_type(&value);
            }
            _ => {}
        }
    }
    if gave_address || !current.action.is_empty() {
        recipients.push(current);
    }
    recipients
}

/// Unfolded fields; `None` for a blank line.
fn fields(report: &str) -> Vec<Option<(String, String)>> {
    let mut fields: Vec<Option<(String, String)>> = Vec::new();
    for line in report.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            fields.push(None);
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let Some(Some((_, value))) = fields.last_mut()
        {
            value.push(' ');
            value.push_str(line.trim_start());
            continue;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.len() <= 60
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            fields.push(Some((name.to_ascii_lowercase(), value.trim().to_owned())));
        } else if let Some(Some((_, value))) = fields.last_mut() {
            // A second line of a reply that was not folded.
            value.push(' ');
            value.push_str(line.trim_start());
        }
    }
    fields
}

/// `smtp; 550 no` into its type and the rest.
fn without_type(value: &str) -> (String, String) {
    match value.split_once(';') {
        Some((kind, rest))
            if kind.len() <= 20
                && kind
                    .trim()
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !kind.trim().bytes().all(|b| b.is_ascii_digit()) =>
        {
            (kind.trim().to_ascii_lowercase(), rest.trim().to_owned())
        }
        _ => (String::new(), value.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipient_is_read_with_or_without_blank_lines_between() {
        let report = "Reporting-MTA: dns; mx.example\n\nOriginal-Recipient: rfc822;ana+2Bnews@example.org\n\
            Final-Recipient: RFC822; <ana@inside.example>\nAction: FAILED (really)\nStatus: 5.1.1\n\
            Remote-MTA: dns; mx.inside.example\nDiagnostic-Code: smtp; 550-5.1.1 no\n    550 5.1.1 such user\n\
            Final-Recipient: rfc822;ben@example.org\nAction: delayed\nStatus: 4.4.1\n";
        for report in [report.to_owned(), report.replace('\n', "\r\n")] {
            let recipients = parse(&report);
            assert_eq!(recipients.len(), 2, "{recipients:?}");
            let ana = &recipients[0];
            assert_eq!(
                ana.original_recipient.as_deref(),
                Some("ana+news@example.org")
            );
            assert_eq!(ana.final_recipient.as_deref(), Some("ana@inside.example"));
            assert_eq!(ana.action, "failed");
            assert_eq!(ana.diagnosis_type, "smtp");
            assert_eq!(ana.diagnosis, "550-5.1.1 no 550 5.1.1 such user");
            assert_eq!(ana.remote_mta, "mx.inside.example");
            assert_eq!(recipients[1].action, "delayed");
        }
    }

    #[test]
    fn addresses_beyond_ascii_are_read() {
        let recipients = parse(
            "Final-Recipient: utf-8; \\x{7528}\\x{6237}@example.org\nAction: failed\nStatus: 5.1.1\n",
        );
        assert_eq!(
            recipients[0].final_recipient.as_deref(),
            Some("用户@example.org")
        );
    }
}
