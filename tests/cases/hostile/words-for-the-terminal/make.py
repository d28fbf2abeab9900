"""Words that move the cursor, turn the reading direction or give commands, in every place that is printed."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    words = "\x1b]0;owned\x07\x1b[2J\u202e\n::error file=x::owned\n##[error]owned"
    lines = (study / "runs/r1/run-1.jsonl").read_text()
    import json

    escaped = json.dumps(words)[1:-1]
    (study / "runs/r1/odd.jsonl").write_text(
        lines.replace('"id":"run-1"', '"id":"run-9"').replace("m1", f"m1{escaped}").replace('"c0"', f'"{escaped}"')
    )
    (study / "content/site.yaml").write_text(f"title: T\n{json.dumps(words)}: 1\n")
    (study / "suites/s2.yaml").write_text(f"id: s2\ntitle: {json.dumps(words)}\nitems: []\n{json.dumps(words)}: 1\n")
    (study / f"content/reports/r1/{words[:20].strip().replace('/', '')}.md").write_text("x")
    with (study / "content/reports/r1/index.md").open("a") as text:
        text.write(f"\n[x]({words[:8]}) {{chart}}`{words[:8]}` @{words[:8]}\n")
