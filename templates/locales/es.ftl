# What the public pages and the mails about a subscription say in Spanish.

skip = Ir al contenido
navigation = Páginas
archive = Boletines anteriores
sign_up = Suscribirse
privacy = Privacidad
help = Ayuda
sign_up_title = Noticias por correo electrónico
sign_up_lead = Reciba por correo electrónico los comunicados de prensa de { $office } en cuanto se publiquen.
email = Correo electrónico
email_hint = Por ejemplo nombre@example.org
topics = ¿Qué desea recibir?
topics_hint = Si no elige nada, recibirá todos estos temas.
language = Idioma de los correos sobre su suscripción y de este sitio
subscribe = Suscribirme
consent = Al suscribirse, usted autoriza a { $office } a enviar regularmente novedades por correo electrónico a esta dirección. Puede darse de baja en cualquier momento con un clic.
frequency = Primero le enviaremos un correo para confirmar que la dirección es suya.
how_often = ¿Con qué frecuencia?
each_release = En cuanto se publiquen
daily_summary = Una vez al día
weekly_summary = Una vez por semana
how_often_hint = Una vez al día o por semana, todo lo nuevo de un tema llega en un solo correo.
often_from = El cambio se aplica con el próximo correo de resumen, para que no se pierda nada ni reciba nada dos veces.
how_often_topic = Con qué frecuencia: { $topic }
leave_empty = Deje este campo vacío
wrong = Revise el formulario
address_letters = Nuestro sistema de correo no puede escribir a una dirección con letras distintas de la a a la z antes de la @. Use otra dirección.
address_wrong = Escriba una dirección de correo como nombre@example.org.
address_several = Escriba una sola dirección de correo a la vez.
check_mail_title = Revise su correo
check_mail = Si esta dirección puede recibir nuestras noticias, un correo nuevo está en camino. Ábralo y haga clic en el botón de la página a la que lleva. Hasta entonces no se envía nada.
confirm_title = Confirme su suscripción
confirm_lead = Falta un paso: haga clic en el botón para recibir por correo las noticias de { $office }.
confirm_topics = Recibirá: { $topics }.
confirm_button = Sí, quiero suscribirme
confirmed_title = Su suscripción está confirmada
confirmed = A partir de ahora recibirá por correo lo que eligió. Cada correo tiene un enlace para darse de baja.
confirmed_without_topic = El tema que eligió no se ofrece por ahora, así que todavía no recibirá nada. Elija otros con el enlace de abajo.
link_over_title = Este enlace ha caducado o ya se usó
link_over = Si recibe nuestros correos, su suscripción está activa. Si no, pida un enlace nuevo o suscríbase otra vez.
again_button = Enviarme un enlace nuevo
never_title = ¿No lo pidió usted?
never_lead = Entonces no haga nada y no recibirá noticias. También puede pedirnos que no volvamos a escribir a esta dirección.
never_button = No volver a escribirme
never_done = No volveremos a escribir a esta dirección.
unsubscribe_title = Darse de baja
unsubscribe_lead = Haga clic en el botón y no recibirá más correos de { $office }.
unsubscribe_button = Darme de baja
unsubscribed_title = Se ha dado de baja
unsubscribed = No recibirá más correos de esta lista. No tiene que hacer nada más.
releases_topic = Comunicados de prensa
releases_topic_holds = Todos los comunicados de prensa, en cuanto se publican.
preferences_title = Sus preferencias
preferences_lead = Elija lo que desea recibir. Desmarque todas las casillas para darse de baja.
save = Guardar
saved = Su elección se ha guardado.
leave_all = Darse de baja
not_found_title = Esta página no existe
not_found = Puede que la dirección esté incompleta. Nuestras noticias están en Boletines anteriores.
failed_title = Algo falló de nuestro lado
failed = No es culpa suya y no se ha cambiado nada. Inténtelo de nuevo en un minuto.
unread_title = No se pudo leer lo enviado
unread = No se ha cambiado nada. Vuelva atrás, cargue la página de nuevo y envíe el formulario otra vez. Si no funciona, escriba a la oficina: su dirección está en Ayuda.
privacy_kept = Guardamos su dirección de correo, lo que eligió y respondió, y el registro de cómo se suscribió: cuándo, desde qué página y dirección de red. Ese registro prueba que usted pidió nuestro correo.
privacy_not_tracked = No rastreamos si abre un correo o sigue un enlace, y no damos su dirección a nadie.
privacy_leaving = Cuando se da de baja, dejamos de escribirle de inmediato. Si nos lo pide, borramos todo salvo una marca cifrada que impide que su dirección se añada otra vez.
help_why = Recibe nuestros correos porque se suscribió a ellos, aquí o de otra forma, por ejemplo en papel, y autorizó a esta oficina a enviárselos.
help_leaving = Cada correo tiene al final un enlace para darse de baja; la mayoría de los programas de correo muestran también un botón. Funciona de inmediato.
help_missing = Si un correo no llega, mire en la carpeta de correo no deseado y añada nuestra dirección a sus contactos.
mail_subject = Confirme su suscripción
mail_asked = Confirme que desea recibir correos de { $office }. Esta dirección se escribió el { $when } en { $page }.
mail_confirm = Si fue usted, abra esta página y haga clic en el botón:
mail_ignore = Si no fue usted, ignore este correo: no recibirá noticias.
mail_expires = El enlace funciona hasta el { $until }.
incomplete_title = Este enlace está incompleto
incomplete = Una parte del enlace se perdió o cambió en el camino, así que no sabemos de quién es. No se cambió nada. Abra de nuevo nuestro correo y siga el enlace, o pida un enlace nuevo.
incomplete_confirm = Una parte del enlace se perdió o cambió en el camino. No se cambió nada. Abra de nuevo nuestro correo y siga el enlace completo, o suscríbase otra vez y le enviaremos uno nuevo.
incomplete_event = Una parte del enlace se perdió o cambió, así que no lleva a ninguno de nuestros eventos. Escanee el código otra vez o suscríbase en nuestra página.
new_link = Pedir un enlace nuevo
leave_topic_lead = Haga clic en el botón y no recibirá más «{ $topic }» de { $office }.
leave_everything = Cancelar todas las suscripciones
left_topic_title = Ha cancelado la suscripción a «{ $topic }»
left_topic = Sigue recibiendo: { $topics }.
undo_button = Deshacer: quiero seguir recibiendo noticias
undone_title = Su suscripción está activa de nuevo
undone = Su suscripción está como antes.
undo_late_title = Esto ya no se puede deshacer
undo_late = No se cambió nada. Puede suscribirse de nuevo en cualquier momento.
manage_title = Administrar su suscripción
manage_lead = Escriba su correo electrónico. Si está en nuestra lista, le enviamos un enlace para elegir temas, cambiar la dirección, obtener una copia de lo que guardamos o cancelar la suscripción.
manage_button = Enviarme un enlace
manage_sent = Si { $address } está en nuestra lista, le estamos enviando un enlace, como máximo tres al día. Abra el correo y siga el enlace. ¿No llega? Revise el correo no deseado y si esta es la dirección que recibe nuestras noticias.
manage_mail = Se pidió a { $office } un enlace para administrar la suscripción de esta dirección. Abra esta página:
link_ignore = Si no fue usted, ignore este correo: no cambia nada.
already_subject = Ya tiene una suscripción
already_mail = El { $when } se escribió esta dirección para recibir correos de { $office }. Esta dirección ya está suscrita. Para elegir lo que recibe, abra esta página:
subscribed_as = La dirección { $address } está suscrita.
not_subscribed = La dirección { $address } no está suscrita.
joined_title = Esta dirección ya no recibe correos
joined = Su suscripción pasó a otra dirección, que confirmó el cambio. Nuestras noticias van allí hasta que se dé de baja desde ella.
joined_button = Enviar un enlace a la otra dirección
joined_sent = Si la otra dirección está suscrita, le enviamos un enlace para elegir lo que recibe o darse de baja, como máximo tres al día. Abra el correo allí.
change_title = Cambiar su dirección
change_lead = Enviamos un correo a la dirección nueva. El cambio se hace cuando usted sigue el enlace que contiene.
new_address = Correo electrónico nuevo
change_button = Cambiar dirección
change_too_often = Ya ha pedido tres cambios en un día. Inténtelo de nuevo mañana.
change_sent = Estamos enviando un correo a { $address }. Ábralo y siga el enlace; hasta entonces nuestras noticias van a su dirección actual.
change_mail = Se pidió a { $office } que envíe sus noticias a esta dirección a partir de ahora. Si fue usted, abra esta página y haga clic en el botón:
change_confirm_title = Confirme su dirección nueva
change_confirm = Haga clic en el botón y nuestras noticias irán a { $address } a partir de ahora.
change_confirm_button = Usar esta dirección
changed_title = Su dirección ha cambiado
changed = Nuestras noticias van a { $address } a partir de ahora.
change_over_title = Su dirección no se cambió
change_over = La suscripción que debía pasar a { $address } ha terminado. Para recibir allí nuestras noticias, suscríbase con esa dirección.
copy_title = La información que guardamos sobre usted
copy_lead = Todo lo que se guarda con su dirección, en un archivo.
copy_button = Descargar mis datos
erase_title = Borrar mis datos
erase_lead = Borramos todo salvo una marca cifrada que impide que su dirección se añada de nuevo. No recibirá más noticias. No se puede deshacer.
erase_button = Borrar todo
erased_title = Sus datos están borrados
erased = Solo guardamos una marca cifrada que impide que su dirección se añada de nuevo. Puede suscribirse otra vez en cualquier momento.
more_lead = Para cambiar su dirección, obtener una copia de lo que guardamos o borrarlo, pida un enlace nuevo a su buzón.
no_such_topic = Lo que se pidió no se ofrece aquí. Vea lo que puede recibir y vuelva a pulsar el botón.
consent_changed = Lo que usted acepta ha cambiado desde que se abrió esta página. Léalo abajo y vuelva a pulsar el botón.
once_more_title = Haga clic en el botón una vez más
once_more = Los programas llenan formularios en un instante, por eso se lo preguntamos una vez más. Lo que escribió sigue aquí.
sending_to = Estamos enviando un correo de confirmación a { $address }. Ábralo y siga el enlace. Hasta entonces no recibirá noticias.
resent_to = Si hoy no enviamos ningún correo a { $address }, el correo de confirmación está en camino. Si ya lo enviamos, búsquelo en el correo no deseado: el próximo podrá salir un día después.
from_sender = Lo envía { $sender }. ¿No llega? Revise el correo no deseado.
once_a_day = Una dirección recibe como máximo uno de estos correos al día y tres al mes.
may_take_until = Muchas personas se están suscribiendo. Su correo puede demorar hasta esta hora: { $time }.
correct_button = Corregir la dirección
resend_button = Enviarlo de nuevo
busy_title = No pudimos aceptar su solicitud
busy = Hoy llegan muchísimas solicitudes desde su red. Inténtelo mañana o desde otra conexión, o escriba a { $contact }.
did_you_mean = ¿Quiso decir { $address }?
keep_as_typed = No, dejar { $address }
closed_title = Aún no es posible suscribirse
closed = Esta oficina todavía está preparando su boletín. Vuelva más tarde.
contact_title = Contacto
phone = Teléfono
latest = Últimos boletines
see_example = Ver un ejemplo
search_archive = Buscar en los boletines anteriores
topic_choice = Tema
all_topics = Todos los temas
month_choice = Mes
all_months = Todos los meses
search_button = Buscar
nothing_found = No se encontró nada. Pruebe con menos palabras, u otro tema o mes.
archive_lead = Lo que { $office } ha enviado por correo electrónico.
add_contact = Añada { $sender } a sus contactos para que nuestros correos lleguen a su bandeja de entrada.
language_switch = Idioma
nothing_yet = Aún no se ha enviado nada.
older = Anteriores
feed = Canal (Atom)
get_by_email = Recíbalos por correo electrónico
read_at_source = Ver este comunicado en el sitio web de la oficina
day =
    { $day } de { $month ->
        [1] enero
        [2] febrero
        [3] marzo
        [4] abril
        [5] mayo
        [6] junio
        [7] julio
        [8] agosto
        [9] septiembre
        [10] octubre
        [11] noviembre
       *[12] diciembre
    } de { $year }
month =
    { $month ->
        [1] enero
        [2] febrero
        [3] marzo
        [4] abril
        [5] mayo
        [6] junio
        [7] julio
        [8] agosto
        [9] septiembre
        [10] octubre
        [11] noviembre
       *[12] diciembre
    } de { $year }
time = { $half ->
        [am] { $hour12 }:{ $minute } a. m.
       *[pm] { $hour12 }:{ $minute } p. m.
    }
moment = { $day }, { $time } { $zone }
event_done = ¡Gracias! Estamos enviando un correo a la dirección que acaba de escribir. Ábralo y siga el enlace.
event_next = Siguiente persona
event_over_title = Aquí ya no se toman suscripciones
event_over = Todavía puede suscribirse en nuestra página.
proof_working = Se está suscribiendo mucha gente. Su navegador trabaja unos segundos para que su correo salga ahora. Deje esta página abierta.
zip = Código postal
zip_hint = Ayuda a la oficina a saber qué le importa a su comunidad. No cambia nada de su suscripción.
optional = { $question } (opcional)
sign_up_heading = Reciba noticias de { $office }
sign_up_value = Comunicados de prensa por correo electrónico en cuanto se publican, normalmente unos pocos por semana.
options = Temas, frecuencia, idioma
options_one_topic = Frecuencia, idioma
about_title = Sobre usted
about_lead = Todo es opcional; lo que borre aquí se elimina.
zip_wrong = Un código postal (ZIP) tiene cinco dígitos, por ejemplo 92780. No se cambió nada.
