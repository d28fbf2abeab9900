// All samples of a study as columns of numbers: filtered, counted, sorted and paired. Knows no page.
(function () {
  "use strict";
  var STATES = ["right", "wrong", "unparsed", "truncated", "error", "unscored", "judge"];
  var WORDS = { unscored: "not scored", judge: "judges" };
  // Facets that every study has; the factors that vary come after them.
  var TITLES = { verdict: "Outcome", report: "Report", run: "Run", model: "Model", suite: "Suite", category: "Category", difficulty: "Difficulty", rule: "Read by", letter: "Answer" };

  function Dictionary() { this.values = []; this.places = new Map(); }
  Dictionary.prototype.place = function (value) {
    var key = typeof value === "string" ? value : JSON.stringify(value), at = this.places.get(key);
    if (at === undefined) { at = this.values.length; this.places.set(key, at); this.values.push(value); }
    return at;
  };

  function said(value) { return value === undefined ? "" : value; }

  // `parts` are what the runs' scripts gave, each with its `items` in place.
  function Store(parts) {
    var total = parts.reduce(function (sum, part) { return sum + part.state.length; }, 0), self = this;
    this.total = total;
    this.parts = parts;
    this.starts = [];
    this.run = new Uint16Array(total);
    this.state = new Uint8Array(total);
    this.item = new Uint32Array(total);
    this.condition = new Uint32Array(total);
    this.repeat = new Uint16Array(total);
    this.answer = new Uint32Array(total);
    this.rule = new Uint16Array(total);
    this.confidence = new Int16Array(total);
    this.items = new Dictionary();
    this.conditions = [];
    this.answers = new Dictionary();
    this.rules = new Dictionary();
    var at = 0;
    parts.forEach(function (part, number) {
      self.starts.push(at);
      var column = function (list, i) { return Array.isArray(list) ? list[i] : list; };
      var count = part.items.reduce(function (most, list) { return Array.isArray(list) ? list.length : most; }, 1);
      var items = [], first = self.conditions.length;
      for (var i = 0; i < count; i++) items.push(self.items.place(part.items.map(function (list) { return column(list, i); })));
      part.conditions.forEach(function (values, place) { self.conditions.push({ run: number, place: place, values: values }); });
      var answers = part.answers.map(function (pair) { return self.answers.place(pair); });
      var rules = part.rules.map(function (rule) { return self.rules.place(rule); });
      for (i = 0; i < part.state.length; i++, at++) {
        self.run[at] = number;
        self.state[at] = part.state.charCodeAt(i) - 48;
        self.item[at] = items[column(part.item, i)];
        self.condition[at] = first + column(part.condition, i);
        self.repeat[at] = column(part.repeat, i);
        self.answer[at] = answers[column(part.answer, i)];
        self.rule[at] = rules[column(part.rule, i)];
        var sure = column(part.confidence, i);
        self.confidence[at] = sure === null ? -1 : sure;
      }
    });
    this.groupConditions();
    this.facets = this.makeFacets();
  }

  // Two conditions are put side by side whatever their seeds, where each repeat has a seed of its own.
  Store.prototype.groupConditions = function () {
    var self = this, repeated = this.parts.map(function (part) { return Array.isArray(part.repeat); }), known = new Map();
    this.groups = [];
    this.group = this.conditions.map(function (condition) {
      var values = Object.assign({}, condition.values);
      if (repeated[condition.run]) delete values.seed;
      var key = condition.run + JSON.stringify(values);
      if (!known.has(key)) { known.set(key, self.groups.length); self.groups.push({ run: condition.run, place: condition.place, values: values }); }
      return known.get(key);
    });
  };

  // A facet: its name, its values as text, and for each sample the value's number.
  Store.prototype.makeFacets = function () {
    var self = this;
    function over(column, count, name, read) {
      var dictionary = new Dictionary(), codes = new Uint32Array(count);
      for (var i = 0; i < count; i++) codes[i] = dictionary.place(said(read(i)));
      return { name: name, title: TITLES[name] || name.replace(/_/g, " "), values: dictionary.values, of: function (row) { return codes[column[row]]; } };
    }
    var items = this.items.values, conditions = this.conditions, answers = this.answers.values;
    var of = function (key) { return function (i) { return conditions[i].values[key]; }; };
    var field = function (place) { return function (i) { return items[i][place]; }; };
    var facets = [
      { name: "verdict", title: TITLES.verdict, values: STATES, of: function (row) { return self.state[row]; } },
      over(this.condition, conditions.length, "model", of("model")),
      over(this.item, items.length, "suite", field(0)),
      over(this.item, items.length, "category", field(2)),
      over(this.item, items.length, "difficulty", field(3)),
      over(this.run, this.parts.length, "report", function (i) { return self.parts[i].report; }),
      over(this.run, this.parts.length, "run", function (i) { return self.parts[i].run; })
    ];
    var names = [];
    conditions.forEach(function (c) { Object.keys(c.values).forEach(function (key) { if (key !== "model" && names.indexOf(key) < 0) names.push(key); }); });
    names.sort().forEach(function (key) { facets.push(over(self.condition, conditions.length, key, of(key))); });
    facets.push(over(this.rule, this.rules.values.length, "rule", function (i) { return self.rules.values[i]; }));
    facets.push(over(this.answer, answers.length, "letter", function (i) { return answers[i][0]; }));
    facets.push(over(this.item, items.length, "item", field(1)));
    // What is the same everywhere chooses nothing.
    return facets.filter(function (facet) { return facet.values.length > 1; });
  };

  // `chosen` has lists of values by facet; `words` are looked for in items and answers, or `texts` are the rows that hold them.
  // Gives the rows, and for each facet how many of each value there would be if it alone were not chosen.
  Store.prototype.find = function (chosen, words, texts) {
    var facets = this.facets, tests = facets.map(function (facet) {
      var wanted = chosen[facet.name];
      if (!wanted || !wanted.length) return null;
      var allowed = new Uint8Array(facet.values.length);
      wanted.forEach(function (value) { var at = facet.values.indexOf(value); if (at >= 0) allowed[at] = 1; });
      return allowed;
    });
    var counts = facets.map(function (facet) { return new Uint32Array(facet.values.length); });
    var matched = words && !texts ? this.matches(words) : null, rows = [], codes = new Array(facets.length);
    for (var row = 0; row < this.total; row++) {
      if (matched && !matched.items[this.item[row]] && !matched.answers[this.answer[row]]) continue;
      if (texts && !texts.has(row)) continue;
      var failed = -1, more = false;
      for (var f = 0; f < facets.length; f++) {
        codes[f] = facets[f].of(row);
        if (tests[f] && !tests[f][codes[f]]) { if (failed >= 0) { more = true; break; } failed = f; }
      }
      if (more) continue;
      if (failed >= 0) { counts[failed][codes[failed]]++; continue; }
      rows.push(row);
      for (f = 0; f < facets.length; f++) counts[f][codes[f]]++;
    }
    return { rows: rows, counts: counts };
  };

  Store.prototype.matches = function (words) {
    words = words.toLowerCase();
    var has = function (text) { return text.toLowerCase().indexOf(words) >= 0; };
    return {
      items: this.items.values.map(function (item) { return has(item[1]) || has(item[2]) || has(item[4]); }),
      answers: this.answers.values.map(function (pair) { return has(pair[0]); })
    };
  };

  // By `confidence`, `-confidence` (surest first) or `item`; otherwise as they were gathered. Unknown confidences come last.
  Store.prototype.sort = function (rows, by) {
    var self = this;
    if (by === "item") return rows.sort(function (a, b) { var x = self.items.values[self.item[a]][1], y = self.items.values[self.item[b]][1]; return x < y ? -1 : x > y ? 1 : a - b; });
    if (by !== "confidence" && by !== "-confidence") return rows;
    var sign = by === "confidence" ? 1 : -1;
    return rows.sort(function (a, b) {
      var x = self.confidence[a], y = self.confidence[b];
      if ((x < 0) !== (y < 0)) return x < 0 ? 1 : -1;
      return sign * (x - y) || a - b;
    });
  };

  // Two conditions of any runs, by name: the pairs of samples of the same item and repeat. The last line of a key is the one here.
  Store.prototype.pairs = function (a, b) {
    var first = new Map(), pairs = [];
    for (var row = 0; row < this.total; row++) if (this.group[this.condition[row]] === a && this.state[row] !== 6) first.set(this.item[row] + "/" + this.repeat[row], row);
    for (row = 0; row < this.total; row++) {
      if (this.group[this.condition[row]] !== b || this.state[row] === 6) continue;
      var other = first.get(this.item[row] + "/" + this.repeat[row]);
      if (other !== undefined) pairs.push([other, row]);
    }
    return pairs;
  };

  // A group's name is its run and number, `20260914T091500Z-heat~2`; a link may also say what it asks for, `model=phi3&temperature=0`.
  Store.prototype.name = function (group) { var c = this.groups[group]; return this.parts[c.run].run + "~" + c.place; };
  Store.prototype.named = function (name, reports) {
    var self = this, asked = name.indexOf("=") > 0 ? Array.from(new URLSearchParams(name)) : null;
    return this.groups.findIndex(function (group, number) {
      if (!asked) return self.name(number) === name;
      if (reports && reports.indexOf(self.parts[group.run].report) < 0) return false;
      return asked.every(function (pair) { return said(group.values[pair[0]]) === pair[1]; });
    });
  };

  // A condition in words: its model, and what varies in the study.
  Store.prototype.words = function (group) {
    var values = this.groups[group].values, self = this;
    var parts = this.facets.filter(function (facet) { return facet.name in values && facet.name !== "model"; })
      .map(function (facet) { return facet.title + " " + said(values[facet.name]); });
    return [said(values.model)].concat(parts).join(", ") + (self.parts.length > 1 ? " · " + self.parts[self.groups[group].run].run : "");
  };

  Store.prototype.verdict = function (row) { var state = STATES[this.state[row]]; return { state: state, words: WORDS[state] || state }; };
  Store.prototype.key = function (row) { return this.parts[this.run[row]].key[row - this.starts[this.run[row]]]; };
  Store.prototype.rowOf = function (key) {
    for (var p = 0; p < this.parts.length; p++) { var at = this.parts[p].key.indexOf(key); if (at >= 0) return this.starts[p] + at; }
    return -1;
  };

  llmx.SampleStore = Store;
  llmx.STATE_WORDS = function (state) { return WORDS[state] || state; };
})();
