"""Logs whose every field is of another kind, size or place than its name says."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    import json

    lines = [json.loads(line) for line in (study / "runs/r1/run-1.jsonl").read_text().splitlines()]
    odd = [
        [],
        {},
        "x" * 5000,
        -1,
        1e308,
        True,
        None,
        "\x1b[31m",
        "=1+1",
        "<script>alert(1)</script>",
        [[[[]]]],
        {"a": {"b": 1}},
        "../../x",
    ]

    def put(number, path, value, name):
        changed = json.loads(json.dumps(lines))
        at = changed[number]
        for key in path[:-1]:
            at = at.setdefault(key, {}) if isinstance(at, dict) else at
        if isinstance(at, dict):
            at[path[-1]] = value
        changed[0]["id"] = changed[0]["id"] if path == ["id"] else name
        (study / f"runs/r1/{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in changed))

    header = [
        ["experiment"],
        ["experiment", "sweep"],
        ["experiment", "analysis"],
        ["experiment", "analysis", "compare"],
        ["experiment", "conditions"],
    ]
    header += [
        ["models"],
        ["suites"],
        ["engine"],
        ["started"],
        ["id"],
        ["task"],
        ["host"],
        ["source"],
        ["hypothesis"],
        ["planned"],
        ["software"],
    ]
    sample = [
        ["condition"],
        ["condition", "temperature"],
        ["scores"],
        ["scores", "confidence"],
        ["scores", "correct"],
        ["scores", "answer"],
    ]
    sample += [
        ["category"],
        ["item"],
        ["repeat"],
        ["reply"],
        ["reply", "text"],
        ["reply", "tokens"],
        ["reply", "alternatives"],
        ["timing"],
        ["usage"],
        ["time"],
        ["key"],
    ]
    n = 0
    for number, paths in ((0, header), (1, sample)):
        for index, path in enumerate(paths):
            n += 1
            put(number, path, odd[(index * 5 + number) % len(odd)], f"lie-{n:03d}")
            n += 1
            put(number, path, odd[(index * 7 + 3 + number) % len(odd)], f"lie-{n:03d}")
    (study / "runs/r1/empty.jsonl").write_text("")
    (study / "runs/r1/binary.jsonl").write_bytes(bytes(range(256)) * 50)
    (study / "runs/r1/deep.jsonl").write_text(
        json.dumps(lines[0]).replace("run-1", "deep") + "\n" + '{"type":"sample","key":' + "[" * 100000 + "\n"
    )
    (study / "runs/r1/cut.jsonl").write_text(
        json.dumps(lines[0]).replace("run-1", "cut") + "\n" + json.dumps(lines[1])[:50]
    )
