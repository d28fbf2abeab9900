// Any two conditions of a report: to the page that compares them, or to their samples side by side.
(function () {
  "use strict";
  var form = document.querySelector("[data-chooser]");
  if (!form) return;
  var reports = JSON.parse(form.dataset.chooser), explorer = form.dataset.explorer;
  var report = form.querySelector("[data-report]"), said = form.querySelector("[data-said]"), go = form.querySelector("button");
  var sides = [form.querySelector("[data-a]"), form.querySelector("[data-b]")];

  function option(parent, value, words) {
    var node = document.createElement("option");
    node.value = value;
    node.textContent = words;
    parent.appendChild(node);
  }

  function fill() {
    var chosen = reports[report.value];
    sides.forEach(function (select, side) {
      select.textContent = "";
      chosen.groups.forEach(function (group) {
        var part = document.createElement("optgroup");
        part.label = group[0];
        group[1].forEach(function (one) { option(part, one[0], one[1]); });
        select.appendChild(part);
      });
      select.selectedIndex = side;
    });
    say();
  }

  function condition(select) {
    var found = "";
    reports[report.value].groups.forEach(function (group) { group[1].forEach(function (one) { if (one[0] === select.value) found = one[2]; }); });
    return found;
  }

  function target() {
    var chosen = reports[report.value], a = sides[0].value, b = sides[1].value;
    if (a === b) return null;
    if (chosen.pages[a + "|" + b]) return chosen.pages[a + "|" + b];
    if (!explorer) return null;
    return explorer + "?report=" + encodeURIComponent(chosen.report) + "&a=" + encodeURIComponent(condition(sides[0])) + "&b=" + encodeURIComponent(condition(sides[1]));
  }

  function say() {
    var to = target(), page = to && reports[report.value].pages[sides[0].value + "|" + sides[1].value];
    go.disabled = !to;
    said.textContent = sides[0].value === sides[1].value ? "Choose two that differ." : page ? "They have a page: difference, flips, replies." : to ? "Opens their samples side by side." : "These two have no page.";
  }

  reports.forEach(function (one, number) { option(report, String(number), one.title); });
  report.addEventListener("change", fill);
  sides.forEach(function (select) { select.addEventListener("change", say); });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var to = target();
    if (to) location.href = to;
  });
  fill();
})();
