// What a live chart answers: a mark shows its numbers and leads to its samples, and a level that is held is set off in
// every figure of the page. A mark has `behind`: the samples it counts, as a level by column.
(function () {
  "use strict";
  var NAME = "hold", live = [], held = read();

  function read() {
    var said = new URLSearchParams(location.search).get(NAME), cut = said ? said.indexOf("=") : -1;
    return cut > 0 ? { by: said.slice(0, cut), is: said.slice(cut + 1) } : {};
  }

  // Whether a mark stays as it is: marks without the held column are not about it, and are left alone.
  function kept(level) {
    return "(!" + level + ".by || !isValid(datum.behind[" + level + ".by]) || datum.behind[" + level + ".by] === " + level + ".is)";
  }

  // The chart with two parameters, what is held and what is pointed at, on which the strength of its marks depends.
  llmx.answering = function (spec) {
    var test = "!isObject(datum.behind) || (" + kept("held") + " && " + kept("near") + ")";
    (spec.layer || [spec]).forEach(function (layer) {
      if (!layer.encoding || layer.encoding.opacity) return;
      var mark = layer.mark || {}, full = mark.opacity === undefined ? 1 : mark.opacity;
      layer.encoding.opacity = { condition: { test: test, value: full }, value: full * 0.2 };
    });
    spec.params = (spec.params || []).concat({ name: "held", value: held }, { name: "near", value: {} });
    return spec;
  };

  // The column that pointing follows: models where there are several, else the first that varies.
  function followed(rows) {
    var levels = {};
    rows.forEach(function (row) {
      Object.keys(row.behind || {}).forEach(function (by) { (levels[by] = levels[by] || {})[row.behind[by]] = true; });
    });
    var several = Object.keys(levels).filter(function (by) { return Object.keys(levels[by]).length > 1; });
    return several.indexOf("model") >= 0 ? "model" : several[0];
  }

  function set(view, name, level) { view.signal(name, level || {}).runAsync(); }

  function hold(level, quiet) {
    held = level;
    live.forEach(function (one) { set(one.view, "held", level); one.told(); });
    if (quiet) return;
    var address = new URL(location.href);
    address.searchParams.delete(NAME);
    if (level.by) address.searchParams.set(NAME, level.by + "=" + level.is);
    history.pushState(null, "", address.href);
  }
  addEventListener("popstate", function () { hold(read(), true); });

  function element(kind, text, parent) {
    var node = document.createElement(kind);
    if (text) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  }

  // What a level is called: a suite's title, a number with its column.
  function called(figure, by, is) { return (figure.called && figure.called[by] && figure.called[by][is]) || is; }

  // A button for each level of the column that pointing follows: a second press lets it go. More than eight are no legend.
  function legend(by, figure) {
    var rows = figure.data.table, box = element("div"), names = {};
    box.className = "mark-levels";
    rows.forEach(function (row) { if (by && row.behind && row.behind[by]) names[row.behind[by]] = true; });
    names = Object.keys(names);
    if (names.length > 8) return box;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Highlight by " + by);
    names.forEach(function (name) {
      var button = element("button", called(figure, by, name), box);
      button.type = "button";
      button.value = name;
      button.addEventListener("click", function () { hold(held.by === by && held.is === name ? {} : { by: by, is: name }); });
    });
    return box;
  }

  // The address of a mark's samples; none where the samples' page does not know a column, and would show others too.
  function samplesOf(frame, figure, behind) {
    var query = new URLSearchParams(), named = Object.keys(behind);
    function known(by) { return figure.asks.indexOf(by) >= 0; }
    if (!named.every(known) || !figure.among.every(function (pair) { return known(pair[0]); })) return null;
    figure.among.forEach(function (pair) { if (named.indexOf(pair[0]) < 0) query.append(pair[0], pair[1]); });
    named.forEach(function (by) { query.append(by, behind[by]); });
    return frame.dataset.samples + "?" + query;
  }

  // One mark for each set of samples, in the order of drawing: lines and areas are left to their points.
  function marksOf(holder) {
    var seen = {}, found = [];
    Array.prototype.forEach.call(holder.querySelectorAll(".role-mark:not(.mark-line):not(.mark-area) > *"), function (node) {
      var item = node.__data__, datum = item && item.datum;
      if (!datum || !datum.behind || !item.tooltip || seen[JSON.stringify(datum.behind)]) return;
      seen[JSON.stringify(datum.behind)] = true;
      found.push({ node: node, item: item });
    });
    return found;
  }

  llmx.answer = function (frame, holder, view, figure) {
    if (!figure.data.table.some(function (row) { return row.behind; })) return;
    var by = followed(figure.data.table), at = -1, shown = null;
    var hint = element("p", "Choose a mark for its numbers and samples; with the keyboard, by arrows and Enter.");
    var card = element("div"), ring = element("span", "", holder), told = element("p");
    hint.className = "frame-foot";
    card.className = "mark-card";
    ring.className = "mark-ring";
    told.className = "mark-held";
    ring.hidden = card.hidden = true;
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", "Chosen mark");
    card.setAttribute("aria-live", "polite");
    var choice = legend(by, figure);
    frame.querySelector(".frame-chart").after(choice, told, card, hint);
    holder.tabIndex = 0;
    holder.setAttribute("role", "application");
    holder.setAttribute("aria-roledescription", "chart");

    function show(item, node) {
      var behind = item.datum.behind, list = element("dl");
      shown = behind;
      card.textContent = "";
      Object.keys(item.tooltip || {}).forEach(function (name) {
        var pair = element("div", "", list);
        element("dt", name, pair);
        element("dd", String(item.tooltip[name]), pair);
      });
      card.appendChild(list);
      var row = element("p", "", card), address = samplesOf(frame, figure, behind);
      if (address) element("a", "Samples behind it", row).href = address;
      Object.keys(behind).forEach(function (name) {
        var button = element("button", "Highlight " + called(figure, name, behind[name]), row);
        button.type = "button";
        button.addEventListener("click", function () { hold({ by: name, is: behind[name] }); });
      });
      var close = element("button", "Close", row);
      close.type = "button";
      close.addEventListener("click", function () { hide(); holder.focus(); });
      card.hidden = ring.hidden = false;
      var box = node.getBoundingClientRect(), around = holder.getBoundingClientRect();
      ring.style.cssText = "left:" + (box.left - around.left - 3) + "px;top:" + (box.top - around.top - 3) + "px;width:" + (box.width + 6) + "px;height:" + (box.height + 6) + "px";
    }
    function hide() { card.hidden = ring.hidden = true; shown = null; }

    view.addEventListener("click", function (event, item) {
      if (!item || !item.datum || !item.datum.behind) return;
      var all = marksOf(holder), same = JSON.stringify(item.datum.behind);
      at = all.findIndex(function (mark) { return JSON.stringify(mark.item.datum.behind) === same; });
      if (at >= 0) show(all[at].item, all[at].node);
    });
    view.addEventListener("mouseover", function (event, item) {
      var behind = item && item.datum && item.datum.behind;
      if (by && behind && behind[by]) set(view, "near", { by: by, is: behind[by] });
    });
    view.addEventListener("mouseout", function () { set(view, "near"); });
    holder.addEventListener("keydown", function (event) {
      if (event.target !== holder) return;
      var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], all = marksOf(holder);
      if (event.key === "Escape") return hide();
      if (event.key === "Enter" && shown) { event.preventDefault(); return card.querySelector("a, button").focus(); }
      if (event.key === "Home" || event.key === "End") { at = event.key === "Home" ? 0 : all.length - 1; step = 0; }
      if (step === undefined || !all.length) return;
      event.preventDefault();
      at = at < 0 ? 0 : (at + step + all.length) % all.length;
      show(all[at].item, all[at].node);
    });

    var one = { view: view, told: function () {
      Array.prototype.forEach.call(choice.children, function (button) {
        button.setAttribute("aria-pressed", held.by === by && held.is === button.value);
      });
      told.textContent = "";
      told.hidden = !held.by;
      if (!held.by) return;
      element("span", "Highlighted: " + called(figure, held.by, held.is) + " ", told);
      var reset = element("button", "Reset", told);
      reset.type = "button";
      reset.addEventListener("click", function () { hold({}); holder.focus({ preventScroll: true }); });
    } };
    live.push(one);
    one.told();
  };
})();
