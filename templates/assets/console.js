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
      // Only the content changes: a status region that is replaced is not announced.
      if (next && next.innerHTML !== shown.innerHTML) shown.replaceChildren(...next.childNodes);
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
