"""Sample logs of every kind of lm-eval task, made by lm_eval itself with a model that answers by rule: the inputs of
tests/cases/interchange/lm-eval-made.

Runs in an environment that has lm_eval (no torch needed):  python tests/peers/make_lm_eval_logs.py FOLDER
Times in the names are new each time, so what is expected has to be written anew after it (LLMXSITE_UPDATE_CASES).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.evaluator import simple_evaluate
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

QUESTIONS = [
    {"question": f"What is {n} + {n}?", "choices": [str(n), str(2 * n), str(3 * n)], "answer": 1, "sum": str(2 * n)}
    for n in range(2, 6)
]
CHOICE = """
task: made_choice
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
output_type: multiple_choice
test_split: test
doc_to_text: "{{question}} Answer:"
doc_to_choice: choices
doc_to_target: answer
metric_list:
  - {metric: acc, aggregation: mean, higher_is_better: true}
  - {metric: acc_norm, aggregation: mean, higher_is_better: true}
"""
GENERATED = """
task: made_generated
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
output_type: generate_until
test_split: test
doc_to_text: "{{question}} Answer:"
doc_to_target: sum
generation_kwargs: {until: ["Q:"], temperature: 0.7, do_sample: true, max_gen_toks: 32}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
filter_list:
  - name: strict-match
    filter:
      - {function: regex, regex_pattern: "It is (\\\\d+)"}
      - {function: take_first}
  - name: flexible-extract
    filter:
      - {function: regex, group_select: -1, regex_pattern: "(\\\\d+)"}
      - {function: take_first}
"""
VOTED = """
task: made_voted
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
output_type: generate_until
test_split: test
repeats: 3
doc_to_text: "{{question}} Answer:"
doc_to_target: sum
generation_kwargs: {until: ["Q:"]}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
filter_list:
  - name: maj@3
    filter:
      - {function: regex, group_select: -1, regex_pattern: "(\\\\d+)"}
      - {function: majority_vote}
      - {function: take_first}
"""
CONTINUED = """
task: made_continued
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
output_type: loglikelihood
test_split: test
doc_to_text: "{{question}} Answer:"
doc_to_target: " {{sum}}"
metric_list:
  - {metric: perplexity, aggregation: perplexity, higher_is_better: false}
  - {metric: acc, aggregation: mean, higher_is_better: true}
"""
ROLLING = """
task: made_rolling
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
output_type: loglikelihood_rolling
test_split: test
doc_to_text: ""
doc_to_target: "{{question}}"
metric_list:
  - {metric: word_perplexity}
  - {metric: bits_per_byte}
"""
TASKS = {"choice": CHOICE, "generated": GENERATED, "voted": VOTED, "continued": CONTINUED, "rolling": ROLLING}


class ByRule(LM):
    """A model that prefers shorter words, and answers with the sum in words of its own on two questions of three."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        return [self._likelihood(*request.args) for request in requests]

    def _likelihood(self, context: str, continuation: str) -> tuple[float, bool]:
        if continuation.strip() == "6":
            return float("-inf"), False
        return -1.5 * len(continuation) - (len(context) + len(continuation)) % 3, len(continuation) % 2 == 0

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        return [-2.0 * len(request.args[0]) for request in requests]

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        return [self._reply(request.args[0]) for request in requests]

    def _reply(self, context: str) -> str:
        self.count += 1
        number = int(context.split(" + ")[1].split("?")[0])
        return [f"It is {2 * number}", f"Let me see: {2 * number}", "I cannot say"][(number + self.count) % 3]


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        data = Path(work, "data.json")
        data.write_text(json.dumps(QUESTIONS), encoding="utf-8")
        for name, text in TASKS.items():
            Path(work, f"{name}.yaml").write_text(text.replace("DATA", str(data)), encoding="utf-8")
        tracker = EvaluationTracker(output_path=str(folder))
        tracker.general_config_tracker.log_experiment_args("by-rule", "pretrained=maker/by-rule-1b", "", "", False)
        made: Any = simple_evaluate(
            ByRule(),
            tasks=[f"made_{name}" for name in TASKS],
            task_manager=TaskManager(include_path=work, include_defaults=False),
            log_samples=True,
            bootstrap_iters=0,
            num_fewshot=0,
        )
        samples = made.pop("samples")
        tracker.save_results_aggregated(results=made, samples=samples)
        for task, rows in samples.items():
            tracker.save_results_samples(task_name=task, samples=rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
