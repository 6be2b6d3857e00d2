// A page as a screen reader and a keyboard meet it: Chromium's accessibility tree, and one walk through the page
// with Tab. Everything that one can reach has a role and a name, everything that the tree offers is reached, and
// in the order in which it is read.

const NO_CONTROL = new Set(["RootWebArea", "WebArea", "Iframe", "IframePresentational"]);
const GENERIC = new Set(["generic", "none", "GenericContainer", "unknown"]);

// The nodes that take focus, in the order of the tree: role, name, and the element's place in the document.
async function offered(page, client) {
  const { nodes } = await client.send("Accessibility.getFullAXTree");
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const found = [];
  const visit = async (node) => {
    const focusable = node.properties?.some(({ name, value }) => name === "focusable" && value.value === true);
    if (focusable && !node.ignored && !NO_CONTROL.has(node.role?.value) && node.backendDOMNodeId) {
      const { object } = await client.send("DOM.resolveNode", { backendNodeId: node.backendDOMNodeId });
      const { result } = await client.send("Runtime.callFunctionOn", {
        objectId: object.objectId,
        functionDeclaration: `function () {
          const twin = this.type === "radio" && this.name
            ? [...document.querySelectorAll('input[type="radio"]')].filter((one) => one.name === this.name && one.form === this.form) : [this];
          const stop = twin.find((one) => one.checked) ?? twin[0];
          return { place: [...document.querySelectorAll("*")].indexOf(this), isStop: this.tabIndex >= 0 && stop === this && !this.disabled, markup: this.outerHTML.slice(0, 120) };
        }`,
        returnByValue: true,
      });
      // Inside a field, such as a date's button, the browser names what it has put there.
      if (result.value.place >= 0) found.push({ role: node.role?.value ?? "", name: (node.name?.value ?? "").trim(), ...result.value });
    }
    for (const child of node.childIds ?? []) if (byId.has(child)) await visit(byId.get(child));
  };
  const roots = nodes.filter((node) => !node.parentId);
  for (const root of roots) await visit(root);
  return found;
}

// The places of what Tab reaches, one after the other, from the top of the page to its end.
async function reached(page) {
  const here = () => page.evaluate(() => (document.activeElement === document.body ? -1 : [...document.querySelectorAll("*")].indexOf(document.activeElement)));
  const before = await here();
  const [x, y] = await page.evaluate(() => [window.scrollX, window.scrollY]);
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus({ preventScroll: true });
    document.body.removeAttribute("tabindex");
  });
  const places = [];
  for (let turn = 0; turn < 500; turn++) {
    await page.keyboard.press("Tab");
    const place = await here();
    if (place === places.at(-1)) continue;
    if (place < 0 || places.includes(place)) break;
    places.push(place);
  }
  await page.evaluate(([place, x, y]) => {
    if (place < 0) document.activeElement?.blur();
    else document.querySelectorAll("*")[place]?.focus({ preventScroll: true });
    window.scrollTo(x, y);
  }, [before, x, y]);
  return places;
}

// One for each page, to its end: a session that ends takes the page's virtual authenticators along.
const clients = new WeakMap();

// What is wrong with the page that is open, a line each.
export async function walk(page) {
  if (!clients.has(page)) clients.set(page, await page.context().newCDPSession(page));
  const client = clients.get(page);
  await client.send("Accessibility.enable");
  const nodes = await offered(page, client);
  await client.send("Accessibility.disable");
  const wrong = [];
  const stops = nodes.filter(({ isStop }) => isStop);
  for (const { role, name, markup } of stops) {
    if (GENERIC.has(role)) wrong.push(`takes focus and is nothing to a screen reader: ${markup}`);
    else if (!name) wrong.push(`${role} without a name: ${markup}`);
  }
  const places = await reached(page);
  for (const { place, role, name } of stops) if (!places.includes(place)) wrong.push(`Tab does not reach the ${role} “${name}”`);
  const order = stops.map(({ place }) => place).filter((place) => places.includes(place));
  const walked = places.filter((place) => order.includes(place));
  const off = walked.findIndex((place, at) => place !== order[at]);
  if (off >= 0) {
    const named = (place) => nodes.find((node) => node.place === place)?.name;
    wrong.push(`Tab comes to “${named(walked[off])}” where “${named(order[off])}” is read next`);
  }
  if (stops.length === 0) wrong.push("nothing can be reached");
  return wrong;
}

// Presses what sends a form and waits for the page that answers: what was done, or what is wrong, has the focus.
export async function sends(page, pressing) {
  const [answer] = await Promise.all([page.waitForNavigation(), pressing()]);
  let first = answer?.request();
  while (first?.redirectedFrom()) first = first.redirectedFrom();
  if (first?.method() !== "POST") return null;
  const told = await page.evaluate(() => {
    const told = document.getElementById("problem") ?? document.getElementById("done");
    return told && { focused: document.activeElement === told, words: told.innerText, at: location.pathname };
  });
  if (told && !told.focused) return `${told.at}: focus is not on “${told.words}” after the form was sent`;
  return null;
}
