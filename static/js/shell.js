/* Shell: the side panel's width (drag, arrow keys) and whether it is folded away, both kept in this browser. */
(() => {
  "use strict";
  const root = document.documentElement;
  const side = document.getElementById("side");
  const grip = document.querySelector(".side-grip");
  const fold = document.querySelector(".side-fold");
  if (!side || !grip || !fold) return;
  const keep = (key, value) => { try { localStorage.setItem("portal." + key, value); } catch { /* storage is switched off */ } };
  const MIN = 200, MAX = 480, USUAL = 264;

  const setWidth = (width) => {
    const rounded = Math.round(Math.max(MIN, Math.min(MAX, width)));
    root.style.setProperty("--side", rounded + "px");
    grip.setAttribute("aria-valuenow", rounded);
    keep("side-width", rounded);
  };
  const showFold = () => {
    const folded = root.dataset.side === "folded";
    fold.setAttribute("aria-expanded", String(!folded));
    fold.setAttribute("aria-label", folded ? fold.dataset.more : fold.dataset.less);
  };
  grip.hidden = fold.hidden = false;
  grip.setAttribute("aria-valuenow", parseInt(getComputedStyle(root).getPropertyValue("--side"), 10) || USUAL);
  showFold();

  const forward = root.dir === "rtl" ? -1 : 1;
  grip.addEventListener("pointerdown", (event) => {
    grip.setPointerCapture(event.pointerId);
    root.classList.add("is-resizing");
    const edge = forward > 0 ? side.getBoundingClientRect().left : side.getBoundingClientRect().right;
    const drag = (moved) => setWidth((moved.clientX - edge) * forward);
    grip.addEventListener("pointermove", drag);
    grip.addEventListener("lostpointercapture", () => {
      grip.removeEventListener("pointermove", drag);
      root.classList.remove("is-resizing");
    }, { once: true });
  });
  grip.addEventListener("dblclick", () => setWidth(USUAL));
  grip.addEventListener("keydown", (event) => {
    const now = Number(grip.getAttribute("aria-valuenow"));
    const to = { ArrowRight: now + 16 * forward, ArrowLeft: now - 16 * forward, Home: MIN, End: MAX }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setWidth(to);
  });
  fold.addEventListener("click", () => {
    const folded = root.dataset.side !== "folded";
    if (folded) root.dataset.side = "folded"; else delete root.dataset.side;
    keep("side", folded ? "folded" : "open");
    showFold();
  });
})();

/* Which groups of the menu are unfolded is kept by the browser and told to the server, which writes the next page so. */
(() => {
  "use strict";
  const groups = document.querySelectorAll("details[data-fold]");
  if (!groups.length) return;
  const keep = (turned) => {
    // The one that was clicked on turns once this is over.
    const open = [...groups].filter((one) => one.open !== (one === turned)).map((one) => one.dataset.fold);
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `menu=${open.join(".")}; path=/; max-age=31536000; samesite=lax${secure}`;
  };
  groups.forEach((one) => one.querySelector("summary").addEventListener("click", () => keep(one)));
})();
