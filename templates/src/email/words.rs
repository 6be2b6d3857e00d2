//! What the newsletter, and its page in the archive, say in the office's stead, in each of its
//! languages.

use jiff::civil::Date;

use crate::month_names;

/// The fixed texts in one language.
#[derive(Debug)]
pub(crate) struct FixedWords {
    /// The language that they are in.
    pub(crate) language: &'static str,
    pub(crate) unsubscribe: &'static str,
    pub(crate) preferences: &'static str,
    pub(crate) view_on_web: &'static str,
    pub(crate) privacy: &'static str,
    pub(crate) read_full: &'static str,
    pub(crate) read_at_source: &'static str,
    pub(crate) archive: &'static str,
    pub(crate) nothing_yet: &'static str,
    pub(crate) older: &'static str,
    pub(crate) get_by_email: &'static str,
    pub(crate) feed: &'static str,
}

const ENGLISH: FixedWords = FixedWords {
    language: "en",
    unsubscribe: "Unsubscribe",
    preferences: "Change your preferences",
    view_on_web: "View on the web",
    privacy: "Privacy",
    read_full: "Read the full release",
    read_at_source: "See this release on the office’s website",
    archive: "Archive",
    nothing_yet: "Nothing has been mailed yet.",
    older: "Older",
    get_by_email: "Get these by email",
    feed: "Feed (Atom)",
};

const SPANISH: FixedWords = FixedWords {
    language: "es",
    unsubscribe: "Cancelar la suscripción",
    preferences: "Cambiar sus preferencias",
    view_on_web: "Ver en la web",
    privacy: "Privacidad",
    read_full: "Leer el comunicado completo",
    read_at_source: "Ver este comunicado en el sitio web de la oficina",
    archive: "Archivo",
    nothing_yet: "Aún no se ha enviado nada.",
    older: "Anteriores",
    get_by_email: "Recíbalos por correo electrónico",
    feed: "Canal (Atom)",
};

const KOREAN: FixedWords = FixedWords {
    language: "ko",
    unsubscribe: "수신 거부",
    preferences: "수신 설정 변경",
    view_on_web: "웹에서 보기",
    privacy: "개인정보 보호",
    read_full: "보도자료 전문 읽기",
    read_at_source: "사무실 웹사이트에서 이 보도자료 보기",
    archive: "지난 소식",
    nothing_yet: "아직 발송된 소식이 없습니다.",
    older: "이전 소식",
    get_by_email: "이메일로 받기",
    feed: "피드 (Atom)",
};

const VIETNAMESE: FixedWords = FixedWords {
    language: "vi",
    unsubscribe: "Hủy đăng ký",
    preferences: "Thay đổi tùy chọn của quý vị",
    view_on_web: "Xem trên web",
    privacy: "Quyền riêng tư",
    read_full: "Đọc toàn văn thông cáo",
    read_at_source: "Xem thông cáo này trên trang web của văn phòng",
    archive: "Lưu trữ",
    nothing_yet: "Chưa có thư nào được gửi.",
    older: "Cũ hơn",
    get_by_email: "Nhận qua email",
    feed: "Nguồn tin (Atom)",
};

const CHINESE: FixedWords = FixedWords {
    language: "zh",
    unsubscribe: "退订",
    preferences: "更改偏好设置",
    view_on_web: "在网页上查看",
    privacy: "隐私",
    read_full: "阅读新闻稿全文",
    read_at_source: "在办公室网站上查看此新闻稿",
    archive: "往期内容",
    nothing_yet: "尚未发送任何内容。",
    older: "更早",
    get_by_email: "通过电子邮件接收",
    feed: "订阅源 (Atom)",
};

impl FixedWords {
    /// In the language of a BCP 47 tag; in English where we do not speak it.
    pub(crate) fn of(language: &str) -> &'static Self {
        match language.split('-').next().unwrap_or_default() {
            "es" => &SPANISH,
            "ko" => &KOREAN,
            "vi" => &VIETNAMESE,
            "zh" => &CHINESE,
            _ => &ENGLISH,
        }
    }

    /// Why the reader gets this: what they asked for and agreed to (C6).
    pub(crate) fn why(&self, topic: &str, asked_at: &str, office: &str) -> String {
        match self.language {
            "es" => format!(
                "Recibe este correo porque pidió «{topic}» en {asked_at} y autorizó a {office} a enviar novedades periódicas a esta dirección."
            ),
            "ko" => format!(
                "{asked_at}에서 “{topic}” 수신을 신청하고 {office}에서 이 주소로 정기 소식을 보내는 데 동의하셨기 때문에 이 메일을 받으십니다."
            ),
            "vi" => format!(
                "Quý vị nhận thư này vì đã đăng ký nhận “{topic}” tại {asked_at} và cho phép {office} gửi tin cập nhật thường xuyên đến địa chỉ này."
            ),
            "zh" => format!(
                "您收到此邮件，是因为您在 {asked_at} 订阅了“{topic}”，并授权 {office} 定期向此地址发送最新消息。"
            ),
            _ => format!(
                "You get this because you asked for “{topic}” at {asked_at} and authorized {} to send regular email updates to this address.",
                the(office)
            ),
        }
    }

    /// The same to somebody on the press list, who did not ask.
    pub(crate) fn why_press(&self, office: &str) -> String {
        match self.language {
            "es" => format!(
                "Recibe este correo porque {office} tiene esta dirección en su lista de prensa. Puede darse de baja en cualquier momento con un clic."
            ),
            "ko" => format!(
                "{office}의 언론 연락처에 이 주소가 있어 이 메일을 받으십니다. 언제든지 한 번의 클릭으로 그만 받으실 수 있습니다."
            ),
            "vi" => format!(
                "Quý vị nhận thư này vì {office} có địa chỉ này trong danh sách báo chí. Quý vị có thể ngừng nhận bất cứ lúc nào chỉ với một cú nhấp."
            ),
            "zh" => format!(
                "您收到此邮件，是因为 {office} 的媒体联系名单中有此地址。您可以随时一键退订。"
            ),
            _ => format!(
                "You get this because this address is on the press list of {}. You can leave it at any time with one click.",
                the(office)
            ),
        }
    }

    /// Who made it, and in what capacity (C7).
    pub(crate) fn prepared(&self, office: &str) -> String {
        match self.language {
            "es" => format!("Preparado por {office}. Asunto oficial."),
            "ko" => format!("작성: {office}. 공식 업무."),
            "vi" => format!("Do {office} soạn. Công vụ."),
            "zh" => format!("由 {office} 编制。公务通讯。"),
            _ if office.to_lowercase().contains("office") => {
                format!("Prepared by {}. Official business.", the(office))
            }
            _ => format!("Prepared by the office of {office}. Official business."),
        }
    }

    /// A day as readers write it.
    pub(crate) fn date(&self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self.language {
            "es" => format!(
                "{day} de {} de {year}",
                month_names::name(&month_names::SPANISH, month)
            ),
            "ko" => format!("{year}년 {month}월 {day}일"),
            "vi" => format!("ngày {day} tháng {month} năm {year}"),
            "zh" => format!("{year}年{month}月{day}日"),
            _ => {
                let month = month_names::name(&month_names::ENGLISH, month);
                format!("{} {day}, {year}", month_names::capitalized(month))
            }
        }
    }
}

/// An office's name within an English sentence.
fn the(office: &str) -> String {
    if office.starts_with("Office") {
        format!("the {office}")
    } else {
        office.to_owned()
    }
}
