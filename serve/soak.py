"""A soak: mixed load, good and bad, on one server for long, whose answers, memory, files and threads are watched.

    python -m serve.soak [--minutes 30] [--url URL [--pid PID]] [--out FILE]

Exit code 1: the server died, an answer was wrong, a good request failed, or memory, files or threads grew.
"""

import asyncio
import itertools
import json
import os
import random
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
import uvloop
from rich.console import Console

from model.bundle import DEFAULT_BUNDLE, Card, open_bundle, write_bundle
from model.errors import DetenteError
from serve.client import Client
from serve.soakload import PATH, Act, Load, quotes_body
from serve.soakreport import Outcome, Sample, Soak, look, percentiles
from serve.started import started_server
from serve.workload import CORPUS, read_texts

_DISTINCT = 300  # texts that are asked
_LOOKS = 600  # at the server's process, at most
_LEAST_PAUSE = 0.2  # seconds between two looks
_RELOAD, _RELOADS = 60.0, 20  # seconds between two reloads at most, and how many there are at least
_PATIENCE = 60.0  # seconds for one, or for an answer at the end
_SETTLE = 20.0  # seconds for the server to close what nobody uses any more
_MOMENT = 0.5


def main(  # noqa: PLR0917, typer takes them by name
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to ask.")] = 30,
    url: Annotated[str | None, typer.Option(help="A server to ask; by default one of its own.")] = None,
    pid: Annotated[int | None, typer.Option(help="With --url, the server's process on this machine.")] = None,
    bundle: Annotated[
        Path, typer.Option(help="Folder of the bundle that a server of its own serves.")
    ] = DEFAULT_BUNDLE,
    texts: Annotated[Path, typer.Option(help="The quotes to ask.")] = CORPUS,
    out: Annotated[Path | None, typer.Option(help="File for the figures as JSON.")] = None,
) -> None:
    """Ask a server for long, well and badly, and tell whether it stood."""
    try:
        asked = [text.quote.text for text in read_texts(texts)]
        found = soak_url(url, pid, asked, minutes) if url else soak_bundle(bundle, asked, minutes)
    except (DetenteError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
    if out is not None:
        out.write_text(json.dumps({**asdict(found), "faults": found.faults()}, indent=2))
    console = Console()
    console.print(*found.tables(), *found.notes)
    console.print(*(found.faults() or ["stood"]), sep="\n")
    raise typer.Exit(1 if found.faults() else 0)


def soak_bundle(bundle: Path, texts: Sequence[str], minutes: float) -> Soak:
    """Start a server of a copy of the bundle and ask it, exchanging the copy now and then. Raises DetenteError."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bundle"
        versions = _versions(bundle, folder)
        next(versions)
        with started_server(folder) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            address = ("127.0.0.1", server.port)
            return runner.run(_soak(address, server.pid, texts, minutes, versions))


def soak_url(url: str, pid: int | None, texts: Sequence[str], minutes: float) -> Soak:
    """Ask the server at a URL; its process, if it is told, is watched. Raises DetenteError, OSError."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise DetenteError(f"{url}: is no address of a server: give one like http://127.0.0.1:8000")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_soak((parts.hostname, parts.port or 80), pid, texts, minutes, None))


def _versions(bundle: Path, folder: Path) -> Iterator[str]:
    """Write the bundle into the folder again and again, each time with another digest, and yield that."""
    opened = open_bundle(bundle)
    files = {name: opened.read(name) for name in opened.manifest.files}
    given = opened.manifest.model_dump(include=set(Card.model_fields))
    for copy in itertools.cycle("ab"):
        card = Card.model_validate({**given, "versions": {**given["versions"], "copy": copy}})
        yield write_bundle(folder, card, files).digest


async def _soak(
    address: tuple[str, int], pid: int | None, texts: Sequence[str], minutes: float, versions: Iterator[str] | None
) -> Soak:
    seconds = 60 * minutes
    drawn = random.Random(0).sample(sorted(set(texts)), min(_DISTINCT, len(set(texts))))
    async with Client(*address) as client:
        model = json.loads((await client.ask("/v1/model")).body)
        expected = {text: await _answer(client, text) for text in drawn}
    samples = await _settled(pid, 0, None)
    async with Client(*address) as client:
        load = Load(client, address, expected, model["labels"], model["name"])
        reload = None
        if versions is not None and pid is not None:
            reload = (_reloading(client, pid, versions), min(_RELOAD, seconds / _RELOADS))
        asking = asyncio.create_task(load.run(seconds, reload))
        watching = asyncio.create_task(_watch(pid, seconds, samples))
        await asyncio.wait({asking, watching}, return_when=asyncio.FIRST_COMPLETED)
        watching.cancel()
        asking.cancel()
        await asyncio.gather(asking, watching, return_exceptions=True)
        if not asking.cancelled():
            asking.result()
    alive = await _lives(address)
    if alive:
        samples += await _settled(pid, seconds, samples)
    return Soak(
        minutes=minutes,
        samples=samples,
        counts={kind: dict(counts) for kind, counts in load.counts.items()},
        latencies=percentiles(load.latencies),
        died=not alive,
        watched=pid is not None,
        notes=load.notes,
    )


async def _answer(client: Client, text: str) -> Any:
    """Return the result of a quote that is asked alone. Raises DetenteError when there is none."""
    reply = await client.ask(PATH, quotes_body([text]))
    result = json.loads(reply.body).get("results", [{}])[0]
    if "label" not in result:
        raise DetenteError(f"the server does not answer a quote asked alone: status {reply.status}")
    del result["id"]
    return result


def _reloading(client: Client, pid: int, versions: Iterator[str]) -> Act:
    """Return what exchanges the bundle in its folder, and waits until the server answers with it."""

    async def reload() -> Outcome:
        digest = await asyncio.to_thread(next, versions)
        os.kill(pid, signal.SIGHUP)
        async with asyncio.timeout(_PATIENCE):
            while json.loads((await client.ask("/v1/model")).body)["digest"] != digest:  # noqa: ASYNC110, nobody tells
                await asyncio.sleep(0.1)
        return Outcome.RIGHT

    return reload


async def _watch(pid: int | None, seconds: float, samples: list[Sample]) -> None:
    """Add samples until the process is gone; for ever when there is none to look at."""
    if pid is None:
        await asyncio.Event().wait()
        return
    started = asyncio.get_running_loop().time()
    while (sample := look(pid, asyncio.get_running_loop().time() - started)) is not None:
        samples.append(sample)
        await asyncio.sleep(max(seconds / _LOOKS, _LEAST_PAUSE))


async def _settled(pid: int | None, passed: float, samples: Sequence[Sample] | None) -> list[Sample]:
    """Return a sample once the server has as few files open as at first, or has had time for it."""
    await asyncio.sleep(_MOMENT)
    for _ in range(int(_SETTLE / _MOMENT)):
        sample = None if pid is None else look(pid, passed)
        if not sample or not samples or sample.files <= samples[0].files:
            break
        await asyncio.sleep(_MOMENT)
    return [sample] if sample else []


async def _lives(address: tuple[str, int]) -> bool:
    try:
        async with Client(*address) as client, asyncio.timeout(_PATIENCE):
            return (await client.ask("/livez")).status == 200  # noqa: PLR2004
    except OSError:
        return False


if __name__ == "__main__":
    typer.run(main)
