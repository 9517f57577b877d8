"""Every bad payload in ``attacks/bad_payloads.py`` ends as it says there."""

import importlib.util
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from underdrawing.payload import (
    Block,
    Publisher,
    SignatureStatus,
    TrustStore,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
    verify_signature,
)


def load(name: str) -> ModuleType:
    path = Path(__file__).parent.parent / "attacks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"attacks_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bad = load("bad_payloads")
TRUST = TrustStore().add(Publisher("An honest publisher", bad.PUBLISHER.public()))


def read(blocks: Any) -> SignatureStatus:
    """What a reader does with everything it received, one that can go on without a code."""
    anchor = parse_anchor(blocks[Block.ANCHOR], hidden=True)
    core = parse_core(blocks[Block.CORE], anchor)
    detail = parse_detail(blocks[Block.DETAIL], anchor, core)
    parse_fine(blocks[Block.FINE], anchor, detail, fine_order=np.arange(1024))
    return verify_signature(blocks[Block.ANCHOR], blocks[Block.CORE], TRUST, on=date(2026, 11, 20)).status


def test_the_genuine_message_is_believed() -> None:
    assert read(bad.GENUINE.blocks) is SignatureStatus.VALID


@pytest.mark.parametrize("attack", bad.ATTACKS, ids=lambda a: a.name)
def test_bad_payload(attack: Any) -> None:
    blocks = attack.make(bad.GENUINE)
    if isinstance(attack.finding, SignatureStatus):
        assert read(blocks) is attack.finding
    else:
        with pytest.raises(attack.finding) as caught:
            read(blocks)
        assert type(caught.value) is attack.finding
        assert "\n" not in str(caught.value)
        assert str(caught.value).isprintable()
