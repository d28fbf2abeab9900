"""Templates whose pages run, load and lead elsewhere, or leave the policy out."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    theme = study / "content/theme/templates"
    theme.mkdir(parents=True)
    page = "<!doctype html><html><head>{}</head><body>{}</body></html>"
    (theme / "home.html").write_text(page.format("", "<script>alert('home')</script>"))
    (theme / "report.html").write_text(
        page.format("", "<img src=x onerror=\"alert('report')\"><iframe src='https://evil.example/'></iframe>")
    )
    (theme / "run.html").write_text(page.format("<meta http-equiv=refresh content='0;url=https://evil.example/'>", ""))
    (theme / "list.html").write_text(
        page.format("<link rel=stylesheet href='https://evil.example/x.css'>", "<a href='javascript:alert(1)'>x</a>")
    )
    (theme / "suite.html").write_text(
        page.format("<base href='https://evil.example/'>", "<script src='../../content/x.txt'></script>")
    )
