/* Lists: ticked rows, the page, everything that matches, the bulk bar; keys j, k and x move and tick.
   Markup: .panel[data-list=<id of the bar>] with td.tick inputs; the bar is a form with [data-count], [data-clear] and,
   optionally, [data-select-all]. Works for lists that htmx puts in later as well. */
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const rowsOf = (list) => $$("tbody .tick input", list);
  const barOf = (list) => document.getElementById(list.dataset.list);

  const everything = (bar, on) => {
    $('input[name="all"]', bar)?.remove();
    if (on) bar.append(Object.assign(document.createElement("input"), { type: "hidden", name: "all", value: "1" }));
  };
  const update = (list, say) => {
    const bar = barOf(list);
    const page = $("thead .tick input", list);
    if (!bar || !page) return;
    const rows = rowsOf(list);
    const chosen = rows.filter((box) => box.checked);
    rows.forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
    page.checked = rows.length > 0 && chosen.length === rows.length;
    page.indeterminate = chosen.length > 0 && !page.checked;
    const whole = $("[data-select-all]", bar);
    if (!page.checked) everything(bar, false);
    const all = Boolean($('input[name="all"]', bar));
    bar.hidden = chosen.length === 0;
    const count = $("[data-count]", bar);
    if (count) count.textContent = all ? Number(bar.dataset.total).toLocaleString(document.documentElement.lang) : chosen.length;
    if (whole) whole.hidden = all || !page.checked || Number(bar.dataset.total) <= rows.length;
    if (say) window.portal.announce(`${count?.textContent ?? chosen.length} ${document.getElementById("announce").dataset.selected}`);
  };

  document.addEventListener("change", (event) => {
    const list = event.target.closest(".tick input") && event.target.closest("[data-list]");
    if (!list) return;
    if (event.target.closest("thead")) rowsOf(list).forEach((box) => { box.checked = event.target.checked; });
    update(list, true);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-clear], [data-select-all]");
    const bar = button?.closest(".bulk");
    const list = bar && $(`[data-list="${bar.id}"]`);
    if (!list) return;
    if (button.matches("[data-clear]")) {
      rowsOf(list).forEach((box) => { box.checked = false; });
      update(list, true);
      $("thead .tick input", list).focus();
    } else {
      everything(bar, true);
      update(list, true);
      $("[data-clear]", bar)?.focus();
    }
  });

  const start = (from) => {
    const lists = $$("[data-list]", from);
    if (from.matches?.("[data-list]")) lists.push(from);
    lists.forEach((list) => update(list, false));
  };
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.target));
  window.addEventListener("pageshow", () => start(document)); // Back restores ticks

  /* Only one thing hangs below the toolbar at a time; Escape and a click elsewhere put it away. */
  document.addEventListener("click", (event) => {
    $$("details.pop[open]").forEach((pop) => { if (!pop.contains(event.target)) pop.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    const pop = event.key === "Escape" && event.target.closest?.("details.pop[open]");
    if (pop) { pop.open = false; $("summary", pop).focus(); }
  });

  /* What is edited in its row: Escape puts back what stood there, and the focus on it. */
  const stood = new WeakMap();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const cell = event.detail.target;
    if (cell.matches("tbody td")) stood.set(cell, cell.innerHTML);
  });
  document.addEventListener("keydown", (event) => {
    const cell = event.key === "Escape" && event.target.closest?.("tbody td");
    if (!cell || !stood.has(cell)) return;
    cell.innerHTML = stood.get(cell);
    stood.delete(cell);
    htmx.process(cell);
    $("a, button", cell)?.focus();
  });

  /* The menu of a row is made when it is about to open; htmx fills it (data-row-menu: what it says until then). */
  const made = (event) => {
    const button = event.target.closest?.("[data-row-menu]");
    if (!button || button.nextElementSibling?.matches(".dropdown-menu")) return;
    const menu = Object.assign(document.createElement("ul"), { className: "dropdown-menu" });
    menu.innerHTML = '<li><span class="dropdown-item-text muted"></span></li>';
    $("span", menu).textContent = button.dataset.rowMenu;
    button.after(menu);
  };
  ["focus", "click"].forEach((kind) => document.addEventListener(kind, made, true));

  /* data-select: a figure that is set in its row; whatever is typed takes its place */
  ["focusin", "click"].forEach((kind) => document.addEventListener(kind, (event) => { if (event.target.matches?.("[data-select]")) event.target.select(); }));

  /* Other people's changes: say so, move nothing. */
  document.addEventListener("accounts:changed", () => { const chip = $("[data-changed]"); if (chip) chip.hidden = false; });

  /* Row double-click opens what the row's heading links to, as in the tree */
  document.addEventListener("dblclick", (event) => {
    const row = event.target.closest(".list tbody tr[data-account]");
    if (row && !event.target.closest("a, button, input, label")) $("th a", row)?.click();
  });

  document.addEventListener("keydown", (event) => {
    if (!["j", "k", "x"].includes(event.key) || !window.portal.letters(event)) return;
    const links = $$("main .list tbody th a");
    if (links.length === 0) return;
    const row = document.activeElement.closest?.("main .list tbody tr");
    const at = row ? links.findIndex((link) => row.contains(link)) : -1;
    event.preventDefault();
    if (event.key === "x") { $(".tick input", row || document.createElement("i"))?.click(); return; }
    links[Math.max(0, Math.min(at + (event.key === "j" ? 1 : -1), links.length - 1))].focus();
  });
})();
