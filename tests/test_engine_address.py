"""Addresses: what Ollama's client accepts, what an OpenAI client is given, and what may be shown of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.exchange.engine.address import ollama_address, openai_address, redact

# From the table of Ollama's own test (envconfig/config_test.go, TestHost), and what ConnectableHost makes of it.
OLLAMA = {
    "": "http://127.0.0.1:11434",
    "1.2.3.4": "http://1.2.3.4:11434",
    ":1234": "http://127.0.0.1:1234",
    "1.2.3.4:1234": "http://1.2.3.4:1234",
    "example.com": "http://example.com:11434",
    "example.com:1234": "http://example.com:1234",
    "example.com:0": "http://example.com:0",
    "example.com:66000": "http://example.com:11434",
    "example.com:-1": "http://example.com:11434",
    "[::1]": "http://[::1]:11434",
    "[::1]:1337": "http://[::1]:1337",
    "::1": "http://[::1]:11434",
    " 1.2.3.4 ": "http://1.2.3.4:11434",
    '"1.2.3.4"': "http://1.2.3.4:11434",
    "'1.2.3.4:80'": "http://1.2.3.4:80",
    "http://1.2.3.4": "http://1.2.3.4:80",
    "https://1.2.3.4": "https://1.2.3.4:443",
    "https://1.2.3.4:1234": "https://1.2.3.4:1234",
    "http://example.com/ollama": "http://example.com:80/ollama",
    "example.com/ollama/": "http://example.com:11434/ollama",
    "example.com:1234/ollama": "http://example.com:1234/ollama",
    "ollama.com": "https://ollama.com:443",
    "0.0.0.0": "http://127.0.0.1:11434",
    "0.0.0.0:8080": "http://127.0.0.1:8080",
    "[::]:8080": "http://[::1]:8080",
    "http://0.0.0.0": "http://127.0.0.1:80",
}
OPENAI = {
    "localhost:8080": "http://localhost:8080",
    "http://localhost:8080/": "http://localhost:8080",
    "http://localhost:8080/v1": "http://localhost:8080",
    "http://localhost:8080/v1/": "http://localhost:8080",
    "https://lab.example/llm/v1": "https://lab.example/llm",
    "https://lab.example/v1beta": "https://lab.example/v1beta",
    "http://0.0.0.0:1234": "http://127.0.0.1:1234",
    "[::1]:8080": "http://[::1]:8080",
    "http://localhost:8080/?key=abc": "http://localhost:8080",
}


@pytest.mark.parametrize(("text", "url"), OLLAMA.items())
def test_ollama_host(text: str, url: str) -> None:
    assert ollama_address(text).url == url


def test_ollama_host_unset() -> None:
    assert ollama_address(None).url == "http://127.0.0.1:11434"


@pytest.mark.parametrize(("text", "url"), OPENAI.items())
def test_openai_root(text: str, url: str) -> None:
    assert openai_address(text).url == url


@pytest.mark.parametrize("text", ["", "http://", "ftp://host", "http:///v1", "http://[", "host:99999"])
def test_openai_root_needs_a_host(text: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        openai_address(text)


@pytest.mark.parametrize("read", [ollama_address, openai_address])
def test_credentials_are_used_and_not_shown(read: object) -> None:
    address = read("https://me%40uni:s3cr%2Fet@lab.example:8443/api")  # type: ignore[operator]
    assert (address.user, address.password) == ("me@uni", "s3cr/et")
    assert address.url == "https://lab.example:8443/api"
    assert address.shown == "https://lab.example:8443"


@given(st.text(max_size=60))
def test_any_text_is_an_address_to_ollama(text: str) -> None:
    address = ollama_address(text)
    assert "://" in address.url and "@" not in address.shown.partition("://")[2].partition("/")[0]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("cannot reach http://me:hunter2hunter2@host/x", "hunter2"),
        ("Authorization: Bearer abcdef0123456789", "abcdef"),
        ("Incorrect API key provided: sk-proj-abcdefghijk1234", "abcdefghijk"),
        ("GET https://host/v1?api_key=abcdefgh&x=1", "abcdefgh"),
        ("token hf_abcdefghijklmn is wrong", "abcdefghijklmn"),
    ],
)
def test_messages_hold_no_credentials(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert redact(redact(text)) == redact(text)
