//! The state machine of a message, a newsletter's delivery and a transactional mail alike: every way
//! from one state to another. [`Transition::sql`] writes every statement that moves a row: it names
//! the states that the row may come from, so that of two who would move it one does, and whoever
//! comes late changes nothing.

use sea_orm::EnumIter;

use super::DeliveryState as State;

/// What can happen to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter)]
pub enum Transition {
    /// A worker takes it.
    Claim,
    /// Whoever held it has not tried it, or is no more.
    GiveBack,
    /// Its mailbox provider asked for patience; it was not tried.
    DeferUntried,
    /// The relay took it, whoever holds the row by now.
    Accept,
    /// The relay put it off, or may have it.
    Defer,
    /// The relay refused it for good, or its deadline has passed.
    Fail,
    /// Its reader left, or its newsletter was cancelled.
    Withdraw,
    /// It was failed for what is not its reader's fault, a moment ago.
    RequeueFailed,
    /// Staff want those who were not reached to be tried once more.
    SendAgain,
}

/// Where a transition leads, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Any of these.
    pub from: &'static [State],
    /// The state it has then.
    pub to: State,
}

/// The tables whose rows move so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter)]
pub enum Table {
    /// Newsletters to their readers.
    Delivery,
    /// Mail to one person.
    TransactionalMail,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::TransactionalMail => "transactional_mail",
        }
    }
}

impl Transition {
    /// Its rule.
    #[must_use]
    pub const fn rule(self) -> Rule {
        use State::{Accepted, Claimed, Deferred, Failed, Queued, Withdrawn};
        const OPEN: &[State] = &[Queued, Claimed, Deferred];
        let (from, to): (&[State], _) = match self {
            Self::Claim => (&[Queued, Deferred], Claimed),
            Self::GiveBack => (&[Claimed], Queued),
            Self::DeferUntried => (&[Claimed], Deferred),
            Self::Accept => (OPEN, Accepted),
            Self::Defer => (OPEN, Deferred),
            Self::Fail => (OPEN, Failed),
            Self::Withdraw => (OPEN, Withdrawn),
            Self::RequeueFailed => (&[Failed], Deferred),
            Self::SendAgain => (&[Failed], Queued),
        };
        Rule { from, to }
    }

    /// `UPDATE` of the rows for which `only` holds and which stand where this transition may begin;
    /// `set` names the other columns.
    #[must_use]
    pub fn sql(self, table: Table, set: &str, only: &str) -> String {
        let to = (self.rule().to as i16).to_string();
        self.update(table, &to, set, only)
    }

    /// The same, but `other` for the rows for which `condition` holds; it begins wherever this does.
    #[must_use]
    pub fn sql_or(
        self,
        table: Table,
        (condition, other): (&str, Self),
        set: &str,
        only: &str,
    ) -> String {
        let (to, other) = (self.rule().to as i16, other.rule().to as i16);
        let to = format!("CASE WHEN {condition} THEN {other} ELSE {to} END");
        self.update(table, &to, set, only)
    }

    fn update(self, table: Table, to: &str, set: &str, only: &str) -> String {
        let (table, from) = (table.name(), self.sql_from());
        format!("UPDATE {table} SET state = {to}, {set} WHERE {only} AND {from}")
    }

    /// What is claimed is found by its partial index; all else is found by what `only` says, and here
    /// looked at. For a list of states SQLite would build a table each time.
    fn sql_from(self) -> String {
        match self.rule().from {
            [State::Claimed] => format!("state = {}", State::Claimed as i16),
            [one] => format!("state + 0 = {}", *one as i16),
            [one, other] => format!(
                "(state + 0 = {} OR state + 0 = {})",
                *one as i16, *other as i16
            ),
            _ => format!("state < {}", State::Accepted as i16),
        }
    }
}
