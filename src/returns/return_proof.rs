//! Which mail of ours a return belongs to: proved by a mark that only our key makes, and by what was
//! mailed (B1, B8).

use super::{
    marks::ReturnMarks,
    return_error::ReturnError,
    return_reader::{Reading, ReturnKind},
};
use crate::{
    app::App,
    db::WriteTransaction,
    delivery::{accepted_at, accepted_since},
    secret::Keys,
    subscribers::{self, Returnee, link::SubscriberLink, press_list},
    transactional::{self, ReturnMark, TransactionalKind},
};

/// The mail that a return is proved to belong to.
#[derive(Debug)]
pub(super) enum Proof {
    /// A newsletter to a subscriber.
    Newsletter {
        link: SubscriberLink,
        who: Returnee,
        /// When a relay took it.
        sent_at: i64,
    },
    /// A newsletter to somebody on the press list.
    PressContact(SubscriberLink),
    /// A mail that asked somebody to confirm.
    Confirmation { who: Returnee, sent_at: i64 },
    /// Another transactional mail: to staff, or to somebody who is forgotten.
    OtherMail,
    /// The mail to ourselves with this number.
    Probe(i64),
}

impl Proof {
    pub(super) fn newsletter(&self) -> Option<i64> {
        match self {
            Self::Newsletter { link, .. } | Self::PressContact(link) => Some(link.newsletter),
            _ => None,
        }
    }

    /// The subscriber whom it is about.
    pub(super) fn who(&self) -> Option<&Returnee> {
        match self {
            Self::Newsletter { who, .. } | Self::Confirmation { who, .. } => Some(who),
            _ => None,
        }
    }

    /// When the mail was taken.
    pub(super) fn sent_at(&self) -> Option<i64> {
        match self {
            Self::Newsletter { sent_at, .. } | Self::Confirmation { sent_at, .. } => Some(*sent_at),
            _ => None,
        }
    }
}

/// Finds a mark that this key made, and the mail that it belongs to. `signed`: a signature proves who
/// sent the return, so that an address alone names the reader.
pub(super) async fn prove(
    app: &App,
    transaction: &WriteTransaction,
    reading: &Reading,
    signed: bool,
) -> Result<Option<Proof>, ReturnError> {
    // Leaving needs the token that stands in the address.
    let leaves = reading.kind == ReturnKind::Unsubscribe;
    let links: Vec<SubscriberLink> = if leaves {
        reading.marks.made_tokens(&app.keys).collect()
    } else {
        reading.marks.made_with(&app.keys).collect()
    };
    for link in links {
        if let Some(proof) = of_newsletter(transaction, reading, link).await? {
            return Ok(Some(proof));
        }
    }
    for local in &reading.marks.return_paths {
        match ReturnMark::from_local_part(&app.keys, local) {
            Some(ReturnMark::Probe(number)) => return Ok(Some(Proof::Probe(number))),
            Some(ReturnMark::Mail(id)) => {
                if let Some(proof) = of_transactional_mail(transaction, id).await? {
                    return Ok(Some(proof));
                }
            }
            None => {}
        }
    }
    match reading.first().address.as_deref().filter(|_| signed) {
        Some(address) => of_address(transaction, address).await,
        None => Ok(None),
    }
}

/// Whether mail to this address is ours to read: a return path or an address to unsubscribe that our
/// key made. What is not can be refused at the door.
pub(super) fn is_our_address(keys: &Keys, address: &str) -> bool {
    let mut marks = ReturnMarks::default();
    marks.arrived_at(address);
    let token = marks.unsubscribe_token.as_deref();
    token.is_some_and(|token| SubscriberLink::from_token(keys, token).is_some())
        || marks.return_paths.iter().any(|local| {
            SubscriberLink::from_return_path(keys, local).is_some()
                || ReturnMark::from_local_part(keys, local).is_some()
        })
}

async fn of_newsletter(
    transaction: &WriteTransaction,
    reading: &Reading,
    link: SubscriberLink,
) -> Result<Option<Proof>, ReturnError> {
    let sent_at = accepted_at(transaction, link.newsletter, link.subscriber).await?;
    // A token to unsubscribe proves the mailbox by itself, also for a mail that is forgotten.
    let leaves = reading.kind == ReturnKind::Unsubscribe;
    let Some(sent_at) = sent_at.or(leaves.then_some(0)) else {
        return Ok(None);
    };
    if press_list::is_contact(link) {
        return Ok(Some(Proof::PressContact(link)));
    }
    // Complaints and bounces are about the mail that was erased, and leaving is about now.
    let link = if leaves {
        subscribers::present_link(transaction, link).await?
    } else {
        link
    };
    let who = subscribers::returnee(transaction, link.subscriber).await?;
    Ok(who.map(|who| Proof::Newsletter { link, who, sent_at }))
}

async fn of_transactional_mail(
    transaction: &WriteTransaction,
    id: i64,
) -> Result<Option<Proof>, ReturnError> {
    let Some(mail) = transactional::accepted(transaction, id).await? else {
        return Ok(None);
    };
    if mail.kind != TransactionalKind::Confirmation {
        return Ok(Some(Proof::OtherMail));
    }
    let who = subscribers::returnee_by_address(transaction, &mail.recipient).await?;
    Ok(Some(who.map_or(Proof::OtherMail, |who| {
        Proof::Confirmation {
            who,
            sent_at: mail.at,
        }
    })))
}

/// The service signed it, but only what was mailed can come back.
async fn of_address(
    transaction: &WriteTransaction,
    address: &str,
) -> Result<Option<Proof>, ReturnError> {
    let Some(who) = subscribers::returnee_by_address(transaction, address).await? else {
        return Ok(None);
    };
    let latest = accepted_since(transaction, who.id, who.status_at())
        .await?
        .into_iter()
        .max_by_key(|accepted| accepted.at);
    Ok(latest.map(|accepted| Proof::Newsletter {
        link: SubscriberLink {
            subscriber: who.id,
            newsletter: accepted.newsletter,
        },
        who,
        sent_at: accepted.at,
    }))
}
