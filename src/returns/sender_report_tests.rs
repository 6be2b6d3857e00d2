//! DMARC and TLS reports as they come by mail: kept once, for the office's own domains alone.

use super::{
    ReportKind, ReportOutcome, ReturnKind, ReturnState, ReturnWay, purge, receive, reported_senders,
};
use crate::{
    app::App,
    clock::{Clock, DAY, instant},
    db,
    delivery::testing,
};

async fn office() -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(instant(1_795_900_000_000))).await;
    crate::test_data::office(&app).await;
    (app, folder)
}

fn mail(subject: &str, kind: &str, name: &str, file: &str) -> Vec<u8> {
    format!(
        "From: dmarc@mailbox.example\r\nTo: reports@doe.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{file}\r\n"
    )
    .into_bytes()
}

fn dmarc(domain: &str, number: &str) -> Vec<u8> {
    let file = format!(
        "<feedback><report_metadata><org_name>Mailbox</org_name><report_id>{number}</report_id>\
         <date_range><begin>1795737600</begin><end>1795824000</end></date_range></report_metadata>\
         <policy_published><domain>{domain}</domain></policy_published>\
         <record><row><source_ip>203.0.113.9</source_ip><count>7</count><policy_evaluated><disposition>quarantine</disposition>\
         <dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><auth_results><dkim><domain>mailer.example</domain><result>pass</result></dkim></auth_results></record>\
         <record><row><source_ip>192.0.2.1</source_ip><count>50</count><policy_evaluated><disposition>none</disposition>\
         <dkim>pass</dkim><spf>fail</spf></policy_evaluated></row></record></feedback>"
    );
    mail(
        &format!("Report Domain: {domain} Submitter: mailbox.example Report-ID: {number}"),
        "text/xml",
        &format!("mailbox.example!{domain}!1795737600!1795824000.xml"),
        &file,
    )
}

const TLS: &str = r#"{"organization-name":"Mailbox","date-range":{"start-datetime":"2026-11-27T00:00:00Z","end-datetime":"2026-11-27T23:59:59Z"},"report-id":"9","policies":[{"policy":{"policy-type":"sts","policy-domain":"doe.example"},"summary":{"total-successful-session-count":10,"total-failure-session-count":1},"failure-details":[{"result-type":"starttls-not-supported","failed-session-count":1}]}]}"#;

#[tokio::test]
async fn reports_say_who_else_sends_as_the_office_and_are_counted_once() {
    let (app, _folder) = office().await;
    for number in ["1", "1", "2"] {
        let (reading, receipt) = receive(&app, ReturnWay::Imap, &dmarc("doe.example", number))
            .await
            .unwrap();
        assert_eq!(reading.kind, ReturnKind::Report);
        assert_eq!(receipt.state, ReturnState::Noted);
    }
    // The same report in another mail.
    let mut again = b"X-Resent: yes\r\n".to_vec();
    again.extend_from_slice(&dmarc("doe.example", "2"));
    let (_, receipt) = receive(&app, ReturnWay::Imap, &again).await.unwrap();
    assert!(receipt.why.contains("had come before"), "{}", receipt.why);
    let tls = mail(
        "Report Domain: doe.example",
        "application/tlsrpt+json",
        "r.json",
        TLS,
    );
    let (_, receipt) = receive(&app, ReturnWay::Imap, &tls).await.unwrap();
    assert!(receipt.why.contains("1 failed"), "{}", receipt.why);
    let sums = reported_senders(&app).await.unwrap();
    let lines: Vec<_> = sums
        .iter()
        .map(|sum| (sum.kind, sum.outcome, sum.source.as_str(), sum.count))
        .collect();
    assert_eq!(
        lines,
        [
            (
                ReportKind::Dmarc,
                ReportOutcome::Unaligned,
                "203.0.113.9",
                14
            ),
            (ReportKind::Dmarc, ReportOutcome::DkimOnly, "192.0.2.1", 100),
            (ReportKind::Tls, ReportOutcome::Insecure, "doe.example", 1),
            (ReportKind::Tls, ReportOutcome::Secure, "doe.example", 10),
        ]
    );
    assert_eq!(sums[0].treated, ["put in the spam folder"]);
    assert!(sums[0].words.contains("pass for mailer.example"));
    app.clock.advance_ms(91 * DAY);
    purge(&app).await.unwrap();
    let left: Option<i64> = db::scalar(app.db.pool(), "SELECT count(*) FROM reported_sender", [])
        .await
        .unwrap();
    assert_eq!(left, Some(0));
}

#[tokio::test]
async fn a_report_on_another_domain_or_one_that_cannot_be_read_counts_for_nothing() {
    let (app, _folder) = office().await;
    let broken = mail(
        "Report Domain: doe.example",
        "application/xml",
        "r.xml",
        "<feedback><policy_published>",
    );
    for (mail, says) in [
        (dmarc("elsewhere.example", "1"), "not one of the office"),
        (broken, "holds no report"),
    ] {
        let (reading, receipt) = receive(&app, ReturnWay::Imap, &mail).await.unwrap();
        assert_eq!(reading.kind, ReturnKind::Report);
        assert!(receipt.why.contains(says), "{}", receipt.why);
    }
    assert!(reported_senders(&app).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_flood_of_reports_fills_no_table() {
    let (app, _folder) = office().await;
    let sql = "INSERT INTO sender_report (at, kind, reporter, number, domain, begins_at, ends_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        SELECT $1, 'dmarc', 'x', CAST(i AS TEXT), 'doe.example', 0, 0 FROM n";
    let values = crate::values![app.clock.now_ms()];
    app.db.execute(sql, values).await.unwrap();
    let (_, receipt) = receive(&app, ReturnWay::Imap, &dmarc("doe.example", "1"))
        .await
        .unwrap();
    assert!(receipt.why.contains("Very many"), "{}", receipt.why);
    app.clock.advance_ms(2 * DAY);
    receive(&app, ReturnWay::Imap, &dmarc("doe.example", "3"))
        .await
        .unwrap();
    assert_eq!(reported_senders(&app).await.unwrap().len(), 2);
}
