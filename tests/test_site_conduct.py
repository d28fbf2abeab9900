"""What a run's page says of its server: what it lacks, what it gave instead, and which replies are marked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log import runlog
from llmxsite.log.record import Answer, Run, Sample, SuiteRef
from llmxsite.press.catalogue import addresses
from llmxsite.press.site.build import build
from llmxsite.press.site.pages.runs import left_out
from llmxsite.study.study import Study


def told(
    root: Path, engine: EngineInfo, *models: ModelInfo, asked: dict[str, Any], warned: dict[str, int]
) -> list[str]:
    """What the page of a run says of its server. `warned`: warnings of replies, each with the number of replies."""
    (root / "content").mkdir()
    (root / "content/site.yaml").write_text("title: T\n", encoding="utf-8")
    run = Run(
        schema=1,
        id="a",
        report="a",
        task="benchmark",
        experiment=asked,
        suites=[SuiteRef(id="s", hash="h")],
        engine=engine,
        models=list(models),
        started="2026-09-14T09:15:00Z",
    )
    replies = [warning for warning, n in warned.items() for _ in range(n)] or [None]
    samples = [
        Sample(
            key=f"{n:064x}",
            suite="s",
            item=f"i{n}",
            item_hash="x",
            condition={"model": models[0].name, "num_ctx": 4096},
            outcome="ok",
            reply=Answer(text="A", warnings=[warning] if warning else []),
            scores={"answer": "A", "expected": "A", "correct": True, "parsed": True},
            time="2026-09-14T09:15:01Z",
        )
        for n, warning in enumerate(replies)
    ]
    runlog.write(root / "runs/a/a.jsonl", run, samples)
    build(Study(root), root / "out", issues=Issues())
    page = (root / "out" / addresses.run("a", "a")).read_text(encoding="utf-8")
    _, _, box = page.partition('id="server"')
    return re.findall(r"<li>(.*?)</li>", box.partition("</section>")[0])


def test_what_a_server_lacks_and_gave_instead(tmp_path: Path) -> None:
    server = EngineInfo(name="ollama", version="0.12.3", lacks=["no logprobs: server 0.12.3"])
    small = ModelInfo(name="small:1b", context_in_force=2048, system="Be brief.", stored_messages=1)
    far = ModelInfo(name="far:cloud", remote=True)
    asked = {"options": {"num_ctx": 1024}, "sweep": {"num_ctx": [512, 4096]}, "conditions": None}
    assert told(
        tmp_path, server, small, far, asked=asked, warned={"context-truncated": 3, "repetition-stopped": 1}
    ) == [
        "no logprobs: server 0.12.3",
        "small:1b had a context of 2,048 tokens where 4,096 were asked for",
        "small:1b has 1 message stored with it, put before every conversation",
        "small:1b has a system prompt stored with it, added where the experiment sets none",
        "far:cloud is not local: another machine computed",
        "3 replies: the server seems to have cut the prompt",
        "1 reply: the server ended the reply, which repeated itself",
    ]


def test_nothing_to_say_is_not_said(tmp_path: Path) -> None:
    model = ModelInfo(name="small:1b", context_in_force=4096)
    assert told(tmp_path, EngineInfo(name="embedded"), model, asked={"options": {"num_ctx": 4096}}, warned={}) == []


def test_run_page_has_it_with_counts_of_the_log(site_study_built: tuple[Study, Path]) -> None:
    study, out = site_study_built
    shown = 0
    for path in study.run_logs():
        log = runlog.read(path, Issues())
        page = (out / addresses.run(log.run.report, log.run.id)).read_text(encoding="utf-8")
        cut = sum(isinstance(s, Sample) and s.reply is not None and bool(s.reply.warnings) for s in log.samples)
        found = re.findall(r"<li>([\d,]+) repl(?:y|ies): the server seems to have cut the prompt", page)
        assert found == ([f"{cut:,}"] if cut else [])
        assert all(lack in page for lack in log.run.engine.lacks)
        assert ('id="server"' in page) is bool(cut or log.run.engine.lacks)
        shown += cut
    assert shown > 0


def test_a_run_page_lists_the_rows_that_an_import_left_out(site_study_built: tuple[Study, Path]) -> None:
    study, out = site_study_built
    shown = 0
    for path in study.run_logs():
        run = runlog.read(path, Issues()).run
        page = (out / addresses.run(run.report, run.id)).read_text(encoding="utf-8")
        kinds = (run.source or {}).get("left_out", {})
        assert ('id="left-out"' in page) is bool(kinds) and "rows_without_an_item" not in page
        for listed in kinds.values():
            reason = re.escape(str(escape(listed["why"])))
            places = f"{', '.join(map(str, listed['first']))}, ..." if listed["first"] else "not recorded"
            (row,) = re.findall(rf"<tr><t[hd][^>]*>{reason}</t[hd]>(.*?)</tr>", page)
            assert re.sub(r"<[^>]+>", " ", row).split() == [str(listed["rows"]), *places.split()]
            shown += listed["rows"]
        if kinds and run.source:
            total = sum(listed["rows"] for listed in kinds.values())
            assert f"{total} rows of {run.source['rows']} gave no sample" in page
    assert shown == 7


@pytest.mark.parametrize("listed", [None, [], "many", {"rows": 3}, {"kind": 3}, {"kind": {"rows": "3"}}])
def test_what_no_importer_writes_is_no_list_of_rows(listed: Any) -> None:
    assert left_out({"left_out": listed}) == []


def test_rows_left_out_need_neither_a_reason_nor_a_place() -> None:
    listed = {"rows_too_long": {"rows": 2}, "rows_not_objects": {"rows": 1, "why": "not an object", "first": [4]}}
    assert left_out({"left_out": listed}) == [(2, "rows too long", ""), (1, "not an object", "4")]
