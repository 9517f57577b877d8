"""What every test gets: a home of its own, and hypothesis without chance or a clock."""

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Keep tests away from the user's files."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
