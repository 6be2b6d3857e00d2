//! The table `returned_mail`: what came back, and what was done about it.

use sea_orm::{DeriveActiveEnum, EnumIter, entity::prelude::*};

use super::return_reader::ReturnKind;
use crate::delivery::reply_class::{ReplyAction, ReplyClass};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "returned_mail")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: i64,
    #[sea_orm(unique)]
    pub fingerprint: Vec<u8>,
    pub way: ReturnWay,
    pub kind: ReturnKind,
    pub state: ReturnState,
    pub class: Option<ReplyClass>,
    pub action: ReplyAction,
    pub newsletter_id: Option<i64>,
    pub subscriber_id: Option<i64>,
    pub provider: String,
    pub status: Option<String>,
    pub diagnosis: String,
    pub why: String,
    pub subject: String,
    pub mail: Option<Vec<u8>>,
    pub undone_at: Option<i64>,
    pub undone_by: Option<String>,
    pub forwarded_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

/// How it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum ReturnWay {
    /// `gazette returns read`
    CommandLine = 0,
    /// A mailbox that is read over IMAP.
    Imap = 1,
    /// The listener for LMTP and SMTP.
    Listener = 2,
    /// A webhook of a sending service.
    Webhook = 3,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum ReturnState {
    /// Written down; nothing else was due.
    Noted = 0,
    /// It changed a subscriber.
    Acted = 1,
    /// No mark of ours held, or the mail was never sent: nothing changed (B1).
    Unproved = 2,
    /// Of a form that is not known: for staff to look at.
    SetAside = 3,
    /// Staff looked at it.
    Filed = 4,
    /// Staff took back what it did.
    Undone = 5,
}
