//! Signs by which a mail without a machine-readable report is known: who sends it, what its subject
//! says, in the languages that mail systems speak.

use super::opened::Opened;

const DAEMONS: [&str; 15] = [
    "mailer-daemon",
    "mailerdaemon",
    "mailer_daemon",
    "mail-daemon",
    "maildaemon",
    "postmaster",
    "post_master",
    "mdaemon",
    "double-bounce",
    "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e",
    "mail-delivery",
    "maildelivery",
    "bounces",
    "daemon",
    "mailsystem",
];

const DAEMON_NAMES: [&str; 16] = [
    "mail delivery",
    "mailer-daemon",
    "mailer daemon",
    "delivery subsystem",
    "mail administrator",
    "system administrator",
    "systemadministrator",
    "postmaster",
    "mail system",
    "mail router",
    "mail deliverer",
    "delivery system",
    "message router",
    "microsoft outlook",
    "mailenable",
    "internet mail delivery",
];

/// Words of a subject or of a first sentence that mean: it did not arrive.
const FAILURE: [&str; 91] = [
    "undeliver",
    "undelivrable",
    "returned mail",
    "mail returned",
    "returned to sender",
    "return to sender",
    "returned message",
    "returning message",
    "returned unsent",
    "delivery status",
    "delivery fail",
    "delivery has failed",
    "delivery error",
    "delivery problem",
    "delivery report",
    "delivery notification",
    "delivery incomplete",
    "delivery unsuccessful",
    "delivery subsystem",
    "failed delivery",
    "failed mail",
    "failure notice",
    "failure delivery",
    "failure to deliver",
    "nondeliverable",
    "non-deliver",
    "nondelivery",
    "non delivery",
    "not delivered",
    "not be delivered",
    "n't be delivered",
    "not deliver",
    "unable to deliver",
    "able to deliver",
    "n't deliver",
    "échec d'envoi",
    "cannot be delivered",
    "can't be delivered",
    "can not be delivered",
    "mail delivery failed",
    "mail delivery",
    "mail failure",
    "mail failed",
    "mail has been returned",
    "has not been delivered",
    "did not reach the following",
    "mail error",
    "message error",
    "mail system error",
    "mailer error",
    "message status",
    "problem delivering",
    "trouble delivering",
    "bounce",
    "unknown user",
    "user unknown",
    "rejected mail",
    "message rejected",
    "unzustellbar",
    "nicht zustellbar",
    "nicht zugestellt",
    "zustellung fehlgeschlagen",
    "fehler bei der nachrichtenzustellung",
    "unzustellbarkeit",
    "onbestelbaar",
    "non remis",
    "non distribu",
    "échec de la remise",
    "échec de remise",
    "retour de courrier",
    "no se puede entregar",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no entregado",
    "devuelto",
    "não entregue",
    "falha na entrega",
    "não foi possível entregar",
    "devolvida",
    "non recapitabile",
    "mancata consegna",
    "consegna non riuscita",
    "не доставлено",
    "недоставлен",
    "не удалось доставить",
    "не может быть доставлено",
    "niedostarcz",
    "nedoručiteln",
    "olevererbar",
    "kunde inte levereras",
    "teslim edilemedi",
];

/// The same in languages that fewer systems speak.
const FAILURE_ELSEWHERE: [&str; 36] = [
    "ei voitu toimittaa",
    "ei toimitettu",
    "kunne ikke leveres",
    "blev ikke leveret",
    "ble ikke levert",
    "kézbesítési hiba",
    "nem kézbesíthető",
    "kézbesítése nem sikerült",
    "nelze doručit",
    "nebylo možné doručit",
    "nepodarilo sa doručiť",
    "nie można dostarczyć",
    "nie została dostarczona",
    "nu a putut fi livrat",
    "livrare eșuată",
    "nije isporučen",
    "isporuka nije uspjela",
    "ni bilo mogoče dostaviti",
    "αποτυχία παράδοσης",
    "δεν παραδόθηκε",
    "неуспешно доставяне",
    "не беше доставено",
    "не вдалося доставити",
    "не може бути доставлен",
    "לא נמסרה",
    "לא נמסר",
    "לא הגיעה ליעדה",
    "תקלה במסירה",
    "تعذر تسليم",
    "لم يتم تسليم",
    "فشل تسليم",
    "ไม่สามารถส่ง",
    "tidak dapat dikirim",
    "tidak terkirim",
    "gagal dikirim",
    "tidak dapat dihantar",
];

const FAILURE_EAST: [&str; 25] = [
    "配信不能",
    "配信できません",
    "配信エラー",
    "送信できません",
    "配達できません",
    "届けることができません",
    "お届けできません",
    "不達",
    "エラーメール",
    "メールエラー",
    "退信",
    "退件",
    "退回",
    "无法投递",
    "無法投遞",
    "无法送达",
    "無法傳遞",
    "投递失败",
    "发送失败",
    "傳送失敗",
    "배달 실패",
    "배달되지",
    "반송",
    "전송 실패",
    "không gửi được",
];

/// Words that mean: it is still being tried. Only where nothing says that it was given up.
const DELAY: [&str; 58] = [
    "delivery delayed",
    "delayed mail",
    "mail delayed",
    "message delayed",
    "delay in delivery",
    "delayed delivery",
    "delivery status notification (delay)",
    "delivery has been delayed",
    "has been delayed",
    "is delayed",
    "delivery delay",
    "still being retried",
    "will be retried",
    "will retry",
    "will continue to try",
    "will keep trying",
    "will try to deliver it again",
    "will attempt to deliver",
    "delivery attempts will continue",
    "continue trying",
    "keep trying",
    "will be attempted",
    "not yet been delivered",
    "not been delivered yet",
    "has not yet been",
    "could not be delivered yet",
    "warning: could not send message for past",
    "warning: message still undelivered",
    "this is a warning message only",
    "you do not need to resend your message",
    "no action is required on your part",
    "verzögert",
    "weitere zustellversuche",
    "a été retardée",
    "retardé",
    "se ha retrasado",
    "retrasado",
    "em atraso",
    "in ritardo",
    "задерж",
    "配信が遅延",
    "延迟",
    "vertraagd",
    "opóźnion",
    "zpožděn",
    "oneskoren",
    "forsinket",
    "försenat",
    "försenad",
    "viivästy",
    "késedelmes",
    "întârziat",
    "nu a putut fi livrat încă",
    "καθυστερ",
    "затримк",
    "إعادة المحاولة",
    "תנסה שוב",
    "tertunda",
];

const GIVEN_UP: [&str; 14] = [
    "not continue",
    "not be attempted",
    "this is a permanent error",
    "permanent fatal errors",
    "permanent failure",
    "given up",
    "giving up",
    "will not try",
    "will not be retried",
    "has been deleted from",
    "will be deleted from queue",
    "failed permanently",
    "no further attempts",
    "unable to deliver",
];

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Whether a mail system sent it.
pub(super) fn is_from_daemon(opened: &Opened) -> bool {
    let from = opened
        .headers
        .get("from")
        .unwrap_or_default()
        .to_lowercase();
    let sender = opened
        .headers
        .get("sender")
        .unwrap_or_default()
        .to_lowercase();
    [from, sender].iter().any(|from| {
        let address = from.rsplit(['<', ' ']).next().unwrap_or_default();
        let local = address
            .split('@')
            .next()
            .unwrap_or_default()
            .trim_matches(['"', '>']);
        DAEMONS.contains(&local) || contains_any(from, &DAEMON_NAMES)
    })
}

/// Whether it came with the null return path, as bounces do (RFC 5321 §4.5.5).
pub(super) fn has_null_return_path(opened: &Opened) -> bool {
    opened
        .headers
        .get("return-path")
        .is_some_and(|path| matches!(path, "" | "<>" | "<MAILER-DAEMON>") || path.starts_with("<>"))
}

/// Whether subject or beginning say that something did not arrive.
pub(super) fn says_failure(text: &str) -> bool {
    [&FAILURE[..], &FAILURE_ELSEWHERE, &FAILURE_EAST]
        .into_iter()
        .any(|words| contains_any(text, words))
}

/// Whether the subject, in lower case, is that of an answer or of a mail that was passed on.
pub(super) fn is_answer(subject: &str) -> bool {
    const ANSWERS: [&str; 12] = [
        "re:", "aw:", "antw:", "sv:", "vs:", "rif:", "r:", "odp:", "fw:", "fwd:", "wg:", "tr:",
    ];
    ANSWERS.iter().any(|answer| subject.starts_with(answer))
}

/// Whether it says that it is still being tried.
pub(super) fn says_delay(subject: &str, notice: &str) -> bool {
    (contains_any(subject, &DELAY) || contains_any(notice, &DELAY))
        && !contains_any(subject, &GIVEN_UP)
        && !contains_any(notice, &GIVEN_UP)
}
