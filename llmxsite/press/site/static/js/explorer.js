// The sample explorer: one list over all samples of a study, the sample read beside it, two conditions side by side.
// What is shown stands in the address. Keys: j and k or the arrows go on and back, / searches, Escape closes.
(function () {
  "use strict";
  var box = document.querySelector("[data-explorer]");
  if (!box) return;
  var ROW = 46, AHEAD = 8;
  var at = function (name) { return box.querySelector("[data-" + name + "]"); };
  var list = at("list"), space = list.firstElementChild, one = at("one"), found = at("found"), query = at("query"), full = at("full");
  var store = null, rows = [], texts = null, search = 0, view = read();

  // Of each run its columns, then the items that it names.
  function load() {
    var runs = Array.prototype.slice.call(document.querySelectorAll("[data-index]")), root = box.dataset.root;
    return runs.reduce(function (before, link) {
      return before.then(function (parts) {
        found.textContent = "Reading the samples of run " + (parts.length + 1) + " of " + runs.length + " …";
        return llmx.load(link.dataset.index).then(function (part) {
          part.pages = link.getAttribute("href").replace(/001\.html$/, "");
          return llmx.load(root + part.items).then(function (columns) { part.items = columns; parts.push(part); return parts; });
        });
      });
    }, Promise.resolve([]));
  }

  // The address: repeated names are alternatives of a facet.
  function read() {
    var words = location.search.slice(1) || location.hash.replace(/^#\??/, ""), given = new URLSearchParams(words), chosen = {};
    var own = { q: "", full: "", sort: "", open: "", a: "", b: "", flip: "" };
    given.forEach(function (value, name) { if (name in own) own[name] = value; else (chosen[name] = chosen[name] || []).push(value); });
    own.chosen = chosen;
    return own;
  }
  function write(entry) {
    var words = new URLSearchParams();
    Object.keys(view.chosen).forEach(function (name) { view.chosen[name].forEach(function (value) { words.append(name, value); }); });
    ["q", "full", "sort", "a", "b", "flip", "open"].forEach(function (name) { if (view[name]) words.set(name, view[name]); });
    var text = words.toString(), address = location.pathname + (text ? "?" + text : "");
    try { history[entry ? "pushState" : "replaceState"](null, "", address); } catch (error) { location.replace("#?" + text); }
  }

  // What is chosen: outcomes as chips, the other facets as lists.
  function controls(counts) {
    var chips = at("outcomes"), lists = at("facets"), shown = 0;
    chips.textContent = lists.textContent = "";
    store.facets.forEach(function (facet, number) {
      var chosen = view.chosen[facet.name] || [];
      if (facet.name === "verdict") {
        facet.values.forEach(function (value, place) {
          if (!counts[number][place] && chosen.indexOf(value) < 0) return;
          var label = make("label", "", chips), input = make("input", "", label);
          input.type = "checkbox";
          input.checked = chosen.indexOf(value) >= 0;
          make("span", "chip " + value, label).textContent = llmx.STATE_WORDS(value);
          make("span", "n", label).textContent = counts[number][place].toLocaleString("en");
          input.addEventListener("change", function () { choose("verdict", input.checked ? chosen.concat(value) : chosen.filter(function (v) { return v !== value; })); });
        });
        return;
      }
      if (facet.values.length > 400 && !chosen.length) return;
      shown++;
      var holder = make("label", "", lists), name = make("span", "", holder), select = make("select", "", holder);
      name.textContent = facet.title.charAt(0).toUpperCase() + facet.title.slice(1);
      option(select, "", "all", !chosen.length);
      if (chosen.length > 1) option(select, "\u0000", chosen.join(" or "), true);
      facet.values.map(function (value, place) { return [value, counts[number][place]]; }).sort(function (x, y) { return x[0].localeCompare(y[0], "en", { numeric: true }); }).forEach(function (pair) {
        if (pair[1] || chosen.indexOf(pair[0]) >= 0) option(select, pair[0], (pair[0] || "none") + " (" + pair[1].toLocaleString("en") + ")", chosen.length === 1 && chosen[0] === pair[0]);
      });
      select.dataset.facet = facet.name;
      select.addEventListener("change", function () { if (select.value !== "\u0000") choose(facet.name, select.selectedIndex ? [select.value] : []); });
    });
    at("sort").value = view.sort;
    query.value = view.q;
    full.checked = Boolean(view.full);
    at("flip").value = view.flip;
    at("flip").disabled = !paired();
    box.classList.toggle("paired", paired());
  }
  function choose(name, values) {
    if (values.length) view.chosen[name] = values; else delete view.chosen[name];
    view.open = "";
    write(true);
    show();
    var again = box.querySelector('[data-facet="' + name + '"]');
    if (again) again.focus();
  }
  function sides() { return [store.named(view.a, view.chosen.report), store.named(view.b, view.chosen.report)]; }
  function paired() { var both = sides(); return both[0] >= 0 && both[1] >= 0 && both[0] !== both[1]; }

  function conditions() {
    ["a", "b"].forEach(function (side) {
      var select = at(side);
      option(select, "", "nothing", !view[side]);
      var chosen = store.named(view[side], view.chosen.report);
      store.groups.forEach(function (_, number) { option(select, store.name(number), store.words(number), number === chosen); });
      select.addEventListener("change", function () { view[side] = select.value; view.open = ""; write(true); show(); });
    });
  }

  // The list: rows are samples, or pairs of samples. Only those in sight are in the page.
  function show() {
    if (view.q && view.full && !texts) return look();
    var result = store.find(view.chosen, view.q, view.full ? texts : null), shown = result.rows;
    if (paired()) {
      var inside = new Set(shown), both = sides();
      rows = store.pairs(both[0], both[1]).filter(function (pair) { return (inside.has(pair[0]) || inside.has(pair[1])) && flipped(pair); });
      found.textContent = rows.length.toLocaleString("en") + (rows.length === 1 ? " item" : " items") + " asked under both";
    } else {
      rows = store.sort(shown, view.sort);
      found.textContent = rows.length.toLocaleString("en") + " of " + store.total.toLocaleString("en") + (store.total === 1 ? " sample" : " samples") + (rows.length ? "" : ": choose less");
    }
    controls(result.counts);
    space.style.height = rows.length * ROW + "px";
    list.setAttribute("aria-label", found.textContent);
    list.scrollTop = 0;
    var place = view.open ? rows.findIndex(function (entry) { return [].concat(entry).some(function (row) { return store.key(row) === view.open; }); }) : -1;
    if (view.open && place < 0) { var row = store.rowOf(view.open); if (row >= 0 && !paired()) { rows.unshift(row); place = 0; space.style.height = rows.length * ROW + "px"; } }
    draw();
    if (place >= 0) select(place, false);
    else if (innerWidth >= 736 && rows.length) select(0, false, true);
    else { one.textContent = ""; box.classList.remove("reading"); }
  }
  function flipped(pair) {
    var left = store.state[pair[0]] === 0, right = store.state[pair[1]] === 0;
    return !view.flip || (view.flip === "any" ? left !== right : view.flip === "lost" ? left && !right : !left && right);
  }

  function draw() {
    var first = Math.max(0, Math.floor(list.scrollTop / ROW) - AHEAD), last = Math.min(rows.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + AHEAD);
    space.textContent = "";
    for (var place = first; place < last; place++) space.appendChild(line(place));
  }
  function line(place) {
    var entry = [].concat(rows[place]), row = entry[0], item = store.items.values[store.item[row]], node = make("div", "ex-row");
    node.id = "row-" + place;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", place === selected);
    node.setAttribute("aria-setsize", rows.length);
    node.setAttribute("aria-posinset", place + 1);
    node.style.top = place * ROW + "px";
    var chips = make("span", "chips", node);
    entry.forEach(function (each) { var verdict = store.verdict(each); make("span", "chip " + verdict.state, chips).textContent = verdict.words; });
    make("span", "ex-q", node).textContent = item[4] || item[1];
    var said = entry.length > 1 ? [item[1], answer(entry[0]) + " | " + answer(entry[1])] : [item[1], answer(row), short(row)];
    make("span", "ex-u", node).textContent = said.filter(Boolean).join(" · ");
    node.addEventListener("click", function () { select(place, true); });
    return node;
  }
  function answer(row) {
    var pair = store.answers.values[store.answer[row]], sure = store.confidence[row];
    return (pair[0] || "–") + (pair[1] && pair[1] !== pair[0] ? ", expected " + pair[1] : "") + (sure >= 0 ? " · " + Math.round(sure / 10) + "%" : "");
  }
  function short(row) { return store.words(store.group[store.condition[row]]).split(" · ")[0]; }

  // The sample read: its article as its own page has it, or two with the words that differ.
  var selected = -1, turn = 0;
  function select(place, entry, quiet) {
    selected = Math.max(0, Math.min(place, rows.length - 1));
    var both = [].concat(rows[selected]), now = ++turn;
    var top = selected * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    draw();
    list.setAttribute("aria-activedescendant", "row-" + selected);
    if (!quiet) { view.open = store.key(both[0]); write(entry); box.classList.add("reading"); }
    Promise.all(both.map(article)).then(function (articles) {
      if (now !== turn) return;
      one.textContent = "";
      one.scrollTop = 0;
      one.appendChild(bar());
      var holder = make("div", both.length > 1 ? "ex-two" : "", one);
      articles.forEach(function (node, side) { if (both.length > 1) { var head = make("p", "ex-side"); head.textContent = store.words(sides()[side]); node.prepend(head); } holder.appendChild(node); });
      if (both.length > 1) {
        var replies = articles.map(function (node) { var all = node.querySelectorAll(".reply pre"); return all[all.length - 1]; });
        if (replies[0] && replies[1]) llmx.texts.diff(replies[0], replies[1]);
      }
    }).catch(function () {
      if (now !== turn) return;
      one.textContent = "";
      var words = make("p", "missing", one), link = make("a", "", words);
      link.href = page(both[0]) + "#s-" + store.key(both[0]);
      link.textContent = "This sample is on a page of its own.";
    });
  }
  function bar() {
    var holder = make("p", "ex-steps");
    [["List", "back", function () { box.classList.remove("reading"); view.open = ""; write(false); list.focus(); }], ["Previous", "", function () { select(selected - 1, false); }], ["Next", "", function () { select(selected + 1, false); }]].forEach(function (step) {
      var button = make("button", "button " + step[1], holder);
      button.type = "button";
      button.textContent = step[0];
      button.addEventListener("click", step[2]);
    });
    make("span", "n", holder).textContent = (selected + 1).toLocaleString("en") + " of " + rows.length.toLocaleString("en");
    return holder;
  }
  function page(row) { var place = row - store.starts[store.run[row]]; return store.parts[store.run[row]].pages + String(Math.floor(place / box.dataset.per) + 1).padStart(3, "0") + ".html"; }
  function article(row) {
    var place = row - store.starts[store.run[row]];
    return llmx.texts.articles(page(row), [place % box.dataset.per]).then(function (list) {
      var node = make("article", list[0].kind), details = make("div", "ex-body", node);
      details.innerHTML = list[0].html;
      var summary = details.querySelector("summary"), head = make("p", "ex-head");
      Array.prototype.slice.call(summary.childNodes).forEach(function (child) { if (child.className === "chip") child.className += " " + node.className.replace("s ", ""); if (child.className !== "q") head.append(child, " "); });
      var link = make("a", "", head);
      link.href = page(row) + "#s-" + store.key(row);
      link.textContent = "its page";
      summary.replaceWith(head);
      Array.prototype.forEach.call(details.querySelectorAll("[id]"), function (part) { part.removeAttribute("id"); });
      return node;
    });
  }

  // Words in all texts: page by page, and what is found is shown as far as it is.
  function look() {
    var now = ++search, words = view.q, wanted = store.find(view.chosen, "", null).rows, pages = new Map();
    wanted.forEach(function (row) { var address = page(row); (pages.get(address) || pages.set(address, []).get(address)).push(row); });
    var left = Array.from(pages), done = 0;
    texts = new Set();
    at("stop").hidden = false;
    function step() {
      if (now !== search || !left.length) return Promise.resolve();
      var next = left.shift(), start = store.starts[store.run[next[1][0]]], first = Math.floor((next[1][0] - start) / box.dataset.per) * box.dataset.per;
      return llmx.texts.find(next[0], words).then(function (places) {
        if (now !== search) return;
        places.forEach(function (place) { texts.add(start + first + place); });
      }).catch(function () { /* its samples stay unfound; the count of pages says so */ done--; }).then(function () {
        done++;
        if (now === search) at("progress").textContent = done.toLocaleString("en") + " of " + pages.size.toLocaleString("en") + " pages read";
        return step();
      });
    }
    Promise.all([step(), step()]).then(function () { if (now === search) { at("stop").hidden = true; show(); } });
    show();
  }

  function make(tag, name, parent) { var node = document.createElement(tag); if (name) node.className = name; if (parent) parent.appendChild(node); return node; }
  function option(select, value, words, chosen) { var node = make("option", "", select); node.value = value; node.textContent = words; node.selected = chosen; }

  var typing;
  function asked(entry) { texts = null; search++; at("stop").hidden = true; at("progress").textContent = ""; view.q = query.value.trim(); view.full = full.checked ? "1" : ""; view.open = ""; write(entry); show(); }
  query.addEventListener("input", function () { clearTimeout(typing); typing = setTimeout(asked, full.checked ? 400 : 60); });
  full.addEventListener("change", function () { asked(true); });
  at("stop").addEventListener("click", function () { search++; at("stop").hidden = true; });
  at("sort").addEventListener("change", function () { view.sort = at("sort").value; view.open = ""; write(true); show(); });
  at("flip").addEventListener("change", function () { view.flip = at("flip").value; view.open = ""; write(true); show(); });
  at("surest").addEventListener("click", function () { view.chosen.verdict = ["wrong"]; view.sort = "-confidence"; view.open = ""; write(true); show(); });
  at("reset").addEventListener("click", function () { view = { q: "", full: "", sort: "", open: "", a: "", b: "", flip: "", chosen: {} }; texts = null; search++; at("a").value = at("b").value = ""; write(true); show(); });
  list.addEventListener("scroll", function () { requestAnimationFrame(draw); });
  addEventListener("resize", function () { if (store) draw(); });
  addEventListener("popstate", function () { if (!store) return; view = read(); texts = null; sides().forEach(function (group, side) { at(side ? "b" : "a").value = group < 0 ? "" : store.name(group); }); show(); });
  addEventListener("keydown", function (event) {
    if (!store || event.ctrlKey || event.metaKey || event.altKey) return;
    var field = event.target.closest("input, select, textarea"), listed = event.target === list;
    if (event.key === "Escape") { box.classList.remove("reading"); list.focus(); return; }
    if (field) return;
    var step = { j: 1, k: -1 }[event.key] || (listed || event.target.closest("[data-one]") ? { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key] : 0);
    if (listed && event.key === "Home") step = -selected;
    if (listed && event.key === "End") step = rows.length - 1 - selected;
    if (step && rows.length) { event.preventDefault(); select(selected + step, false); }
    if (event.key === "/") { event.preventDefault(); query.focus(); }
    if (listed && event.key === "Enter" && rows.length) { select(Math.max(selected, 0), true); one.focus(); }
  });

  // On a phone the filters wait until they are asked for.
  if (innerWidth < 736) at("more").open = false;

  load().then(function (parts) {
    store = new llmx.SampleStore(parts);
    conditions();
    show();
    box.classList.add("ready");
  }).catch(function (error) {
    found.textContent = "The samples could not be read (" + error.message + "). Every one of them is on the pages below.";
  });
})();
