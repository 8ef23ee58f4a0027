/* Theme: with "system" the device decides, before the first paint (loaded in <head> without defer).
   The server has written data-theme and data-density from the person's preferences. */
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = root.dataset.theme;
    root.dataset.bsTheme = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
  // The side panel's width and fold belong to this browser; set here so that nothing jumps after the first paint.
  try {
    const width = Number(localStorage.getItem("portal.side-width"));
    if (width >= 200 && width <= 480) root.style.setProperty("--side", width + "px");
    if (localStorage.getItem("portal.side") === "folded") root.dataset.side = "folded";
  } catch { /* storage is switched off */ }
  window.portal = { applyTheme: apply };
})();
