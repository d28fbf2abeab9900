"""Words that a spreadsheet takes for formulas, in what becomes a table."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    lines = (study / "runs/r1/run-1.jsonl").read_text()
    for name, word in (
        ("c0", '=HYPERLINK(\\"https://evil.example/\\")'),
        ("c1", "@SUM(A1)"),
        ("m1", "+1+cmd|' /C calc'!A0"),
    ):
        lines = lines.replace(f'"{name}"', f'"{word}"')
    (study / "runs/r1/run-1.jsonl").write_text(lines)
