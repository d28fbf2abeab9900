// A run's samples: find among all of them by what became of them and by words. The index comes when it is first wanted.
(function () {
  "use strict";
  var box = document.querySelector("[data-samples]");
  if (!box) return;
  var STATES = ["right", "wrong", "unparsed", "truncated", "error", "unscored", "judge"];
  var PAGE = 50, per = Number(box.dataset.per), all = null, shown = 0, found = [];
  var table = box.querySelector("tbody"), note = box.querySelector("[data-found]"), more = box.querySelector("[data-more]");
  var query = box.querySelector("input[type=search]");

  llmx.samples = function (rows) { all = rows.map(function (row, index) { row.place = index; return row; }); find(); };

  function load() {
    if (all) return find();
    var node = document.createElement("script");
    node.src = box.dataset.samples;
    document.head.appendChild(node);
  }

  function find() {
    box.querySelector(".found").hidden = false;
    document.querySelector(".first-samples").hidden = true;
    var chosen = box.querySelector("input[type=radio]:checked");
    var kind = chosen ? STATES.indexOf(chosen.value) : -1;
    var words = query.value.trim().toLowerCase();
    found = all.filter(function (row) {
      return (kind < 0 || row[0] === kind) && (!words || (row[2] + " " + row[3] + " " + row[4]).toLowerCase().indexOf(words) >= 0);
    });
    table.textContent = "";
    shown = 0;
    note.textContent = found.length.toLocaleString("en") + (found.length === 1 ? " sample" : " samples");
    grow();
  }

  function cell(row, text, tag) { var node = document.createElement(tag || "td"); node.textContent = text; row.appendChild(node); return node; }

  function grow() {
    found.slice(shown, shown + PAGE).forEach(function (row) {
      var line = document.createElement("tr");
      var chip = document.createElement("span");
      chip.className = "chip " + STATES[row[0]];
      chip.textContent = { unscored: "not scored", judge: "judges" }[STATES[row[0]]] || STATES[row[0]];
      cell(line, "").appendChild(chip);
      var link = document.createElement("a");
      link.href = "samples-" + String(Math.floor(row.place / per) + 1).padStart(3, "0") + ".html#s-" + row[1];
      link.textContent = row[2];
      var head = cell(line, "", "th");
      head.scope = "row";
      head.appendChild(link);
      cell(line, row[3]);
      cell(line, row[4] || "–");
      cell(line, row[5] || "–");
      cell(line, row[6] === null ? "–" : row[6] + "%").className = "num";
      table.appendChild(line);
    });
    shown = Math.min(shown + PAGE, found.length);
    more.hidden = shown >= found.length;
  }

  box.querySelectorAll("input[type=radio]").forEach(function (input) { input.addEventListener("change", load); });
  query.addEventListener("input", load);
  more.addEventListener("click", function () { if (all) grow(); else load(); });
})();
