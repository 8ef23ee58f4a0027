/* The form of a new account: suggests an Account ID from the name, after [Region]-[Type]-[Name], until somebody types
   one, and says whether the chosen agent becomes one. */
(() => {
  "use strict";
  const name = document.getElementById("id_name");
  const id = document.getElementById("id_account_id");
  const parent = document.getElementById("id_parent");
  const promotion = document.getElementById("promotion");

  let own = id.value !== "";
  const word = (text) => text.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, " ").trim().split(" ")
    .map((one) => one.charAt(0).toUpperCase() + one.slice(1)).join("");
  const suggest = () => {
    if (own) return;
    const words = word(name.value);
    id.value = words ? ((id.dataset.idPrefix || "") + words).slice(0, 32) : "";
  };
  name.addEventListener("input", suggest);
  id.addEventListener("input", () => { own = id.value !== ""; });

  /* The picker knows of each option whether it is an agent already. */
  parent?.addEventListener("change", () => {
    const option = parent.tomselect?.options[parent.value];
    promotion.hidden = !option || option.is_agent !== false;
    if (!promotion.hidden) promotion.querySelector("b").textContent = promotion.dataset.words.replace("AGENT", parent.value);
    const parts = parent.value.split("-");
    id.dataset.idPrefix = parts.length > 2 ? `${parts[0]}-${parts[1]}-` : "";
    suggest();
  });
  suggest(); // Whoever types fast had a name before this was here.
})();
