"""An experiment: `experiment.yaml` beside a report, its factors, and their expansion into conditions.

`design` has the records, `factor` what can vary, `terms` what a task makes of it, `prompt` the ways to ask, `prediction` what is
expected of which `measure`, `read` the loading with every problem named, `settings` the factors that are set, `place` where
something is set, `condition` the expansion, `essence` what a sample depends on.
"""

from llmxsite.study.experiment.condition import Condition, expand, select, varied
from llmxsite.study.experiment.design import Analysis, Experiment, Resolved
from llmxsite.study.experiment.essence import essence, fingerprint
from llmxsite.study.experiment.factor import FACTORS, OPTIONS, Factor
from llmxsite.study.experiment.measure import MEASURES, Predictable
from llmxsite.study.experiment.place import place_of
from llmxsite.study.experiment.prediction import Contrast, Prediction, PredictionError, Scalar
from llmxsite.study.experiment.prompt import Prompt, Template, parse_prompt
from llmxsite.study.experiment.read import load
from llmxsite.study.experiment.terms import Terms, factors_of, terms_of

__all__ = [
    "FACTORS",
    "MEASURES",
    "OPTIONS",
    "Analysis",
    "Condition",
    "Contrast",
    "Experiment",
    "Factor",
    "Predictable",
    "Prediction",
    "PredictionError",
    "Prompt",
    "Resolved",
    "Scalar",
    "Template",
    "Terms",
    "essence",
    "expand",
    "factors_of",
    "fingerprint",
    "load",
    "parse_prompt",
    "place_of",
    "select",
    "terms_of",
    "varied",
]
