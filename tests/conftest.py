"""Real, tiny things that many tests share: a trained run, its bundle, the bundle that ships."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from model.articles.pointers import POINTER_BUNDLE
from model.bundle import DEFAULT_BUNDLE, MANIFEST, Bundle, open_bundle
from model.predictor import Predictor
from training.dataset import read_dataset
from training.export import Exported, export
from training.finetune import finetune
from training.recipe import Recipe, read_recipe
from training.runs import Run, start_run
from training.splits import Splits, split_quotes

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    return read_recipe(ROOT / "configs" / "tiny.yaml")


@pytest.fixture(scope="session")
def tiny_splits(tiny_recipe: Recipe) -> Splits:
    return split_quotes(read_dataset(tiny_recipe).quotes, tiny_recipe)


@pytest.fixture(scope="session")
def tiny_run(tiny_recipe: Recipe, tiny_splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = start_run(tmp_path_factory.mktemp("runs") / "tiny", tiny_recipe, tiny_splits, overwrite=False)
    finetune(tiny_recipe, tiny_splits, run)
    return run


@pytest.fixture(scope="session")
def exported(tiny_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(tiny_run, tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def tiny_bundle(exported: Exported) -> Bundle:
    return exported.bundle


@pytest.fixture(scope="session")
def default_bundle() -> Bundle:
    return open_bundle(DEFAULT_BUNDLE)


@pytest.fixture(scope="session")
def pointer_bundle() -> Bundle:
    return open_bundle(POINTER_BUNDLE)


@pytest.fixture(scope="session")
def predictor(default_bundle: Bundle):
    with Predictor(default_bundle, workers=2) as predictor:
        yield predictor


@pytest.fixture
def rename() -> Callable[[Path, str], None]:
    """Give a bundle's folder another name within, and so another digest."""

    def rename(folder: Path, name: str) -> None:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        (folder / MANIFEST).write_text(json.dumps({**manifest, "name": name, "seal": None}))

    return rename


class Process:
    """`detente serve` as a process of its own, asked over HTTP."""

    def __init__(self, log: Path, *arguments: str, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._log = log
        command = [sys.executable, "-m", "detente", "serve", "--port", str(self.port), *arguments]
        environment = {**os.environ, **{f"DETENTE_{name.upper()}": value for name, value in settings.items()}}
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, env=environment)

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and JSON of an answer; raises OSError when there is none."""
        sent = {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, data, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        plain = answer.headers.get_content_type() == "text/plain"
        return answer.status, dict(answer.headers.items()), text if plain else json.loads(text)

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true; while it raises OSError it is not."""
        for _ in range(600):
            with contextlib.suppress(OSError):
                if true():
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"it did not come true: {self.log}")

    def ready(self) -> "Process":
        self.until(lambda: self.ask("/readyz")[0] == 200)
        return self

    @property
    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start servers; what the test leaves running is killed."""
    started: list[Process] = []

    def start(*arguments: str, **settings: str) -> Process:
        started.append(Process(tmp_path / f"serve-{len(started)}.log", *arguments, **settings))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture(scope="module")  # while it is open, no other event loop can run in this thread
def chromium() -> Iterator[Any]:
    """Give the Chromium of the machine, driven by playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on this machine: the page is tested in one (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-sync", "--no-first-run"]
    alone = ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*quiet, *alone])
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open pages at an address; at the end none of them has complained, but about requests that were refused."""
    contexts, complaints = [], []

    def complain(message: Any) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def open_page(url: str, **options: Any) -> Any:
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        with page.expect_response("**/settings.json"):
            page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
