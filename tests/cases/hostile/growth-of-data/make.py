"""YAML and BibTeX that become more than they are."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    report = study / "content/reports/r1"
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    (study / "suites/bomb.yaml").write_text(bomb)
    (study / "suites/deep.yaml").write_text("items: " + "[" * 5000)
    (study / "suites/number.yaml").write_text("items: " + "9" * 9000)
    (study / "suites/same.yaml").write_text("id: same\ntitle: &t T\nitems: *t\n")
    (report / "references.bib").write_text(
        '@string{s0 = "'
        + "x" * 100
        + '"}\n'
        + "".join(f"@string{{s{n} = s{n - 1} # s{n - 1}}}\n" for n in range(1, 60))
        + "@misc{a, title = s59}\n"
        + "@misc{b, title={" * 3000
        + "\n@misc{c, author={"
        + " and ".join(["A B"] * 20000)
        + "}}"
    )
    (study / "content/index.md").write_text("---\n" + bomb + "---\n# Home\n")
