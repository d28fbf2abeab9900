// The samples' texts, taken from the pages that hold them; those pages are opened out of sight, a few at a time.
(function () {
  "use strict";
  var KEPT = 6, opened = new Map(), asked = new Map(), next = 0;

  addEventListener("message", function (event) {
    var told = event.data;
    if (!told || told.to !== "explorer") return;
    opened.forEach(function (page) { if (told.ready && event.source === page.frame.contentWindow) page.ready(); });
    var waiting = asked.get(told.ask);
    if (waiting && waiting.page.frame.contentWindow === event.source) { asked.delete(told.ask); waiting.tell(told.found); }
  });

  function open(address) {
    var page = opened.get(address);
    if (page) { opened.delete(address); opened.set(address, page); return page; }
    page = { frame: document.createElement("iframe"), uses: 0 };
    page.loaded = new Promise(function (ready, failed) {
      page.ready = ready;
      page.frame.addEventListener("error", failed);
      // A page that loaded and says nothing is none of ours: a 404, or a page of another build.
      page.frame.addEventListener("load", function () { setTimeout(function () { failed(new Error(address)); }, 1500); });
    });
    page.frame.hidden = true;
    page.frame.title = "samples";
    page.frame.src = address;
    document.body.appendChild(page.frame);
    opened.set(address, page);
    opened.forEach(function (old, name) { if (opened.size > KEPT && old !== page && !old.uses) { old.frame.remove(); opened.delete(name); } });
    return page;
  }

  function ask(address, question) {
    var page = open(address);
    page.uses++;
    return page.loaded.then(function () {
      return new Promise(function (tell) {
        var number = ++next;
        asked.set(number, { page: page, tell: tell });
        page.frame.contentWindow.postMessage(Object.assign({ to: "sheet", ask: number }, question), "*");
      });
    }).finally(function () { page.uses--; });
  }

  var WORD = /[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu, MOST = 1500;

  // The words of both that differ, as ranges of characters: what stands in `del` on one side and `ins` on the other.
  function parted(left, right) {
    var a = Array.from(left.matchAll(WORD)), b = Array.from(right.matchAll(WORD)), start = 0, end = 0;
    while (start < a.length && start < b.length && a[start][0] === b[start][0]) start++;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end][0] === b[b.length - 1 - end][0]) end++;
    var x = a.slice(start, a.length - end), y = b.slice(start, b.length - end), keptX = new Uint8Array(x.length), keptY = new Uint8Array(y.length);
    if (x.length <= MOST && y.length <= MOST && x.length && y.length) {
      // The longest common run of words, by lengths of what is left.
      var width = y.length + 1, table = new Uint16Array((x.length + 1) * width);
      for (var i = x.length - 1; i >= 0; i--) for (var j = y.length - 1; j >= 0; j--)
        table[i * width + j] = x[i][0] === y[j][0] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      for (i = 0, j = 0; i < x.length && j < y.length;) {
        if (x[i][0] === y[j][0]) { keptX[i++] = 1; keptY[j++] = 1; }
        else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i++;
        else j++;
      }
    }
    return [ranges(x, keptX), ranges(y, keptY)];
  }

  function ranges(words, kept) {
    var found = [], last = null;
    words.forEach(function (word, i) {
      if (kept[i]) { last = null; return; }
      if (last) last[1] = word.index + word[0].length;
      else found.push(last = [word.index, word.index + word[0].length]);
    });
    return found;
  }

  function marked(text, places, tag) {
    var holder = document.createDocumentFragment(), at = 0;
    places.forEach(function (place) {
      holder.append(text.slice(at, place[0]));
      var node = document.createElement(tag);
      node.textContent = text.slice(place[0], place[1]);
      holder.append(node);
      at = place[1];
    });
    holder.append(text.slice(at));
    return holder;
  }

  llmx.texts = {
    // The articles at these places of a page: `{id, kind, html}`.
    articles: function (address, places) { return ask(address, { places: places }); },
    // The places of the articles on a page that hold these words.
    find: function (address, words) { return ask(address, { find: words }); },
    // Marks what differs in two elements that hold text.
    diff: function (left, right) {
      var texts = [left.textContent, right.textContent], places = parted(texts[0], texts[1]);
      left.replaceChildren(marked(texts[0], places[0], "del"));
      right.replaceChildren(marked(texts[1], places[1], "ins"));
    }
  };
})();
