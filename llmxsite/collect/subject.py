"""What a run is about, before any server is asked: an experiment of a study, or a log to repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from llmxsite.base import registry
from llmxsite.collect.agreed import Place
from llmxsite.collect.conduct import conduct_of
from llmxsite.collect.workload import Workload
from llmxsite.exchange.asking.plan import asking_of
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Options
from llmxsite.log import registration
from llmxsite.log.record import SCHEMA, Hypothesis, Run, SuiteRef, hypothesis_hash
from llmxsite.study.experiment import Condition, Resolved, place_of, terms_of
from llmxsite.study.study import Study
from llmxsite.study.suite import Suite


@dataclass(frozen=True)
class Subject:
    """What there is to ask, and where the answers go."""

    header: Run
    """The header as far as it depends on no server: no engine, models or machine yet, no id, no start."""
    place: str
    """The file that asks for it, as a message names it."""
    folder: Path
    """Where its logs lie."""
    conditions: Sequence[Condition]
    contexts: Mapping[str, int]
    """Every model, with the context that it is loaded with."""
    cache: Path | None
    """Where vectors are kept between runs; None keeps none."""
    where: Place
    """Where the experiment sets an option to a value."""
    workload: Callable[[dict[str, ModelInfo]], Workload]
    """What there is to do with the models as the server has them."""

    def width(self, wished: int | None) -> int:
        """The most requests that will ever be under way at once, where `wished` are wished for."""
        default = wished or self.header.concurrency or 1
        conduct = conduct_of(self.header.task)
        return max((conduct.width(condition, default) for condition in self.conditions), default=1)


def of_experiment(
    study: Study,
    report: str,
    experiment: Resolved,
    suites: Sequence[Suite],
    conditions: Sequence[Condition],
    contributor: str | None = None,
) -> Subject:
    """The conditions of a report's experiment that one engine answers."""
    contexts: dict[str, int] = {}
    terms, asking, conduct = terms_of(experiment.task), asking_of(experiment.task), conduct_of(experiment.task)
    for condition in conditions:
        wanted = condition.get("num_ctx", experiment.options.get("num_ctx"))
        for model in terms.called(experiment, condition):
            contexts.setdefault(model, wanted if isinstance(wanted, int) else Options().num_ctx or 0)
    commits = registration.commits(study, report) or {}

    def stated(text: str) -> Hypothesis:
        return Hypothesis(text=text, hash=hypothesis_hash(text), commit=commits.get(hypothesis_hash(text)))

    brought = registry.distribution(experiment.task)
    header = Run(
        schema=SCHEMA,
        id="",
        report=report,
        task=experiment.task,
        package=None if brought is None else brought[0],
        software={} if brought is None else dict([brought]),
        experiment=msgspec.to_builtins(experiment),
        suites=[_reference(suite) for suite in suites],
        engine=EngineInfo(name=""),
        models=[],
        contributor=contributor,
        hypothesis=stated(experiment.hypothesis) if experiment.hypothesis else None,
        predictions=[stated(prediction.sentence) for prediction in experiment.predicted],
        concurrency=experiment.concurrency,
    )
    return Subject(
        header=header,
        place="experiment.yaml",
        folder=study.run_folder(report),
        conditions=conditions,
        contexts=contexts,
        cache=study.cache / "vectors",
        where=partial(place_of, study, report),
        workload=lambda models: Workload(asking, conduct, experiment, suites, models, conditions),
    )


def _reference(suite: Suite) -> SuiteRef:
    return SuiteRef(
        id=suite.id,
        hash=suite.hash(),
        title=suite.title,
        version=suite.version,
        licence=suite.licence,
        language=suite.language,
        items=len(suite.items),
    )
