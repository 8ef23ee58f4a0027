/* Forms: the error summary takes the focus and leads to its fields, a form is sent once, some controls send at once. */
(() => {
  "use strict";
  const focusFirst = (from) => {
    const place = from.querySelector(".error-summary") || from.querySelector("[data-focus]");
    // The safe choice at the end of a check page must not scroll past what is to be checked.
    if (place) place.focus({ preventScroll: !place.matches(".error-summary") });
  };
  focusFirst(document);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) focusFirst(event.target); });

  document.addEventListener("click", (event) => {
    const link = event.target.closest('.error-summary a[href^="#"]');
    if (!link) return;
    const box = document.getElementById(link.hash.slice(1));
    if (!box) return;
    event.preventDefault();
    const control = box.tomselect ? box.tomselect.control_input : box;
    control.focus();
    (document.querySelector(`label[for="${CSS.escape(box.id)}"]`) || box).scrollIntoView({ block: "center" });
  });

  /* data-once: a second submit of the same page does nothing; Back makes the form usable again */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    setTimeout(() => { delete form.dataset.sent; form.removeAttribute("aria-busy"); }, 8000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }));

  /* data-submit: changing the control sends its form */
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form?.requestSubmit();
  });

  /* data-fill: a link that puts its value into a box; without this script it leads to the page with it filled in */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fill]");
    const box = link && document.getElementById(link.dataset.fill);
    if (!box) return;
    event.preventDefault();
    box.value = link.dataset.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
})();
