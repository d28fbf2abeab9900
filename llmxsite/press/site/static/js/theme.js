// Before anything is drawn: the reader's own choice of theme, and that scripts run.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var theme = localStorage.getItem("llmxsite-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch (error) { /* a reader may forbid storage */ }
})();
