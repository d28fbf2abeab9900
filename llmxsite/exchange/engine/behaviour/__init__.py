"""What an Ollama server does, found by asking it: the questions behind `llmxsite doctor --report` and docs/ollama.md.

A module a topic. A question is a function that sends a few requests of a few tokens to the smallest model suited and
answers in closed words, so that two servers can be compared whatever they run on. `server` speaks to the server,
`models` chooses, `report` asks everything and writes it down.
"""
