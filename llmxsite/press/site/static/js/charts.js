// Figures: tabs for their four parts, and the live chart in the picture's place once it is seen.
(function () {
  "use strict";
  var waiting = {};
  var names = 0;

  function tabs(frame) {
    var panels = Array.prototype.slice.call(frame.querySelectorAll(":scope > .panel"));
    var list = document.createElement("div");
    list.className = "frame-tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Parts of the figure");
    var buttons = panels.map(function (panel, index) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = panel.dataset.tab;
      button.id = "tab-" + ++names;
      panel.id = panel.id || "panel-" + names;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", function () { show(index); });
      list.appendChild(button);
      return button;
    });
    function show(chosen) {
      panels.forEach(function (panel, index) {
        var on = index === chosen;
        buttons[index].setAttribute("aria-selected", on);
        buttons[index].tabIndex = on ? 0 : -1;
        panel.hidden = !on;
        if (panel.tagName === "DETAILS") panel.open = on;
      });
    }
    list.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      var at = buttons.indexOf(document.activeElement);
      var next = step ? (at + step + buttons.length) % buttons.length : { Home: 0, End: buttons.length - 1 }[event.key];
      if (next === undefined || at < 0) return;
      event.preventDefault();
      show(next);
      buttons[next].focus();
    });
    frame.classList.add("tabbed");
    frame.querySelector(".frame-head").appendChild(list);
    show(0);
    addEventListener("beforeprint", function () { panels.forEach(function (p, i) { p.hidden = i > 0; }); });
  }

  function embed(frame) {
    var body = document.body.dataset, chart = frame.querySelector(".frame-chart"), picture = chart.querySelector("picture");
    return Promise.all([body.vega, body.charts, frame.dataset.live].map(llmx.load)).then(function (came) {
      var figure = came[2];
      var holder = document.createElement("div");
      holder.className = "chart-live";
      holder.setAttribute("role", "img");
      holder.setAttribute("aria-label", figure.alt);
      var size = chart.clientWidth < 560 ? "narrow" : "wide";
      var spec = llmx.answering(JSON.parse(JSON.stringify(figure[size])));
      spec.datasets = JSON.parse(JSON.stringify(figure.data));
      holder.style.minHeight = picture.offsetHeight + "px";
      picture.after(holder);
      picture.hidden = true;
      return vegaEmbed(holder, spec, { ast: true, actions: false, renderer: "svg", logLevel: 1, mode: "vega-lite", config: llmx.config, tooltip: { theme: "custom", disableDefaultStyle: true }, defaultStyle: false }).then(function (made) {
        // Its parts are in the table; the whole has its name on the holder.
        Array.prototype.forEach.call(holder.querySelectorAll("svg"), function (svg) { svg.setAttribute("aria-hidden", "true"); });
        llmx.answer(frame, holder, made.view, figure);
        copying(frame, made.view);
        frame.dataset.state = "live";
        frame.dataset.size = size;
      });
    }).catch(function (error) {
      // The picture is as good; it stays, and comes back where the chart could not be drawn.
      picture.hidden = false;
      var holder = chart.querySelector(".chart-live");
      if (holder) holder.remove();
      frame.dataset.state = "picture";
      if (window.console) console.warn("llmxsite: the live chart could not be drawn:", error);
    });
  }

  // The chart as it is seen, at twice its size on the page's paper, into the clipboard; into a file where that is refused.
  function copying(frame, view) {
    var button = frame.querySelector("[data-copy-picture]"), said = frame.querySelector("[data-copied]");
    if (!button) return;
    button.disabled = false;
    button.addEventListener("click", function () {
      var made = view.toCanvas(2).then(function (drawn) {
        var canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), edge = 24;
        canvas.width = drawn.width + 2 * edge;
        canvas.height = drawn.height + 2 * edge;
        pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim() || "#fff";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(drawn, edge, edge);
        return new Promise(function (done) { canvas.toBlob(done, "image/png"); });
      });
      var whole = window.ClipboardItem && navigator.clipboard && navigator.clipboard.write
        ? navigator.clipboard.write([new ClipboardItem({ "image/png": made })]).then(function () { return "Copied"; })
        : Promise.reject(new Error("no clipboard"));
      whole.catch(function () {
        return made.then(function (blob) {
          var link = document.createElement("a");
          link.href = URL.createObjectURL(blob);
          link.download = (frame.dataset.figure || "figure") + ".png";
          link.click();
          setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
          return "Saved as a file: this browser lets no page copy pictures";
        });
      }).then(function (words) { said.textContent = words; });
    });
  }

  var frames = Array.prototype.slice.call(document.querySelectorAll("figure.frame"));
  frames.forEach(tabs);
  if ("IntersectionObserver" in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting || waiting[entry.target.id]) return;
        waiting[entry.target.id] = true;
        seen.unobserve(entry.target);
        embed(entry.target);
      });
    }, { rootMargin: "100px" });
    frames.forEach(function (frame) { seen.observe(frame); });
  }
})();
