"""What holds for all tests."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from servers.live import address, behaviour, has, raw, server, servers_of, talk, version

from llmxsite.base.user import cache_dir
from llmxsite.study.study import Study

__all__ = ["address", "behaviour", "has", "raw", "server", "site_study_built", "talk", "version"]

# What is remembered between builds lies in the user's cache, and a test has one of its own; the weights are everybody's.
_SHARED = cache_dir()
_OWN = tempfile.TemporaryDirectory(prefix="llmxsite-cache-")
for _name in ("weights", "digests.json"):
    if (_SHARED / _name).exists() and hasattr(os, "symlink"):
        (Path(_OWN.name) / _name).symlink_to(_SHARED / _name)
os.environ["LLMXSITE_CACHE"] = _OWN.name

# A deadline would make a test's outcome depend on how busy the machine is.
# Where every commit is checked (CI is set), the same examples are drawn each time: red is the commit's fault, not chance.
# Everywhere else they are drawn anew.
settings.register_profile("steady", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("steady")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that talks to an Ollama runs over each that its module has a recording of, and over a live one."""
    recording = getattr(metafunc.module, "RECORDING", None)  # other modules have servers of their own
    if "server" in metafunc.fixturenames and recording is not None:
        servers = servers_of(recording)
        metafunc.parametrize("server", servers, indirect=True, scope="module")


@pytest.fixture(scope="session")
def site_study_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    """The study of `site_study`, and the folder its site was built into. Tests read it and leave it as it is."""
    import site_study

    from llmxsite.base.diagnostics import Issues
    from llmxsite.press.site.build import build

    folder = tmp_path_factory.mktemp("site")
    study = Study(site_study.make(folder / "study", base_url=site_study.BASE))
    issues = Issues()
    build(study, folder / "out", issues=issues)
    assert not issues.failed(), "\n".join(i.render() for i in issues)
    return study, folder / "out"
