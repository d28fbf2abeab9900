"""The same questions on several machines: samples as matrices with a row a machine and a column an item, one for each thing that
may be pooled.

What is pooled must be one thing: the same version of the suite, the same weights, chat template, prompt texts and rule of reading.
Machines that differ in one of these make a matrix of their own, and it is said what is other about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from llmxsite.analysis.results.groups import Codes, Flags, Floats, group, key_columns, number, scores, units
from llmxsite.analysis.stats.crossed import apart, most_frequent
from llmxsite.analysis.tables import Samples
from llmxsite.log.record import Run

MACHINES = ("contributor", "hardware", "run")
"""What a machine is where nothing is said: the first of these with several levels. A contributor is one, however many runs it has."""
MOST_NAMES = 6
UNREAD = "not read"
"""Stands for a reply in which no answer was found."""
_SEED = "seed"
PARTS = {
    "task": "another task",
    "suite_hash": "another version of the suite",
    "digest": "other weights",
    "template": "another chat template",
    "rendering": "another prompt made of it",
    "wording": "other prompt texts",
    "scorer": "another rule of reading",
}
"""What must be the same in everything that is pooled, and what it is called where it is not."""


@dataclass(frozen=True)
class Crossing:
    """What may be pooled: machines and items of one suite, model and setting."""

    key: dict[str, Any]
    """Suite, model, the columns asked for, and the factors that vary."""
    identity: dict[str, str | None]
    """The value of each of `PARTS`."""
    refused: str
    """Why it is not pooled with most of the machines of its key, in words; empty where it is those."""
    machines: list[str]
    frame: pd.DataFrame
    """Its samples."""
    machine: Codes
    """Machine of each sample, and its item and declared cluster below."""
    item: Codes
    first: Codes
    """For each item a row of `frame`."""
    cluster: Codes
    """For each item its independent unit."""

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.machines), len(self.first)

    def mean(self, values: Floats) -> Floats:
        """A number a sample, averaged over each machine's samples of an item; NaN where there is none."""
        known = ~np.isnan(values)
        cell = self.machine[known] * self.shape[1] + self.item[known]
        size = self.shape[0] * self.shape[1]
        with np.errstate(invalid="ignore"):
            means = np.bincount(cell, weights=values[known], minlength=size) / np.bincount(cell, minlength=size)
        return means.reshape(self.shape)

    @cached_property
    def _labelled(self) -> tuple[Codes, list[str]]:
        """`answers`, and what each number means; 0 is a reply nobody could read."""
        given = scores(self.frame)
        text = self.frame["answer"].astype(object)
        if not text.notna().any():
            text = pd.Series(given.value, self.frame.index).round(9).astype(object)
        label, words = pd.factorize(text.where(text.notna() & ~given.unparsed, None))
        label = np.where(given.answered, label + 1, -1)
        cell = self.machine * self.shape[1] + self.item
        known = label >= 0
        table = pd.DataFrame({"cell": cell[known], "label": label[known], "at": np.arange(len(cell))[known]})
        counts = table.groupby(["cell", "label"], sort=False).agg(n=("at", "size"), at=("at", "min")).reset_index()
        counts = counts.sort_values(["cell", "n", "at"], ascending=[True, False, True]).drop_duplicates("cell")
        out = np.full(self.shape[0] * self.shape[1], -1, np.int64)
        out[counts["cell"].to_numpy()] = counts["label"].to_numpy()
        return out.reshape(self.shape), [UNREAD, *map(str, words)]

    @property
    def answers(self) -> Codes:
        """The most frequent answer of each machine to each item as a number, the earlier of two; -1 where it did not answer.

        A reply nobody could read is an answer of its own. Where nothing has an answer, as in tasks without choices, scores stand for
        them.
        """
        return self._labelled[0]

    @cached_property
    def runs(self) -> list[set[str]]:
        """The runs of each machine."""
        pairs = pd.DataFrame({"machine": self.machine, "run": self.frame["run"].astype(str)}).drop_duplicates()
        found: list[set[str]] = [set() for _ in self.machines]
        for machine, run in pairs.itertuples(index=False, name=None):
            found[machine].add(run)
        return found

    def text(self, code: int) -> str:
        """What a number of `answers` means."""
        return self._labelled[1][code]

    @cached_property
    def items(self) -> list[tuple[str, str]]:
        """Id and content hash of each item."""
        rows = self.frame[["item", "item_hash"]].iloc[self.first]
        return [(str(item), str(content)) for item, content in rows.itertuples(index=False, name=None)]

    def departed(self, main: Crossing) -> list[tuple[int, int]]:
        """For each machine how many items it shares with another crossing, and to how many it gave another answer than most there.

        For what may not be pooled: a count, without a test. Of an item that one machine alone answered there, its answer is meant.
        """
        alone = (main.answers >= 0).sum(axis=0) == 1
        most = np.where(alone, main.answers.max(axis=0), most_frequent(main.answers))
        theirs = {item: main.text(code) for item, code in zip(main.items, most.tolist(), strict=True) if code >= 0}
        found = []
        for row in self.answers.tolist():
            own = [
                (theirs[item], self.text(code))
                for item, code in zip(self.items, row, strict=True)
                if code >= 0 and item in theirs
            ]
            found.append((len(own), sum(a != b for a, b in own)))
        return found

    @cached_property
    def divided(self) -> Flags:
        """Which items have more than one answer."""
        known = self.answers >= 0
        low = np.where(known, self.answers, np.iinfo(np.int64).max).min(axis=0)
        high = np.where(known, self.answers, -1).max(axis=0)
        return np.asarray((high > low) & known.any(axis=0))

    def values(self, measure: str) -> Floats:
        """A measure as a matrix, machine by item."""
        if measure == "agreement":
            return 1 - apart(self.answers)
        given = scores(self.frame)
        confidence = self.frame["confidence"].to_numpy(dtype=np.float64, na_value=np.nan)
        if measure == "accuracy":
            return self.mean(given.value)
        if measure == "confidence_gap":
            return self.mean(confidence - given.value)
        if measure == "brier":
            return self.mean(np.square(confidence - given.value))
        return self.mean(
            np.where(given.answered, self.frame[measure].to_numpy(dtype=np.float64, na_value=np.nan), np.nan)
        )


def levels(samples: Samples, factor: str = "") -> Any:
    """The machine of each sample; one without a level is a machine of its run."""
    frame, column = samples.frame, machine_column(samples, factor)
    return frame[column].astype(object).where(frame[column].notna(), frame["run"].astype(object)).astype(str).to_numpy()


def listed(names: Sequence[str]) -> str | None:
    """Machines by name as far as a cell has room; None for none."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "") if names else None


def machine_column(samples: Samples, factor: str) -> str:
    """The column whose levels are machines: the one asked for, or the first of `MACHINES` that has several."""
    if factor:
        return key_columns(samples, [factor])[0]
    several = (name for name in MACHINES if samples.frame[name].nunique() > 1)
    return next(several, MACHINES[-1])


def crossings(samples: Samples, factor: str = "", by: Sequence[str] = ()) -> Iterator[Crossing]:
    """Everything that may be pooled, key by key in the order of the tables; of a key, what most machines have comes first.

    `factor` is the column whose levels are machines. KeyError for an unknown column.
    """
    machine = machine_column(samples, factor)
    varying = [f for f in samples.varying() if f not in (_SEED, machine)]
    keys = [c for c in key_columns(samples, ["suite", "model", *by, *varying]) if c != machine]
    keys = ["suite", "model", *(c for c in keys if c not in ("suite", "model"))]
    frame = samples.frame.assign(**_of_headers(samples))
    level = levels(samples, factor)
    groups = group(samples, keys)
    order = list(PARTS)
    for place in range(groups.count):
        rows = np.flatnonzero(groups.codes == place)
        part = frame.iloc[rows]
        names = level[rows]
        identities, _ = number(part, order)
        # Weights that are not told are nobody else's: each machine's stand alone.
        untold = part["digest"].isna().to_numpy()
        identities = np.where(
            untold, identities * len(part) + number(pd.DataFrame({"m": names}), ["m"])[0], -1 - identities
        )
        found = sorted(
            (np.flatnonzero(identities == one) for one in np.unique(identities)),
            key=lambda some: (bool(untold[some[0]]), -len(set(names[some])), -len(some), str(names[some[0]])),
        )
        key = {name: groups.keys[name].iloc[place] for name in keys}
        main = _identity(part.iloc[found[0]], order)
        for some in found:
            own = _identity(part.iloc[some], order)
            yield _crossing(key, own, _refused(own, main) if some is not found[0] else "", part.iloc[some], names[some])


def _crossing(
    key: dict[str, Any], identity: dict[str, str | None], refused: str, frame: pd.DataFrame, names: Any
) -> Crossing:
    frame = frame.reset_index(drop=True)
    machines = sorted(set(names))
    place = {name: index for index, name in enumerate(machines)}
    item, unit = units(frame)
    _, first, local = np.unique(item, return_index=True, return_inverse=True)
    return Crossing(
        key,
        identity,
        refused,
        machines,
        frame,
        np.array([place[name] for name in names], np.int64),
        local.astype(np.int64),
        first.astype(np.int64),
        unit[first],
    )


def _identity(frame: pd.DataFrame, parts: Sequence[str]) -> dict[str, str | None]:
    row = frame.iloc[0]
    return {name: None if pd.isna(row[name]) else str(row[name]) for name in parts}


def _refused(own: dict[str, str | None], main: dict[str, str | None]) -> str:
    """`other weights (3f2a01bc here, 9c1d77e0 there)`, one for each part that differs."""
    said = []
    for name, words in PARTS.items():
        if name == "digest" and own[name] is None:
            said.append("weights not told")
        elif own[name] != main[name]:
            said.append(f"{words} ({_short(name, own[name])} here, {_short(name, main[name])} there)")
    return ", ".join(said)


def _short(name: str, value: str | None) -> str:
    return "not told" if value is None else value if name in ("task", "scorer") else value[:8]


def _of_headers(samples: Samples) -> dict[str, pd.Categorical]:
    """For each sample what its run tells of the prompt, the hashes of chat template, of a conversation made with it and of the
    experiment's own texts, and the rules that read the run's replies to the suite."""
    frame = samples.frame
    codes, first = number(frame, ["run", "model", "suite"])
    told = [
        _told(samples.runs.get(str(run)), str(model)) for run, model in frame[["run", "model"]].iloc[first].to_numpy()
    ]
    rules: list[set[str]] = [set() for _ in first]
    _, met = number(frame, ["run", "model", "suite", "scorer"])
    for place, rule in zip(codes[met], frame["scorer"].iloc[met], strict=True):
        if not pd.isna(rule):
            rules[place].add(str(rule))
    columns = {name: [one[name] for one in told] for name in ("template", "rendering", "wording")}
    columns["scorer"] = [" and ".join(sorted(found)) or None for found in rules]
    return {name: pd.Categorical(np.array([*values, None], object)[codes]) for name, values in columns.items()}


def _told(header: Run | None, model: str) -> dict[str, str | None]:
    info = next((m for m in header.models if m.name == model), None) if header else None
    texts = header.experiment.get("templates") if header else None
    return {
        "template": info.template_hash if info else None,
        "rendering": info.render_hash if info else None,
        "wording": hashlib.sha256(msgspec.json.encode(texts, order="sorted")).hexdigest() if texts else None,
    }
