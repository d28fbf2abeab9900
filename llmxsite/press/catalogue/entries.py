"""What the site has a page for, one by one: runs, models, suites, reports and pages of text, each with its slug and its address."""

from __future__ import annotations

import msgspec

from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.log.record import End, Run, SuiteRef, hypothesis_hash
from llmxsite.press.catalogue import addresses
from llmxsite.press.writing.frontmatter import Article, ModelMeta, PageMeta, ReportMeta
from llmxsite.study.experiment import Experiment, Prediction
from llmxsite.study.scaffold.words import is_template
from llmxsite.study.suite import QuestionItem, Suite, choices_of, item_hash


class Known(msgspec.Struct, array_like=True):
    """An item as the study's suite has it: what a page of samples shows of it."""

    question: str
    choices: list[str]
    """In the suite's order; none where it has none to choose among."""


class RunEntry(msgspec.Struct, kw_only=True):
    """A run log, by its header and its last line."""

    run: Run
    path: str
    """From the study's root."""
    hash: str
    size: int
    end: End | None = None
    extended: list[str] = []
    """When it was taken up again after it had been complete: its results could be seen by then."""

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def report(self) -> str:
        """The folder it lies in: renaming a report takes its runs along, whatever their headers say."""
        return self.path.split("/")[-2]

    @property
    def address(self) -> str:
        return addresses.run(self.report, self.run.id)

    @property
    def drift(self) -> str:
        """Address of its comparison with the run before it, where there is one."""
        return addresses.drift(self.report, self.run.id)

    @property
    def date(self) -> str:
        """`2026-08-01`; empty where the source does not say."""
        return (self.run.started or "")[:10]


class Version(msgspec.Struct, kw_only=True):
    """A model under one digest of its weights: what a name stood for on a day."""

    digest: str | None
    info: ModelInfo
    runs: list[str]


class ModelEntry(msgspec.Struct, kw_only=True):
    """A model by its name, with each digest it had in the logs, and the text a person wrote for its card."""

    slug: str
    name: str
    versions: list[Version] = []
    article: Article[ModelMeta] | None = None

    @property
    def address(self) -> str:
        return addresses.model(self.slug)

    @property
    def runs(self) -> list[str]:
        return [run for version in self.versions for run in version.runs]


class SuiteEntry(msgspec.Struct, kw_only=True):
    """A suite by its id: the study's own file, or only what logs say of it."""

    id: str
    suite: Suite | None = None
    path: str | None = None
    hash: str | None = None
    """Of the file as it is now; None where there is no file."""
    refs: dict[str, SuiteRef] = {}
    """Each content hash the runs used, with what they say of it."""
    runs: dict[str, list[str]] = {}
    """Content hash to the runs that used it."""

    def known(self) -> dict[str, Known]:
        """Its items by their hash; none where the study does not hold it."""
        items = self.suite.items if self.suite else []
        asked = ((i, i.question if isinstance(i, QuestionItem) else i.shown()) for i in items)
        return {item_hash(i): Known(question, choices_of(i)) for i, question in asked}

    @property
    def address(self) -> str:
        return addresses.suite(self.id)

    @property
    def title(self) -> str:
        named = [ref.title for ref in self.refs.values() if ref.title]
        return self.suite.title if self.suite else (named[0] if named else self.id)

    @property
    def run_ids(self) -> list[str]:
        return [run for runs in self.runs.values() for run in runs]


class ReportEntry(msgspec.Struct, kw_only=True):
    """A report: its text, its experiment, and the runs of that experiment."""

    slug: str
    article: Article[ReportMeta] | None = None
    experiment: Experiment | None = None
    predictions: list[Prediction] = []
    """Of `experiment`, those that can be read."""
    runs: list[RunEntry] = []
    commits: dict[str, str] = {}
    """Hash of a hypothesis or prediction to the commit that has it, of those that the first run began with."""
    looked_up: bool = False
    """Whether the repository at hand says so; otherwise it is what the first run's header recorded."""

    @property
    def address(self) -> str:
        return addresses.report(self.slug)

    @property
    def first(self) -> RunEntry | None:
        """The run whose data came first."""
        return self.runs[-1] if self.runs else None

    @property
    def title(self) -> str:
        if self.article is not None:
            return self.article.meta.title or first_heading(self.article.body) or self.slug
        return (self.experiment.question if self.experiment else None) or self.slug

    @property
    def question(self) -> str | None:
        asked = self.experiment.question if self.experiment else None
        return asked or next((q for r in self.runs if (q := r.run.experiment.get("question"))), None)

    @property
    def hypothesis(self) -> str | None:
        stated = self.experiment.hypothesis if self.experiment else None
        return stated or next((r.run.hypothesis.text for r in self.runs if r.run.hypothesis), None)

    @property
    def summary(self) -> str | None:
        return self.article.meta.summary if self.article else None

    @property
    def date(self) -> str:
        """When it was written, or the newest day of its runs."""
        meta = self.article.meta if self.article else None
        return (meta and (meta.updated or meta.date)) or max((r.date for r in self.runs), default="")

    @property
    def registered(self) -> str:
        """The state of today's hypothesis: `none`; still the `template`'s words; `waiting` for data; `committed` before the data;
        in the logs' `header` only; `changed` after data; or `unstated` in the first log."""
        text = self.hypothesis
        if not text:
            return "none"
        if is_template("hypothesis", text):
            return "template"
        if self.first is None:
            return "waiting"
        wanted = hypothesis_hash(text)
        stated = [r.run.hypothesis.hash for r in self.runs if r.run.hypothesis]
        if any(found != wanted for found in stated):
            return "changed"
        if self.first.run.hypothesis is None:
            return "unstated"
        return "committed" if wanted in self.commits else "header"


class PageEntry(msgspec.Struct, kw_only=True):
    """A page of text: the home page or one of `content/pages/`."""

    slug: str
    article: Article[PageMeta]

    @property
    def title(self) -> str:
        return self.article.meta.title or first_heading(self.article.body) or self.slug


def first_heading(body: str) -> str | None:
    """The text of a leading `# Heading`."""
    for line in body.splitlines():
        if line.strip():
            return line[2:].strip() if line.startswith("# ") else None
    return None
