"""Python modules and a distribution beside the study, which is where the command is run."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    for name in ("yaml", "jinja2", "msgspec", "typer", "pandas", "sitecustomize", "nh3"):
        (study / f"{name}.py").write_text(f"import os; os.system('touch {ran}')")
    (study / "evil.py").write_text(f"import os; os.system('touch {ran}')")
    info = study / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[llmxsite.tasks]\nevil = evil\n")
