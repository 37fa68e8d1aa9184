// Small comforts; every page works without them.

// Moments in the viewer's own zone; the title keeps UTC.
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const time of document.querySelectorAll("time[data-local]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.textContent = local.format(at);
    time.title = `${time.title} (shown in ${zone})`;
  }
}

// A link to a folded section opens it.
function unfold() {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  const folded = target?.closest("details");
  if (!folded || folded.open) return;
  folded.open = true;
  target.scrollIntoView();
}
unfold();
window.addEventListener("hashchange", unfold);

// What goes over windows and does not fit shows the newest ones.
for (const region of document.querySelectorAll('.scroll[aria-label="Timeline"], .scroll[aria-label="Heat map"]')) region.scrollLeft = region.scrollWidth;

// Airflow shows these pages in a sandboxed frame, from which a link cannot leave: its own document follows it instead.
const framed = window.parent !== window;
if (framed) {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-airflow]") : null;
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey) return;
    const url = new URL(link.href, window.location.href);
    if (url.origin !== window.location.origin) return;
    event.preventDefault();
    const outside = window.parent.document.createElement("a");
    outside.href = url.href;
    window.parent.document.body.append(outside);
    outside.click();
    outside.remove();
  });
}

// A form is sent once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-busy", "true");
      setTimeout(() => {
        button.disabled = true;
      });
    }
  });
}
