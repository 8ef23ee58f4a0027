/* Forms: where the cursor is first, what is not saved yet, a form is sent once, some controls send at once. */
(() => {
  "use strict";
  /* One rule for all: the errors; else, on the page of a form, its first field; where it asks nothing, the button that does
     it, or the way back where the deed is dangerous. data-focus is for pages that are no form. */
  const FIELD = 'input:not([type="hidden"], [type="submit"], [type="button"]), select, textarea';
  const isFree = (one) => one.matches(FIELD) && !one.disabled && !one.readOnly && one.getAttribute("aria-disabled") !== "true" && one.checkVisibility();
  const firstPlace = () => {
    if (location.hash) return null;
    const form = [...document.querySelectorAll("[data-form-page] form")].find((one) => one.querySelector(".save-bar, .sum-bar") && !one.closest(".pop-body, dialog") && one.checkVisibility());
    if (!form) return null;
    const field = [...form.elements].find(isFree);
    if (field?.type === "radio") return form.querySelector(`[name="${CSS.escape(field.name)}"]:checked`) || field;
    const bar = form.querySelector(".save-bar, .sum-bar");
    return field || (bar.querySelector(".btn-danger") ? bar.querySelector("a, button:not(.btn-danger)") : bar.querySelector('[type="submit"]'));
  };
  // What is typed into a box that stays while the rest of its form comes anew is not to be interrupted.
  const isTyping = (from) => from.contains(document.activeElement) && document.activeElement.matches("[hx-preserve]");
  const focusFirst = (from) => {
    const told = from.querySelector(".error-summary"), marked = [...from.querySelectorAll("[data-focus]")].find((one) => one.checkVisibility());
    const place = told || (marked?.matches("form") ? [...marked.elements].find(isFree) : marked) || (from === document && firstPlace());
    if (!place || (!told && isTyping(from))) return;
    // What is at the end of a check page must not scroll past what is to be checked.
    place.focus({ preventScroll: !told });
    // An amount that is filled in gives way to the one that is typed.
    if (place.matches('[inputmode="decimal"]')) place.select();
  };
  // Whoever is faster than this script keeps the place that they chose; of errors everybody is told.
  if (document.activeElement === document.body || document.querySelector(".error-summary")) focusFirst(document);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) focusFirst(event.target); });

  /* A box or an editor that somebody unfolds begins in its marked field */
  document.addEventListener("toggle", (event) => {
    const box = event.target;
    if (box.open && box.matches("details.pop, details.editor") && document.activeElement?.parentNode === box) box.querySelector("[data-focus]")?.focus();
  }, true);

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

  /* What was typed and not sent: keys of a single letter would lead away from it */
  const touched = new Set();
  const isKept = (form) => form?.method === "post" && form.closest("[data-form-page]");
  ["input", "change"].forEach((kind) => document.addEventListener(kind, (event) => { if (isKept(event.target.form)) touched.add(event.target.form); }));
  /* data-inline: what is edited in its row says that it is not saved yet, as long as it differs */
  document.addEventListener("input", (event) => {
    const form = event.target.form, was = form?.matches("[data-inline].is-unsaved");
    if (!form?.matches("[data-inline]")) return;
    const differs = [...form.elements].some((one) => one.matches("input") && one.value !== one.defaultValue);
    form.classList.toggle("is-unsaved", differs);
    if (differs && !was) window.portal.announce(form.querySelector(".unsaved").textContent);
    if (!differs) touched.delete(form);
  });
  document.addEventListener("reset", (event) => touched.delete(event.target));
  window.portal.isUnsaved = () => [...touched].some((form) => form.isConnected)
    || Boolean(document.querySelector('[data-form-page] form[method="post"]') && document.querySelector('[data-form-page] :is(.error-summary, [name="confirmed"], [name="seen"])'));

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
    if (box.matches('[inputmode="decimal"]')) box.select();
  });
})();
