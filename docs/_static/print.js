// Paper is white: what is printed from the dark theme would be pale grey on it. And nobody can open
// a hint there.
(() => {
  "use strict";
  const page = document.documentElement;
  let theme = page.dataset.theme;
  let closed = [];
  window.addEventListener("beforeprint", () => {
    theme = page.dataset.theme;
    page.dataset.theme = "light";
    closed = [...document.querySelectorAll("details.hint:not([open])")];
    closed.forEach((hint) => { hint.open = true; });
  });
  window.addEventListener("afterprint", () => {
    page.dataset.theme = theme;
    closed.forEach((hint) => { hint.open = false; });
  });
})();
