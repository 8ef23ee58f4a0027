/* Names for what scripts of others draw in the Django admin: a select2 box is called as the field it stands for,
   calendars and clocks are dialogs. */
(function () {
  "use strict";
  const $ = django.jQuery;

  function labelOf(select) {
    const label = select.labels[0];
    if (label && !label.id) label.id = select.id + "_label";
    return label;
  }

  function nameBox() {
    const label = labelOf(this);
    const box = this.parentElement.querySelector(".select2-selection");
    if (!label || !box) return;
    const chosen = box.querySelector(".select2-selection__rendered");
    box.setAttribute("aria-labelledby", label.id + " " + chosen.id);
    chosen.setAttribute("aria-labelledby", label.id);
  }

  function nameDialogs() {
    document.querySelectorAll(".calendarbox, .clockbox").forEach(function (box) {
      box.setAttribute("role", "dialog");
      box.setAttribute("aria-label", box.matches(".clockbox") ? gettext("Choose a Time") : gettext("Choose a Date"));
    });
  }

  // They are drawn when the page has loaded, perhaps by a script that comes after this one.
  window.addEventListener("load", function () { setTimeout(nameDialogs); });

  $(function () {
    $("select.admin-autocomplete").each(nameBox);
  });

  // The list is drawn anew whenever a box opens; only one is open at a time.
  $(document).on("select2:open", function (event) {
    const label = labelOf(event.target);
    if (!label) return;
    const list = document.querySelector(".select2-dropdown [role=listbox]");
    const field = document.querySelector(".select2-dropdown .select2-search__field");
    list.setAttribute("aria-labelledby", label.id);
    field.setAttribute("aria-labelledby", label.id);
    // An open box says what it opened; select2 says so in the words of an older standard.
    event.target.parentElement.querySelector(".select2-selection").setAttribute("aria-controls", list.id);
  });
})();
