"""The questions of a datasheet that a suite's authors answer, by section and key.

After Gebru et al., "Datasheets for Datasets", Communications of the ACM 64(12), 2021. Counts, labels and the runs that
used a suite are not asked here: the site fills them in from the items and the logs.
"""

from __future__ import annotations

QUESTIONS: dict[str, dict[str, str]] = {
    "motivation": {
        "purpose": "For what purpose was the suite made?",
        "creators": "Who made it, and on behalf of whom?",
        "funding": "Who paid for it?",
    },
    "composition": {
        "instances": "What does an item represent?",
        "sample": "Is it a sample of a larger set, and how was it drawn?",
        "labels": "What is the label of an item, and how were labels balanced?",
        "missing": "Is anything missing from items, and why?",
        "relations": "Are items related to each other: passages, templates, translations?",
        "splits": "Are there splits, such as worked examples, and how were they made?",
        "errors": "Are there errors, noise or repetitions?",
        "self_contained": "Is it self-contained, or does it need something outside?",
        "confidential": "Does it hold anything confidential?",
        "offensive": "Does it hold anything offensive or frightening?",
        "people": "Does it concern people, and can anyone be identified?",
        "sensitive": "Does it hold anything sensitive?",
    },
    "collection": {
        "acquisition": "How did the items come about, and how was each checked?",
        "sampling": "How were items chosen?",
        "people": "Who took part, and how were they paid?",
        "timeframe": "When was it made?",
        "ethics": "Was there an ethical review?",
        "consent": "Did the people concerned know and consent?",
    },
    "preprocessing": {
        "steps": "Was anything cleaned, converted, shuffled or left out?",
        "raw": "Is the raw form kept, and where?",
        "software": "Is the software that did it available?",
    },
    "uses": {
        "used": "What has it been used for?",
        "suitable": "What is it good for?",
        "unsuitable": "What should it not be used for?",
        "hazards": "What could go wrong for those who use it?",
    },
    "distribution": {
        "how": "How and to whom is it distributed?",
        "licence": "Under which licence?",
        "third_party": "Do others hold rights in it?",
        "doi": "Does it have a DOI?",
    },
    "maintenance": {
        "maintainer": "Who looks after it, and how can they be reached?",
        "updates": "How are mistakes mended and versions kept?",
        "old_versions": "What happens to older versions?",
        "contributions": "How can others contribute?",
    },
}
"""Section to key to question. An answer is text; a section may also be one text for all of it."""
TITLES = {
    "motivation": "Motivation",
    "composition": "Composition",
    "collection": "Collection process",
    "preprocessing": "Preprocessing, cleaning and labelling",
    "uses": "Uses",
    "distribution": "Distribution",
    "maintenance": "Maintenance",
}
