// What stands around an office in the days' story: its site with a feed of releases, and a sign-in provider
// (OpenID Connect, authorization code with PKCE) at which one person is signed in already.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";

async function listen(answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { server, base: `http://127.0.0.1:${server.address().port}` };
}

// A feed whose releases stand on pages of their own. What `publish` adds is new from then on.
export async function officeSite() {
  const posts = [{ slug: "long-ago", title: "The office opens", text: "<p>The office opened a year ago.</p>", at: new Date(Date.now() - 30 * 86400e3) }];
  const { base } = await listen((request, response) => {
    const path = new URL(request.url, "http://site").pathname;
    const post = posts.find(({ slug }) => path === `/${slug}`);
    if (path === "/feed.xml") {
      const items = posts.map(({ slug, title, text, at }) =>
        `<item><title>${title}</title><link>${base}/${slug}</link><guid>${base}/${slug}</guid><pubDate>${at.toUTCString()}</pubDate><content:encoded><![CDATA[${text}]]></content:encoded></item>`);
      response.writeHead(200, { "Content-Type": "application/rss+xml" });
      response.end(`<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Press releases</title><link>${base}/</link>${items.join("")}</channel></rss>`);
    } else if (post) {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
      response.end(`<!DOCTYPE html><html lang="en"><head><title>${post.title}</title></head><body><main><article><h1>${post.title}</h1>${post.text}</article></main></body></html>`);
    } else {
      response.writeHead(404).end();
    }
  });
  const publish = (slug, title, text) => posts.unshift({ slug, title, text, at: new Date() });
  const revise = (slug, text) => (posts.find((post) => post.slug === slug).text = text);
  return { feed: `${base}/feed.xml`, publish, revise };
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// The provider. Its page has one button; `who` is the person that it vouches for.
export async function signInProvider(who) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "days" };
  const codes = new Map();
  const { base } = await listen(async (request, response) => {
    const url = new URL(request.url, "http://provider");
    const say = (status, kind, body) => response.writeHead(status, { "Content-Type": kind }).end(body);
    const json = (value, status = 200) => say(status, "application/json", JSON.stringify(value));
    if (url.pathname === "/.well-known/openid-configuration")
      return json({
        issuer: base,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        jwks_uri: `${base}/keys`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      });
    if (url.pathname === "/keys") return json({ keys: [jwk] });
    if (url.pathname === "/authorize") {
      const asked = Object.fromEntries(url.searchParams);
      if (asked.response_type !== "code" || asked.code_challenge_method !== "S256") return json({ error: "invalid_request" }, 400);
      const code = randomBytes(16).toString("hex");
      codes.set(code, asked);
      const back = `${asked.redirect_uri}?code=${code}&state=${encodeURIComponent(asked.state)}`;
      const href = back.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
      return say(200, "text/html; charset=utf-8", `<!DOCTYPE html><html lang="en"><head><title>Example ID</title></head><body><main><h1>Example ID</h1><p><a id="yes" href="${href}">Continue as ${who.email}</a></p></main></body></html>`);
    }
    if (url.pathname === "/token") {
      let body = "";
      for await (const chunk of request) body += chunk;
      const form = new URLSearchParams(body);
      const asked = codes.get(form.get("code"));
      codes.delete(form.get("code"));
      const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
      if (!asked || challenge !== asked.code_challenge || asked.redirect_uri !== form.get("redirect_uri")) return json({ error: "invalid_grant" }, 400);
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: base, aud: asked.client_id, sub: who.subject, email: who.email, email_verified: true, nonce: asked.nonce, iat: now, exp: now + 60, auth_time: now };
      const signed = `${part({ alg: "ES256", kid: "days" })}.${part(claims)}`;
      const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
      return json({ access_token: "a", token_type: "Bearer", expires_in: 60, id_token: `${signed}.${signature}` });
    }
    return say(404, "text/plain", "");
  });
  return { issuer: base };
}
