"""A report as a post for GitHub Discussions: question, hypothesis, setup, results, conclusions, follow-up.

What logs and the experiment say is filled in. What only a person can say comes from the report's own sections; where there is
none, the post shows that it is to be written. Nothing is claimed that nobody wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llmxsite.diagnostics import Issues, Problem
from llmxsite.publish import github
from llmxsite.publish.written import Written, open_edition, read
from llmxsite.site import paths, setup
from llmxsite.site.drawing import Drawn
from llmxsite.study import Study

LIMIT = 65_536
"""Characters GitHub takes in a post."""
WORDS = (500, 800)
"""Words a reader of a forum reads; outside, a hint says so."""

NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "introduction", "background", "motivation", "why"),
    "hypothesis": ("hypothesis", "hypotheses", "prediction", "expectation"),
    "setup": (
        "setup",
        "set-up",
        "method",
        "design",
        "materials",
        "experiment",
        "procedure",
        "data",
        "what we did",
        "what i did",
        "how we",
    ),
    "results": ("result", "finding", "what we found", "what i found", "what came out", "what happened", "observation"),
    "conclusions": ("conclusion", "discussion", "interpretation", "what it means", "what this means", "takeaway"),
    "follow-up": ("follow", "next", "future", "open question", "what remains"),
}
"""Part of the post to how its section's heading may begin in a report."""
PROMPTS = {
    "question": "what is asked, and why it matters to somebody who runs models at home",
    "hypothesis": "what was expected before the data, as `hypothesis:` in experiment.yaml",
    "conclusions": "what the results mean, what they do not show, and for whom",
    "follow-up": "what you would try next, and what readers could try on their own machines",
}
REGISTERED = {
    "before": "It stands in the header of every run log, written before the first sample.",
    "changed": "**The run logs hold another wording: it was changed after data had been collected.**",
    "unstated": "No run log holds it, so nothing shows that it came before the data.",
    "waiting": "No run has been collected yet.",
}


@dataclass
class Parts:
    """The post's parts as Markdown, by name; what is missing is not in it."""

    text: dict[str, list[str]] = field(default_factory=dict)
    other: list[tuple[str, str]] = field(default_factory=list)
    """Sections of the report that fit no part: heading and text."""


def export(study: Study, slug: str, *, issues: Issues, base_url: str | None = None) -> str:
    """The post for one report. Raises `Problem` where the site's address is not known, or where it cannot be made to fit."""
    edition = open_edition(study, issues, base_url)
    if edition.base_url is None:
        raise Problem.at(
            "content/site.yaml",
            "discussion-address",
            "a post needs the address of the published site: its pictures are shown from there",
            hint="set `base_url:` in site.yaml, or give --base-url",
        )
    written = read(edition, slug, issues)
    parts = _parts(written)
    text = next(
        (t for tables in (True, False) if len(t := _compose(written, parts, issues, tables=tables)) <= LIMIT), None
    )
    if text is None:
        raise Problem.at(
            written.host.source,
            "discussion-too-long",
            f"the post would be longer than the {LIMIT:,} characters that GitHub takes",
            hint="shorten the write-up, or post a summary that links to the report",
        )
    for name in PROMPTS:
        if not _said(written, parts, name):
            issues.add(
                written.host.source,
                "discussion-unwritten",
                f"the post says that its part '{name}' is to be written",
                hint=f"write a section '## {name.capitalize()}': {PROMPTS[name]}",
                severity="hint",
            )
    words = len(
        re.findall(
            r"\w+", re.sub(r"<[^>]*>|\]\([^)]*\)", " ", re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL))
        )
    )
    if not WORDS[0] <= words <= WORDS[1]:
        issues.add(
            written.host.source,
            "discussion-length",
            f"the post has about {words:,} words; {WORDS[0]} to {WORDS[1]} are read to the end",
            severity="hint",
        )
    return text


def _words(text: str) -> int:
    """Words of prose: without figures and their captions, tables, code, addresses and what is folded away."""
    folded = re.compile(r"<details>.*?</details>|<table>.*?</table>|<picture>.*?</picture>|```.*?```", re.DOTALL)
    prose = [
        line for line in folded.sub(" ", text).splitlines() if not line.startswith(("|", ">", "**Figure", "**Table"))
    ]
    return len(re.findall(r"\w+", re.sub(r"\]\([^)]*\)", " ", " ".join(prose))))


def _parts(written: Written) -> Parts:
    """The report's sections, sorted into the parts of the post."""
    parts = Parts()
    article = written.report.article
    if article is None:
        return parts
    for heading, markdown, start in github.sections(article.body):
        text = github.convert(written, markdown, article.first_line + start)
        if not text:
            continue
        name = _part_of(heading)
        if not heading or heading == written.report.title:
            parts.text.setdefault("question", []).append(text)
        elif name:
            parts.text.setdefault(name, []).append(text)
        elif _part_of_references(heading):
            continue
        else:
            parts.other.append((heading, text))
    return parts


def _part_of(heading: str) -> str | None:
    words = heading.lower().strip()
    return next((name for name, starts in NAMES.items() if words.startswith(starts)), None)


def _part_of_references(heading: str) -> bool:
    return heading.lower().strip() in {"references", "bibliography", "checklist"}


def _said(written: Written, parts: Parts, name: str) -> bool:
    """Whether a part has words: a person's, or the experiment's."""
    stated = {"question": written.report.question, "hypothesis": written.report.hypothesis}
    return bool(parts.text.get(name) or stated.get(name))


def _compose(written: Written, parts: Parts, issues: Issues, *, tables: bool) -> str:
    """The whole post; without `tables` the folded numbers of figures are left to the site."""
    report, base = written.report, str(written.edition.base_url)
    page = paths.absolute(base, report.address)
    blocks = [
        f"*[Full report with interactive figures, every sample and every reply]({page})*",
        *_section(
            "Question", [_quoted(report.question), *parts.text.get("question", [])], _prompt(written, parts, "question")
        ),
        *_section(
            "Hypothesis",
            [*_hypothesis(written), *parts.text.get("hypothesis", [])],
            _prompt(written, parts, "hypothesis"),
        ),
        *_section("Setup", [*parts.text.get("setup", []), _setup(written)], None),
        *_section("Results", [_summary(written), *parts.text.get("results", []), *_unshown(written, parts)], None),
    ]
    for heading, text in parts.other:
        blocks += [f"## {heading}", text]
    blocks += _section("Conclusions", parts.text.get("conclusions", []), _prompt(written, parts, "conclusions"))
    blocks += _section("Follow-up", parts.text.get("follow-up", []), _prompt(written, parts, "follow-up"))
    blocks += _limits(written)
    blocks.append(
        f"---\n\nRuns, prompts, replies and settings: [{page}]({page}#runs). To run it again: [commands]({page}#reproduce)."
    )
    text = "\n\n".join(block for block in blocks if block).strip() + "\n"
    text = re.sub(r"\n{3,}", "\n\n", text)
    return text if tables else re.sub(r"<details>\n<summary>The numbers.*?</details>\n*", "", text, flags=re.DOTALL)


def _section(title: str, blocks: list[str], prompt: str | None) -> list[str]:
    kept = [b for b in blocks if b]
    return [f"## {title}", *kept, *([prompt] if prompt else [])] if kept or prompt else []


def _prompt(written: Written, parts: Parts, name: str) -> str | None:
    """What stands where nobody has written yet."""
    return None if _said(written, parts, name) else f"> [!IMPORTANT]\n> **To be written:** {PROMPTS[name]}."


def _quoted(question: str | None) -> str:
    return f"**{github.plain(question)}**" if question else ""


def _hypothesis(written: Written) -> list[str]:
    text = written.report.hypothesis
    if not text:
        return []
    state = REGISTERED.get(written.report.registered, "")
    return [f"> {github.plain(text)}", state]


def _setup(written: Written) -> str:
    """Models, settings, machines and versions, from the headers of the logs."""
    runs = written.report.runs
    if not runs:
        return "No run has been collected yet."
    found = setup.describe(written.edition, runs)
    models = [_model(m["info"]) for m in found["models"]]
    suites = [
        f"{s['ref'].title or s['ref'].id}"
        + (f" ({s['ref'].items:,} items)" if s["ref"].items else "")
        + f", hash {s['ref'].hash[:12]}"
        for s in found["suites"]
    ]
    rows = [["Models", "; ".join(models)], ["Suites", "; ".join(suites)], ["Engine", "; ".join(found["engines"])]]
    rows += [[name.replace("_", " ").capitalize(), ", ".join(map(str, values))] for name, values in _settings(found)]
    rows += [
        ["Machine", "; ".join(found["hosts"])],
        ["Software", "; ".join(found["software"])],
        ["Commit", "; ".join(found["git"])],
    ]
    rows.append(["Runs", f"{len(runs)}"])
    filled = [[name, value or "not stated"] for name, value in rows]
    return (
        "<details>\n<summary>Setup, from the run logs</summary>\n\n"
        + github.table(["", ""], filled, [False, False])
        + "\n\n</details>"
    )


def _settings(found: dict[str, object]) -> list[tuple[str, list[object]]]:
    """Settings as pairs, however `setup.describe` groups them."""
    pairs: list[tuple[str, list[object]]] = []
    for key in ("varied", "settings"):
        pairs += [(str(n), list(v)) for n, v in _pairs(found.get(key))]
    pairs += [(str(n), [v]) for n, v in _pairs(found.get("fixed"))]
    return pairs


def _pairs(value: object) -> list[tuple[object, list[object]]]:
    return [(n, v) for n, v in value] if isinstance(value, list) else []


def _model(info: object) -> str:
    """`llama3.2:3b, 3.2B, Q4_K_M, digest 51aa6b0c`."""
    parts = [getattr(info, name, None) for name in ("name", "parameter_size", "quantization")]
    digest = getattr(info, "digest", None)
    return ", ".join([str(p) for p in parts if p] + ([f"digest {digest[:8]}"] if digest else []))


def _summary(written: Written) -> str:
    """Accuracy of every model, with its interval and n, where the task has one."""
    rows = written.edition.numbers.summary(written.report.runs, ["suite", "model"])
    known = [r for r in rows if r.get("accuracy") is not None]
    if not known:
        return ""
    several = len({r.get("suite") for r in known}) > 1
    heads = [*(["Suite"] if several else []), "Model", "Accuracy", "95% interval", "Answered", "Unparsed"]
    body = [
        [
            *([str(r["suite"])] if several else []),
            str(r["model"]),
            f"{100 * r['accuracy']:.1f}%",
            f"{100 * r['ci_low']:.1f}% to {100 * r['ci_high']:.1f}%" if r.get("ci_low") is not None else "–",
            f"{r['answered']:,}",
            f"{r['unparsed']:,}",
        ]
        for r in sorted(known, key=lambda r: (str(r.get("suite")), -r["accuracy"]))
    ]
    left = 2 if several else 1
    return github.table(heads, body, [False] * left + [True] * (len(heads) - left))


def _unshown(written: Written, parts: Parts) -> list[str]:
    """Figures that stand in none of the parts, so that none is lost; none where a report has no text at all."""
    text = "\n".join([*(t for ts in parts.text.values() for t in ts), *(t for _, t in parts.other)])
    return [
        github.picture(written, s.figure, s.directive.label)
        for s in written.shown
        if isinstance(s.figure, Drawn)
        and paths.absolute(str(written.edition.base_url), s.figure.photo("light")) not in text
    ]


def _limits(written: Written) -> list[str]:
    """The warnings that the numbers raise themselves."""
    warnings = written.edition.numbers.warnings(written.report.runs) if written.report.runs else []
    return ["## Limits", "\n".join(f"- {github.plain(w)}" for w in warnings)] if warnings else []
