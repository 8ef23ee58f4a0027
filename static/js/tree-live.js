/* Live tree: asks every few seconds whether anything changed, and merges what did into the open tree. Nothing that
   the person does is disturbed: focus, scroll, selection and open branches stay. Nothing is announced.
   Fires accounts:changed on the document, for lists that offer to show what is new. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const EVERY = 4000, LONGEST = 60000, GIVE_UP = 10000;
  const poll = (url) => fetch(url, { credentials: "same-origin", headers: { "HX-Request": "true", "HX-Current-URL": location.href, "X-Poll": "1" }, signal: AbortSignal.timeout(GIVE_UP) });

  (window.portalTrees || []).forEach((here) => {
    const { panel, tree, isOpen, within, branch, parent, expanded, source, stop, parse } = here;
    const key = (item) => item.dataset.account ?? "";
    const COPIED = ["aria-label", "aria-level", "aria-setsize", "aria-posinset", "aria-current", "data-name", "data-more"];

    const update = (old, fresh) => {
      COPIED.forEach((name) => {
        const value = fresh.getAttribute(name);
        if (value === null) old.removeAttribute(name);
        else if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      });
      if (source.get(old) !== source.get(fresh)) {
        old.firstElementChild.replaceWith(fresh.firstElementChild);
        source.set(old, source.get(fresh));
      }
      const had = branch(old), has = branch(fresh);
      if (!has) {
        had?.remove();
        old.removeAttribute("aria-expanded");
        isOpen.delete(key(old));
        return;
      }
      const opened = isOpen.has(key(old));
      if (!had) old.append(has);
      if (opened && has.children.length) {
        old.setAttribute("aria-expanded", "true");
        if (had) merge(had, has);
      } else if (!opened || !had) {
        old.setAttribute("aria-expanded", "false");
        branch(old).replaceChildren();
      }
    };
    const merge = (old, fresh) => {
      const arriving = [...fresh.children];
      const names = new Set(arriving.map(key));
      [...old.children].forEach((one) => { if (!names.has(key(one)) || "retry" in one.dataset) one.remove(); });
      const known = new Map([...old.children].map((one) => [key(one), one]));
      let at = old.firstElementChild;
      arriving.forEach((one) => {
        const kept = known.get(key(one));
        if (kept) update(kept, one);
        const item = kept || one;
        if (item === at) at = at.nextElementSibling;
        else old.insertBefore(item, at);
      });
    };
    const shown = (list) => within(":scope > [data-account]", list).length;
    const refreshUrl = () => {
      const asked = new URLSearchParams({ current: panel.dataset.current, roots: shown(tree) });
      const rendered = within('[aria-expanded="true"][data-account]');
      rendered.forEach((item) => asked.append("open", `${key(item)}:${shown(branch(item))}`));
      const there = new Set(rendered.map(key));
      isOpen.forEach((id) => { if (!there.has(id)) asked.append("open", id); });
      return `${panel.dataset.refreshUrl}?${asked}`;
    };
    const show = (html) => {
      const active = tree.contains(document.activeElement) ? document.activeElement : null;
      const above = [];
      for (let item = active?.closest('[role="treeitem"]'); item; item = parent(item)) above.push(item);
      const fresh = parse(html);
      const list = fresh.querySelector('[role="tree"]');
      if (!list) return;
      merge(tree, list);
      tree.hidden = list.hidden;
      tree.dataset.version = list.dataset.version;
      panel.querySelector(".tree-hint").replaceWith(fresh.querySelector(".tree-hint"));
      if (active && document.activeElement !== active) {
        if (active.isConnected) active.focus({ preventScroll: true });
        else here.focus(above.find((item) => item.isConnected) || tree.querySelector('[role="treeitem"]'));
      }
      if (within('[tabindex="0"]').length !== 1) stop(tree.querySelector('[aria-selected="true"]') || tree.querySelector('[role="treeitem"]'));
    };

    let timer, pause = EVERY, running = false, wanted = false;
    const refresh = async () => {
      const answer = await poll(refreshUrl());
      if (answer.headers.get("HX-Redirect")) return false;
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      return true;
    };
    const look = async (always) => {
      clearTimeout(timer);
      if (running) { wanted ||= Boolean(always); return; }
      if (document.hidden) return;
      running = true;
      let going = true;
      try {
        const answer = always ? null : await poll(`${panel.dataset.versionUrl}?since=${tree.dataset.version}`);
        // Signed out in the meantime: the next thing the person does leads to the sign-in; asking on is of no use.
        if (answer?.headers.get("HX-Redirect") || answer?.status === 403) going = false;
        else if (answer && !answer.ok) throw new Error(String(answer.status));
        else if (!answer || answer.status !== 204) {
          going = await refresh();
          if (going && answer) document.dispatchEvent(new CustomEvent("accounts:changed", { detail: { version: Number(tree.dataset.version) } }));
        }
        pause = EVERY;
      } catch { pause = Math.min(pause * 2, LONGEST); }
      running = false;
      if (going && wanted) { wanted = false; look(true); return; }
      if (going && !document.hidden) timer = setTimeout(look, pause);
    };
    panel.addEventListener("tree:restore", () => look(true));
    document.addEventListener("visibilitychange", () => { clearTimeout(timer); if (!document.hidden) look(); });
    addEventListener("pageshow", (event) => { if (event.persisted) look(); });
    timer = setTimeout(look, EVERY);
  });
});
