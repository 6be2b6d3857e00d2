// Keeps the progress of a newsletter up to date while its page is open, and the mail of a text while it is
// written. The server sends the same markup that stands in the page, so nothing is put
// together here.
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

// Another state, time or text: other words and buttons belong to the page now. Nothing that is being typed is lost.
function loadAnew() {
  if (isSent) return;
  if (isRefusal() || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? ""))
    tell("This newsletter is not as this page shows it any more.", "Load the page again", here);
  else if (location.pathname === here) location.reload();
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
    // The scheduler looks every second.
    setTimeout(() => isSent || location.replace(location.pathname), 1500);
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

const text = document.querySelector("textarea[data-paste]");

const signedOut = "signed out";

async function ask(address, fields, again = true) {
  const body = new URLSearchParams({ form_token: text.form.elements.form_token.value, ...fields });
  const answer = await fetch(address, { method: "POST", body, redirect: "manual" });
  if (answer.ok) return answer.text();
  if (again && (await renewToken())) return ask(address, fields, false);
  // To the sign-in, or to nobody's form.
  if (answer.type === "opaqueredirect" || answer.status === 403) throw new Error(signedOut);
  throw new Error(`${address}: ${answer.status}`);
}

// After a sign-in in another window the page's forms get the new session's token; false: nobody has signed in.
async function renewToken() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-autosave] [name=form_token]")?.value;
    if (!answer.ok || !fresh) return false;
    for (const field of document.querySelectorAll("[name=form_token]")) field.value = fresh;
    return true;
  } catch {
    return false;
  }
}

// Unlike setRangeText, this can be undone.
function insert(words) {
  text.focus();
  if (document.execCommand("insertText", false, words)) return;
  text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

// What took a while goes where the writer was when they pasted. What they typed meanwhile stays, and so does the
// field that they are in.
function insertAt(place, words) {
  const now = text.value;
  if (document.activeElement === text && now === place.value) {
    text.setSelectionRange(place.start, place.end);
    insert(words);
    return;
  }
  const behind = place.value.slice(place.end);
  let at = now.length;
  if (now.startsWith(place.value.slice(0, place.start))) at = place.start;
  else if (now.endsWith(behind)) at = now.length - behind.length;
  const end = now === place.value ? place.end : at;
  text.setRangeText(words, at, end, "preserve");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

// A block of its own: empty lines around it, where there are none yet.
function insertBlock(words) {
  const before = text.value.slice(0, text.selectionStart);
  const behind = text.value.slice(text.selectionEnd);
  const above = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  insert(above + words + (behind.startsWith("\n") ? "\n" : "\n\n"));
}

const inWords = (count, one, many) => (count === 1 ? one : `${count} ${many}`);

// Sends a picture; the line that shows it in a text, or an error with what is wrong.
async function sendPicture(file, fields) {
  const body = new FormData();
  body.append("form_token", text.form.elements.form_token.value);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("picture", file);
  const send = () => fetch("/staff/pictures/line", { method: "POST", body, redirect: "error", headers: { accept: "text/plain" } });
  let answer = await send();
  if (answer.status === 403 && (await renewToken())) {
    body.set("form_token", text.form.elements.form_token.value);
    answer = await send();
  }
  const words = await answer.text();
  if (answer.ok) return words;
  if (answer.status === 422) throw new Error(words);
  if (answer.status === 413) throw new Error("This picture is too large. Make it smaller, then try once more.");
  throw new Error("It could not be sent. Sign in again in another window, then try once more.");
}

function blobOf(address) {
  const [, kind, coded] = /^data:([^;,]*);base64,(.*)$/s.exec(address) ?? [];
  if (!coded) return null;
  return new Blob([octets(coded.replaceAll(/\s/g, ""))], { type: kind });
}

// Pictures that came with the clipboard are kept with us, and their places in the markup name them. How many
// were not, and how many have no words yet.
async function keepPictures(page, files) {
  const images = [...page.querySelectorAll("img")].filter((image) => !/^https?:/i.test(image.getAttribute("src") ?? ""));
  // Word names files on the writer's disk; where the clipboard has as many, they are these.
  const named = images.filter((image) => !/^data:/i.test(image.getAttribute("src") ?? ""));
  const theirs = named.length === files.length ? files : [];
  const left = [];
  for (const image of images) {
    const at = named.indexOf(image);
    const file = at < 0 ? blobOf(image.getAttribute("src")) : theirs[at];
    try {
      if (!file) throw new Error("none");
      const line = await sendPicture(file, { alt: image.alt, pasted: "yes" });
      image.setAttribute("src", /\(<([^>]+)>/.exec(line)[1]);
    } catch {
      left.push(image.alt.trim() ? `“${image.alt.trim()}”` : "one without a description");
    }
  }
  return left;
}

function tellOfPaste({ left, elsewhere, words, plain, withPictures, isSignedOut }) {
  const without = (words.match(/!\[\]\(/g) ?? []).length;
  const said = [];
  if (left.length)
    said.push(`${inWords(left.length, "A picture", "pictures")} could not be taken along: ${left.join(", ")}. Save ${left.length === 1 ? "it" : "them"} as a file and use Picture.`);
  if (elsewhere.length)
    said.push(`${inWords(elsewhere.length, "A picture", "pictures")} could not be copied and would still come from another site: ${elsewhere.join(", ")}. Save ${elsewhere.length === 1 ? "it" : "them"} as a file and use Picture, and take the address out of the text.`);
  if (plain) {
    said.push(`Pasted as plain text, without ${withPictures ? "pictures, " : ""}links, bold and lists.`);
    const back = "To keep them, take it back and paste again.";
    said.push(isSignedOut ? `Your session ended. Sign in again in another window. ${back}` : back);
  }
  if (without)
    said.push(`${inWords(without, "A picture has", "pictures have")} no description. Write what it shows between the brackets: ![…](`);
  document.getElementById("pasted").textContent = said.join(" ");
}

async function paste(event) {
  const html = event.clipboardData?.getData("text/html");
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  if (!html && files.length) {
    event.preventDefault();
    describe(files);
    return;
  }
  if (!html) return;
  event.preventDefault();
  let words = event.clipboardData.getData("text/plain");
  let left = [];
  let elsewhere = [];
  let plain = false;
  let withPictures = false;
  let isSignedOut = false;
  const place = { start: text.selectionStart, end: text.selectionEnd, value: text.value };
  document.getElementById("pasted").textContent = "Pasting…";
  try {
    // Word brings its whole style sheet along.
    const page = new DOMParser().parseFromString(html.replace(/<style[^]*?<\/style>/gi, ""), "text/html");
    left = await keepPictures(page, files);
    const answer = JSON.parse(await ask(text.dataset.paste, { html: page.documentElement.outerHTML }));
    words = answer.text;
    elsewhere = answer.left;
  } catch (error) {
    // Then as plain text, as if there were no script; its pictures are not lost in silence.
    left = [];
    withPictures = /<img/i.test(html);
    isSignedOut = error.message === signedOut;
    plain = true;
  }
  insertAt(place, words);
  tellOfPaste({ left, elsewhere, words, plain, withPictures, isSignedOut });
}

// A picture that was dropped or pasted alone: it is described first.
function describe(files) {
  const panel = document.getElementById("picture");
  const chosen = new DataTransfer();
  chosen.items.add(files[0]);
  panel.open = true;
  document.getElementById("picture-file").files = chosen.files;
  document.getElementById("picture-alt").focus();
  document.getElementById("pasted").textContent =
    files.length > 1 ? "One picture at a time: describe the first, then add the others." : "";
}

function mark(kind) {
  const chosen = text.value.slice(text.selectionStart, text.selectionEnd);
  const lines = (prefix) => (chosen || "…").split("\n").map((line, at) => prefix(at) + line).join("\n");
  if (kind === "bold") insert(`**${chosen.trim() || "bold"}**`);
  else if (kind === "italic") insert(`*${chosen.trim() || "italic"}*`);
  else if (kind === "heading") insertBlock(`## ${chosen.trim() || "Heading"}`);
  else if (kind === "list") insertBlock(lines(() => "- "));
  else if (kind === "numbers") insertBlock(lines((at) => `${at + 1}. `));
  else if (kind === "quote") insertBlock(lines(() => "> "));
  else if (kind === "link") {
    insert(`[${chosen.trim() || "what it leads to"}](https://)`);
    text.selectionStart = text.selectionEnd = text.selectionEnd - 1;
  } else {
    document.getElementById("picture").open = true;
    document.getElementById("picture-file").focus();
  }
}

if (text) {
  text.addEventListener("paste", paste);
  text.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  text.addEventListener("drop", (event) => {
    const files = [...event.dataTransfer.files].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    describe(files);
  });
  text.addEventListener("keydown", (event) => {
    const kind = { b: "bold", i: "italic", k: "link" }[event.key];
    if (!kind || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    mark(kind);
  });
  const bar = document.querySelector(".toolbar");
  bar.hidden = false;
  for (const button of bar.querySelectorAll("button")) button.addEventListener("click", () => mark(button.dataset.mark));
}

const pictureForm = document.querySelector("form[data-picture]");
if (pictureForm && text) {
  pictureForm.querySelector(".opens").remove();
  pictureForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = document.getElementById("picture-problem");
    const { alt, caption } = pictureForm.elements;
    problem.textContent = "";
    try {
      const line = await sendPicture(pictureForm.elements.picture.files[0], { alt: alt.value, caption: caption.value });
      pictureForm.reset();
      document.getElementById("picture").open = false;
      insertBlock(line);
      document.getElementById("pasted").textContent = "The picture stands in the text.";
    } catch (error) {
      problem.textContent = error.message;
    }
  });
}

// What is being written is kept by itself, and the frames beside it show the mail of what is kept; saving stays the
// writer's own step.
const kept = document.getElementById("kept");
const form = document.querySelector("form[data-autosave]");
if (form && kept) {
  let waiting;
  // The frame that is looked at, without a line in the browser's history; another one when it is shown.
  const renew = () => {
    for (const frame of document.querySelectorAll(".reads iframe[data-old]")) {
      if (!frame.offsetParent) continue;
      delete frame.dataset.old;
      frame.contentWindow?.location.replace(frame.src);
    }
  };
  document.addEventListener("change", renew);
  const body = () => new URLSearchParams(new FormData(form));
  // How often something was typed, and up to where it is kept.
  let typed = 0;
  let held = 0;
  // Whether the last try did not reach the server.
  let isCutOff = false;
  // Whether the form is on its way: what is being saved needs not be kept beside.
  let isSent = false;
  // One after the other, so that what is kept last is the newest.
  let keeping = Promise.resolve();
  const keep = async () => {
    const upTo = typed;
    const send = () => fetch(form.dataset.autosave, { method: "POST", body: body(), redirect: "error" });
    try {
      let answer = await send();
      if (answer.status === 403 && (await renewToken())) answer = await send();
      isCutOff = false;
      if (answer.ok) {
        held = upTo;
        kept.textContent = await answer.text();
        for (const frame of document.querySelectorAll(".reads iframe")) frame.dataset.old = "yes";
        renew();
      } else kept.textContent = "Not kept: sign in again in another window, then go on typing.";
    } catch {
      isCutOff = true;
      kept.textContent = "Not kept: no connection. It is tried again by itself; stay on this page.";
    }
    if (typed > held && !isSent) keepIn(5000);
  };
  const keepIn = (milliseconds) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => (keeping = keeping.then(keep)), milliseconds);
  };
  form.addEventListener("input", () => {
    typed += 1;
    isSent = false;
    keepIn(800);
  });
  addEventListener("online", () => typed > held && keepIn(0));
  // A page that is left, or a phone that is locked, waits for nothing: the browser sends this after it, as long as it
  // is not long.
  const mostBehind = 60_000;
  const keepBehind = () => {
    if (typed <= held || isSent || isCutOff) return;
    const fields = body();
    if (fields.toString().length > mostBehind) return;
    const upTo = typed;
    fetch(form.dataset.autosave, { method: "POST", body: fields, redirect: "error", keepalive: true })
      .then((answer) => answer.ok && (held = Math.max(held, upTo)))
      .catch(() => (isCutOff = true));
  };
  addEventListener("pagehide", keepBehind);
  document.addEventListener("visibilitychange", () => document.hidden && keepBehind());
  // What cannot be sent behind would be gone.
  addEventListener("beforeunload", (event) => {
    if (typed <= held || isSent) return;
    if (isCutOff || !navigator.onLine || body().toString().length > mostBehind) event.preventDefault();
  });
  addEventListener("pageshow", () => (isSent = false));
  // Without a connection the browser would put its own page in the place of what was typed.
  form.addEventListener("submit", async (event) => {
    clearTimeout(waiting);
    if (navigator.onLine && !isCutOff) {
      isSent = true;
      return;
    }
    event.preventDefault();
    const { submitter } = event;
    await (keeping = keeping.then(keep));
    if (isCutOff) kept.textContent = "Not saved: no connection. Your text stays on this page; press the button again once you are connected.";
    else form.requestSubmit(submitter);
  });
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
    const typed = typedFields(sent).filter((field) => field.value !== field.defaultValue);
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
