"""A repository whose own configuration names programs to run."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    import subprocess

    run = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(study)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*run, *words], check=True, capture_output=True)
    program = study / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    with (study / ".git/config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = {program}\n\tsshCommand = {program}\n\tpager = {program}\n\thooksPath = {study}\n"
        )
        config.write(
            f"[diff]\n\texternal = {program}\n[credential]\n\thelper = {program}\n[gpg]\n\tprogram = {program}\n[log]\n\tshowSignature = true\n"
        )
        config.write('[remote "origin"]\n\turl = ext::sh -c touch% x\n')
    (study / "content/index.md").write_text("# Changed\n")
