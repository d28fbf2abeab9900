"""What the experiment and the logs say of a report, for a post: question, hypothesis, setup, accuracies, limits."""

from __future__ import annotations

from llmxsite.analysis.measure import show
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.press.publish.written import Written
from llmxsite.press.site import populations, predictions
from llmxsite.press.site.directives import setup
from llmxsite.press.site.figures.elsewhere import plain, table

REGISTERED = {
    "committed": "It was committed before the first sample.",
    "header": "It stands in the header of the run log, written before the first sample; in no commit before that.",
    "template": "**These are the words of the template: no hypothesis was stated.**",
    "changed": "**The run logs hold another wording: it was changed after data had been collected.**",
    "unstated": "The first run log does not hold it, so nothing shows that it came before the data.",
    "waiting": "No run has been collected yet.",
}


def question(written: Written) -> list[str]:
    asked = written.report.question
    return [f"**{plain(asked)}**"] if asked else []


def hypothesis(written: Written) -> list[str]:
    """The hypothesis, and whether the logs hold it from before the data."""
    text = written.report.hypothesis
    if not text:
        return []
    said = [f"> {plain(text)}", REGISTERED.get(written.report.registered, "")]
    rows = predictions.answers(written.edition, written.report)
    if rows:
        lines = [f"- `{row.sentence}`: **{row.verdict}**. {plain(row.words)}" for row in rows]
        said.append("\n".join(lines))
    return said


def described(written: Written) -> str:
    """Models, settings, machines and versions, from the headers of the logs, folded away."""
    runs = written.report.runs
    if not runs:
        return "No run has been collected yet."
    found = setup.describe(written.edition, runs)
    models = [_model(m.info) for m in found.models]
    suites = [
        f"{s.title or s.id}" + (f" ({s.items:,} items)" if s.items else "") + f", hash {s.hash[:12]}"
        for s, _ in found.suites
    ]
    settings = [*found.varied, *((name, [value]) for name, value in found.fixed)]
    rows = [["Models", "; ".join(models)], ["Suites", "; ".join(suites)], ["Engine", "; ".join(found.engines)]]
    rows += [[name.replace("_", " ").capitalize(), ", ".join(map(str, values))] for name, values in settings]
    rows += [
        ["Machine", "; ".join(found.hosts)],
        ["Software", "; ".join(found.software)],
        ["Commit", "; ".join(found.git)],
    ]
    rows.append(["Runs", f"{len(runs)}"])
    filled = [[name, value or "not stated"] for name, value in rows]
    return (
        "<details>\n<summary>Setup, from the run logs</summary>\n\n"
        + table(["", ""], filled, [False, False])
        + "\n\n</details>"
    )


def accuracies(written: Written) -> str:
    """Accuracy of every model under every setting, with its interval and n, where the task has one."""
    rows = populations.rows(written.edition, written.report.runs, ["suite", "model"])
    known = [r for r in rows if r.get("accuracy") is not None]
    if not known:
        return ""
    several = len({r.get("suite") for r in known}) > 1
    varied = len({r["setting"] for r in known}) > 1
    heads = [*(["Suite"] if several else []), *(["Setting"] if varied else []), "Model", "Accuracy", "95% interval"]
    heads += ["Answered", "Unparsed"]
    body = [
        [
            *([str(r["suite"])] if several else []),
            *([r["setting"] or "–"] if varied else []),
            str(r["model"]),
            show(r["accuracy"], "percent"),
            f"{show(r['ci_low'], 'percent')} to {show(r['ci_high'], 'percent')}"
            if r.get("ci_low") is not None
            else "–",
            f"{r['answered']:,}",
            f"{r['unparsed']:,}",
        ]
        for r in sorted(known, key=lambda r: (str(r.get("suite")), r["setting"], -r["accuracy"]))
    ]
    left = 1 + several + varied
    return table(heads, body, [False] * left + [True] * (len(heads) - left))


def limits(written: Written) -> str:
    """The warnings that the numbers raise themselves."""
    warnings = written.edition.numbers.warnings(written.report.runs) if written.report.runs else []
    return "\n".join(f"- {plain(w)}" for w in warnings)


def _model(info: ModelInfo) -> str:
    """`llama3.2:3b, 3.2B, Q4_K_M, digest 51aa6b0c`."""
    parts = [info.name, info.parameter_size, info.quantization]
    return ", ".join([str(p) for p in parts if p] + ([f"digest {info.digest[:8]}"] if info.digest else []))
