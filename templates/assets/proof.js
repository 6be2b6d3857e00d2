// Works out the answer that lets a sign-up pass a crowd: the first number whose SHA-256, with the question before it, begins with so many zero bits.
(function () {
  var form = document.getElementById("proof"), said = document.getElementById("proof-said");
  if (!form || !window.crypto || !crypto.subtle) return;
  var question = form.elements.question.value, bits = Number(form.dataset.bits), encoder = new TextEncoder();
  var zeros = function (bytes) {
    var count = 0;
    for (var i = 0; i < bytes.length; i++) {
      if (bytes[i]) return count + Math.clz32(bytes[i]) - 24;
      count += 8;
    }
    return count;
  };
  said.textContent = form.dataset.working;
  var from = function (number) {
    var batch = [];
    for (var i = 0; i < 500; i++) batch.push(crypto.subtle.digest("SHA-256", encoder.encode(question + "." + (number + i))));
    Promise.all(batch).then(function (digests) {
      for (var i = 0; i < digests.length; i++) {
        if (zeros(new Uint8Array(digests[i])) >= bits) {
          form.elements.answer.value = number + i;
          form.submit();
          return;
        }
      }
      from(number + 500);
    });
  };
  from(0);
})();
