"""The nodes of a YAML file as plain Python values, each with its place, within limits."""

from __future__ import annotations

import re
from typing import Any

import yaml

from llmxsite.base.diagnostics import Issue, Problem

Key = str | int
MAX_DEPTH = 64
MAX_NODES = 4_000_000
MAX_ALIASES = 1_000
"""Values that may stand there more than once, by an alias: what is written once costs what it says."""
MAX_DIGITS = 4_000


class Builder:
    """Turns YAML nodes into plain values under limits, remembering where each stood.

    Our own walk instead of yaml's constructor for three reasons: it keeps marks, it refuses duplicate keys and alias
    bombs, and it leaves dates as the text a person wrote.
    """

    def __init__(self, path: str, marks: dict[tuple[Key, ...], tuple[int, int]], first_line: int) -> None:
        self.path, self.marks, self.first_line = path, marks, first_line
        self.issues: list[Issue] = []
        self.nodes = self.again = 0
        self._built: set[int] = set()

    def build(self, node: yaml.Node, keys: tuple[Key, ...], depth: int) -> Any:
        self.nodes += 1
        self.again += id(node) in self._built
        self._built.add(id(node))
        line, column = node.start_mark.line + self.first_line, node.start_mark.column + 1
        limits = (
            (depth > MAX_DEPTH, f"nested more than {MAX_DEPTH} deep"),
            (self.nodes > MAX_NODES, f"more than {MAX_NODES:,} values"),
            (self.again > MAX_ALIASES, f"more than {MAX_ALIASES:,} values that aliases repeat"),
        )
        if what := next((words for over, words in limits if over), None):
            raise Problem.at(self.path, "yaml-limit", f"refused: {what}", line=line)
        self.marks[keys] = (line, column)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*keys, index), depth + 1) for index, child in enumerate(node.value)]
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            key = str(key_node.value) if isinstance(key, bool | float) else key  # `no:` as a key is the word no
            where = (key_node.start_mark.line + self.first_line, key_node.start_mark.column + 1)
            if not isinstance(key, str | int):
                self._add(where, "yaml-key", "a key must be text or a whole number")
            elif key in result:
                self._add(where, "yaml-duplicate-key", f"key '{key}' stands twice; the second would hide the first")
            else:
                self.marks[(*keys, f"\0{key}")] = where
                result[key] = self.build(value_node, (*keys, key), depth + 1)
        return result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        tag, text = node.tag.rpartition(":")[2], str(node.value)
        if tag == "null":
            return None
        if tag == "bool":
            # YAML 1.1 reads `no` and `on` as booleans; here only true and false are.
            return {"true": True, "false": False}.get(text.lower(), text)
        if tag == "int":
            if len(text) > MAX_DIGITS:
                words = f"refused: a number of {len(text):,} digits; at most {MAX_DIGITS:,} are read"
                raise Problem.at(self.path, "yaml-limit", words, line=node.start_mark.line + self.first_line)
            number = int(text.replace("_", "")) if re.fullmatch(r"[-+]?[0-9][0-9_]*", text) else text
            if isinstance(number, int) and not -(2**63) <= number < 2**63:
                where = (node.start_mark.line + self.first_line, node.start_mark.column + 1)
                self._add(
                    where, "yaml-limit", f"refused: a whole number of {len(text)} digits; at most 64 bits are read"
                )
                return 0
            return number
        if tag == "float":
            try:
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
            except ValueError:
                return text  # sexagesimal 1:30.5 stays text
        if tag in ("str", "timestamp", "merge", "value") or node.tag == "!":
            if tag == "str" and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+", text) and not node.style:
                return float(text)  # 1e-3 is text in YAML 1.1, a number to everyone else
            return text
        self._add(
            (node.start_mark.line + self.first_line, node.start_mark.column + 1),
            "yaml-tag",
            f"tag '{node.tag}' is not read",
        )
        return None

    def _add(self, where: tuple[int, int], code: str, message: str) -> None:
        self.issues.append(Issue(path=self.path, line=where[0], column=where[1], code=code, message=message))
