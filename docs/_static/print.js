// Paper is white: what is printed from the dark theme would be pale grey on it.
(() => {
  "use strict";
  const page = document.documentElement;
  let theme = page.dataset.theme;
  window.addEventListener("beforeprint", () => {
    theme = page.dataset.theme;
    page.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => {
    page.dataset.theme = theme;
  });
})();
