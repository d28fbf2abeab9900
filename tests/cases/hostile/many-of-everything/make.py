"""More categories, models and settings than anybody has."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    import json

    lines = [json.loads(line) for line in (study / "runs/r1/run-1.jsonl").read_text().splitlines()]
    out = [lines[0]]
    for n in range(6000):
        sample = json.loads(json.dumps(lines[1]))
        sample |= {"key": f"{n:032x}", "item": f"i{n}", "category": f"category {n}", "subcategory": f"s{n}"}
        sample["condition"]["temperature"] = n / 1000
        out.append(sample)
    (study / "runs/r1/run-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in out))
