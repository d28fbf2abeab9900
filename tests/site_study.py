"""A small study with everything a site can show, made of questions and replies written for it: same bytes every time.

Replies are not a model's. They are chosen by hashes so that every outcome, a thinking model, repeats, an import without
requests, two digests of one name and a rerun all occur.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import Alternative, EngineInfo, Message, ModelInfo, Timing, TokenLogprob, Usage
from llmxsite.log.record import (
    Answer,
    Fault,
    Git,
    Gpu,
    Host,
    Hypothesis,
    RerunOf,
    Run,
    Sample,
    Sent,
    Shown,
    SuiteRef,
    hypothesis_hash,
    sample_key,
)
from llmxsite.log.runlog import read, write
from llmxsite.study.suite import Item, Suite, item_hash, load

BASE = "https://somebody.example.org/study"
"""Where the study says it is published."""
CATEGORIES = {
    "kitchen": [
        "water boils",
        "bread rises",
        "ice floats",
        "salt dissolves",
        "oil floats on water",
        "a lid speeds boiling",
    ],
    "sky": ["the moon shines", "tides turn", "stars twinkle", "the sky is blue", "seasons change", "shadows grow long"],
    "body": [
        "the heart beats faster",
        "skin sweats",
        "eyes adapt to the dark",
        "muscles tire",
        "ears pop",
        "hair grows",
    ],
    "street": [
        "a siren drops in pitch",
        "brakes grow hot",
        "puddles dry",
        "rust forms",
        "asphalt softens",
        "glass fogs",
    ],
}
MODELS = {
    "tiny:135m": ModelInfo(
        name="tiny:135m",
        digest="1a" * 32,
        family="llama",
        format="gguf",
        quantization="Q4_1",
        parameters=134_515_008,
        parameter_size="135M",
        size_bytes=91_000_000,
        context_length=8192,
        context_in_force=2048,
        capabilities=["completion"],
        stored_messages=2,
    ),
    "small:1b": ModelInfo(
        name="small:1b",
        digest="2b" * 32,
        family="llama",
        format="gguf",
        quantization="Q4_K_M",
        parameters=1_235_814_400,
        parameter_size="1.2B",
        size_bytes=808_000_000,
        context_length=131_072,
        context_in_force=4096,
        capabilities=["completion", "tools"],
        licence="Llama 3.2 Community",
    ),
    "think:3b": ModelInfo(
        name="think:3b",
        digest="3c" * 32,
        family="qwen",
        format="gguf",
        quantization="Q8_0",
        parameters=3_085_938_688,
        parameter_size="3.1B",
        size_bytes=3_300_000_000,
        context_length=32_768,
        context_in_force=4096,
        capabilities=["completion", "thinking"],
    ),
}
SKILL = {"tiny:135m": 0.30, "small:1b": 0.58, "think:3b": 0.77}
HYPOTHESIS = "Accuracy falls by more than five points between temperature 0 and 1.2, for every model."
_ENGINE = EngineInfo(
    name="ollama",
    version="0.13.1",
    address="http://127.0.0.1:11434",
    backend="llama.cpp",
    lacks=["the prompt cache cannot be turned off: server 0.13.1"],
)
_HOSTS = [
    Host(os="Linux 6.1", machine="x86_64", cpu="Ryzen 5 5600U", cores=6, memory_bytes=16 << 30, gpus=[]),
    Host(
        os="macOS 15.1",
        machine="arm64",
        cpu="Apple M2",
        cores=8,
        memory_bytes=24 << 30,
        gpus=[Gpu(name="Apple M2", memory_bytes=16 << 30)],
    ),
]


def make(root: Path, *, base_url: str | None = None) -> Path:
    """Write the study below `root` and give its folder back."""
    suite = _suite(root)
    _content(root, base_url)
    plan = {
        "task": "benchmark",
        "question": "Does temperature change factual accuracy?",
        "hypothesis": HYPOTHESIS,
        "suites": [suite.id],
        "models": ["tiny:135m", "small:1b"],
        "sweep": {"temperature": [0.0, 0.6, 1.2]},
        "options": {"seed": 42, "num_ctx": 4096, "num_predict": 64, "top_p": 0.9},
        "prompt": "letter",
        "repeats": 2,
        "analysis": {"primary": "accuracy", "compare": ["temperature"], "alpha": 0.05, "correction": "holm"},
    }
    _run(root, suite, "temperature", "20260914T091500Z-heat", plan, ["tiny:135m", "small:1b"], _HOSTS[0])
    size = {
        **plan,
        "question": "Are larger models better calibrated?",
        "hypothesis": None,
        "sweep": {},
        "repeats": 1,
        "models": [*MODELS],
        "analysis": {"compare": ["model"]},
    }
    _run(root, suite, "size", "20260920T170000Z-size", size, [*MODELS], _HOSTS[1])
    _run(
        root,
        suite,
        "size",
        "20260921T080000Z-again",
        {**size, "models": ["tiny:135m"]},
        ["tiny:135m"],
        _HOSTS[0],
        digest="4d" * 32,
    )
    _rerun(root)
    _imported(root)
    return root


def _suite(root: Path) -> Suite:
    items = []
    for category, facts in CATEGORIES.items():
        for number, fact in enumerate(facts):
            key = "ABCD"[(number + len(category)) % 4]
            choices = [f"Because of something else ({letter.lower()})" for letter in "ABCD"]
            choices["ABCD".index(key)] = "For the reason textbooks give"
            items.append(
                {
                    "id": f"{category}-{number + 1:02}",
                    "category": category,
                    "difficulty": ["easy", "medium", "hard"][number % 3],
                    "question": f"Why is it that {fact}, <even> when nobody & nothing helps?",
                    "choices": choices,
                    "answer": key,
                    "explanation": "Every introductory textbook has the reason.",
                }
            )
    lines = [
        "id: everyday",
        "title: Everyday reasons",
        "description: Twenty-four questions on why ordinary things happen.",
        "version: '1.1'",
        "licence: CC-BY-4.0",
        "language: en",
        "authors:",
        "  - name: A. Writer",
        "datasheet:",
        "  motivation:",
        "    purpose: To test a site.",
        "  composition:",
        "    instances: Questions with four options.",
        "items:",
    ]
    import json

    lines += [f"  - {json.dumps(item)}" for item in items]
    path = root / "suites" / "everyday.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    issues = Issues()
    suite = load(path, issues)
    assert not issues.failed(), [i.render() for i in issues]
    return suite


def chance(*parts: object) -> float:
    """A number from 0 to 1 that only depends on the parts."""
    return int(hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:12], 16) / 16**12


def _run(
    root: Path,
    suite: Suite,
    report: str,
    name: str,
    plan: dict[str, Any],
    models: list[str],
    host: Host,
    *,
    digest: str | None = None,
) -> None:
    infos = [msgspec.structs.replace(MODELS[m], digest=digest or MODELS[m].digest) for m in models]
    text = plan.get("hypothesis")
    run = Run(
        schema=1,
        id=name,
        report=report,
        task="benchmark",
        experiment=plan,
        suites=[
            SuiteRef(
                id=suite.id,
                hash=suite.hash(),
                title=suite.title,
                version=suite.version,
                licence=suite.licence,
                language="en",
                items=len(suite.items),
            )
        ],
        engine=_ENGINE,
        models=infos,
        host=host,
        software={"llmxsite": "0.1.0", "python": "3.11.9"},
        git=Git(commit="c0ffee" + "0" * 34, dirty=False),
        hypothesis=Hypothesis(text=text, hash=hypothesis_hash(text)) if text else None,
        started=f"{name[:4]}-{name[4:6]}-{name[6:8]}T{name[9:11]}:{name[11:13]}:00Z",
        planned=len(models) * len(suite.items) * len(plan["sweep"].get("temperature", [0])) * plan["repeats"],
    )
    samples = [
        _sample(suite, item, info, temperature, repeat, name)
        for info in infos
        for temperature in plan["sweep"].get("temperature", [0.0])
        for repeat in range(plan["repeats"])
        for item in suite.items
    ]
    write(root / "runs" / report / f"{name}.jsonl", run, samples)


def _sample(suite: Suite, item: Item, info: ModelInfo, temperature: float, repeat: int, run: str) -> Sample:
    seen = (info.name, item.id, temperature, repeat if temperature else 0)
    question = "\n".join([item.question, *(f"{'ABCD'[i]}. {c}" for i, c in enumerate(item.choices or []))])
    condition = {"model": info.name, "prompt": "letter", "temperature": temperature, "seed": 42 + repeat}
    sent = Sent(
        messages=[Message(role="user", content=f"{question}\n\nAnswer with the letter of the right option only.")],
        options={"temperature": temperature, "seed": 42 + repeat, "num_ctx": 4096, "num_predict": 64},
    )
    luck = chance("luck", *seen)
    ease = {"easy": 0.14, "medium": 0.0, "hard": -0.13}[item.difficulty or "medium"]
    right = chance("right", *seen) < SKILL[info.name] + ease - 0.12 * temperature
    letter = (
        str(item.answer)
        if right
        else next(c for c in "CABD" if (c != item.answer and chance(c, *seen) < 0.7) or c == "D")
    )
    sure = round(0.28 + 0.7 * chance("sure", *seen) * (1 if right else 0.8), 4)
    base = {
        "key": sample_key(info.digest, suite.id, item.id, condition, sent, repeat),
        "suite": suite.id,
        "item": item.id,
        "item_hash": item_hash(item),
        "category": item.category,
        "difficulty": item.difficulty,
        "language": "en",
        "condition": condition,
        "repeat": repeat,
        "request": sent,
        "scorer": "choice/2",
        "time": "2026-09-14T09:15:00Z",
    }
    total = 180 + 600 * chance("time", *seen)
    timing = Timing(
        total_ms=round(total, 1),
        first_token_ms=round(total * 0.3, 1),
        load_ms=0.0,
        prompt_ms=41.5,
        eval_ms=round(total * 0.6, 1),
    )
    expected = {"expected": item.answer}
    if luck < 0.01 * (run.endswith("heat")):
        fault = Fault(kind="timeout", message="no reply within 120 s", attempts=3)
        return Sample(**base, outcome="error", error=fault, timing=Timing())
    usage = Usage(prompt_tokens=70 + len(item.id), completion_tokens=14)
    if luck < 0.05:
        reply = Answer(text="It depends on <b>how</b> you look at it & on the day.", done_reason="stop")
        scores = {**expected, "answer": None, "correct": False, "parsed": False}
        return Sample(**base, reply=reply, timing=timing, usage=usage, outcome="failure", scores=scores)
    if luck < 0.08:
        reply = Answer(
            text="Let us consider each of the options in turn, beginning with the first of",
            done_reason="length",
            warnings=["context-truncated"],
        )
        scores = {**expected, "answer": None, "correct": False, "parsed": False}
        return Sample(**base, reply=reply, timing=timing, usage=usage, outcome="truncated", scores=scores)
    rest = (1 - sure) * 0.98
    others = [c for c in "ABCD" if c != letter]
    shares = {letter: sure * 0.98, **{c: rest * w for c, w in zip(others, (0.6, 0.3, 0.1), strict=True)}}
    top = [
        Alternative(token=f" {c}", logprob=round(math.log(p), 5))
        for c, p in sorted(shares.items(), key=lambda kv: -kv[1])
    ]
    words = ["The", " answer", " is", f" {letter}", ",", " for", " the", " reason", " text", "books", " give", "."]
    chosen = [
        TokenLogprob(token=w, logprob=round(math.log(shares[letter] if i == 3 else 0.2 + 0.8 * chance(w, i, *seen)), 5))
        for i, w in enumerate(words)
    ]
    thinking = (
        "The question asks for a reason. Options b and c can be ruled out.\n\nTextbooks give one."
        if "think" in info.name
        else None
    )
    scores = {
        **expected,
        "answer": letter,
        "correct": right,
        "parsed": True,
        "confidence": round(shares[letter] / 0.98, 5),
        "letter_mass": 0.98,
        "p_answer": round(shares[letter], 5),
        "mean_token_probability": 0.71,
        "p_correct": round(shares[str(item.answer)] / 0.98, 5),
        "first_token_letter": None,
    }
    reply = Answer(
        text="".join(words), thinking=thinking, done_reason="stop", tokens=chosen, answer_token=3, alternatives=top
    )
    return Sample(**base, reply=reply, timing=timing, usage=usage, outcome="ok", scores=scores)


def _rerun(root: Path) -> None:
    """The run of report `size` once more, on a newer server that holds other weights under one of the names.

    Most replies are the same; some answer with another letter, some move their probabilities and nothing else.
    """
    path = root / "runs" / "size" / "20260920T170000Z-size.jsonl"
    log = read(path, Issues())
    weights = {"small:1b": "5e" * 32}
    models = [msgspec.structs.replace(m, digest=weights.get(m.name, m.digest)) for m in log.run.models]
    run = msgspec.structs.replace(
        log.run,
        id="20260928T101500Z-rerun",
        started="2026-09-28T10:15:00Z",
        models=models,
        engine=msgspec.structs.replace(_ENGINE, version="0.14.0"),
        git=None,
        rerun_of=RerunOf(id=log.run.id, sha256=hashlib.sha256(path.read_bytes()).hexdigest()),
    )
    digests = {m.name: m.digest for m in models}
    write(path.with_name(f"{run.id}.jsonl"), run, [_asked_again(s, digests) for s in log.samples])


def _asked_again(sample: Sample, digests: dict[str, str | None]) -> Sample:
    model = str(sample.condition["model"])
    key = sample_key(digests[model], sample.suite, sample.item, sample.condition, sample.request, sample.repeat)
    luck, reply = chance("again", sample.key), sample.reply
    if sample.outcome != "ok" or reply is None or reply.tokens is None or model != "small:1b" or luck > 0.6:
        return msgspec.structs.replace(sample, key=key)
    moved = [TokenLogprob(token=t.token, logprob=(t.logprob or 0) - 0.0004 * luck) for t in reply.tokens[:3]]
    if luck > 0.25:
        reply = msgspec.structs.replace(reply, tokens=[*moved, *reply.tokens[3:]])
        return msgspec.structs.replace(sample, key=key, reply=reply)
    letter = "ABCD"[("ABCD".index(sample.scores["answer"]) + 1) % 4]
    tokens = [*moved, TokenLogprob(token=f" {letter}", logprob=-0.7), TokenLogprob(token=".", logprob=-0.1)]
    text = "".join(t.token for t in tokens)
    right = letter == sample.scores["expected"]
    scores = sample.scores | {"answer": letter, "correct": right, "confidence": 0.51, "p_answer": 0.5}
    reply = msgspec.structs.replace(reply, text=text, tokens=tokens)
    return msgspec.structs.replace(sample, key=key, reply=reply, scores=scores)


def _imported(root: Path) -> None:
    """A log as an importer writes it: no requests, no timing, no probabilities, a suite the study does not hold."""
    run = Run(
        schema=1,
        id="imported-club",
        report="club",
        task="benchmark",
        experiment={"task": "benchmark", "suites": ["club-quiz"]},
        suites=[SuiteRef(id="club-quiz", hash="77" * 32, items=230)],
        engine=EngineInfo(name="llmxray"),
        models=[ModelInfo(name="small:1b")],
        source={
            "tool": "llmxray",
            "files": ["club.json"],
            "rows": 237,
            "left_out": {
                "rows_without_an_item": {"rows": 6, "why": "nothing in column 'id'", "first": [3, 5, 8]},
                "rows_too_long": {"rows": 1, "why": "6 cells, but the header has 5 <b>", "first": []},
            },
        },
        planned=230,
    )
    samples = []
    for number in range(230):
        right = chance("club", number) < 0.5
        expected = "ABCD"[number % 4]
        answer = expected if right else "ABCD"[(number + 1) % 4]
        condition: dict[str, Any] = {"model": "small:1b"}
        samples.append(
            Sample(
                key=sample_key(None, "club-quiz", f"q{number}", condition, Sent(), 0),
                suite="club-quiz",
                item=f"q{number}",
                item_hash=hashlib.sha256(f"q{number}".encode()).hexdigest()[:32],
                category="club",
                condition=condition,
                shown=Shown(question=f"Question {number} of the club's quiz?", choices=["one", "two", "three", "four"]),
                reply=Answer(text=f"{answer})"),
                outcome="ok",
                scores={"answer": answer, "expected": expected, "correct": right, "parsed": True},
            )
        )
    write(root / "runs" / "club" / "imported-club.jsonl", run, samples)


def _content(root: Path, base_url: str | None) -> None:
    files = {
        "content/site.yaml": (
            "title: Small models, everyday reasons\nsubtitle: What language models that fit on a laptop know about ordinary things, and how sure they are of it\n"
            "description: Three experiments on small local language models, with every sample behind every number.\n"
            "authors:\n  - name: Ada Writer\n    affiliation: University of Somewhere\n    orcid: 0000-0002-1825-0097\n  - name: Ben Reader\n"
            "repository: https://example.org/somebody/study\nlicence: CC-BY-4.0\nfunding: None.\n"
            + (f"base_url: {base_url}\n" if base_url else "")
        ),
        "content/index.md": INDEX,
        "content/pages/about.md": "---\ntitle: About this study\n---\n\nWho we are, and [the first report](../reports/temperature/index.md).\n",
        "content/reports/temperature/index.md": TEMPERATURE,
        "content/reports/temperature/experiment.yaml": EXPERIMENT,
        "content/reports/temperature/references.bib": BIB,
        "content/reports/size/index.md": SIZE,
        "content/reports/later/experiment.yaml": "task: benchmark\nquestion: Does a longer context help?\nhypothesis: It does not.\nsuites: [everyday]\nmodels: [tiny:135m]\n",
        "content/models/small-1b.md": CARD,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


EXPERIMENT = f"""task: benchmark
question: Does temperature change factual accuracy?
hypothesis: {HYPOTHESIS}
suites: [everyday]
models: [tiny:135m, small:1b]
sweep: {{temperature: [0.0, 0.6, 1.2]}}
options: {{seed: 42, num_ctx: 4096}}
repeats: 2
analysis: {{compare: [temperature]}}
"""
INDEX = """Language models that run on a laptop answer questions about kitchens, streets and skies. We ask them three things: how
often they are right, how sure they are, and whether the one goes with the other. Everything here can be followed down
to the prompt and the reply.
"""
BIB = """@article{guo2017, author = {Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.},
  title = {On Calibration of Modern Neural Networks}, journal = {ICML}, year = {2017}, eprint = {1706.04599}}
@misc{miller2024, author = {Miller, Evan}, title = {Adding Error Bars to Evals}, year = {2024}, eprint = {2411.00640}}
"""
TEMPERATURE = """---
title: Heat and truth
subtitle: Sampling at a higher temperature makes small models less accurate, but by less than their size does
summary: Two small models lose accuracy as temperature rises; the larger loses less.
authors: [Ada Writer]
date: 2026-09-15
status: final
tags: [temperature, accuracy]
---

When a language model picks its next word, *temperature* decides how often it takes one that is not the likeliest.[^greedy]
At zero it never does. The question is what this costs when an answer is either right or wrong. At temperature 0 the smaller model is
right in {value}`accuracy model=tiny:135m temperature=0 ` of its answers, at 1.2 in {value}`accuracy model=tiny:135m temperature=1.2`.

[^greedy]: Decoding at temperature 0 is called greedy: repeats of the same request give the same reply, as long as the server is
    deterministic.

## What we did

Two models answered the suite [Everyday reasons](suite:everyday) at three temperatures, twice each. The setup, from the logs:

```{setup}
```

Intervals follow [@miller2024]: repeats of one question are not independent, so the standard error is clustered by question. For $n$
questions with mean scores $s_i$,

$$
\\mathrm{SE} = \\sqrt{\\frac{1}{n(n-1)} \\sum_{i=1}^{n} (s_i - \\bar s)^2}.
$$

## What came out

```{chart} heatmap
name: accuracy
rows: model
columns: category
title: Accuracy by model and category
caption: All temperatures together.
```

{ref}`accuracy` shows that no category is easy for both. {ref}`sweep` has the answer to the question: accuracy falls, and the
intervals overlap.

```{chart} sweep
name: sweep
x: temperature
colour: model
title: Accuracy against temperature
```

```{table} summary
by: [model, temperature]
columns: [n, accuracy, unparsed, truncated, errors]
caption: Every condition, with what could not be parsed.
```

::: {warning}
Two models are two models. Nothing here is about models in general.
:::

### How sure they were

Calibration asks whether a model that says 80% is right in 80% of cases [@guo2017].

```{chart} reliability
name: reliability
by: model
title: Confidence and accuracy
```

## One question, looked at closely

```{transcript}
item: kitchen-01
where: {model: small:1b, temperature: 0.0}
```

```{diff}
item: sky-02
a: {model: tiny:135m, temperature: 0.0}
b: {model: tiny:135m, temperature: 1.2}
```

## Checklist

```{checklist}
```

```bash
llmxsite run temperature --limit 8
```
"""
SIZE = """---
title: Larger models know better when they do not know
date: 2026-09-22
authors: [Ada Writer, Ben Reader]
---

Three models, one suite, one temperature. The largest is right in {value}`accuracy model=think:3b suite=everyday`.

## Results

```{chart} bars
name: accuracy
by: model
title: Accuracy by model
```
"""
CARD = """---
models: [small:1b]
summary: A small general model, here as four-bit weights.
developer: Somebody Inc.
released: September 2024
licence: Llama 3.2 Community
---

## Intended use

Short answers on a laptop. Not for advice of any kind.

## Ethical considerations

Trained on text from the web, with all that this brings.
"""
