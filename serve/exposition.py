"""From counts, of this process or of all that share a folder, to the text that Prometheus reads."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


def collect(registry: CollectorRegistry, folder: Path | None) -> list[Metric]:
    """Return what the registry counts, or what all processes count that share the folder.

    When a series was created is left out, and so are bundles that answer no more.
    """
    if folder is None:
        families: Iterable[Metric] = registry.collect()
    else:
        # A process that is just starting has files without content.
        files = [str(file) for file in folder.glob("*.db") if _has_content(file)]
        families = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return [_without_noise(family) for family in families]


def process_families(folder: Path | None) -> list[Metric]:
    """Return memory, files and time of this process, or of each that shares the folder, under its id."""
    if folder is None:
        return list(ProcessCollector(registry=None).collect())
    families: dict[str, Metric] = {}
    for pid in sorted(int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_livesum_*.db")):
        for family in ProcessCollector(pid=partial(int, pid), registry=None).collect():
            known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            known.samples += [each._replace(labels={**each.labels, "pid": str(pid)}) for each in family.samples]
    return list(families.values())


def encode(families: Sequence[Metric], accept: str) -> tuple[bytes, str]:
    """Return the text and its content type: OpenMetrics when the Accept header wants it, else Prometheus' own."""
    encoder, content_type = choose_encoder(accept)
    return encoder(_Collected(families)), content_type


class _Collected(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _without_noise(family: Metric) -> Metric:
    gone = family.name == "stance_model_info"
    kept = (each for each in family.samples if not each.name.endswith("_created") and (each.value or not gone))
    family.samples = list(kept)
    return family


def _has_content(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # its process has gone meanwhile
        return False
