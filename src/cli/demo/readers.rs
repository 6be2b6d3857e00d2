//! The demo's readers: they see only what a reader sees, the pages and their mail.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context, ensure};
use mail_parser::{HeaderValue, MessageParser};
use reqwest::{Client, redirect};

use super::steps::{STEP_TIMEOUT, until};
use crate::{app::App, delivery::mailbox};

/// One mail in the built-in mailbox.
#[derive(Debug)]
pub struct Mail {
    /// To whom it came.
    pub recipient: String,
    raw: Vec<u8>,
}

/// Twenty-five people with a browser and a mailbox.
#[derive(Debug)]
pub struct Readers<'a> {
    app: &'a App,
    client: Client,
}

impl<'a> Readers<'a> {
    /// Their browser follows no redirect: one click must work without (RFC 8058 §3.1).
    pub fn new(app: &'a App) -> anyhow::Result<Self> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .no_proxy()
            .build()?;
        Ok(Self { app, client })
    }

    /// Fills in the form. Each person comes from a network of their own, as in life.
    pub async fn sign_up(&self, number: usize) -> anyhow::Result<()> {
        let form = format!("email=reader{number}%40example.org&topic=press");
        let answer = self
            .client
            .post(self.app.link("/subscribe"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", format!("198.51.{number}.7"))
            .body(form)
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "the form answered {}",
            answer.status()
        );
        Ok(())
    }

    /// All mail so far, once there are `count` of it.
    pub async fn mails(&self, count: usize, what: &str) -> anyhow::Result<Vec<Mail>> {
        until(what, || async {
            let mails = self.read().await?;
            Ok((mails.len() >= count).then_some(mails))
        })
        .await
    }

    /// The mails of one newsletter: exactly `count`, no two to the same person.
    pub async fn newsletters(&self, id: i64, count: usize) -> anyhow::Result<Vec<Mail>> {
        let subject = crate::newsletters::find(self.app, id).await?.subject;
        let mails = until("the mails", || async {
            let mut mails = self.read().await?;
            mails.retain(|mail| mail.subject().as_deref() == Some(subject.as_str()));
            Ok((mails.len() >= count).then_some(mails))
        })
        .await?;
        ensure!(
            mails.len() == count,
            "{} mails came instead of {count}",
            mails.len()
        );
        let people: HashSet<&str> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
        ensure!(people.len() == count, "somebody was mailed twice");
        Ok(mails)
    }

    /// Opens the link in the confirmation mail and presses its button.
    pub async fn confirm(&self, mail: &Mail) -> anyhow::Result<()> {
        let text = mail.text()?;
        let link = text
            .split_whitespace()
            .find(|word| word.contains("/confirm/"))
            .context("the confirmation mail has no link")?
            .to_owned();
        let page = self.client.get(&link).send().await?;
        ensure!(
            page.status().is_success(),
            "the landing page answered {}",
            page.status()
        );
        let answer = self.client.post(&link).send().await?;
        ensure!(
            answer.status().is_success(),
            "the button answered {}",
            answer.status()
        );
        Ok(())
    }

    /// What a mail program does when its reader presses "unsubscribe".
    pub async fn one_click(&self, mail: &Mail) -> anyhow::Result<()> {
        let message = MessageParser::default()
            .parse(&mail.raw)
            .context("the newsletter cannot be parsed")?;
        let post = message
            .header("List-Unsubscribe-Post")
            .and_then(HeaderValue::as_text);
        ensure!(
            post == Some("List-Unsubscribe=One-Click"),
            "the newsletter offers no one click"
        );
        let raw = String::from_utf8_lossy(&mail.raw);
        let header = raw
            .split("\nList-Unsubscribe:")
            .nth(1)
            .context("no List-Unsubscribe")?;
        let link = header
            .split(['<', '>'])
            .nth(1)
            .context("no link in List-Unsubscribe")?;
        let answer = self
            .client
            .post(link)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("List-Unsubscribe=One-Click")
            .timeout(STEP_TIMEOUT)
            .send()
            .await?;
        ensure!(
            answer.status() == 200,
            "one click answered {}",
            answer.status()
        );
        Ok(())
    }

    async fn read(&self) -> anyhow::Result<Vec<Mail>> {
        let kept = mailbox::kept_mails(&self.app.db).await?;
        let mails = kept.into_iter().map(|kept| Mail {
            recipient: kept.recipient,
            raw: kept.message,
        });
        Ok(mails.collect())
    }
}

impl Mail {
    fn subject(&self) -> Option<String> {
        MessageParser::default()
            .parse(&self.raw)?
            .subject()
            .map(str::to_owned)
    }

    fn text(&self) -> anyhow::Result<String> {
        let message = MessageParser::default()
            .parse(&self.raw)
            .context("the mail cannot be parsed")?;
        Ok(message
            .body_text(0)
            .context("the mail has no text part")?
            .into_owned())
    }
}
