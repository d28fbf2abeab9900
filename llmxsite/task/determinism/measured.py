"""The measures of determinism experiments, table by table."""

from __future__ import annotations

from llmxsite.analysis.measure import Measure

_NATS = "In nats, over the tokens that two replies share."

_DRIFT = Measure(
    "largest_drift",
    "Largest |Δlogprob|",
    description=_NATS,
    what="largest difference of a logprob on tokens that two replies share, in nats",
)
_PARTS = Measure(
    "first_divergence",
    "Parts at token",
    head="Part at token",
    what="median of the tokens shared before replies part",
    description="Median of the tokens shared.",
)
_SIMILARITY = Measure("similarity", "Similarity", form="percent", what="mean similarity of two replies, in tokens")
KAPPA = Measure("fleiss_kappa", "Fleiss’ κ", slow=True, what="Fleiss' kappa of the answers")
"""Slow for its library, which takes half a second to import."""
FRAGILE_COUNTS = (
    Measure(
        "predicted",
        "Predicted to flip",
        form="count",
        what="items at temperature 0 whose margin is below twice the largest drift",
    ),
    Measure("flipped", "Flipped", form="count", what="items at temperature 0 whose answer differs between replies"),
    Measure(
        "both", "Predicted and flipped", form="count", what="items at temperature 0 that were predicted to flip and did"
    ),
)
"""Counts of the table `fragile`, which the word `agreement` gives too."""
AGREEMENT = (
    Measure("n_items", "Requests", form="count", what="requests"),
    Measure("repeats", "Repeats", form="count", what="times each request was asked"),
    Measure(
        "tarr",
        "Same reply",
        form="percent",
        interval=("tarr_low", "tarr_high"),
        what="share of requests to which all replies are the same text",
    ),
    Measure(
        "tara",
        "Same answer",
        form="percent",
        interval=("tara_low", "tara_high"),
        what="share of requests whose replies all give the same answer",
    ),
    Measure("accuracy_min", "Lowest accuracy", form="percent", what="lowest accuracy of any one repeat"),
    Measure("accuracy_max", "Highest accuracy", form="percent", what="highest accuracy of any one repeat"),
    Measure(
        "differing",
        "Differing replies",
        form="count",
        what="replies that differ from the first one to their request",
    ),
    Measure("compared", "Compared", form="count", what="replies compared with the first one to their request"),
    Measure(
        "bound",
        "Chance to differ, below",
        form="percent",
        what="95% upper bound of the share of requests to which a reply would differ, where none did; the request is the unit",
    ),
    Measure("pairwise", "Agreeing pairs", form="percent", what="mean share of agreeing pairs of replies"),
    Measure("unique", "Different replies", what="mean number of different replies to a request"),
    Measure("modal_share", "Share of the usual reply", form="percent"),
    _SIMILARITY,
    KAPPA,
    _PARTS,
    _DRIFT,
    Measure(
        "cached_share",
        "Prompt from the cache",
        form="percent",
        what="share of the prompts' tokens that came from the server's cache",
    ),
    Measure(
        "prompt_ms",
        "Reading the prompt",
        form="milliseconds",
        what="median time of reading the prompt, as the server says",
    ),
    Measure("accuracy", "Accuracy", form="percent", better="higher"),
    Measure("n", "Replies", form="count"),
)
PAIRS = (
    Measure("a", "a", form="text"),
    Measure("b", "b", form="text"),
    Measure(
        "n",
        "Requests",
        form="count",
        what="requests met under both",
        description="Items under a condition, met under both.",
    ),
    Measure(
        "share",
        "Requests with identical replies",
        head="Identical under both",
        form="percent",
        interval=("ci_low", "ci_high"),
        what="share of requests to which every reply under both is the same text",
        description="Requests to which every reply under both is the same text.",
    ),
    Measure(
        "identical",
        "Identical",
        form="count",
        what="requests to which every reply under both is the same text",
        description="Requests to which every reply under both is the same text.",
    ),
    Measure(
        "agreement",
        "Same reply by chance",
        form="percent",
        what="chance that a reply under one is the reply under the other",
    ),
    _DRIFT,
    Measure(
        "mean_drift",
        "Mean |Δlogprob|",
        what="mean difference of a logprob on tokens that two replies share, in nats",
    ),
    Measure(
        "logprobs_identical",
        "Identical logprobs",
        form="percent",
        what="share of shared tokens whose logprob is the same to the last bit",
    ),
    _PARTS,
    Measure(
        "flips",
        "Answer flips",
        form="count",
        what="requests whose most frequent answer differs",
        description="The most frequent answer differs.",
    ),
    Measure("only_a", "Only a right", form="count", what="flips of which only the first is right"),
    Measure("only_b", "Only b right", form="count", what="flips of which only the second is right"),
    Measure("mcnemar_p", "p, McNemar", form="p", what="exact McNemar test of right and wrong among the flips"),
    Measure("lost", "Met under one only", form="count"),
)
REQUESTS = (
    Measure("item", "Item", form="text"),
    Measure("n", "Replies", form="count"),
    Measure("unique", "Different replies", form="count"),
    Measure("answers", "Different answers", form="count"),
    Measure(
        "usual",
        "Share of the usual reply",
        form="percent",
        description="Share of the replies that are the most frequent reply to this request under all levels together.",
    ),
    Measure("modal_share", "Share of its own usual reply", form="percent"),
    _PARTS,
    Measure("continuations", "Ways on", form="count"),
    _SIMILARITY,
    Measure("bound", "Chance to differ, below", form="percent"),
    _DRIFT,
)
FRAGILE = (
    Measure("item", "Item", form="text"),
    Measure("n", "Replies", form="count"),
    Measure("margin", "Margin"),
    _DRIFT,
    Measure("predicted", "Predicted to flip", form="text"),
    Measure("flipped", "Flipped", form="text"),
    Measure("replies", "Different replies", form="count"),
)
PARTINGS = (
    Measure("item", "Item", form="text"),
    Measure("replies", "Different replies", form="count"),
    Measure("first_divergence", "Tokens shared", form="count"),
)
REQUESTS_PARTED = Measure("requests", "Requests", form="count", what="requests that got more than one reply")
