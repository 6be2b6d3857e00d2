//! The fixed words of the public pages and of the confirmation mail, in every language they speak.
//!
//! `{office}` stands for the office's name.

/// The version of the consent texts below, which the evidence names beside the text's own hash (O2).
/// A test holds it to the words.
pub const CONSENT_VERSION: &str = "2026-11";

/// One language's words.
#[derive(Debug)]
#[allow(missing_docs, reason = "each field is named for what it says")]
pub struct Words {
    /// BCP 47 tag.
    pub tag: &'static str,
    /// The language's name in itself.
    pub name: &'static str,
    pub skip: &'static str,
    pub navigation: &'static str,
    pub archive: &'static str,
    pub sign_up: &'static str,
    pub privacy: &'static str,
    pub help: &'static str,
    pub sign_up_title: &'static str,
    pub sign_up_lead: &'static str,
    pub email: &'static str,
    pub email_hint: &'static str,
    pub topics: &'static str,
    pub topics_hint: &'static str,
    pub language: &'static str,
    pub subscribe: &'static str,
    /// What a subscriber agrees to: the text that the evidence keeps (C6, O2).
    pub consent: &'static str,
    pub frequency: &'static str,
    pub leave_empty: &'static str,
    pub wrong: &'static str,
    pub address_wrong: &'static str,
    pub check_mail_title: &'static str,
    pub check_mail: &'static str,
    pub confirm_title: &'static str,
    pub confirm_lead: &'static str,
    pub confirm_button: &'static str,
    pub confirmed_title: &'static str,
    pub confirmed: &'static str,
    pub link_over_title: &'static str,
    pub link_over: &'static str,
    pub again_button: &'static str,
    pub never_title: &'static str,
    pub never_lead: &'static str,
    pub never_button: &'static str,
    pub never_done: &'static str,
    pub unsubscribe_title: &'static str,
    pub unsubscribe_lead: &'static str,
    pub unsubscribe_button: &'static str,
    pub unsubscribed_title: &'static str,
    pub unsubscribed: &'static str,
    pub preferences_title: &'static str,
    pub preferences_lead: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    pub leave_all: &'static str,
    pub not_found_title: &'static str,
    pub not_found: &'static str,
    pub failed_title: &'static str,
    pub failed: &'static str,
    pub unread_title: &'static str,
    pub unread: &'static str,
    pub privacy_text: &'static [&'static str],
    pub help_text: &'static [&'static str],
    pub mail_subject: &'static str,
    pub mail_asked: &'static str,
    pub mail_confirm: &'static str,
    pub mail_ignore: &'static str,
    pub mail_never: &'static str,
    pub mail_expires: &'static str,
}

/// All languages, the first one where nothing better fits.
pub static LANGUAGES: [&Words; 5] = [&ENGLISH, &SPANISH, &KOREAN, &VIETNAMESE, &CHINESE];

impl Words {
    /// The words in the language of a BCP 47 tag, by its first part; English where it is none of
    /// ours.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        LANGUAGES
            .iter()
            .copied()
            .find(|words| words.tag.eq_ignore_ascii_case(primary))
            .unwrap_or(&ENGLISH)
    }
}

/// A text with the office's name in its place.
#[must_use]
pub fn with_office(text: &str, office: &str) -> String {
    text.replace("{office}", office)
}

static ENGLISH: Words = Words {
    tag: "en",
    name: "English",
    skip: "Skip to content",
    navigation: "Pages",
    archive: "Past newsletters",
    sign_up: "Sign up",
    privacy: "Privacy",
    help: "Help",
    sign_up_title: "News by email",
    sign_up_lead: "Get press releases from {office} by email as soon as they come out.",
    email: "Email address",
    email_hint: "For example name@example.org",
    topics: "What would you like to receive?",
    topics_hint: "If you choose nothing, you receive everything.",
    language: "Language for emails about your subscription and for this site",
    subscribe: "Subscribe",
    consent: "By subscribing you authorize {office} to send regular email updates to this address. You can leave at any time with one click.",
    frequency: "You get one email for each release, usually a few a week. We first send one email to confirm that the address is yours.",
    leave_empty: "Leave this field empty",
    wrong: "Please check the form",
    address_wrong: "Enter an email address such as name@example.org.",
    check_mail_title: "Check your email",
    check_mail: "If this address can receive our news, a new email is on its way. Open it and press the button on the page it leads to. Nothing is sent before that.",
    confirm_title: "Confirm your subscription",
    confirm_lead: "Almost done. Confirm your subscription: press the button to get news from {office} by email.",
    confirm_button: "Yes, subscribe me",
    confirmed_title: "You are subscribed",
    confirmed: "You will get the next release by email. Every email has a link to unsubscribe.",
    link_over_title: "This link has expired or was already used",
    link_over: "If you get our emails, you are subscribed. If not, have a new link sent to you, or sign up again.",
    again_button: "Send me a new link",
    never_title: "You did not ask for this?",
    never_lead: "Then do nothing, and you will get no news. You can also tell us never to write to this address again.",
    never_button: "Never write to me again",
    never_done: "We will not write to this address again.",
    unsubscribe_title: "Unsubscribe",
    unsubscribe_lead: "Press the button, and you will get no more email from {office}.",
    unsubscribe_button: "Unsubscribe",
    unsubscribed_title: "You are unsubscribed",
    unsubscribed: "You will get no more email from this list. Nothing else is needed.",
    preferences_title: "Your preferences",
    preferences_lead: "Choose what you want to receive. Clear every box to unsubscribe.",
    save: "Save",
    saved: "Your choice is saved.",
    leave_all: "Unsubscribe",
    not_found_title: "There is no such page",
    not_found: "The address may be incomplete. You can find our news under Past newsletters.",
    failed_title: "Something went wrong here",
    failed: "It is not your fault, and nothing was changed. Please try again in a minute.",
    unread_title: "This could not be read",
    unread: "Nothing was changed. Please go back and try again.",
    privacy_text: &[
        "We keep your email address, what you chose, and the record of how you subscribed: when, from which page and network address. This record is the proof that you asked for our mail.",
        "We do not track whether you open an email or follow a link, and we give your address to no one.",
        "When you leave, we stop at once. Ask us, and we erase everything but a coded mark that keeps your address from being added again.",
    ],
    help_text: &[
        "You get our emails because you, or someone with access to your mailbox, confirmed your address here.",
        "Every email has a link to unsubscribe at its end; most mail programs show a button for it too. It works at once.",
        "If an email does not arrive, look in the spam folder, and add our address to your contacts.",
    ],
    mail_subject: "Please confirm your subscription",
    mail_asked: "Please confirm that you want email from {office}. Someone, hopefully you, entered this address on {when} at {page}.",
    mail_confirm: "If it was you, open this page and press the button:",
    mail_ignore: "If it was not you, ignore this email: you will get no news.",
    mail_never: "To make sure that we never write to this address again, open this page:",
    mail_expires: "The link works for {hours} hours.",
};

static SPANISH: Words = Words {
    tag: "es",
    name: "Español",
    skip: "Ir al contenido",
    navigation: "Páginas",
    archive: "Archivo",
    sign_up: "Suscribirse",
    privacy: "Privacidad",
    help: "Ayuda",
    sign_up_title: "Noticias por correo electrónico",
    sign_up_lead: "Reciba por correo electrónico los comunicados de prensa de {office} en cuanto se publiquen.",
    email: "Correo electrónico",
    email_hint: "Por ejemplo nombre@example.org",
    topics: "¿Qué desea recibir?",
    topics_hint: "Si no elige nada, lo recibirá todo.",
    language: "Idioma de nuestros mensajes",
    subscribe: "Suscribirme",
    consent: "Al suscribirse, usted autoriza a {office} a enviar regularmente novedades por correo electrónico a esta dirección. Puede darse de baja en cualquier momento con un clic.",
    frequency: "Recibirá un correo por cada comunicado, normalmente unos pocos por semana. Primero le enviaremos un correo para confirmar que la dirección es suya.",
    leave_empty: "Deje este campo vacío",
    wrong: "Revise el formulario",
    address_wrong: "Escriba una dirección de correo como nombre@example.org.",
    check_mail_title: "Revise su correo",
    check_mail: "Si esta dirección puede recibir nuestras noticias, le hemos enviado un correo. Ábralo, siga el enlace y pulse el botón de la página. Hasta entonces no le enviaremos ninguna noticia.",
    confirm_title: "Confirme su suscripción",
    confirm_lead: "Falta un paso: pulse el botón para recibir por correo las noticias de {office}.",
    confirm_button: "Sí, quiero suscribirme",
    confirmed_title: "Se ha suscrito",
    confirmed: "Recibirá el próximo comunicado por correo. Cada correo tiene un enlace para darse de baja.",
    link_over_title: "Este enlace ya no se puede usar",
    link_over: "Es demasiado antiguo o ya se usó. Si recibe nuestros correos, está suscrito. Si no, suscríbase de nuevo y le enviaremos otro enlace.",
    again_button: "Enviarme otro enlace",
    never_title: "¿No lo pidió usted?",
    never_lead: "Entonces no haga nada y no recibirá noticias. También puede pedirnos que no volvamos a escribir a esta dirección.",
    never_button: "No volver a escribirme",
    never_done: "No volveremos a escribir a esta dirección.",
    unsubscribe_title: "Darse de baja",
    unsubscribe_lead: "Pulse el botón y no recibirá más correos de {office}.",
    unsubscribe_button: "Darme de baja",
    unsubscribed_title: "Se ha dado de baja",
    unsubscribed: "No recibirá más correos de esta lista. No tiene que hacer nada más.",
    preferences_title: "Sus preferencias",
    preferences_lead: "Elija lo que desea recibir. Si no elige nada, se dará de baja.",
    save: "Guardar",
    saved: "Su elección se ha guardado.",
    leave_all: "Darse de baja",
    not_found_title: "Esta página no existe",
    not_found: "Puede que la dirección esté incompleta. Nuestras noticias están en el archivo.",
    failed_title: "Algo ha fallado aquí",
    failed: "No es culpa suya y no se ha cambiado nada. Inténtelo de nuevo en un minuto.",
    unread_title: "No se pudo leer lo enviado",
    unread: "No se ha cambiado nada. Vuelva atrás e inténtelo de nuevo.",
    privacy_text: &[
        "Guardamos su dirección de correo, lo que eligió y el registro de cómo se suscribió: cuándo, desde qué página y dirección de red. Ese registro prueba que usted pidió nuestro correo.",
        "No seguimos si abre un correo o sigue un enlace, y no damos su dirección a nadie.",
        "Cuando se da de baja, dejamos de escribirle de inmediato. Si nos lo pide, borramos todo salvo una marca cifrada que impide que su dirección se añada otra vez.",
    ],
    help_text: &[
        "Recibe nuestros correos porque usted, o alguien con acceso a su buzón, confirmó aquí su dirección.",
        "Cada correo tiene al final un enlace para darse de baja; la mayoría de los programas de correo muestran también un botón. Funciona de inmediato.",
        "Si un correo no llega, mire en la carpeta de correo no deseado y añada nuestra dirección a sus contactos.",
    ],
    mail_subject: "Confirme su suscripción",
    mail_asked: "Alguien, esperamos que usted, pidió el {when} en {page} que {office} envíe sus noticias a esta dirección.",
    mail_confirm: "Si fue usted, abra esta página y pulse el botón:",
    mail_ignore: "Si no fue usted, ignore este correo: no recibirá noticias.",
    mail_never: "Para que nunca más escribamos a esta dirección, abra esta página:",
    mail_expires: "El enlace funciona durante {hours} horas.",
};

static KOREAN: Words = Words {
    tag: "ko",
    name: "한국어",
    skip: "본문으로 건너뛰기",
    navigation: "페이지",
    archive: "지난 소식",
    sign_up: "구독 신청",
    privacy: "개인정보 처리방침",
    help: "도움말",
    sign_up_title: "이메일로 받는 소식",
    sign_up_lead: "{office}의 보도자료가 발표되면 이메일로 받아 보세요.",
    email: "이메일 주소",
    email_hint: "예: name@example.org",
    topics: "무엇을 받아 보시겠습니까?",
    topics_hint: "아무것도 고르지 않으면 모두 보내 드립니다.",
    language: "안내 메일의 언어",
    subscribe: "구독하기",
    consent: "구독하시면 {office}이(가) 이 주소로 정기적인 이메일 소식을 보내는 것을 허락하시게 됩니다. 언제든지 한 번의 클릭으로 그만 받으실 수 있습니다.",
    frequency: "보도자료마다 이메일 한 통을 보내며 보통 일주일에 몇 통입니다. 먼저 본인의 주소인지 확인하는 이메일을 보냅니다.",
    leave_empty: "이 칸은 비워 두세요",
    wrong: "입력 내용을 확인해 주세요",
    address_wrong: "name@example.org와 같은 이메일 주소를 입력해 주세요.",
    check_mail_title: "이메일을 확인해 주세요",
    check_mail: "이 주소로 소식을 보내 드릴 수 있는 경우 확인 이메일을 보냈습니다. 메일에 있는 링크를 열고 페이지의 버튼을 눌러 주세요. 그 전에는 소식을 보내지 않습니다.",
    confirm_title: "구독을 확인해 주세요",
    confirm_lead: "한 단계가 남았습니다. 버튼을 누르면 {office}의 소식을 이메일로 받으실 수 있습니다.",
    confirm_button: "네, 구독합니다",
    confirmed_title: "구독되었습니다",
    confirmed: "다음 보도자료부터 이메일로 보내 드립니다. 모든 이메일에 구독 취소 링크가 있습니다.",
    link_over_title: "이 링크는 더 이상 사용할 수 없습니다",
    link_over: "너무 오래되었거나 이미 사용된 링크입니다. 이메일을 받고 계시다면 구독 중이신 것입니다. 아니라면 다시 신청해 주세요. 새 링크를 보내 드립니다.",
    again_button: "새 링크 받기",
    never_title: "신청하지 않으셨습니까?",
    never_lead: "그렇다면 아무것도 하지 않으셔도 소식을 보내지 않습니다. 이 주소로 다시는 메일을 보내지 말라고 요청하실 수도 있습니다.",
    never_button: "다시는 보내지 마세요",
    never_done: "이 주소로 다시는 메일을 보내지 않겠습니다.",
    unsubscribe_title: "구독 취소",
    unsubscribe_lead: "버튼을 누르면 {office}의 이메일을 더 이상 받지 않습니다.",
    unsubscribe_button: "구독 취소",
    unsubscribed_title: "구독이 취소되었습니다",
    unsubscribed: "이 목록에서 더 이상 이메일을 보내지 않습니다. 다른 절차는 필요 없습니다.",
    preferences_title: "받아 볼 소식",
    preferences_lead: "받고 싶은 소식을 골라 주세요. 아무것도 고르지 않으면 구독이 취소됩니다.",
    save: "저장",
    saved: "선택하신 내용이 저장되었습니다.",
    leave_all: "구독 취소",
    not_found_title: "없는 페이지입니다",
    not_found: "주소가 완전하지 않을 수 있습니다. 소식은 지난 소식에서 보실 수 있습니다.",
    failed_title: "일시적인 문제가 발생했습니다",
    failed: "이용자의 잘못이 아니며 아무것도 변경되지 않았습니다. 잠시 후 다시 시도해 주세요.",
    unread_title: "보내신 내용을 읽을 수 없습니다",
    unread: "아무것도 변경되지 않았습니다. 뒤로 돌아가 다시 시도해 주세요.",
    privacy_text: &[
        "이메일 주소, 선택하신 내용, 그리고 구독하신 기록(시각, 페이지, 네트워크 주소)을 보관합니다. 이 기록은 본인이 메일을 신청하셨다는 증거입니다.",
        "이메일을 여셨는지, 링크를 누르셨는지 추적하지 않으며 주소를 누구에게도 주지 않습니다.",
        "구독을 취소하시면 즉시 중단합니다. 요청하시면 주소가 다시 추가되지 않도록 하는 암호화된 표시만 남기고 모두 지웁니다.",
    ],
    help_text: &[
        "본인 또는 본인의 메일함을 사용하는 분이 이곳에서 주소를 확인했기 때문에 이메일을 받으십니다.",
        "모든 이메일의 끝에 구독 취소 링크가 있고, 대부분의 메일 프로그램에 버튼도 있습니다. 즉시 적용됩니다.",
        "이메일이 오지 않으면 스팸 메일함을 확인하고 저희 주소를 연락처에 추가해 주세요.",
    ],
    mail_subject: "구독을 확인해 주세요",
    mail_asked: "{when}에 {page}에서 누군가(본인이시길 바랍니다) {office}의 소식을 이 주소로 보내 달라고 신청했습니다.",
    mail_confirm: "본인이시라면 이 페이지를 열고 버튼을 눌러 주세요:",
    mail_ignore: "본인이 아니시라면 이 메일을 무시하세요. 소식을 보내지 않습니다.",
    mail_never: "이 주소로 다시는 메일이 오지 않게 하려면 이 페이지를 여세요:",
    mail_expires: "이 링크는 {hours}시간 동안 사용할 수 있습니다.",
};

static VIETNAMESE: Words = Words {
    tag: "vi",
    name: "Tiếng Việt",
    skip: "Đến nội dung chính",
    navigation: "Các trang",
    archive: "Lưu trữ",
    sign_up: "Đăng ký",
    privacy: "Quyền riêng tư",
    help: "Trợ giúp",
    sign_up_title: "Tin tức qua email",
    sign_up_lead: "Nhận thông cáo báo chí của {office} qua email ngay khi được công bố.",
    email: "Địa chỉ email",
    email_hint: "Ví dụ: ten@example.org",
    topics: "Quý vị muốn nhận tin gì?",
    topics_hint: "Nếu không chọn gì, quý vị sẽ nhận tất cả.",
    language: "Ngôn ngữ của thư chúng tôi gửi",
    subscribe: "Đăng ký",
    consent: "Khi đăng ký, quý vị cho phép {office} thường xuyên gửi tin tức qua email đến địa chỉ này. Quý vị có thể ngừng nhận bất cứ lúc nào chỉ với một cú nhấp.",
    frequency: "Mỗi thông cáo là một email, thường vài email mỗi tuần. Trước hết chúng tôi gửi một email để xác nhận địa chỉ là của quý vị.",
    leave_empty: "Để trống ô này",
    wrong: "Vui lòng kiểm tra lại biểu mẫu",
    address_wrong: "Nhập một địa chỉ email như ten@example.org.",
    check_mail_title: "Hãy kiểm tra email",
    check_mail: "Nếu địa chỉ này có thể nhận tin, chúng tôi đã gửi một email. Hãy mở liên kết trong email và nhấn nút trên trang đó. Trước đó chúng tôi không gửi tin nào.",
    confirm_title: "Xác nhận đăng ký",
    confirm_lead: "Còn một bước nữa: nhấn nút để nhận tin của {office} qua email.",
    confirm_button: "Vâng, tôi đăng ký",
    confirmed_title: "Quý vị đã đăng ký",
    confirmed: "Quý vị sẽ nhận thông cáo tiếp theo qua email. Mỗi email đều có liên kết để ngừng nhận.",
    link_over_title: "Liên kết này không còn dùng được",
    link_over: "Liên kết đã quá cũ hoặc đã được sử dụng. Nếu quý vị đang nhận email của chúng tôi thì quý vị đã đăng ký. Nếu không, hãy đăng ký lại và chúng tôi sẽ gửi liên kết mới.",
    again_button: "Gửi cho tôi liên kết mới",
    never_title: "Quý vị không yêu cầu?",
    never_lead: "Vậy thì không cần làm gì, quý vị sẽ không nhận tin. Quý vị cũng có thể yêu cầu chúng tôi không bao giờ viết đến địa chỉ này nữa.",
    never_button: "Đừng bao giờ viết cho tôi nữa",
    never_done: "Chúng tôi sẽ không viết đến địa chỉ này nữa.",
    unsubscribe_title: "Ngừng nhận tin",
    unsubscribe_lead: "Nhấn nút và quý vị sẽ không nhận email từ {office} nữa.",
    unsubscribe_button: "Ngừng nhận",
    unsubscribed_title: "Quý vị đã ngừng nhận tin",
    unsubscribed: "Quý vị sẽ không nhận email từ danh sách này nữa. Không cần làm gì thêm.",
    preferences_title: "Lựa chọn của quý vị",
    preferences_lead: "Chọn tin quý vị muốn nhận. Nếu không chọn gì, quý vị sẽ ngừng nhận tin.",
    save: "Lưu",
    saved: "Lựa chọn của quý vị đã được lưu.",
    leave_all: "Ngừng nhận tin",
    not_found_title: "Không có trang này",
    not_found: "Địa chỉ có thể chưa đầy đủ. Tin tức của chúng tôi ở trong phần lưu trữ.",
    failed_title: "Đã xảy ra lỗi ở phía chúng tôi",
    failed: "Đây không phải lỗi của quý vị và không có gì bị thay đổi. Vui lòng thử lại sau một phút.",
    unread_title: "Không đọc được nội dung đã gửi",
    unread: "Không có gì bị thay đổi. Vui lòng quay lại và thử lại.",
    privacy_text: &[
        "Chúng tôi giữ địa chỉ email, lựa chọn của quý vị và ghi chép về việc đăng ký: khi nào, từ trang nào và địa chỉ mạng nào. Ghi chép này là bằng chứng rằng quý vị đã yêu cầu nhận thư.",
        "Chúng tôi không theo dõi việc mở email hay nhấp liên kết, và không đưa địa chỉ của quý vị cho ai.",
        "Khi quý vị ngừng nhận, chúng tôi dừng ngay. Nếu quý vị yêu cầu, chúng tôi xóa tất cả, chỉ giữ một dấu mã hóa để địa chỉ không bị thêm lại.",
    ],
    help_text: &[
        "Quý vị nhận email vì quý vị, hoặc người dùng hộp thư của quý vị, đã xác nhận địa chỉ tại đây.",
        "Cuối mỗi email có liên kết để ngừng nhận; hầu hết chương trình thư cũng có nút bấm. Có hiệu lực ngay.",
        "Nếu không thấy email, hãy xem thư mục thư rác và thêm địa chỉ của chúng tôi vào danh bạ.",
    ],
    mail_subject: "Vui lòng xác nhận đăng ký",
    mail_asked: "Vào {when}, tại {page}, có người (mong là quý vị) đã yêu cầu {office} gửi tin đến địa chỉ này.",
    mail_confirm: "Nếu đó là quý vị, hãy mở trang này và nhấn nút:",
    mail_ignore: "Nếu không phải quý vị, hãy bỏ qua email này: quý vị sẽ không nhận tin.",
    mail_never: "Để chúng tôi không bao giờ viết đến địa chỉ này nữa, hãy mở trang này:",
    mail_expires: "Liên kết có hiệu lực trong {hours} giờ.",
};

static CHINESE: Words = Words {
    tag: "zh",
    name: "中文",
    skip: "跳到正文",
    navigation: "页面",
    archive: "往期内容",
    sign_up: "订阅",
    privacy: "隐私",
    help: "帮助",
    sign_up_title: "通过电子邮件接收新闻",
    sign_up_lead: "{office}的新闻稿一经发布，即可通过电子邮件收到。",
    email: "电子邮件地址",
    email_hint: "例如 name@example.org",
    topics: "您想收到哪些内容？",
    topics_hint: "如果什么都不选，您将收到全部内容。",
    language: "我们给您的邮件所用语言",
    subscribe: "订阅",
    consent: "订阅即表示您授权{office}定期向此地址发送电子邮件通讯。您可以随时一键退订。",
    frequency: "每篇新闻稿发送一封邮件，通常每周几封。我们会先发送一封邮件，确认该地址属于您。",
    leave_empty: "请将此处留空",
    wrong: "请检查表单",
    address_wrong: "请输入电子邮件地址，例如 name@example.org。",
    check_mail_title: "请查收邮件",
    check_mail: "如果此地址可以接收我们的新闻，我们已向其发送了一封确认邮件。请打开邮件中的链接，并点击页面上的按钮。在此之前，我们不会发送任何新闻。",
    confirm_title: "请确认订阅",
    confirm_lead: "只差一步：点击按钮，即可通过电子邮件收到{office}的新闻。",
    confirm_button: "是的，我要订阅",
    confirmed_title: "您已订阅",
    confirmed: "下一篇新闻稿将通过电子邮件发送给您。每封邮件都有退订链接。",
    link_over_title: "此链接已无法使用",
    link_over: "链接已过期或已使用过。如果您能收到我们的邮件，说明您已订阅。如果没有，请重新订阅，我们会发送新的链接。",
    again_button: "给我发送新链接",
    never_title: "不是您申请的？",
    never_lead: "那么您无需做任何事，也不会收到新闻。您也可以要求我们不再向此地址发送邮件。",
    never_button: "不要再给我发邮件",
    never_done: "我们不会再向此地址发送邮件。",
    unsubscribe_title: "退订",
    unsubscribe_lead: "点击按钮后，您将不再收到{office}的邮件。",
    unsubscribe_button: "退订",
    unsubscribed_title: "您已退订",
    unsubscribed: "您不会再收到此列表的邮件。无需其他操作。",
    preferences_title: "您的选择",
    preferences_lead: "请选择您想收到的内容。如果什么都不选，即为退订。",
    save: "保存",
    saved: "您的选择已保存。",
    leave_all: "退订",
    not_found_title: "没有此页面",
    not_found: "地址可能不完整。我们的新闻在往期内容中。",
    failed_title: "我们这边出了点问题",
    failed: "这不是您的错，也没有任何改动。请稍后再试。",
    unread_title: "无法读取所发送的内容",
    unread: "没有任何改动。请返回后重试。",
    privacy_text: &[
        "我们保存您的电子邮件地址、您的选择以及订阅记录：时间、页面和网络地址。该记录证明是您要求接收我们的邮件。",
        "我们不追踪您是否打开邮件或点击链接，也不会把您的地址交给任何人。",
        "您退订后，我们立即停止发送。如您要求，我们会删除一切信息，仅保留一个加密标记，以防您的地址被再次添加。",
    ],
    help_text: &[
        "您收到我们的邮件，是因为您或能使用您邮箱的人在此确认了地址。",
        "每封邮件末尾都有退订链接；大多数邮件程序也会显示按钮。立即生效。",
        "如果没有收到邮件，请查看垃圾邮件文件夹，并把我们的地址加入通讯录。",
    ],
    mail_subject: "请确认订阅",
    mail_asked: "有人（希望是您）于{when}在 {page} 申请让{office}向此地址发送新闻。",
    mail_confirm: "如果是您本人，请打开此页面并点击按钮：",
    mail_ignore: "如果不是您，请忽略此邮件：您不会收到新闻。",
    mail_never: "如需我们今后不再向此地址发送邮件，请打开此页面：",
    mail_expires: "此链接在 {hours} 小时内有效。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_all_that_the_law_asks_for() {
        for words in LANGUAGES {
            for text in [
                words.consent,
                words.sign_up_lead,
                words.confirm_lead,
                words.unsubscribe_lead,
                words.mail_asked,
            ] {
                assert!(text.contains("{office}"), "{}: {text}", words.tag);
            }
            assert!(words.mail_asked.contains("{when}") && words.mail_asked.contains("{page}"));
            assert!(words.mail_expires.contains("{hours}"));
            assert!(!words.privacy_text.is_empty() && !words.help_text.is_empty());
        }
    }

    #[test]
    fn c6_every_language_says_that_the_reader_authorises_regular_updates_to_the_address() {
        for (tag, says) in [
            (
                "en",
                [
                    "authorize {office}",
                    "regular email updates to this address",
                ],
            ),
            (
                "es",
                [
                    "autoriza a {office}",
                    "enviar regularmente novedades por correo electrónico a esta dirección",
                ],
            ),
            (
                "ko",
                [
                    "{office}이(가) 이 주소로",
                    "정기적인 이메일 소식을 보내는 것을 허락",
                ],
            ),
            (
                "vi",
                [
                    "cho phép {office} thường xuyên",
                    "gửi tin tức qua email đến địa chỉ này",
                ],
            ),
            ("zh", ["授权{office}定期", "向此地址发送电子邮件"]),
        ] {
            let consent = Words::of(tag).consent;
            for part in says {
                assert!(consent.contains(part), "{tag}: {consent}");
            }
        }
        assert_eq!(LANGUAGES.len(), 5);
    }

    #[test]
    fn o2_a_changed_consent_text_has_a_new_version() {
        // FNV-1a over the texts. Who changes one, changes CONSENT_VERSION and then this.
        let mark = LANGUAGES
            .iter()
            .flat_map(|words| words.consent.bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |mark, byte| {
                (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        assert_eq!((CONSENT_VERSION, mark), ("2026-11", 0x7d42_2ab0_b1e2_79b1));
    }

    #[test]
    fn a_tag_finds_its_language_and_an_unknown_one_english() {
        assert_eq!(Words::of("es-MX").tag, "es");
        assert_eq!(Words::of("ZH").tag, "zh");
        assert_eq!(Words::of("tlh").tag, "en");
    }
}
