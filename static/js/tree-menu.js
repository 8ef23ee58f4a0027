/* Context menu of the tree: right click, Shift+F10, the menu key or the "⋯" of a row. The server says what is in it. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  (window.portalTrees || []).forEach(({ panel, part, focus }) => {
    let menu = null, owner = null;
    const entries = () => [...menu.querySelectorAll('[role="menuitem"]')];
    const close = (back) => {
      if (!menu) return;
      menu.remove();
      menu = null;
      owner.removeAttribute("data-menu-open");
      if (back) focus(owner);
    };
    const place = (at) => {
      const row = (at instanceof Element ? at : owner.firstElementChild).getBoundingClientRect();
      const [x, y] = at && "clientX" in at ? [at.clientX, at.clientY] : [at ? row.left : row.left + 28, row.bottom];
      const box = menu.getBoundingClientRect();
      menu.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
      menu.style.top = `${Math.max(8, y + box.height > innerHeight - 8 ? Math.min(y, innerHeight - 8) - box.height : y)}px`;
    };
    panel.addEventListener("tree:menu", async ({ detail: { item, at } }) => {
      close();
      owner = item;
      let html;
      item.setAttribute("aria-busy", "true");
      try { html = await (await part(panel.dataset.menuUrl.replace(/_\/$/, `${encodeURIComponent(item.dataset.account)}/`))).text(); }
      catch { return; }
      finally { item.removeAttribute("aria-busy"); }
      if (menu || owner !== item || !item.isConnected) return;
      const holder = document.createElement("template");
      holder.innerHTML = html;
      menu = holder.content.querySelector(".tree-menu");
      panel.append(menu);
      item.setAttribute("data-menu-open", "");
      place(at);
      entries()[0].focus({ preventScroll: true });
    });
    panel.addEventListener("keydown", (event) => {
      if (!menu?.contains(event.target)) return;
      const list = entries(), at = list.indexOf(document.activeElement);
      const letter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
      const next = {
        ArrowDown: () => list[(at + 1) % list.length], ArrowUp: () => list[(at + list.length - 1) % list.length],
        Home: () => list[0], End: () => list.at(-1),
      }[event.key] || (letter && (() => [...list.slice(at + 1), ...list].find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))));
      if (next) next()?.focus({ preventScroll: true });
      else if (event.key === "Escape" || event.key === "Tab") close(true);
      else if (event.key === " " || event.key === "Enter") document.activeElement.click();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    panel.addEventListener("click", (event) => {
      const entry = menu?.contains(event.target) && event.target.closest('[role="menuitem"]');
      if (entry && entry.getAttribute("aria-disabled") !== "true" && entry.tagName === "BUTTON") setTimeout(() => close(true));
    });
    document.addEventListener("pointerdown", (event) => { if (menu && !menu.contains(event.target)) close(); });
    addEventListener("resize", () => close());
    panel.querySelector(".tree-scroll").addEventListener("scroll", () => close());
  });
});
