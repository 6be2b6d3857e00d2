use super::*;
use crate::dns::stub::Stub;

/// What a receiver finds for mail from `news@doe.example`, out of this zone.
async fn evaluate(zone: &[(&str, &str, &str)], ip: &str) -> Verdict {
    let stub = Stub::start(zone).await;
    let dns = stub.dns();
    let check = Check::new(
        &dns,
        ip.parse().unwrap(),
        ("news", "doe.example"),
        "mail.doe.example",
    );
    check.run().await
}

const OTHERS: &[(&str, &str, &str)] = &[
    ("mail.doe.example", "A", "192.0.2.25"),
    ("mail.doe.example", "AAAA", "2001:db8::25"),
    ("doe.example", "MX", "10 mail.doe.example"),
    ("doe.example", "A", "192.0.2.80"),
    (
        "spf.relay.example",
        "TXT",
        "v=spf1 ip4:198.51.100.0/24 -all",
    ),
    ("none.relay.example", "A", "192.0.2.1"),
    ("25.2.0.192.list.example", "A", "127.0.0.2"),
    ("52.2.0.291.in-addr.arpa", "PTR", "x.example"),
    ("25.2.0.192.in-addr.arpa", "PTR", "mail.doe.example"),
];

#[tokio::test]
async fn p1_every_mechanism_says_who_may_send() {
    use Verdict::{Fail, Neutral, None, Pass, SoftFail};
    for (record, ip, expected) in [
        ("v=spf1 ip4:192.0.2.25 -all", "192.0.2.25", Pass),
        ("v=spf1 ip4:192.0.2.24/31 -all", "192.0.2.25", Pass),
        ("v=spf1 ip4:192.0.2.26/31 -all", "192.0.2.25", Fail),
        ("v=spf1 ip4:192.0.2.25 ~all", "192.0.2.26", SoftFail),
        ("v=spf1 ip4:192.0.2.25", "192.0.2.26", Neutral),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::25", Pass),
        ("v=spf1 ip6:2001:db8::/32 -all", "::ffff:192.0.2.25", Fail),
        ("v=spf1 ip4:192.0.2.25 -all", "::ffff:192.0.2.25", Pass),
        ("v=spf1 mx -all", "192.0.2.25", Pass),
        ("v=spf1 mx -all", "2001:db8::25", Pass),
        ("v=spf1 a -all", "192.0.2.80", Pass),
        ("v=spf1 a -all", "192.0.2.25", Fail),
        ("v=spf1 a:mail.doe.example/24 -all", "192.0.2.99", Pass),
        ("v=spf1 A:mail.doe.example//64 -all", "2001:db8::99", Pass),
        ("v=spf1 -a:mail.doe.example +all", "192.0.2.25", Fail),
        (
            "v=spf1 include:spf.relay.example -all",
            "198.51.100.7",
            Pass,
        ),
        (
            "v=spf1 include:spf.relay.example ?all",
            "192.0.2.25",
            Neutral,
        ),
        ("v=spf1 redirect=spf.relay.example", "198.51.100.7", Pass),
        ("v=spf1 redirect=spf.relay.example", "192.0.2.25", Fail),
        ("v=spf1 exists:%{ir}.list.example -all", "192.0.2.25", Pass),
        ("v=spf1 exists:%{ir}.list.example -all", "192.0.2.24", Fail),
        (
            "v=spf1 include:spf.%{l}.example include:spf.relay.example a:mail.%{d2} -all",
            "192.0.2.25",
            Pass,
        ),
        ("v=spf1 ptr -all", "192.0.2.25", Pass),
        (
            "v=spf1 unknown=x exp=why.doe.example -all",
            "192.0.2.25",
            Fail,
        ),
        ("v=spf10 -all", "192.0.2.25", None),
    ] {
        let mut zone = OTHERS.to_vec();
        zone.push(("doe.example", "TXT", record));
        zone.push(("spf.news.example", "TXT", "v=spf1 -all"));
        assert_eq!(evaluate(&zone, ip).await, expected, "{record} for {ip}");
    }
}

#[tokio::test]
async fn a_record_that_receivers_do_not_follow_is_wrong() {
    let chain: Vec<String> = (0..11).map(|n| format!("a:a{n}.doe.example")).collect();
    let chain = format!("v=spf1 {} -all", chain.join(" "));
    let hosts: Vec<(String, String)> = (0..11)
        .map(|n| (format!("a{n}.doe.example"), format!("192.0.2.{n}")))
        .collect();
    for (record, says) in [
        (chain.as_str(), "more than 10 lookups"),
        (
            "v=spf1 a:x.example a:y.example a:z.example -all",
            "find nothing",
        ),
        (
            "v=spf1 include:none.relay.example -all",
            "leads to no SPF record",
        ),
        (
            "v=spf1 redirect=none.relay.example",
            "leads to no SPF record",
        ),
        ("v=spf1 include:doe.example", "more than 10 lookups"),
        ("v=spf1 ip4:192.0.2.256 -all", "no SPF term"),
        ("v=spf1 ip4:2001:db8::1 -all", "no SPF term"),
        ("v=spf1 a:mail.doe.example/33 -all", "no SPF term"),
        ("v=spf1 include: -all", "no SPF term"),
        ("v=spf1 ipv4:192.0.2.1 -all", "no SPF term"),
        ("v=spf1 exists:%{x}.example -all", "no domain"),
        ("v=spf1 exists:%{d -all", "no domain"),
    ] {
        let mut zone = OTHERS.to_vec();
        zone.push(("doe.example", "TXT", record));
        zone.extend(
            hosts
                .iter()
                .map(|(name, ip)| (name.as_str(), "A", ip.as_str())),
        );
        match evaluate(&zone, "203.0.113.1").await {
            Verdict::Wrong(why) => assert!(why.contains(says), "{record}: {why}"),
            other => panic!("{record}: {other:?}"),
        }
    }
    let twice = [
        ("doe.example", "TXT", "v=spf1 -all"),
        ("doe.example", "TXT", "v=spf1 mx -all"),
    ];
    assert!(matches!(
        evaluate(&twice, "192.0.2.1").await,
        Verdict::Wrong(_)
    ));
}

#[tokio::test]
async fn macros_are_filled_as_the_rfcs_examples_are() {
    // RFC 7208 §7.4.
    let stub = Stub::start(&[]).await;
    let dns = stub.dns();
    let sender = ("strong-bad", "email.example.com");
    let check = Check::new(&dns, [192, 0, 2, 3].into(), sender, "mail.example.com");
    for (spec, expected) in [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{l1r-}", "strong"),
        (
            "%{ir}.%{v}._spf.%{d2}",
            "3.2.0.192.in-addr._spf.example.com",
        ),
        ("%%%_%-x", "% %20x"),
        ("", "email.example.com"),
    ] {
        assert_eq!(
            check.expand(spec, "email.example.com").as_deref(),
            Ok(expected),
            "{spec}"
        );
    }
    let six = Check::new(
        &dns,
        "2001:db8::cb01".parse().unwrap(),
        sender,
        "mail.example.com",
    );
    assert_eq!(
        six.expand("%{ir}.%{v}", "x").as_deref(),
        Ok("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6")
    );
}

#[tokio::test]
async fn a_term_is_found_through_what_the_record_includes() {
    let stub = Stub::start(&[
        (
            "doe.example",
            "TXT",
            "v=spf1 +include:spf.state.example -all",
        ),
        (
            "spf.state.example",
            "TXT",
            "v=spf1 Include:spf.relay.example mx ~all",
        ),
        ("loop.example", "TXT", "v=spf1 include:loop.example -all"),
    ])
    .await;
    let dns = stub.dns();
    assert!(
        names(
            &dns,
            "doe.example".to_owned(),
            "include:spf.relay.example",
            0
        )
        .await
    );
    assert!(
        !names(
            &dns,
            "doe.example".to_owned(),
            "include:spf.other.example",
            0
        )
        .await
    );
    assert!(!names(&dns, "loop.example".to_owned(), "mx", 0).await);
}
