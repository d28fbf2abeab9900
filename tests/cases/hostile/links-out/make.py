"""Links out of the study in every place that is read."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    secret = outside / "secret.txt"
    report = study / "content/reports/r1"
    for path in (
        study / "content/pages",
        study / "content/theme",
        study / "runs/r2",
    ):
        path.symlink_to(outside)
    for path in (
        report / "references.bib",
        report / "picture.png",
        report / "notes.txt",
        study / "content/models/m1.md",
        study / "suites/s9.yaml",
        study / "runs/r1/other.jsonl",
    ):
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(secret)
    with (report / "index.md").open("a") as text:
        text.write(
            "\n![p](picture.png) [n](notes.txt) [u](../../../../outside/secret.txt) [a](/etc/passwd) [f](file:///etc/passwd)\n"
        )
