/* Menus, and the navigation of small screens: Bootstrap's script, fetched when the first of them is about to be used.
   A quarter of what a first visit would load otherwise. */
(() => {
  "use strict";
  const source = document.currentScript.dataset.library;
  const TOGGLE = "[data-bs-toggle]";
  let coming;
  const fetched = () => {
    coming ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => {
        // Asked for again with the next click.
        coming = undefined;
        script.remove();
        reject(new Error(source));
      });
      script.src = source;
      document.head.append(script);
    });
    return coming;
  };
  const early = (event) => {
    if (!window.bootstrap && event.target.closest?.(TOGGLE)) fetched().catch(() => { /* said when it is clicked */ });
  };
  const first = (event, again) => {
    const toggle = !window.bootstrap && event.target.closest?.(TOGGLE);
    if (!toggle || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    fetched().then(() => again(toggle), () => window.portal.announce(document.getElementById("announce").dataset.unreachable));
  };
  document.addEventListener("pointerover", early);
  document.addEventListener("focusin", early);
  document.addEventListener("click", (event) => first(event, (toggle) => toggle.click()), true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const { key } = event;
    first(event, (toggle) => toggle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
  }, true);
})();
