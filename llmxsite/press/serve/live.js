// Live reload, put into pages by `llmxsite serve` alone. The answer to each request for the state is held back by the
// server until something changes, so an idle page costs nothing. A script element instead of EventSource, because the
// pages' content security policy allows no connections, and a preview must show pages as they are.
(function () {
  "use strict";
  // The build that this page is from. Another may have ended since the server read it.
  var version = Number(new URL(document.currentScript.src).searchParams.get("version"));
  var panel = null;

  // What only who writes the study wants to know, such as the file to edit, is on every page, hidden.
  document.querySelectorAll(".preview-only").forEach(function (node) { node.hidden = false; });

  window.llmxsiteLive = function (state) {
    if (state.version !== version && state.reload) {
      window.location.reload();
      return;
    }
    version = state.version;
    show(state);
    ask(version);
  };

  // Answered when the state is another than `seen`; at once where that is empty.
  function ask(seen) {
    var script = document.createElement("script");
    script.src = "/__llmxsite__/state.js?seen=" + seen;
    script.onload = function () { script.remove(); };
    script.onerror = function () {
      script.remove();
      window.setTimeout(ask, 1000, seen);
    };
    document.head.appendChild(script);
  }

  function show(state) {
    if (panel) panel.remove();
    panel = null;
    if (!state.problems.length) return;
    panel = document.createElement("section");
    panel.setAttribute("aria-label", "Problems found by llmxsite");
    panel.style.cssText = "position:fixed;inset:auto 1rem 1rem 1rem;max-height:45vh;overflow:auto;z-index:9999;padding:1rem;" +
      "background:#1f2430;color:#f3f4f6;border-left:6px solid " + (state.failed ? "#ff8a80" : "#f0b072") +
      ";border-radius:6px;font:13px/1.5 ui-monospace,monospace;box-shadow:0 4px 24px rgba(0,0,0,.4)";
    var head = document.createElement("p");
    head.style.cssText = "margin:0 0 .5rem;font-weight:600";
    head.textContent = state.title;
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Hide";
    button.style.cssText = "float:right;color:inherit;background:transparent;border:1px solid currentColor;border-radius:4px;padding:2px 8px";
    button.addEventListener("click", function () { panel.remove(); });
    var text = document.createElement("pre");
    text.style.cssText = "margin:0;white-space:pre-wrap;background:transparent;color:inherit;border:0;padding:0";
    text.textContent = state.problems.join("\n");
    panel.append(button, head, text);
    document.body.appendChild(panel);
  }

  // Not before the page is loaded: a script that waits would hold up its load event.
  if (document.readyState === "complete") ask("");
  else window.addEventListener("load", function () { window.setTimeout(ask, 0, ""); });
})();
