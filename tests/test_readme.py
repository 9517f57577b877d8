"""The README and the other pages do what they say."""

import io
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from skimage import data

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_python_example_prints_what_it_says(tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text("utf-8")
    example, printed = re.search(r"```python\n(.*?)```\s*```\n(.*?)```", text, re.DOTALL).groups()
    monkeypatch.chdir(tmp_path)
    Image.fromarray(data.astronaut()).save("photo.jpg", quality=90)
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(example, "README.md", "exec"), {})
    assert out.getvalue() == printed


def test_the_commands_do_what_the_readme_says(tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if re.match(r"underdrawing (keys|protect|verify)", line)]
    monkeypatch.chdir(tmp_path)
    Image.fromarray(data.astronaut()).save("photo.jpg", quality=90)
    codes = []
    Path("photos").mkdir()
    Image.fromarray(data.astronaut()).save("photos/astronaut.png")
    for line in lines:
        if "suspect.jpg" in line:
            with Image.open("protected.jpg") as protected:
                protected.paste(protected.crop((0, 256, 200, 456)), (156, 40))
                protected.save("suspect.jpg", quality=75)
        if "copy.jpg" in line:
            with Image.open("protected/astronaut.png") as protected:
                protected.paste(protected.crop((0, 256, 200, 456)), (156, 40))
                Path("findings").rename("first")
                protected.filter(ImageFilter.GaussianBlur(2.5)).save("copy.jpg", quality=12)
        command = [sys.executable, "-m", "underdrawing.cli", *shlex.split(line)[1:]]
        codes.append(subprocess.run(command, capture_output=True, check=False).returncode)
    assert codes == [0, 0, 0, 1, 0, 1]
    for folder in ("first", "findings"):
        assert {path.name for path in Path(folder).iterdir()} >= {"mask.png", "recovered.png", "report.html"}


def test_the_index_leads_to_every_page():
    index = (ROOT / "docs/README.md").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name != "README.md":
            assert f"]({page.relative_to(ROOT / 'docs').as_posix()})" in index


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_generated_parts_are_up_to_date():
    check = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr


def test_the_picture_is_small():
    assert (ROOT / "docs/pictures/demo.jpg").stat().st_size <= 300_000
