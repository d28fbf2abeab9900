// Data and code that come when they are wanted: as classic scripts, so that they also come from a disk.
(function () {
  "use strict";
  var loaded = {}, received;
  // What a script of data calls.
  llmx.receive = function (name, payload) { received = payload; };

  // A script, once; the promise gives what it handed over.
  llmx.load = function (address) {
    return loaded[address] || (loaded[address] = new Promise(function (done, failed) {
      var node = document.createElement("script");
      node.src = address;
      node.onload = function () { done(received); };
      node.onerror = function () { failed(new Error(address)); };
      document.head.appendChild(node);
    }));
  };
})();
