"""Small logs of every kind, made by inspect_ai itself with its mock model: the inputs of tests/cases/interchange/inspect-made.

Runs in an environment that has inspect_ai:  python tests/peers/make_inspect_logs.py FOLDER
Ids and times in them are new each time, so what is expected has to be written anew after it (LLMXSITE_UPDATE_CASES).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

from inspect_ai import Epochs, Task, eval, task_with  # noqa: A004 - it is inspect_ai's name
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ContentReasoning,
    ContentText,
    Logprob,
    Logprobs,
    Model,
    ModelOutput,
    ModelUsage,
    StopReason,
    TopLogprob,
    get_model,
)
from inspect_ai.scorer import (
    Score,
    Scorer,
    Value,
    choice,
    exact,
    f1,
    includes,
    match,
    mean,
    model_graded_qa,
    scorer,
)
from inspect_ai.solver import Solver, generate, multiple_choice, solver, system_message, use_tools
from inspect_ai.tool import Tool, tool

COLOURS = MemoryDataset(
    [
        Sample(
            id=f"q{n}",
            input=f"Question {n}?",
            choices=["red", "green", "blue"],
            target="ABC"[n % 3],
            metadata={"category": "colours"},
        )
        for n in range(3)
    ],
    name="colours",
)
QUESTIONS = [
    Sample(input="What is 2 + 2?", target="4"),
    Sample(input="Capital of France?", target=["Paris", "paris"]),
    Sample(input="A long one. " + "Word after word. " * 200, target="y"),
]


def says(*texts: str, stop: StopReason = "stop") -> Model:
    """A model that gives these replies, one after another."""
    return of(*(ModelOutput.from_content("mockllm/model", text, stop_reason=stop) for text in texts))


def of(*outputs: ModelOutput) -> Model:
    for output in outputs:
        # The mock model would otherwise count tokens with a vocabulary from the network.
        output.usage = output.usage or ModelUsage(input_tokens=9, output_tokens=3, total_tokens=12)
    return get_model("mockllm/model", memoize=False, custom_outputs=list(outputs))


def valued(value: Any) -> Scorer:
    """A scorer that gives `value`, or what it makes of the reply and the target."""

    @scorer(metrics=[mean()], name="valued")
    def made() -> Scorer:
        async def score(state: Any, target: Any) -> Score:
            found: Value = value(state.output.completion, target.text) if callable(value) else value
            return Score(value=found, answer=state.output.completion)

        return score

    return made()


@solver
def fails_on_the_second() -> Solver:
    async def solve(state: Any, generate: Any) -> Any:
        if state.sample_id == 2:
            raise RuntimeError("broken on purpose")
        return await generate(state)

    return solve


@tool
def adder() -> Tool:
    async def execute(a: int, b: int) -> int:
        """Add two numbers.

        Args:
            a: the first
            b: the second
        """
        return a + b

    return execute


def thoughtful() -> ModelOutput:
    content = [ContentReasoning(reasoning="Two and two."), ContentText(text="4")]
    top = [TopLogprob(token="4", logprob=-0.1), TopLogprob(token="5", logprob=-2.5)]
    return ModelOutput(
        model="mockllm/model",
        choices=[
            ChatCompletionChoice(
                message=ChatMessageAssistant(content=content),
                stop_reason="stop",
                logprobs=Logprobs(content=[Logprob(token="4", logprob=-0.1, top_logprobs=top)]),
            )
        ],
        usage=ModelUsage(input_tokens=5, output_tokens=2, total_tokens=7, input_tokens_cache_read=1),
        time=0.25,
    )


def tasks() -> dict[str, tuple[Task, Model, dict[str, Any]]]:
    """Name to task, model and further settings of the evaluation."""
    asked: dict[str, Any] = {"dataset": QUESTIONS, "solver": generate()}
    three = ("4", "It is Paris", "z")
    chat = [
        ChatMessageSystem(content="Be brief."),
        ChatMessageUser(content="One?"),
        ChatMessageAssistant(content="1"),
        ChatMessageUser(content="Two?"),
    ]
    return {
        "bool": (Task(**asked, scorer=valued(lambda reply, target: reply == target)), says(*three), {}),
        "chat": (Task(dataset=[Sample(input=chat, target="2")], solver=generate(), scorer=includes()), says("2"), {}),
        "choice": (
            Task(dataset=COLOURS, solver=multiple_choice(), scorer=choice()),
            says("ANSWER: A", "ANSWER: B", "no idea"),
            {"temperature": 0.5, "seed": 7, "max_tokens": 30},
        ),
        "cut": (Task(**asked, scorer=includes()), says(*three, stop="max_tokens"), {}),
        "dict": (Task(**asked, scorer=valued({"a": 1, "b": 0.25})), says(*three), {}),
        "epochs": (
            Task(**asked, scorer=includes(), epochs=Epochs(3, ["mean", "at_least_2", "max"])),
            says(*["4", "no", "Paris", "y"] * 3),
            {},
        ),
        "errors": (
            Task(dataset=QUESTIONS, solver=fails_on_the_second(), scorer=includes()),
            says("4", "Paris"),
            {"fail_on_error": False},
        ),
        "failed": (
            Task(dataset=QUESTIONS, solver=fails_on_the_second(), scorer=includes()),
            says("4", "Paris"),
            {"fail_on_error": True, "max_samples": 1},
        ),
        "graded": (
            Task(**asked, scorer=model_graded_qa(model=says("GRADE: C", "So: GRADE: I", "GRADE: P"))),
            says(*three),
            {},
        ),
        "limit": (Task(**asked, scorer=includes(), message_limit=1), says(*three), {}),
        "logprobs": (Task(dataset=QUESTIONS[:1], solver=generate(), scorer=includes()), of(thoughtful()), {}),
        "match": (Task(**asked, scorer=match()), says(*three), {"log_format": "json"}),
        "nan": (Task(**asked, scorer=valued(float("nan"))), says(*three), {}),
        "noanswer": (Task(**asked, scorer=valued("N")), says(*three), {}),
        "noscore": (Task(**asked), says(*three), {}),
        "numeric": (Task(**asked, scorer=valued(lambda reply, target: len(reply))), says(*three), {}),
        "several": (
            Task(
                dataset=QUESTIONS,
                solver=[system_message("Be brief."), generate()],
                scorer=[valued(lambda reply, target: len(reply)), f1(), exact()],
            ),
            says("4", "Paris", "xy"),
            {},
        ),
        "tools": (
            Task(dataset=[Sample(input="1 + 2?", target="3")], solver=[use_tools(adder()), generate()], scorer=match()),
            of(
                ModelOutput.for_tool_call("mockllm/model", "adder", {"a": 1, "b": 2}),
                ModelOutput.from_content("mockllm/model", "3"),
            ),
            {},
        ),
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, (task, model, settings) in tasks().items():
        task = task_with(task, name=name)
        kind: Literal["eval", "json"] = settings.pop("log_format", "eval")
        with tempfile.TemporaryDirectory() as logs:
            eval(task, model=model, log_dir=logs, log_format=kind, display="none", **settings)
            (made,) = Path(logs).iterdir()
            shutil.copy(made, folder / f"{name}.{kind}")
    unfinished(folder / "choice.eval", folder / "started.eval")


def unfinished(whole: Path, part: Path) -> None:
    """A log as a killed evaluation leaves it: some samples, and no header."""
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name.startswith(("_journal/start", "_journal/summaries")) or "q0" in name:
                target.writestr(name, source.read(name))


if __name__ == "__main__":
    # `read` of a member packed with Zstandard needs the package that inspect_ai brings.
    import zipfile_zstd  # noqa: F401

    main(Path(sys.argv[1]))
