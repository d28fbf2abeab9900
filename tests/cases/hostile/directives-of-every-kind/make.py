"""Options of directives that are of another kind than they should be."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    report = study / "content/reports/r1"
    values = ["1", "[1, 2]", "{a: [[1]]}", "'x'", "null", "true", "{a: {b: 1}}", "1e308", "-1"]
    texts = []
    for name in (
        "chart bars",
        "chart sweep",
        "chart heatmap",
        "table",
        "table comparison",
        "transcript",
        "diff",
        "setup",
        "gallery",
        "figure",
        "hypothesis",
    ):
        for option in (
            "where",
            "by",
            "item",
            "a",
            "run",
            "columns",
            "sort",
            "limit",
            "width",
            "factor",
            "measure",
            "caption",
            "name",
        ):
            kind, _, rest = name.partition(" ")
            texts.append(f"```{{{kind}}} {rest}\n{option}: {values[len(texts) % len(values)]}\n```\n")
    with (report / "index.md").open("a") as text:
        text.write("\n" + "\n".join(texts))
