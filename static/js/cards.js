/* A PIN that is shown goes away by itself after thirty seconds. */
(() => {
  "use strict";
  const shown = document.querySelector("[data-shown-pin]");
  if (!shown) return;
  let left = 30;
  const clock = document.querySelector("[data-pin-clock]");
  const tick = setInterval(() => {
    left -= 1;
    if (clock) clock.textContent = left;
    if (left > 0) return;
    clearInterval(tick);
    location.replace(shown.dataset.shownPin);
  }, 1000);
  /* Back must not bring it up again. */
  window.addEventListener("pagehide", () => { shown.textContent = ""; });
})();
