"""Texts whose reading costs more than their length."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    pages = study / "content/pages"
    pages.mkdir()
    grown = {
        "quotes": ">" * 20000 + " x",
        "brackets": "[" * 50000,
        "links": "[a](" * 20000,
        "stars": "**a " * 20000,
        "dollars": "$a" * 50000,
        "formula": "$$" + "{" * 5000 + "}" * 5000 + "$$",
        "fraction": "$$" + "\\frac{1}{" * 500 + "1" + "}" * 500 + "$$",
        "roles": "{sub}`a`" * 20000,
        "open": "{a}`" * 30000,
        "values": "\n\n".join(["{value}`accuracy`"] * 3000),
        "headings": "\n\n".join(f"## h{n}" for n in range(20000)),
        "same": "\n\n".join("## same" for n in range(5000)),
        "table": "|" + "a|" * 5000 + "\n|" + "-|" * 5000 + "\n|" + "b|" * 5000,
        "notes": "".join(f"[^{n}]" for n in range(3000)) + "\n\n" + "\n\n".join(f"[^{n}]: x" for n in range(3000)),
        "lists": "\n".join("  " * n + "- x" for n in range(1000)),
        "html": "<div>" * 20000,
        "comment": "<!--" * 20000,
        "entities": "&amp" * 50000,
        "fences": ":::{note}\n" * 2000,
        "long": "x" * 5_000_000,
        "code": "```python\n" + "x = (" * 20000 + "\n```",
    }
    for name, text in grown.items():
        (pages / f"{name}.md").write_text(f"# {name}\n\n{text}\n")
