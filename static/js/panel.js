/* Panel: an account at a glance beside list and tree, opened by a click on its row, by Enter on it, by Space in the tree.
   j and k lead to the next and the previous account, Enter and o to its page, Escape back to where one came from.
   Markup: aside#peek[data-url][data-sheets]; rows tr[data-account] whose heading leads to the account's own page.
   Without it a row leads to that page. Paying in it: the button says the amount, or leads to the check page. */
(() => {
  "use strict";
  const peek = document.getElementById("peek");
  // The page that is nothing but a panel has no second one.
  if (!peek || document.querySelector(".peek-page")) return;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const shell = peek.closest(".shell");
  const covers = matchMedia("(max-width: 575.98px)");
  const NAME = "#peek-name";
  const HX = { "HX-Request": "true" };
  // What the panel shows or is about to: its account, and whether it was opened from the tree.
  let at = null;
  let asked = 0;
  let paying = false;
  let wantsButton = false;

  const addressOf = (account) => peek.dataset.url.replace("/_/", `/${encodeURIComponent(account)}/`);
  const pageOf = (account) => addressOf(account).replace(/panel\/$/, "");
  const rows = () => $$("main .list tbody tr[data-account]").filter((row) => linkOf(row));
  const linkOf = (row) => $$("th a", row).find((link) => link.pathname === pageOf(row.dataset.account));
  const rowOf = (account) => rows().find((row) => row.dataset.account === account);
  const items = () => $$('[role="treeitem"][data-account]').filter((one) => one.offsetParent && !one.parentElement.closest('[aria-expanded="false"]'));
  const itemOf = (account) => items().find((one) => one.dataset.account === account);
  const opener = () => at && (at.fromTree ? itemOf(at.account) : rowOf(at.account));
  const neighbours = () => (at.fromTree ? items() : rows());

  /* The style of what it shows is fetched when it is first opened. */
  let dressed = null;
  const dress = () => (dressed ||= Promise.all(peek.dataset.sheets.split(" ").map((href) => new Promise((done) => {
    if ($(`link[href="${href}"]`)) { done(); return; }
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    sheet.onload = sheet.onerror = done;
    document.head.append(sheet);
  }))));

  const part = async (url, options = {}) => {
    const answer = await fetch(url, { credentials: "same-origin", ...options, headers: { ...HX, "HX-Current-URL": location.href } });
    const aside = answer.headers.get("HX-Redirect");
    if (aside) { location.href = aside; throw new Error("signed out"); }
    return answer;
  };
  const unreachable = () => document.dispatchEvent(new CustomEvent("htmx:sendError"));

  const mark = () => {
    $$(".is-open[data-account]").forEach((one) => { one.classList.remove("is-open"); if (one.matches("tr")) one.removeAttribute("aria-current"); });
    const one = opener();
    if (!one) return;
    one.classList.add("is-open");
    if (one.matches("tr")) one.setAttribute("aria-current", "true");
    const list = neighbours(), place = list.indexOf(one);
    $$("[data-peek-step]", peek).forEach((button) => {
      button.setAttribute("aria-disabled", String(!list[place + Number(button.dataset.peekStep)]));
    });
  };
  /* On a phone it covers everything: nothing behind it can be reached. */
  const shut = (on) => [$(".top"), $("#side"), $("#main")].forEach((one) => { if (one) one.inert = on; });
  covers.addEventListener("change", () => shut(!peek.hidden && covers.matches));

  const show = (html) => {
    peek.innerHTML = html;
    peek.hidden = false;
    shell.classList.add("has-peek");
    shut(covers.matches);
    paying = wantsButton = false;
    htmx.process(peek);
    mark();
  };
  const open = async (account, fromTree, focused) => {
    if (paying) return;
    const turn = (asked += 1), before = at;
    at = { account, fromTree };
    let answer;
    try {
      answer = await part(addressOf(account));
      const html = await answer.text();
      await dress();
      if (turn !== asked) return;
      if (!answer.ok) { location.href = pageOf(account); return; }
      show(html);
    } catch { if (turn === asked) { at = before; unreachable(); } return; }
    // Beside the tree the focus stays in it, for its arrows lead on.
    if (fromTree && !focused) window.portal.announce($(".peek-body", peek).getAttribute("aria-label"));
    else ($(focused || NAME, peek) || $(NAME, peek)).focus({ preventScroll: true });
    (fromTree ? $(".node", opener() || peek) : opener())?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    if (paying) return;
    const back = opener();
    asked += 1;
    at = null;
    peek.hidden = true;
    peek.replaceChildren();
    shell.classList.remove("has-peek");
    shut(false);
    mark();
    (back?.matches("tr") ? linkOf(back) : back)?.focus({ preventScroll: true });
  };
  const step = (by, focused = NAME) => {
    const list = neighbours(), next = list[list.indexOf(opener()) + by];
    if (opener() && next) open(next.dataset.account, at.fromTree, focused);
  };

  /* From the list: a click on the row, or Enter on its heading; one more leads to the page. */
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const row = event.target.closest("main .list tbody tr[data-account]");
    const link = row && linkOf(row);
    if (!link) return;
    const isLink = link.contains(event.target);
    if (!isLink && (event.target.closest("a, button, input, label, select, summary, .tick, .acts, .dropdown-menu") || String(getSelection()))) return;
    if (event.detail > 1 || (at && !at.fromTree && at.account === row.dataset.account)) return;
    event.preventDefault();
    open(row.dataset.account, false);
  });
  /* From the tree: what was selected there; once more goes into the panel. Enter leads to the page, as ever. */
  document.addEventListener("tree:look", (event) => {
    const { account } = event.detail;
    if (!matchMedia("(min-width: 992px)").matches) return;
    if (at?.fromTree && at.account === account && !peek.hidden) $(NAME, peek).focus();
    else open(account, true);
  });

  peek.addEventListener("click", (event) => {
    const button = event.target.closest("[data-peek-step], [data-peek-close]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    if ("peekClose" in button.dataset) close();
    else step(Number(button.dataset.peekStep), `[data-peek-step="${button.dataset.peekStep}"]`);
  });

  /* Keys. Single letters where the page permits them; before those of the list, which move in it. */
  window.addEventListener("keydown", (event) => {
    if (!at || peek.hidden || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : document.body;
    let deed = null;
    if (event.key === "Escape") {
      const isElsewhere = !peek.contains(target) && target.closest('input, textarea, select, dialog, details.pop[open]');
      if (!isElsewhere && !$(".dropdown-menu.show, .tree-menu, dialog[open]")) deed = close;
    } else if (event.key === "Enter") {
      if (target === document.body || target.matches(`${NAME}, .peek-body, [data-peek-paid]`)) deed = () => $("[data-peek-page]", peek).click();
    } else if (["j", "k", "o"].includes(event.key) && window.portal.letters(event)) {
      deed = { j: () => step(1), k: () => step(-1), o: () => $("[data-peek-page]", peek).click() }[event.key];
    }
    if (!deed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    deed();
  }, true);

  /* Paying: the button says what it pays, as the server answered for the amount that stands there. */
  const payButton = () => $("#peek-pay", peek);
  peek.addEventListener("input", (event) => {
    if (event.target.id !== "peek-amount") return;
    payButton().dataset.stale = "1";
    wantsButton = false; // whoever types on is not done
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "peek-effect" || !wantsButton) return;
    wantsButton = false;
    payButton().focus();
  });
  const refresh = async (account) => {
    const row = rowOf(account);
    if (!row) return;
    try {
      const page = new DOMParser().parseFromString(await (await part(location.href)).text(), "text/html");
      const fresh = $$("main .list tbody tr[data-account]", page).find((one) => one.dataset.account === account);
      if (!fresh) return;
      const ticked = $(".tick input", row)?.checked;
      row.replaceChildren(...fresh.children);
      const box = $(".tick input", row);
      if (box) box.checked = ticked;
      htmx.process(row);
    } catch { /* the row stays as it was; the panel has the balance */ }
  };
  const pay = async (form) => {
    // What is on its way to take its place no longer does.
    const account = form.dataset.peekPay;
    asked += 1;
    at = { ...at, account };
    const data = new FormData(form);
    data.set("at_once", payButton().value);
    paying = true;
    form.setAttribute("aria-busy", "true");
    let answer, html;
    try {
      answer = await part(form.action, { method: "POST", body: data });
      html = await answer.text();
    } catch { paying = false; form.removeAttribute("aria-busy"); unreachable(); return; }
    if (!answer.ok || !answer.redirected) { form.submit(); return; } // the check page, or why not
    refresh(account);
    show(html);
    const receipt = $("[data-peek-paid]", peek);
    receipt?.focus({ preventScroll: true });
    if (receipt) window.portal.announce(receipt.textContent.trim().replace(/\s+/g, " "));
  };
  peek.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-peek-pay]");
    if (!form) return;
    const button = payButton();
    if (!paying && "checks" in button.dataset && !button.dataset.stale) return; // the check page
    event.preventDefault();
    if (paying) return;
    const amount = $("#peek-amount", form);
    if (!amount.value.trim()) amount.focus();
    else if (button.name === "at_once" && !button.dataset.stale) pay(form);
    else { wantsButton = true; htmx.trigger("#peek-effect", "peek:look"); }
  });
  /* Back from another page: nothing is on its way. */
  window.addEventListener("pageshow", () => { paying = false; });
})();
