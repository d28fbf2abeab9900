"""`models` and `doctor`, run as a person runs them, against the fake server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from collect_support import make_study
from servers.fake import Fake


def llmxsite(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LLMXSITE_CACHE": str(cwd / "cache"), "PYTHONUTF8": "1", **variables}
    environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
    command = [sys.executable, "-m", "llmxsite", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)


@pytest.fixture(scope="module")
def host() -> str:
    with Fake(models=("fake:1b", "fake:2b")) as server:
        yield server.url


def test_models_list(host: str, tmp_path: Path) -> None:
    done = llmxsite("models", "list", "--host", host, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ollama at http://127.0.0.1:")
    assert lines[1].split() == ["name", "size", "quantization", "parameters", "context", "digest", "capabilities"]
    row = next(line for line in lines if line.startswith("fake:1b"))
    assert "Q4_0" in row and "8,192" in row and "completion, tools, thinking, chat" in row
    assert any("llmxsite models pull smollm2:135m" in line for line in lines)


def test_models_list_as_json(host: str, tmp_path: Path) -> None:
    done = llmxsite("models", "list", "--host", host, "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["engine"]["name"] == "ollama"
    assert [m["name"] for m in found["models"]] == ["fake:1b", "fake:2b"]
    assert {m["name"] for m in found["can_be_pulled"]} == {"smollm2:135m", "gemma3:270m"}


def test_models_show_says_what_is_in_force(host: str, tmp_path: Path) -> None:
    done = llmxsite("models", "show", "fake:1b", "--host", host, "--num-ctx", "20000", "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["model"]["context_in_force"] == 8192 and found["model"]["gpu_share"] == 0.25


def test_models_show_of_a_missing_model(host: str, tmp_path: Path) -> None:
    done = llmxsite("models", "show", "nope", "--engine", "openai", "--host", host, cwd=tmp_path)
    assert done.returncode == 1 and "engine-missing-model" in done.stderr and "models list" in done.stderr
    assert "Traceback" not in done.stderr


def test_models_pull_of_an_unknown_name(tmp_path: Path) -> None:
    done = llmxsite("models", "pull", "smollm:135m", cwd=tmp_path)
    assert done.returncode == 1 and "did you mean 'smollm2:135m'?" in done.stderr


def test_doctor_looks_at_everything(host: str, tmp_path: Path) -> None:
    done = llmxsite("doctor", "--host", host, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    checks = {check["what"]: check for check in json.loads(done.stdout)}
    assert {"Python", "packages", "cache", "study", "terminal", "engine", "models", "context", "logprobs"} <= set(
        checks
    )
    assert checks["engine"]["status"] == checks["logprobs"]["status"] == "ok"
    assert checks["study"]["status"] == "warn" and "llmxsite init" in checks["study"]["mend"]


def test_doctor_says_what_a_server_lacks(tmp_path: Path) -> None:
    with Fake(logprobs=False, version="0.12.3") as server:
        done = llmxsite("doctor", "--host", server.url, cwd=tmp_path)
    assert done.returncode == 0
    assert "no logprobs: server 0.12.3" in done.stdout
    assert "confidence cannot be measured" in done.stdout


def test_models_elsewhere_are_said_not_to_be_local(tmp_path: Path) -> None:
    with Fake(models=("fake:1b", "fake:cloud", "far:1b"), remote=("far:1b",)) as server:
        listed = llmxsite("models", "list", "--host", server.url, cwd=tmp_path)
        shown = llmxsite("models", "show", "far:1b", "--host", server.url, cwd=tmp_path)
        looked = llmxsite("doctor", "--host", server.url, cwd=tmp_path)
        asked = llmxsite("doctor", "--host", server.url, "--model", "far:1b", cwd=tmp_path)
    marked = [line.split()[0] for line in listed.stdout.splitlines() if line.rstrip().endswith("not local")]
    assert marked == ["fake:cloud", "far:1b"], "told by the server, or by the tag of its name"
    assert "not local" in shown.stdout and "another machine computes" in shown.stdout
    assert "not local, as another machine computes: fake:cloud, far:1b" in looked.stdout
    assert "trying fake:1b" in looked.stdout
    assert asked.returncode == 0 and "far:1b is not local" in asked.stdout and "logprobs" not in asked.stdout


def test_doctor_ends_with_what_follows(host: str, tmp_path: Path) -> None:
    last = [
        llmxsite("doctor", "--engine", "ollama", "--host", where, cwd=tmp_path).stdout.splitlines()[-1]
        for where in (host, "http://127.0.0.1:9")
    ]
    assert last[0].startswith("Experiments can be run. ") and last[0].endswith("worth a look.")
    assert last[1] == "Nothing can be run until what failed is mended."


def test_doctor_fails_when_nothing_can_be_run(tmp_path: Path) -> None:
    done = llmxsite("doctor", "--host", "http://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 1 and "no model server answers" in done.stdout
    refused = llmxsite("doctor", "--engine", "ollama", "--host", "http://127.0.0.1:9", cwd=tmp_path)
    assert "does not answer: connection refused" in refused.stdout and "`ollama serve` starts it" in refused.stdout
    empty = llmxsite("doctor", "--engine", "embedded", "--format", "json", cwd=tmp_path)
    last = json.loads(empty.stdout)[-1]
    assert empty.returncode == 1 and last["status"] == "fail" and last["mend"]


@pytest.mark.parametrize("command", [("run", "trial"), ("plan", "trial"), ("doctor",), ("models", "list")])
def test_every_command_says_which_address_in_ollama_host_was_tried(command: tuple[str, ...], tmp_path: Path) -> None:
    study = make_study(tmp_path)
    done = llmxsite(*command, cwd=study.root, OLLAMA_HOST="127.0.0.1:9", COLUMNS="300")
    said = done.stdout if command == ("doctor",) else done.stderr
    assert done.returncode == 1 and "no Ollama answers at http://127.0.0.1:9, the address in OLLAMA_HOST" in said
    assert "unset OLLAMA_HOST" in said and not list(study.root.rglob("*.jsonl"))


def test_unknown_engine_is_a_usage_error(tmp_path: Path) -> None:
    done = llmxsite("models", "list", "--engine", "olama", cwd=tmp_path)
    assert done.returncode == 2 and "olama" in done.stderr
