"""A vault of one's own."""

import pytest

from underdrawing.vault import open_vault


@pytest.fixture
def vault(tmp_path):
    with open_vault(tmp_path / "vault", create=True) as opened:
        yield opened
