"""Numbers of thousands of digits, and such as no number has, in every file that has numbers."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    digits, odd = "9" * 5000, ("9" * 5000, "1e999", "-1e999", "1e-400", "9" * 40, "0.1e308")
    lines = (study / "runs/r1/run-1.jsonl").read_text()
    places = (
        '"confidence":0.9',
        '"logprob":-0.1',
        '"temperature":0.0',
        '"repeat":0',
        '"answer":"A"',
        '"expected":"A"',
        '"schema":3',
    )
    for number, place in enumerate(places):
        name = place.split(":")[0]
        for index, value in enumerate(odd):
            told = lines.replace(place, f"{name}:{value}").replace('"id":"run-1"', f'"id":"n-{number}-{index}"', 1)
            (study / f"runs/r1/n-{number}-{index}.jsonl").write_text(told)
    report = study / "content/reports/r1"
    (report / "index.md").write_text(
        f"---\ntitle: R\norder: {digits}\n---\n# R\n\n{digits}. one\n\n```{{chart}} bars\nwidth: {digits}\n```\n\n"
        f"```{{chart}} bars\nrange: [{digits}, 1e999]\n```\n\n{{value}}`accuracy temperature={digits}` {{value}}`accuracy:{digits}`\n"
    )
    (report / "experiment.yaml").write_text(
        f"task: benchmark\nsuites: [s1]\nmodels: [m1]\nrepeats: {digits}\nlimit: {digits}\nsweep: {{temperature: [1e999, .nan, {digits}]}}\n"
    )
    (study / "suites/n.yaml").write_text(
        f"id: n\ntitle: N\nkind: numeric\nitems:\n  - id: i\n    question: Q\n    answer: {digits}\n"
    )
    (study / "suites/m.json").write_text(
        '{"id":"m","title":"M","items":[{"id":"i","question":"Q","answer":' + digits + "}]}"
    )
