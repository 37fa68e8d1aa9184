// Light or dark, as Airflow is: it keeps the choice as `theme` in this origin's storage. Runs before the first paint.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try {
      chosen = window.localStorage.getItem("theme");
    } catch {
      // storage may be closed to us: the system's choice counts then
    }
    const wanted = chosen === "dark" || chosen === "light" ? chosen : dark.matches ? "dark" : "light";
    root.setAttribute("data-theme", wanted);
  };
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  if (window.parent !== window) {
    try {
      new MutationObserver(apply).observe(window.parent.document.documentElement, { attributeFilter: ["class"] });
    } catch {
      // framed by another origin, which the policy forbids anyway
    }
  }
})();
