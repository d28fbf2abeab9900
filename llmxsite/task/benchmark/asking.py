"""How a question is asked: in one of the built-in ways or by a template, once, or several times where it is a vote."""

from __future__ import annotations

from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.answer.scorer import newest
from llmxsite.exchange.asking.messages import messages_for, question_of
from llmxsite.exchange.asking.options import options_for
from llmxsite.exchange.asking.plan import Asking, Case, Plan
from llmxsite.exchange.engine.protocol import ModelInfo, Request
from llmxsite.study.experiment import parse_prompt
from llmxsite.study.suite import QuestionItem

TOP_LOGPROBS = 20


class Questions(Asking):
    """Asks items as they are, in one of the built-in ways or by a template."""

    def plan(self, case: Case) -> Plan:
        experiment, suite, item, condition, repeat, model, _ = case
        assert isinstance(item, QuestionItem)  # what `Terms.items` says of this task
        name = str(condition["prompt"])
        prompt = parse_prompt(name)
        if prompt is None:
            raise Problem.at("experiment.yaml", "experiment-prompt", f"unknown prompt '{name}'")
        shuffle, language, system = (condition.get(key) for key in ("shuffle_options", "language", "system"))
        think, thinks = thinking(model, condition.get("think"))
        question = question_of(
            suite,
            item,
            prompt,
            language if isinstance(language, str) else None,
            shuffle if isinstance(shuffle, int) else None,
        )
        question.control = model.control
        messages, raw = messages_for(
            suite,
            item,
            question,
            prompt,
            system if isinstance(system, str) else None,
            experiment.templates.get(name),
        )
        requests = tuple(
            Request(
                model=str(condition["model"]),
                messages=messages,
                options=options_for(experiment, condition, prompt, thinks=thinks, repeat=repeat, draw=draw),
                think=think,
                raw_prompt=raw,
                top_logprobs=None if experiment.logprobs == "none" else TOP_LOGPROBS,
            )
            for draw in range(prompt.n if prompt.kind == "self-consistency" else 1)
        )
        today = newest(question.kind)
        assert today is not None  # each kind of question has one in `answer`, beside this module
        return Plan(requests, question, today.id)


def thinking(model: ModelInfo, wish: object) -> tuple[bool | None, bool]:
    """What to send as `think`, and whether the model will think. Raises `Problem` for a model that cannot but should.

    A server turns thinking on by itself for a model that can, so it is always told; one that cannot is told nothing.
    """
    able = None if model.capabilities is None else "thinking" in model.capabilities
    if able is False:
        if wish is True:
            raise Problem.at(
                "experiment.yaml",
                "experiment-think",
                f"the model '{model.name}' cannot think, but the experiment asks it to",
                hint="list its conditions without 'think', or leave the model out",
            )
        return None, False
    if able is None:
        return (wish if isinstance(wish, bool) else None), wish is True
    return wish is not False, wish is not False


ASKING = Questions()
