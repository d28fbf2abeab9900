"""Loading `experiment.yaml` with every mistake in it named at its line and column."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issue, Issues, Problem, did_you_mean
from llmxsite.base.document import Document, Key
from llmxsite.base.reading import read_text
from llmxsite.study.experiment import prediction_check, preset, regime
from llmxsite.study.experiment.condition import TEMPERATURE, expand
from llmxsite.study.experiment.design import AVAILABLE, Experiment, Resolved
from llmxsite.study.experiment.factor import FACTORS, OPTIONS, as_number
from llmxsite.study.experiment.prompt import Template, parse_prompt, prompt_hint
from llmxsite.study.study import Study

CODE = "experiment"
MOST_CONDITIONS = 10_000
Value = tuple[tuple[Key, ...], str, Any]
"""Where a factor is set, its name, and the value."""


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
    issues.extend(_scalars(document, experiment))
    issues.extend(_suites(document, experiment, study))
    issues.extend(_factors(document, experiment))
    issues.extend(preset.check(document, experiment))
    if issues.failed():
        return None
    experiment = regime.fill(preset.apply(experiment), set(document.data))
    resolved = msgspec.convert({**msgspec.structs.asdict(experiment), "report": report}, Resolved)
    _canonical(resolved)
    issues.extend(_templates(document, resolved, study))
    issues.extend(_whole(document, resolved))
    if not issues.failed():  # a level that is no level would be said twice
        issues.extend(prediction_check.check(document, resolved, study))
    return resolved


def _scalars(document: Document, experiment: Experiment) -> Iterator[Issue]:
    """The plain keys: task, numbers, analysis."""
    if experiment.task not in AVAILABLE:
        names = ", ".join(AVAILABLE)
        yield document.issue(
            ("task",),
            f"{CODE}-task",
            f"the task '{experiment.task}' is not available in this version of llmxsite",
            hint=f"available: {names}",
        )
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
        if name not in FACTORS:
            yield _unknown(document, ("analysis", "compare", index), name)
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


def _factors(document: Document, experiment: Experiment) -> Iterator[Issue]:
    """Every factor that is set anywhere: known, with a value that makes sense, and set in one place only."""
    for index, name in enumerate(experiment.models):
        yield from _value(document, ("models", index), "model", name)
        if Path(name).is_absolute():
            yield document.issue(
                ("models", index),
                f"{CODE}-model-path",
                "a model named by its path: the path goes into the run log, and is published with it",
                severity="warning",
                hint="`llmxsite models list` names the weights in the cache; a relative path tells less",
            )
        if name in experiment.models[:index]:
            yield document.issue(("models", index), f"{CODE}-duplicate", f"the model '{name}' stands twice")
    for name, value in experiment.options.items():
        if name not in OPTIONS:
            yield _unknown(document, ("options", f"\0{name}"), name, OPTIONS, "option")
        elif wrong := OPTIONS[name](value):
            yield document.issue(("options", name), f"{CODE}-range", f"'{name}' must be {wrong}, not {_shown(value)}")
    for name in ("prompt", "system", "shuffle_options"):
        if name in document.data:
            yield from _value(document, (name,), name, getattr(experiment, name))
    for name, levels in experiment.sweep.items():
        if name not in FACTORS:
            yield _unknown(document, ("sweep", f"\0{name}"), name)
            continue
        if not levels:
            yield document.issue(("sweep", name), f"{CODE}-empty", f"the sweep of '{name}' has no levels")
        for index, level in enumerate(levels):
            yield from _value(document, ("sweep", name, index), name, level)
            if any(level == other and type(level) is type(other) for other in levels[:index]):
                yield document.issue(("sweep", name, index), f"{CODE}-duplicate", f"level {_shown(level)} stands twice")
        yield from _set_twice(document, experiment, ("sweep", f"\0{name}"), name, "swept")
    for index, condition in enumerate(experiment.conditions):
        if not condition:
            yield document.issue(("conditions", index), f"{CODE}-empty", "this condition sets nothing")
        for name, value in condition.items():
            if name not in FACTORS:
                yield _unknown(document, ("conditions", index, f"\0{name}"), name)
            else:
                yield from _value(document, ("conditions", index, name), name, value)
                if name in experiment.sweep:
                    yield document.issue(
                        ("conditions", index, f"\0{name}"),
                        f"{CODE}-conflict",
                        f"'{name}' is listed here and swept as well",
                        hint="keep it in one of the two",
                    )
    everywhere = bool(experiment.conditions) and all("model" in c for c in experiment.conditions)
    if not experiment.models and "model" not in experiment.sweep and not everywhere:
        yield document.issue(("models",), f"{CODE}-empty", "no model is named", hint="write models: [llama3.2:3b]")


def _value(document: Document, keys: tuple[Key, ...], name: str, value: Any) -> Iterator[Issue]:
    if not (wrong := FACTORS[name].check(value)):
        return
    if name == "prompt" and isinstance(value, str):
        yield document.issue(keys, f"{CODE}-prompt", f"unknown prompt '{value}'", hint=prompt_hint(value))
        return
    hint = (
        "without the quotes it is a number"
        if isinstance(value, str) and _numeric(value) and "number" in wrong
        else None
    )
    yield document.issue(keys, f"{CODE}-range", f"'{name}' must be {wrong}, not {_shown(value)}", hint=hint)


def _set_twice(
    document: Document, experiment: Experiment, keys: tuple[Key, ...], name: str, how: str
) -> Iterator[Issue]:
    """A factor that is swept must not be fixed elsewhere: one of the two would be silently without effect."""
    place = "options" if name in experiment.options else "models" if name == "model" and experiment.models else None
    if place is None and name in document.data and name in FACTORS:
        place = name
    if place is not None:
        where = "by itself" if place == name else f"under '{place}'"
        yield document.issue(
            keys, f"{CODE}-conflict", f"'{name}' is {how} and also set {where}", hint="keep it in one of the two"
        )


def _prompts(experiment: Experiment) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Every prompt the experiment names, with its place."""
    levels = experiment.sweep.get("prompt")
    listed = [(i, c["prompt"]) for i, c in enumerate(experiment.conditions) if "prompt" in c]
    for index, level in enumerate(levels or ()):
        yield ("sweep", "prompt", index), str(level)
    for index, value in listed:
        yield ("conditions", index, "prompt"), str(value)
    if levels is None and (len(listed) < len(experiment.conditions) or not listed):
        yield ("prompt",), experiment.prompt


def _templates(document: Document, resolved: Resolved, study: Study) -> Iterator[Issue]:
    folder = study.report(resolved.report)
    for keys, name in _prompts(resolved):
        prompt = parse_prompt(name)
        if prompt is None or prompt.file is None:
            continue
        path = folder / prompt.file
        if not path.resolve().is_relative_to(folder.resolve()):
            yield document.issue(keys, f"{CODE}-template", f"the template '{name}' lies outside the report's folder")
        elif not path.is_file():
            near = did_you_mean(prompt.file, (p.relative_to(folder).as_posix() for p in folder.rglob("*.txt")))
            yield document.issue(keys, f"{CODE}-template", f"no template '{name}' beside the experiment", hint=near)
        else:
            try:
                text = read_text(path, limit=1 << 20)
                Template.parse(text, str(path))
                resolved.templates[name] = text
            except Problem as problem:
                yield from problem.issues


def _whole(document: Document, resolved: Resolved) -> Iterator[Issue]:
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
            words = ", ".join(f"{k}={_shown(v)}" for k, v in condition.items())
            yield document.issue(("conditions",), f"{CODE}-duplicate", f"one condition is there twice: {words}")
            break
        seen.add(encoded)
    yield from regime.check(document, resolved, conditions)
    for condition in conditions:
        prompt = parse_prompt(str(condition["prompt"]))
        if prompt and prompt.kind == "self-consistency" and not (condition.get("temperature") or TEMPERATURE):
            yield document.issue(
                next(keys for keys, name in _prompts(resolved) if name == condition["prompt"]),
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
    resolved.options = {name: as_number(name, value) for name, value in resolved.options.items()}
    resolved.sweep = {name: [as_number(name, v) for v in levels] for name, levels in resolved.sweep.items()}
    resolved.conditions = [{name: as_number(name, v) for name, v in c.items()} for c in resolved.conditions]


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


def _unknown(document: Document, keys: tuple[Key, ...], name: str, known: Any = None, what: str = "factor") -> Issue:
    return document.issue(keys, f"{CODE}-factor", f"unknown {what} '{name}'", hint=did_you_mean(name, known or FACTORS))


def _shown(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
