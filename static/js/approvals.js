/* Approvals: single letters follow the link that carries them (data-key), in the row that has the focus or, where there
   is one only, on the page. Moving among the rows of the queue is the lists' own. */
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (!["a", "r", "j", "k"].includes(event.key) || !window.portal.letters(event)) return;
    const row = document.activeElement.closest?.("main .list tbody tr");
    const links = (row || document).querySelectorAll(`main [data-key="${event.key}"]`);
    if (links.length !== 1) return;
    event.preventDefault();
    links[0].click();
  });
})();
