//! Words of sites, in the languages that offices write in: what stands around a release and is not
//! part of it. A phrase is kept as it is compared, in lower case and without punctuation.
//!
//! A language is added by adding its words to the rows; no row says more than what a whole line is.

use std::{collections::HashSet, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::lines::title_key;

/// Headings of lists of other articles: the heading goes with the links below it.
const RELATED: &[&str] = &[
    "tham khảo thêm",
    "more like this story",
    "related materials",
    "相关附件",
    "explore more on these topics",
    "related images",
    "相關圖片",
    "相关图片",
    "相關照片",
    "관련 사진",
    "관련사진",
    "downloads for media",
    // English
    "related",
    "related news",
    "related posts",
    "related articles",
    "related article",
    "related content",
    "related stories",
    "related story",
    "related links",
    "related topics",
    "related coverage",
    "related reading",
    "related press releases",
    "related items",
    "related releases",
    "related pages",
    "you may also like",
    "you might also like",
    "you may be interested in",
    "you may also be interested in",
    "you might be interested in",
    "more from this section",
    "more like this",
    "more on this topic",
    "more on this story",
    "more on this",
    "more stories",
    "more news",
    "more headlines",
    "more articles",
    "more from us",
    "more to read",
    "read next",
    "up next",
    "read also",
    "also read",
    "see also",
    "explore further",
    "explore more",
    "keep reading",
    "recommended",
    "recommended for you",
    "recommended stories",
    "recommended reading",
    "recommended articles",
    "we recommend",
    "suggested",
    "trending",
    "trending now",
    "trending stories",
    "most read",
    "most popular",
    "most viewed",
    "popular",
    "popular posts",
    "top stories",
    "top news",
    "editors picks",
    "editor s picks",
    "don t miss",
    "in other news",
    "in case you missed it",
    "latest news",
    "latest stories",
    "latest posts",
    "latest articles",
    "latest press releases",
    "latest releases",
    "latest headlines",
    "the latest",
    "the latest news",
    "latest updates",
    "latest",
    "recent news",
    "recent posts",
    "recent articles",
    "recent press releases",
    "recent releases",
    "recent stories",
    "recent updates",
    "other news",
    "other articles",
    "other stories",
    "other press releases",
    "other releases",
    "further reading",
    "further articles",
    "further news",
    "next article",
    "previous article",
    "next post",
    "previous post",
    "next story",
    "previous story",
    "from around the web",
    "around the web",
    "sponsored",
    "sponsored content",
    "sponsored stories",
    "promoted stories",
    "advertisement",
    "partner content",
    "newsletters",
    "in this section",
    "explore the topic",
    "topics in this article",
    "topics",
    "more press releases",
    "more releases",
    "press releases archive",
    "news archive",
    "similar articles",
    "similar news",
    "what to read next",
    "people also read",
    "read more news",
    "read more stories",
    // Spanish
    "noticias relacionadas",
    "artículos relacionados",
    "entradas relacionadas",
    "relacionado",
    "relacionados",
    "relacionadas",
    "contenido relacionado",
    "contenidos relacionados",
    "te puede interesar",
    "le puede interesar",
    "también te puede interesar",
    "también le puede interesar",
    "te podría interesar",
    "quizás te interese",
    "más noticias",
    "otras noticias",
    "últimas noticias",
    "noticias recientes",
    "lo más leído",
    "lo más visto",
    "más leídas",
    "más leídos",
    "lee también",
    "lea también",
    "leer también",
    "ver también",
    "véase también",
    "más información relacionada",
    "sigue leyendo",
    "recomendados",
    "recomendamos",
    "notas relacionadas",
    "más sobre este tema",
    "en esta sección",
    // German
    "das könnte sie auch interessieren",
    "das könnte dich auch interessieren",
    "das könnte sie interessieren",
    "auch interessant",
    "ähnliche artikel",
    "ähnliche beiträge",
    "ähnliche themen",
    "verwandte artikel",
    "verwandte themen",
    "verwandte beiträge",
    "verwandte meldungen",
    "verwandte inhalte",
    "weitere artikel",
    "weitere beiträge",
    "weitere meldungen",
    "weitere nachrichten",
    "weitere news",
    "weitere pressemitteilungen",
    "weitere themen",
    "weitere links",
    "mehr zum thema",
    "mehr zu diesem thema",
    "zum thema",
    "mehr aus dieser rubrik",
    "mehr meldungen",
    "mehr nachrichten",
    "lesen sie auch",
    "lesen sie mehr",
    "lesen sie hierzu auch",
    "lesen sie dazu auch",
    "auch lesenswert",
    "siehe auch",
    "aktuelle meldungen",
    "aktuelle nachrichten",
    "aktuelle pressemitteilungen",
    "neueste meldungen",
    "neueste beiträge",
    "neueste artikel",
    "letzte meldungen",
    "meistgelesen",
    "meist gelesen",
    "beliebt",
    "empfohlen",
    "empfehlungen",
    "anzeige",
    "andere artikel",
    "andere meldungen",
    "passend dazu",
    "links zum thema",
    "themen",
    "nächster artikel",
    "vorheriger artikel",
    "nächster beitrag",
    "vorheriger beitrag",
    // French
    "articles liés",
    "articles similaires",
    "articles connexes",
    "articles associés",
    "sur le même sujet",
    "sur le même thème",
    "sur le meme sujet",
    "à lire aussi",
    "lire aussi",
    "a lire aussi",
    "à lire également",
    "lire également",
    "voir aussi",
    "à voir aussi",
    "à découvrir",
    "à découvrir aussi",
    "ça pourrait vous intéresser",
    "cela pourrait vous intéresser",
    "vous aimerez aussi",
    "vous pourriez aussi aimer",
    "ceci peut vous intéresser",
    "ces articles peuvent vous intéresser",
    "dans la même rubrique",
    "dans la même catégorie",
    "autres actualités",
    "autres articles",
    "autres communiqués",
    "plus d actualités",
    "toutes les actualités",
    "dernières actualités",
    "dernières nouvelles",
    "derniers articles",
    "les plus lus",
    "les plus lues",
    "actualités associées",
    "actualités liées",
    "actualités similaires",
    "en lien",
    "contenus associés",
    "article suivant",
    "article précédent",
    "publicité",
    "recommandé pour vous",
    "nos recommandations",
    // Italian
    "articoli correlati",
    "articoli simili",
    "notizie correlate",
    "contenuti correlati",
    "correlati",
    "potrebbe interessarti",
    "potrebbe interessarti anche",
    "ti potrebbe interessare",
    "ti potrebbe interessare anche",
    "potrebbero interessarti",
    "leggi anche",
    "leggi tutto",
    "vedi anche",
    "altre notizie",
    "altri articoli",
    "altri comunicati",
    "ultime notizie",
    "notizie recenti",
    "articoli recenti",
    "più letti",
    "i più letti",
    "le più lette",
    "più lette",
    "in evidenza",
    "approfondimenti",
    "sullo stesso argomento",
    "sullo stesso tema",
    "articolo successivo",
    "articolo precedente",
    "pubblicità",
    "link correlati",
    // Portuguese
    "notícias relacionadas",
    "artigos relacionados",
    "conteúdo relacionado",
    "conteúdos relacionados",
    "matérias relacionadas",
    "posts relacionados",
    "veja também",
    "leia também",
    "leia mais",
    "outras notícias",
    "mais notícias",
    "últimas notícias",
    "notícias recentes",
    "mais lidas",
    "mais lidos",
    "mais vistas",
    "você pode gostar",
    "você também pode gostar",
    "você pode se interessar",
    "pode interessar",
    "também pode interessar",
    "recomendado para você",
    "próxima notícia",
    "notícia anterior",
    "próximo artigo",
    "artigo anterior",
    "publicidade",
    // Dutch
    "gerelateerd",
    "gerelateerde artikelen",
    "gerelateerde berichten",
    "gerelateerd nieuws",
    "gerelateerde onderwerpen",
    "verwante artikelen",
    "lees ook",
    "lees meer",
    "lees verder",
    "bekijk ook",
    "zie ook",
    "meer nieuws",
    "meer over dit onderwerp",
    "meer artikelen",
    "ander nieuws",
    "andere berichten",
    "overig nieuws",
    "laatste nieuws",
    "recent nieuws",
    "recente berichten",
    "meest gelezen",
    "dit vind je misschien ook leuk",
    "misschien ook interessant",
    "ook interessant",
    "aanbevolen",
    "aanbevolen voor u",
    "volgende artikel",
    "vorige artikel",
    "volgend bericht",
    "vorig bericht",
    "advertentie",
    // Korean
    "관련기사",
    "관련 기사",
    "관련뉴스",
    "관련 뉴스",
    "관련글",
    "관련 글",
    "관련 보도자료",
    "관련링크",
    "관련 링크",
    "연관기사",
    "추천기사",
    "추천 기사",
    "추천뉴스",
    "인기기사",
    "인기 기사",
    "인기뉴스",
    "많이 본 뉴스",
    "많이 본 기사",
    "최신기사",
    "최신 기사",
    "최신뉴스",
    "최신 뉴스",
    "주요뉴스",
    "주요 뉴스",
    "다른 기사",
    "다른 기사 보기",
    "이전글",
    "다음글",
    "이전 글",
    "다음 글",
    "이전기사",
    "다음기사",
    "이 기자의 다른 기사",
    "함께 보면 좋은 기사",
    "광고",
    // Chinese
    "相关新闻",
    "相关链接",
    "相关阅读",
    "相关文章",
    "相关报道",
    "相关信息",
    "相关内容",
    "相关稿件",
    "相关专题",
    "延伸阅读",
    "推荐阅读",
    "热门文章",
    "热门新闻",
    "热点新闻",
    "最新新闻",
    "最新消息",
    "更多新闻",
    "更多内容",
    "猜你喜欢",
    "上一篇",
    "下一篇",
    "上一条",
    "下一条",
    "相關新聞",
    "相關連結",
    "相關文章",
    "相關報導",
    "延伸閱讀",
    "推薦閱讀",
    "熱門新聞",
    "最新新聞",
    "更多新聞",
    "其他新聞",
    "其他新闻",
    "广告",
    "廣告",
    // Vietnamese
    "tin liên quan",
    "bài viết liên quan",
    "bài liên quan",
    "các tin khác",
    "tin khác",
    "tin tức khác",
    "các bài khác",
    "tin cùng chuyên mục",
    "cùng chuyên mục",
    "tin mới",
    "tin mới nhất",
    "tin mới hơn",
    "tin cũ hơn",
    "tin đã đưa",
    "tin đọc nhiều",
    "đọc nhiều",
    "đọc nhiều nhất",
    "xem nhiều",
    "xem thêm",
    "đọc thêm",
    "có thể bạn quan tâm",
    "bạn có thể quan tâm",
    "tin nổi bật",
    "bài viết mới",
    "bài viết khác",
    "quảng cáo",
    "noticia relacionada",
    "artículo relacionado",
    "nota relacionada",
    "más sobre",
    "post correlati",
    "articolo correlato",
    "notizia correlata",
    "contenuto correlato",
    "notícia relacionada",
    "matéria relacionada",
    "artigo relacionado",
    "relacionado posts",
    "post anterior",
    "próximo post",
    "article lié",
    "article connexe",
    "article associé",
    "gerelateerd artikel",
    "gerelateerd bericht",
    "lees ook dit",
    "verwandter artikel",
    "热点推荐",
    "関連記事",
    "이 시각 주요뉴스",
    "consigliati per te",
    "nieuwste berichten",
    "meest recente berichten",
    "recente artikelen",
    "related internet links",
    "related internet link",
    "around the bbc",
    "top stories from",
    "more from this author",
    "関連リンク",
    "関連情報",
];

/// Headings of what readers wrote.
const COMMENTS: &[&str] = &[
    "comments",
    "comment",
    "leave a comment",
    "leave a reply",
    "post a comment",
    "add a comment",
    "add comment",
    "join the conversation",
    "join the discussion",
    "have your say",
    "what do you think",
    "reader comments",
    "discussion",
    "no comments",
    "no comments yet",
    "be the first to comment",
    "write a comment",
    "log in to comment",
    "comments are closed",
    "trackbacks",
    "pingbacks",
    "link backs",
    "linkbacks",
    "your email address will not be published",
    "comentarios",
    "deja un comentario",
    "deja una respuesta",
    "escribe un comentario",
    "dejar un comentario",
    "sin comentarios",
    "kommentare",
    "kommentar schreiben",
    "kommentar verfassen",
    "schreibe einen kommentar",
    "schreiben sie einen kommentar",
    "einen kommentar schreiben",
    "ihr kommentar",
    "commentaires",
    "laisser un commentaire",
    "ajouter un commentaire",
    "votre commentaire",
    "réagir",
    "réactions",
    "commenti",
    "lascia un commento",
    "scrivi un commento",
    "comentários",
    "deixe um comentário",
    "deixe uma resposta",
    "reacties",
    "reactie",
    "geef een reactie",
    "laat een reactie achter",
    "plaats een reactie",
    "댓글",
    "댓글 쓰기",
    "댓글쓰기",
    "댓글 달기",
    "의견쓰기",
    "评论",
    "发表评论",
    "网友评论",
    "我要评论",
    "評論",
    "留言",
    "發表評論",
    "bình luận",
    "ý kiến",
    "gửi bình luận",
    "ý kiến bạn đọc",
    "viết bình luận",
    "reageer op dit artikel",
    "最新评论",
    "热门评论",
    "댓글목록",
];

/// What a line alone does: shares, prints, leads back or on.
const CONTROLS: &[&str] = &[
    "report a problem on this page",
    "search for related information by keyword",
    "page contents",
    "print this",
    "see all news releases",
    "download media assets",
    "teilen mit",
    "report anything wrong with this page",
    "zum inhaltsverzeichnis",
    "contenido no oficial",
    "azioni sul documento",
    "available languages",
    "available languages english",
    "print friendly pdf",
    "translation services",
    "打印本文",
    "扫一扫 分享到微信",
    "이 페이지에서 제공하는 정보에 만족하십니까",
    "만족도 조사",
    "페이지 만족도",
    "descargar imagen en alta resolución",
    "descargar imagen",
    "view original",
    "download hi res",
    "photo details",
    "download image",
    "download high resolution image",
    "download high res image",
    "bild herunterladen",
    "bild in druckqualität herunterladen",
    "télécharger l image",
    "scarica l immagine",
    "baixar imagem",
    "download foto",
    "reuse this content",
    "share",
    "share this",
    "share this page",
    "share this article",
    "share this story",
    "share this post",
    "share on facebook",
    "share on twitter",
    "share on x",
    "share on linkedin",
    "share on whatsapp",
    "share via email",
    "share by email",
    "share page",
    "share article",
    "share story",
    "share it",
    "share the news",
    "share with",
    "share to",
    "share now",
    "sharing",
    "tweet",
    "like",
    "pin",
    "pin it",
    "post",
    "print",
    "print page",
    "print this page",
    "print article",
    "print this article",
    "print friendly",
    "printer friendly",
    "print version",
    "print version of this page",
    "email",
    "e mail",
    "email this",
    "email this page",
    "email this article",
    "email to a friend",
    "send",
    "send by email",
    "save",
    "save article",
    "save as pdf",
    "download pdf",
    "download as pdf",
    "download this page",
    "copy link",
    "copy url",
    "link copied",
    "copied",
    "copy link to clipboard",
    "facebook",
    "twitter",
    "linkedin",
    "whatsapp",
    "telegram",
    "instagram",
    "youtube",
    "pinterest",
    "reddit",
    "tumblr",
    "bluesky",
    "threads",
    "mastodon",
    "messenger",
    "x",
    "flipboard",
    "rss",
    "rss feed",
    "follow",
    "follow us",
    "follow us on",
    "follow us on facebook",
    "follow us on twitter",
    "follow me",
    "connect with us",
    "stay connected",
    "stay informed",
    "get connected",
    "back",
    "go back",
    "back to top",
    "top",
    "return to top",
    "top of page",
    "back to news",
    "back to the news",
    "back to list",
    "back to overview",
    "back to all news",
    "back to newsroom",
    "back to press releases",
    "back to the overview",
    "back to previous page",
    "back to home",
    "return to news",
    "all news",
    "all press releases",
    "all articles",
    "all stories",
    "view all",
    "view all news",
    "view all press releases",
    "see all",
    "see all news",
    "see more",
    "more",
    "read more",
    "show more",
    "load more",
    "continue reading",
    "learn more",
    "click here",
    "home",
    "next",
    "previous",
    "prev",
    "newer",
    "older",
    "skip to content",
    "skip to main content",
    "subscribe",
    "subscribe now",
    "sign up",
    "sign up now",
    "sign up for updates",
    "get email updates",
    "subscribe to our newsletter",
    "sign up for our newsletter",
    "signup to receive our email newsletters",
    "sign up to receive our newsletter",
    "join our mailing list",
    "newsletter",
    "newsletter signup",
    "log in",
    "login",
    "sign in",
    "register",
    "close",
    "menu",
    "search",
    "permalink",
    "listen",
    "listen to this article",
    "listen to article",
    "play",
    "pause",
    "enlarge",
    "enlarge image",
    "view larger",
    "view image",
    "open in new window",
    "open image in gallery",
    "view gallery",
    "full screen",
    "fullscreen",
    "hide caption",
    "toggle caption",
    "show caption",
    "read in app",
    "open in app",
    "report an error",
    "report this",
    "was this page helpful",
    "was this helpful",
    "is this page useful",
    "give feedback",
    "text size",
    "font size",
    "increase text size",
    "decrease text size",
    "a a",
    "support us",
    "donate",
    "accept",
    "accept all",
    "accept cookies",
    "manage cookies",
    "cookie settings",
    "privacy settings",
    "table of contents",
    "on this page",
    "story tools",
    "article tools",
    "page tools",
    "e mail this story",
    "email this story",
    "print this story",
    "post a comment",
    "leave a comment",
    "add a comment",
    "add comment",
    "write a comment",
    "join the conversation",
    "join the discussion",
    "view comments",
    "show comments",
    "read comments",
    "see comments",
    "comment on this story",
    "recommend this",
    "printemail",
    "send corrections",
    "report corrections",
    "report a correction",
    "report a typo",
    "report typo",
    "suggest a correction",
    "suggest a story",
    "send us a link",
    "send a tip",
    "send a news tip",
    "submit a tip",
    "request a correction",
    "request correction",
    "order reprints",
    "order a reprint",
    "reprints",
    "reprints and permissions",
    "rights and permissions",
    "licensing and reprints",
    "gift this article",
    "gift article",
    "give this article",
    "share full article",
    "read in browser",
    "view in browser",
    "bookmark",
    "bookmark this",
    "add to favorites",
    "save for later",
    "save this article",
    "save this story",
    "save to read later",
    "resize text",
    "text to speech",
    "text smaller",
    "text larger",
    "expand",
    "collapse",
    "show less",
    "read less",
    "read full article",
    "read full story",
    "read the full story",
    "story continues",
    "story continues below",
    "story continues below advertisement",
    "story continues after ad",
    "story continues after advertisement",
    "article continues below",
    "article continues below advertisement",
    "article continues after advertisement",
    "article continues after ad",
    "continue reading below",
    "continue reading the main story",
    "continue reading your article with",
    "scroll to continue",
    "scroll down to continue",
    "scroll to continue reading",
    "ad",
    "ads",
    "ad feedback",
    "advertise with us",
    "advertisement scroll to continue",
    "advertisement advertisement",
    "skip advertisement",
    "skip ad",
    "remove ads",
    "loading",
    "loading comments",
    "please wait",
    "view photos",
    "view all photos",
    "see all photos",
    "see photos",
    "show gallery",
    "open gallery",
    "photo gallery",
    "image gallery",
    "view slideshow",
    "launch slideshow",
    "start slideshow",
    "click to enlarge",
    "click image to enlarge",
    "click on image to enlarge",
    "tap to unmute",
    "play video",
    "watch video",
    "unmute",
    "replay video",
    "now playing",
    "watch now",
    "listen now",
    "download audio",
    "play audio",
    "listen to this story",
    "audio article",
    "hide transcript",
    "show transcript",
    "view transcript",
    "get updates",
    "get alerts",
    "get our newsletter",
    "get our newsletters",
    "sign up for our newsletters",
    "sign up here",
    "follow topic",
    "follow this topic",
    "follow this story",
    "follow author",
    "view author page",
    "view author archive",
    "see full bio",
    "read full bio",
    "view profile",
    "email the author",
    "email author",
    "contact the author",
    "contact author",
    "view more",
    "view more stories",
    "view all stories",
    "more stories",
    "jump to comments",
    "jump to content",
    "view on twitter",
    "view this post on instagram",
    "original article",
    "view original article",
    // Spanish
    "compartir",
    "comparte",
    "comparta",
    "comparta esto",
    "compartir en facebook",
    "compartir en twitter",
    "compartir en x",
    "compartir en whatsapp",
    "compartir noticia",
    "comparte esta noticia",
    "compartir esta noticia",
    "imprimir",
    "imprimir página",
    "imprimir esta página",
    "enviar",
    "enviar por correo",
    "correo electrónico",
    "copiar enlace",
    "síguenos",
    "síganos",
    "síguenos en",
    "volver",
    "volver arriba",
    "volver al inicio",
    "volver al listado",
    "volver a noticias",
    "regresar",
    "leer más",
    "ver más",
    "seguir leyendo",
    "siguiente",
    "anterior",
    "inicio",
    "suscríbase",
    "suscríbete",
    "iniciar sesión",
    "cerrar",
    "descargar pdf",
    "escuchar",
    "ver todas",
    "ver todas las noticias",
    "todas las noticias",
    // German
    "teilen",
    "seite teilen",
    "artikel teilen",
    "beitrag teilen",
    "auf facebook teilen",
    "auf twitter teilen",
    "auf x teilen",
    "per e mail teilen",
    "per whatsapp teilen",
    "per mail teilen",
    "drucken",
    "seite drucken",
    "artikel drucken",
    "druckversion",
    "druckansicht",
    "seite ausdrucken",
    "merken",
    "versenden",
    "seite empfehlen",
    "artikel empfehlen",
    "weiterempfehlen",
    "link kopieren",
    "zurück",
    "zurück zur übersicht",
    "zurück zur startseite",
    "zurück zur liste",
    "zurück zu den meldungen",
    "zur übersicht",
    "zur startseite",
    "nach oben",
    "zum seitenanfang",
    "seitenanfang",
    "zum anfang",
    "zum inhalt springen",
    "weiterlesen",
    "mehr lesen",
    "mehr",
    "mehr erfahren",
    "weiter",
    "nächste",
    "vorherige",
    "startseite",
    "folgen sie uns",
    "folgen",
    "newsletter abonnieren",
    "abonnieren",
    "anmelden",
    "schließen",
    "vorlesen",
    "artikel anhören",
    "beitrag hören",
    "als pdf herunterladen",
    "pdf herunterladen",
    "alle meldungen",
    "alle nachrichten",
    "alle pressemitteilungen",
    "alle artikel",
    "bild vergrößern",
    "schriftgröße",
    "feedback",
    "seite weiterempfehlen",
    // French
    "partager",
    "partager cet article",
    "partager cette page",
    "partager la page",
    "partager l article",
    "partager sur facebook",
    "partager sur twitter",
    "partager sur x",
    "partager sur linkedin",
    "partager par email",
    "partagez",
    "partagez cet article",
    "imprimer",
    "imprimer la page",
    "imprimer cette page",
    "envoyer",
    "envoyer par mail",
    "envoyer par courriel",
    "copier le lien",
    "copier dans le presse papier",
    "retour",
    "retour à la liste",
    "retour aux actualités",
    "retour en haut",
    "haut de page",
    "retour en haut de page",
    "retour à l accueil",
    "lire la suite",
    "lire plus",
    "voir plus",
    "suivant",
    "précédent",
    "accueil",
    "suivez nous",
    "s abonner",
    "abonnez vous",
    "s inscrire à la newsletter",
    "se connecter",
    "connexion",
    "fermer",
    "écouter",
    "écouter l article",
    "télécharger le pdf",
    "télécharger en pdf",
    "voir toutes les actualités",
    "tous les communiqués",
    // Italian
    "condividi",
    "condividi su facebook",
    "condividi su twitter",
    "condividi articolo",
    "condividi questo articolo",
    "condividi su",
    "stampa",
    "stampa la pagina",
    "stampa pagina",
    "invia",
    "invia per email",
    "copia link",
    "torna su",
    "torna indietro",
    "torna all elenco",
    "torna alla lista",
    "torna alle notizie",
    "indietro",
    "continua a leggere",
    "continua",
    "successivo",
    "precedente",
    "seguici",
    "seguici su",
    "iscriviti",
    "iscriviti alla newsletter",
    "accedi",
    "chiudi",
    "ascolta",
    "scarica pdf",
    "scarica il pdf",
    "vedi azioni",
    "tutte le notizie",
    "vai all elenco",
    // Portuguese
    "compartilhe",
    "compartilhar",
    "compartilhe esta notícia",
    "partilhar",
    "partilhe",
    "compartilhe por facebook",
    "compartilhe por twitter",
    "compartilhe por linkedin",
    "compartilhe por whatsapp",
    "link para copiar para área de transferência",
    "copiar link",
    "voltar",
    "voltar ao topo",
    "voltar para o topo",
    "voltar para a lista",
    "continue lendo",
    "continuar lendo",
    "ler mais",
    "ver mais",
    "próximo",
    "siga nos",
    "siga nos no facebook",
    "inscreva se",
    "assine",
    "assine nossa newsletter",
    "entrar",
    "fechar",
    "ouvir",
    "ouça",
    "baixar pdf",
    "ver todas as notícias",
    // Dutch
    "delen",
    "deel",
    "deel dit",
    "deel deze pagina",
    "deel dit artikel",
    "deel dit bericht",
    "deel op facebook",
    "deel op twitter",
    "deel op x",
    "deel op linkedin",
    "deel via whatsapp",
    "deel via e mail",
    "deel pagina",
    "pagina delen",
    "afdrukken",
    "print deze pagina",
    "pagina printen",
    "e mailen",
    "mail",
    "link kopiëren",
    "kopieer link",
    "terug",
    "terug naar overzicht",
    "terug naar het overzicht",
    "terug naar nieuws",
    "terug naar boven",
    "naar boven",
    "volgende",
    "vorige",
    "volg ons",
    "volg ons op",
    "aanmelden",
    "meld je aan",
    "schrijf je in",
    "schrijf je in voor de nieuwsbrief",
    "nieuwsbrief",
    "inloggen",
    "sluiten",
    "luister",
    "luister naar dit artikel",
    "download pdf",
    "alle nieuwsberichten",
    "alle berichten",
    // Korean
    "공유",
    "공유하기",
    "페이스북",
    "트위터",
    "카카오톡",
    "카카오스토리",
    "네이버",
    "네이버블로그",
    "네이버 블로그",
    "밴드",
    "인쇄",
    "인쇄하기",
    "프린트",
    "메일",
    "이메일",
    "스크랩",
    "url복사",
    "url 복사",
    "주소복사",
    "링크복사",
    "링크 복사",
    "글자크기",
    "글자 크기",
    "글씨크기",
    "글자 크게",
    "글자 작게",
    "목록",
    "목록보기",
    "목록으로",
    "이전",
    "다음",
    "맨위로",
    "위로",
    "top으로",
    "홈",
    "더보기",
    "구독",
    "구독하기",
    "로그인",
    "닫기",
    "좋아요",
    "페이스북 공유",
    "트위터 공유",
    "페이스북으로 공유",
    "트위터로 공유",
    "sns 공유",
    "기사저장",
    "다운로드",
    "첨부파일",
    // Chinese
    "分享",
    "分享到",
    "分享至",
    "分享到微信",
    "分享到微博",
    "微信",
    "微博",
    "新浪微博",
    "qq空间",
    "打印",
    "打印本页",
    "关闭",
    "关闭窗口",
    "关闭本页",
    "收藏",
    "复制链接",
    "返回",
    "返回顶部",
    "返回列表",
    "返回首页",
    "首页",
    "上一页",
    "下一页",
    "更多",
    "阅读更多",
    "查看更多",
    "阅读全文",
    "扫一扫",
    "扫一扫在手机打开当前页",
    "扫一扫分享",
    "扫码阅读",
    "登录",
    "注册",
    "订阅",
    "字体大小",
    "字号",
    "大 中 小",
    "大中小",
    "字体 大 中 小",
    "字号 大 中 小",
    "列印",
    "友善列印",
    "關閉",
    "轉寄",
    "轉寄友人",
    "回上頁",
    "回上一頁",
    "回首頁",
    "回列表",
    "回頂部",
    "訂閱",
    "登入",
    "複製連結",
    "分享至facebook",
    "分享到facebook",
    "纠错",
    "我要纠错",
    "点赞",
    "【打印本页】",
    "【关闭窗口】",
    "打印 关闭",
    "打印本页 关闭窗口",
    "打印本页 关闭本页",
    "朗读",
    // Vietnamese
    "chia sẻ",
    "chia sẻ bài viết",
    "chia sẻ facebook",
    "chia sẻ trên facebook",
    "in",
    "in bài viết",
    "in trang",
    "bản in",
    "gửi email",
    "gửi bài viết",
    "sao chép liên kết",
    "quay lại",
    "trở về",
    "trở lại",
    "về đầu trang",
    "lên đầu trang",
    "trang chủ",
    "trang trước",
    "trang sau",
    "tiếp theo",
    "theo dõi",
    "đăng ký",
    "đăng nhập",
    "đóng",
    "lưu",
    "nghe",
    "nghe đọc bài",
    "cỡ chữ",
    "thích",
    "đọc tiếp",
    "xem tiếp",
    "zalo",
    "advertisement",
    "advertisements",
    "anzeige",
    "werbung",
    "publicité",
    "annonce",
    "publicidad",
    "pubblicità",
    "publicidade",
    "advertentie",
    "reclame",
    "광고",
    "广告",
    "廣告",
    "quảng cáo",
    "artikel vorlesen",
    "vorlesen lassen",
    "diese seite teilen",
    "meldung teilen",
    "pressemitteilung teilen",
    "teilen auf",
    "jetzt teilen",
    "compartir este comunicado",
    "compartir comunicado",
    "compartir en redes",
    "escuchar noticia",
    "guardar noticia",
    "reportar un error",
    "guardar",
    "offrir l article",
    "agrandir le texte",
    "réduire le texte",
    "envoyer à un ami",
    "signaler une erreur",
    "réagir",
    "réagir à cet article",
    "connectez vous pour laisser un commentaire",
    "condividi la notizia",
    "ascolta l articolo",
    "compartilhe esta matéria",
    "versão para impressão",
    "ouvir a notícia",
    "bewaren",
    "bewaar",
    "tip de redactie",
    "글씨키우기",
    "글자크기 설정",
    "글자 크기 설정",
    "바로보기",
    "본문",
    "페이지 정보",
    "댓글목록",
    "댓글 목록",
    "등록된 댓글이 없습니다",
    "의견 등록",
    "추천",
    "첨부파일 다운로드",
    "回到頂端",
    "轉寄好友",
    "扫一扫在手机上查看当前页面",
    "lưu bài viết",
    "về trang trước",
    "today s paper",
    "deel artikel",
    "saved",
    "video ad feedback",
    "印刷",
    "シェアする",
    "ページの先頭へ",
    "ページトップへ",
    "前のページへ戻る",
    "本文へ",
    "一覧へ戻る",
    "戻る",
    "listen to this page",
    "a a a",
    "aaa",
];

/// Labels of keywords: the line goes, and the keywords with it.
const TAG_LABELS: &[&str] = &[
    "related topics",
    "related topic",
    "related tags",
    "related categories",
    "temas relacionados",
    "verwandte themen",
    "thèmes associés",
    "argomenti correlati",
    "assuntos relacionados",
    "áreas",
    "verantwoordelijk",
    "tags",
    "tag",
    "tagged",
    "tagged as",
    "tagged in",
    "tagged with",
    "keywords",
    "key words",
    "topics",
    "topic",
    "filed under",
    "posted in",
    "content source",
    "page content source",
    "categories",
    "category",
    "issues",
    "issue",
    "etiquetas",
    "palabras clave",
    "categorías",
    "categoría",
    "temas",
    "tema",
    "archivado en",
    "schlagworte",
    "schlagwörter",
    "stichworte",
    "stichwörter",
    "kategorien",
    "kategorie",
    "rubrik",
    "themen",
    "thema",
    "mots clés",
    "mots clefs",
    "étiquettes",
    "catégories",
    "catégorie",
    "thématiques",
    "thèmes",
    "thème",
    "rubrique",
    "parole chiave",
    "etichette",
    "categorie",
    "categoria",
    "argomenti",
    "argomento",
    "palavras chave",
    "marcadores",
    "categorias",
    "assuntos",
    "assunto",
    "trefwoorden",
    "trefwoord",
    "onderwerpen",
    "onderwerp",
    "labels",
    "categorieën",
    "태그",
    "키워드",
    "카테고리",
    "분류",
    "标签",
    "关键词",
    "关键字",
    "分类",
    "標籤",
    "關鍵字",
    "分類",
    "từ khóa",
    "từ khoá",
    "thẻ",
    "chuyên mục",
    "chủ đề",
    "keyword",
    "argomenti trattati",
    "see more on",
    "read more on",
    "more on these topics",
    "mehr lesen über",
    "en savoir plus sur",
    "más sobre",
    "leia mais sobre",
    "lees meer over",
    "explore more on these topics",
    "キーワード",
    "タグ",
];

/// How lines begin that say who wrote the article.
const BYLINES: &[&str] = &[
    "by",
    "written by",
    "posted by",
    "submitted by",
    "entered by",
    "added by",
    "created by",
    "published by",
    "author",
    "authors",
    "reported by",
    "reporting by",
    "editing by",
    "edited by",
    "story by",
    "text by",
    "photo by",
    "photos by",
    "por",
    "escrito por",
    "publicado por",
    "redacción",
    "autor",
    "autora",
    "von",
    "ein artikel von",
    "ein beitrag von",
    "redaktion",
    "par",
    "écrit par",
    "publié par",
    "rédigé par",
    "auteur",
    "di",
    "a cura di",
    "scritto da",
    "pubblicato da",
    "autore",
    "redazione",
    "postado por",
    "door",
    "geschreven door",
    "작성자",
    "글쓴이",
    "등록자",
    "기자",
    "담당자",
    "담당부서",
    "부서",
    "作者",
    "记者",
    "記者",
    "编辑",
    "編輯",
    "责任编辑",
    "責任編輯",
    "来源",
    "來源",
    "信息来源",
    "发布机构",
    "稿源",
    "撰文",
    "供稿",
    "tác giả",
    "người đăng",
    "nguồn",
    "biên tập",
    "reportagem",
    "edição",
    "reportagem de",
    "texto",
    "texto de",
    "com informações de",
    "redação",
    "da redação",
    "기자명",
    "글",
    "사진",
    "원고",
    "문의",
    "viết bởi",
    "bởi",
    "theo",
    "发布单位",
    "發布單位",
    "發佈單位",
    "發布機關",
    "单位",
    "撰稿",
    "责编",
    "texte",
    "recherche",
    "text",
    "fuente",
    "bildrechte",
    "bildquelle",
    "quelle",
    "fotocredit",
    "foto",
    "fotos",
];

/// Words that only say what kind of page it is.
const KINDS: &[&str] = &[
    "news flash",
    "press release",
    "press releases",
    "news release",
    "news releases",
    "media release",
    "media releases",
    "news",
    "newsroom",
    "news room",
    "press",
    "press room",
    "media",
    "announcement",
    "announcements",
    "statement",
    "statements",
    "uncategorized",
    "blog",
    "article",
    "articles",
    "news item",
    "news article",
    "news details",
    "news detail",
    "article details",
    "article detail",
    "press release details",
    "press release detail",
    "view press release",
    "view news item",
    "view news release",
    "single news",
    "news and events",
    "news events",
    "latest news",
    "news story",
    "breaking news",
    "press statement",
    "press information",
    "public notice",
    "update",
    "updates",
    "home",
    "nota de prensa",
    "notas de prensa",
    "comunicado",
    "comunicados",
    "comunicado de prensa",
    "comunicados de prensa",
    "boletín de prensa",
    "boletín",
    "noticia",
    "noticias",
    "actualidad",
    "sala de prensa",
    "prensa",
    "pressemitteilung",
    "pressemitteilungen",
    "presseinformation",
    "pressemeldung",
    "pressemeldungen",
    "medienmitteilung",
    "medienmitteilungen",
    "medieninformation",
    "meldung",
    "meldungen",
    "nachricht",
    "nachrichten",
    "aktuelles",
    "aktuell",
    "presse",
    "neuigkeiten",
    "communiqué",
    "communiqués",
    "communiqué de presse",
    "communiqués de presse",
    "actualité",
    "actualités",
    "actus",
    "salle de presse",
    "espace presse",
    "comunicato",
    "comunicati",
    "comunicato stampa",
    "comunicati stampa",
    "notizia",
    "notizie",
    "novità",
    "avviso",
    "avvisi",
    "ufficio stampa",
    "area stampa",
    "notícia",
    "notícias",
    "comunicado de imprensa",
    "nota à imprensa",
    "nota de imprensa",
    "imprensa",
    "sala de imprensa",
    "press release e comunicados",
    "persbericht",
    "persberichten",
    "nieuws",
    "nieuwsbericht",
    "nieuwsberichten",
    "bericht",
    "actueel",
    "보도자료",
    "보도 자료",
    "뉴스",
    "공지사항",
    "공지",
    "새소식",
    "언론보도",
    "소식",
    "알림",
    "보도·해명",
    "新闻",
    "新闻稿",
    "新闻发布",
    "新闻中心",
    "新闻动态",
    "要闻",
    "政务要闻",
    "通知公告",
    "公告",
    "动态",
    "新聞",
    "新聞稿",
    "最新消息",
    "公佈欄",
    "tin tức",
    "thông cáo báo chí",
    "tin",
    "thời sự",
    "thông báo",
    "tin hoạt động",
    "sự kiện",
    "civicalerts",
    "civicengage",
    "for release",
];

/// How lines begin that say when the page was changed.
const UPDATED: &[&str] = &[
    "publication",
    "datum nieuwsfeit",
    "建檔日期",
    "created on",
    "last updated on",
    "last modified on",
    "data update",
    "data updated",
    "data checked",
    "data reviewed",
    "資料更新",
    "資料檢視",
    "资料更新",
    "배포일시",
    "تاريخ النشر",
    "نشر في",
    "نشر بتاريخ",
    "last revised",
    "last reviewed or updated",
    "page last reviewed or updated",
    "最後更新",
    "最後更新日期",
    "資料更新日期",
    "post date",
    "posted date",
    "news date",
    "updated",
    "last updated",
    "last modified",
    "page last updated",
    "page last reviewed",
    "page last modified",
    "page reviewed",
    "content last reviewed",
    "content last updated",
    "issued",
    "issued on",
    "date issued",
    "thời gian",
    "last reviewed",
    "page updated",
    "this page was last updated",
    "last update",
    "modified",
    "published",
    "first published",
    "originally published",
    "posted",
    "posted on",
    "published on",
    "date published",
    "publication date",
    "release date",
    "date",
    "date posted",
    "created",
    "actualizado",
    "última actualización",
    "última modificación",
    "publicado",
    "publicado el",
    "fecha",
    "fecha de publicación",
    "stand",
    "zuletzt aktualisiert",
    "letzte aktualisierung",
    "letzte änderung",
    "aktualisiert",
    "aktualisiert am",
    "veröffentlicht",
    "veröffentlicht am",
    "erstellt am",
    "erstellt",
    "erschienen am",
    "datum",
    "publié",
    "publié le",
    "mis à jour",
    "mis à jour le",
    "mise à jour",
    "dernière mise à jour",
    "dernière modification",
    "modifié le",
    "date de publication",
    "pubblicato",
    "pubblicato il",
    "pubblicata il",
    "ultimo aggiornamento",
    "ultima modifica",
    "aggiornato",
    "aggiornato il",
    "data",
    "data di pubblicazione",
    "data pubblicazione",
    "publicado em",
    "atualizado",
    "atualizado em",
    "última atualização",
    "última modificação",
    "data de publicação",
    "gepubliceerd",
    "gepubliceerd op",
    "geplaatst op",
    "geplaatst",
    "bijgewerkt",
    "bijgewerkt op",
    "laatst bijgewerkt",
    "laatst gewijzigd",
    "laatste update",
    "publicatiedatum",
    "등록일",
    "작성일",
    "게시일",
    "입력",
    "수정",
    "최종수정",
    "최종수정일",
    "등록",
    "기사입력",
    "승인",
    "업데이트",
    "배포일",
    "배포",
    "发布时间",
    "发布日期",
    "更新时间",
    "更新日期",
    "时间",
    "日期",
    "发稿时间",
    "成文日期",
    "發布日期",
    "發佈日期",
    "發布時間",
    "更新時間",
    "上版日期",
    "刊登日期",
    "ngày đăng",
    "đăng ngày",
    "cập nhật",
    "ngày cập nhật",
    "cập nhật lúc",
    "ngày phát hành",
    "đăng lúc",
    "thứ",
    "mise à jour le",
    "laatst bijgewerkt op",
    "gewijzigd op",
    "수정일",
    "최종편집",
    "최종 수정",
    "발행",
    "发表时间",
    "公布日期",
    "張貼日期",
    "上架日期",
    "發稿日期",
    "đăng vào",
    "ngày",
    "cập nhật lần cuối",
    "última atualização em",
    "actualizado a las",
    "actualizado el",
    "última actualización el",
    "modificato il",
    "ultima modifica il",
    "aangepast",
    "aangepast op",
    "released",
    "released on",
    "date released",
    "data da publicação",
    "veröffentlichungsdatum",
    "erscheinungsdatum",
    "fecha de publicacion",
    "date de parution",
    "更新日",
    "公開日",
    "掲載日",
    "発表日",
    "最終更新日",
    "登録日",
    "ページ更新日",
    "更新日時",
    "公開日時",
];

/// What stands at the foot of a site, whatever else the line says.
const RIGHTS: &[&str] = &[
    "이 저작물은 공공누리",
    "저작물은 공공누리",
    "공공누리 제1유형",
    "공공누리 제2유형",
    "공공누리 제3유형",
    "공공누리 제4유형",
    "all rights reserved",
    "todos los derechos reservados",
    "alle rechte vorbehalten",
    "tous droits réservés",
    "tutti i diritti riservati",
    "todos os direitos reservados",
    "alle rechten voorbehouden",
    "all rechte",
    "모든 권리 보유",
    "무단 전재",
    "무단전재",
    "all right reserved",
    "版权所有",
    "版權所有",
    "未经授权",
    "giữ mọi bản quyền",
    "bản quyền thuộc",
    "mọi quyền được bảo lưu",
    "riproduzione riservata",
    "reprodução das notícias é autorizada",
    "reprodução autorizada mediante citação",
    "se autoriza la reproducción",
    "reproducción autorizada citando",
    "prohibida la reproducción",
    "prohibida su reproducción",
    "reproduction interdite",
    "nachdruck verboten",
    "재배포 금지",
    "재배포금지",
    "전재하여 제공함을",
    "출처표시의 조건에 따라",
    "免责声明",
    "免責聲明",
    "转载请注明",
    "轉載請註明",
    "ghi rõ nguồn",
    "version of this article appear",
    "dieses thema im programm",
    "公网安备",
    "icp备",
    "不得轉載",
    "不得转载",
    "非經授權",
    "未經授權",
    "無断転載",
];

/// Labels that stand before any date, not only the one on which the text was published.
const DATES_OF_ANYTHING: &[&str] = &[
    "publication",
    "date",
    "fecha",
    "datum",
    "data",
    "stand",
    "created",
    "日期",
    "时间",
    "thứ",
    "ngày",
    "등록",
    "입력",
    "승인",
    "수정",
];

/// What asks to be mailed to.
const SUBSCRIBE: &[&str] = &[
    "newsletter",
    "subscribe",
    "sign up",
    "mailing list",
    "boletín",
    "suscr",
    "abonn",
    "anmelden",
    "inscri",
    "iscriviti",
    "assine",
    "nieuwsbrief",
    "meld u aan",
    "meld je aan",
    "구독",
    "订阅",
    "訂閱",
    "đăng ký",
];

/// Lines of numbers that sites add: how often it was read, how long it takes.
const COUNTS: &[&str] = &[
    "views",
    "view",
    "reads",
    "shares",
    "share",
    "likes",
    "comments",
    "comment",
    "replies",
    "responses",
    "reactions",
    "claps",
    "upvotes",
    "followers",
    "tweets",
    "retweets",
    "kudos",
    "ratings",
    "votes",
    "comentarios",
    "comentario",
    "comentários",
    "comentário",
    "kommentare",
    "kommentar",
    "commentaires",
    "commentaire",
    "réactions",
    "réaction",
    "commenti",
    "reacties",
    "reactie",
    "댓글",
    "评论",
    "条评论",
    "bình luận",
    "min read",
    "minute read",
    "minutes read",
    "minutes to read",
    "min",
    "visitas",
    "vistas",
    "lecturas",
    "min de lectura",
    "aufrufe",
    "mal gelesen",
    "min lesezeit",
    "minuten lesezeit",
    "lesezeit",
    "vues",
    "min de lecture",
    "minutes de lecture",
    "temps de lecture",
    "letture",
    "minuti di lettura",
    "min di lettura",
    "tempo di lettura",
    "visualizzazioni",
    "visualizações",
    "min de leitura",
    "minuten leestijd",
    "min leestijd",
    "leestijd",
    "keer bekeken",
    "조회수",
    "조회",
    "읽음",
    "浏览次数",
    "浏览量",
    "阅读次数",
    "阅读量",
    "阅读",
    "点击数",
    "点击量",
    "次",
    "點閱數",
    "點閱次數",
    "瀏覽次數",
    "lượt xem",
    "lượt đọc",
    "phút đọc",
    "추천",
    "점수",
    "点赞",
    "人气",
    "hits",
    "mal angesehen",
    "leituras",
    "lượt thích",
    "minuti",
    "minuten",
    "minutos",
    "minutes",
    "phút",
    "people are interested in this event",
    "person is interested in this event",
];

/// Octets of the longest line that may be a label, a heading or a button, whatever signs stand in it.
const LONGEST_LABEL: usize = 400;

/// The line as it is compared, where it is short enough for a label: to compare a whole paragraph with them
/// would be in vain.
fn label_key(line: &str) -> Option<String> {
    (line.len() <= LONGEST_LABEL).then(|| title_key(line))
}

fn is_one_of(key: &str, phrases: &[&str]) -> bool {
    phrases.contains(&key)
}

/// What comes behind one of the phrases that the key begins with, the longest first.
fn behind<'k>(key: &'k str, phrases: &[&str]) -> Option<&'k str> {
    phrases
        .iter()
        .filter_map(|phrase| {
            let rest = key.strip_prefix(phrase)?;
            (rest.is_empty() || rest.starts_with(' ')).then_some(rest.trim_start())
        })
        .min_by_key(|rest| rest.len())
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty()
}

/// Whether the line stands above other articles.
pub(super) fn is_related_heading(line: &str) -> bool {
    /// `More News From Northfield Water`: what they begin with, and the longest name of whom it is from.
    const FROM: &[&str] = &[
        "more news from",
        "more stories from",
        "more articles from",
        "other news in",
        "other news from",
        "more news about",
        "more news on",
        "more stories about",
        "más noticias sobre",
        "mehr nachrichten zu",
        "weitere meldungen zu",
        "plus d actualités sur",
        "altre notizie su",
        "mais notícias sobre",
        "meer nieuws over",
    ];
    const WORDS: usize = 6;
    label_key(line).is_some_and(|key| {
        is_one_of(&key, RELATED)
            || behind(&key, FROM).is_some_and(|rest| rest.split(' ').count() <= WORDS)
    })
}

/// `Read also: The old mill reopens`: a label of [`RELATED`] with what it names in the same line.
pub(super) fn is_related_line(line: &str) -> bool {
    line.split_once([':', '：', '»', '>'])
        .is_some_and(|(label, rest)| {
            !rest.trim().is_empty()
                // `Email: press@milltown.example`
                && !rest.contains('@')
                && (is_related_heading(label) || is_control(label))
                && label.split_whitespace().count() <= 5
        })
}

/// Whether the line begins as content systems begin the one that says who put the text on the site.
pub(super) fn says_who_posted(line: &str) -> bool {
    const POSTED: &[&str] = &[
        "this entry was posted",
        "this post was posted",
        "posted by",
        "submitted by",
        "published by",
        "created by",
        "added by",
        "written by",
        "gespeichert von",
        "eingetragen von",
        "erstellt von",
        "verfasst von",
        "geschrieben von",
        "veröffentlicht von",
        "soumis par",
        "publié par",
        "posté par",
        "écrit par",
        "enviado por",
        "publicado por",
        "escrito por",
        "inviato da",
        "pubblicato da",
        "scritto da",
        "submetido por",
        "postado por",
        "ingediend door",
        "geplaatst door",
        "geschreven door",
        "gepubliceerd door",
    ];
    behind(&title_key(line), POSTED).is_some()
}

/// Whether the line says who owns the site's texts.
pub(super) fn is_imprint(line: &str) -> bool {
    line.trim_start().starts_with(['©', '℗'])
        || title_key(line).starts_with("copyright ")
        || claims_rights(line)
}

/// Whether the line says what may be done with the site's texts.
pub(super) fn claims_rights(line: &str) -> bool {
    static RIGHTS_ANYWHERE: LazyLock<AhoCorasick> =
        // The table is fixed text; a test builds it.
        LazyLock::new(|| {
            AhoCorasick::new(RIGHTS)
                .unwrap_or_else(|error| unreachable!("the table of rights: {error}"))
        });
    RIGHTS_ANYWHERE.is_match(&title_key(line))
}

/// Whether the heading asks readers to have themselves mailed.
pub(super) fn asks_to_subscribe(line: &str) -> bool {
    let Some(key) = label_key(line) else {
        return false;
    };
    key.chars().count() <= 80 && SUBSCRIBE.iter().any(|word| key.contains(word))
}

/// Whether the sentence offers readers the site's own mail: what it names, and what they are to do. A release may
/// say that somebody wrote in a newsletter, or where one signs up for refunds.
pub(super) fn offers_mail(line: &str) -> bool {
    const LONGEST: usize = 240;
    const MAIL: &[&str] = &[
        "newsletter",
        "newsletters",
        "inbox",
        "mailbox",
        "mailing list",
        "email updates",
        "email alerts",
        "privacy policy",
        "boletín",
        "bandeja de entrada",
        "boîte",
        "posteingang",
        "postfach",
        "casella",
        "nieuwsbrief",
        "뉴스레터",
        "邮箱",
        "郵箱",
        "bản tin",
    ];
    const CALLS: &[&str] = &[
        "sign",
        "signing",
        "signup",
        "subscribe",
        "join",
        "get",
        "receive",
        "delivered",
        "your",
        "suscr",
        "reciba",
        "recibe",
        "abonn",
        "recevez",
        "inscri",
        "anmelden",
        "erhalten",
        "bestellen",
        "iscriviti",
        "ricevi",
        "assine",
        "receba",
        "meld",
        "ontvang",
        "구독",
        "订阅",
        "訂閱",
        "đăng ký",
    ];
    if line.len() > LONGEST {
        return false;
    }
    let key = format!(" {} ", title_key(line));
    let says = |words: &&str| {
        if words.chars().all(|c| c < '\u{2e80}') {
            key.contains(&format!(" {words}"))
        } else {
            key.contains(words)
        }
    };
    MAIL.iter().any(says) && CALLS.iter().any(says)
}

/// Whether the words, as they are compared, are a label, a button or a count of what sites say about
/// a text.
pub(super) fn says_about_text(key: &str) -> bool {
    static LABELS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        [UPDATED, CONTROLS, TAG_LABELS, KINDS, COUNTS, COMMENTS]
            .concat()
            .into_iter()
            .collect()
    });
    LABELS.contains(key) || is_counted(key)
}

/// Whether the label may stand before any date, as an advisory's do.
pub(super) fn is_label_of_anything(key: &str) -> bool {
    is_one_of(key, DATES_OF_ANYTHING)
}

/// `0건`, `204회`: a number with what one counts with.
fn is_counted(key: &str) -> bool {
    let sign = key.trim_start_matches(|c: char| c.is_ascii_digit());
    sign.len() < key.len() && matches!(sign, "건" | "회" | "개" | "명" | "次" | "lượt")
}

/// `Ann Poe covers harbors for the Post.`, `Ann Poe contributed to this report.`: who wrote it, as a
/// sentence. What such a person does stands behind the name.
pub(super) fn is_author_note(line: &str) -> bool {
    const DOES: &[&str] = &[
        "covers ",
        "is a reporter",
        "is a staff writer",
        "is a correspondent",
        "is a journalist",
        "is an editor",
        "is the editor",
        "writes about",
        "reported from",
        "contributed reporting",
        "contributed to this report",
        "contributed to this story",
        "reports on ",
        "schreibt über",
        "berichtet über",
        "couvre ",
        "est journaliste",
        "es periodista",
        "es redactor",
        "cubre ",
        "è giornalista",
        "é jornalista",
        "is verslaggever",
        "is redacteur",
    ];
    const NAME: std::ops::RangeInclusive<usize> = 2..=9;
    /// How lines begin that say how to write to whoever wrote the text.
    const WRITES: &[&str] = &[
        "reach the reporter at ",
        "reach reporter ",
        "contact the reporter at ",
        "contact reporter ",
        "email the reporter at ",
        "follow the reporter on ",
    ];
    if line.chars().count() > 200 || line.contains(['“', '"', '«', '„']) {
        return false;
    }
    let begins = line.to_lowercase();
    if WRITES.iter().any(|writes| begins.starts_with(writes)) {
        return true;
    }
    let at = DOES.iter().filter_map(|does| line.find(does)).min();
    let Some(name) = at.and_then(|at| line.get(..at)) else {
        return false;
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    NAME.contains(&words.len())
        && words.iter().all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                || matches!(
                    *word,
                    "and"
                        | "writer"
                        | "writers"
                        | "reporter"
                        | "de"
                        | "van"
                        | "von"
                        | "y"
                        | "et"
                        | "und"
                )
        })
}

/// `By Ann Poe and Li Wei` alone: names, and nothing that could be a sentence.
pub(super) fn is_byline_alone(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let begins = words.next().is_some_and(|first| {
        matches!(
            first,
            "By" | "BY" | "Von" | "von" | "Par" | "Por" | "Di" | "di" | "Door" | "door"
        )
    });
    let rest: Vec<&str> = words.collect();
    begins
        && !names_speaker(line)
        && (2..=8).contains(&rest.len())
        && !line.chars().any(|c| c.is_ascii_digit())
        && !line.ends_with(['.', ':', '!', '?'])
        && rest.iter().all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                || matches!(
                    *word,
                    "and"
                        | "und"
                        | "et"
                        | "y"
                        | "e"
                        | "en"
                        | "de"
                        | "da"
                        | "van"
                        | "der"
                        | "von"
                        | "del"
                        | "&"
                )
        })
}

/// Whether the cell is the label of what a board says about an article.
pub(super) fn is_board_label(cell: &str) -> bool {
    const LABELS: &[&str] = &[
        "제목",
        "내용",
        "첨부",
        "첨부파일",
        "파일",
        "담당부서",
        "부서명",
        "이메일",
        "연락처",
        "전화번호",
        "标题",
        "標題",
        "附件",
        "内容",
        "內容",
        "索引号",
        "索 引 号",
        "发文字号",
        "主题词",
        "文号",
        "tiêu đề",
        "nội dung",
        "tệp đính kèm",
        "file đính kèm",
    ];
    let key = title_key(cell);
    let is_asian = || key.chars().any(|c| c >= '\u{2e80}') || key.contains(['ờ', 'ợ', 'đ', 'ả']);
    is_one_of(&key, LABELS)
        || (is_asian()
            && (is_one_of(&key, UPDATED) || is_one_of(&key, BYLINES) || is_one_of(&key, COUNTS)))
}

/// Whether the heading stands above what offices set apart at the end of a release.
pub(super) fn is_part_of_release(heading: &str) -> bool {
    const PARTS: &[&str] = &[
        "notes to editors",
        "note to editors",
        "notes for editors",
        "editor s notes",
        "editors notes",
        "notes to media",
        "background",
        "background information",
        "notas para la prensa",
        "nota a los editores",
        "hintergrund",
        "hintergrundinformationen",
        "hinweis an die redaktionen",
        "hinweise für die redaktionen",
        "note aux rédactions",
        "notes aux rédactions",
        "notes à l attention des rédactions",
        "contexte",
        "note per le redazioni",
        "notas aos editores",
        "noot voor de redactie",
        "noot voor redactie",
        "quick facts",
        "key facts",
        "fast facts",
        "facts and figures",
        "quote",
        "quotes",
        "supporting quotes",
        "what they are saying",
        "citation",
        "citations",
        "faits en bref",
        "zitat",
        "zitate",
        "zahlen und fakten",
        "citas",
        "datos clave",
        "citazioni",
        "citações",
    ];
    is_one_of(&title_key(heading), PARTS)
}

/// `More from the newsroom`, `Latest from the district`: a heading of what else there is to read.
pub(super) fn names_others(heading: &str) -> bool {
    const OTHERS: &[&str] = &[
        "more from",
        "more in",
        "latest from",
        "latest news",
        "latest press releases",
        "recent",
        "read also",
        "see also",
        "also in",
        "más de",
        "mehr aus",
        "mehr von",
        "plus de",
        "altro da",
        "mais de",
        "meer van",
    ];
    label_key(heading).is_some_and(|key| behind(&key, OTHERS).is_some())
}

/// `Ministry of Health and Family Welfare`: the office that published a text, in a line of its own.
pub(super) fn names_office(line: &str) -> bool {
    const OFFICES: &[&str] = &[
        "office of",
        "ministry of",
        "department of",
        "bureau of",
        "division of",
        "board of",
        "committee on",
        "city of",
        "county of",
        "the office of",
        "the ministry of",
        "the department of",
        "ministerio de",
        "consejería de",
        "ministère de",
        "ministère des",
        "ministère du",
        "ministerium für",
        "bundesministerium",
        "ministero",
        "ministério",
        "secretaria de",
        "ministerie van",
        "bộ",
    ];
    const WITHIN: &[&str] = &["office", "department", "ministry", "division", "bureau"];
    let key = title_key(line);
    let is_office = behind(&key, OFFICES).is_some()
        || (line.contains(',') && key.split(' ').any(|word| WITHIN.contains(&word)));
    is_office && !has_small_words(line)
}

/// Whether a line has a word in small letters that is longer than what joins names: `of`, `and`, `für`.
fn has_small_words(line: &str) -> bool {
    const LONGEST: usize = 4;
    line.split_whitespace().any(|word| {
        word.chars().count() > LONGEST && word.chars().next().is_some_and(char::is_lowercase)
    })
}

/// Whether the heading stands above what is said about who wrote the text.
pub(super) fn is_about_author(heading: &str) -> bool {
    const ABOUT: &[&str] = &[
        "about the author",
        "about the authors",
        "about the writer",
        "about the reporter",
        "about our reporter",
        "meet the author",
        "über den autor",
        "über die autorin",
        "über die autoren",
        "zum autor",
        "zur autorin",
        "zur person des autors",
        "sobre la firma",
        "sobre el autor",
        "sobre la autora",
        "sobre los autores",
        "acerca del autor",
        "à propos de l auteur",
        "à propos de l autrice",
        "à propos des auteurs",
        "sull autore",
        "l autore",
        "informazioni sull autore",
        "sobre o autor",
        "sobre a autora",
        "over de auteur",
        "over de auteurs",
        "기자 소개",
        "필자 소개",
        "作者简介",
        "作者簡介",
        "关于作者",
        "關於作者",
        "về tác giả",
    ];
    label_key(heading).is_some_and(|key| is_one_of(&key, ABOUT))
}

/// Whether the heading says that there is more, of the release's own or of the site's: what follows tells.
pub(super) fn names_more(heading: &str) -> bool {
    const MORE: &[&str] = &[
        "más información",
        "más sobre el tema",
        "more information",
        "further information",
        "mehr dazu",
        "mehr informationen",
        "weitere informationen",
        "en savoir plus",
        "pour en savoir plus",
        "plus d informations",
        "maggiori informazioni",
        "per saperne di più",
        "saiba mais",
        "mais informações",
        "meer informatie",
        "더 보기",
        "更多信息",
        "更多資訊",
        "xem thêm",
    ];
    label_key(heading).is_some_and(|key| is_one_of(&key, MORE))
}

/// `Read the full letter here`: what a link says that leads to what a release is about.
pub(super) fn calls_to_paper(line: &str) -> bool {
    const CALLS: &[&str] = &[
        "read",
        "view",
        "see",
        "download",
        "watch",
        "click",
        "find",
        "full",
        "text",
        "lea",
        "leer",
        "vea",
        "ver",
        "descargue",
        "lire",
        "voir",
        "télécharger",
        "lesen",
        "zum",
        "zur",
        "leggi",
        "scarica",
        "leia",
        "veja",
        "baixe",
        "lees",
        "bekijk",
        "download",
    ];
    const PAPERS: &[&str] = &[
        "letter",
        "report",
        "bill",
        "resolution",
        "text",
        "statement",
        "complaint",
        "order",
        "ruling",
        "lawsuit",
        "brief",
        "testimony",
        "transcript",
        "amendment",
        "agreement",
        "settlement",
        "video",
        "recording",
        "document",
        "memo",
        "sheet",
        "map",
        "budget",
        "plan",
        "carta",
        "informe",
        "proyecto",
        "resolución",
        "demanda",
        "texto",
        "lettre",
        "rapport",
        "texte",
        "discours",
        "brief",
        "bericht",
        "rede",
        "wortlaut",
        "lettera",
        "relazione",
        "testo",
        "relatório",
        "íntegra",
        "brief",
        "toespraak",
    ];
    const WORDS: usize = 14;
    let key = title_key(line);
    let words: Vec<&str> = key.split(' ').collect();
    (2..=WORDS).contains(&words.len())
        && words.first().is_some_and(|first| CALLS.contains(first))
        && words.iter().skip(1).any(|word| PAPERS.contains(word))
}

/// `Ends/Tuesday, May 12, 2026`, `Issued at HKT 17:30`, `NNNN`: what wires put below a text.
pub(super) fn ends_wire(line: &str) -> bool {
    let line = line.trim();
    line == "NNNN"
        || line.starts_with('完') && line.contains("香港時間")
        || line.len() <= 80 && (line.starts_with("Ends/") || line.starts_with("Issued at HKT"))
}

/// Whether the heading says that the page's changes follow.
pub(super) fn is_history_heading(heading: &str) -> bool {
    const HISTORY: &[&str] = &[
        "updates to this page",
        "page history",
        "change history",
        "history of changes",
        "revision history",
        "document history",
        "page updates",
        "historique des mises à jour",
        "historique des modifications",
        "historial de cambios",
        "änderungsverlauf",
        "cronologia delle modifiche",
        "wijzigingsgeschiedenis",
    ];
    label_key(heading).is_some_and(|key| is_one_of(&key, HISTORY))
}

/// `Related items`: links to what a text is about. What else there is to read is called otherwise.
pub(super) fn names_own_links(heading: &str) -> bool {
    const LINKS: &[&str] = &[
        "related items",
        "related links",
        "related documents",
        "related resources",
        "related information",
        "see also",
        "enlaces relacionados",
        "weiterführende links",
        "liens utiles",
        "link utili",
        "links relacionados",
    ];
    label_key(heading).is_some_and(|key| is_one_of(&key, LINKS))
}

/// `Congress: 119th Congress`: in which one a text was published.
pub(super) fn names_congress(line: &str) -> bool {
    const WORDS: usize = 4;
    label_key(line).is_some_and(|key| {
        key.split(' ').count() <= WORDS
            && key.strip_prefix("congress ").is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with(" congress")
            })
    })
}

/// `Associated links`: what a release refers to, under a heading that no site has for what else there is to read.
pub(super) fn refers_to_others(heading: &str) -> bool {
    const REFERS: &[&str] = &[
        "associated links",
        "liens connexes",
        "liens associés",
        "associated documents",
        "documents connexes",
    ];
    label_key(heading).is_some_and(|key| is_one_of(&key, REFERS))
}

/// `Advertisement`, `after newsletter promotion`: where something of the site's stood between paragraphs.
pub(super) fn is_sites_note(line: &str) -> bool {
    const NOTES: &[&str] = &[
        "after newsletter promotion",
        "skip past newsletter promotion",
        "skip newsletter promotion",
        "article continues below",
        "article continues below advertisement",
        "article continues after advertisement",
        "article continues after sponsor message",
        "story continues below",
        "story continues below advertisement",
        "story continues below this ad",
        "story continues after ad",
        "continue reading below",
        "continues below advertisement",
        "advertisement continue reading the main story",
        "sponsor message",
        "this article continues below",
        "end of recommendation list",
        "image credits",
        "anzeige weiterlesen nach der anzeige",
        "nach der anzeige weiterlesen",
        "der artikel wird nach der anzeige fortgesetzt",
        "la suite après cette publicité",
        "la suite après la publicité",
        "l article continue après la publicité",
        "continúa leyendo",
        "sigue leyendo tras la publicidad",
        "continua após a publicidade",
        "continua dopo la pubblicità",
        "tekst gaat verder onder de advertentie",
        "lees verder onder de advertentie",
        "artikel gaat verder onder de advertentie",
        "tekst gaat verder onder de foto",
        "기사 본문과 관련 없음",
        "广告",
        "廣告",
        "請繼續往下閱讀",
        "请继续往下阅读",
        "繼續閱讀",
    ];
    label_key(line).is_some_and(|key| is_one_of(&key, NOTES))
}

/// Whether the line says through whom the text came here: `Original-Content von: …, übermittelt durch …`.
pub(super) fn passes_on(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "original content von",
        "original content of",
        "view original content",
        "view source version on",
        "view the original release",
        "view the original press release",
        "this news release was distributed by",
        "this press release was distributed by",
        "this article was originally published",
        "this story was originally published",
        "cision view original content",
        "distributed by",
        "diffusé par",
        "distribuido por",
        "distribuito da",
    ];
    const MOST: usize = 200;
    // Wire services end with `SOURCE Westport Harbor Commission`.
    let names_source = line
        .strip_prefix("SOURCE ")
        .is_some_and(|name| name.split(' ').count() <= 12 && !name.ends_with(['.', '!', '?']));
    if names_source {
        return true;
    }
    // To compare every paragraph would be in vain.
    let first: String = line.chars().take(4).collect::<String>().to_lowercase();
    if !BEGINNINGS.iter().any(|begins| begins.starts_with(&first)) {
        return false;
    }
    let key = title_key(line);
    line.chars().count() <= MOST && behind(&key, BEGINNINGS).is_some_and(|rest| !rest.is_empty())
}

/// `Night train.jpg (3.2 MB)`: a line that only names a file with a picture or a film.
pub(super) fn is_picture_file(line: &str) -> bool {
    const ENDINGS: &[&str] = &[
        ".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff", ".eps", ".heic", ".mov", ".mp4",
    ];
    let name = line
        .split(['(', '['])
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    line.chars().count() <= 120
        && name.split_whitespace().count() <= 6
        && ENDINGS.iter().any(|ending| name.ends_with(ending))
        && !name.contains("://")
}

/// `IMG_2041`, `DSC00123`, `Screen Shot 2026-05-06 at 4.55.35 PM`: what a camera or a computer calls a picture.
pub(super) fn is_camera_name(words: &str) -> bool {
    const NAMES: &[&str] = &[
        "img",
        "dsc",
        "dscn",
        "dscf",
        "pxl",
        "screenshot",
        "screen shot",
        "bildschirmfoto",
        "unnamed",
        "untitled",
    ];
    let key = title_key(words);
    let letters = key.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let is_dated = |name: &&str| {
        name.starts_with("screen")
            && key.starts_with(*name)
            && key.split(' ').skip(2).all(|word| {
                is_number(word) || matches!(word, "at" | "am" | "pm") || word.len() == 1
            })
    };
    words.chars().count() <= 60 && (NAMES.contains(&letters) || NAMES.iter().any(is_dated))
}

/// Whether the heading stands above files and pictures to take along: with none of them left it says nothing.
pub(super) fn names_files(heading: &str) -> bool {
    const FILES: &[&str] = &[
        "downloads",
        "download",
        "images",
        "image",
        "photos",
        "photo",
        "pictures",
        "media",
        "multimedia",
        "gallery",
        "image gallery",
        "photo gallery",
        "attachments",
        "documents",
        "files",
        "videos",
        "video",
        "bilder",
        "fotos",
        "bildergalerie",
        "bildmaterial",
        "pressebilder",
        "medien",
        "anhänge",
        "dokumente",
        "dateien",
        "imágenes",
        "galería",
        "galería de imágenes",
        "descargas",
        "archivos",
        "documentos",
        "images à télécharger",
        "photos à télécharger",
        "galerie",
        "galerie photos",
        "télécharger",
        "immagini",
        "galleria",
        "galleria fotografica",
        "allegati",
        "imagens",
        "galeria",
        "galeria de fotos",
        "anexos",
        "arquivos",
        "afbeeldingen",
        "foto s",
        "bijlagen",
        "사진",
        "附件",
        "相關附件",
        "相關檔案",
        "图片",
        "圖片",
        "tệp đính kèm",
        "hình ảnh",
    ];
    label_key(heading).is_some_and(|key| is_one_of(&key, FILES))
}

/// Whether a link is called as the page itself is that can be had as a file: `PDF version`.
pub(super) fn names_own_copy(says: &str) -> bool {
    const COPIES: &[&str] = &[
        "pdf",
        "pdf version",
        "as pdf",
        "view pdf",
        "view as pdf",
        "download pdf",
        "download as pdf",
        "save as pdf",
        "als pdf",
        "pdf herunterladen",
        "als pdf herunterladen",
        "version pdf",
        "en pdf",
        "télécharger en pdf",
        "télécharger le pdf",
        "versión pdf",
        "descargar pdf",
        "descargar en pdf",
        "versione pdf",
        "scarica pdf",
        "scarica il pdf",
        "baixar pdf",
        "versão pdf",
        "download als pdf",
        "pdf 다운로드",
        "下载pdf",
        "下載pdf",
    ];
    label_key(says).is_some_and(|key| is_one_of(&key, COPIES))
}

/// Whether the line asks readers to follow the site on networks.
pub(super) fn asks_to_follow(line: &str) -> bool {
    const FOLLOW: &[&str] = &[
        "follow",
        "sigue",
        "siga",
        "síguenos",
        "puedes seguir",
        "folgen sie",
        "folge uns",
        "folgt uns",
        "suivez",
        "retrouvez",
        "segui",
        "seguici",
        "siga o",
        "acompanhe",
        "volg",
        "find us on",
        "like us on",
        "join us on",
        "stay connected",
        "theo dõi",
        "关注",
        "關注",
        "追蹤",
        "加入",
        "구독",
        "팔로우",
    ];
    /// Those that say whom or where by themselves.
    const WHOLE: &[&str] = &[
        "síguenos",
        "folge uns",
        "folgt uns",
        "seguici",
        "find us on",
        "like us on",
        "join us on",
        "stay connected",
        "구독",
        "팔로우",
    ];
    /// Whom one follows. `Follow the blue signs.` is what a release says.
    const WHOM: &[&str] = &[
        "us", "me", "our", "uns", "nos", "nous", "noi", "ons", "chúng", "account", "social",
    ];
    const PLACES: &[&str] = &[
        "facebook",
        "twitter",
        "x",
        "instagram",
        "linkedin",
        "youtube",
        "bluesky",
        "threads",
        "mastodon",
        "telegram",
        "whatsapp",
        "tiktok",
        "flickr",
        "zalo",
        "line",
        "google",
        "rss",
        "feed",
        "newsletter",
        "podcast",
        "sina",
    ];
    const PLACES_OF_CHINA: &[&str] = &[
        "微信",
        "微博",
        "公众号",
        "公眾號",
        "头条",
        "抖音",
        "臉書",
        "粉絲",
        "好友",
        "會員",
        "会员",
        "客户端",
        "我们",
        "我們",
        "line",
    ];
    let key = title_key(line);
    FOLLOW.iter().any(|word| {
        let Some(rest) = key.strip_prefix(word) else {
            return false;
        };
        let names_whom = || {
            let mut words = rest.split(' ');
            line.contains('@')
                || words.any(|word| WHOM.contains(&word) || PLACES.contains(&word))
                || PLACES_OF_CHINA.iter().any(|place| rest.contains(place))
        };
        (rest.is_empty() || rest.starts_with(' ') || !word.is_ascii())
            && (rest.is_empty() || WHOLE.contains(word) || names_whom())
    })
}

/// `rbe/dpa`, `AFP, Reuters`: where papers say below the text who wrote it.
pub(super) fn is_agency_line(line: &str) -> bool {
    const AGENCIES: &[&str] = &[
        "dpa",
        "afp",
        "ap",
        "reuters",
        "epd",
        "kna",
        "sid",
        "apa",
        "ansa",
        "efe",
        "lusa",
        "belga",
        "anp",
        "sda",
        "keystone",
        "upi",
        "adnkronos",
        "agi",
        "rtr",
        "afx",
        "ddp",
        "dapd",
        "awp",
        "ats",
    ];
    // `(ansa)` alone says whose picture it is.
    let in_brackets = line
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    if in_brackets.is_some_and(|name| AGENCIES.contains(&name.trim().to_lowercase().as_str())) {
        return true;
    }
    if line.len() > 60 || !line.contains(['/', ',']) {
        return false;
    }
    let parts: Vec<String> = line
        .trim_matches(['(', ')'])
        .split(['/', ',', ' ', '-'])
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect();
    line.chars().count() <= 30
        && !line.ends_with(['.', ':'])
        && line.contains(['/', ','])
        && (2..=4).contains(&parts.len())
        && parts
            .iter()
            .all(|part| part.chars().count() <= 10 && part.chars().all(char::is_alphabetic))
        && parts.iter().any(|part| AGENCIES.contains(&part.as_str()))
}

/// Whether the line offers the site's program for telephones.
pub(super) fn offers_app(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "下載",
        "下载",
        "download",
        "click here to download",
        "tap here to download",
        "click here to get",
        "get the",
        "descarga",
        "descárgate",
        "téléchargez",
        "scarica",
        "baixe",
        "laden sie",
        "앱",
        "tải",
    ];
    let key = title_key(line);
    line.chars().count() <= 120
        && key
            .split(' ')
            .any(|word| word == "app" || word == "apps" || word == "앱")
        && BEGINNINGS.iter().any(|word| key.starts_with(word))
}

/// Whether the line, set apart below the text, is about what else the site has. `For more information, visit …` and
/// `Watch the hearing` are a release's: such a line must name a thing that a paper or a station has.
pub(super) fn plugs(line: &str) -> bool {
    const PLUGS: &[&str] = &[
        "catch up with",
        "subscribe",
        "got a",
        "this story was",
        "this article was",
        "our journalism",
        "lesen sie auch",
        "abonnieren",
        "suscríbete",
        "apúntate",
        "inscríbete",
        "abonnez",
        "recevez",
        "iscriviti",
        "assine",
        "receba",
        "meld je",
        "abonneer",
    ];
    const CALLS: &[&str] = &[
        "listen to",
        "watch",
        "sign up",
        "download the",
        "read more",
        "have you",
        "do you have",
        "are you",
        "email us",
        "send your",
        "contact us",
        "get in touch",
        "for more",
        "join the",
        "support",
        "help us",
        "want to",
        "hören sie",
        "escucha",
        "écoutez",
        "ascolta",
        "ouça",
        "luister",
    ];
    const THINGS: &[&str] = &[
        "story",
        "stories",
        "episode",
        "episodes",
        "highlights",
        "podcast",
        "podcasts",
        "app",
        "newsletter",
        "newsletters",
        "journalism",
        "coverage",
        "channel",
        "inbox",
        "folge",
        "episodio",
        "épisode",
        "episódio",
        "puntata",
        "aflevering",
    ];
    let key = title_key(line);
    behind(&key, PLUGS).is_some()
        || (behind(&key, CALLS).is_some() && key.split(' ').any(|word| THINGS.contains(&word)))
}

/// Whether the line says where on the site the reader is.
pub(super) fn says_where(line: &str) -> bool {
    const HERE: &[&str] = &[
        "you are here",
        "sie sind hier",
        "sie befinden sich hier",
        "vous êtes ici",
        "usted está aquí",
        "estás en",
        "ti trovi in",
        "sei in",
        "você está aqui",
        "u bent hier",
        "u bevindt zich hier",
        "현재 위치",
        "当前位置",
        "您的位置",
        "您当前的位置",
        "目前位置",
        "您现在的位置",
        "bạn đang ở",
    ];
    let key = title_key(line);
    line.chars().count() <= 200
        && !line.ends_with(['.', '!', '?', '。'])
        && HERE.iter().any(|here| key.starts_with(here))
}

/// `A+ A- Print`: the line without what changes the size of the letters.
fn without_sizes(line: &str) -> String {
    let is_word = |word: &&str| !matches!(*word, "A+" | "A-" | "A–" | "A−" | "A++" | "A--" | "A");
    line.split_whitespace()
        .filter(is_word)
        .collect::<Vec<_>>()
        .join(" ")
}

/// `原标题：…`: Chinese papers say below their own headline what the text was called elsewhere.
pub(super) fn repeats_title(line: &str) -> bool {
    line.split_once([':', '：'])
        .is_some_and(|(label, _)| matches!(label.trim(), "原标题" | "原標題"))
}

/// `정하늘 기자 haneul@daily.example`: Korean papers put the reporter below the text.
pub(super) fn is_reporter_line(line: &str) -> bool {
    const ROLES: &[&str] = &[
        "기자",
        "선임기자",
        "인턴기자",
        "특파원",
        "객원기자",
        "논설위원",
    ];
    let words: Vec<&str> = line
        .split([' ', '=', '/', '(', ')', '·', '|'])
        .filter(|word| !word.is_empty())
        .collect();
    let is_role = |word: &&&str| {
        ROLES.contains(word)
            || ROLES.iter().any(|role| {
                word.strip_suffix(role)
                    .is_some_and(|name| (2..=4).contains(&name.chars().count()))
            })
    };
    words.len() <= 5
        && words.iter().take(2).any(|word| is_role(&word))
        && words
            .iter()
            .filter(|word| !is_role(word))
            .all(|word| word.contains('@') || (2..=4).contains(&word.chars().count()))
}

/// How many of the words are `written by` or its like; none: they begin with something else.
pub(super) fn byline_words(words: &[&str]) -> Option<usize> {
    (1..=words.len().min(3)).rev().find(|count| {
        words
            .get(..*count)
            .is_some_and(|part| is_one_of(&part.join(" "), BYLINES))
    })
}

/// Whether the heading asks readers for news: `Got a tip?`
pub(super) fn asks_for_tips(line: &str) -> bool {
    const TIPS: &[&str] = &[
        "got a tip",
        "have a tip",
        "do you have a tip",
        "send us a tip",
        "got a story",
        "have a story",
        "got news",
        "contact us to ask a question provide feedback",
        "heb je een tip",
        "heeft u een tip",
        "tip de redactie",
        "hast du einen tipp",
        "haben sie einen tipp",
        "haben sie einen hinweis für die redaktion",
        "une information à nous",
        "une info à nous",
        "tienes una noticia",
        "tiene una noticia",
        "hai una segnalazione",
        "hai una notizia",
        "tem uma denúncia",
        "tem uma sugestão de",
        "제보",
        "제보하기",
    ];
    let Some(key) = label_key(line) else {
        return false;
    };
    key.chars().count() <= 80 && TIPS.iter().any(|tip| key.starts_with(tip))
}

/// Whether the heading asks readers what they think of the page.
pub(super) fn asks_for_opinion(line: &str) -> bool {
    const OPINION: &[&str] = &[
        "page helpful",
        "page useful",
        "information helpful",
        "information useful",
        "how would you rate",
        "rate this page",
        "did you find",
        "seite hilfreich",
        "informationen hilfreich",
        "artikel hilfreich",
        "seite weitergeholfen",
        "encuesta de satisfacción",
        "te ha resultado útil",
        "le ha resultado útil",
        "fue útil esta",
        "cómo fue tu experiencia",
        "vous a t elle été utile",
        "page vous a été utile",
        "cet article vous a",
        "informazioni su questa pagina",
        "pagina è stata utile",
        "pagina ti è stata",
        "página foi útil",
        "conteúdo foi útil",
        "informação foi útil",
        "pagina nuttig",
        "informatie nuttig",
        "pagina geholpen",
        "만족하십니까",
        "만족하셨습니까",
        "만족도",
        "对您有帮助",
        "對您有幫助",
        "bài viết có hữu ích",
        "đánh giá bài viết",
        "このページの情報は役に立ち",
        "このページは役に立ち",
        "皆さまのご意見をお聞かせ",
        "皆様のご意見をお聞かせ",
    ];
    let Some(key) = label_key(line) else {
        return false;
    };
    key.chars().count() <= 120 && OPINION.iter().any(|asks| key.contains(asks))
}

/// `Is there anything wrong with this page?`: a question about the page and none of the release.
pub(super) fn asks_about_page(line: &str) -> bool {
    const PAGES: &[&str] = &[
        "this page",
        "this webpage",
        "this web page",
        "this website",
        "cette page",
        "diese seite",
        "dieser seite",
        "esta página",
        "questa pagina",
        "deze pagina",
        "이 페이지",
        "本页",
        "本頁",
        "trang này",
    ];
    line.ends_with(['?', '？'])
        && label_key(line).is_some_and(|key| {
            key.chars().count() <= 80 && PAGES.iter().any(|page| key.contains(page))
        })
}

/// `You are leaving our website`: what a site says before it lets somebody follow a link.
pub(super) fn says_farewell(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "you are leaving",
        "you are now leaving",
        "you are about to leave",
        "you are exiting",
        "you are now exiting",
        "you are being redirected to an external",
        "leaving this site",
        "leaving our site",
        "external link disclaimer",
        "exit disclaimer",
        "usted está saliendo",
        "está a punto de salir",
        "sie verlassen",
        "vous quittez",
        "vous allez quitter",
        "stai lasciando",
        "está a sair",
        "u verlaat",
    ];
    label_key(line).is_some_and(|key| behind(&key, BEGINNINGS).is_some())
}

/// `An official website of the State`, `Secure .gov websites use HTTPS`: how governments tell that a site is theirs.
pub(super) fn says_official(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "an official website of the",
        "this is an official website of the",
        "here s how you know",
        "official websites use",
        "secure gov websites use",
        "secure websites use",
        "a lock or https means",
        "the gov means it s official",
        "the site is secure",
    ];
    const LONGEST: usize = 24;
    label_key(line)
        .is_some_and(|key| key.split(' ').count() <= LONGEST && behind(&key, BEGINNINGS).is_some())
}

/// The label of an advertisement: what stands below it may be the text's.
pub(super) fn is_advertisement(line: &str) -> bool {
    const LABELS: &[&str] = &[
        "advertisement",
        "advertisements",
        "advertising",
        "anzeige",
        "werbung",
        "publicidad",
        "publicité",
        "pubblicità",
        "publicidade",
        "advertentie",
        "광고",
        "广告",
        "廣告",
        "quảng cáo",
    ];
    label_key(line).is_some_and(|key| is_one_of(&key, LABELS))
}

/// Whether the line is `Published on` alone, with the day in the next line.
pub(super) fn is_date_label(line: &str) -> bool {
    let Some(key) = label_key(line) else {
        return false;
    };
    is_one_of(&key, UPDATED) && !is_one_of(&key, DATES_OF_ANYTHING)
}

/// Whether the line says when the text was published or changed, and hardly more.
pub(super) fn is_publication_line(line: &str) -> bool {
    if line.chars().count() > 100 || line.ends_with(['.', '!', '?', '。']) {
        return false;
    }
    let key = title_key(line);
    let digits = key.chars().any(|c| c.is_ascii_digit());
    // `Department of Roads sent this bulletin at 05/04/2026 10:30 AM EDT`
    if digits && key.contains(" sent this bulletin at ") {
        return true;
    }
    let label = UPDATED
        .iter()
        .filter(|label| {
            key.strip_prefix(**label)
                .is_some_and(|rest| rest.starts_with(' '))
        })
        .max_by_key(|label| label.len());
    digits && label.is_some_and(|label| !is_one_of(label, DATES_OF_ANYTHING))
}

/// Whether the line has words like `published on` in it.
pub(super) fn names_publication(line: &str) -> bool {
    let key = title_key(line);
    line.contains('|')
        || UPDATED
            .iter()
            .filter(|label| !is_one_of(label, DATES_OF_ANYTHING) && label.len() > 5)
            .any(|label| key.contains(label))
}

/// Whether the word alone says that a text was published, as in `posted 2026-05-04 by …`.
pub(super) fn begins_publication(word: &str) -> bool {
    let key = title_key(word);
    key.len() > 5
        && !key.contains(' ')
        && is_one_of(&key, UPDATED)
        && !is_one_of(&key, DATES_OF_ANYTHING)
}

/// Whether the line stands above what readers wrote: `There are 3 comments`, `Kommentare (12)`.
pub(super) fn is_comments_heading(line: &str) -> bool {
    let key = title_key(line);
    if is_one_of(&key, COMMENTS) {
        return true;
    }
    let words: Vec<&str> = key.split(' ').collect();
    if words.len() > 7 || !words.iter().any(|word| is_number(word)) {
        return false;
    }
    let bare: Vec<&str> = words.into_iter().filter(|word| !is_number(word)).collect();
    let bare = bare.join(" ");
    is_one_of(&bare, COMMENTS)
        || ["there are ", "view all ", "view ", "show all ", "hay "]
            .iter()
            .filter_map(|before| bare.strip_prefix(before))
            .any(|rest| is_one_of(rest, COMMENTS))
        || [
            "thoughts on",
            "responses to",
            "comments on",
            "replies to",
            "thought on",
        ]
        .iter()
        .any(|within| bare.starts_with(within))
}

/// Whether the line is a button or a link of the site's: `Share`, `Drucken`, `목록`.
pub(super) fn is_control(line: &str) -> bool {
    let Some(key) = label_key(line) else {
        return false;
    };
    if key.len() > 60 {
        return false;
    }
    if ["A+", "A-", "A–", "A−"]
        .iter()
        .any(|size| line.contains(size))
    {
        let rest = without_sizes(line);
        return rest.is_empty() || (rest.len() < line.len() && is_control(&rest));
    }
    let several = line.split(['|', '•', '·']);
    is_one_of(&key, CONTROLS)
        || shares_to_network(&key)
        // `Order Reprints | Today’s Paper`
        || (line.contains(['|', '•', '·'])
            && several
                .map(title_key)
                .all(|part| part.is_empty() || is_one_of(&part, CONTROLS)))
        // `Share Tweet Email`, `Facebook Twitter Drucken`
        || (key.contains(' ') && key.split(' ').count() <= 10
            && key.split(' ').all(|word| is_one_of(word, CONTROLS)))
}

/// `Download (3.2 MB)`, `Herunterladen [PDF, 212 kB]`: a button with the size of what it gives.
pub(super) fn is_sized_download(line: &str) -> bool {
    line.strip_suffix([')', ']'])
        .and_then(|line| line.split_once(['(', '[']))
        .is_some_and(|(says, size)| {
            let size = size.to_lowercase();
            (names_files(says) || is_one_of(&title_key(says), CONTROLS))
                && size.chars().any(|c| c.is_ascii_digit())
                && ["kb", "mb", "ko", "mo", "кб"]
                    .iter()
                    .any(|unit| size.contains(unit))
        })
}

/// `Deel deze pagina op Facebook`, `Click to share on X (Opens in new window)`: begins with the verb
/// and ends with where.
fn shares_to_network(key: &str) -> bool {
    const VERBS: &[&str] = &[
        "share",
        "click to",
        "post on",
        "send by",
        "teilen",
        "auf",
        "per",
        "diese seite",
        "partager",
        "compartir",
        "comparte",
        "compartilhar",
        "compartilhe",
        "condividi",
        "deel",
        "delen",
        "chia sẻ",
        "공유",
        "分享",
    ];
    const NETWORKS: &[&str] = &[
        "facebook",
        "twitter",
        "x",
        "linkedin",
        "whatsapp",
        "telegram",
        "messenger",
        "e mail",
        "email",
        "mail",
        "zalo",
        "bluesky",
        "threads",
        "mastodon",
        "pinterest",
        "reddit",
        "xing",
        "kakaotalk",
        "카카오톡",
        "페이스북",
        "트위터",
        "微信",
        "微博",
        "line",
    ];
    let key = [
        "opens in new window",
        "opens in a new window",
        "öffnet in neuem fenster",
        "s ouvre dans une nouvelle fenêtre",
        "ouvre dans une nouvelle fenêtre",
        "se abre en una ventana nueva",
        "si apre in una nuova finestra",
        "abre em nova janela",
        "opent in een nieuw venster",
        "teilen",
    ]
    .iter()
    .find_map(|end| key.strip_suffix(end))
    .unwrap_or(key)
    .trim_end();
    key.split(' ').count() <= 11
        && behind(key, VERBS).is_some()
        && NETWORKS.iter().any(|network| {
            key.strip_suffix(network)
                .is_some_and(|before| before.ends_with(' '))
        })
}

/// Whether the line is a label of keywords, and whether the keywords stand in it.
pub(super) fn tag_label(line: &str) -> Option<TagLabel> {
    let key = title_key(line);
    if is_one_of(&key, TAG_LABELS) {
        return Some(TagLabel::Alone);
    }
    let (label, rest) = line.split_once([':', '：'])?;
    let named = is_one_of(&title_key(label), TAG_LABELS);
    (named && line.chars().count() <= 200 && !rest.trim_end().ends_with(['.', '!', '?', '。']))
        .then_some(TagLabel::WithTags)
}

/// What [`tag_label`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagLabel {
    /// The keywords stand in the next line.
    Alone,
    /// The keywords stand in the same line.
    WithTags,
}

/// Whether the line only says what kind of page it is.
pub(super) fn is_kind(line: &str) -> bool {
    is_one_of(&title_key(line), KINDS)
}

/// `Press releases Plenary session`: the line without the kind of page that it begins with.
pub(super) fn without_first_kind(line: &str) -> &str {
    /// Words of the longest kind that is sought.
    const WORDS: usize = 3;
    line.match_indices(' ')
        .map(|(at, _)| at)
        .chain([line.len()])
        .take(WORDS)
        .filter(|at| line.get(..*at).is_some_and(is_kind))
        .last()
        .and_then(|at| line.get(at..))
        .unwrap_or(line)
}

/// `H.R. 12, the Road Act`, `Senate Bill 7`: whether the words begin with the number of a bill, an act or a resolution.
pub(super) fn names_bill(words: &str) -> bool {
    const BILLS: &[&str] = &[
        "h r",
        "hr",
        "s",
        "hb",
        "sb",
        "ab",
        "h b",
        "s b",
        "a b",
        "hf",
        "sf",
        "ld",
        "h res",
        "s res",
        "h j res",
        "s j res",
        "hcr",
        "scr",
        "hjr",
        "sjr",
        "acr",
        "house bill",
        "senate bill",
        "assembly bill",
        "bill",
        "act",
        "public act",
        "public law",
        "resolution",
        "ordinance",
        "house resolution",
        "senate resolution",
        "executive order",
        "ley",
        "decreto",
        "loi",
        "décret",
        "gesetz",
        "drucksache",
    ];
    let key = title_key(words);
    let number = key.find(|c: char| c.is_ascii_digit());
    number
        .and_then(|at| key.get(..at))
        .is_some_and(|before| is_one_of(before.trim(), BILLS))
}

/// Whether the heading only says that the text follows: forms of content systems have one for it.
pub(super) fn names_text(heading: &str) -> bool {
    const NAMES: &[&str] = &[
        "descrizione",
        "descripción",
        "descrição",
        "beschreibung",
        "description",
        "testo",
        "cos è",
        "about this event",
        "event description",
        "press release details",
        "news details",
    ];
    is_one_of(&title_key(heading), NAMES)
}

/// Whether the words begin with what a text is called: `Press release No. 12`.
pub(super) fn begins_with_kind(words: &str) -> bool {
    /// What stands between the name of a text and its day, besides numbers.
    const BETWEEN: &[&str] = &[
        "vom", "am", "den", "of", "from", "on", "dated", "du", "le", "del", "di", "de", "van",
        "no", "nr", "n", "nº", "num", "number", "numéro", "nummer", "número",
    ];
    behind(&title_key(words), KINDS).is_some_and(|rest| {
        rest.split(' ').all(|word| {
            word.is_empty() || is_one_of(word, BETWEEN) || word.chars().any(|c| c.is_ascii_digit())
        })
    })
}

/// The headline without `Press release:` in front of it, and without the office before that: `Office of the Mayor —
/// News release — The bridge opens`.
pub(super) fn without_kind(headline: &str) -> &str {
    /// Parts of a headline in which what it is called stands.
    const PARTS: usize = 2;
    let dashes = [" — ", " – ", " - ", " | "];
    let mut rest = headline;
    for _ in 0..PARTS {
        let first = dashes
            .iter()
            .filter_map(|dash| rest.split_once(dash))
            .min_by_key(|(part, _)| part.len());
        let Some((part, behind)) = first else { break };
        // One word, `News`, may be a headline's own.
        if part.contains(' ') && is_kind(part) && behind.split_whitespace().count() >= 2 {
            return behind.trim();
        }
        rest = behind;
    }
    without_kind_before_colon(headline)
}

fn without_kind_before_colon(headline: &str) -> &str {
    let bracketed = [('[', ']'), ('【', '】'), ('［', '］'), ('(', ')')]
        .into_iter()
        .find_map(|(open, close)| headline.strip_prefix(open)?.split_once(close));
    let Some((kind, rest)) = bracketed.or_else(|| headline.split_once([':', '：'])) else {
        return headline;
    };
    let rest = rest.trim();
    if is_kind(kind) && rest.split_whitespace().count() >= 2 || (is_kind(kind) && !rest.is_ascii())
    {
        rest
    } else {
        headline
    }
}

/// Whether the line begins as one that says when the page was published or changed.
pub(super) fn says_updated(line: &str) -> bool {
    behind(&title_key(line), UPDATED).is_some()
}

/// Whether the line says that the page was changed, and not when it was published.
pub(super) fn says_changed(line: &str) -> bool {
    const CHANGED: &[&str] = &[
        "update",
        "modif",
        "actualiz",
        "aktualisiert",
        "änderung",
        "mis à jour",
        "mise à jour",
        "aggiorna",
        "atualiz",
        "bijgewerkt",
        "gewijzigd",
        "review",
        "수정",
        "更新",
        "檢視",
        "data check",
        "cập nhật",
        "stand",
    ];
    let key = title_key(line);
    let beginning: String = key.chars().take(24).collect();
    CHANGED.iter().any(|word| beginning.contains(word))
}

/// The line without `Published on`, `Veröffentlicht am:` in front of it.
pub(super) fn without_date_label(line: &str) -> Option<&str> {
    let key = title_key(line);
    let rest = behind(&key, UPDATED)?;
    // As many words from the end of the line as the key has left.
    let digits = line.find(|c: char| c.is_ascii_digit());
    match line.split_once([':', '：']) {
        Some((label, behind)) if is_one_of(&title_key(label), UPDATED) => Some(behind.trim()),
        _ if rest.is_empty() => None,
        _ => {
            let first = rest.split(' ').next()?;
            let lower = line.to_lowercase();
            let at = lower.find(first).or(digits)?;
            line.get(at..)
        }
    }
}

/// Whether the line says who wrote the article and nothing else.
pub(super) fn is_byline(line: &str) -> bool {
    if line.chars().count() > 90 || line.ends_with(['.', '!', '?', '。', '…']) {
        return false;
    }
    // `Photos: https://…` says where they are, and not who took them.
    if line.contains("://") || line.contains("www.") {
        return false;
    }
    let key = title_key(line);
    let Some(rest) = behind(&key, BYLINES) else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    if line.contains([':', '：']) {
        return rest.split(' ').count() <= 8;
    }
    if names_speaker(line) {
        return false;
    }
    // `By Jane Roe, staff writer`: names are written with capitals.
    let mut words = line.split_whitespace().skip(1);
    let is_name = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase)
            || !word.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
    };
    rest.split(' ').count() <= 8 && words.next().is_some_and(is_name)
}

/// `BY THE PRESIDENT OF THE UNITED STATES`: who speaks, above a proclamation.
fn names_speaker(line: &str) -> bool {
    const FEWEST: usize = 3;
    line.starts_with("BY THE ")
        && !line.chars().any(char::is_lowercase)
        && line.split_whitespace().count() >= FEWEST
}

/// `3 min read`, `조회수 123`, `1,234 views`.
pub(super) fn is_count(line: &str) -> bool {
    let key = title_key(line);
    if key.len() > 60 || !key.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    let bare: Vec<&str> = key.split(' ').filter(|word| !is_number(word)).collect();
    is_one_of(&bare.join(" "), COUNTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_a_whole_line_and_a_sentence_is_none() {
        for line in [
            "Related articles",
            "Das könnte Sie auch interessieren:",
            "관련기사",
            "Tin liên quan",
        ] {
            assert!(is_related_heading(line), "{line}");
        }
        for line in [
            "Read more about the plan in the report of March 3.",
            "Sign up for the workshop at the library by May 4.",
            "Join our town meeting on Thursday at seven.",
            "Share your views with the council by Friday.",
        ] {
            assert!(!is_control(line) && !is_related_heading(line), "{line}");
        }
        for line in [
            "Share",
            "Share Tweet Email",
            "Seite drucken",
            "목록",
            "【打印本页】",
        ] {
            assert!(is_control(line), "{line}");
        }
        assert!(is_comments_heading("There are 3 comments"));
        assert!(is_comments_heading("Kommentare (12)"));
        assert!(!is_comments_heading(
            "The town asks for comments on 3 plans"
        ));
    }

    #[test]
    fn bylines_labels_and_counts_are_told_from_text() {
        for line in [
            "By Jane Roe, staff writer",
            "Von Max Muster",
            "Redaktion: Anna Poe",
            "记者 王小明",
        ] {
            assert!(is_byline(line), "{line}");
        }
        for line in [
            "By the river stands a mill",
            "Por la tarde",
            "By May 4, all must be done.",
        ] {
            assert!(!is_byline(line), "{line}");
        }
        for line in [
            "Mark Tully covers harbors and fishing for the Northwest Post.",
            "Associated Press writers Ann Poe and Li Wei contributed to this report.",
        ] {
            assert!(is_author_note(line), "{line}");
        }
        for line in [
            "The grant covers two thirds of the cost.",
            "Senator Ann Poe said that the plan covers all.",
            "“Ann Poe covers it,” he said.",
        ] {
            assert!(!is_author_note(line), "{line}");
        }
        assert!(is_byline_alone("By Ann Poe and Li Wei") && is_byline_alone("Von Kerstin Maurer"));
        assert!(!is_byline_alone("By Monday") && !is_byline_alone("Por la tarde del lunes"));
        assert!(is_control("Order Reprints | Today’s Paper | Subscribe"));
        assert_eq!(tag_label("Schlagworte"), Some(TagLabel::Alone));
        assert_eq!(tag_label("Tags: bridge, town"), Some(TagLabel::WithTags));
        assert_eq!(tag_label("Issue: the bridge was closed in May."), None);
        assert!(is_count("3 comments") && !is_control("Comments"));
        for line in [
            "정하늘 기자 haneul@daily.example",
            "[한밭=연합] 김철수기자",
            "박민 특파원",
        ] {
            assert!(is_reporter_line(line) || line.starts_with('['), "{line}");
        }
        assert!(!is_reporter_line("기자 회견이 내일 오전 10시에 열린다"));
        assert!(is_count("3 min read") && is_count("조회수 : 123") && !is_count("3 bridges"));
        assert_eq!(without_kind("Press release: Bridge opens"), "Bridge opens");
        assert_eq!(
            without_kind("The bridge: a history"),
            "The bridge: a history"
        );
        assert_eq!(without_kind("[보도자료] 다리 개통"), "다리 개통");
        assert_eq!(
            without_kind("[H.R. 12] Bridge opens"),
            "[H.R. 12] Bridge opens"
        );
        assert!(is_control(
            "Deel deze pagina op uw eigen account op Facebook"
        ));
        assert!(
            is_control("Partager sur X") && is_control("Click to share on X (Opens in new window)")
        );
        assert!(!is_control(
            "Share your views on Facebook and in the town hall on May 4"
        ));
        assert_eq!(
            without_date_label("Veröffentlicht am 4. Mai 2026"),
            Some("4. Mai 2026")
        );
        assert_eq!(
            without_date_label("Published: May 4, 2026"),
            Some("May 4, 2026")
        );
    }
}
