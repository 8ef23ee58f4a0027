/* htmx: the CSRF token travels as a header, read at the moment of the request. */
document.addEventListener("htmx:configRequest", (event) => {
  if (/^(get|head)$/i.test(event.detail.verb)) return;
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});
