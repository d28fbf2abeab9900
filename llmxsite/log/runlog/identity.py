"""Which digests of several logs are one and the same model."""

from __future__ import annotations

from collections.abc import Iterable

from llmxsite.log.record import Run


def weights_of(runs: Iterable[Run]) -> dict[str, str]:
    """By digest, the sha256 of the weights' file that some log tells for it.

    A server's manifest has a digest of its own, which covers the server's configuration too: one file behind two servers,
    or two versions of one, has several. A log from before the file's hash was told is known by what a later one says.
    """
    return {model.digest: model.weights for run in runs for model in run.models if model.digest and model.weights}
