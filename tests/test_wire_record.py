"""Nothing in a log was not sent, and nothing sent is not in the log: what a recording proxy saw between the collector and the
server, beside the `request` of each sample.

The bodies are built here a second time, from the log and from what docs/engines.md says goes over the wire.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from collect_support import collect, make_study, samples_of, write_experiment
from servers.fake import Fake
from servers.live import live_ollama
from servers.ollama_models import CHAT
from servers.replay import Recorder
from servers.wire import HttpServer

from llmxsite.exchange.engine import embedded, weights
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.openai import OpenAI
from llmxsite.log.record import Sample
from llmxsite.study.study import Study

PROMPTS = ("letter", "cot", "few-shot(2)", "self-consistency(2)", "completion(2)", "own.txt")
SAMPLERS = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "repeat_penalty",
    "repeat_last_n",
    "presence_penalty",
)
SAMPLERS += ("frequency_penalty", "seed", "stop")
EXAMPLES = """
examples:
- {id: e1, question: How many are one and one?, choices: ["2", "3"], answer: A}
- {id: e2, question: How many are two and two?, choices: ["3", "4"], answer: B}
"""


@pytest.fixture(params=PROMPTS)
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Study:
    """Two items under one prompt, with options of every kind."""
    made = make_study(tmp_path, items=2)
    suite = tmp_path / "suites" / "sums.yaml"
    suite.write_text(suite.read_text() + EXAMPLES)
    (made.report("trial") / "own.txt").write_text("{question}\n{choices}\nOne letter of {letters}.\n")
    options = {"num_ctx": 1024, "num_predict": 6, "temperature": 0.7, "typical_p": 0.95, "seed": 7, "stop": ["\n\n"]}
    write_experiment(tmp_path, prompt=request.param, options=options, system="Be brief.", repeats=2)
    return made


def native(sample: Sample, options: dict[str, Any]) -> dict[str, Any]:
    """The body of a request to /api/chat or /api/generate."""
    said = sample.request
    body: dict[str, Any] = {"model": sample.condition["model"], "stream": True, "options": options}
    body |= {"truncate": False, "shift": False}
    if said.prompt is not None:
        body |= {"prompt": said.prompt, "raw": True}
    else:
        body["messages"] = [{"role": m.role, "content": m.content} for m in said.messages]
        body |= {} if said.think is None else {"think": said.think}
    body |= {} if said.top_logprobs is None else {"logprobs": True, "top_logprobs": said.top_logprobs}
    assert said.cache_prompt is None and said.keep_alive is None and said.tools is None
    return body


def openai(sample: Sample, options: dict[str, Any], *, model: str | None = None) -> dict[str, Any]:
    """The body of a request to /v1."""
    said = sample.request
    body: dict[str, Any] = {"model": model or sample.condition["model"], "stream": True}
    body |= {"stream_options": {"include_usage": True}, "max_tokens": options["num_predict"]}
    body |= {name: options[name] for name in SAMPLERS if name in options}
    assert set(options) <= {*SAMPLERS, "num_predict", "num_ctx"}
    body |= {} if said.cache_prompt is None else {"cache_prompt": said.cache_prompt}
    if said.prompt is not None:
        return body | {"prompt": said.prompt, "logprobs": said.top_logprobs}
    body["messages"] = [{"role": m.role, "content": m.content} for m in said.messages]
    body |= {} if said.think is None else {"chat_template_kwargs": {"enable_thinking": said.think}}
    return body | {"logprobs": True, "top_logprobs": said.top_logprobs}


def bodies(path: Path, shape: Any) -> list[dict[str, Any]]:
    """What the log says was sent, request by request."""
    found = []
    for sample in samples_of(path):
        for draw in ({}, *sample.request.draws):
            options = {k: v for k, v in (sample.request.options | draw).items() if v is not None}
            found.append(shape(sample, options))
    return found


def sent(server: HttpServer) -> list[dict[str, Any]]:
    """What went over the wire to be answered, in order."""
    words = ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions")
    return [call.json for call in server.calls if call.method == "POST" and call.path in words]


def hold(path: Path, server: HttpServer, shape: Any) -> None:
    """Every sample's requests are the last that went out, one for one: what came before was asked of the server itself."""
    logged, wire = bodies(path, shape), sent(server)
    assert logged and wire[-len(logged) :] == logged
    assert not any("How many apples" in str(body) for body in wire[: -len(logged)])


def test_ollama(study: Study) -> None:
    async def go() -> None:
        async with Fake() as server:
            path, result, _ = await collect(study, server)
            assert result is not None and not result.errors
            hold(path, server, native)

    asyncio.run(go())


def test_openai(study: Study) -> None:
    async def go() -> None:
        async with Fake() as server:
            path, result, _ = await collect(study, server, engine="openai")
            assert result is not None and not result.errors
            assert all("num_ctx" not in sample.request.options for sample in samples_of(path))
            hold(path, server, openai)

    asyncio.run(go())


@pytest.mark.embedded
def test_embedded(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded engine's child, with a proxy before it. It is started with the context, and told everything else."""
    if weights.find("smollm2:135m") is None:
        pytest.skip("smollm2:135m is not pulled")
    file = study.report("trial") / "experiment.yaml"
    file.write_text(file.read_text().replace("fake:1b", "smollm2:135m").replace("think: false\n", ""))
    proxies: list[Recorder] = []
    start = embedded._start

    async def started(orders: Any) -> Any:
        loaded = await start(orders)
        proxy = Recorder(loaded.client._http.address.url, {"name": "llama-server", "version": "any"})
        await proxy.listen()
        proxies.append(proxy)
        client = OpenAI(Address(proxy.url), connections=orders.slots, names=embedded._NAMES)
        await client.__aenter__()
        await loaded.client.__aexit__()
        return loaded._replace(client=client)

    monkeypatch.setattr(embedded, "_start", started)

    async def go() -> None:
        nowhere = Fake()
        path, result, _ = await collect(study, nowhere, engine="embedded", host=None)
        assert result is not None and not result.errors
        (proxy,) = proxies
        stem = proxy.calls[-1].json["model"]
        hold(path, proxy, lambda sample, options: openai(sample, options, model=stem))
        await proxy.hang_up()

    asyncio.run(go())


@pytest.mark.ollama
def test_live_ollama(study: Study) -> None:
    """A real server of whatever version, which may refuse some of it: what the experiment does not set."""
    url = live_ollama(CHAT)
    file = study.report("trial") / "experiment.yaml"
    text = file.read_text().replace("fake:1b", CHAT).replace("think: false\n", "").replace("  typical_p: 0.95\n", "")
    file.write_text(text)

    async def go() -> None:
        async with Recorder(url, {"name": "ollama", "version": "any"}) as proxy:
            path, result, _ = await collect(study, proxy)
            assert result is not None and not result.errors
            hold(path, proxy, native)

    asyncio.run(go())
