"""The suites of a study and those that its runs asked, each read once and remembered."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from llmxsite.base.diagnostics import Issue, Issues, Problem
from llmxsite.base.memory import Cache
from llmxsite.press.catalogue.entries import RunEntry, SuiteEntry
from llmxsite.study.study import Study
from llmxsite.study.suite import Suite, item_kind, load


class _Loaded(msgspec.Struct):
    """A suite with what was wrong with its file, to be said again by every build."""

    head: Suite
    """Without its items."""
    examples: msgspec.Raw
    items: msgspec.Raw
    """As they are remembered: of which type they are stands in the head."""
    issues: list[Issue]

    def suite(self) -> Suite:
        kind = item_kind(self.head.kind)
        assert kind is not None  # what is remembered is of these very packages
        examples, items = (msgspec.msgpack.decode(raw, type=list[kind]) for raw in (self.examples, self.items))  # type: ignore[valid-type]
        return msgspec.structs.replace(self.head, examples=examples, items=items)


def _load(path: Path) -> _Loaded:
    issues = Issues()
    suite = load(path, issues)
    examples, items = (msgspec.Raw(msgspec.msgpack.encode(some)) for some in (suite.examples, suite.items))
    return _Loaded(msgspec.structs.replace(suite, examples=[], items=[]), examples, items, list(issues))


def suites_of(study: Study, runs: list[RunEntry], cache: Cache, issues: Issues) -> list[SuiteEntry]:
    """Those that the study holds, and those of which runs (newest first) tell alone."""
    suites: dict[str, SuiteEntry] = {}
    for path in study.suite_files():
        items = path.parent / "items.jsonl" if path.stem == "suite" else path
        try:
            made_from = [study.relative(path), cache.hash(path), cache.hash(items)]
            loaded = cache.memo("suite", made_from, _Loaded, partial(_load, path))
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        issues.extend(loaded.issues)
        suite = loaded.suite()
        suites[suite.id] = SuiteEntry(id=suite.id, suite=suite, path=study.relative(path), hash=suite.hash())
    for entry in reversed(runs):
        for ref in entry.run.suites:
            known = suites.setdefault(ref.id, SuiteEntry(id=ref.id))
            known.refs.setdefault(ref.hash, ref)
            known.runs.setdefault(ref.hash, []).append(entry.id)
    return sorted(suites.values(), key=lambda s: (s.title.lower(), s.id))
