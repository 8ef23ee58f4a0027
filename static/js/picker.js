/* Picker: <input data-picker data-src="…"> becomes a combobox over remote answers; without script it stays a text box.
   The answer: {"results": [{id, name, path, level, status, is_agent, note, refused}]}; a refused option stays, with its reason. */
(() => {
  "use strict";
  const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const words = document.querySelector('meta[name="picker-words"]').dataset;
  const sub = (one) => {
    const parts = [one.name, one.path, one.level ? `${words.level} ${one.level}` : ""].filter(Boolean);
    const why = one.refused || one.note;
    return escape(parts.join(" · ")) + (why ? `<br>${escape(why)}` : "");
  };

  const start = (input) => {
    if (input.tomselect || !input.dataset.src || input.readOnly || input.disabled) return;
    const described = input.getAttribute("aria-describedby");
    const invalid = input.getAttribute("aria-invalid");
    const value = input.value.trim();
    const many = Number(input.dataset.many || 1); // several stand in the box apart by commas
    const values = many > 1 ? value.split(/[\s,;]+/).filter(Boolean) : value ? [value] : [];
    let failed = false;
    const picker = new window.TomSelect(input, {
      valueField: "id",
      labelField: "id",
      searchField: [], // the server searches
      disabledField: "off",
      maxItems: many,
      hideSelected: true, // else Enter after typing chooses again what is chosen already
      maxOptions: 50,
      create: "free" in input.dataset, // what is typed counts as it stands
      createOnBlur: true,
      persist: false,
      preload: "focus",
      loadThrottle: 250,
      placeholder: input.placeholder,
      plugins: {
        ...(input.hasAttribute("data-clearable") && { clear_button: { title: words.clear, html: (data) => `<button type="button" class="clear-button btn btn-bare" aria-label="${escape(data.title)}" title="${escape(data.title)}">×</button>` } }),
        ...(many > 1 && { remove_button: { title: words.remove } }),
      },
      options: values.map((id) => ({ id, name: input.dataset.name || "" })),
      items: values,
      shouldLoad: () => true,
      load(text, done) {
        const url = new URL(input.dataset.src, location.href);
        url.searchParams.set("q", text);
        fetch(url, { headers: { Accept: "application/json" } })
          .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
          .then((found) => {
            failed = false;
            this.clearOptions();
            done(found.results.map((one) => ({ ...one, off: Boolean(one.refused) })));
          })
          .catch(() => { failed = true; done(); });
      },
      score: () => () => 1,
      onType() { this.clearOptions(); },
      onItemAdd() { this.setTextboxValue(""); },
      render: {
        option: (one) => `<div><b>${escape(one.id)}</b><span class="state">${escape([one.is_agent ? words.agent : "", one.status].filter(Boolean).join(" · "))}</span><span class="sub">${sub(one)}</span></div>`,
        item: (one) => `<div><b>${escape(one.id)}</b>${one.name ? `<span>${escape(one.name)}</span>` : ""}</div>`,
        option_create: (one) => `<div class="create">${escape(one.input)}</div>`,
        no_results: () => `<div class="no-results">${escape(failed ? words.failed : words.none)}</div>`,
      },
    });
    input.setAttribute("aria-hidden", "true"); // the label now belongs to the combobox
    if (described) picker.control_input.setAttribute("aria-describedby", described);
    if (invalid) picker.control_input.setAttribute("aria-invalid", invalid);
    if (input.autofocus) picker.focus();
  };
  const startAll = (from) => from.querySelectorAll("input[data-picker]").forEach(start);
  startAll(document);
  document.addEventListener("htmx:load", (event) => startAll(event.target));
})();
