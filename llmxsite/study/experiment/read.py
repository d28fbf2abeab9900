"""Loading `experiment.yaml` with every mistake in it named at its line and column."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issue, Issues, Problem, did_you_mean
from llmxsite.base.document import Document
from llmxsite.base.reading import read_text
from llmxsite.base.regular import linked, there, walk
from llmxsite.study.experiment import prediction_check, preset, settings
from llmxsite.study.experiment.condition import TEMPERATURE, expand
from llmxsite.study.experiment.design import Experiment, Resolved
from llmxsite.study.experiment.factor import as_number
from llmxsite.study.experiment.prompt import Template, parse_prompt
from llmxsite.study.experiment.terms import Terms, factors_of, terms_of
from llmxsite.study.study import Study
from llmxsite.study.suite import kind_of, locate

CODE = "experiment"
MOST_CONDITIONS = 10_000


def load(study: Study, report: str, issues: Issues) -> Resolved | None:
    """The experiment of a report, presets applied and templates read; None after adding every problem to `issues`."""
    path = study.experiment(report)
    try:
        document = Document.load(path)
    except Problem as problem:
        issues.extend(_missing(study, report, problem) if not path.is_file() else problem.issues)
        return None
    found = Issues()
    resolved = _load(document, study, report, found)
    issues.extend(found)
    return None if found.failed() else resolved


def _load(document: Document, study: Study, report: str, issues: Issues) -> Resolved | None:
    if not isinstance(document.data, dict):
        issues.extend([document.issue((), f"{CODE}-invalid", "an experiment is a mapping of keys to values")])
        return None
    for key in document.data:  # one by one, so that one wrong type does not hide the next
        alone = copy.copy(document)
        alone.data = {key: document.data[key]}
        alone.convert(Experiment, code=CODE, issues=issues)
    experiment = document.convert(Experiment, code=CODE, issues=issues)
    if experiment is None or issues.failed():
        return None
    try:
        terms = terms_of(experiment.task)
    except Problem as problem:  # a task that is broken
        issues.extend([document.issue(("task",), i.code, i.message, hint=i.hint) for i in problem.issues])
        return None
    if experiment.task not in registry.names():
        message, hint = registry.said_of_unknown(experiment.task)
        issues.extend([document.issue(("task",), f"{CODE}-task", message, hint=hint)])
    issues.extend(_scalars(document, experiment))
    issues.extend(_suites(document, experiment, study))
    issues.extend(settings.check(document, experiment))
    issues.extend(preset.check(document, experiment))
    if issues.failed():
        return None
    experiment = terms.fill(preset.apply(experiment), set(document.data))
    resolved = msgspec.convert({**msgspec.structs.asdict(experiment), "report": report}, Resolved)
    _canonical(resolved)
    issues.extend(_templates(document, resolved, study))
    issues.extend(_whole(document, resolved, terms))
    if not issues.failed():  # a level that is no level would be said twice
        issues.extend(prediction_check.check(document, resolved, study))
    return resolved


def _scalars(document: Document, experiment: Experiment) -> Iterator[Issue]:
    """The plain keys: task, numbers, analysis."""
    bounds: list[tuple[tuple[str, ...], Any, float, float, str]] = [
        (("repeats",), experiment.repeats, 1, 1000, "from 1 to 1000"),
        (("limit",), experiment.limit, 1, float("inf"), "at least 1, or null for all items"),
        (("limit_seed",), experiment.limit_seed, 0, float("inf"), "at least 0"),
        (("concurrency",), experiment.concurrency, 1, 256, "from 1 to 256"),
        (("analysis", "alpha"), experiment.analysis.alpha, 1e-9, 0.5, "above 0, at most 0.5"),
        (("analysis", "margin"), experiment.analysis.margin, 1e-9, 1, "above 0, at most 1"),
    ]
    for keys, value, low, high, words in bounds:
        if value is not None and not low <= value <= high:
            yield document.issue(keys, f"{CODE}-range", f"'{keys[-1]}' must be {words}, not {value:g}")
    for index, name in enumerate(experiment.analysis.compare):
        if name not in factors_of(experiment.task):
            yield settings.unknown(document, ("analysis", "compare", index), name, factors_of(experiment.task))
    if experiment.hypothesis is not None and not experiment.hypothesis.strip():
        yield document.issue(("hypothesis",), f"{CODE}-empty", "the hypothesis is empty")


def _suites(document: Document, experiment: Experiment, study: Study) -> Iterator[Issue]:
    known = {p.parent.name if p.name == "suite.yaml" else p.stem for p in study.suite_files()}
    if not experiment.suites:
        yield document.issue(("suites",), f"{CODE}-empty", "'suites' names no suite: nothing would be asked")
    for index, name in enumerate(experiment.suites):
        if name in experiment.suites[:index]:
            yield document.issue(("suites", index), f"{CODE}-duplicate", f"the suite '{name}' stands twice")
        if name not in known:
            hint = did_you_mean(name, known) or "`llmxsite suite import` or `llmxsite new suite` makes one"
            yield document.issue(("suites", index), f"{CODE}-suite", f"no suite '{name}' in suites/", hint=hint)
        else:
            yield from _kind(document, experiment, study, index)


def _kind(document: Document, experiment: Experiment, study: Study, index: int) -> Iterator[Issue]:
    """Whether the task asks items of the suite's kind; what is wrong with the suite itself is said of its own file."""
    task, name = experiment.task, experiment.suites[index]
    try:
        kind = kind_of(locate(study, name))
    except Problem:
        return
    if task not in registry.names() or kind in (taken := terms_of(task).items):
        return
    message = f"the suite '{name}' has items of the kind '{kind}', and the task '{task}' asks {' or '.join(taken)}"
    able = [other for other, _ in registry.parts("experiment") if kind in terms_of(other).items]
    hint = f"asked by: {', '.join(able)}" if able else f"name a suite of {' or '.join(taken)}"
    yield document.issue(("suites", index), f"{CODE}-items", message, hint=hint)


def _templates(document: Document, resolved: Resolved, study: Study) -> Iterator[Issue]:
    folder = study.report(resolved.report)
    for keys, name in settings.prompts(resolved):
        prompt = parse_prompt(name)
        if prompt is None or prompt.file is None:
            continue
        path = folder / prompt.file
        if ".." in path.parts or not path.is_relative_to(folder) or linked(path, study.root) is not None:
            yield document.issue(keys, f"{CODE}-template", f"the template '{name}' lies outside the report's folder")
        elif not there(path):
            texts = (p.relative_to(folder).as_posix() for p in walk(folder, "").files if p.suffix == ".txt")
            near = did_you_mean(prompt.file, texts)
            yield document.issue(keys, f"{CODE}-template", f"no template '{name}' beside the experiment", hint=near)
        else:
            try:
                text = read_text(path, limit=1 << 20)
                Template.parse(text, str(path))
                resolved.templates[name] = text
            except Problem as problem:
                yield from problem.issues


def _whole(document: Document, resolved: Resolved, terms: Terms) -> Iterator[Issue]:
    """What only shows when the conditions are there."""
    count = max(1, len(resolved.conditions)) * max(1, len(resolved.models))
    for levels in resolved.sweep.values():
        count *= len(levels)
    if count > MOST_CONDITIONS:
        yield document.issue(
            ("sweep",), f"{CODE}-size", f"{count:,} conditions are more than the {MOST_CONDITIONS:,} that one run takes"
        )
        return
    conditions = expand(resolved)
    seen: set[bytes] = set()
    for condition in conditions:
        if (encoded := msgspec.json.encode(condition)) in seen:
            words = ", ".join(f"{k}={settings.shown(v)}" for k, v in condition.items())
            yield document.issue(("conditions",), f"{CODE}-duplicate", f"one condition is there twice: {words}")
            break
        seen.add(encoded)
    yield from terms.check(document, resolved, conditions)
    for condition in conditions:
        prompt = parse_prompt(str(condition["prompt"]))
        if prompt and prompt.kind == "self-consistency" and not (condition.get("temperature") or TEMPERATURE):
            yield document.issue(
                next(keys for keys, name in settings.prompts(resolved) if name == condition["prompt"]),
                f"{CODE}-prompt",
                "self-consistency needs a temperature above 0: at 0 all replies are alike",
                hint="set options: {temperature: 0.7}",
            )
            break
    for condition in conditions:
        budget, context = (condition.get(n, resolved.options.get(n)) for n in ("num_predict", "num_ctx"))
        if isinstance(budget, int) and isinstance(context, int) and budget >= context:
            yield document.issue(
                ("options", "num_predict"),
                f"{CODE}-range",
                f"a budget of {budget} tokens leaves no room for the question in a context of {context}",
            )
            break
    for index, name in enumerate(resolved.analysis.compare):
        if len({msgspec.json.encode(c.get(name)) for c in conditions}) < 2:
            yield document.issue(
                ("analysis", "compare", index),
                f"{CODE}-compare",
                f"'{name}' is the same in every condition: there is nothing to compare",
                hint="name a factor that is swept or listed",
            )


def _canonical(resolved: Resolved) -> None:
    """Write every number of a factor one way, so that a temperature of 1 and one of 1.0 are the same condition."""
    factors = factors_of(resolved.task)

    def written(name: str, value: Any) -> Any:
        return as_number(factors.get(name), value)

    resolved.options = {name: written(name, value) for name, value in resolved.options.items()}
    resolved.sweep = {name: [written(name, v) for v in levels] for name, levels in resolved.sweep.items()}
    resolved.conditions = [{name: written(name, v) for name, v in c.items()} for c in resolved.conditions]


def _missing(study: Study, report: str, problem: Problem) -> list[Issue]:
    """A report without an experiment, or no report of that name."""
    reports = study.report_slugs()
    if report in reports:
        hint = "an experiment.yaml beside its index.md says what to run"
    else:
        hint = did_you_mean(report, reports) or f"`llmxsite new report {report}` makes one"
    return [
        msgspec.structs.replace(i, code=f"{CODE}-missing", message="no such experiment", hint=hint)
        for i in problem.issues
    ]
