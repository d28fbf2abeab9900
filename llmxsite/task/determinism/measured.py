"""The measures of determinism experiments, table by table."""

from __future__ import annotations

from llmxsite.analysis.measure import Measure

_NATS = "In nats, over the tokens that two replies share."


def _of(name: str, title: str, **more: object) -> Measure:
    return Measure(name=name, title=title, **more)  # type: ignore[arg-type]


_DRIFT = _of(
    "largest_drift",
    "Largest |Δlogprob|",
    description=_NATS,
    what="largest difference of a logprob on tokens that two replies share, in nats",
)
_PARTS = _of(
    "first_divergence",
    "Parts at token",
    head="Part at token",
    what="median of the tokens shared before replies part",
    description="Median of the tokens shared.",
)
_SIMILARITY = _of("similarity", "Similarity", form="percent", what="mean similarity of two replies, in tokens")
KAPPA = _of("fleiss_kappa", "Fleiss’ κ", slow=True, what="Fleiss' kappa of the answers")
"""Slow for its library, which takes half a second to import."""
FRAGILE_COUNTS = (
    _of(
        "predicted",
        "Predicted to flip",
        form="count",
        what="items at temperature 0 whose margin is below twice the largest drift",
    ),
    _of("flipped", "Flipped", form="count", what="items at temperature 0 whose answer differs between replies"),
    _of(
        "both", "Predicted and flipped", form="count", what="items at temperature 0 that were predicted to flip and did"
    ),
)
"""Counts of the table `fragile`, which the word `agreement` gives too."""
AGREEMENT = (
    _of("n_items", "Requests", form="count", what="requests"),
    _of("repeats", "Repeats", form="count", what="times each request was asked"),
    _of(
        "tarr",
        "Same reply",
        form="percent",
        interval=("tarr_low", "tarr_high"),
        what="share of requests to which all replies are the same text",
    ),
    _of(
        "tara",
        "Same answer",
        form="percent",
        interval=("tara_low", "tara_high"),
        what="share of requests whose replies all give the same answer",
    ),
    _of("accuracy_min", "Lowest accuracy", form="percent", what="lowest accuracy of any one repeat"),
    _of("accuracy_max", "Highest accuracy", form="percent", what="highest accuracy of any one repeat"),
    _of(
        "differing",
        "Differing replies",
        form="count",
        what="replies that differ from the first one to their request",
    ),
    _of("compared", "Compared", form="count", what="replies compared with the first one to their request"),
    _of(
        "bound",
        "Chance to differ, below",
        form="percent",
        what="95% upper bound of the share of requests to which a reply would differ, where none did; the request is the unit",
    ),
    _of("pairwise", "Agreeing pairs", form="percent", what="mean share of agreeing pairs of replies"),
    _of("unique", "Different replies", what="mean number of different replies to a request"),
    _of("modal_share", "Share of the usual reply", form="percent"),
    _SIMILARITY,
    KAPPA,
    _PARTS,
    _DRIFT,
    _of(
        "cached_share",
        "Prompt from the cache",
        form="percent",
        what="share of the prompts' tokens that came from the server's cache",
    ),
    _of(
        "prompt_ms",
        "Reading the prompt",
        form="milliseconds",
        what="median time of reading the prompt, as the server says",
    ),
    _of("accuracy", "Accuracy", form="percent", better="higher"),
    _of("n", "Replies", form="count"),
)
PAIRS = (
    _of("a", "a", form="text"),
    _of("b", "b", form="text"),
    _of(
        "n",
        "Requests",
        form="count",
        what="requests met under both",
        description="Items under a condition, met under both.",
    ),
    _of(
        "share",
        "Requests with identical replies",
        head="Identical under both",
        form="percent",
        interval=("ci_low", "ci_high"),
        what="share of requests to which every reply under both is the same text",
        description="Requests to which every reply under both is the same text.",
    ),
    _of(
        "identical",
        "Identical",
        form="count",
        what="requests to which every reply under both is the same text",
        description="Requests to which every reply under both is the same text.",
    ),
    _of(
        "agreement",
        "Same reply by chance",
        form="percent",
        what="chance that a reply under one is the reply under the other",
    ),
    _DRIFT,
    _of(
        "mean_drift",
        "Mean |Δlogprob|",
        what="mean difference of a logprob on tokens that two replies share, in nats",
    ),
    _of(
        "logprobs_identical",
        "Identical logprobs",
        form="percent",
        what="share of shared tokens whose logprob is the same to the last bit",
    ),
    _PARTS,
    _of(
        "flips",
        "Answer flips",
        form="count",
        what="requests whose most frequent answer differs",
        description="The most frequent answer differs.",
    ),
    _of("only_a", "Only a right", form="count", what="flips of which only the first is right"),
    _of("only_b", "Only b right", form="count", what="flips of which only the second is right"),
    _of("mcnemar_p", "p, McNemar", form="p", what="exact McNemar test of right and wrong among the flips"),
    _of("lost", "Met under one only", form="count"),
)
REQUESTS = (
    _of("item", "Item", form="text"),
    _of("n", "Replies", form="count"),
    _of("unique", "Different replies", form="count"),
    _of("answers", "Different answers", form="count"),
    _of(
        "usual",
        "Share of the usual reply",
        form="percent",
        description="Share of the replies that are the most frequent reply to this request under all levels together.",
    ),
    _of("modal_share", "Share of its own usual reply", form="percent"),
    _PARTS,
    _of("continuations", "Ways on", form="count"),
    _SIMILARITY,
    _of("bound", "Chance to differ, below", form="percent"),
    _DRIFT,
)
FRAGILE = (
    _of("item", "Item", form="text"),
    _of("n", "Replies", form="count"),
    _of("margin", "Margin"),
    _DRIFT,
    _of("predicted", "Predicted to flip", form="text"),
    _of("flipped", "Flipped", form="text"),
    _of("replies", "Different replies", form="count"),
)
PARTINGS = (
    _of("item", "Item", form="text"),
    _of("replies", "Different replies", form="count"),
    _of("first_divergence", "Tokens shared", form="count"),
)
REQUESTS_PARTED = _of("requests", "Requests", form="count", what="requests that got more than one reply")
