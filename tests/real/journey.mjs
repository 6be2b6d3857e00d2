// What the journeys in Chromium share: an office with a server, a look at a page with axe and html-validate,
// and two ways of working a page.

import { spawn, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { walk } from "./tree_walk.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "target/tests/node/package.json"));
export const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const axe = require.resolve("axe-core/axe.min.js");
const gazette = process.env.GAZETTE_TEST_BINARY ?? join(root, "target/debug/gazette");
export const pictures = join(root, "target/tests/screenshots");
export const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const PASSWORD = "a long enough passphrase";

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

// `host` stands in every link: passkeys want a name, not a number. `more` are further settings.
export async function start(folder, { host = "127.0.0.1", more = {} } = {}) {
  const port = await freePort();
  const base = `http://${host}:${port}`;
  const env = {
    ...process.env,
    GAZETTE_DATABASE_URL: `sqlite://${folder}/gazette.db`,
    GAZETTE_LISTEN: `127.0.0.1:${port}`,
    GAZETTE_PUBLIC_URL: base,
    // Slow enough for a person to pause it.
    GAZETTE_SMTP_CONNECTIONS: "1",
    ...more,
  };
  const run = (...words) => execFileSync(gazette, words, { env, encoding: "utf8" });
  run("migrate");
  run("office", "set", "name=Office of Rep. Jane Doe", "from=news@doe.example", "postal-address=1 Main Street\nTustin, CA 92780", "time-zone=America/Los_Angeles", "undo-seconds=12");
  const draft = (name) => JSON.parse(run("releases", "add", join(root, `src/releases/sample/${name}.html`), "--json")).newsletter;
  const newsletter = draft("russia-dprk");
  const server = spawn(gazette, ["serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => server.on("exit", resolve));
  // Whatever happens here, it does not outlive us.
  process.on("exit", () => server.kill("SIGKILL"));
  let said = "";
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`serve did not say how to make an account: ${said}`)), 20000);
    server.stdout.on("data", (text) => {
      said += text;
      if (said.includes("gazette staff first-link")) {
        clearTimeout(late);
        resolve();
      }
    });
  });
  const welcome = run("staff", "first-link").trim();
  const stop = async () => {
    server.kill("SIGTERM");
    const code = await ended;
    check(code === 0, `serve ended with ${code} after SIGTERM`);
  };
  return { base, welcome, newsletter, draft, run, stop };
}

// Changes a time in the database of an office, so that a story need not wait for it.
export function change(folder, sql) {
  const program = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=20); db.execute(sys.argv[2]); db.commit()";
  execFileSync("python3", ["-c", program, join(folder, "gazette.db"), sql]);
}

// As if the time to undo were over.
export const letGo = (folder) => change(folder, "UPDATE newsletter SET undo_until = 1 WHERE undo_until IS NOT NULL");

export const seen = new Map();
const validator = new HtmlValidate({ extends: ["html-validate:standard"], rules: { "long-title": "off", "no-inline-style": "off" } });

// The pages that the README shows; with UPDATE_SNAPSHOTS=1 their pictures are taken anew, to be looked at.
const README = { "sign-up": "sign-up.png", "staff-newsletter": "console.png" };

// Looks at the page that is open: accessibility by axe and, where `walks`, by a walk with Tab, markup, width; and
// takes its pictures once.
export async function look(page, name, { walks = false } = {}) {
  const size = page.viewportSize();
  // Not as an element of the page: where scripts are switched off it would not run.
  await page.evaluate(readFileSync(axe, "utf8"));
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags, iframes: false }), TAGS);
  check(violations.length === 0, `${name}: axe finds ${JSON.stringify(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), null, 1)}`);
  const report = await validator.validateString(await page.evaluate(() => `<!DOCTYPE html>${document.documentElement.outerHTML}`));
  const errors = report.results.flatMap((r) => r.messages).filter((m) => m.severity === 2);
  if (!seen.has(name)) {
    const source = await (await page.context().request.fetch(page.url(), { failOnStatusCode: false })).text().catch(() => "");
    const real = source.startsWith("<!DOCTYPE html>") ? await validator.validateString(source) : report;
    const wrong = real.results.flatMap((r) => r.messages).filter((m) => m.severity === 2);
    check(wrong.length === 0, `${name}: html-validate finds ${JSON.stringify(wrong.map((m) => [m.ruleId, m.message, m.selector]))}`);
    const met = walks ? await walk(page) : [];
    check(met.length === 0, `${name}: ${met.join("\n")}`);
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags, iframes: false }), TAGS);
    check(dark.violations.length === 0, `${name}, dark: axe finds ${JSON.stringify(dark.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), null, 1)}`);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.screenshot({ path: join(pictures, `${name}-dark.png`) });
    await page.emulateMedia({ colorScheme: "light" });
    // WCAG 1.4.12, together with 1.4.10.
    await page.setViewportSize({ width: 320, height: 740 });
    const spaced = await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
      document.adoptedStyleSheets = [sheet];
      const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      const outside = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth);
      document.adoptedStyleSheets = [];
      return { over, outside: outside.map((one) => `${one.localName}#${one.id}.${one.className}`).slice(0, 5) };
    });
    check(spaced.over <= 0, `${name} scrolls sideways by ${spaced.over} px with wide text spacing: ${spaced.outside}`);
    for (const width of [320, 375, 1280]) {
      await page.setViewportSize({ width, height: width > 1000 ? 900 : 740 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      check(wide <= 0, `${name} scrolls sideways by ${wide} px at ${width} px`);
      if (width !== 320) await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: width < 1000 });
      if (width > 1000 && process.env.UPDATE_SNAPSHOTS && README[name]) await page.screenshot({ path: join(root, "docs/pictures", README[name]) });
    }
    // Whoever works on a phone goes on there.
    if (size) await page.setViewportSize(size);
    seen.set(name, errors.length);
  }
}

// What a page shows in part only: a choice that is wider than its field, a button or a line that is cut off or
// stands out at the side.
export const cutOff = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const select of document.querySelectorAll("select")) {
      const whole = select.cloneNode(true);
      whole.removeAttribute("id");
      whole.style.cssText = "position: absolute; visibility: hidden; width: max-content; max-width: none; min-width: 0";
      select.after(whole);
      const [needs, has] = [whole, select].map((one) => one.getBoundingClientRect().width);
      whole.remove();
      if (has > 0 && needs > has + 0.5) found.push(`${select.id} needs ${Math.round(needs)} px and has ${Math.round(has)}`);
    }
    for (const one of document.querySelectorAll("button, summary, label, legend, h1, h2, h3, a, p, li, th, td")) {
      if (one.closest(".trap, .hidden, .skip") || !one.offsetWidth) continue;
      const { left, right } = one.getBoundingClientRect();
      const inside = getComputedStyle(one).display === "inline" || one.scrollWidth <= one.clientWidth + 1;
      if (!inside || left < -0.5 || right > innerWidth + 0.5) found.push(`${one.localName} “${one.textContent.trim().slice(0, 60)}”`);
    }
    return found;
  });

// The rules are programs, and programs stand still where scripts are switched off: the page as it is there is
// shown in a browser that runs them.
export async function asShown(browser, page, options, lookAt) {
  const context = await browser.newContext({ bypassCSP: true, ...options });
  const eye = await context.newPage();
  const body = await page.content();
  await eye.route(page.url(), (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
  await eye.goto(page.url());
  await lookAt(eye);
  await context.close();
}

// Two ways of working a page: by mouse, or with Tab, Enter, space and letters only.
export const byMouse = {
  name: "mouse",
  fill: (page, selector, text) => page.fill(selector, text),
  press: (page, selector) => page.click(selector),
  tick: (page, selector) => page.check(selector),
  date: (page, selector, [year, month, day], time) => page.fill(selector, `${year}-${month}-${day}T${time}`),
};
export const byKeyboard = {
  name: "keyboard",
  async reach(page, selector) {
    const target = await page.waitForSelector(selector);
    for (let i = 0; i < 200; i++) {
      if (await target.evaluate((node) => node === document.activeElement)) {
        const outline = await target.evaluate((node) => getComputedStyle(node).outlineStyle);
        check(outline !== "none", `2.4.7: focus on ${selector} cannot be seen`);
        return;
      }
      await page.keyboard.press("Tab");
    }
    throw new Error(`${selector} cannot be reached by Tab on ${page.url()}`);
  },
  async fill(page, selector, text) {
    await this.reach(page, selector);
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
  },
  async press(page, selector) {
    await this.reach(page, selector);
    await page.keyboard.press("Enter");
  },
  async tick(page, selector) {
    await this.reach(page, selector);
    await page.keyboard.press("Space");
  },
  // As the field asks for it in the United States: month, day, year, hour, minute, half of the day.
  async date(page, selector, [year, month, day], time) {
    await this.reach(page, selector);
    await page.keyboard.type(month + day + year);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.type(`${time.replace(":", "")}AM`);
  },
};

export async function mailTo(page, base, recipient, subject, seconds = 10) {
  for (let i = 0; i < seconds * 10; i++) {
    await page.goto(`${base}/mailbox?recipient=${encodeURIComponent(recipient)}`);
    const link = page.locator("ul.archive a", { hasText: subject }).first();
    if (await link.count()) {
      await link.click();
      return;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`no mail “${subject}” to ${recipient}`);
}

// Starts Chromium, runs `journey` in it, and says with the exit status whether all went well.
export async function inChromium(journey) {
  mkdirSync(pictures, { recursive: true });
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    await journey(browser);
    console.log(`${seen.size} pages: no violation of ${TAGS.join(", ")}, valid markup, no sideways scrolling at 320 px`);
  } catch (error) {
    console.error(`FAILED: ${error.stack}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
    // A server that is still running after a failure must not keep us.
    setTimeout(() => process.exit(process.exitCode ?? 0), 500).unref();
  }
}
