"""Files in, files out: from what is given and named on the command line to what came of it."""

import sys
from pathlib import Path

from model.bundle import open_bundle
from model.device import Device
from serve.labelling.kinds import Format
from serve.labelling.localengine import local_engine
from serve.labelling.options import Options
from serve.labelling.progress import Meter
from serve.labelling.run import Run
from serve.labelling.shards import Counts
from serve.labelling.sources import STANDARD, find_sources
from serve.labelling.stage import Engines, task_of
from serve.labelling.streaming import stream


def label(
    given: str,
    out: str,
    options: Options,
    bundle: Path,
    *,
    device: Device = Device.CPU,
    named: Format | None = None,
    resume: bool = False,
    engines: Engines = local_engine,
) -> Counts:
    """Label a file, a folder or standard input ("-") into a file, a folder or standard output.

    named: the format of standard input and output. engines: where shards are labelled that go into files.
    Raises whatever kind of DetenteError fits; Interrupted after Ctrl-C.
    """
    sources = find_sources(given, out, named, articles=options.articles)
    opened = open_bundle(bundle)
    task = task_of(opened, options, device)
    with Meter() as meter:
        if out == STANDARD:
            return stream(sources[0], task, sys.stdout.buffer, meter)
        return Run(sources, task, opened, Path(out), meter, resume=resume).run(engines)
