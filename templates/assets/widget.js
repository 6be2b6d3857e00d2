// The sign-up form on a site of the office's own. No frame, no cookie, nothing from third parties.
(function (words) {
  var script = document.currentScript, form = document.createElement("form"), id = "news-" + Math.random().toString(36).slice(2);
  var add = function (parent, tag, text, set) {
    var node = document.createElement(tag);
    if (text) node.textContent = text;
    Object.keys(set || {}).forEach(function (name) { node.setAttribute(name, set[name]); });
    return parent.appendChild(node);
  };
  form.lang = words.language;
  form.className = "gazette-form";
  // Without this script's help the form works as it is.
  form.method = "post";
  form.action = words.page + "/subscribe";
  add(form, "label", words.email, { "for": id });
  var field = add(form, "input", "", { id: id, name: "email", type: "email", required: "", maxlength: 254, autocomplete: "email" });
  var zip = [], about = [], value = function (field) { return field.value; };
  words.asks.forEach(function (asked, at) {
    add(form, "label", asked[1], { "for": id + at });
    (asked[0] === "zip" ? zip : about).push(add(form, "input", "", { id: id + at, name: asked[0], maxlength: 300 }));
  });
  add(form, "button", words.subscribe);
  add(form, "p", words.consent + " " + words.frequency);
  add(add(form, "p"), "a", words.privacy, { href: words.policy });
  var said = add(form, "p", "", { role: "status" }), asTyped = "";
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var given = field.value.trim();
    fetch(words.page + "/api/v1/subscriptions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: given, language: words.language, page: location.href.slice(0, 500), topics: words.topics, as_typed: asTyped === given, zip: zip.map(value).join(""), answers: about.map(value) })
    }).then(function (answer) {
      return answer.json().then(function (told) {
        if (answer.status === 202) {
          said.textContent = words.done.replace("{address}", given);
          form.removeChild(form.querySelector("button"));
        } else if (told.likely) {
          // Pressed again as it is, it is taken as it is.
          asTyped = given;
          said.textContent = words.likely.replace("{address}", told.likely);
        } else {
          said.textContent = answer.status === 422 ? words.wrong : words.failed;
        }
      });
    }).catch(function () { said.textContent = words.failed; });
  });
  script.parentNode.insertBefore(form, script.nextSibling);
})(WORDS);
