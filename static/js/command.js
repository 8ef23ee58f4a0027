/* Command bar: the search as a dialog, opened by "/", Ctrl-K, the search box or the search icon. It answers while somebody
   types; arrow keys choose, Enter opens, Escape leads back to where the focus was. Without script the box and the icon lead
   to the page of the search, which says the same. */
(() => {
  "use strict";
  const WAIT = 120;
  const bar = document.getElementById("command");
  if (!bar) return;
  const box = bar.querySelector('[role="combobox"]'), answer = bar.querySelector(".command-answer");
  const header = document.getElementById("find");
  const announce = (text) => { const region = document.getElementById("command-said"); if (region) region.textContent = text; };
  let timer, abort = null, asked = null, pending = Promise.resolve(), moved = false;

  const hits = () => [...answer.querySelectorAll('[role="option"]')];
  const marked = () => answer.querySelector('[aria-selected="true"]');
  const mark = (hit) => {
    hits().forEach((one) => one.setAttribute("aria-selected", String(one === hit)));
    if (!hit) { box.removeAttribute("aria-activedescendant"); return; }
    box.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  };
  const show = (html) => {
    answer.innerHTML = html;
    const all = hits();
    box.setAttribute("aria-expanded", String(all.length > 0));
    if (all.length) box.setAttribute("aria-controls", "command-hits"); else box.removeAttribute("aria-controls");
    mark(all[0]);
    announce(answer.querySelector("[data-said]")?.dataset.said || "");
  };
  const ask = async (text) => {
    asked = text;
    abort?.abort();
    abort = new AbortController();
    const { signal } = abort;
    const slow = setTimeout(() => answer.classList.add("busy"), 400);
    try {
      const address = `${bar.dataset.url}?${new URLSearchParams({ bar: "1", q: text })}`;
      const part = await fetch(address, { credentials: "same-origin", signal, headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
      const aside = part.headers.get("HX-Redirect");
      if (aside) { location.href = aside; return; }
      if (!part.ok) throw new Error(String(part.status));
      const html = await part.text();
      if (asked === text) show(html);
    } catch (error) {
      if (error.name !== "AbortError" && asked === text) { asked = null; show(""); announce(bar.dataset.failed); answer.textContent = bar.dataset.failed; }
    } finally {
      clearTimeout(slow);
      if (asked === text || asked === null) answer.classList.remove("busy");
    }
  };
  const look = (wait) => {
    clearTimeout(timer);
    const text = box.value.trim();
    if (text === asked) return;
    timer = setTimeout(() => { pending = ask(text); }, wait);
  };
  const open = (text) => {
    if (bar.open || document.querySelector("dialog[open]")) return;
    bar.showModal();
    if (text !== undefined) box.value = text;
    box.focus();
    if (text === undefined) box.select();
    look(0);
  };
  const go = (hit, aside) => {
    if (!hit) { bar.querySelector("form").submit(); return; }
    if (aside) window.open(hit.href, "_blank", "noopener"); else location.href = hit.href;
  };

  box.addEventListener("input", () => { moved = false; look(WAIT); });
  box.addEventListener("keydown", async (event) => {
    if (event.isComposing) return;
    const all = hits(), at = all.indexOf(marked());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!all.length) return;
      moved = true;
      mark(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const aside = event.ctrlKey || event.metaKey, text = box.value.trim();
      clearTimeout(timer);
      if (text !== asked) pending = ask(text);
      await pending;
      if (text || moved) go(marked(), aside);
    }
  });
  bar.querySelector("form").addEventListener("submit", (event) => { if (event.submitter) event.preventDefault(); });
  bar.querySelector("[data-close]").addEventListener("click", () => bar.close());
  bar.addEventListener("click", (event) => { if (event.target === bar) bar.close(); });
  // What was found stays for the next time; what was on its way does not come into a closed bar.
  bar.addEventListener("close", () => { clearTimeout(timer); });

  if (header) {
    header.addEventListener("mousedown", (event) => { event.preventDefault(); header.blur(); open(header.value || undefined); });
    header.addEventListener("input", () => { const text = header.value; header.value = ""; open(text); });
  }
  document.querySelector("[data-command]")?.addEventListener("click", (event) => { event.preventDefault(); open(); });
  window.portal = Object.assign(window.portal || {}, { command: open });
})();
