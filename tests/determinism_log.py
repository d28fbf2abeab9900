"""A study with the log of a determinism experiment written by hand: three items, three regimes, four repeats each.

What differs is known: `q1` gets one text throughout, with other logprobs when cold; `q2` goes on in another way when cold, and
once when four are asked at once; `q3` gets another answer when cold.
"""

from __future__ import annotations

from pathlib import Path

from llmxsite.exchange.engine.protocol import Alternative, EngineInfo, ModelInfo, Timing, TokenLogprob, Usage
from llmxsite.log.record import SCHEMA, Answer, Run, Sample, Sent, SuiteRef, sample_key
from llmxsite.log.runlog import write
from llmxsite.study.study import Study

REPEATS = 4
Reply = tuple[tuple[str, float], ...]
A_COLD: Reply = (("A", -0.10), (".", -0.20))
A_WARM: Reply = (("A", -0.15), (".", -0.20))
YES: Reply = (("B", -0.30), (" yes", -0.90))
NO: Reply = (("B", -0.32), (" no", -0.80))
C: Reply = (("C", -0.70),)
D: Reply = (("D", -0.72),)
REPLIES: dict[str, dict[str, list[Reply]]] = {
    "q1": {"cold": [A_COLD] * 4, "warm": [A_WARM] * 4, "concurrent": [A_WARM] * 4},
    "q2": {"cold": [YES] * 4, "warm": [NO] * 4, "concurrent": [NO, NO, NO, YES]},
    "q3": {"cold": [C] * 4, "warm": [D] * 4, "concurrent": [D] * 4},
}
EXPECTED = {"q1": "A", "q2": "A", "q3": "C"}
MARGINS = {"q1": 2.0, "q2": 1.0, "q3": 0.05}


def make_log(folder: Path, run: str = "2026-01-02-030405-aaaa", logprobs: bool = True) -> Study:
    """The study, with the log as run `run` of the report `again`."""
    for name in ("content/reports/again", "suites"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "content/site.yaml").write_text("title: Same again\n")
    study = Study(folder)
    model = ModelInfo(name="fake:1b", digest="ab" * 32)
    regimes = ["cold", "warm", "concurrent", "reload"]
    header = Run(
        schema=SCHEMA,
        id=run,
        report="again",
        task="determinism",
        experiment={"task": "determinism", "sweep": {"regime": regimes}, "repeats": REPEATS, "concurrency": 4},
        suites=[SuiteRef(id="quiz", hash="cd" * 32, items=3)],
        engine=EngineInfo(name="openai", lacks=["no regime reload: a model cannot be unloaded"]),
        models=[model],
        started="2026-01-02T03:04:05Z",
        planned=3 * 3 * REPEATS,
    )
    path = study.run_log("again", run)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, header, [sample(model, *key, logprobs) for key in _order()])
    return study


def _order() -> list[tuple[str, str, int]]:
    regimes = ("cold", "warm", "concurrent")
    return [(regime, item, repeat) for regime in regimes for item in REPLIES for repeat in range(REPEATS)]


def sample(model: ModelInfo, regime: str, item: str, repeat: int, logprobs: bool = True) -> Sample:
    """One line of the log."""
    tokens = REPLIES[item][regime][repeat]
    letter = tokens[0][0]
    condition = {"model": model.name, "prompt": "letter", "temperature": 0.0, "regime": regime}
    sent = Sent(prompt=f"What of {item}?", options={"temperature": 0.0}, cache_prompt=regime != "cold")
    top = [Alternative(token=letter, logprob=-0.7), Alternative(token="Z", logprob=-0.7 - MARGINS[item])]
    return Sample(
        key=sample_key(model.digest, "quiz", item, condition, sent, repeat),
        suite="quiz",
        item=item,
        item_hash=f"hash-{item}",
        category="all",
        condition=condition,
        repeat=repeat,
        request=sent,
        before=["warmed-up"] if regime != "cold" and repeat == 0 else None,
        reply=Answer(
            text="".join(token for token, _ in tokens),
            done_reason="stop",
            tokens=[TokenLogprob(token=t, logprob=p) for t, p in tokens] if logprobs else None,
            answer_token=0 if logprobs else None,
            alternatives=top if logprobs else None,
        ),
        timing=Timing(total_ms=100.0, prompt_ms=50.0 if regime == "cold" else 2.0, eval_ms=40.0),
        usage=Usage(prompt_tokens=10, cached_tokens=0 if regime == "cold" else 9, completion_tokens=len(tokens)),
        outcome="ok",
        scores={"answer": letter, "parsed": True, "correct": letter == EXPECTED[item], "expected": EXPECTED[item]},
        scorer="choice/2",
        time="2026-01-02T03:04:06Z",
    )
