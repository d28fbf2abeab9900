// Tables that are laid out: a narrow screen shows a row in two lines, which stays a row for those who listen. They can be sorted by any column: by its numbers where it has some, else by its words. A third time restores.
(function () {
  "use strict";
  Array.prototype.forEach.call(document.querySelectorAll("table[data-ruled]"), function (table) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    if (matchMedia("(max-width: 35rem)").matches) roles(table);
    if (rows.length < 3) return;
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, place) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () { sort(head, place); });
    });

    function sort(head, place) {
      var was = head.getAttribute("aria-sort");
      var numbers = rows.every(function (row) { return value(row, place) !== null || !words(row, place).replace(/[–-]/g, ""); });
      var first = numbers ? "descending" : "ascending", second = numbers ? "ascending" : "descending";
      var next = was === null ? first : was === first ? second : null;
      Array.prototype.forEach.call(head.parentNode.cells, function (cell) { cell.removeAttribute("aria-sort"); });
      var order = rows.slice();
      if (next) {
        head.setAttribute("aria-sort", next);
        table.setAttribute("data-sorted", "");
        var sign = next === "ascending" ? 1 : -1;
        order.sort(function (a, b) {
          if (!numbers) return sign * words(a, place).localeCompare(words(b, place), undefined, { numeric: true });
          var x = value(a, place), y = value(b, place);
          if (x === null || y === null) return (x === null) - (y === null);  // what is missing stays last
          return sign * (x - y);
        });
      } else table.removeAttribute("data-sorted");
      order.forEach(function (row) { body.appendChild(row); });
    }
  });

  function roles(table) {
    var say = function (nodes, role) { Array.prototype.forEach.call(nodes, function (node) { node.setAttribute("role", role); }); };
    say([table], "table");
    say(table.querySelectorAll("thead, tbody"), "rowgroup");
    say(table.querySelectorAll("tr"), "row");
    say(table.querySelectorAll("thead th"), "columnheader");
    say(table.querySelectorAll("tbody th"), "rowheader");
    say(table.querySelectorAll("td"), "cell");
  }

  function words(row, place) { return row.cells[place].textContent.trim(); }

  // The number a cell begins with, as it is written: 62.0%, −3.1, 1,200, 4.2 s beside 212 ms, < 0.001.
  function value(row, place) {
    var cell = row.cells[place], bold = cell.querySelector(".mark b");
    var text = (bold || cell).textContent.trim().replace(/−/g, "-").replace(/,(?=\d{3})/g, "");
    var found = /^[<+ ]*(-?\d+(?:\.\d+)?)\s*(s\b|min\b)?/.exec(text);
    if (!found) return null;
    return parseFloat(found[1]) * (found[2] === "s" ? 1000 : found[2] === "min" ? 60000 : 1);
  }
})();
