"""What an experiment expects, as `plan` and `run` say it: its question and hypothesis, and what its n can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmxsite.analysis.measure import show
from llmxsite.base.diagnostics import several
from llmxsite.cli.terminal import out

if TYPE_CHECKING:
    from llmxsite.base.diagnostics import Issues
    from llmxsite.study.experiment import Prediction, Resolved
    from llmxsite.study.study import Study
    from llmxsite.study.suite import Suite


def refuse_template(study: Study, report: str, anyway: bool, issues: Issues) -> None:
    """Raise `Problem` where the template's words still stand: collected, they would be what the study had expected."""
    import msgspec

    from llmxsite.base.diagnostics import Problem
    from llmxsite.study.scaffold import words

    found = words.find(study, report, "warning" if anyway else "error")
    if found and not anyway:
        last = found[-1]
        mend = f"{last.hint}; `llmxsite run {report} --anyway` collects all the same"
        raise Problem(*found[:-1], msgspec.structs.replace(last, hint=mend))
    issues.extend(found)


def introduce(study: Study, report: str, experiment: Resolved) -> None:
    """The question, the hypothesis and the predictions, and whether they were there before the data."""
    from llmxsite.log import registration
    from llmxsite.log.record import hypothesis_hash
    from llmxsite.study.scaffold.words import is_template

    console = out()
    console.print(experiment.question or report, style="bold", markup=False)
    commits = registration.commits(study, report)
    if experiment.hypothesis:
        state = "the template's words" if is_template("hypothesis", experiment.hypothesis) else None
        console.print(_stated("Hypothesis", experiment.hypothesis, commits, state), markup=False)
    else:
        console.print("No hypothesis: the report will say that none was stated before the data.", style="dim")
    for number, prediction in enumerate(experiment.predicted, 1):
        console.print(_stated(f"Prediction {number}", prediction.sentence, commits), markup=False, soft_wrap=True)
        console.print(f"  {prediction.sentence}", markup=False, soft_wrap=True)
    stated = [p.sentence for p in experiment.predicted] + ([experiment.hypothesis] if experiment.hypothesis else [])
    if commits is not None and any(hypothesis_hash(text) not in commits for text in stated):
        words = "commit experiment.yaml first, and its history shows that it was there before the data"
        console.print(f"  {words}", style="dim", markup=False)


def _stated(what: str, text: str, commits: dict[str, str] | None, state: str | None = None) -> str:
    """`Hypothesis 0ad8fb27ccbd (committed, in 3f2a91c04d)`."""
    from llmxsite.log.record import hypothesis_hash

    hashed = hypothesis_hash(text)
    if state is None and commits is None:
        state = "no git repository"
    elif state is None and commits is not None:
        state = f"committed, in {commits[hashed][:10]}" if hashed in commits else "in no commit yet"
    return f"{what} {hashed[:12]} ({state})"


def power(experiment: Resolved, suites: list[Suite]) -> None:
    """The smallest difference that this n can show between two conditions; of the same request again, the bound it can give."""
    from llmxsite.analysis.stats.power import detectable, variance_per_item
    from llmxsite.collect.conduct import conduct_of
    from llmxsite.study.experiment import select

    chosen = [(s, select(s.items, experiment.limit, experiment.limit_seed)) for s in suites]
    n = sum(len(items) for _, items in chosen)
    k = experiment.repeats
    said = conduct_of(experiment.task).power(experiment, chosen)
    if said is not None:
        if said:
            out().print(said, markup=False)
        return
    # Miller 2024, section 5: difficulties spread evenly over 0 to 1, and differences of variance 1/9.
    variance = variance_per_item(1 / 9, 1 / 6, 1 / 6, k, k)
    smallest = detectable(n, variance, alpha=experiment.analysis.alpha)
    if smallest is None:
        return
    counted = several(n, "item")
    if smallest < 1:
        words = f"{counted} can show a difference of {show(smallest, 'points', digits=0, sign=False)} points between two conditions"
        out().print(f"{words} (80% power, level {experiment.analysis.alpha:g})", markup=False)
    else:
        out().print(f"{counted} cannot show any difference between two conditions", markup=False)
    for number, prediction in enumerate(experiment.predicted, 1):
        if prediction.measure == "accuracy":
            out().print(f"  {_reach(number, prediction, experiment, suites)}", markup=False, soft_wrap=True)


def _reach(number: int, prediction: Prediction, experiment: Resolved, suites: list[Suite]) -> str:
    """What the items of one prediction can show, at the strictest level that Holm's correction over all of them may ask for."""
    from llmxsite.analysis.stats.power import detectable, equivalence_margin, variance_per_item
    from llmxsite.study.experiment import select
    from llmxsite.study.experiment.prediction import values

    wanted = {name: {str(v) for v in values(v)} for name, v in prediction.where.items()}
    n = 0
    for suite in suites:
        if suite.id in wanted.get("suite", {suite.id}):
            items = select(suite.items, experiment.limit, experiment.limit_seed)
            fields = [name for name in wanted if hasattr(items[0], name)] if items else []
            n += sum(all(str(getattr(item, name)) in wanted[name] for name in fields) for item in items)
    k = experiment.repeats
    variance = variance_per_item(1 / 9, 1 / 6, 1 / 6, k, k)
    level = experiment.analysis.alpha / len(experiment.predicted)
    stated = f"Prediction {number}: {several(n, 'item')}"
    if prediction.relation == "=":
        margin = equivalence_margin(n, variance, alpha=level)
        if margin is None or margin >= 1:
            return f"{stated} cannot show that a difference lies within any margin"
        short = "; its margin is narrower" if prediction.threshold < margin else ""
        return f"{stated} can show that there is no difference beyond {show(margin, 'points', digits=0, sign=False)} points{short}"
    reach = detectable(n, variance, alpha=level)
    if reach is None or reach >= 1:
        return f"{stated} cannot show any difference"
    beyond = f" beyond its margin of {100 * prediction.threshold:g}" if prediction.threshold else ""
    return f"{stated} can show {show(reach, 'points', digits=0, sign=False)} points{beyond} (level {level:g})"
