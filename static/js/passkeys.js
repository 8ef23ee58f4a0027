/* Passkeys: connects one button of the page to allauth's WebAuthn functions, as #passkey says, and shows in the page
   what went wrong instead of failing silently. */
(() => {
  "use strict";
  const place = document.getElementById("passkey");
  if (!place || !window.PublicKeyCredential) return;
  const { does, button, credential, passwordless, shows, options } = place.dataset;
  if (shows) document.getElementById(shows).hidden = false;

  const note = place.querySelector("template").content;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    place.replaceChildren(note.cloneNode(true));
  });

  const ids = { credential };
  ids[{ loginForm: "login", addForm: "add", authenticateForm: "authenticate" }[does]] = button;
  if (passwordless) ids.passwordless = passwordless;
  if (options) ids.data = options;
  window.allauth.webauthn.forms[does]({ ids });
})();
