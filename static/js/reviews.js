/* The review of grants: a box for all grants of an account, and one for all of the page. Without script each is ticked by itself.
   Markup: [data-tick-all] with a box and [data-ticked]; in each tbody a heading with [data-tick-group] and boxes named "grant". */
(() => {
  "use strict";
  const all = document.querySelector("[data-tick-all]");
  if (!all) return;
  const page = all.querySelector("input");
  const said = all.querySelector("[data-ticked]");
  const groups = [...document.querySelectorAll("[data-tick-group]")];
  const within = (place) => [...place.querySelectorAll('input[name="grant"]')];
  const bodyOf = (group) => group.closest("tbody");

  const show = (box, some) => {
    const ticked = some.filter((one) => one.checked).length;
    box.checked = some.length > 0 && ticked === some.length;
    box.indeterminate = ticked > 0 && !box.checked;
    return ticked;
  };
  const update = () => {
    groups.forEach((group) => show(group, within(bodyOf(group))));
    const ticked = show(page, within(document));
    said.textContent = ticked ? `${ticked} ${said.dataset.ticked}` : "";
  };
  const tick = (some, on) => some.forEach((one) => { one.checked = on; });

  document.addEventListener("change", ({ target }) => {
    if (target === page) tick(within(document), page.checked);
    else if (target.matches("[data-tick-group]")) tick(within(bodyOf(target)), target.checked);
    else if (target.name !== "grant") return;
    update();
  });
  all.hidden = false;
  groups.forEach((group) => { group.hidden = false; });
  update();
  window.addEventListener("pageshow", update); // Back restores ticks
})();
