"""What tests of commands work on."""

import pytest
from stand_ins import stand_in_protect, stand_in_verify, write_picture

import underdrawing


@pytest.fixture
def pipeline(monkeypatch):
    monkeypatch.setitem(vars(underdrawing), "protect", stand_in_protect)
    monkeypatch.setitem(vars(underdrawing), "verify", stand_in_verify)


@pytest.fixture
def folder(tmp_path):
    """Three good pictures in two folders, a text file named .jpg, and files that are none of our business."""
    write_picture(tmp_path / "in/a.png")
    write_picture(tmp_path / "in/deep/er/b.PNG")
    write_picture(tmp_path / "in/c.webp")
    (tmp_path / "in/bad.jpg").write_text("not a picture")
    (tmp_path / "in/notes.txt").write_text("notes")
    (tmp_path / "in/.hidden.png").write_text("")
    return tmp_path / "in"
