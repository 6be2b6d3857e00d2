// What is done to the text as it looks: its words are marked, its paragraphs parted, joined and made headings, lists
// and quotations. Words stand in a leaf only, a <p> or a heading; an atom, a picture or an island, is one thing.

const LEAF = "p, h1, h2, h3, h4, h5, h6";
const ATOM = "figure, .island";

export const isLeaf = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(LEAF);
export const isAtom = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(ATOM);
const isUnit = (node) => isLeaf(node) || isAtom(node);

// The leaf or the atom that a node stands in.
export function unitOf(surface, node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  if (!surface.contains(element)) return null;
  const atom = element.closest(ATOM);
  if (atom) return atom;
  const leaf = element.closest(LEAF);
  return leaf && surface.contains(leaf) ? leaf : null;
}

export const unitsIn = (root) => {
  const inner = [...root.querySelectorAll(`${LEAF}, ${ATOM}`)].filter((unit) => !unit.parentElement.closest(ATOM));
  return isUnit(root) ? [root] : inner;
};

export function neighbour(surface, unit, forward) {
  const next = (node) => (forward ? node.nextElementSibling : node.previousElementSibling);
  let node = unit;
  for (;;) {
    while (node !== surface && !next(node)) node = node.parentElement;
    if (node === surface) return null;
    node = next(node);
    while (!isUnit(node)) {
      const inner = forward ? node.firstElementChild : node.lastElementChild;
      if (!inner) break;
      node = inner;
    }
    if (isUnit(node)) return node;
  }
}

export function topOf(surface, node) {
  let top = node;
  while (top && top.parentNode !== surface) top = top.parentNode;
  return top;
}

export function element(name, ...inner) {
  const made = document.createElement(name);
  made.append(...inner);
  return made;
}

export const emptyLeaf = (name = "p") => element(name, document.createElement("br"));

// --- Words and their marks -------------------------------------------------------------------------------------

const NAMES = { B: "strong", STRONG: "strong", I: "em", EM: "em", S: "del", STRIKE: "del", DEL: "del", A: "a", SUP: "sup", SUB: "sub", INS: "ins", CODE: "code", KBD: "kbd", ABBR: "abbr", SPAN: "span" };
const KEPT = ["href", "data-lost", "title", "lang", "dir"];

function markOf(node) {
  const name = NAMES[node.nodeName];
  if (!name || (name === "span" && !node.lang)) return null;
  const attributes = KEPT.filter((kept) => node.hasAttribute(kept)).map((kept) => [kept, node.getAttribute(kept)]);
  return { name, attributes, key: JSON.stringify([name, attributes]) };
}

export const plainMark = (name, attributes = []) => ({ name, attributes, key: JSON.stringify([name, attributes]) });

// A leaf as runs: words, or a line break, and the marks around them from the outside in.
export function runsOf(leaf) {
  const runs = [];
  const walk = (nodes, marks) => {
    for (const node of nodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.data) runs.push({ words: node.data, marks });
      } else if (node.nodeName === "BR") runs.push({ words: "\n", marks, isBreak: true });
      else if (node.nodeType === Node.ELEMENT_NODE) {
        const mark = markOf(node);
        walk(node.childNodes, mark && !marks.some(({ key }) => key === mark.key) ? [...marks, mark] : marks);
      }
    }
  };
  walk(leaf.childNodes, []);
  // The last one holds the line open and is not seen.
  if (runs.at(-1)?.isBreak) runs.pop();
  return runs;
}

export function render(leaf, runs) {
  const made = document.createDocumentFragment();
  const open = [];
  for (const run of runs) {
    if (!run.words) continue;
    let same = 0;
    while (same < open.length && open[same].key === run.marks[same]?.key) same += 1;
    open.length = same;
    for (const mark of run.marks.slice(same)) {
      const node = element(mark.name);
      for (const [name, value] of mark.attributes) node.setAttribute(name, value);
      (open.at(-1)?.node ?? made).append(node);
      open.push({ key: mark.key, node });
    }
    (open.at(-1)?.node ?? made).append(run.isBreak ? document.createElement("br") : run.words);
  }
  if (!runs.length || runs.at(-1).isBreak) made.append(document.createElement("br"));
  leaf.replaceChildren(made);
  leaf.normalize();
}

const lengthOf = (runs) => runs.reduce((sum, { words }) => sum + words.length, 0);

export function cutRuns(runs, at) {
  const [left, right] = [[], []];
  let begin = 0;
  for (const run of runs) {
    const cut = Math.min(Math.max(at - begin, 0), run.words.length);
    begin += run.words.length;
    if (cut > 0) left.push({ ...run, words: run.words.slice(0, cut) });
    if (cut < run.words.length) right.push({ ...run, words: run.words.slice(cut) });
  }
  return [left, right];
}

export const wordsOf = (leaf) => runsOf(leaf).map(({ words }) => words).join("");
export const lengthIn = (unit) => (isAtom(unit) ? 1 : lengthOf(runsOf(unit)));

// --- Places ----------------------------------------------------------------------------------------------------

// How many letters of a leaf stand before a place in it; a line break is one.
function offsetIn(leaf, node, offset) {
  const range = document.createRange();
  range.setStart(leaf, 0);
  range.setEnd(node, offset);
  let letters = 0;
  const count = (nodes) => {
    for (const one of nodes) {
      if (one.nodeType === Node.TEXT_NODE) letters += one.data.length;
      else if (one.nodeName === "BR") letters += 1;
      else count(one.childNodes);
    }
  };
  count(range.cloneContents().childNodes);
  return Math.min(letters, lengthIn(leaf));
}

// Node and offset of that many letters of a leaf.
export function nodeAt(leaf, offset) {
  let left = offset;
  const walker = document.createTreeWalker(leaf, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  let last = [leaf, 0];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (left <= node.data.length) return [node, left];
      left -= node.data.length;
      last = [node, node.data.length];
    } else if (node.nodeName === "BR") {
      const at = [...node.parentNode.childNodes].indexOf(node);
      if (left === 0) return [node.parentNode, at];
      left -= 1;
      last = [node.parentNode, at + 1];
    }
  }
  return last;
}

export function placeOf(surface, node, offset, atEnd = false) {
  const unit = unitOf(surface, node);
  if (unit) return isAtom(unit) ? { unit, offset: atEnd ? 1 : 0 } : { unit, offset: offsetIn(unit, node, offset) };
  if (!surface.contains(node)) return null;
  // Between two blocks.
  const [before, behind] = [node.childNodes[offset - 1], node.childNodes[offset]];
  const inside = (one, last) => {
    if (!one || one.nodeType !== Node.ELEMENT_NODE) return null;
    const units = unitsIn(one);
    return last ? units.at(-1) : units[0];
  };
  const last = inside(before, true);
  const first = inside(behind, false);
  if (first && (!atEnd || !last)) return { unit: first, offset: 0 };
  if (last) return { unit: last, offset: lengthIn(last) };
  const units = unitsIn(surface);
  return units.length ? { unit: units[0], offset: 0 } : null;
}

// --- Parting and joining ---------------------------------------------------------------------------------------

// Takes a node out, and what is empty around it then.
export function takeOut(surface, node) {
  let parent = node.parentElement;
  node.remove();
  while (parent && parent !== surface && !parent.children.length) {
    const outer = parent.parentElement;
    parent.remove();
    parent = outer;
  }
}

// Parts what stands around a node behind it, up to the surface: what comes next stands in elements of its own.
// The answer is the block of the top level that ends with the node.
function partBehind(surface, node) {
  let at = node;
  while (at.parentElement !== surface) {
    const parent = at.parentElement;
    if (at.nextSibling) {
      const rest = parent.cloneNode(false);
      if (rest.nodeName === "OL") rest.setAttribute("start", Number(parent.getAttribute("start") ?? 1) + [...parent.children].indexOf(at) + 1);
      while (at.nextSibling) rest.append(at.nextSibling);
      parent.after(rest);
    }
    at = parent;
  }
  return at;
}

// Takes a leaf out of its item, list or quotation: it stands at the top level then, and what stood around it before
// and behind it.
export function lift(surface, leaf) {
  if (leaf.parentElement === surface) return leaf;
  const top = partBehind(surface, leaf);
  const parent = leaf.parentElement;
  top.after(leaf);
  const next = leaf.nextElementSibling;
  // Its number is free for the next item.
  if (parent.nodeName === "LI" && !parent.children.length && top.nodeName === "OL" && next?.nodeName === "OL" && next.hasAttribute("start"))
    next.setAttribute("start", Number(next.getAttribute("start")) - 1);
  for (let around = parent; around && around !== surface && !around.children.length; ) {
    const outer = around.parentElement;
    around.remove();
    around = outer;
  }
  // Lists that stood in its item, below it, are lists of their own now.
  const behind = leaf.nextElementSibling;
  const item = behind?.firstElementChild;
  if (item?.nodeName === "LI" && item.firstElementChild?.matches("ul, ol")) {
    behind.before(...item.children);
    takeOut(surface, item);
  }
  return leaf;
}

// One level out of nested lists; or out of the list.
export function outdent(surface, leaf) {
  const item = leaf.closest("li");
  const list = item?.parentElement;
  const outer = list?.parentElement.closest("li");
  if (!outer || !surface.contains(outer)) return lift(surface, leaf);
  if (item.nextElementSibling) {
    const rest = list.cloneNode(false);
    while (item.nextElementSibling) rest.append(item.nextElementSibling);
    item.append(rest);
  }
  // What stood in the outer item behind this list stays behind its words.
  while (list.nextElementSibling) item.append(list.nextElementSibling);
  outer.after(item);
  if (!list.children.length) list.remove();
  return leaf;
}

// Parts a leaf at a place; the answer is the second half.
export function part(surface, { unit: leaf, offset }) {
  const [left, right] = cutRuns(runsOf(leaf), offset);
  const isHeading = leaf.nodeName !== "P";
  const second = element(isHeading && right.length ? leaf.nodeName : "P");
  render(second, right);
  const item = leaf.parentElement.nodeName === "LI" ? leaf.parentElement : null;
  // Enter in front of a heading moves it down.
  if (isHeading && !left.length) {
    leaf.before(emptyLeaf());
    return leaf;
  }
  render(leaf, left);
  if (!item) {
    leaf.after(second);
    return second;
  }
  const next = element("li", second);
  while (leaf.nextSibling) next.append(leaf.nextSibling);
  item.after(next);
  return second;
}

// Joins the words of the second leaf to those of the first.
export function join(surface, first, second) {
  const [before, behind] = [runsOf(first), runsOf(second)];
  const item = second.parentElement.nodeName === "LI" && second === second.parentElement.firstElementChild ? second.parentElement : null;
  if (!before.length && first.nodeName === "P" && first.parentElement === surface && second.parentElement === surface) {
    // Nothing stood there: the second stays what it is.
    first.remove();
    return { unit: second, offset: 0 };
  }
  render(first, [...before, ...behind]);
  // Lists below it go with it, or stand behind.
  const below = item ? [...item.children].filter((child) => child !== second) : [];
  if (below.length) {
    const home = first.parentElement.nodeName === "LI" ? first.parentElement : null;
    if (home === item) first.after(...below);
    else if (home) home.append(...below);
    else topOf(surface, first).after(...below);
  }
  takeOut(surface, second);
  return { unit: first, offset: lengthOf(before) };
}

// Takes out what stands between two places; the answer is where it stood.
export function cut(surface, start, end) {
  const units = unitsIn(surface);
  const [from, to] = [units.indexOf(start.unit), units.indexOf(end.unit)];
  const all = units.slice(from, to + 1);
  if (all.length === 1 && isLeaf(start.unit)) {
    const [left] = cutRuns(runsOf(start.unit), start.offset);
    const [, right] = cutRuns(runsOf(start.unit), end.offset);
    render(start.unit, [...left, ...right]);
    return start;
  }
  const isWhole = (unit) => isAtom(unit) && !(unit === start.unit && start.offset > 0) && !(unit === end.unit && end.offset === 0);
  const first = isLeaf(start.unit) ? start.unit : null;
  const last = isLeaf(end.unit) && end.unit !== first ? end.unit : null;
  const left = first ? cutRuns(runsOf(first), start.offset)[0] : [];
  const right = last ? cutRuns(runsOf(last), end.offset)[1] : [];
  let anchor = first;
  if (!anchor) {
    // A picture was chosen: an empty paragraph stands in its place, or what follows.
    if (last) anchor = null;
    else start.unit.before((anchor = emptyLeaf()));
  }
  for (const unit of all) {
    if (unit === first || unit === last) continue;
    if (isLeaf(unit) || isWhole(unit)) takeOut(surface, unit);
  }
  if (first) render(first, left);
  if (last) render(last, right);
  if (!first) return last ? { unit: last, offset: 0 } : { unit: anchor, offset: 0 };
  if (!last) return { unit: first, offset: lengthOf(left) };
  if (!left.length && right.length && first.parentElement === surface && last.parentElement === surface) {
    first.remove();
    return { unit: last, offset: 0 };
  }
  return join(surface, first, last);
}

// --- Marks on what is chosen -----------------------------------------------------------------------------------

// The parts of leaves between two places.
export function partsBetween(surface, start, end) {
  const units = unitsIn(surface);
  const [from, to] = [units.indexOf(start.unit), units.indexOf(end.unit)];
  return units
    .slice(from, to + 1)
    .filter(isLeaf)
    .map((leaf) => ({ leaf, from: leaf === start.unit ? start.offset : 0, to: leaf === end.unit ? end.offset : lengthIn(leaf) }));
}

function threeParts({ leaf, from, to }) {
  const [head, rest] = cutRuns(runsOf(leaf), from);
  const [middle, tail] = cutRuns(rest, to - from);
  return [head, middle, tail];
}

export const isMarked = (stretches, name) => {
  const runs = stretches.flatMap((stretch) => threeParts(stretch)[1]).filter(({ words }) => words.trim());
  return runs.length > 0 && runs.every(({ marks }) => marks.some((mark) => mark.name === name));
};

// Puts a mark around all of it, or takes those of that name away.
export function setMark(stretches, name, mark) {
  for (const stretch of stretches) {
    const [head, middle, tail] = threeParts(stretch);
    const changed = middle.map((run) => {
      const others = run.marks.filter((one) => one.name !== name);
      return { ...run, marks: mark ? [mark, ...others] : others };
    });
    if (middle.length) render(stretch.leaf, [...head, ...changed, ...tail]);
  }
}

// --- Kinds of blocks -------------------------------------------------------------------------------------------

export function rename(node, name) {
  const made = element(name, ...node.childNodes);
  node.replaceWith(made);
  return made;
}

const inList = (surface, leaf) => {
  const list = leaf.closest("ul, ol");
  return list && surface.contains(list) ? list : null;
};

// Headings become paragraphs if all of them are; else all become headings. The answer: each leaf and what it became.
export function toggleHeading(surface, leaves) {
  const all = leaves.every((leaf) => leaf.nodeName !== "P");
  return leaves.map((leaf) => [leaf, rename(lift(surface, leaf), all ? "p" : leaf.nodeName === "P" ? "h2" : leaf.nodeName)]);
}

export function toggleList(surface, leaves, name) {
  const lists = leaves.map((leaf) => inList(surface, leaf));
  const kind = name.toUpperCase();
  if (lists.every((list) => list?.nodeName === kind)) {
    for (const leaf of leaves) lift(surface, leaf);
    return leaves.map((leaf) => [leaf, leaf]);
  }
  const became = leaves.map((leaf) => [leaf, leaf]);
  for (const list of new Set(lists.filter((list) => list && list.nodeName !== kind))) rename(list, name);
  for (const [at, pair] of became.entries()) {
    let leaf = pair[0];
    if (lists[at]) continue;
    if (leaf.nodeName !== "P") pair[1] = leaf = rename(leaf, "p");
    const [before, behind] = [leaf.previousElementSibling, leaf.nextElementSibling];
    const isSame = (list) => list?.nodeName === kind && !list.hasAttribute("type") && !list.hasAttribute("reversed");
    const item = element("li");
    if (isSame(before)) before.append(item);
    else if (isSame(behind)) behind.prepend(item);
    else leaf.before(element(name, item));
    item.append(leaf);
    const list = item.parentElement;
    const next = list.nextElementSibling;
    if (isSame(before) && isSame(next)) {
      list.append(...next.children);
      next.remove();
    }
  }
  return became;
}

export function toggleQuote(surface, leaves) {
  const tops = [...new Set(leaves.map((leaf) => topOf(surface, leaf)))];
  if (tops.every((top) => top.nodeName === "BLOCKQUOTE")) {
    for (const top of tops) top.replaceWith(...top.childNodes);
    return;
  }
  let quote = null;
  for (const top of tops) {
    if (top.nodeName === "BLOCKQUOTE") {
      if (quote) quote.append(...top.childNodes), top.remove();
      else quote = top;
      continue;
    }
    if (!quote || quote.nextElementSibling !== top) top.before((quote = element("blockquote")));
    quote.append(top);
  }
}

// --- What comes in ---------------------------------------------------------------------------------------------

export function insertWords(place, words, marks = null) {
  const [left, right] = cutRuns(runsOf(place.unit), place.offset);
  const around = marks ?? left.at(-1)?.marks ?? [];
  const lines = words.split("\n").flatMap((line, at) => [...(at > 0 ? [{ words: "\n", marks: around, isBreak: true }] : []), { words: line, marks: around }]);
  render(place.unit, [...left, ...lines.filter((run) => run.words), ...right]);
  return { unit: place.unit, offset: place.offset + words.length };
}

// Puts blocks where a place is. A paragraph alone goes into the line; of several, the first and the last go on with
// the words around them. The answer is the place behind them.
export function insertBlocks(surface, place, blocks) {
  const isPlain = (block) => block.nodeName === "P";
  const { unit: leaf } = place;
  if (isLeaf(leaf) && blocks.length === 1 && isPlain(blocks[0])) {
    const [left, right] = cutRuns(runsOf(leaf), place.offset);
    const middle = runsOf(blocks[0]);
    render(leaf, [...left, ...middle, ...right]);
    return { unit: leaf, offset: lengthOf(left) + lengthOf(middle) };
  }
  if (isAtom(leaf)) {
    topOf(surface, leaf).after(...blocks);
    return endOf(blocks.at(-1));
  }
  const [left, right] = cutRuns(runsOf(leaf), place.offset);
  const inItem = leaf.parentElement.nodeName === "LI";
  let rest = [...blocks];
  // Paragraphs in a list are its items, and so are a list's own.
  if (inItem && rest.every(isPlain)) rest = [element(leaf.parentElement.parentElement.nodeName, ...rest.map((block) => element("li", block)))];
  if (inItem && rest.length === 1 && rest[0].matches("ul, ol")) {
    const items = [...rest[0].children];
    const item = leaf.parentElement;
    item.after(...items);
    const last = unitsIn(items.at(-1)).at(-1);
    if (right.length || item.children.length > 1) {
      const next = element("li", element("p"));
      render(next.firstChild, right);
      while (leaf.nextSibling) next.append(leaf.nextSibling);
      items.at(-1).after(next);
    }
    render(leaf, left);
    if (!left.length && item.children.length === 1) item.remove();
    return { unit: last, offset: lengthIn(last) };
  }
  render(leaf, left);
  let top = partBehind(surface, leaf);
  if (left.length && isPlain(rest[0]) && leaf.nodeName === "P") {
    render(leaf, [...left, ...runsOf(rest[0])]);
    rest.shift();
  }
  if (rest.length) top.after(...rest);
  let end = rest.length ? endOf(rest.at(-1)) : { unit: leaf, offset: lengthIn(leaf) };
  if (right.length) {
    const last = rest.at(-1);
    if (last && isPlain(last)) render(last, [...runsOf(last), ...right]);
    else {
      const behind = element(leaf.nodeName === "P" ? "p" : leaf.nodeName);
      render(behind, right);
      (last ?? top).after(behind);
    }
  }
  if (!left.length && rest.length) takeOut(surface, leaf);
  return end;
}

function endOf(block) {
  const unit = unitsIn(block).at(-1);
  return unit ? { unit, offset: lengthIn(unit) } : null;
}
