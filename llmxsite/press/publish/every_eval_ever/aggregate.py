"""The record of one run, model, condition and suite: `<uuid>.json`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from llmxsite.log.record import Run
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.publish.every_eval_ever.groups import Group
from llmxsite.press.publish.every_eval_ever.instance import VERSION, text
from llmxsite.study.study import SiteConfig

_LOCAL = ("ollama", "embedded")
"""Engines that hold the weights on the machine that asks, unless the model says that it is elsewhere."""
_ARGUMENTS = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "num_predict": "max_tokens"}
"""Our options to the format's `generation_args`; a foreign log has `max_tokens` under that name."""
_METHODS = {"wilson": "Wilson score", "t": "Student's t"}


class Publisher(msgspec.Struct, kw_only=True):
    """Who provides the records."""

    organization: str
    relationship: str
    study: SiteConfig
    base_url: str | None


def record(entry: RunEntry, group: Group, publisher: Publisher, moment: str, checksum: str) -> dict[str, object]:
    """The record. `moment` is when the results were there, ISO 8601; `checksum` the samples file's sha256."""
    run = entry.run
    out: dict[str, object] = {
        "schema_version": VERSION,
        "evaluation_id": group.evaluation_id,
        "retrieved_timestamp": _epoch(moment),
    }
    if run.started:
        out["evaluation_timestamp"] = run.started
    return out | {
        "source_metadata": _source(run, publisher),
        "eval_library": _library(run),
        "model_info": _model(run, group),
        "evaluation_results": [_result(run, group)],
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": f"{group.place}_samples.jsonl",
            "hash_algorithm": "sha256",
            "checksum": checksum,
            "total_rows": len(group.values),
        },
    }


def _epoch(moment: str) -> str:
    """Seconds since 1970, as a text."""
    return f"{datetime.fromisoformat(moment).timestamp():.3f}"


def _source(run: Run, publisher: Publisher) -> dict[str, object]:
    found: dict[str, object] = {
        "source_name": publisher.study.title,
        "source_type": "evaluation_run",
        "source_organization_name": publisher.organization,
        "evaluator_relationship": publisher.relationship,
    }
    if address := publisher.base_url or publisher.study.repository:
        found["source_organization_url"] = address
    details = {"report": run.report, "run": run.id}
    if publisher.study.repository:
        details["repository"] = publisher.study.repository
    if publisher.study.licence:
        details["licence"] = publisher.study.licence
    if run.git is not None:
        details["commit"] = run.git.commit
    if run.hypothesis is not None:
        details |= {"hypothesis": run.hypothesis.text.strip(), "hypothesis_sha256": run.hypothesis.hash}
    if run.source is not None and run.source.get("sha256"):
        details["imported_file_sha256"] = text(run.source["sha256"])
    return found | {"additional_details": details}


def _library(run: Run) -> dict[str, object]:
    """What ran and scored: this program, or the tool an imported log came from."""
    if run.source is None:
        name, version = "llmxsite", run.software.get("llmxsite")
    else:
        name, version = str(run.source.get("tool", run.engine.name)), run.engine.version
    found: dict[str, object] = {"name": name, "version": version or "unknown"}
    return found | ({"additional_details": dict(sorted(run.software.items()))} if run.software else {})


def _model(run: Run, group: Group) -> dict[str, object]:
    model = group.model
    details: dict[str, str] = {"deployment_type": "unknown", "model_availability": "unknown"}
    if model.remote:
        details["deployment_type"] = "externally_managed"
    elif run.engine.name in _LOCAL:
        details["deployment_type"] = "self_deployed"
        if model.licence:
            details["model_availability"] = "open_weights"  # they lie here, under a licence that says so
    told = msgspec.to_builtins(model)
    details |= {k: text(v) for k, v in sorted(told.items()) if k not in ("name", "system", "remote")}
    found: dict[str, object] = {"name": model.name, "id": group.model_id}
    developer = group.model_id.partition("/")[0]
    if developer != "unknown":
        found["developer"] = developer
    if run.source is None:
        engine = {"name": run.engine.name} | ({"version": run.engine.version} if run.engine.version else {})
        found["inference_engine"] = engine
        if run.engine.backend:
            details["backend"] = run.engine.backend
    return found | {"additional_details": details}


def _result(run: Run, group: Group) -> dict[str, object]:
    n = group.numbers
    score: dict[str, object] = {"score": n["accuracy"]}
    counts = ("n", "answered", "correct", "unparsed", "truncated", "errors", "unscored")
    score["details"] = {name: text(n[name]) for name in counts if n.get(name) is not None}
    if uncertainty := _uncertainty(n):
        score["uncertainty"] = uncertainty
    found: dict[str, object] = {
        "evaluation_result_id": group.result_id,
        "evaluation_name": group.suite.id,
        "source_data": _data(group),
    }
    if run.started:
        found["evaluation_timestamp"] = run.started
    return found | {
        "metric_config": _metric(group),
        "score_details": score,
        "generation_config": _generation(run, group),
    }


def _metric(group: Group) -> dict[str, object]:
    right = group.right_or_wrong
    found: dict[str, object] = {
        "evaluation_description": "Share of answered questions that were answered right"
        if right
        else "Mean of the scores from 0 to 1 of the answered questions",
        "metric_id": "accuracy" if right else "llmxsite.mean_score",
        "metric_name": "Accuracy" if right else "Mean score",
        "metric_kind": "accuracy" if right else "mean_score",
        "metric_unit": "proportion",
        "lower_is_better": False,
        "score_type": "continuous",
        "min_score": 0,
        "max_score": 1,
    }
    details = {"unparsed": "an answer that cannot be read counts as wrong", "errors": "left out of the denominator"}
    if group.scorers:
        details["scorer"] = ", ".join(sorted(group.scorers))
    return found | {"additional_details": details}


def _uncertainty(n: dict[str, Any]) -> dict[str, object]:
    """Standard error and interval as `llmxsite results` has them; what is undefined is left out."""
    found: dict[str, object] = {}
    method, _, clustered = str(n.get("interval_method") or "").partition(", ")
    by = ", clustered by " + ("item" if n["clusters"] == n["n_items"] else "the suite's clusters") if clustered else ""
    if n.get("se") is not None:
        found["standard_error"] = {"value": n["se"], "method": f"analytic{by}"}
    if n.get("ci_low") is not None and n.get("ci_high") is not None:
        method = _METHODS.get(method, method) + by
        interval = {"lower": n["ci_low"], "upper": n["ci_high"], "confidence_level": 0.95, "method": method}
        found["confidence_interval"] = interval
    if found:
        found["num_samples"] = n["answered"] - (n.get("unscored") or 0)
    return found


def _data(group: Group) -> dict[str, object]:
    """The suite, by its content hash: who has the same hash asked the same questions."""
    told = msgspec.to_builtins(group.suite)
    details = {k: text(v) for k, v in sorted(told.items()) if k != "id" and v}
    return {"dataset_name": group.suite.id, "source_type": "other", "additional_details": details}


def _generation(run: Run, group: Group) -> dict[str, object]:
    """What every request was sent with: the format's own names first, the rest as it stands in the log."""
    options: dict[str, Any] = {**(group.options or {}), **group.condition}
    arguments: dict[str, object] = {}
    for ours, theirs in _ARGUMENTS.items():
        value = options.pop(ours, None)
        value = options.pop(theirs, None) if value is None else value
        if isinstance(value, int | float) and (theirs != "max_tokens" or value >= 1):
            arguments[theirs] = value
        elif value is not None:
            options[ours] = value
    if group.think is not None:
        arguments["reasoning"] = group.think
    if run.source is None:
        arguments["execution_command"] = f"llmxsite run {run.report}"
    options.pop("model", None)
    details = {name: text(value) for name, value in sorted(options.items()) if value not in (None, [], "")}
    if run.host is not None:
        details["host"] = text(msgspec.to_builtins(run.host))
    return {"generation_args": arguments} | ({"additional_details": details} if details else {})
