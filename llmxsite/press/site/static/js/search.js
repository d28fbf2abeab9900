// Search: makes the form of every page a combobox over the index that search.py builds.
// Classic script, no fetch: works from file://. The index is loaded when somebody turns to the field, a shard when the
// first letters of a word need it.
(function () {
  "use strict";
  var form = document.querySelector("form[data-search]");
  if (!form) return;
  var input = form.querySelector("input");
  var list = form.querySelector("[role=listbox]");
  var status = form.querySelector("[role=status]");
  var indexUrl = form.getAttribute("data-search");
  var folder = indexUrl.slice(0, indexUrl.lastIndexOf("/") + 1);
  var root = folder.slice(0, folder.length - "search/".length);
  var LIMIT = 12;
  var pages = null;
  var shards = [];
  var loaded = {};
  var asked = {};
  var active = -1;

  window.llmxsiteSearch = {
    index: function (data) {
      pages = data.pages;
      shards = data.shards;
      update();
    },
    shard: function (data) {
      loaded[data[0]] = { terms: data[1], postings: data[2] };
      update();
    }
  };

  function load(url) {
    if (asked[url]) return;
    asked[url] = true;
    var script = document.createElement("script");
    script.src = url;
    script.onerror = function () {
      asked[url] = false;
      status.textContent = "The search index could not be loaded.";
    };
    document.head.appendChild(script);
  }

  function fold(text) {
    return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  }

  function words(text) {
    return fold(text).match(/[\p{L}\p{N}_]+(?:[.:'’-][\p{L}\p{N}_]+)*/gu) || [];
  }

  // Pages whose terms start with the word, with a score; null while the shard is on its way.
  function find(word) {
    var letter = Array.from(word)[0];
    var shard = shards.find(function (s) { return Array.from(s[0]).indexOf(letter) >= 0; });
    if (!shard) return new Map();
    var data = loaded[shard[0]];
    if (!data) {
      load(folder + shard[1]);
      return null;
    }
    var low = 0;
    var high = data.terms.length;
    while (low < high) {
      var middle = (low + high) >> 1;
      if (data.terms[middle] < word) low = middle + 1; else high = middle;
    }
    var scores = new Map();
    for (var i = low; i < data.terms.length && data.terms[i].startsWith(word); i++) {
      var rare = Math.log(1 + pages.length / data.postings[i].length);
      var near = data.terms[i] === word ? 2 : 1;
      data.postings[i].forEach(function (code) {
        var page = code >> 3;
        scores.set(page, Math.max(scores.get(page) || 0, (code & 7) * rare * near));
      });
    }
    return scores;
  }

  function search(text) {
    var all = null;
    var waiting = false;
    words(text).forEach(function (word) {
      var found = find(word);
      if (found && !found.size) {
        // A name typed otherwise than it is written: its parts must all be there.
        word.split(/[^\p{L}\p{N}]+/u).filter(Boolean).forEach(function (part, n) {
          var more = find(part);
          if (more === null) waiting = true;
          else found = n ? both(found, more) : more;
        });
      }
      if (found === null) waiting = true;
      else all = all === null ? found : both(all, found);
    });
    if (waiting) return null;
    return Array.from(all || []).sort(function (a, b) { return b[1] - a[1] || a[0] - b[0]; });
  }

  function both(a, b) {
    var kept = new Map();
    a.forEach(function (score, page) {
      if (b.has(page)) kept.set(page, score + b.get(page));
    });
    return kept;
  }

  function update() {
    var text = input.value.trim();
    active = -1;
    input.removeAttribute("aria-activedescendant");
    if (!text || !pages) {
      close();
      return;
    }
    var found = search(text);
    if (found === null) return;
    list.textContent = "";
    found.slice(0, LIMIT).forEach(function (hit, n) {
      var page = pages[hit[0]];
      var option = document.createElement("li");
      option.id = "search-result-" + n;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.href = root + page[1];
      [["search-kind", page[2]], ["search-title", page[0]], ["search-summary", page[3]]].forEach(function (part) {
        if (!part[1]) return;
        var span = document.createElement("span");
        span.className = part[0];
        span.textContent = part[1];
        option.appendChild(span);
        option.appendChild(document.createTextNode(" "));
      });
      list.appendChild(option);
    });
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!!found.length));
    status.textContent = found.length === 0 ? "No page has all of these words."
      : found.length === 1 ? "1 page" : found.length > LIMIT ? found.length + " pages, the first " + LIMIT + " shown"
      : found.length + " pages";
  }

  function close() {
    list.hidden = true;
    list.textContent = "";
    status.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function move(step) {
    var options = list.children;
    if (!options.length) return;
    if (active >= 0) options[active].setAttribute("aria-selected", "false");
    active = active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length;
    options[active].setAttribute("aria-selected", "true");
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  }

  function go(option) {
    if (option) window.location.href = option.dataset.href;
  }

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-autocomplete", "list");
  input.addEventListener("focus", function () { load(indexUrl); update(); });
  input.addEventListener("input", function () { load(indexUrl); update(); });
  input.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      input.value = "";
      close();
    }
  });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    go(list.children[Math.max(active, 0)]);
  });
  list.addEventListener("mousedown", function (event) { event.preventDefault(); });
  list.addEventListener("click", function (event) { go(event.target.closest("[role=option]")); });
  input.addEventListener("blur", function () {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  });
  document.addEventListener("keydown", function (event) {
    var inField = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
  var asking = new URLSearchParams(window.location.search).get("q");
  if (asking) {
    input.value = asking;
    input.focus();
  }
})();
