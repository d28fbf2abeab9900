// The gallery: figures of one kind, or of one page. What is chosen stands in the address, so that a choice can be linked.
(function () {
  "use strict";
  var form = document.querySelector("[data-gallery]");
  if (!form) return;
  var entries = Array.prototype.slice.call(document.querySelectorAll(".thumbs > li")), note = form.querySelector("[data-found]");

  function chosen(name) { var input = form.querySelector("input[name=" + name + "]:checked"); return input ? input.value : ""; }

  function show() {
    var kind = chosen("kind"), page = chosen("page"), shown = 0;
    entries.forEach(function (entry) {
      entry.hidden = Boolean((kind && entry.dataset.kind !== kind) || (page && entry.dataset.page !== page));
      if (!entry.hidden) shown++;
    });
    note.textContent = shown + (shown === 1 ? " figure" : " figures");
    var query = [kind && "kind=" + encodeURIComponent(kind), page && "page=" + encodeURIComponent(page)].filter(Boolean).join("&");
    try { history.replaceState(null, "", query ? "?" + query : location.pathname); } catch (error) { /* from a disk, some browsers refuse */ }
  }

  new URLSearchParams(location.search).forEach(function (value, name) {
    form.querySelectorAll("input[name]").forEach(function (input) { if (input.name === name && input.value === value) input.checked = true; });
  });
  form.addEventListener("change", show);
  if (location.search) show();
})();
