"""Links and second names in the folder that the site is built into."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    site = study / "site"
    site.mkdir()
    (site / "index.html").symlink_to(outside / "secret.txt")
    (site / "404.html").hardlink_to(outside / "secret.txt")
    (site / "runs").symlink_to(outside)
    (site / "manifest.json").write_text(
        '{"files": ["runs/secret.txt", "../../outside/secret.txt", "/etc/passwd", "index.html"]}'
    )
