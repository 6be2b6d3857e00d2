// What Mozilla's Readability makes of each fixture: node peers.mjs FIXTURES OUT.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Readability } from "@mozilla/readability";
import { JSDOM } from "jsdom";

const [fixtures, out] = process.argv.slice(2);
const folder = join(out, "mozilla-readability");
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(fixtures).filter((name) => name.endsWith(".html"))) {
  const page = new JSDOM(readFileSync(join(fixtures, file), "utf8"), {
    url: "https://site.example/news/1.html",
  });
  // Words of neighbouring blocks are words of their own.
  const article = new Readability(page.window.document).parse();
  const text = article ? article.content.replace(/<[^>]+>/g, "\n") : "";
  const plain = new JSDOM(`<body>${text}</body>`).window.document.body.textContent;
  writeFileSync(join(folder, `${basename(file, ".html")}.txt`), plain);
}
