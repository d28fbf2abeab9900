"""What a study says a build remembered: it is none of this user's."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    import marshal

    memory = study / ".llmxsite/site/templates"
    memory.mkdir(parents=True)
    code = compile(f"import os; os.system('touch {ran}')", "x", "exec")
    for name in ("__jinja2_0.cache", "base.cache"):
        (memory / name).write_bytes(b"j2" + marshal.dumps(code))
    (study / ".llmxsite/site/state-000000000000.msgpack").write_bytes(b"\x81\xa6inputs\xa3\xff\xff\xff")
    (study / "site").mkdir()
    (study / "site/manifest.json").write_text("[" * 100000)
