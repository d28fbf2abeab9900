"""Results made by promptfoo itself with a provider that answers by rule: the input of tests/cases/interchange/promptfoo-made.

Runs where npx is, in a folder that has promptfoo (`npm install promptfoo`):  python tests/peers/make_promptfoo_results.py FOLDER
Ids and times in them are new each time, so what is expected has to be written anew after it (LLMXSITE_UPDATE_CASES).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROVIDER = """
module.exports = class {
  constructor(options) { this.name = options.id; this.config = options.config || {}; }
  id() { return this.name || 'rule'; }
  async callApi(prompt, context) {
    const { a, b } = context.vars;
    if (a === 9) return { error: 'the server is away' };
    const sum = this.config.wrong ? a + b + 1 : a + b;
    return { output: a === 7 ? { sum } : `It is ${sum}`, tokenUsage: { total: 12, prompt: 9, completion: 3 } };
  }
};
"""
CONFIG = {
    "description": "small sums",
    "prompts": ["What is {{a}} + {{b}}?", "Add {{a}} to {{b}}."],
    "providers": [
        {"id": "file://provider.js", "label": "right:1b", "config": {"temperature": 0.5}},
        {"id": "file://provider.js", "label": "wrong:1b", "config": {"wrong": True}},
    ],
    "tests": [
        {"vars": {"a": 2, "b": 3}, "assert": [{"type": "contains", "value": "5"}]},
        {"description": "in words", "vars": {"a": 7, "b": 1}, "assert": [{"type": "is-json"}]},
        {"vars": {"a": 9, "b": 1}, "assert": [{"type": "contains", "value": "10"}]},
        {"vars": {"a": 4, "b": 4}},
    ],
}
QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
}


def main(folder: Path) -> None:
    folder = folder.resolve()
    with tempfile.TemporaryDirectory() as place:
        inner = Path(place)
        (inner / "provider.js").write_text(PROVIDER, encoding="utf-8")
        (inner / "promptfooconfig.json").write_text(json.dumps(CONFIG), encoding="utf-8")
        files = [part for name in ("results.json", "results.jsonl") for part in ("-o", str(folder / name))]
        command = [
            "npx",
            "promptfoo",
            "eval",
            "-c",
            str(inner / "promptfooconfig.json"),
            "--repeat",
            "2",
            "--no-cache",
            *files,
        ]
        quiet = os.environ | QUIET | {"PROMPTFOO_CONFIG_DIR": str(inner / "config")}
        subprocess.run([*command, "--no-share", "--no-progress-bar", "-j", "1"], env=quiet, check=False)
        for path in folder.glob("results.json*"):
            told = path.read_text(encoding="utf-8").replace(place, "/made").replace(str(folder), "/made")
            path.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
