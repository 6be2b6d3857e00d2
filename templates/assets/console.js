// Keeps the progress of a newsletter up to date while its page is open. The server sends the same
// markup that stands in the page, so nothing is put together here.
"use strict";

const every = 3000;

async function refresh() {
  const shown = document.getElementById("progress");
  const address = shown?.dataset.refresh;
  if (!address) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("progress");
      if (next && next.innerHTML !== shown.innerHTML) shown.replaceChildren(...next.childNodes);
      // A status region is announced when its words change, and not when it is replaced.
      const said = document.getElementById("progress-said");
      const now = page.getElementById("progress-said")?.textContent;
      if (said && now && said.textContent !== now) said.textContent = now;
      if (!next?.dataset.refresh) {
        // Finished or stopped: other buttons belong to the page now.
        location.reload();
        return;
      }
    } catch {
      // Offline or signed out: the button is still there, and the next turn tries again.
    }
  }
  setTimeout(refresh, every);
}

if (document.getElementById("progress")?.dataset.refresh) setTimeout(refresh, every);
