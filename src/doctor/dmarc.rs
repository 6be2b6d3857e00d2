//! DMARC (RFC 9989): the policy of From's domain, and whether what SPF and DKIM say is about the
//! same organisation (P1, K7).

use super::{
    case::{Author, Case},
    report::{Finding, Record},
    tags::Tags,
};
use crate::{
    delivery::dkim::same_organisation,
    dns::{Dns, Missing},
};

const CHECK: &str = "dmarc";

/// Looks at the policy of every domain in From, and the alignment of both with it.
pub async fn examine(case: &Case<'_>) -> (Vec<Finding>, Vec<Record>) {
    let (mut findings, mut records) = (Vec::new(), Vec::new());
    for author in case.authors() {
        let (found, record) = of_author(case, &author).await;
        // Two domains of one organisation share its record.
        let found = found.into_iter().filter(|one| !findings.contains(one));
        findings.extend(found.collect::<Vec<_>>());
        records.extend(record.filter(|one| !records.contains(one)));
    }
    (findings, records)
}

async fn of_author(case: &Case<'_>, author: &Author<'_>) -> (Vec<Finding>, Option<Record>) {
    let from = author.from;
    let walk = match Walk::along(case.dns, from).await {
        Ok(walk) => walk,
        Err(missing) => {
            let finding = Finding::fault(
                CHECK,
                format!("the DMARC record of `{from}` cannot be looked up: {missing}"),
            )
            .remedy("check the name server, then run the doctor again");
            return (vec![finding], None);
        }
    };
    let (finding, record) = policy(from, &walk);
    let mut findings = vec![finding];
    let modes = walk.policy(from).map(|(_, policy)| policy);
    let strict = |pick: fn(&Policy) -> bool| modes.is_some_and(pick);
    let aligned = async |what, domain, strict| {
        let other = format!("{what} is for `{domain}` and From is at `{from}`");
        alignment(case, (from, &walk), &other, domain, strict).await
    };
    if let Some(signs_for) = &case.signs_for {
        let strict = strict(|policy| policy.strict_dkim);
        findings.push(aligned("the DKIM signature (d=)", signs_for, strict).await);
    }
    for domain in &author.mail_from {
        let strict = strict(|policy| policy.strict_spf);
        findings.push(aligned("MAIL FROM (SPF)", domain, strict).await);
    }
    (findings, Some(record))
}

fn policy(from: &str, walk: &Walk) -> (Finding, Record) {
    if let Some(name) = &walk.doubled {
        let finding = Finding::fault(
            CHECK,
            format!("several DMARC records stand at `{name}`, and receivers then take none"),
        )
        .remedy("leave one of them");
        return (finding, proposal(from));
    }
    let Some((name, policy)) = walk.policy(from) else {
        let finding = Finding::fault(
            CHECK,
            format!("`{from}` has no DMARC record, and mailbox providers ask for one"),
        )
        .remedy("publish the record below, or a stricter one");
        return (finding, proposal(from));
    };
    let record = Record::new(format!("_dmarc.{name}"), policy.text.clone(), true);
    let applies = if name == from {
        &policy.own
    } else {
        &policy.below
    };
    let finding = match applies.as_str() {
        "none" | "quarantine" | "reject" => {
            let aside = if policy.testing { ", but in test mode (`t=y`)" } else { "" };
            Finding::ok(CHECK, format!("`_dmarc.{name}` has the policy `{applies}`{aside}"))
        }
        other => Finding::warning(CHECK, format!("`_dmarc.{name}` has a policy that does not exist: `{other}`; receivers take it for `none`"))
            .remedy("write `p=none`, `p=quarantine` or `p=reject`"),
    };
    (finding, record)
}

/// The least that mailbox providers ask for, at the organisation's own name, with somebody who
/// reads the reports.
fn proposal(from: &str) -> Record {
    let organisation = psl::domain_str(from).unwrap_or(from);
    Record::new(
        format!("_dmarc.{organisation}"),
        format!("v=DMARC1; p=none; rua=mailto:postmaster@{organisation}"),
        false,
    )
}

/// Receivers tell an organisation by the tree walk (RFC 9989) or still by the list of public
/// suffixes (RFC 7489): both must agree.
async fn alignment(
    case: &Case<'_>,
    (from, from_walk): (&str, &Walk),
    other: &str,
    domain: &str,
    strict: bool,
) -> Finding {
    if domain == from {
        return Finding::ok(CHECK, format!("{other}: the same domain"));
    }
    if strict {
        return Finding::fault(
            CHECK,
            format!("{other}, but the DMARC record asks for the same domain"),
        )
        .remedy(
            "use From's own domain, or take the strict `adkim=s` or `aspf=s` out of the record",
        );
    }
    let same_tree = match Walk::along(case.dns, domain).await {
        Ok(walk) => walk.organisation(domain) == from_walk.organisation(from),
        Err(_) => true,
    };
    // Without any record the walk finds no organisation; that is told already.
    if same_organisation(domain, from) && (same_tree || from_walk.steps.is_empty()) {
        Finding::ok(CHECK, format!("{other}: one organisation"))
    } else {
        Finding::fault(
            CHECK,
            format!("{other}: not one organisation, so it does not count for DMARC"),
        )
        .remedy("use a domain that ends in From's organisation's, such as a name below it")
    }
}

/// A DMARC record as receivers read it: tags that they do not know are nothing to them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    text: String,
    /// `p=`; missing: `none`.
    own: String,
    /// `sp=`; missing: as `p=`.
    below: String,
    strict_dkim: bool,
    strict_spf: bool,
    testing: bool,
    suffix: Suffix,
}

/// `psd=`: whether the domain is a public suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Yes,
    No,
    Unsaid,
}

impl Policy {
    fn read(text: &str) -> Option<Self> {
        let tags = Tags::read(text);
        if tags.first() != Some(("v", "DMARC1")) {
            return None;
        }
        let word = |tag: &str| tags.get(tag).map(str::to_ascii_lowercase);
        let own = word("p").unwrap_or_else(|| "none".to_owned());
        let is = |tag: &str, value: &str| word(tag).is_some_and(|word| word == value);
        Some(Self {
            text: text.to_owned(),
            below: word("sp").unwrap_or_else(|| own.clone()),
            own,
            strict_dkim: is("adkim", "s"),
            strict_spf: is("aspf", "s"),
            testing: is("t", "y"),
            suffix: match word("psd").as_deref() {
                Some("y") => Suffix::Yes,
                Some("n") => Suffix::No,
                _ => Suffix::Unsaid,
            },
        })
    }
}

/// The records from a domain up to its top-level domain (RFC 9989 §4.10).
struct Walk {
    steps: Vec<(String, Policy)>,
    /// A name with more than one record: it counts as one without.
    doubled: Option<String>,
}

/// How many labels the second query has at most, so that long names cost no more.
const LABELS: usize = 7;

impl Walk {
    async fn along(dns: &Dns, domain: &str) -> Result<Self, Missing> {
        let mut walk = Self {
            steps: Vec::new(),
            doubled: None,
        };
        let labels: Vec<&str> = domain.split('.').collect();
        let mut left = labels.len();
        while left > 0 {
            let name = labels[labels.len() - left..].join(".");
            let texts = match dns.txt(&format!("_dmarc.{name}")).await {
                Ok(texts) => texts,
                Err(missing) if missing.is_certain() => Vec::new(),
                Err(missing) => return Err(missing),
            };
            let mut records: Vec<Policy> =
                texts.iter().filter_map(|text| Policy::read(text)).collect();
            if records.len() > 1 {
                walk.doubled.get_or_insert(format!("_dmarc.{name}"));
            } else if let Some(record) = records.pop() {
                let last = record.suffix != Suffix::Unsaid;
                walk.steps.push((name, record));
                if last {
                    break;
                }
            }
            left = (left - 1).min(LABELS);
        }
        Ok(walk)
    }

    /// The record that counts for mail from this domain, and where it stands: its own, or its
    /// organisation's.
    fn policy(&self, domain: &str) -> Option<(&str, &Policy)> {
        let organisation = self.organisation(domain);
        let find = |name: &str| self.steps.iter().find(|(step, _)| step == name);
        let found = find(domain)
            .or_else(|| find(&organisation))
            .or_else(|| self.steps.last());
        found.map(|(name, policy)| (name.as_str(), policy))
    }

    /// §4.10.2
    fn organisation(&self, domain: &str) -> String {
        let said = |suffix| {
            self.steps
                .iter()
                .find(|(_, policy)| policy.suffix == suffix)
        };
        if let Some((name, _)) = said(Suffix::No) {
            return name.clone();
        }
        if let Some((suffix, _)) = said(Suffix::Yes).filter(|(name, _)| name != domain) {
            let labels: Vec<&str> = domain.split('.').collect();
            let kept = suffix.split('.').count() + 1;
            return labels[labels.len().saturating_sub(kept)..].join(".");
        }
        self.steps
            .last()
            .map_or_else(|| domain.to_owned(), |(name, _)| name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(steps: &[(&str, &str)]) -> Walk {
        let steps = steps
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Policy::read(text).unwrap()));
        Walk {
            steps: steps.collect(),
            doubled: None,
        }
    }

    #[test]
    fn k7_a_record_without_a_policy_means_none_and_unknown_tags_mean_nothing() {
        let policy = Policy::read("v=DMARC1; rua=mailto:a@b.gov; pct=20; rf=afrf; new=1").unwrap();
        assert_eq!(
            (policy.own.as_str(), policy.below.as_str()),
            ("none", "none")
        );
        let policy = Policy::read("v=DMARC1;p=Reject;sp=quarantine;adkim=s;t=y").unwrap();
        assert_eq!(
            (policy.own.as_str(), policy.below.as_str()),
            ("reject", "quarantine")
        );
        assert!(policy.strict_dkim && !policy.strict_spf && policy.testing);
        for other in ["v=DMARC2; p=none", "p=none; v=DMARC1", "v=spf1 -all", ""] {
            assert_eq!(Policy::read(other), None, "{other}");
        }
    }

    #[test]
    fn k7_the_walk_tells_the_organisation() {
        let plain = "v=DMARC1; p=none";
        let own = walk(&[("news.example.gov", plain), ("example.gov", plain)]);
        assert_eq!(own.organisation("news.example.gov"), "example.gov");
        assert_eq!(
            own.policy("news.example.gov").unwrap().0,
            "news.example.gov"
        );
        let above = walk(&[("example.gov", "v=DMARC1; p=reject; sp=none")]);
        assert_eq!(above.policy("a.b.example.gov").unwrap().1.below, "none");
        let suffix = walk(&[("gov", "v=DMARC1; p=reject; psd=y")]);
        assert_eq!(suffix.organisation("a.example.gov"), "example.gov");
        assert_eq!(suffix.policy("a.example.gov").unwrap().0, "gov");
        let unit = walk(&[
            ("unit.example.gov", "v=DMARC1; p=none; psd=n"),
            ("example.gov", plain),
        ]);
        assert_eq!(unit.organisation("a.unit.example.gov"), "unit.example.gov");
        assert_eq!(walk(&[]).organisation("a.example.gov"), "a.example.gov");
        assert!(walk(&[]).policy("a.example.gov").is_none());
    }
}
