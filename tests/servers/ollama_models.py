"""Makes the models that the tests of Ollama talk to, on a live server: some from weights, the others from those by recipe.

    llmxsite models pull smollm2:135m && llmxsite models pull gemma3:270m && python tests/servers/minilm.py
    OLLAMA_HOST=... python tests/servers/ollama_models.py

`smollm2-thinking` has the weights of `smollm2` under a longer template that opens with `<think>`; `smollm2-stored` has a
system prompt, messages and parameters of its own; `gemma3-tools` and `gemma3-broken` show the model examples of good
and of malformed tool calls; `smollm2-own` has a template in its weights that takes tools, and none of Ollama's;
`smollm2-remote` is `smollm2` behind a remote host, which is the server itself: start it with
OLLAMA_REMOTES=127.0.0.1 for that one to answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import urllib.request
from typing import Any

from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.address import ollama_address

CHAT, BASE, TOOLS, BROKEN, THINKING, STORED, REMOTE, OWN, EMBED = (
    "smollm2:135m",
    "gemma3:270m",
    "gemma3-tools:270m",
    "gemma3-broken:270m",
    "smollm2-thinking:135m",
    "smollm2-stored:135m",
    "smollm2-remote:135m",
    "smollm2-own:135m",
    "all-minilm:l6-v2",
)

_THINKS = """{{- if or .System .Tools }}<|im_start|>system
{{ .System }}
{{- if .Tools }}
You can call functions. Tools:
{{- range .Tools }}
{{ .Function }}
{{- end }}
To call one, write <tool_call>{"name": "...", "arguments": {...}}</tool_call>
{{- end }}<|im_end|>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}
{{- range .ToolCalls }}<tool_call>{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}</tool_call>{{ end }}<|im_end|>
{{ if $last }}<|im_start|>assistant
{{ if and $.IsThinkSet $.Think }}<think>
{{ end }}{{ end }}
{{- end }}"""

_OWN = (
    "{% if tools %}{{ '<|im_start|>system\nTools:' }}{% for t in tools %}{{ t | tojson }}{% endfor %}{{ '<|im_end|>\n' }}"
    "{% endif %}{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def _calls(name: str, value: str) -> str:
    """A template that shows three calls; `name` and `value` are how a name and an argument are written."""
    examples = (
        ("Open the door of room seven.", "open_door", "room", "7"),
        ("What is the time in Rome?", "get_time", "city", "Rome"),
        ("What is the weather in Berlin?", "get_weather", "city", "Berlin"),
    )
    shown = "".join(
        f'Question: {question}\nAnswer: <tool_call>{{"name": {name.format(function)}, '
        f'"arguments": {{"{key}": {value.format(word)}}}}}</tool_call>\n\n'
        for question, function, key, word in examples
    )
    return (
        "{{- if .Tools }}" + shown + "{{ end }}\n"
        '{{- range .Messages }}{{ if eq .Role "user" }}Question: {{ .Content }}\n'
        '{{ end }}{{ if .ToolCalls }}Answer: {{ range .ToolCalls }}<tool_call>{"name": "{{ .Function.Name }}", '
        '"arguments": {{ .Function.Arguments }}}</tool_call>{{ end }}\n\n'
        '{{ end }}{{ if eq .Role "tool" }}Result: {{ .Content }}\n{{ end }}{{ end }}Answer:'
    )


# One thread: more of them wait for each other by spinning, and take minutes where another program holds a core.
_ONE_THREAD = {"num_thread": 1}
RECIPES: dict[str, dict[str, Any]] = {
    THINKING: {
        "from": CHAT,
        "template": _THINKS,
        "system": "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
        "parameters": {**_ONE_THREAD, "stop": ["<|im_end|>"], "temperature": 0.3},
    },
    STORED: {
        "from": CHAT,
        "system": "Answer as a pirate.",
        "messages": [{"role": "user", "content": "Ahoy"}, {"role": "assistant", "content": "Arr."}],
        "parameters": {**_ONE_THREAD, "stop": ["<|im_end|>"], "num_predict": 2, "temperature": 0.0},
    },
    TOOLS: {
        "from": BASE,
        "template": _calls('"{}"', '"{}"'),
        "parser": "qwen3",
        "parameters": {**_ONE_THREAD, "stop": ["Question:"]},
    },
    BROKEN: {
        "from": BASE,
        "template": _calls("{}", "{}"),
        "parser": "qwen3",
        "parameters": {**_ONE_THREAD, "stop": ["Question:"]},
    },
}


def main() -> None:
    """Make every model that the server does not have yet."""
    root = ollama_address(os.environ.get("OLLAMA_HOST")).url
    here = {model["name"] for model in json.load(urllib.request.urlopen(f"{root}/api/tags"))["models"]}
    remote = {REMOTE: {"from": CHAT, "remote_host": root, "info": {"capabilities": ["completion"]}}}
    for name, source in ((CHAT, CHAT), (BASE, BASE), (EMBED, "all-minilm-l6-v2")):
        if name not in here:
            data = _weights(source)
            _make(root, name, {"files": _upload(root, data), "parameters": _ONE_THREAD})
    if OWN not in here:
        # Its licence makes it larger than the plain one, which questions of no particular template are asked with.
        recipe = {"license": "Apache-2.0 " * 20, "parameters": {**_ONE_THREAD, "stop": ["<|im_end|>"]}}
        _make(root, OWN, recipe | {"files": _upload(root, _with_own_template(_weights(CHAT)))})
    for name, recipe in (RECIPES | remote).items():
        if name not in here:
            _make(root, name, recipe)


def _weights(name: str) -> bytes:
    path = weights.find(name)
    if path is None:
        raise SystemExit(weights.missing(name))
    return path.read_bytes()


def _with_own_template(data: bytes) -> bytes:
    """A GGUF with another chat template, filled up with spaces to the length of the one it had."""
    key = b"tokenizer.chat_template"
    start = data.index(key) + len(key) + 4  # the kind of the value
    length = int.from_bytes(data[start : start + 8], "little")
    text = _OWN.encode().ljust(length)
    if len(text) > length:
        raise SystemExit(f"the weights have room for {length} bytes of template")
    return data[: start + 8] + text + data[start + 8 + length :]


def _upload(root: str, data: bytes) -> dict[str, str]:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    urllib.request.urlopen(urllib.request.Request(f"{root}/api/blobs/{digest}", data=data, method="POST")).close()
    return {"weights.gguf": digest}


def _make(root: str, name: str, recipe: dict[str, Any]) -> None:
    body = json.dumps({"model": name, "stream": False, **recipe}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{root}/api/create", data=body)) as answer:
        sys.stdout.write(f"{name}: {json.load(answer).get('status')}\n")


if __name__ == "__main__":
    main()
