// Keeps the progress of a newsletter up to date while its page is open. The server sends the same markup that
// stands in the page, so nothing is put together here. Pages on which texts are written have writing.js as well.
"use strict";

const every = 3000;

// The page of the newsletter that is followed.
const here = document.getElementById("progress")?.dataset.refresh?.replace(/\/progress$/, "");

// One line about this page where it is looked at, and where it leads.
function tell(words, leads, address) {
  if (document.getElementById("told")) return;
  const told = document.createElement("p");
  told.id = "told";
  told.className = "attention";
  told.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.href = address;
  link.textContent = leads;
  told.append(words, " ", link);
  document.getElementById("progress").before(told);
}

function tellSignedOut() {
  tell("Your session ended.", "Sign in to continue.", `/staff/login?next=${encodeURIComponent(here)}`);
}

// A form is on its way: its answer is the next page, and no other comes before it.
let isSent = false;
addEventListener("submit", (event) => (isSent = !event.defaultPrevented));
addEventListener("pageshow", () => (isSent = false));

// What was refused is to be read before anything else comes.
const isRefusal = () => document.getElementById("problem") !== null;

// Whether somebody is in a field, or has typed or chosen something that is not sent yet.
function isBeingFilledIn() {
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "")) return true;
  const fields = [...document.querySelectorAll("main form[method=post] :is(input, textarea, select)")];
  return fields.some((field) => {
    if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.type !== "hidden" && field.value !== field.defaultValue;
  });
}

// Another state, time or text: other words and buttons belong to the page now. Nothing that is being typed is lost.
function loadAnew() {
  if (isSent) return;
  if (isRefusal() || isBeingFilledIn()) tell("This newsletter is not as this page shows it any more.", "Load the page again", here);
  else if (location.pathname === here) {
    // What was done is read already. The page stays where it is.
    history.replaceState(null, "", here);
    location.reload();
  }
  // The answer to a form: loaded again it would be sent again.
  else location.replace(here);
}

// Puts the server's markup in; false: nothing is followed any more.
function show(markup) {
  const shown = document.getElementById("progress");
  const page = new DOMParser().parseFromString(markup, "text/html");
  const next = page.getElementById("progress");
  if (!next) return true;
  if (next.dataset.mark !== shown.dataset.mark) {
    loadAnew();
    return false;
  }
  if ( next.innerHTML !== shown.innerHTML) shown.replaceChildren(...next.childNodes);
  // A status region is announced when its words change, and not when it is replaced.
  const said = document.getElementById("progress-said");
  const now = page.getElementById("progress-said")?.textContent;
  if (said && now && said.textContent !== now) said.textContent = now;
  return true;
}

async function refresh() {
  const address = document.getElementById("progress")?.dataset.refresh;
  if (!address) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "manual" });
      // To the sign-in: nothing comes any more.
      if (answer.type === "opaqueredirect") {
        tellSignedOut();
        return;
      }
      if (answer.ok && !show(await answer.text())) return;
    } catch {
      // Offline: the button is still there, and the next turn tries again.
    }
  }
  setTimeout(refresh, every);
}

// By events, which a browser opens again by itself when they end; where that does not work, by asking, which also
// tells why.
function follow(address) {
  const events = new EventSource(address);
  events.onmessage = (event) => {
    if (!show(event.data)) events.close();
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) refresh();
  };
}

const live = document.getElementById("progress")?.dataset.events;
if (live) follow(live);

// What is to be copied elsewhere.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    await navigator.clipboard.writeText(field.value);
    const word = button.firstChild;
    word.textContent = "Copied";
    setTimeout(() => (word.textContent = "Copy"), 2000);
  });
}

// The answer to a form has the address of what it shows: who goes back to it, or loads it again, sends no form again.
const own = document.querySelector("[data-page]");
if (own) history.replaceState(null, "", own.dataset.page);

// How long a text is so far.
for (const count of document.querySelectorAll("[data-count]")) {
  const field = document.getElementById(count.dataset.count);
  field.addEventListener("input", () => (count.textContent = [...field.value].length));
}

// After a form was sent: what was done, or what is wrong, is read first.
(document.getElementById("problem") ?? document.getElementById("done"))?.focus();

// The time that is left to undo an approval.
const clock = document.querySelector("[data-begins]");
if (clock) {
  const end = Date.now() + Number(clock.dataset.begins) * 1000;
  const tick = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(tick);
    // The scheduler looks every second. Who is writing hears of it from what is followed, once it is so.
    setTimeout(() => isBeingFilledIn() || loadAnew(), 1500);
  }, 250);
}

// A mail is as high as its frame, so that there is one scroll bar only. The frame runs no scripts.
for (const mail of document.querySelectorAll("section.mail iframe")) {
  const fit = () => {
    // Not its scroll height, which is never less than the frame's own: turned on its side, a phone would keep
    // the height that it had upright.
    const height = mail.contentDocument?.documentElement?.getBoundingClientRect().height;
    if (height) mail.style.height = `${Math.ceil(height) + 2}px`;
  };
  mail.addEventListener("load", () => {
    fit();
    const shown = mail.contentDocument;
    if (!shown) return;
    new ResizeObserver(fit).observe(shown.documentElement);
    // What a link of the mail leads to opens beside the page: within the frame nothing else is shown.
    shown.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link) return;
      event.preventDefault();
      open(link.href, "_blank", "noopener");
    });
  });
}

// How a mail looks with the settings that are typed; what one looked at is no step to go back to.
const look = document.querySelector("button[data-look]");
if (look) {
  const frame = document.querySelector("iframe[name='look']");
  const { form } = look;
  const names = look.dataset.look.split(" ");
  let waiting;
  const show = () => {
    const typed = new URLSearchParams();
    for (const name of names) for (const value of new FormData(form).getAll(name)) typed.append(name, value);
    frame.contentWindow?.location.replace(`${frame.src}?${typed}`);
  };
  form.addEventListener("input", ({ target }) => {
    if (!names.includes(target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  });
  look.remove();
}

// Of several forms on a page one is sent: what was typed in the others comes back on the page that follows.
const besides = "typed beside a form that was sent";

function typedFields(sent) {
  const fields = [...document.querySelectorAll("form[method=post] input[id], form[method=post] textarea[id]")];
  const isText = (field) => field.tagName === "TEXTAREA" || ["text", "email", "url", "tel", "number"].includes(field.type);
  return fields.filter((field) => field.form !== sent && isText(field) && field.autocomplete !== "one-time-code");
}

try {
  const { pages, typed } = JSON.parse(sessionStorage.getItem(besides) ?? "{}");
  sessionStorage.removeItem(besides);
  for (const field of pages?.includes(location.pathname) ? typedFields(null) : []) {
    const before = typed.find(([id]) => id === field.id);
    if (!before || field.value !== field.defaultValue) continue;
    field.value = before[1];
    const folded = field.closest("details");
    if (folded) folded.open = true;
  }
  addEventListener("submit", (event) => {
    const sent = event.target;
    if (event.defaultPrevented || sent.method !== "post" || sent.target) return;
    let typed = typedFields(sent).filter((field) => field.value !== field.defaultValue);
    // The page that follows is for another text; this one is kept by itself, under its own name.
    if (sent.dataset.another !== undefined) typed = typed.filter((field) => field.form?.dataset.autosave === undefined);
    // A form with a button called "action" has that button as its property.
    const leads = event.submitter?.getAttribute("formaction") ?? sent.getAttribute("action") ?? "";
    const pages = [location.pathname, new URL(leads, location.href).pathname];
    if (typed.length)
      sessionStorage.setItem(besides, JSON.stringify({ pages, typed: typed.map((field) => [field.id, field.value]) }));
  });
} catch {
  // A browser that keeps nothing for a page.
}

// Passkeys: the server's question goes to the browser, and its answer into the form.
const asked = document.querySelector("form[data-passkey]");

function octets(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function letters(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function answerOf(credential) {
  const response = {};
  for (const field of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[field]) response[field] = letters(credential.response[field]);
  }
  const id = letters(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response, extensions: {} });
}

async function askForPasskey() {
  const said = document.getElementById("passkey-said");
  const once = asked.querySelector("button");
  const { publicKey } = JSON.parse(asked.dataset.options);
  publicKey.challenge = octets(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = octets(publicKey.user.id);
  for (const list of [publicKey.excludeCredentials, publicKey.allowCredentials]) {
    for (const known of list ?? []) known.id = octets(known.id);
  }
  once.hidden = true;
  said.textContent = "";
  try {
    if (!navigator.credentials || !window.PublicKeyCredential) throw new Error("none");
    const credential = await navigator.credentials[asked.dataset.passkey]({ publicKey });
    asked.elements.credential.value = answerOf(credential);
    asked.submit();
  } catch (error) {
    said.textContent =
      error.name === "InvalidStateError"
        ? "This device has a passkey for your account already."
        : "No passkey was given. Ask again, or go back and use your password.";
    once.hidden = false;
    once.focus();
  }
}

if (asked) {
  asked.querySelector("button").addEventListener("click", askForPasskey);
  askForPasskey();
}

// A second press of a button within some seconds is not a second wish.
addEventListener("submit", (event) => {
  const { target } = event;
  if (event.defaultPrevented || target.method !== "post") return;
  if (target.dataset.sent) {
    event.preventDefault();
    return;
  }
  target.dataset.sent = "yes";
  setTimeout(() => delete target.dataset.sent, 4000);
});
// A page that is shown again by “Back” may be sent again.
addEventListener("pageshow", () => {
  for (const sent of document.querySelectorAll("form[data-sent]")) delete sent.dataset.sent;
});
