/* Search box of the tree: a combobox over the hits the server finds. Enter opens the marked one, whose page shows the
   way to it in the tree. Without script the form leads to the global search. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const WAIT = 200, SHORTEST = 2;
  (window.portalTrees || []).forEach(({ panel, part, store, openHeading }) => {
    const form = panel.querySelector(".tree-find");
    const box = form.querySelector("input"), list = form.querySelector('[role="listbox"]');
    const announce = (text) => { const region = document.getElementById("announce"); if (region) region.textContent = text; };
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })
      .forEach(([name, value]) => box.setAttribute(name, value));
    let timer, asked = "", pending = Promise.resolve(), abort = null;

    const hits = () => [...list.querySelectorAll("[data-href]")];
    const marked = () => list.querySelector('[aria-selected="true"]');
    const mark = (hit) => {
      hits().forEach((one) => one.setAttribute("aria-selected", String(one === hit)));
      if (hit) { box.setAttribute("aria-activedescendant", hit.id); hit.scrollIntoView({ block: "nearest" }); }
      else box.removeAttribute("aria-activedescendant");
    };
    const show = (open) => {
      list.hidden = !open;
      box.setAttribute("aria-expanded", String(open));
      if (!open) mark(null);
    };
    const go = (hit) => { if (hit) { store.set(openHeading, "1"); location.href = hit.dataset.href; } };
    const ask = async (text) => {
      asked = text;
      abort?.abort();
      abort = new AbortController();
      try {
        const html = await (await part(`${box.dataset.hits}?${new URLSearchParams({ q: text })}`, { signal: abort.signal })).text();
        if (asked !== text) return;
        list.innerHTML = html;
        show(true);
        mark(hits()[0]);
        announce(list.querySelector(".no-hit")?.textContent || String(hits().length));
      } catch { if (asked === text) show(false); }
    };
    const look = (at) => {
      clearTimeout(timer);
      const text = box.value.trim();
      if (text.length < SHORTEST) { asked = ""; abort?.abort(); show(false); return; }
      if (text === asked) return;
      timer = setTimeout(() => { pending = ask(text); }, at);
    };
    box.addEventListener("input", () => look(WAIT));
    box.addEventListener("keydown", async (event) => {
      const all = hits(), at = all.indexOf(marked());
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { if (all.length && asked) { show(true); mark(all[0]); } return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(all[(at + step + all.length) % all.length]);
      } else if (event.key === "Enter") {
        event.preventDefault();
        const text = box.value.trim();
        if (text.length < SHORTEST) return;
        clearTimeout(timer);
        if (text !== asked) pending = ask(text);
        await pending;
        go(marked());
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        show(false);
      }
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => go(event.target.closest("[data-href]")));
    box.addEventListener("blur", () => setTimeout(() => show(false), 100));
  });
});
