/* Running calls follow by themselves: only while somebody can see them and has not paused them. What has the focus keeps it
   (htmx finds it by its id), and a list that was scrolled stays so. */
(() => {
  "use strict";
  const rows = () => document.getElementById("running");
  const pause = document.getElementById("running-pause");
  const said = document.getElementById("running-follows");
  let paused = false;
  let left = 0;
  const say = () => {
    said.textContent = paused ? said.dataset.paused : said.dataset.follows;
    said.classList.toggle("is-paused", paused);
    pause.setAttribute("aria-pressed", String(paused));
  };
  const look = () => htmx.trigger(rows(), "running:look");
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    say();
    if (!paused) look();
  });
  say();
  document.addEventListener("htmx:confirm", (event) => {
    if (event.target === rows() && (document.hidden || paused)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !paused) look();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target === rows()) left = rows().querySelector(".list-scroll")?.scrollLeft || 0;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const list = rows()?.querySelector(".list-scroll");
    if (list && left) list.scrollLeft = left;
  });
})();
