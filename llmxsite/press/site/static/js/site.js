// What every page has: the theme's switch, copy buttons, contents that follow the reader, side notes, opened anchors.
var llmx = window.llmx || (window.llmx = {});
(function () {
  "use strict";
  var root = document.documentElement;
  var each = function (selector, act, within) { Array.prototype.forEach.call((within || document).querySelectorAll(selector), act); };

  llmx.theme = function () {
    return root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  };

  // Pictures come in both themes by media query; the reader's own choice overrules it.
  function pictures() {
    each("picture source[data-theme]", function (source) {
      if (!source.dataset.media) source.dataset.media = source.media;
      var own = root.dataset.theme, media = source.dataset.media;
      if (own === "dark") media = media.replace(/ and \(prefers-color-scheme: dark\)/, "");
      if (own === "light" && source.dataset.theme === "dark") media = "not all";
      source.media = media;
    });
  }
  if (root.dataset.theme) pictures();

  // Scripts that only some pages or readers need: of tables that can be sorted, and of the search when somebody turns to it.
  function bring(address) {
    var node = document.createElement("script");
    node.src = address;
    document.head.appendChild(node);
  }
  var tables = document.currentScript.dataset.tables;
  if (document.querySelector("table[data-ruled]")) bring(tables);
  var form = document.querySelector("form[data-script]");
  if (form) {
    var field = form.querySelector("input"), brought = false;
    var search = function () {
      if (!brought) bring(form.dataset.script);
      brought = true;
    };
    form.addEventListener("focusin", search);
    document.addEventListener("keydown", function (event) {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
      event.preventDefault();
      field.focus();
    });
    if (form.closest(".search-page")) search();
  }

  // On a narrow screen the sections scroll: the one of this page is in sight.
  each(".bar nav [aria-current]", function (link) { link.closest("nav").scrollLeft = link.offsetLeft - 40; });

  each("[data-theme-switch]", function (button) {
    button.addEventListener("click", function () {
      root.dataset.theme = llmx.theme() === "dark" ? "light" : "dark";
      try { localStorage.setItem("llmxsite-theme", root.dataset.theme); } catch (error) { /* then it lasts for this page */ }
      pictures();
      document.dispatchEvent(new Event("llmx-theme"));
    });
  });

  each("[data-copy]", function (button) {
    button.addEventListener("click", function () {
      var text = button.parentNode.querySelector("pre").textContent;
      var done = function () {
        button.textContent = "Copied";
        setTimeout(function () { button.textContent = "Copy"; }, 1600);
      };
      if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, function () { select(button); });
      else select(button) && done();
    });
  });
  function select(button) {
    var range = document.createRange();
    range.selectNodeContents(button.parentNode.querySelector("pre"));
    var selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }

  // An address that names a folded part opens it.
  function open() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", open);
  if (location.hash) open();

  // Contents: folded on a phone, and the heading being read is marked.
  each(".toc details", function (details) {
    if (!matchMedia("(min-width: 70rem)").matches) details.open = false;
    details.classList.add("ready");
  });
  var links = {};
  each(".toc a", function (link) { links[decodeURIComponent(link.hash.slice(1))] = link; });
  var marks = Object.keys(links).map(function (id) { return document.getElementById(id); }).filter(Boolean);
  if (marks.length && "IntersectionObserver" in window) {
    var observer = new IntersectionObserver(function () {
      var current = marks[0];
      marks.forEach(function (mark) { if (mark.getBoundingClientRect().top < innerHeight * 0.3) current = mark; });
      Object.keys(links).forEach(function (id) { links[id].removeAttribute("aria-current"); });
      links[current.id].setAttribute("aria-current", "true");
    }, { rootMargin: "0px 0px -70% 0px", threshold: [0, 1] });
    marks.forEach(function (mark) { observer.observe(mark); });
  }

  // Side notes: each footnote beside its mark, where the style sheet has room for it. The footnotes stay where they are.
  var body = document.querySelector(".reading .body");
  function notes() {
    each(".sidenote", function (note) { note.remove(); });
    if (!body || !matchMedia("(min-width: 78rem)").matches) return;
    var floor = 0, top = body.getBoundingClientRect().top, blocks = [];
    each(".frame, .data-table, .callout, .table, .shown-sample, .wide", function (block) {
      var box = block.getBoundingClientRect();
      blocks.push([box.top - top, box.bottom - top]);
    }, body);
    each("sup a[href^='#fn']", function (mark) {
      var source = document.getElementById(decodeURIComponent(mark.hash.slice(1)));
      if (!source) return;
      var note = document.createElement("aside");
      note.className = "sidenote";
      note.setAttribute("aria-hidden", "true");
      Array.prototype.forEach.call(source.childNodes, function (child) { note.appendChild(child.cloneNode(true)); });
      each("a[href^='#fnref']", function (back) { back.remove(); }, note);
      each("[id]", function (node) { node.removeAttribute("id"); }, note);
      each("a", function (link) { link.tabIndex = -1; }, note);
      var number = document.createElement("sup");
      number.textContent = mark.textContent.replace(/[\[\]]/g, "");
      (note.querySelector("p") || note).prepend(number);
      body.appendChild(note);
      var place = Math.max(mark.getBoundingClientRect().top - top - 4, floor);
      // What is wider than the text would be covered: the note goes below it.
      blocks.forEach(function (block) {
        if (place < block[1] && place + note.offsetHeight > block[0]) place = block[1] + 8;
      });
      note.style.top = place + "px";
      floor = place + note.offsetHeight + 12;
    }, body);
  }
  var waiting;
  addEventListener("load", notes);
  addEventListener("resize", function () { clearTimeout(waiting); waiting = setTimeout(notes, 150); });
})();
