"""Where an experiment sets its factors: each known, with a value that makes sense, and set in one place only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from llmxsite.base.diagnostics import Issue, did_you_mean
from llmxsite.base.document import Document, Key
from llmxsite.study.experiment.design import Experiment
from llmxsite.study.experiment.factor import OPTIONS, Factor
from llmxsite.study.experiment.prompt import prompt_hint
from llmxsite.study.experiment.terms import factors_of, task_of, terms_of

CODE = "experiment"


def check(document: Document, experiment: Experiment) -> Iterator[Issue]:
    """What is wrong with the factors that are set anywhere."""
    factors = factors_of(experiment.task)
    for index, name in enumerate(experiment.models):
        yield from _value(document, ("models", index), factors["model"], name)
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
            yield unknown(document, ("options", f"\0{name}"), name, OPTIONS, "option")
        elif wrong := OPTIONS[name](value):
            yield document.issue(("options", name), f"{CODE}-range", f"'{name}' must be {wrong}, not {shown(value)}")
    for name in ("prompt", "system", "shuffle_options"):
        if name in document.data:
            yield from _value(document, (name,), factors[name], getattr(experiment, name))
    for name, levels in experiment.sweep.items():
        if name not in factors:
            yield unknown(document, ("sweep", f"\0{name}"), name, factors)
            continue
        if not levels:
            yield document.issue(("sweep", name), f"{CODE}-empty", f"the sweep of '{name}' has no levels")
        for index, level in enumerate(levels):
            yield from _value(document, ("sweep", name, index), factors[name], level)
            if any(level == other and type(level) is type(other) for other in levels[:index]):
                yield document.issue(("sweep", name, index), f"{CODE}-duplicate", f"level {shown(level)} stands twice")
        yield from _set_twice(document, experiment, ("sweep", f"\0{name}"), name, "swept")
    for index, condition in enumerate(experiment.conditions):
        if not condition:
            yield document.issue(("conditions", index), f"{CODE}-empty", "this condition sets nothing")
        for name, value in condition.items():
            if name not in factors:
                yield unknown(document, ("conditions", index, f"\0{name}"), name, factors)
            else:
                yield from _value(document, ("conditions", index, name), factors[name], value)
                if name in experiment.sweep:
                    yield document.issue(
                        ("conditions", index, f"\0{name}"),
                        f"{CODE}-conflict",
                        f"'{name}' is listed here and swept as well",
                        hint="keep it in one of the two",
                    )
    everywhere = bool(experiment.conditions) and all("model" in c for c in experiment.conditions)
    if (
        terms_of(experiment.task).needs_model
        and not experiment.models
        and "model" not in experiment.sweep
        and not everywhere
    ):
        yield document.issue(("models",), f"{CODE}-empty", "no model is named", hint="write models: [llama3.2:3b]")


def _value(document: Document, keys: tuple[Key, ...], factor: Factor, value: Any) -> Iterator[Issue]:
    name = factor.name
    if not (wrong := factor.check(value)):
        return
    if name == "prompt" and isinstance(value, str):
        yield document.issue(keys, f"{CODE}-prompt", f"unknown prompt '{value}'", hint=prompt_hint(value))
        return
    hint = (
        "without the quotes it is a number"
        if isinstance(value, str) and _numeric(value) and "number" in wrong
        else None
    )
    yield document.issue(keys, f"{CODE}-range", f"'{name}' must be {wrong}, not {shown(value)}", hint=hint)


def _set_twice(
    document: Document, experiment: Experiment, keys: tuple[Key, ...], name: str, how: str
) -> Iterator[Issue]:
    """A factor that is swept must not be fixed elsewhere: one of the two would be silently without effect."""
    place = "options" if name in experiment.options else "models" if name == "model" and experiment.models else None
    if place is None and name in document.data and name in factors_of(experiment.task):
        place = name
    if place is not None:
        where = "by itself" if place == name else f"under '{place}'"
        yield document.issue(
            keys, f"{CODE}-conflict", f"'{name}' is {how} and also set {where}", hint="keep it in one of the two"
        )


def prompts(experiment: Experiment) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Every prompt the experiment names, with its place."""
    levels = experiment.sweep.get("prompt")
    listed = [(i, c["prompt"]) for i, c in enumerate(experiment.conditions) if "prompt" in c]
    for index, level in enumerate(levels or ()):
        yield ("sweep", "prompt", index), str(level)
    for index, value in listed:
        yield ("conditions", index, "prompt"), str(value)
    if levels is None and (len(listed) < len(experiment.conditions) or not listed):
        yield ("prompt",), experiment.prompt


def unknown(document: Document, keys: tuple[Key, ...], name: str, known: Iterable[str], what: str = "factor") -> Issue:
    """A name that is no factor here, or none at all."""
    if (task := task_of(name)) is not None:
        message, hint = f"'{name}' is a factor of the task {task} only", f"set task: {task}, or leave it out"
        return document.issue(keys, f"{CODE}-factor", message, hint=hint)
    return document.issue(keys, f"{CODE}-factor", f"unknown {what} '{name}'", hint=did_you_mean(name, known))


def shown(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
