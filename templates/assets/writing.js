// The pages on which a text is written: what is typed is kept by itself, the mail beside it follows, and what is
// pasted, pictures too, is taken in. The text shows as it will look (editor.js) or with its marks, as one likes.
import { Editor } from "./editor.js";

const text = document.querySelector("textarea[data-paste]");
const form = text.form;
const toolbar = document.querySelector(".toolbar");
const switching = toolbar.querySelector("[data-form]");
const problem = document.getElementById("text-problem");

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

// Where the writer is, in either form of the text.
const placeNow = () =>
  editor.isShown ? { shown: editor.place() } : { start: text.selectionStart, end: text.selectionEnd, value: text.value };

// What was pasted, as Markdown or, where that could not be had, as the words alone.
async function takeIn(place, words, plain) {
  if (!editor.isShown) insertAt(place.value === undefined ? placeNow() : place, words);
  else if (plain) editor.pasteWords(words);
  else {
    try {
      await editor.insertMarkdown(place.shown ?? null, words);
    } catch {
      // It is not lost: it stands there with its marks.
      editor.pasteWords(words);
    }
  }
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
  const octets = Uint8Array.from(atob(coded.replaceAll(/\s/g, "")), (letter) => letter.charCodeAt(0));
  return new Blob([octets], { type: kind });
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
    said.push(
      `${inWords(without, "A picture has", "pictures have")} no description. ${editor.isShown ? "Say below it what it shows." : "Write what it shows between the brackets: ![…]("}`,
    );
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
  if (!html) {
    if (!editor.isShown) return;
    event.preventDefault();
    editor.pasteWords(event.clipboardData?.getData("text/plain") ?? "");
    return;
  }
  event.preventDefault();
  let words = event.clipboardData.getData("text/plain");
  let left = [];
  let elsewhere = [];
  let plain = false;
  let withPictures = false;
  let isSignedOut = false;
  const place = placeNow();
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
  await takeIn(place, words, plain);
  tellOfPaste({ left, elsewhere, words, plain, withPictures, isSignedOut });
}

// A picture that was dropped or pasted alone: it is described first.
function describe(files) {
  pictureAt = placeNow();
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
  if (kind === "picture") {
    pictureAt = placeNow();
    document.getElementById("picture").open = true;
    document.getElementById("picture-file").focus();
    return;
  }
  if (editor.isShown) {
    editor.mark(kind);
    showPressed();
    return;
  }
  const chosen = text.value.slice(text.selectionStart, text.selectionEnd);
  const lines = (prefix) => (chosen || "…").split("\n").map((line, at) => prefix(at) + line).join("\n");
  if (kind === "bold") insert(`**${chosen.trim() || "bold"}**`);
  else if (kind === "italic") insert(`*${chosen.trim() || "italic"}*`);
  else if (kind === "heading") insertBlock(`## ${chosen.trim() || "Heading"}`);
  else if (kind === "list") insertBlock(lines(() => "- "));
  else if (kind === "numbers") insertBlock(lines((at) => `${at + 1}. `));
  else if (kind === "quote") insertBlock(lines(() => "> "));
  else {
    insert(`[${chosen.trim() || "what it leads to"}](https://)`);
    text.selectionStart = text.selectionEnd = text.selectionEnd - 1;
  }
}

// --- The two forms of the text ---------------------------------------------------------------------------------

const remembered = "gazette-shows-marks";

function wantsMarks() {
  try {
    return localStorage.getItem(remembered) === "yes";
  } catch {
    return false;
  }
}

// A dialog with two fields; nothing where it is closed again.
function answered(dialog, [first, second], { isOld, takes }) {
  const fields = [...dialog.querySelectorAll("input")];
  const said = dialog.querySelector("[role=alert]");
  [fields[0].value, fields[1].value] = [first, second];
  said.textContent = "";
  dialog.querySelector("[data-answer=drop]").hidden = !isOld;
  dialog.showModal();
  return new Promise((resolve) => {
    let answer = null;
    const submit = (event) => {
      event.preventDefault();
      const taken = takes(...fields.map((field) => field.value.trim()));
      if (taken.problem) {
        said.textContent = taken.problem;
        fields[taken.at ?? 0].focus();
        return;
      }
      answer = taken;
      dialog.close();
    };
    const click = ({ target }) => {
      const pressed = target.closest("[data-answer]")?.dataset.answer;
      if (!pressed) return;
      if (pressed === "drop") answer = { isRemoved: true };
      dialog.close();
    };
    dialog.addEventListener("submit", submit);
    dialog.addEventListener("click", click);
    dialog.addEventListener(
      "close",
      () => {
        dialog.removeEventListener("submit", submit);
        dialog.removeEventListener("click", click);
        resolve(answer);
      },
      { once: true },
    );
  });
}

// What was typed as the address of a link, as a browser writes it; none: it leads nowhere.
function addressOf(typed) {
  let address = typed;
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(typed)) address = `mailto:${typed}`;
  else if (!/^[a-z][a-z0-9+.-]*:/i.test(typed) && /^[^\s/]+\.[^\s/]+/.test(typed)) address = `https://${typed}`;
  try {
    const { protocol, href, hostname } = new URL(address);
    if (/^https?:$/.test(protocol) ? hostname : /^(mailto|tel):$/.test(protocol)) return href;
  } catch {
    // No address at all.
  }
  return null;
}

function linked({ address, words, isOne, isOld }) {
  const dialog = document.getElementById("link-form");
  // Of words in several paragraphs, and of those that are marked, each keeps what it is.
  document.getElementById("link-words").disabled = !isOne;
  return answered(dialog, [address, words], {
    isOld,
    takes: (typed, says) => {
      const href = addressOf(typed);
      if (!href) return { problem: "Write where it leads, such as https://example.gov/letter or name@example.gov.", at: 0 };
      return { address: href, words: says || words || typed };
    },
  });
}

const described = ({ alt, caption }) =>
  answered(document.getElementById("described-form"), [alt, caption], {
    isOld: true,
    takes: (shows, below) => (shows ? { alt: shows, caption: below } : { problem: "Describe what the picture shows, for people who do not see it.", at: 0 }),
  });

const editor = new Editor(text, {
  read: async (markdown) => JSON.parse(await ask(text.dataset.blocks, { text: markdown })),
  linked,
  described,
});

function showPressed() {
  const pressed = editor.isShown ? editor.pressed() : {};
  for (const button of toolbar.querySelectorAll("[data-mark]")) {
    if (!editor.isShown || button.dataset.mark === "picture") button.removeAttribute("aria-pressed");
    else button.setAttribute("aria-pressed", String(Boolean(pressed[button.dataset.mark])));
  }
}

function showForm(isShown) {
  editor.isShown = isShown;
  text.hidden = isShown;
  editor.surface.hidden = !isShown;
  switching.textContent = isShown ? "Show the marks" : "Show as it will look";
  for (const part of document.querySelectorAll("[data-for-marks]")) part.hidden = isShown;
  for (const part of document.querySelectorAll("[data-for-shown]")) part.hidden = !isShown;
  problem.textContent = "";
  showPressed();
}

async function showAsItWillLook() {
  await editor.load();
  const isHere = document.activeElement === text || document.activeElement === switching;
  const at = text.selectionStart;
  const { top } = toolbar.getBoundingClientRect();
  showForm(true);
  if (!isHere) return;
  editor.surface.focus({ preventScroll: true });
  editor.chooseInSource(at);
  if (top > 0) scrollBy(0, toolbar.getBoundingClientRect().top - top);
}

function showMarks() {
  const at = editor.placeInSource();
  showForm(false);
  text.focus();
  text.setSelectionRange(at, at);
}

switching.hidden = false;
switching.addEventListener("click", async () => {
  const toMarks = editor.isShown;
  try {
    if (toMarks) showMarks();
    else await showAsItWillLook();
  } catch {
    document.getElementById("pasted").textContent = "It cannot be shown now: there is no connection, or your session ended. Go on with the marks.";
    return;
  }
  try {
    localStorage.setItem(remembered, toMarks ? "yes" : "no");
  } catch {
    // A browser that keeps nothing for a page.
  }
});

// What another changed in the text field, such as a browser that puts typed words back after a step back.
const lookAgain = () => {
  if (editor.isShown && !editor.isOwn && text.value !== editor.written) editor.load().catch(() => showForm(false));
};
text.addEventListener("input", lookAgain);
addEventListener("pageshow", lookAgain);
document.addEventListener("selectionchange", () => {
  if (editor.isShown && editor.surface.contains(getSelection().anchorNode)) showPressed();
});

// The field's name leads to what is seen of it, and so does a browser that misses the text.
for (const leads of document.querySelectorAll("label[for=text], a[href='#text']"))
  leads.addEventListener("click", (event) => {
    if (!editor.isShown) return;
    event.preventDefault();
    editor.focus();
  });
text.addEventListener("invalid", (event) => {
  if (!editor.isShown) return;
  event.preventDefault();
  problem.textContent = "Write a text; a newsletter cannot be empty.";
  editor.surface.setAttribute("aria-invalid", "true");
  const first = [...form.elements].find((field) => field.willValidate && !field.validity.valid);
  if (first === text) editor.focus();
});
text.addEventListener("input", () => (problem.textContent = ""));

for (const field of [text, editor.surface]) {
  const isBeside = ({ target }) => target !== field && target.nodeName === "TEXTAREA";
  field.addEventListener("paste", (event) => !isBeside(event) && paste(event));
  field.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  field.addEventListener("drop", (event) => {
    const files = [...event.dataTransfer.files].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    describe(files);
  });
  field.addEventListener("keydown", (event) => {
    const kind = { b: "bold", i: "italic", k: "link" }[event.key];
    if (!kind || isBeside(event) || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    mark(kind);
  });
}
toolbar.hidden = false;
for (const button of toolbar.querySelectorAll("[data-mark]")) {
  // What is chosen in the text stays chosen.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => mark(button.dataset.mark));
}

const pictureForm = document.querySelector("form[data-picture]");
// Where the writer was when they began to choose one.
let pictureAt = null;
if (pictureForm) {
  // A picture that was chosen and stands in no text yet is not left out in silence.
  form.addEventListener("submit", (event) => {
    const panel = document.getElementById("picture");
    if (event.submitter?.value !== "keep" || !panel.open || !pictureForm.elements.picture.files.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.getElementById("picture-problem").textContent =
      "This picture is not in the text yet, so nothing was done. Say what it shows and press “Add the picture”, or close “Add a picture” to leave it out, and go on.";
    document.getElementById("picture-alt").focus();
  });
  pictureForm.querySelector(".opens").remove();
  pictureForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = document.getElementById("picture-problem");
    const { alt, caption } = pictureForm.elements;
    problem.textContent = "";
    try {
      const line = await sendPicture(pictureForm.elements.picture.files[0], { alt: alt.value, caption: caption.value });
      if (editor.isShown) {
        const src = /\]\(<([^>]+)>/.exec(line)[1];
        editor.insertAt(pictureAt?.shown ?? editor.place(), [editor.figure({ src, alt: alt.value.trim().replace(/\s+/g, " "), caption: caption.value.trim().replace(/\s+/g, " ") })]);
      } else insertBlock(line);
      pictureForm.reset();
      document.getElementById("picture").open = false;
      document.getElementById("pasted").textContent = "The picture stands in the text.";
    } catch (error) {
      problem.textContent = error.message;
    }
  });
}

// What is being written is kept by itself, and the frames beside it show the mail of what is kept; saving stays the
// writer's own step.
const kept = document.getElementById("kept");
if (kept) {
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
      } else kept.textContent = "Not saved: sign in again in another window, then go on typing.";
    } catch {
      isCutOff = true;
      kept.textContent = "Not saved: no connection. It is tried again by itself; stay on this page.";
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
  // Who goes on with another text finds this one among those that they did not save.
  for (const another of document.querySelectorAll("form[data-another]"))
    another.addEventListener("submit", async (event) => {
      if (typed <= held) return;
      event.preventDefault();
      clearTimeout(waiting);
      const { submitter } = event;
      await (keeping = keeping.then(keep));
      clearTimeout(waiting);
      if (typed <= held) another.requestSubmit(submitter);
      else kept.scrollIntoView({ block: "nearest" });
    });
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

if (!wantsMarks()) showAsItWillLook().catch(() => showForm(false));
