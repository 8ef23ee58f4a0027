/* Suggests an Account ID from the name, after [Region]-[Type]-[Name], until somebody types one. */
(() => {
  "use strict";
  const name = document.getElementById("id_name");
  const id = document.getElementById("id_account_id");
  if (!name || !id) return;
  let own = id.value !== "";
  const word = (text) => text.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, " ").trim().split(" ")
    .map((one) => one.charAt(0).toUpperCase() + one.slice(1)).join("");
  name.addEventListener("input", () => {
    if (own) return;
    const words = word(name.value);
    id.value = words ? ((id.dataset.idPrefix || "") + words).slice(0, 32) : "";
  });
  id.addEventListener("input", () => { own = id.value !== ""; });
})();
