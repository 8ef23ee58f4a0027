/* Suggestions for the agent filter of the Django admin: account ids as they are typed. */
(function () {
  "use strict";
  const WAIT = 250; // ms after the last key

  function start() {
    const input = document.querySelector("[data-suggest]");
    if (!input) return;
    const list = document.getElementById(input.getAttribute("list"));
    let timer = 0;
    let asked = "";
    input.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(suggest, WAIT);
    });

    async function suggest() {
      const term = input.value.trim();
      if (term.length < 2 || term === asked) return;
      asked = term;
      const query = new URLSearchParams({ app_label: "accounts", model_name: "account", field_name: "parent", term: term });
      const answer = await fetch(input.dataset.suggest + "?" + query, { headers: { Accept: "application/json" } });
      // A slower answer to an earlier word must not replace the newer one.
      if (!answer.ok || term !== asked) return;
      const found = await answer.json();
      list.replaceChildren(...found.results.map(function (one) {
        const option = document.createElement("option");
        option.value = one.text;
        return option;
      }));
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
