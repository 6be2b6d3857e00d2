// The text as it will look, in place of its Markdown. The text field stays what is sent, kept and read: each change
// here is written into it at once, and a block that nobody touched as it stood there. What could not be written
// back as it was, such as a table, is an island: shown, and changed as Markdown only.
import * as blocks from "./editor_blocks.js";
import { markdownOf } from "./editor_markdown.js";

// A step back takes what was typed without a pause of this many milliseconds.
export const PAUSE = 1000;
const MOST_STEPS = 300;

export class Surface {
  constructor(text, read) {
    this.text = text;
    this.read = read;
    // What is known of each element: { html, source, gap, next, island }.
    this.states = new WeakMap();
    this.isShown = false;
    this.past = [];
    this.future = [];
    this.typing = { at: 0, block: -1, kind: "" };
    this.observer = new MutationObserver((changes) => this.changed(changes));
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
    if (!made.length || blocks.isAtom(made[0])) made.unshift(this.blank());
    if (blocks.isAtom(made.at(-1))) made.push(this.blank());
    this.surface.replaceChildren(...made);
    this.observer.observe(this.surface, { childList: true, characterData: true, subtree: true });
    [this.past, this.future] = [[], []];
    this.now = this.snapshot();
  }

  // A paragraph for who writes above or below what cannot be written in.
  blank() {
    const leaf = blocks.emptyLeaf();
    this.states.set(leaf, { html: leaf.outerHTML, source: "" });
    return leaf;
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
    const [first, last] = [surface.firstElementChild, surface.lastElementChild];
    if (!first || blocks.isAtom(first)) surface.prepend(blocks.emptyLeaf());
    if (last && blocks.isAtom(last)) surface.append(blocks.emptyLeaf());
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
