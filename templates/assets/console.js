// Keeps the progress of a newsletter up to date while its page is open, and the preview of a text
// while it is written. The server sends the same markup that stands in the page, so nothing is put
// together here.
"use strict";

const every = 3000;

// Puts the server's markup in; false: nothing moves any more.
function show(markup) {
  const shown = document.getElementById("progress");
  const page = new DOMParser().parseFromString(markup, "text/html");
  const next = page.getElementById("progress");
  if (next && next.innerHTML !== shown.innerHTML) shown.replaceChildren(...next.childNodes);
  // A status region is announced when its words change, and not when it is replaced.
  const said = document.getElementById("progress-said");
  const now = page.getElementById("progress-said")?.textContent;
  if (said && now && said.textContent !== now) said.textContent = now;
  if (next?.dataset.refresh) return true;
  // Finished or stopped: other buttons belong to the page now. Nothing that is being typed is lost.
  if (!/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "")) location.reload();
  return false;
}

async function refresh() {
  const address = document.getElementById("progress")?.dataset.refresh;
  if (!address) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) return;
      if (!show(await answer.text())) return;
    } catch {
      // Offline or signed out: the button is still there, and the next turn tries again.
    }
  }
  setTimeout(refresh, every);
}

// By events, which a browser opens again by itself when they end; where that does not work, by asking.
function follow(address) {
  const events = new EventSource(address);
  events.onmessage = (event) => {
    if (!show(event.data)) events.close();
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(refresh, every);
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
    // The scheduler looks every second.
    setTimeout(() => location.replace(location.pathname), 1500);
  }, 250);
}

// A mail is as high as its frame, so that there is one scroll bar only. The frame runs no scripts.
for (const mail of document.querySelectorAll("section.mail iframe")) {
  const fit = () => {
    const height = mail.contentDocument?.documentElement?.scrollHeight;
    if (height) mail.style.height = `${height + 2}px`;
  };
  mail.addEventListener("load", () => {
    fit();
    if (mail.contentDocument) new ResizeObserver(fit).observe(mail.contentDocument.documentElement);
  });
}

const text = document.querySelector("textarea[data-preview]");
const shown = document.getElementById("preview-text");

async function ask(address, fields) {
  const body = new URLSearchParams({ form_token: text.form.elements.form_token.value, ...fields });
  const answer = await fetch(address, { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

let turn = 0;
async function preview() {
  const mine = ++turn;
  try {
    const page = new DOMParser().parseFromString(await ask(text.dataset.preview, { text: text.value }), "text/html");
    // An answer that was overtaken by a later one is old.
    if (mine === turn) shown.replaceChildren(...page.body.childNodes);
  } catch {
    // Offline or signed out: the button is still there.
  }
}

async function paste(event) {
  const html = event.clipboardData?.getData("text/html");
  if (!html) return;
  event.preventDefault();
  let words = event.clipboardData.getData("text/plain");
  try {
    // Word brings its whole style sheet along.
    words = await ask(text.dataset.paste, { html: html.replace(/<style[^]*?<\/style>/gi, "") });
  } catch {
    // Then as plain text, as if there were no script.
  }
  text.focus();
  // Unlike setRangeText, this can be undone.
  if (!document.execCommand("insertText", false, words)) {
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
  }
}

if (text && shown) {
  let waiting;
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(preview, 400);
  });
  text.addEventListener("paste", paste);
}

// What is being written is kept by itself; saving stays the writer's own step.
const kept = document.getElementById("kept");
const form = document.querySelector("form[data-autosave]");
if (form && kept) {
  let waiting;
  const keep = async () => {
    const fields = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: fields, redirect: "error" });
      if (answer.ok) kept.textContent = await answer.text();
      else kept.textContent = "Not kept: sign in again in another window, then go on typing.";
    } catch {
      kept.textContent = "Not kept: no connection. It is tried again as you type.";
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1500);
  });
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
