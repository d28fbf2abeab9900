"""How the modules import one another, beside the layers that import-linter holds."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and for types alone count too. A circle is a `CycleError` that names its modules."""
    graph = grimp.build_graph("llmxsite", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 300
    TopologicalSorter(imports).prepare()
