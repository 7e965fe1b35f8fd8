"""The shape of the house: arrows point down only, importing does nothing, files say what lives there."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [
    ROOT / "detente.py",
    *(path for wing in ("model", "serve", "training") for path in (ROOT / wing).rglob("*.py")),
]
TESTS = sorted((ROOT / "tests").glob("*.py"))
FORBIDDEN = {
    "model": {"serve", "training", "detente", "torch", "transformers", "datasets", "fastapi"},
    "serve": {"training", "detente", "torch", "transformers", "datasets"},
    "training": {"serve", "detente", "fastapi", "uvicorn"},
}
STAGES = {"dataset", "finetune", "export", "evaluate"}
LONGEST = 250


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_arrows_point_down(path):
    """No wing imports the other, model imports neither, and no stage of training imports another."""
    wing = path.relative_to(ROOT).parts[0].removesuffix(".py")
    imported = imports_of(path)
    assert not {name.split(".")[0] for name in imported} & FORBIDDEN.get(wing, set())
    if wing == "training" and path.stem in STAGES:
        assert not {f"training.{stage}" for stage in STAGES - {path.stem}} & imported


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("model.predictor", {"torch", "fastapi", "training", "serve"}),
        ("serve.app", {"torch", "transformers", "datasets", "training"}),
        ("detente", {"torch", "transformers", "datasets", "fastapi", "uvicorn", "onnxruntime"}),
    ],
)
def test_importing_does_nothing(module, absent):
    """A fresh interpreter that imports a module prints nothing, starts no thread and loads no foreign wing."""
    code = (
        f"import {module}, sys, threading, logging\n"
        f"print(sorted({absent!r} & set(sys.modules)), threading.active_count(), len(logging.root.handlers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[] 1 0\n"
    assert done.stderr == ""


@pytest.mark.parametrize("module", ["model.session", "serve.machine", "training"])
def test_onnxruntime_is_silent(module, tmp_path):
    """Whichever way it is imported, it is told not to report, and leaves no trace of its own for that."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    code = f"import {module}, onnxruntime, time; time.sleep(0.5)"
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env={**environment, **home})
    assert not list(tmp_path.rglob("*onnxruntime*"))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=str)
def test_files_say_what_lives_there(path):
    """The first line of every file is a sentence about it, and files stay short enough to read."""
    text = path.read_text()
    assert text.startswith('"""')
    assert text.splitlines()[0].rstrip('"').endswith((".", "…")), text.splitlines()[0]
    assert text.count("\n") <= LONGEST


@pytest.mark.parametrize("path", TESTS, ids=str)
def test_tests_state_behaviour(path):
    """Every test says in a docstring which behaviour it holds the code to."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{path}: {node.name}"
