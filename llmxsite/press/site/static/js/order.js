// The items of a suite in another order: by how hard they were, or by how well they tell models apart. Unmeasured ones stay last.
(function () {
  "use strict";
  var choice = document.querySelector("[data-items]");
  if (!choice) return;
  var list = document.querySelector(".items");

  choice.addEventListener("change", function () {
    var down = choice.value.charAt(0) === "-", by = choice.value.replace("-", "");
    var entries = Array.prototype.slice.call(list.children);
    entries.sort(function (a, b) {
      var x = a.dataset[by], y = b.dataset[by];
      if (x === undefined || y === undefined || x === y) return (x === undefined) - (y === undefined) || a.dataset.order - b.dataset.order;
      return down ? y - x : x - y;
    });
    entries.forEach(function (entry) { list.appendChild(entry); });
  });
})();
