// What a person does in the text as it will look: keys, buttons, what is pasted. Nothing is rewritten under the hands of
// who types: the browser puts letters in by itself, and what it does not know of, blocks, stands in
// editor_blocks.js.
import * as blocks from "./editor_blocks.js";
import { PAUSE, Surface } from "./editor_surface.js";

export class Editor extends Surface {
  // `read` asks the server for the blocks of a Markdown text; `described` and `linked` ask the writer.
  constructor(text, { read, described, linked }) {
    super(text, read);
    this.described = described;
    this.linked = linked;
    this.isComposing = false;
    this.surface = this.makeSurface();
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
    const opened = this.island({ source: state.source, gap: state.gap, next: state.next, island: state.island, isText: true });
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
