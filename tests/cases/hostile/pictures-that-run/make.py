"""SVGs, PDFs and pictures that are scripts, and what they load."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    report = study / "content/reports/r1"
    (report / "a.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(2)</script><image href='https://evil.example/x.png'/>"
        "<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example/'/></foreignObject><rect width='9' height='9'/></svg>"
    )
    (report / "b.svg").write_text(
        "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'>&x;</svg>"
    )
    (report / "c.png").write_text("<script>alert(3)</script>")
    (report / "d.pdf").write_text("%PDF-1.4 nothing")
    (report / "e.html").write_text("<script>alert(4)</script>")
    (report / "f.txt").write_text("<script>alert(5)</script>")
    with (report / "index.md").open("a") as text:
        text.write("\n![a](a.svg) [a](a.svg) ![b](b.svg) ![c](c.png) [d](d.pdf) [e](e.html) [f](f.txt)\n")
    site = study / "content/site.yaml"
    site.write_text(site.read_text() + "theme: {logo: reports/r1/e.html}\n")
