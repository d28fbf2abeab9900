"""The order of rows in which neighbours are alike: a hierarchical clustering, its leaves turned so that likes meet."""

from __future__ import annotations

from typing import Any

from llmxsite.press.figure.late import np


def alike(rows: np.ndarray[Any, np.dtype[np.float64]]) -> list[int]:
    """Places of the rows of a matrix in an order in which neighbours are alike; the better end first.

    Average linkage on Euclidean distance, with the leaves in the order of least distance between neighbours (Bar-Joseph et al.
    2001). What is missing counts as the mean of its row, so that it makes no row unlike another; a row of nothing is last.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    empty = np.isnan(rows).all(axis=1)
    known = np.flatnonzero(~empty)
    if len(known) < 3:
        return [*known.tolist(), *np.flatnonzero(empty).tolist()]
    full = rows[known]
    full = np.where(np.isnan(full), np.nanmean(full, axis=1, keepdims=True), full)
    found = leaves_list(optimal_leaf_ordering(linkage(full, "average"), full))
    if full[found[0]].mean() < full[found[-1]].mean():
        found = found[::-1]
    return [*known[found].tolist(), *np.flatnonzero(empty).tolist()]
