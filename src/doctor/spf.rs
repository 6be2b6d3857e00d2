//! SPF as a receiver evaluates it (RFC 7208): who may send for a domain.

use std::{future::Future, net::IpAddr, pin::Pin};

use crate::dns::{Dns, Missing, NOBODY};

/// Terms that may ask the DNS (§4.6.4).
const LOOKUPS: usize = 10;
/// Of these, how many may find nothing.
const VOID_LOOKUPS: usize = 2;
/// Hosts of one `mx` or `ptr`.
const HOSTS: usize = 10;

/// What SPF says (§2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No record.
    None,
    /// The domain does not say.
    Neutral,
    /// May send.
    Pass,
    /// May not.
    Fail,
    /// Probably may not.
    SoftFail,
    /// The DNS gave no answer.
    Unknown(String),
    /// The record is wrong: receivers treat it as if there were none, or refuse.
    Wrong(String),
}

/// The evaluation of one sender.
pub struct Check<'a> {
    dns: &'a Dns,
    ip: IpAddr,
    /// MAIL FROM: its local part and domain, for macros.
    sender: (&'a str, &'a str),
    hello: &'a str,
    lookups: usize,
    voids: usize,
}

type Boxed<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;
/// Ends the evaluation.
type Stop = Verdict;

impl<'a> Check<'a> {
    pub fn new(dns: &'a Dns, ip: IpAddr, sender: (&'a str, &'a str), hello: &'a str) -> Self {
        Self {
            dns,
            ip: ip.to_canonical(),
            sender,
            hello,
            lookups: 0,
            voids: 0,
        }
    }

    /// What the sender's domain says of the address.
    pub async fn run(mut self) -> Verdict {
        let domain = self.sender.1;
        self.check_host(domain.to_owned()).await
    }

    /// §4.
    fn check_host(&mut self, domain: String) -> Boxed<'_, Verdict> {
        Box::pin(async move {
            let text = match record(self.dns, &domain).await {
                Ok(Some(text)) => text,
                Ok(None) => return Verdict::None,
                Err(verdict) => return verdict,
            };
            self.follow(&text, &domain)
                .await
                .unwrap_or_else(|stop| stop)
        })
    }

    async fn follow(&mut self, text: &str, domain: &str) -> Result<Verdict, Stop> {
        let mut redirect = None;
        for word in text.split_ascii_whitespace().skip(1) {
            match Term::read(word)? {
                Term::Redirect(target) => redirect = Some(target),
                Term::Ignored => {}
                Term::Mechanism(verdict, mechanism) => {
                    if self.matches(&mechanism, domain).await? {
                        return Ok(verdict);
                    }
                }
            }
        }
        let Some(target) = redirect else {
            return Ok(Verdict::Neutral);
        };
        self.count_lookup()?;
        let target = self.expand(&target, domain)?;
        match self.check_host(target.clone()).await {
            // §6.1
            Verdict::None => Err(Verdict::Wrong(format!(
                "`redirect={target}` leads to no SPF record"
            ))),
            verdict => Ok(verdict),
        }
    }

    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, Stop> {
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Network(network, bits) => Ok(within(self.ip, *network, *bits)),
            Mechanism::Include(target) => {
                self.count_lookup()?;
                let target = self.expand(target, domain)?;
                match self.check_host(target.clone()).await {
                    Verdict::Pass => Ok(true),
                    Verdict::Fail | Verdict::SoftFail | Verdict::Neutral => Ok(false),
                    // §5.2
                    Verdict::None => Err(Verdict::Wrong(format!(
                        "`include:{target}` leads to no SPF record"
                    ))),
                    stop => Err(stop),
                }
            }
            Mechanism::A(target, bits) => {
                self.count_lookup()?;
                let target = self.expand(target, domain)?;
                self.is_among(&target, *bits).await
            }
            Mechanism::Mx(target, bits) => {
                self.count_lookup()?;
                let target = self.expand(target, domain)?;
                let hosts = self.found(self.dns.mx(&target).await)?;
                if hosts.len() > HOSTS {
                    return Err(Verdict::Wrong(format!(
                        "`{target}` has more than {HOSTS} MX records"
                    )));
                }
                for host in hosts.iter().filter(|host| *host != NOBODY) {
                    if self.is_among(host, *bits).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Mechanism::Ptr(target) => {
                self.count_lookup()?;
                let target = self.expand(target, domain)?.to_ascii_lowercase();
                let below = format!(".{target}");
                // §5.5: what fails here is only no match.
                let names = self.dns.ptr(self.ip).await.unwrap_or_default();
                for name in names.iter().take(HOSTS) {
                    if (*name == target || name.ends_with(&below))
                        && let Ok(addresses) = self.dns.addresses(name).await
                        && addresses.contains(&self.ip)
                    {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Mechanism::Exists(target) => {
                self.count_lookup()?;
                let target = self.expand(target, domain)?;
                let found = self.dns.addresses(&target).await;
                Ok(self.found(found)?.iter().any(IpAddr::is_ipv4))
            }
        }
    }

    async fn is_among(&mut self, host: &str, (four, six): (u8, u8)) -> Result<bool, Stop> {
        let found = self.dns.addresses(host).await;
        let bits = if self.ip.is_ipv4() { four } else { six };
        let addresses = self.found(found)?;
        Ok(addresses
            .into_iter()
            .any(|network| within(self.ip, network, bits)))
    }

    fn found<T>(&mut self, answer: Result<Vec<T>, Missing>) -> Result<Vec<T>, Stop> {
        match answer {
            Ok(found) => Ok(found),
            Err(Missing::Unknown(why)) => Err(Verdict::Unknown(why)),
            Err(_) => {
                self.voids += 1;
                if self.voids > VOID_LOOKUPS {
                    return Err(Verdict::Wrong(format!(
                        "more than {VOID_LOOKUPS} of its lookups find nothing"
                    )));
                }
                Ok(Vec::new())
            }
        }
    }

    fn count_lookup(&mut self) -> Result<(), Stop> {
        self.lookups += 1;
        if self.lookups > LOOKUPS {
            return Err(Verdict::Wrong(format!(
                "it needs more than {LOOKUPS} lookups, and receivers stop there"
            )));
        }
        Ok(())
    }

    /// A domain with its macros filled in (§7); empty: the domain at hand.
    fn expand(&self, spec: &str, domain: &str) -> Result<String, Stop> {
        if spec.is_empty() {
            return Ok(domain.to_owned());
        }
        let wrong = || Verdict::Wrong(format!("`{spec}` is no domain"));
        let mut out = String::new();
        let mut rest = spec;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('%') {
                out.push('%');
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('_') {
                out.push(' ');
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('-') {
                out.push_str("%20");
                rest = behind;
            } else {
                let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let (macro_, behind) = inside.ok_or_else(wrong)?;
                out.push_str(&self.fill(macro_, domain).ok_or_else(wrong)?);
                rest = behind;
            }
        }
        out.push_str(rest);
        Ok(out.trim_end_matches('.').to_owned())
    }

    /// `d`, `ir`, `l1r-`: a letter, how many parts to keep, whether to turn them round, and where
    /// to cut.
    fn fill(&self, macro_: &str, domain: &str) -> Option<String> {
        let letter = macro_.chars().next()?;
        let (local, sender) = self.sender;
        let value = match letter.to_ascii_lowercase() {
            's' => format!("{local}@{sender}"),
            'l' => local.to_owned(),
            'o' => sender.to_owned(),
            'd' => domain.to_owned(),
            'i' => dotted(self.ip),
            'h' => self.hello.to_owned(),
            'v' => (if self.ip.is_ipv4() { "in-addr" } else { "ip6" }).to_owned(),
            'p' => "unknown".to_owned(),
            _ => return None,
        };
        let rest = &macro_[letter.len_utf8()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let keep = match &rest[..digits] {
            "" => usize::MAX,
            number => number.parse().ok().filter(|keep| *keep > 0)?,
        };
        let rest = &rest[digits..];
        let (turn, cuts) = match rest.strip_prefix(['r', 'R']) {
            Some(cuts) => (true, cuts),
            None => (false, rest),
        };
        if !cuts.chars().all(|cut| ".-+,/_=".contains(cut)) {
            return None;
        }
        let cuts = if cuts.is_empty() { "." } else { cuts };
        let mut parts: Vec<&str> = value.split(|c| cuts.contains(c)).collect();
        if turn {
            parts.reverse();
        }
        Some(parts[parts.len().saturating_sub(keep)..].join("."))
    }
}

/// The domain's one SPF record.
///
/// # Errors
/// [`Verdict::Wrong`] where there are several, [`Verdict::Unknown`] where nobody answers.
pub async fn record(dns: &Dns, domain: &str) -> Result<Option<String>, Verdict> {
    let texts = match dns.txt(domain).await {
        Ok(texts) => texts,
        Err(Missing::Unknown(why)) => return Err(Verdict::Unknown(why)),
        Err(_) => return Ok(None),
    };
    let mut records = texts.into_iter().filter(|text| {
        let (version, _) = text.split_once(' ').unwrap_or((text, ""));
        version.eq_ignore_ascii_case("v=spf1")
    });
    match (records.next(), records.next()) {
        (_, Some(_)) => Err(Verdict::Wrong(format!(
            "`{domain}` has several SPF records, and receivers then take none"
        ))),
        (record, None) => Ok(record),
    }
}

/// Whether the record of `domain`, or one that it includes, has this very term.
pub fn names<'f>(dns: &'f Dns, domain: String, term: &'f str, depth: usize) -> Boxed<'f, bool> {
    Box::pin(async move {
        let Ok(Some(text)) = record(dns, &domain).await else {
            return false;
        };
        for word in text.split_ascii_whitespace().skip(1) {
            let word = word.to_ascii_lowercase();
            let bare = word.strip_prefix('+').unwrap_or(&word);
            if bare == term {
                return true;
            }
            let inner = bare
                .strip_prefix("include:")
                .or_else(|| bare.strip_prefix("redirect="));
            if let Some(inner) = inner
                && depth < LOOKUPS
                && names(dns, inner.to_owned(), term, depth + 1).await
            {
                return true;
            }
        }
        false
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Term {
    Mechanism(Verdict, Mechanism),
    Redirect(String),
    /// `exp=` and modifiers that are not known (§6).
    Ignored,
}

#[derive(Debug, PartialEq, Eq)]
enum Mechanism {
    All,
    Include(String),
    A(String, (u8, u8)),
    Mx(String, (u8, u8)),
    Ptr(String),
    Network(IpAddr, u8),
    Exists(String),
}

impl Term {
    fn read(word: &str) -> Result<Self, Stop> {
        let wrong = || Verdict::Wrong(format!("`{word}` is no SPF term"));
        let (verdict, bare) = match word.as_bytes().first() {
            Some(b'+') => (Verdict::Pass, &word[1..]),
            Some(b'-') => (Verdict::Fail, &word[1..]),
            Some(b'~') => (Verdict::SoftFail, &word[1..]),
            Some(b'?') => (Verdict::Neutral, &word[1..]),
            _ => (Verdict::Pass, word),
        };
        let name_ends = bare.find([':', '/', '=']).unwrap_or(bare.len());
        let (name, rest) = bare.split_at(name_ends);
        if let Some(value) = rest.strip_prefix('=') {
            return match name.to_ascii_lowercase().as_str() {
                "redirect" if !value.is_empty() => Ok(Self::Redirect(value.to_owned())),
                _ if name.is_empty() || bare != word => Err(wrong()),
                _ => Ok(Self::Ignored),
            };
        }
        let value = rest.strip_prefix(':');
        let needed = || {
            value
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
                .ok_or_else(wrong)
        };
        let mechanism = match name.to_ascii_lowercase().as_str() {
            "all" if rest.is_empty() => Mechanism::All,
            "include" => Mechanism::Include(needed()?),
            "exists" => Mechanism::Exists(needed()?),
            "ptr" if rest.is_empty() || value.is_some() => {
                Mechanism::Ptr(value.unwrap_or_default().to_owned())
            }
            "a" | "mx" => {
                let (target, bits) = target(rest).ok_or_else(wrong)?;
                if name.eq_ignore_ascii_case("a") {
                    Mechanism::A(target, bits)
                } else {
                    Mechanism::Mx(target, bits)
                }
            }
            "ip4" | "ip6" => {
                let (ip, bits) = network(&needed()?).ok_or_else(wrong)?;
                if ip.is_ipv4() != name.eq_ignore_ascii_case("ip4") {
                    return Err(wrong());
                }
                Mechanism::Network(ip, bits)
            }
            _ => return Err(wrong()),
        };
        Ok(Self::Mechanism(verdict, mechanism))
    }
}

/// `:domain/24//64`, each part optional.
fn target(rest: &str) -> Option<(String, (u8, u8))> {
    let (name, lengths) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let name = match name.strip_prefix(':') {
        Some("") => return None,
        Some(name) => name,
        None if name.is_empty() => "",
        None => return None,
    };
    let (four, six) = match lengths.split_once("//") {
        Some((four, six)) => (four, Some(six)),
        None => (lengths, None),
    };
    let four = match four.strip_prefix('/') {
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= 32)?,
        None if four.is_empty() => 32,
        None => return None,
    };
    let six = match six {
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= 128)?,
        None => 128,
    };
    Some((name.to_owned(), (four, six)))
}

fn network(value: &str) -> Option<(IpAddr, u8)> {
    let (ip, bits) = match value.split_once('/') {
        Some((ip, bits)) => (ip, Some(bits)),
        None => (value, None),
    };
    let ip: IpAddr = ip.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= most)?,
        None => most,
    };
    Some((ip, bits))
}

fn within(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(bits.min(32)))
                .unwrap_or(0);
            (ip.to_bits() ^ network.to_bits()) & mask == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(bits.min(128)))
                .unwrap_or(0);
            (ip.to_bits() ^ network.to_bits()) & mask == 0
        }
        _ => false,
    }
}

/// §7.3: an IPv6 address by its nibbles.
fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let nibbles = format!("{:032x}", ip.to_bits());
            let nibbles: Vec<String> = nibbles.chars().map(String::from).collect();
            nibbles.join(".")
        }
    }
}

#[cfg(test)]
mod tests;
