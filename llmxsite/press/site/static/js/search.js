// Search: makes the form of a page a combobox over the index that search.py builds.
// Classic script, no fetch: works from file://. The index comes when somebody turns to the field, a shard when the first
// letters of a word need it, the words of a page when a match in it is shown. A word that nothing begins with is taken for the
// nearest ones, one letter off or two.
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
  var LIMIT = 12, WHOLE = 4;
  var BEFORE = { Report: 6, Model: 2, Suite: 2, Page: 1.5, Question: 0.8, Figure: 0.6, Run: 0.6 };
  var pages = null, shards = [], places = [], samples = null;
  var loaded = {}, texts = {}, asked = {}, active = -1;

  window.llmxsiteSearch = {
    index: function (data) {
      pages = data.pages;
      shards = data.shards;
      places = data.texts;
      samples = data.samples;
      update();
    },
    shard: function (data) {
      loaded[data[0]] = { terms: data[1], postings: data[2] };
      update();
    },
    texts: function (data) {
      data[1].forEach(function (text, n) { texts[data[0] + n] = text; });
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

  // The shards in which a word may stand: that of its first letter, of a small site all. Null while one is on its way.
  function held(word, every) {
    var letter = Array.from(word)[0];
    var wanted = shards.filter(function (s) { return Array.from(s[0]).indexOf(letter) >= 0 || (every && shards.length <= WHOLE); });
    wanted.forEach(function (s) { if (!loaded[s[0]]) load(folder + s[1]); });
    return wanted.every(function (s) { return loaded[s[0]]; }) ? wanted.map(function (s) { return loaded[s[0]]; }) : null;
  }

  function tally(scores, data, i, near) {
    var rare = Math.log(1 + pages.length / data.postings[i].length);
    data.postings[i].forEach(function (code) {
      var page = code >> 3;
      scores.set(page, Math.max(scores.get(page) || 0, (code & 7) * rare * near));
    });
  }

  // Pages whose terms start with the word, with a score; null while a shard is on its way.
  function find(word) {
    var parts = held(word, false);
    if (!parts) return null;
    var scores = new Map();
    parts.forEach(function (data) {
      var low = 0, high = data.terms.length;
      while (low < high) {
        var middle = (low + high) >> 1;
        if (data.terms[middle] < word) low = middle + 1; else high = middle;
      }
      for (var i = low; i < data.terms.length && data.terms[i].startsWith(word); i++) tally(scores, data, i, data.terms[i] === word ? 2 : 1);
    });
    return scores;
  }

  // Letters to change, add, leave out or swap until `word` is how `term` begins; more than `most` is not counted out.
  function distance(word, term, most) {
    var width = Math.min(term.length, word.length + most), last = null, row = [], before;
    for (var j = 0; j <= width; j++) row[j] = j;
    for (var i = 1; i <= word.length; i++) {
      before = last;
      last = row;
      row = [i];
      var best = i;
      for (j = 1; j <= width; j++) {
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (word[i - 1] === term[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && word[i - 1] === term[j - 2] && word[i - 2] === term[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
        best = Math.min(best, row[j]);
      }
      if (best > most) return most + 1;
    }
    return Math.min.apply(null, row);
  }

  // The terms nearest to a word nobody wrote, best known first; null while a shard is on its way.
  function nearest(word, most) {
    var parts = held(word, true), found = [];
    if (!parts) return null;
    parts.forEach(function (data) {
      data.terms.forEach(function (term, i) {
        if (term.length + most < word.length) return;
        var off = distance(word, term, most);
        if (off <= most) found.push({ term: term, off: off, data: data, at: i, known: data.postings[i].length });
      });
    });
    found.sort(function (a, b) { return a.off - b.off || b.known - a.known || a.term.length - b.term.length; });
    return found.filter(function (f) { return f.off === found[0].off; }).slice(0, 8);
  }

  function forgiven(word) {
    return word.length < 3 ? 0 : word.length < 6 ? 1 : 2;
  }

  // Scores by page, the words that were looked for, and those taken for others; null while a shard is on its way.
  function search(text) {
    var all = null, waiting = false, sought = [], instead = [];
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
      if (found && !found.size && forgiven(word)) {
        var near = nearest(word, forgiven(word));
        if (near === null) waiting = true;
        else if (near.length) {
          near.forEach(function (n) { tally(found, n.data, n.at, 0.7); });
          instead.push([word, near[0].term]);
          near.forEach(function (n) { sought.push(n.term); });
        }
      }
      sought.push(word);
      if (found === null) waiting = true;
      else all = all === null ? found : both(all, found);
    });
    if (waiting) return null;
    var hits = Array.from(all || []).map(function (pair) { return [pair[0], pair[1] * (BEFORE[pages[pair[0]][2]] || 1)]; });
    hits.sort(function (a, b) { return b[1] - a[1] || a[0] - b[0]; });
    return { hits: hits, sought: sought, instead: instead };
  }

  function both(a, b) {
    var kept = new Map();
    a.forEach(function (score, page) {
      if (b.has(page)) kept.set(page, score + b.get(page));
    });
    return kept;
  }

  // Where the words stand in a text: pairs of places, in order. Folding may change lengths, so that letters are folded one by one.
  function matches(text, sought) {
    var letters = Array.from(text), folded = "", from = [], at = 0, found = [];
    letters.forEach(function (letter) {
      var plain = fold(letter);
      for (var i = 0; i < plain.length; i++) from.push([at, at + letter.length]);
      folded += plain;
      at += letter.length;
    });
    sought.forEach(function (word) {
      for (var i = folded.indexOf(word); i >= 0; i = folded.indexOf(word, i + word.length)) {
        if (i === 0 || !/[\p{L}\p{N}]/u.test(folded[i - 1])) found.push([from[i][0], from[i + word.length - 1][1]]);
      }
    });
    return found.sort(function (a, b) { return a[0] - b[0] || b[1] - a[1]; });
  }

  function marked(span, text, sought) {
    var at = 0;
    matches(text, sought).forEach(function (pair) {
      if (pair[0] < at) return;
      span.appendChild(document.createTextNode(text.slice(at, pair[0])));
      span.appendChild(document.createElement("mark")).textContent = text.slice(pair[0], pair[1]);
      at = pair[1];
    });
    span.appendChild(document.createTextNode(text.slice(at)));
  }

  // The words around the first match in a page, none of them cut; its summary where nothing else matches or is there yet.
  function around(number, sought) {
    var page = pages[number], summary = page[3];
    if (page[2] === "Question" || matches(summary, sought).length) return summary;
    if (!(number in texts)) {
      var place = places.filter(function (p) { return p[0] <= number; }).pop();
      if (place) load(folder + place[1]);
      return summary;
    }
    var text = texts[number], first = matches(text, sought)[0];
    if (!first) return summary;
    var low = text.lastIndexOf(" ", Math.max(0, first[0] - 60)) + 1, high = text.indexOf(" ", Math.min(text.length, first[1] + 90));
    if (first[0] < 60) low = 0;
    return (low ? "… " : "") + text.slice(low, high < 0 ? text.length : high) + (high < 0 ? "" : " …");
  }

  function option(parts, sought, act) {
    var node = document.createElement("li");
    node.id = "search-result-" + list.children.length;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", "false");
    parts.forEach(function (part) {
      if (!part[1]) return;
      var span = document.createElement("span");
      span.className = part[0];
      marked(span, part[1], part[0] === "search-kind" ? [] : sought);
      node.appendChild(span);
      node.appendChild(document.createTextNode(" "));
    });
    node.act = act;
    list.appendChild(node);
    return node;
  }

  function to(address) {
    return function () { window.location.href = address; };
  }

  function retype(words) {
    return function () { input.value = words; input.focus(); update(); };
  }

  function update() {
    var text = input.value.trim();
    if (!text || !pages) {
      close();
      return;
    }
    var found = search(text);
    if (found === null) return;
    var was = active >= 0 && list.children[active] ? list.children[active].textContent : null, hits = found.hits;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.textContent = "";
    hits.slice(0, LIMIT).forEach(function (hit) {
      var page = pages[hit[0]];
      option([["search-kind", page[2]], ["search-title", page[0]], ["search-summary", around(hit[0], found.sought)]], found.sought, to(root + page[1]));
    });
    if (!hits.length) suggest(text);
    if (samples) option([["search-kind", "Samples"], ["search-title", "Search all questions and replies for “" + text + "”"]], [], to(root + samples + "?full=1&q=" + encodeURIComponent(text)));
    list.hidden = !list.children.length || (document.activeElement !== input && !form.closest(".search-page"));
    input.setAttribute("aria-expanded", String(!list.hidden));
    var taken = found.instead.map(function (pair) { return "“" + pair[1] + "”"; }).join(", ");
    status.textContent = (!hits.length ? "No page has all of these words."
      : hits.length === 1 ? "1 page" : hits.length > LIMIT ? hits.length + " pages, the first " + LIMIT + " shown"
      : hits.length + " pages") + (taken && hits.length ? ". Showing results for " + taken + "." : "");
    form.classList.toggle("noted", !hits.length || Boolean(taken));
    Array.prototype.forEach.call(list.children, function (node, n) { if (was !== null && node.textContent === was) select(n); });
  }

  // Where nothing was found: the words alone, those that are nearest, and the reports there are.
  function suggest(text) {
    var typed = words(text), offered = {};
    var offer = function (kind, words) {
      if (words !== text && !offered[words]) option([["search-kind", kind], ["search-title", words]], [], retype(words));
      offered[words] = true;
    };
    if (typed.length > 1) typed.forEach(function (word) { var one = find(word); if (one && one.size) offer("Only", word); });
    typed.forEach(function (word) {
      var near = word.length > 2 ? nearest(word, forgiven(word) + 1) : [];
      (near || []).slice(0, 3).forEach(function (n) { offer("Perhaps", n.term); });
    });
    pages.filter(function (page) { return page[2] === "Report"; }).slice(0, 4).forEach(function (page) {
      option([["search-kind", "Report"], ["search-title", page[0]]], [], to(root + page[1]));
    });
  }

  function close() {
    list.hidden = true;
    list.textContent = "";
    status.textContent = "";
    form.classList.remove("noted");
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function select(n) {
    if (active >= 0 && list.children[active]) list.children[active].setAttribute("aria-selected", "false");
    active = n;
    list.children[n].setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", list.children[n].id);
  }

  function move(step) {
    var count = list.children.length;
    if (!count) return;
    select(active < 0 && step < 0 ? count - 1 : (active + step + count) % count);
    list.children[active].scrollIntoView({ block: "nearest" });
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
    var chosen = list.children[Math.max(active, 0)];
    if (chosen) chosen.act();
  });
  list.addEventListener("mousedown", function (event) { event.preventDefault(); });
  list.addEventListener("click", function (event) {
    var chosen = event.target.closest("[role=option]");
    if (chosen) chosen.act();
  });
  input.addEventListener("blur", function () {
    if (form.closest(".search-page")) return;
    list.hidden = true;
    form.classList.remove("noted");
    input.setAttribute("aria-expanded", "false");
  });
  document.addEventListener("keydown", function (event) {
    var inField = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
  var asking = form.closest(".search-page") ? new URLSearchParams(window.location.search).get("q") : null;
  if (asking) {
    input.value = asking;
    input.focus();
  }
  if (document.activeElement === input) {
    load(indexUrl);
    update();
  }
})();
