"""Pipes, folders and endless devices under the names of files."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    import os

    report = study / "content/reports/r1"
    os.mkfifo(report / "references.bib")
    os.mkfifo(study / "runs/r1/pipe.jsonl")
    os.mkfifo(study / "suites/pipe.yaml")
    (report / "zero.png").symlink_to("/dev/zero")
    (report / "folder.png").mkdir()
    (study / "runs/r1/folder.jsonl").mkdir()
    (study / "content/theme").mkdir()
    os.mkfifo(study / "content/theme/extra.css")
    with (report / "index.md").open("a") as text:
        text.write("\n![p](zero.png) ![q](folder.png)\n")
