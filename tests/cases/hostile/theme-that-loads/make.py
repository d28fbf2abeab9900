"""Scripts, style sheets and fonts of a theme that run or load something."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    theme = study / "content/theme"
    for folder in ("js", "css", "fonts"):
        (theme / folder).mkdir(parents=True)
    (theme / "js/site.js").write_text("alert('theme'); fetch('https://evil.example/')")
    (theme / "css/parts.css").write_text(
        "@import 'https://evil.example/x.css'; p { background: url(https://evil.example/x.png) }"
    )
    (theme / "extra.css").write_text("p { background: \\75rl(https://evil.example/x.png) }")
    (theme / "fonts/serif-regular.woff2").write_text("<script>alert(1)</script>")
