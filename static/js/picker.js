/* Picker: <input data-picker data-src="…"> becomes a combobox over remote answers once somebody types, clicks or presses an
   arrow in it; until then, and without script, it is a text box. What was typed by the time its script has come is what
   is searched for.
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

  const arrived = (one, where) => new Promise((done, failed) => { one.onload = done; one.onerror = failed; where(one); });
  let loading = null;
  const load = () => {
    // Its own style comes before the portal's, which has the last word.
    const own = document.querySelector('link[href*="css/picker"]');
    loading ??= Promise.all([
      arrived(Object.assign(document.createElement("link"), { rel: "stylesheet", href: words.style }), (one) => own.before(one)),
      arrived(Object.assign(document.createElement("script"), { src: words.script }), (one) => document.head.append(one)),
    ]);
    return loading;
  };

  const waits = (input) => input.matches?.("input[data-picker][data-src]") && !input.tomselect && !input.readOnly && !input.disabled;
  const wake = async (input) => {
    try { await load(); } catch { loading = null; return; } // it stays a text box
    if (document.activeElement !== input || !waits(input)) return;
    const typed = input.value === input.defaultValue ? "" : input.value;
    if (typed) input.value = "";
    start(input, typed);
  };

  const start = (input, typed) => {
    const described = input.getAttribute("aria-describedby");
    const invalid = input.getAttribute("aria-invalid");
    const value = input.value.trim();
    const many = Number(input.dataset.many || 1); // several stand in the box apart by commas
    const values = many > 1 ? value.split(/[\s,;]+/).filter(Boolean) : value ? [value] : [];
    let newest = 0; // of the searches: what an earlier one says later counts no more
    let answered = null; // the text that the hits are of
    let failed = false;
    const picker = new window.TomSelect(input, {
      valueField: "id",
      labelField: "id",
      searchField: [], // the server searches
      disabledField: "off",
      maxItems: many,
      hideSelected: true, // else Enter after typing chooses again what is chosen already
      maxOptions: 50,
      create: false,
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
      load(_text, done) {
        newest += 1;
        const mine = newest;
        const url = new URL(input.dataset.src, location.href);
        // What stands in the box by now: a list asked for on focus would come in place of what was typed.
        const asked = this.inputValue();
        url.searchParams.set("q", asked);
        fetch(url, { headers: { Accept: "application/json" } })
          .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
          .then((found) => {
            if (mine !== newest) { done(); return; }
            failed = false;
            answered = asked;
            this.clearOptions();
            done(found.results.map((one) => ({ ...one, off: Boolean(one.refused) })));
          })
          .catch(() => {
            if (mine === newest) {
              failed = true;
              window.portal.announce(words.failed);
            }
            done();
          });
      },
      score: () => () => 1,
      onType() { this.clearOptions(); },
      onItemAdd() { this.setTextboxValue(""); },
      render: {
        option: (one) => `<div><b>${escape(one.id)}</b><span class="state">${escape([one.is_agent ? words.agent : "", one.status].filter(Boolean).join(" · "))}</span><span class="sub">${sub(one)}</span></div>`,
        item: (one) => `<div><b>${escape(one.id)}</b>${one.name ? `<span>${escape(one.name)}</span>` : ""}</div>`,
        no_results: () => `<div class="no-results">${escape(failed ? words.failed : words.none)}</div>`,
      },
    });
    // Leaving the box empties it of what is no hit. What no search has answered is kept: the server judges it.
    picker.hook("before", "onBlur", () => {
      const text = picker.inputValue();
      if (!text || text === answered || !document.hasFocus()) return;
      picker.addOption({ id: text, name: "" });
      picker.addItem(text);
    });
    input.setAttribute("aria-hidden", "true"); // the label now belongs to the combobox
    if (described) picker.control_input.setAttribute("aria-describedby", described);
    if (invalid) picker.control_input.setAttribute("aria-invalid", invalid);
    picker.focus();
    if (!typed) return;
    picker.setTextboxValue(typed);
    picker.control_input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  ["input", "click"].forEach((kind) => document.addEventListener(kind, (event) => { if (waits(event.target)) wake(event.target); }));
  document.addEventListener("keydown", (event) => { if (/^Arrow(Up|Down)$/.test(event.key) && waits(event.target)) wake(event.target); });
  const tell = (from) => [...from.querySelectorAll("input[data-picker]")].filter(waits).forEach((input) => {
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" }).forEach(([name, value]) => input.setAttribute(name, value));
  });
  tell(document);

  // <input data-suggest="…"> takes any words, and suggests those of the same answer: a text box with a list of the browser's own.
  const suggesting = (input) => {
    const list = Object.assign(document.createElement("datalist"), { id: `${input.id}_suggested` });
    input.after(list);
    input.setAttribute("list", list.id);
    let waiting = 0;
    let newest = 0;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        newest += 1;
        const mine = newest;
        const url = new URL(input.dataset.suggest, location.href);
        url.searchParams.set("q", input.value);
        const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
        const found = answer?.ok ? (await answer.json()).results : [];
        if (mine !== newest) return;
        list.replaceChildren(...found.map((one) => Object.assign(document.createElement("option"), {
          value: one.id, label: [one.id, one.name, one.path, one.note].filter(Boolean).join(" · "),
        })));
      }, 200);
    });
  };
  document.querySelectorAll("input[data-suggest]").forEach(suggesting);
  document.addEventListener("htmx:load", (event) => tell(event.target));
})();
