// From the text as it looks to Markdown. By the same rules as the server's own writer
// (src/releases/by_hand/write.rs): what one of them learns, the other has to learn too, or the editor shows blocks
// as islands that could be written in.

const isWord = (letter) => /[\p{Alphabetic}\p{N}]/u.test(letter);

// What parts a mark from the words outside it, wherever Markdown is read.
const parts = (letter) => /[\s!-)+-/:-@[-`{-~“”‘’«»–—…¿¡、。，．：；？！（）「」『』《》〈〉]/u.test(letter);

// Words whose letters mean themselves.
export function escaped(words) {
  if (!/[\\`*[\]<~_&]/.test(words)) return words;
  const letters = [...words];
  let out = "";
  for (const [at, letter] of letters.entries()) {
    const [before, after] = [letters[at - 1] ?? " ", letters[at + 1] ?? " "];
    if (
      "\\`*[]<~".includes(letter) ||
      (letter === "_" && !(isWord(before) && isWord(after))) ||
      (letter === "&" && (isWord(after) || after === "#"))
    )
      out += "\\";
    out += letter;
  }
  return out;
}

// A line whose first letter would make it something else than a paragraph.
function atStart(line) {
  const words = line.replace(/^ +/, "");
  if (/^[#>+\-=:|]/.test(words)) return `\\${words}`;
  return words.replace(/^(\d+)([.)])/, "$1\\$2");
}

// The address of a link as it is read again.
const destination = (address) => `<${address.replace(/[\\<>\n]|&(?=#?\w+;)/g, (letter) => (letter === "\n" ? "" : `\\${letter}`))}>`;

const LINE_BREAK = "\\\n";

// The spaces and line breaks around what a mark goes around stay outside of it.
function edges(inner) {
  const [before] = /^(?:\\\n|\s)*/.exec(inner);
  const rest = inner.slice(before.length);
  const after = /(?:\\\n|[^\S\n])*$/.exec(rest)[0];
  return [before, rest.slice(0, rest.length - after.length), after];
}

// Those of links and tags only where they are line breaks.
function outerBreaks(inner) {
  let [before, , after] = edges(inner);
  if (!before.includes("\n")) before = "";
  if (!after.includes("\n")) after = "";
  return [before, inner.slice(before.length, inner.length - after.length), after];
}

// Whether Markdown takes the mark for one between these letters. Within another mark it must not be taken for that
// one's end, either.
function stands(before, inner, after, { isTag, isMarked }) {
  const letters = [...inner];
  const beginsWord = isWord(letters[0]);
  let opens = beginsWord || (before ? parts(before) : true);
  if (before === "*") opens = false;
  else if (!before) opens = !isTag || !isMarked || beginsWord;
  else if (isMarked) opens = /\s/.test(before) || (beginsWord && parts(before));
  const closes = isWord(letters.at(-1)) || !after || after === "*" || parts(after);
  return opens && closes;
}

const MARKS = { STRONG: "**", B: "**", EM: "*", I: "*" };
const TAGS = { SUP: "sup", SUB: "sub", DEL: "del", S: "del", STRIKE: "del", INS: "ins", U: null, KBD: "kbd" };

const attribute = (value) =>
  value.replace(/[&<>"|]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "|": "&#124;" })[letter]).replace(/\p{Cc}/gu, " ");

function code(words) {
  let fence = "`";
  while (words.includes(fence)) fence += "`";
  const space = words.startsWith("`") || words.endsWith("`") ? " " : "";
  return fence + space + words + space + fence;
}

function link(element, around) {
  const [before, label, after] = outerBreaks(inlines(element.childNodes, around));
  if (!label.trim()) return before + label + after;
  const address = element.getAttribute("href") ?? element.dataset.lost;
  if (element.hasAttribute("href") && element.textContent === address && !/[<>\s]/.test(address)) return `<${address}>`;
  return `${before}[${label}](${destination(address)})${after}`;
}

// Pieces of a run: words, or what a mark goes around.
function piecesOf(nodes, around, pieces = []) {
  const within = { isTag: true, isMarked: around.isMarked };
  for (const node of nodes) {
    const { nodeName: name } = node;
    if (node.nodeType === Node.TEXT_NODE) {
      // Two neighbours are one text.
      if (typeof pieces.at(-1)?.text === "string") pieces.at(-1).text += node.data;
      else pieces.push({ text: node.data });
    } else if (node.nodeType !== Node.ELEMENT_NODE) continue;
    else if (name === "BR") pieces.push({ words: LINE_BREAK });
    else if (MARKS[name]) {
      const [before, inner, after] = edges(inlines(node.childNodes, { isTag: false, isMarked: true }));
      if (inner) pieces.push({ before, inner, after, mark: MARKS[name] });
      else pieces.push({ words: before + after });
    } else if (name === "A" && (node.hasAttribute("href") || node.dataset.lost !== undefined)) pieces.push({ words: link(node, within) });
    else if (name === "CODE") pieces.push({ words: node.textContent ? code(node.textContent) : "" });
    else {
      let tag = TAGS[name] ? `<${TAGS[name]}>` : "";
      if (name === "ABBR" && node.title) tag = `<abbr title="${attribute(node.title)}">`;
      if (name === "SPAN" && node.lang) tag = `<span lang="${attribute(node.lang)}" dir="${node.dir === "rtl" ? "rtl" : "ltr"}">`;
      if (!tag) piecesOf(node.childNodes, around, pieces);
      else {
        const [before, inner, after] = outerBreaks(inlines(node.childNodes, within));
        pieces.push({ words: before + (inner && `${tag}${inner}</${TAGS[name] ?? name.toLowerCase()}>`) + after });
      }
    }
  }
  return pieces;
}

// `around`: whether a link or a tag stands around it, and whether bold or italics do.
function inlines(nodes, around = { isTag: false, isMarked: false }) {
  const pieces = piecesOf(nodes, around);
  for (const piece of pieces) {
    // A line feed is none of the letters: where one came in, it shows as a line break.
    if (piece.text !== undefined) piece.words = piece.text.replace(/\r/g, "").replace(/\t/g, " ").split("\n").map(escaped).join(LINE_BREAK);
  }
  let out = "";
  for (const [at, piece] of pieces.entries()) {
    if (piece.words !== undefined) {
      // Before a link, an exclamation mark would make it a picture.
      if (piece.words.startsWith("[") && out.endsWith("!")) out = `${out.slice(0, -1)}\\!`;
      out += piece.words;
      continue;
    }
    const { before, inner, after, mark } = piece;
    out += before;
    let next = after;
    for (let i = at + 1; !next && i < pieces.length; i++) next = pieces[i].words ?? (pieces[i].before || "*");
    const name = mark === "**" ? "strong" : "em";
    const [begin, end] = stands([...out.slice(-2)].at(-1), inner, [...next.slice(0, 2)][0], around) ? [mark, mark] : [`<${name}>`, `</${name}>`];
    out += begin + inner + end + after;
  }
  return out;
}

// What a block is made of: elements, and words that stand beside them as a paragraph.
function blocksIn(container) {
  const blocks = [];
  let loose = null;
  for (const node of container.childNodes) {
    if (node.nodeType === Node.ELEMENT_NODE && /^(P|H[1-6]|UL|OL|BLOCKQUOTE|FIGURE|DIV|PRE|TABLE|DL)$/.test(node.nodeName)) {
      blocks.push(node);
      loose = null;
    } else if (!node.dataset?.tool) {
      if (!loose) blocks.push((loose = { nodeName: "P", childNodes: [] }));
      loose.childNodes.push(node);
    }
  }
  return blocks;
}

const isList = (block) => block.nodeName === "UL" || block.nodeName === "OL";

function linesOf(blocks) {
  const lines = [];
  let before = null;
  // Two lists of a kind, one after the other, would run into one: they take turns in their mark.
  let second = false;
  for (const block of blocks) {
    second = before !== null && isList(block) && before.nodeName === block.nodeName && !second;
    const more = blockLines(block, second);
    if (!more.length) continue;
    if (lines.length) lines.push("");
    lines.push(...more);
    before = block;
  }
  return lines;
}

// What Markdown's numbers cannot say.
function remark(list) {
  const type = list.getAttribute("type") ?? "1";
  const start = Number(list.getAttribute("start") ?? 1);
  const reversed = list.hasAttribute("reversed");
  if (type === "1" && !reversed && start >= 0) return null;
  return `<!-- list ${type}${reversed ? " reversed" : ""}${start < 0 ? ` ${start}` : ""} -->`;
}

function listLines(list, second) {
  const isNumbered = list.nodeName === "OL";
  const items = [...list.children].map(blocksIn).filter((blocks) => linesOf(blocks).length);
  const isTight = items.every(
    ([first, ...rest]) => first.nodeName === "P" && rest.every((block) => isList(block) && (block.nodeName === "UL" || !remark(block))),
  );
  const says = isNumbered ? remark(list) : null;
  const lines = says && items.length ? [says, ""] : [];
  const first = isNumbered ? Math.max(Number(list.getAttribute("start") ?? 1), 0) : 0;
  for (const [at, item] of items.entries()) {
    const bullet = second ? "* " : "- ";
    const mark = isNumbered ? `${first + at}${second ? ")" : "."} ` : bullet;
    let inner = linesOf(item);
    if (isTight) inner = inner.filter((line) => line !== "");
    if (at > 0 && !isTight) lines.push("");
    inner.forEach((line, lineAt) => lines.push(`${lineAt === 0 ? mark : " ".repeat(mark.length)}${line}`.trimEnd()));
  }
  return lines;
}

function figureLine(figure) {
  const image = figure.querySelector("img");
  const caption = figure.querySelector("figcaption")?.textContent ?? "";
  const title = caption ? ` "${escaped(caption).replaceAll('"', '\\"')}"` : "";
  const shown = `![${escaped(image.getAttribute("alt") ?? "")}](${destination(image.getAttribute("src"))}${title})`;
  const leads = figure.querySelector("a[href]");
  return leads ? `[${shown}](${destination(leads.getAttribute("href"))})` : shown;
}

function blockLines(block, second) {
  const heading = /^H([1-6])$/.exec(block.nodeName);
  if (heading) {
    const says = inlines(block.childNodes).replaceAll(LINE_BREAK, " ").trim();
    // Marks at the end of a heading would be its closing ones.
    return says ? [`${"#".repeat(Number(heading[1]))} ${says.replace(/(^| )#/g, "$1\\#")}`] : [];
  }
  if (isList(block)) return listLines(block, second);
  if (block.nodeName === "BLOCKQUOTE") return linesOf(blocksIn(block)).map((line) => `> ${line}`.trimEnd());
  if (block.nodeName === "FIGURE") return [figureLine(block)];
  if (block.nodeName === "DIV" && block.lang) {
    const inner = linesOf(blocksIn(block));
    const says = `<!-- language ${block.lang} ${block.dir === "rtl" ? "rtl" : "ltr"} -->`;
    return inner.length ? [says, "", ...inner, "", "<!-- /language -->"] : [];
  }
  if (block.nodeName === "DIV") return linesOf(blocksIn(block));
  const says = inlines(block.childNodes).replace(/(?:\\\n|\s)+$/, "");
  return says.trim() ? says.split("\n").map(atStart) : [];
}

// One block as Markdown; empty where it says nothing. `second`: a list right behind another of its kind.
export const markdownOf = (block, second = false) => blockLines(block, second).join("\n");
