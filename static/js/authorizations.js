/* The eight boxes: what cannot be ticked stays as it is, and the page says at once what saving would change. The server
   says the same without script. */
(() => {
  "use strict";
  const form = document.querySelector("[data-boxes]");
  if (!form) return;
  const row = (code) => form.querySelector(`[data-auth="${code}"]`);
  const mark = (code) => form.querySelector(`[data-strip="${code}"]`);
  const count = form.querySelector("[data-count]");

  const show = () => {
    const boxes = [...form.querySelectorAll("[data-auth] input[type=checkbox]")];
    boxes.forEach((box) => {
      const one = row(box.name);
      const held = one.dataset.held === "1";
      const fixed = box.getAttribute("aria-disabled") === "true" && !held;
      one.classList.toggle("is-added", !fixed && box.checked && !held);
      one.classList.toggle("is-cut", !fixed && !box.checked && held);
      mark(box.name).className = fixed ? "na" : box.checked ? (held ? "on" : "add") : held ? "cut" : "";
      form.querySelector(`[data-deed="${box.name}"]`).classList.toggle("is-on", box.checked);
    });
    const ticked = boxes.filter((box) => box.checked).map((box) => box.name);
    count.querySelector("b").textContent = count.dataset.words.replace("COUNT", ticked.length);
  };

  form.addEventListener("click", (event) => {
    if (event.target.matches('input[aria-disabled="true"]')) event.preventDefault();
  });
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show); // Back brings the ticks, not what was said about them
})();
