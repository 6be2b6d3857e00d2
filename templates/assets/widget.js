// The sign-up form on a site of the office's own. No frame, no cookie, nothing from third parties.
(say => {
  var script = document.currentScript, form = document.createElement("form"), id = "news" + Math.random();
  var add = (parent, tag, text, set) => {
    var node = document.createElement(tag);
    if (text) node.textContent = text;
    for (var name in set) node.setAttribute(name, set[name]);
    return parent.appendChild(node);
  };
  form.lang = say.language;
  form.className = "gazette-form";
  // Without this script's help the form works as it is.
  form.method = "post";
  form.action = say.page + "/subscribe";
  add(form, "label", say.email, { "for": id });
  var field = add(form, "input", "", { id: id, name: "email", type: "email", required: "", maxlength: 254, autocomplete: "email" });
  var asked = 0, ask = (name, text) => {
    var at = id + asked++;
    add(form, "label", say.optional.replace("{text}", () => text), { "for": at });
    return add(form, "input", "", { id: at, name: name, maxlength: 300 });
  };
  var zip = say.zip && ask("zip", say.zip), about = say.asks.map(text => ask("about", text));
  var button = add(form, "button", say.subscribe), busy;
  add(form, "p", say.consent);
  add(add(form, "p"), "a", say.privacy, { href: say.policy });
  var said = add(form, "p", "", { role: "status" }), asTyped = "";
  form.addEventListener("submit", event => {
    event.preventDefault();
    // Pressed twice, or Enter once more: the first press is on its way, or was taken.
    if (busy) return;
    busy = 1;
    var given = field.value.trim();
    fetch(say.page + "/api/v1/subscriptions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: given, language: say.language, page: location.href.slice(0, 500), topics: say.topics, as_typed: asTyped === given, zip: zip && zip.value, answers: about.map(one => one.value), questions: say.asks, consent: say.mark })
    }).then(answer => answer.json().then(told => {
      busy = 0;
      if (answer.status === 202) {
        // What waits for its turn is not on its way yet.
        said.textContent = told.notice || say.done.replace("{address}", () => given);
        // The next one in the family, or the same with another address; and a second press sends nothing.
        form.reset();
      } else if (told.likely) {
        // Pressed again as it is, it is taken as it is.
        asTyped = given;
        said.textContent = say.likely.replace("{address}", () => told.likely);
      } else {
        said.textContent = told.notice || (told.field === "email" ? say.wrong : say.failed);
      }
    })).catch(() => { busy = 0; said.textContent = say.failed; });
  });
  script.after(form);
})(WORDS);
