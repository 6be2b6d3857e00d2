// The text as it will look, in place of its Markdown. The text field stays what is sent, kept and read: each change
// here is written into it at once, and a block that nobody touched as it stood there. What could not be written
// back as it was, such as a table, is an island: shown, and changed as Markdown only. Nothing is rewritten under the
// hands of who types: the browser puts letters in by itself, and what it does not know of stands in editor_blocks.js.
import * as blocks from "./editor_blocks.js";
import { markdownOf } from "./editor_markdown.js";

// A step back takes what was typed without a pause of this many milliseconds.
const PAUSE = 1000;
const MOST_STEPS = 300;

export class Editor {
  // `read` asks the server for the blocks of a Markdown text.
  constructor(text, { read, described, linked }) {
    this.text = text;
    this.read = read;
    this.described = described;
    this.linked = linked;
    // What is known of each element: { html, source, gap, next, island }.
    this.states = new WeakMap();
    this.isShown = false;
    this.isComposing = false;
    this.past = [];
    this.future = [];
    this.typing = { at: 0, block: -1, kind: "" };
    this.surface = this.makeSurface();
    this.observer = new MutationObserver((changes) => this.changed(changes));
  }

  makeSurface() {
    const { text } = this;
    const surface = document.createElement("div");
    surface.id = "text-shown";
    surface.className = "text shown";
    surface.contentEditable = "true";
    surface.hidden = true;
    const about = { role: "textbox", "aria-multiline": "true", "aria-required": "true", "aria-labelledby": "text-label", "aria-describedby": text.getAttribute("aria-describedby") };
    for (const [name, value] of Object.entries(about)) surface.setAttribute(name, value);
    text.after(surface);
    const own = (listener) => (event) => !this.isBeside(event.target) && listener(event);
    surface.addEventListener("beforeinput", own((event) => this.beforeInput(event)));
    surface.addEventListener("keydown", own((event) => this.key(event)));
    surface.addEventListener("compositionstart", own(() => this.composes()));
    surface.addEventListener("compositionend", own(() => this.composed()));
    surface.addEventListener("copy", own((event) => this.copy(event)));
    surface.addEventListener("cut", own((event) => this.copy(event) && this.step(() => this.deleteChosen())));
    surface.addEventListener("dragstart", own((event) => event.preventDefault()));
    surface.addEventListener("click", (event) => this.click(event));
    surface.addEventListener("input", (event) => this.islandTyped(event));
    return surface;
  }

  // Whether it is a field or a button of an island or a picture.
  isBeside(target) {
    return target !== this.surface && target.closest?.("textarea, button, [data-tool]") !== null;
  }

  // --- From the text field and back ----------------------------------------------------------------------------

  // Shows what stands in the text field; false: it cannot be shown now.
  async load() {
    const value = this.text.value;
    let answer = { before: "", blocks: [] };
    if (value.trim()) answer = await this.read(value);
    // They typed on, or a composition is under way: what they see stays the truth.
    if (this.text.value !== value) return this.load();
    const whole = answer.before + answer.blocks.map(({ source, gap }) => source + gap).join("");
    if (value.trim() && whole !== value) throw new Error("The blocks are not the text.");
    this.written = value;
    this.before = answer.before;
    const made = [];
    let before = null;
    for (const block of answer.blocks) {
      const shown = this.blockOf(block);
      const state = this.states.get(shown);
      if (before) before.next = state;
      before = state;
      made.push(shown);
    }
    this.first = made.length ? this.states.get(made[0]) : null;
    this.last = before;
    this.observer.disconnect();
    this.surface.replaceChildren(...(made.length ? made : [blocks.emptyLeaf()]));
    this.observer.observe(this.surface, { childList: true, characterData: true, subtree: true });
    [this.past, this.future] = [[], []];
    this.now = this.snapshot();
  }

  // A block that came from the server as an element: one that can be written in, or an island.
  blockOf(block) {
    const holder = document.createElement("template");
    holder.innerHTML = block.html;
    const [shown, more] = holder.content.children;
    const wanted = block.written ?? block.source;
    if (shown && !more) {
      for (const figure of holder.content.querySelectorAll("figure")) this.asAtom(figure);
      const second = wanted !== markdownOf(shown) && markdownOf(shown, true) === wanted;
      if (second || markdownOf(shown) === wanted) {
        for (const empty of shown.querySelectorAll("p:empty")) empty.append(document.createElement("br"));
        this.states.set(shown, { html: shown.outerHTML, source: block.source, gap: block.gap });
        return shown;
      }
    }
    return this.island({ source: block.source, gap: block.gap, island: block.html });
  }

  asAtom(figure) {
    figure.contentEditable = "false";
    const change = blocks.element("button", "Change the picture’s description");
    Object.assign(change, { type: "button" });
    change.dataset.tool = "describe";
    figure.append(change);
    return figure;
  }

  figure({ src, alt, caption }) {
    const image = blocks.element("img");
    image.src = src;
    image.alt = alt;
    const figure = blocks.element("figure", image);
    if (caption) figure.append(blocks.element("figcaption", caption));
    return this.asAtom(figure);
  }

  island(state) {
    const made = blocks.element("div");
    made.className = "island";
    made.contentEditable = "false";
    this.states.set(made, state);
    if (state.isText) this.openIsland(made, state);
    else this.shutIsland(made, state);
    state.html ??= `island:${Math.random()}`;
    return made;
  }

  shutIsland(made, state) {
    const holder = document.createElement("template");
    holder.innerHTML = state.island;
    // A link in it would lead away from what is being written.
    for (const link of holder.content.querySelectorAll("a[href]")) link.removeAttribute("href");
    const tools = this.tools([["text", "Edit as text"], ["drop", "Remove"]]);
    if (holder.content.textContent.trim() || holder.content.querySelector("img")) made.replaceChildren(holder.content, tools);
    else made.replaceChildren(blocks.element("p", "Readers see nothing of this: ", blocks.element("code", state.source)), tools);
  }

  openIsland(made, state) {
    const field = document.createElement("textarea");
    field.value = state.source;
    field.rows = Math.min(state.source.split("\n").length + 1, 16);
    field.setAttribute("aria-label", "This part as text, with its marks");
    made.replaceChildren(field, this.tools([["done", "Show as it will look"], ["drop", "Remove"]]));
    return field;
  }

  tools(buttons) {
    const row = blocks.element("div");
    row.className = "row";
    row.dataset.tool = "row";
    for (const [tool, says] of buttons) {
      const button = blocks.element("button", says);
      button.type = "button";
      button.dataset.tool = tool;
      row.append(button);
    }
    return row;
  }

  // --- Changes -------------------------------------------------------------------------------------------------

  changed(changes, kind = null) {
    const touched = new Set();
    // What came in beside all blocks gets one.
    const isLoose = () => [...this.surface.childNodes].some((node) => node.nodeType === Node.TEXT_NODE);
    if (!this.isComposing && changes.some(({ target }) => target === this.surface) && isLoose()) {
      this.tidy();
      changes = [...changes, ...this.observer.takeRecords()];
    }
    for (const { target } of changes) {
      const top = blocks.topOf(this.surface, target);
      if (top) touched.add(top);
    }
    if (!this.isComposing) touched.forEach((top) => this.withoutStyles(top));
    this.flush(touched, kind);
  }

  // A browser writes colours and sizes down where it joins or replaces words: they say nothing here.
  withoutStyles(top) {
    if (!top.isConnected || !top.querySelector("[style], font, span:not([lang])")) return;
    const ends = this.ends();
    for (const leaf of blocks.unitsIn(top).filter(blocks.isLeaf)) {
      leaf.removeAttribute("style");
      if (leaf.querySelector("[style], font, span:not([lang])")) blocks.render(leaf, blocks.runsOf(leaf));
    }
    this.observer.takeRecords();
    if (ends) this.choose(ends.start, ends.end);
  }

  // Does something to the blocks as one step that can be taken back.
  step(work) {
    this.changed(this.observer.takeRecords());
    this.now.chosen = this.chosen();
    const place = work();
    this.tidy();
    this.changed(this.observer.takeRecords(), "step");
    if (place?.unit) this.choose(place, place);
    this.now.chosen = this.chosen();
    this.typing.at = 0;
    return place;
  }

  // Some words must be able to stand there, and not in the surface itself.
  tidy() {
    const { surface } = this;
    for (const node of [...surface.childNodes]) {
      if (node.nodeType === Node.TEXT_NODE && !node.data.trim()) node.remove();
      else if (node.nodeType === Node.TEXT_NODE || !node.matches("p, h1, h2, h3, h4, h5, h6, ul, ol, blockquote, div, figure")) {
        const leaf = blocks.element("p");
        node.before(leaf);
        leaf.append(node);
      }
    }
    if (!surface.children.length) surface.append(blocks.emptyLeaf());
  }

  flush(touched, kind) {
    const children = [...this.surface.children];
    let isChanged = false;
    for (const child of children) {
      const known = this.states.get(child);
      if (known?.island !== undefined) continue;
      if (known && !touched.has(child)) continue;
      const html = child.outerHTML;
      if (known?.html === html) continue;
      isChanged = true;
      this.states.set(child, { html, source: markdownOf(child) });
    }
    const states = children.map((child) => this.states.get(child)).filter(Boolean);
    const before = this.now.states;
    if (!isChanged && states.length === before.length && states.every((state, at) => state === before[at])) return;
    this.partLists(children);
    this.remember(kind);
    this.write();
  }

  // Two lists of a kind, one after the other, would run into one: they take turns in their mark.
  partLists(children) {
    let before = null;
    for (const child of children) {
      const state = this.states.get(child);
      if (!state?.source) continue;
      const isSame = before && /^[UO]L$/.test(child.nodeName) && before.child.nodeName === child.nodeName;
      if (isSame && markOf(before.state.source) === markOf(state.source)) {
        const second = markdownOf(child, true);
        const source = markOf(second) === markOf(before.state.source) ? markdownOf(child) : second;
        this.states.set(child, { html: state.html, source });
      }
      before = { child, state: this.states.get(child) };
    }
  }

  compose() {
    const states = [...this.surface.children].map((child) => this.states.get(child)).filter((state) => state?.source);
    let whole = states.length && states[0] === this.first ? this.before : "";
    for (const [at, state] of states.entries()) {
      whole += state.source;
      const next = states[at + 1];
      if (next) whole += state.next === next ? state.gap : "\n\n";
      else if (state === this.last) whole += state.gap;
    }
    return whole;
  }

  write() {
    const whole = this.compose();
    if (whole === this.written) return;
    this.written = whole;
    this.text.value = whole;
    this.isOwn = true;
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.isOwn = false;
    this.surface.removeAttribute("aria-invalid");
  }

  // --- Steps back and forth ------------------------------------------------------------------------------------

  snapshot() {
    return { states: [...this.surface.children].map((child) => this.states.get(child)), chosen: this.chosen() };
  }

  remember(kind) {
    const next = this.snapshot();
    const block = this.now.states.findIndex((state, at) => state !== next.states[at]);
    const time = Date.now();
    const isMore = kind === null && time - this.typing.at < PAUSE && this.typing.block === block && this.typing.kind === this.kind;
    if (!isMore) this.past.push(this.now);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
    this.now = next;
    this.typing = { at: kind === null ? time : 0, block, kind: this.kind };
  }

  takeBack(from, to) {
    if (this.isComposing || !from.length) return;
    to.push(this.now);
    this.show(from.pop());
    this.typing.at = 0;
  }

  undo() {
    this.changed(this.observer.takeRecords());
    this.takeBack(this.past, this.future);
  }

  redo() {
    this.takeBack(this.future, this.past);
  }

  // Only what differs is made anew.
  show(wanted) {
    const children = [...this.surface.children];
    const isSame = (child, state) => child && this.states.get(child) === state;
    let head = 0;
    while (head < wanted.states.length && isSame(children[head], wanted.states[head])) head += 1;
    let tail = 0;
    while (tail < Math.min(wanted.states.length, children.length) - head && isSame(children.at(-1 - tail), wanted.states.at(-1 - tail))) tail += 1;
    for (const child of children.slice(head, children.length - tail)) child.remove();
    const anchor = this.surface.children[head] ?? null;
    for (const state of wanted.states.slice(head, wanted.states.length - tail)) this.surface.insertBefore(this.elementOf(state), anchor);
    this.observer.takeRecords();
    this.now = wanted;
    this.write();
    this.restore(wanted.chosen);
  }

  elementOf(state) {
    if (!state) return blocks.emptyLeaf();
    if (state.island !== undefined) return this.island(state);
    const holder = document.createElement("template");
    holder.innerHTML = state.html;
    const made = holder.content.firstElementChild;
    this.states.set(made, state);
    return made;
  }

  // --- What is chosen ------------------------------------------------------------------------------------------

  // Both ends in the order of the text; none where the cursor is elsewhere.
  ends() {
    const selection = getSelection();
    if (!selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const start = blocks.placeOf(this.surface, range.startContainer, range.startOffset);
    if (range.collapsed) return start && { start, end: { ...start }, collapsed: true };
    let end = blocks.placeOf(this.surface, range.endContainer, range.endOffset, true);
    if (!start || !end) return null;
    // Who chooses a whole paragraph often gets the beginning of the next along.
    if (end.offset === 0 && end.unit !== start.unit) {
      const before = blocks.neighbour(this.surface, end.unit, false);
      if (before) end = { unit: before, offset: blocks.lengthIn(before) };
    }
    return { start, end, collapsed: start.unit === end.unit && start.offset === end.offset };
  }

  chosen() {
    const ends = this.ends();
    if (!ends) return this.now?.chosen ?? null;
    const path = ({ unit, offset }) => {
      const top = blocks.topOf(this.surface, unit);
      return [Array.prototype.indexOf.call(this.surface.children, top), blocks.unitsIn(top).indexOf(unit), offset];
    };
    return [path(ends.start), path(ends.end)];
  }

  restore(chosen) {
    if (!chosen) return;
    const place = ([at, inner, offset]) => {
      const top = this.surface.children[Math.min(at, this.surface.children.length - 1)];
      const units = blocks.unitsIn(top);
      const unit = units[inner] ?? units[0];
      return unit && { unit, offset: Math.min(offset, blocks.lengthIn(unit)) };
    };
    const [start, end] = chosen.map(place);
    if (start && end) this.choose(start, end);
  }

  choose(start, end) {
    const at = ({ unit, offset }) => {
      if (!blocks.isAtom(unit)) return blocks.nodeAt(unit, offset);
      return [unit.parentNode, [...unit.parentNode.childNodes].indexOf(unit) + offset];
    };
    getSelection().setBaseAndExtent(...at(start), ...at(end));
    const focus = getSelection().focusNode;
    const near = focus?.nodeType === Node.ELEMENT_NODE ? focus : focus?.parentElement;
    if (near && near !== this.surface && this.surface.contains(near)) near.scrollIntoView({ block: "nearest" });
  }

  focus() {
    this.surface.focus();
    if (!this.ends()) this.restore(this.now.chosen ?? [[0, 0, 0], [0, 0, 0]]);
  }

  // How far in the text field the cursor would stand; and back from there.
  placeInSource() {
    const ends = this.ends();
    if (!ends) return 0;
    const top = blocks.topOf(this.surface, ends.start.unit);
    let at = 0;
    for (const child of this.surface.children) {
      const { source } = this.states.get(child) ?? { source: "" };
      const from = source ? this.written.indexOf(source, at) : at;
      if (child === top) {
        const units = blocks.unitsIn(top);
        const before = units.slice(0, units.indexOf(ends.start.unit)).map(blocks.wordsOf).join("");
        const words = before + blocks.wordsOf(ends.start.unit).slice(0, ends.start.offset);
        return from + lettersUpTo(source, words, words.length)[0];
      }
      at = Math.max(from, at) + source.length;
    }
    return at;
  }

  chooseInSource(offset) {
    let at = 0;
    for (const child of this.surface.children) {
      const { source } = this.states.get(child) ?? { source: "" };
      const from = source ? this.written.indexOf(source, at) : at;
      at = from + source.length;
      if (offset > at && child.nextElementSibling) continue;
      const units = blocks.unitsIn(child);
      const words = units.map(blocks.wordsOf);
      let [, letters] = lettersUpTo(source.slice(0, Math.max(offset - from, 0)), words.join(""), Infinity);
      let inner = 0;
      while (inner < units.length - 1 && letters > words[inner].length) letters -= words[inner++].length;
      const place = { unit: units[inner], offset: Math.min(letters, blocks.lengthIn(units[inner])) };
      this.choose(place, place);
      return;
    }
  }

  // --- Keys and what the browser is about to do ------------------------------------------------------------------

  key(event) {
    const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!isControl || event.isComposing) return;
    const letter = event.key.toLowerCase();
    if (letter === "z" || letter === "y") {
      event.preventDefault();
      if (letter === "y" || event.shiftKey) this.redo();
      else this.undo();
    }
  }

  beforeInput(event) {
    const { inputType: type } = event;
    this.kind = type.startsWith("delete") ? "delete" : "insert";
    if (type === "insertCompositionText" || type === "deleteCompositionText") return;
    if (!this.isComposing && performance.now() - (this.typedAt ?? 0) > PAUSE) this.now.chosen = this.chosen();
    this.typedAt = performance.now();
    const instead = {
      insertParagraph: () => this.step(() => this.enter()),
      insertLineBreak: () => this.step(() => this.lineBreak()),
      historyUndo: () => this.undo(),
      historyRedo: () => this.redo(),
      formatBold: () => this.mark("bold"),
      formatItalic: () => this.mark("italic"),
      insertFromDrop: () => this.dropWords(event),
      deleteByDrag: () => {},
      deleteByCut: () => {},
      insertFromPaste: () => {},
    }[type];
    if (instead || type.startsWith("format") || /^insert(Ordered|Unordered|Horizontal|Link)/.test(type)) {
      event.preventDefault();
      instead?.();
      return;
    }
    const ends = this.ends();
    if (!ends) return;
    if (type.startsWith("delete")) this.beforeDelete(event, ends, type);
    else if (type === "insertText" || type === "insertFromYank" || type === "insertReplacementText") this.beforeWords(event, ends);
  }

  beforeWords(event, ends) {
    const words = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
    if (event.inputType === "insertReplacementText") return;
    const isInside = ends.start.unit === ends.end.unit && blocks.isLeaf(ends.start.unit) && this.isInLeaf();
    if (isInside && (ends.collapsed || event.inputType === "insertText")) return;
    event.preventDefault();
    this.step(() => blocks.insertWords(this.leafPlace(), words));
  }

  // Whether the browser itself has the cursor among words.
  isInLeaf() {
    const { anchorNode, focusNode } = getSelection();
    const leaf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("p, h1, h2, h3, h4, h5, h6");
    return leaf(anchorNode) && leaf(focusNode) && this.surface.contains(leaf(anchorNode));
  }

  // Where words can be put in: what was chosen gives way, and beside a picture a paragraph begins.
  leafPlace() {
    const ends = this.ends();
    const place = ends.collapsed ? ends.start : blocks.cut(this.surface, ends.start, ends.end);
    if (blocks.isLeaf(place.unit)) return place;
    const leaf = blocks.emptyLeaf();
    if (place.offset > 0) place.unit.after(leaf);
    else place.unit.before(leaf);
    return { unit: leaf, offset: 0 };
  }

  deleteChosen() {
    const ends = this.ends();
    if (!ends || ends.collapsed) return null;
    const place = blocks.cut(this.surface, ends.start, ends.end);
    const { unit } = place;
    // Where nothing is left, it begins anew.
    if (!blocks.isLeaf(unit) || blocks.lengthIn(unit) || blocks.unitsIn(this.surface).length > 1) return place;
    this.surface.replaceChildren(blocks.emptyLeaf());
    return { unit: this.surface.firstChild, offset: 0 };
  }

  beforeDelete(event, ends, type) {
    const { unit, offset } = ends.start;
    const forward = /Forward/.test(type);
    if (!ends.collapsed) {
      event.preventDefault();
      this.step(() => this.deleteChosen());
    } else if (blocks.isAtom(unit)) {
      event.preventDefault();
      this.choose({ unit, offset: 0 }, { unit, offset: 1 });
    } else if (!forward && offset === 0) {
      event.preventDefault();
      this.step(() => this.backspaceAtStart(unit));
    } else if (forward && offset >= blocks.lengthIn(unit)) {
      event.preventDefault();
      this.step(() => this.deleteAtEnd(unit));
    }
  }

  backspaceAtStart(leaf) {
    const { surface } = this;
    const item = leaf.parentElement.nodeName === "LI" ? leaf.parentElement : null;
    if (item && leaf === item.firstElementChild) {
      blocks.outdent(surface, leaf);
      return { unit: leaf, offset: 0 };
    }
    const isFirst = leaf === leaf.parentElement.firstElementChild;
    if (leaf.parentElement.nodeName === "BLOCKQUOTE" && isFirst) {
      blocks.lift(surface, leaf);
      return { unit: leaf, offset: 0 };
    }
    const before = blocks.neighbour(surface, leaf, false);
    if (!before) return { unit: leaf.nodeName === "P" ? leaf : blocks.rename(leaf, "p"), offset: 0 };
    if (blocks.isAtom(before)) {
      // The first time it is chosen; an empty paragraph behind it goes.
      if (!blocks.lengthIn(leaf) && blocks.unitsIn(surface).length > 1 && blocks.neighbour(surface, leaf, true)) blocks.takeOut(surface, leaf);
      this.choose({ unit: before, offset: 0 }, { unit: before, offset: 1 });
      return null;
    }
    return blocks.join(surface, before, leaf);
  }

  deleteAtEnd(leaf) {
    const next = blocks.neighbour(this.surface, leaf, true);
    if (!next) return null;
    if (!blocks.isAtom(next)) return blocks.join(this.surface, leaf, next);
    if (!blocks.lengthIn(leaf) && blocks.neighbour(this.surface, leaf, false)) blocks.takeOut(this.surface, leaf);
    this.choose({ unit: next, offset: 0 }, { unit: next, offset: 1 });
    return null;
  }

  enter() {
    const { surface } = this;
    const place = this.leafPlace();
    const { unit: leaf } = place;
    const parent = leaf.parentElement;
    const isEmpty = !blocks.lengthIn(leaf);
    if (isEmpty && parent.nodeName === "LI" && parent.children.length === 1) {
      blocks.outdent(surface, leaf);
      return { unit: leaf, offset: 0 };
    }
    if (isEmpty && parent !== surface && parent.nodeName !== "LI" && leaf === parent.lastElementChild) {
      blocks.lift(surface, leaf);
      return { unit: leaf, offset: 0 };
    }
    return { unit: blocks.part(surface, place), offset: 0 };
  }

  lineBreak() {
    const place = this.leafPlace();
    if (place.unit.nodeName !== "P") return { unit: blocks.part(this.surface, place), offset: 0 };
    return blocks.insertWords(place, "\n");
  }

  // What is chosen across blocks gives way before an input method puts its first letter in.
  composes() {
    const ends = this.ends();
    if (ends && !ends.collapsed && ends.start.unit !== ends.end.unit) this.step(() => this.deleteChosen());
    this.isComposing = true;
  }

  composed() {
    this.isComposing = false;
    this.changed(this.observer.takeRecords());
  }

  copy(event) {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    if (!range || range.collapsed || !event.clipboardData) return false;
    const holder = blocks.element("div", range.cloneContents());
    for (const tool of holder.querySelectorAll("[data-tool], textarea")) tool.remove();
    event.preventDefault();
    // Part of one paragraph stays part of one.
    event.clipboardData.setData("text/html", holder.innerHTML);
    const words = blocks.unitsIn(holder).map((unit) => (blocks.isLeaf(unit) ? blocks.wordsOf(unit) : unit.textContent));
    event.clipboardData.setData("text/plain", words.length ? words.join("\n\n") : holder.textContent);
    return true;
  }

  dropWords(event) {
    const words = event.dataTransfer?.getData("text/plain");
    const [there] = event.getTargetRanges();
    if (there) getSelection().setBaseAndExtent(there.startContainer, there.startOffset, there.startContainer, there.startOffset);
    if (words) this.pasteWords(words);
  }

  // --- Islands and pictures --------------------------------------------------------------------------------------

  click(event) {
    const tool = event.target.closest("[data-tool]");
    const unit = tool && blocks.unitOf(this.surface, tool);
    if (!unit || tool.dataset.tool === "row") {
      // A link is followed from the preview; here its words are written.
      if (event.target.closest("a")) event.preventDefault();
      return;
    }
    if (tool.dataset.tool === "describe") this.describe(unit);
    else if (tool.dataset.tool === "drop") this.step(() => (this.replaceUnit(unit, []), null));
    else if (tool.dataset.tool === "text") this.islandAsText(unit);
    else this.islandDone(unit);
  }

  replaceUnit(unit, made) {
    const next = blocks.neighbour(this.surface, unit, true) ?? blocks.neighbour(this.surface, unit, false);
    unit.before(...made);
    blocks.takeOut(this.surface, unit);
    this.tidy();
    const leaf = made.length ? blocks.unitsIn(made[0])[0] : (next ?? blocks.unitsIn(this.surface)[0]);
    this.surface.focus();
    if (leaf) this.choose({ unit: leaf, offset: 0 }, { unit: leaf, offset: 0 });
  }

  islandAsText(island) {
    const state = this.states.get(island);
    const { html, ...rest } = state;
    const opened = this.island({ ...rest, isText: true });
    const field = opened.querySelector("textarea");
    island.replaceWith(opened);
    this.keepNeighbours(state, this.states.get(opened));
    this.changed(this.observer.takeRecords(), "step");
    field.focus();
  }

  // What stood beside an untouched block still stands there.
  keepNeighbours(old, state) {
    for (const child of this.surface.children) if (this.states.get(child)?.next === old) this.states.get(child).next = state;
    if (this.first === old) this.first = state;
    if (this.last === old) this.last = state;
  }

  islandTyped(event) {
    const island = event.target.closest?.(".island");
    if (!island || event.target.nodeName !== "TEXTAREA") return;
    event.stopPropagation();
    const state = { island: "", isText: true, source: event.target.value.replace(/^\n+|\s+$/g, ""), html: `island:${Math.random()}` };
    this.states.set(island, state);
    this.flush(new Set(), null);
  }

  async islandDone(island) {
    const state = this.states.get(island);
    let answer;
    try {
      answer = state.source ? await this.read(state.source) : { blocks: [] };
    } catch {
      this.say("It cannot be shown now: there is no connection, or your session ended. Your text is kept as it is.");
      return;
    }
    if (!island.isConnected || this.states.get(island) !== state) return;
    const made = answer.blocks.map((block) => this.blockOf(block));
    // Nothing was changed: it stays what it was, with what stood around it.
    if (made.length === 1 && answer.blocks[0].source === state.source) {
      const shown = this.states.get(made[0]);
      [shown.gap, shown.next] = [state.gap, state.next];
      this.keepNeighbours(state, shown);
    }
    this.step(() => (this.replaceUnit(island, made), null));
  }

  async describe(figure) {
    const image = figure.querySelector("img");
    const caption = figure.querySelector("figcaption");
    const said = await this.described({ alt: image.getAttribute("alt"), caption: caption?.textContent ?? "" });
    if (!said || !figure.isConnected) return;
    if (said.isRemoved) {
      this.step(() => (this.replaceUnit(figure, []), null));
      return;
    }
    this.step(() => {
      image.alt = said.alt;
      caption?.remove();
      if (said.caption) figure.querySelector("[data-tool]").before(blocks.element("figcaption", said.caption));
      // An attribute is no change of the tree.
      const again = figure.cloneNode(true);
      figure.replaceWith(again);
      return null;
    });
  }

  // --- The toolbar -----------------------------------------------------------------------------------------------

  leaves(ends) {
    const units = blocks.unitsIn(this.surface);
    return units.slice(units.indexOf(ends.start.unit), units.indexOf(ends.end.unit) + 1).filter(blocks.isLeaf);
  }

  // What the buttons show as pressed.
  pressed() {
    const ends = this.ends();
    if (!ends) return {};
    const { unit } = ends.start;
    const inside = (selector) => unit.closest(selector) !== null && this.surface.contains(unit.closest(selector));
    const stretches = ends.collapsed ? [] : blocks.partsBetween(this.surface, ends.start, ends.end);
    const focus = getSelection().focusNode;
    const around = (names) => (focus?.nodeType === Node.ELEMENT_NODE ? focus : focus?.parentElement)?.closest(names);
    const isMarked = (name, command, names) => {
      if (!ends.collapsed) return blocks.isMarked(stretches, name);
      const isBold = command === "bold" && /^H/.test(unit.nodeName);
      return isBold ? Boolean(around(names)) : document.queryCommandState(command);
    };
    return {
      bold: isMarked("strong", "bold", "strong, b"),
      italic: isMarked("em", "italic", "em, i"),
      heading: /^H[1-6]$/.test(unit.nodeName),
      list: inside("ul") && unit.closest("ul, ol").nodeName === "UL",
      numbers: inside("ol") && unit.closest("ul, ol").nodeName === "OL",
      quote: inside("blockquote"),
      link: Boolean(around("a")),
    };
  }

  mark(kind) {
    this.focus();
    const ends = this.ends();
    if (!ends) return;
    if (kind === "bold" || kind === "italic") this.markWords(ends, kind);
    else if (kind === "link") this.link(ends);
    else this.step(() => this.toggleBlocks(ends, kind));
  }

  markWords(ends, kind) {
    const name = kind === "bold" ? "strong" : "em";
    if (ends.collapsed) {
      // The browser itself keeps what the next letter will be. In a heading all is bold.
      if (kind === "bold" && /^H/.test(ends.start.unit.nodeName)) return;
      document.execCommand("styleWithCSS", false, false);
      document.execCommand(kind);
      return;
    }
    const stretches = blocks.partsBetween(this.surface, ends.start, ends.end);
    const isSet = blocks.isMarked(stretches, name);
    this.step(() => blocks.setMark(stretches, name, isSet ? null : blocks.plainMark(name)));
    this.choose(ends.start, ends.end);
    this.now.chosen = this.chosen();
  }

  toggleBlocks(ends, kind) {
    const leaves = this.leaves(ends);
    if (!leaves.length) return null;
    let became = leaves.map((leaf) => [leaf, leaf]);
    if (kind === "heading") became = blocks.toggleHeading(this.surface, leaves);
    else if (kind === "quote") blocks.toggleQuote(this.surface, leaves);
    else became = blocks.toggleList(this.surface, leaves, kind === "list" ? "ul" : "ol");
    const now = ({ unit, offset }) => ({ unit: became.find(([old]) => old === unit)?.[1] ?? unit, offset });
    queueMicrotask(() => this.choose(now(ends.start), now(ends.end)));
    return null;
  }

  async link(ends) {
    const stretches = blocks.partsBetween(this.surface, ends.start, ends.end);
    const node = getSelection().focusNode;
    const found = (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement)?.closest("a");
    const old = found && this.surface.contains(found) ? found : null;
    const chosen = old ? old.textContent : getSelection().toString().trim();
    const isOne = old !== null || stretches.length <= 1;
    const said = await this.linked({ address: old?.getAttribute("href") ?? "", words: chosen, isOne, isOld: old !== null });
    this.focus();
    if (!said) {
      this.choose(ends.start, ends.end);
      return;
    }
    this.step(() => this.setLink({ ends, stretches, old, chosen, isOne }, said));
  }

  setLink({ ends, stretches, old, chosen, isOne }, { address, words, isRemoved }) {
    const mark = isRemoved ? null : blocks.plainMark("a", [["href", address]]);
    if (old) {
      if (!old.isConnected) return null;
      if (isRemoved) old.replaceWith(...old.childNodes);
      else if (words !== chosen) old.replaceWith(Object.assign(blocks.element("a", words), { href: address }));
      else old.replaceWith(Object.assign(blocks.element("a", ...old.childNodes), { href: address }));
      return { unit: ends.start.unit, offset: Math.min(ends.end.offset, blocks.lengthIn(ends.start.unit)) };
    }
    if (isOne && words !== chosen) {
      const place = ends.collapsed ? this.leafFor(ends.start) : blocks.cut(this.surface, ends.start, ends.end);
      const { marks = [] } = blocks.cutRuns(blocks.runsOf(place.unit), place.offset)[0].at(-1) ?? {};
      return blocks.insertWords(place, words, [...marks.filter(({ name }) => name !== "a"), mark]);
    }
    blocks.setMark(stretches, "a", mark);
    return ends.end;
  }

  leafFor(place) {
    this.choose(place, place);
    return this.leafPlace();
  }

  // --- What comes in ---------------------------------------------------------------------------------------------

  // Words as they are: an empty line begins a paragraph.
  pasteWords(words) {
    const paragraphs = words.replace(/\r\n?/g, "\n").replace(/^\n+|\n+$/g, "").split(/\n[^\S\n]*\n\s*/);
    this.step(() => {
      const place = this.leafPlace();
      if (paragraphs.length === 1) return blocks.insertWords(place, paragraphs[0]);
      const made = paragraphs.map((paragraph) => {
        const leaf = blocks.element("p");
        blocks.insertWords({ unit: leaf, offset: 0 }, paragraph);
        return leaf;
      });
      return blocks.insertBlocks(this.surface, place, made);
    });
  }

  // Where the writer is, for what comes later.
  place() {
    const ends = this.ends();
    return ends && { ...ends, isChosen: !ends.collapsed };
  }

  // What took a while goes where the writer was; where that is gone, to the end.
  insertAt(place, made) {
    const { surface } = this;
    const isHere = place?.start.unit.isConnected && place.end.unit.isConnected;
    const stays = this.ends();
    const isWaiting = stays && isHere && stays.start.unit === place.start.unit && stays.start.offset === place.start.offset;
    let at = null;
    this.step(() => {
      if (isHere) {
        at = place.isChosen && isWaiting ? blocks.cut(surface, place.start, place.end) : place.start;
        at.offset = Math.min(at.offset, blocks.lengthIn(at.unit));
      } else {
        const last = blocks.unitsIn(surface).at(-1);
        at = { unit: last, offset: blocks.lengthIn(last) };
      }
      at = blocks.insertBlocks(surface, at, made);
      return isWaiting || !stays ? at : null;
    });
  }

  async insertMarkdown(place, markdown) {
    const { blocks: came } = await this.read(markdown);
    const made = came.map((block) => this.blockOf({ ...block, gap: "\n\n" }));
    if (made.length) this.insertAt(place, made);
  }

  say(words) {
    document.getElementById("pasted").textContent = words;
  }
}

// What a list's first item begins with, of a source.
function markOf(source) {
  const line = source.split("\n").find((one) => !one.startsWith("<!--") && one !== "") ?? "";
  return /^\s*(?:[-*+]|\d+([.)]))/.exec(line)?.[1] ?? line.trim()[0];
}

// How far one comes in a source, and how many letters of its words stand there, when they are read beside each other.
function lettersUpTo(source, words, most) {
  let [at, letters] = [0, 0];
  while (at < source.length && letters < Math.min(most, words.length)) {
    if (source[at] === words[letters]) letters += 1;
    else if (/\s/.test(words[letters]) && !/\s/.test(source[at]) && source[at] !== "\\") {
      letters += 1;
      continue;
    }
    at += 1;
  }
  return [at, letters];
}
