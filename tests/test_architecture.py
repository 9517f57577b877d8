"""The house as it was drawn: which room may know which, what is public, and how large anything may get."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import underdrawing

PACKAGE = Path(underdrawing.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FLOORS = [
    {"errors"},
    {"images", "networks"},
    {"tokenizer", "payload", "channel", "tamper", "recovery", "vault"},
    {"findings", "fingerprint"},
    {"shipped"},
    {"messages"},
    {"retrieval"},
    {"examination"},
    {"pipeline", "report"},
    {"cli", "bench"},
]
"""From the ground up. A room knows the floors below its own, and none of its neighbours."""
NEIGHBOURS_ALLOWED = {("pipeline", "report"): False, ("cli", "bench"): True}
DOORS = {"cli", "bench"}
PUBLIC_LIMIT = 15
LINES_LIMIT = 400


def dotted(path):
    """The dotted name of a module's file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name):
    """The room a dotted name lies in: the first part below the package ('' for the package itself)."""
    return [*name.split("."), ""][1]


def imports_of(path, *, for_types=True):
    """Dotted names of the package that a module imports, inside functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; name the room"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name for name in found if name.split(".")[0] == "underdrawing"}


def is_module(name):
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def floor_of(name):
    floors = [index for index, floor in enumerate(FLOORS) if name in floor]
    assert floors, f"{name} has no floor yet: put it into FLOORS, below everything that may know it"
    return floors[0]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_down(path):
    own = room(dotted(path))
    if own == "":
        return
    for name in imports_of(path):
        other = room(name)
        if other in ("", own) or not is_module(f"underdrawing.{other}"):
            continue
        allowed = floor_of(other) < floor_of(own) or NEIGHBOURS_ALLOWED.get((own, other), False)
        assert allowed, f"{dotted(path)} imports {name}: {own} must not know {other}"


def test_every_room_has_its_floor():
    rooms = {module.name for module in pkgutil.iter_modules([str(PACKAGE)])}
    assert rooms <= set().union(*FLOORS)


@pytest.mark.parametrize("path", [path for path in MODULES if room(dotted(path)) in DOORS], ids=dotted)
def test_doors_use_the_public_names_only(path):
    own = room(dotted(path))
    for name in imports_of(path):
        other = room(name)
        if other in ("", own) or not is_module(f"underdrawing.{other}"):
            continue
        module, _, attribute = name.rpartition(".")
        if name == f"underdrawing.{other}":
            continue
        assert other == "bench" or module == f"underdrawing.{other}", f"{dotted(path)} reaches into {module}"
        assert attribute in importlib.import_module(module).__all__, f"{name} is not public"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_modules_stay_readable(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= LINES_LIMIT, f"{dotted(path)} has {len(lines)} lines"
    assert not re.search(r"utils|helpers|misc|common", path.stem)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_what_a_module_exports_exists(path):
    if not path.read_text("utf-8").strip() or path.stem == "__main__":
        return
    module = importlib.import_module(dotted(path))
    if path.name == "__init__.py" and not hasattr(module, "__all__"):
        return
    names = module.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(module, name) for name in names)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_everything_public_is_documented(path):
    tree = ast.parse(path.read_text("utf-8"))
    if not tree.body:
        return
    assert ast.get_docstring(tree), f"{dotted(path)} says nothing about itself"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{dotted(path)}.{node.name} has no docstring"
            for member in getattr(node, "body", []) if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    assert ast.get_docstring(member), f"{dotted(path)}.{node.name}.{member.name} has no docstring"


def test_the_public_names_are_few_and_all_there():
    names = underdrawing.__all__
    assert len(names) <= PUBLIC_LIMIT
    assert names == sorted(names)
    assert set(names) == set(underdrawing._HOME)
    for name in names:
        value = getattr(underdrawing, name)
        assert value.__doc__
        assert value.__module__.startswith(f"underdrawing.{underdrawing._HOME[name]}")
    assert set(names) <= set(dir(underdrawing))
    with pytest.raises(AttributeError, match="nonsense"):
        underdrawing.nonsense  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("numpy", "cv2", "PIL", "onnxruntime", "cryptography", "typer", "rich")
    program = f"import sys, underdrawing; print([name for name in {heavy} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_no_global_mutable_state():
    """No function rebinds a module's name: state is an argument."""
    for path in MODULES:
        assert not [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Global)], path
