"""Names that are one, or none, on other systems."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    import json

    for name in ("Foo", "foo", "aux", "con", "e\u0301", "\u00e9", "x.", "a:b", "n\u202eame", "y" * 250):
        folder = study / "content/pages"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text(f"# {name}\n")
    for name in ("R1", "nul"):
        (study / f"content/reports/{name}").mkdir()
        (study / f"content/reports/{name}/index.md").write_text("# R\n")
    lines = (study / "runs/r1/run-1.jsonl").read_text()
    for number, name in enumerate(("RUN-1", "\u212aelvin", "con", "a/b", "..", "x" * 5000, "\x1b]0;t\x07")):
        (study / f"runs/r1/copy-{number}.jsonl").write_text(
            lines.replace('"id":"run-1"', f'"id":{json.dumps(name)}', 1)
        )
