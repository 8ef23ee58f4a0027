/* Warnings about combinations of authorizations: each says which boxes it wants ticked and which not. The server says
   the same without script. */
(() => {
  "use strict";
  const warnings = [...document.querySelectorAll("[data-caution]")];
  if (!warnings.length) return;
  const list = (text) => text.split(" ").filter(Boolean);
  const ticked = (code) => Boolean(document.querySelector(
    `input[type=checkbox][name$="${code}"]:checked, input[type=checkbox][value="${code}"]:checked`));
  const show = () => warnings.forEach((one) => {
    one.hidden = !(list(one.dataset.has).every(ticked) && !list(one.dataset.lacks).some(ticked));
  });
  document.addEventListener("change", show);
  window.addEventListener("pageshow", show); // Back brings the ticks, not what was said about them
})();
