"""Secrets: what is in use is in no message and no log, and what would be published is found."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base import in_use
from llmxsite.base.cells import inert
from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache
from llmxsite.exchange.engine.address import redact
from llmxsite.exchange.engine.fault import error_for
from llmxsite.press.check import release
from llmxsite.press.check.leaks import Leak, Scanner, Who
from llmxsite.study.study import Study

KEY = 'qq7-Plural/Z+Alpha=0123456789abcdef\\"é'
DRESSES = {
    "plain": lambda k: k,
    "json": lambda k: json.dumps({"error": k}),
    "json in json": lambda k: json.dumps(json.dumps({"error": k})),
    "json without escapes": lambda k: json.dumps(k, ensure_ascii=False),
    "percent": lambda k: quote(k, safe=""),
    "hex": lambda k: k.encode().hex(),
    "base64": lambda k: base64.b64encode(k.encode()).decode(),
    "base64 behind a name": lambda k: base64.b64encode(f"me:{k}".encode()).decode(),
    "urlsafe base64": lambda k: base64.urlsafe_b64encode(f"x{k}y".encode()).decode(),
    "over lines": lambda k: "\n".join(k[i : i + 7] for i in range(0, len(k), 7)),
    "with blanks": lambda k: " ".join(k),
    "escaped letters": lambda k: "".join(f"\\u{ord(c):04x}" for c in k),
    "entities": lambda k: "".join(f"&#{ord(c)};" for c in k),
    "cut off": lambda k: f"{k[:20]}",
    "its end": lambda k: f"***{k[-24:]}",
}


@pytest.fixture(autouse=True)
def nothing_in_use() -> Iterator[None]:
    in_use.forget()
    yield
    in_use.forget()


@pytest.mark.parametrize("dress", DRESSES)
def test_what_is_in_use_is_in_no_message(dress: str) -> None:
    in_use.remember(KEY)
    shown = DRESSES[dress](KEY)
    for text in (redact(f"bad key {shown} given"), str(error_for(422, f"bad key {shown} given".encode()))):
        letters = "".join(c for c in text if c.isalnum())
        assert "Plural" not in letters and "0123456789" not in letters and "PluralZ" not in letters, text
        for part in (base64.b64encode(KEY.encode()).decode()[8:24], KEY.encode().hex()[10:30]):
            assert part not in text
        assert "bad key" in text and "***" in text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=40), st.text(max_size=60))
def test_it_is_in_none_whatever_it_is(secret: str, around: str) -> None:
    secret = secret.strip()
    in_use.forget()
    in_use.remember(secret)
    shown = in_use.hidden(f"{around} {secret} {around}")
    assert len(secret) < in_use.PART or secret not in shown or secret in in_use.MASK


def test_a_key_that_is_cut_by_a_limit_is_hidden_before() -> None:
    in_use.remember(KEY)
    assert "Plural" not in str(error_for(500, b"x" * 1985 + KEY.encode()))


def test_a_line_that_is_stored_holds_none() -> None:
    in_use.remember("zz9-Plural-Z-Alpha-0123456789", "lm-studio", "none", "abc")
    line = b'{"text":"zz9-Plural-Z-Alpha-0123456789 of lm-studio, abc"}'
    assert in_use.hidden_bytes(line) == b'{"text":"*** of lm-studio, abc"}'


def test_a_short_name_is_hidden_as_a_word_alone() -> None:
    in_use.remember("anna")
    assert redact("anna is not hannah; savanna") == "*** is not hannah; savanna"


def found(text: str) -> list[Leak]:
    return Scanner(Who(None, None)).scan(text)


MADE_UP = "a1B2c3D4" * 8
"""Of no service, and nobody's."""


@pytest.mark.parametrize(
    "text",
    [
        "xai-" + MADE_UP,
        "sk_live_" + MADE_UP[:32],
        "dapi" + "0123456789abcdef" * 2,
        "AccountKey=" + (MADE_UP * 2)[:86] + "==",
        "machine api.example login me password " + MADE_UP[:20],
        "export DB_PASSWORD=Tr0ub4dor3xyz!",
        "HF_API_TOKEN = '" + MADE_UP[:32] + "'",
        "client_secret: " + MADE_UP[:24],
        "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0" * 3,
        "tskey-auth-" + MADE_UP[:20],
        "postgresql+psycopg://me:Pa55word!@db.example/x",
        "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
        "Authorization: Basic " + MADE_UP[:20],
        "https://hooks.slack.com" + "/services/T0123456/B0123456/" + MADE_UP[:24],
        '{"username":"me","key":"' + "0123456789abcdef" * 2 + '"}',
    ],
)
def test_a_credential_is_found(text: str) -> None:
    assert [leak.code for leak in found(f"see `{text}` there")] == ["leak-key"]
    assert MADE_UP[:24] not in found(text)[0].shown


@pytest.mark.parametrize(
    "text",
    [
        "/home/élodie/thesis",
        "/data/home/alice/x",
        "/Users/alice/x",
        "c:\\users\\alice\\x",
        "C:\\\\Users\\\\alice",
        "\\\\server\\home\\alice\\x",
        "file:///home/alice/x",
        "/mnt/c/Users/alice/x",
        "/home/%C3%A9lodie/x",
    ],
)
def test_a_home_folder_of_any_system_is_found(text: str) -> None:
    assert [leak.code for leak in found(f"see `{text}` there")] == ["leak-path"]


@pytest.mark.parametrize(
    "text",
    [
        "fd12:3456:789a::1",
        "fe80::1%eth0",
        "100.101.102.103",
        "10.1.2.3",
        "http://box.tail1234.ts.net:8000",
        "gpu01.localdomain",
        "nas-2.local",
        "http://gpu-box:11434",
    ],
)
def test_a_machine_of_a_private_network_is_found(text: str) -> None:
    assert [leak.code for leak in found(f"see `{text}` there")] == ["leak-address"]


@pytest.mark.parametrize(
    "text",
    [
        "the password is `***`",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "OPENAI_API_KEY=your-key-here",
        "tokens: 1024, max_tokens=2048",
        "api_key = os.environ['KEY']",
        "https://example.org/home/news and https://example.org/users/all",
        "a sha256 of 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "torch.nn.local and self.internal, 3.14.15.92",
        "key: 58c7a0adb04aacddbddbb125b4eeb48f",
    ],
)
def test_what_is_none_is_left_alone(text: str) -> None:
    assert found(text) == []


def leaks(tmp_path: Path) -> dict[str, list[str]]:
    issues = Issues()
    (tmp_path / "content").mkdir(exist_ok=True)
    release.check(Study(tmp_path), None, Cache(None), issues, tmp_path / "site", who=Who(None, None))
    found: dict[str, list[str]] = {}
    for issue in issues:
        found.setdefault(Path(issue.path).name, []).append(issue.code)
    return found


def test_every_file_is_looked_into_whatever_its_encoding_and_kind(tmp_path: Path) -> None:
    from test_trust_published import saved

    text = f"héllo\nkey xai-{MADE_UP}\n"
    content = tmp_path / "content"
    content.mkdir()
    for name, encoding in (
        ("a.md", "utf-16"),
        ("b.md", "utf-16-le"),
        ("c.txt", "cp1252"),
        ("d.csv", "utf-32"),
        ("e", "utf-8-sig"),
    ):
        (content / name).write_bytes(text.encode(encoding))
    (tmp_path / ".env").write_text(f"X_TOKEN={MADE_UP[:32]}\n")
    with zipfile.ZipFile(content / "z.zip", "w") as archive:
        archive.writestr("deep/f.txt", text)
    (content / "p.png").write_bytes(saved("PNG", pnginfo=_note(f"xai-{MADE_UP}")))
    (content / "q.pdf").write_bytes(_document("/home/alice/thesis.tex"))
    (content / "logo.ico").write_bytes(bytes(range(256)) * 40)
    assert leaks(tmp_path) == {
        **{name: ["leak-key"] for name in ("a.md", "b.md", "c.txt", "d.csv", "e", ".env", "z.zip", "p.png")},
        "q.pdf": ["leak-path"],
    }


def test_no_flood_hides_a_finding(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    flood = "".join(f"someone{n}@university-{n}.edu\n" for n in range(20_000))
    (tmp_path / "content/a.md").write_text(f"{flood}xai-{MADE_UP}\n{flood}", encoding="utf-8")
    codes = leaks(tmp_path)["a.md"]
    assert codes[0] == "leak-key" and codes.count("leak-email") <= 20 and codes[-1] == "leak-more"


def _note(text: str) -> object:
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", text)
    return info


def _document(title: str) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    writer.add_metadata({"/Title": title})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "-x", "|calc", "%0a"]
)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [1, -1.5, None, True, "-1.5", "+3", "-1e-05", "-12%", "a=b", "model-1", "", "–"])
def test_a_number_stays_one(cell: object) -> None:
    assert inert(cell) is cell
