// A page of samples inside the sample explorer: gives the samples it is asked for, or the numbers of those that hold a text.
// The explorer keeps no texts of its own. What a page of a disk may not read from another page, that page may hand over.
(function () {
  "use strict";
  if (window.parent === window) return;
  var articles = document.querySelectorAll(".s");

  function whole(article) {
    Array.prototype.forEach.call(article.querySelectorAll("a[href]"), function (link) { link.setAttribute("href", link.href); });
    return { id: article.id, kind: article.className, html: article.innerHTML };
  }

  // Its question, options and reply, thinking among it; not the prompt, whose worked examples are everywhere the same.
  function said(article) {
    return Array.prototype.map.call(article.querySelectorAll(".own, .reply, .asked:not(.think .asked), .think.thought"), function (part) { return part.textContent; }).join("\n").toLowerCase();
  }

  addEventListener("message", function (event) {
    var ask = event.data;
    if (event.source !== window.parent || !ask || ask.to !== "sheet") return;
    var found = [];
    if (ask.places) ask.places.forEach(function (place) { if (articles[place]) found.push(whole(articles[place])); });
    else {
      var words = String(ask.find).toLowerCase();
      for (var i = 0; i < articles.length; i++) if (said(articles[i]).indexOf(words) >= 0) found.push(i);
    }
    window.parent.postMessage({ to: "explorer", ask: ask.ask, found: found }, "*");
  });
  window.parent.postMessage({ to: "explorer", ready: true }, "*");
})();
