/* A page that follows a job: it asks only while somebody can see it, the tab says how far the job is, and the focus
   does not vanish with a button that is gone. */
(() => {
  "use strict";
  const state = () => document.getElementById("job-state");
  const actions = () => document.getElementById("job-actions");
  let hadFocus = false;
  document.addEventListener("htmx:confirm", (event) => {
    if (event.target === state() && document.hidden) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state()?.hasAttribute("hx-get")) htmx.trigger(state(), "job:look");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target === state()) hadFocus = document.activeElement !== document.body;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const now = state();
    if (now?.dataset.title) document.title = now.dataset.title;
    if (hadFocus && document.activeElement === document.body) {
      (actions()?.querySelector("button") || document.querySelector("h1")).focus({ preventScroll: true });
    }
    hadFocus = false;
  });
})();
