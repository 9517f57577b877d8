"""The page about ImageNet-S says what is so."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s.plan import SIZE_CLASSES

PAGE = (Path(__file__).resolve().parents[3] / "docs/imagenet-s.md").read_text("utf-8")


def test_every_kind_and_every_size_class_is_described():
    described = re.findall(r"^\| `([a-z-]+)` \|", PAGE.partition("## What is done")[2], re.MULTILINE)
    assert sorted(described) == sorted(Kind)
    for name, (low, high) in SIZE_CLASSES.items():
        assert f"`{name}` ({100 * low:.0f}–{100 * high:.0f} %" in PAGE


def test_the_example_runs_as_it_stands(built, dataset, tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "imagenet-s").symlink_to(built[0])
    monkeypatch.chdir(tmp_path)
    compared = []

    def compare(suspect, mask, label):
        compared.append((suspect.shape[:2] == mask.shape, label))

    system = SimpleNamespace(mark=lambda pixels: pixels ^ np.uint8(1), compare=compare)
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(example, "imagenet-s.md", "exec"), {"my_system": system})
    assert compared == [(True, item.label) for item in dataset.items]
    assert out.getvalue() == f"measured on {dataset.fingerprint}\n"
