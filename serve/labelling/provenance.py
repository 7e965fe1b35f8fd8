"""Where an output comes from: OUT.provenance.json, written once beside it."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from model.bundle import Bundle
from serve.labelling.kinds import Format
from serve.labelling.shards import Counts
from serve.labelling.sources import Source

_PACKAGES = ("detente", "numpy", "onnxruntime", "pyarrow", "tokenizers", "zstandard")


def provenance_file(out: Path) -> Path:
    """Return the place of an output's provenance."""
    return out.with_name(f"{out.name}.provenance.json")


def versions() -> dict[str, str]:
    """Return the versions of what has a hand in the output."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def bundle_facts(bundle: Bundle) -> dict[str, Any]:
    """Return what names a bundle and its answers."""
    manifest = bundle.manifest
    return {
        "name": manifest.name,
        "digest": bundle.digest,
        "labels": list(manifest.labels),
        "threshold": manifest.threshold,
    }


def input_facts(sources: Sequence[Source], counts: Mapping[int, Counts]) -> list[dict[str, Any]]:
    """Return for each source its name, size, SHA-256 and rows; plain texts have one digest for all."""
    return [
        {
            "name": source.name,
            "bytes": source.size,
            "sha256": _sha256(source),
            "files": len(source.paths) or None,
            "rows": counts[source.number].rows,
            "output": None if source.target is None else source.target.name,
        }
        for source in sources
    ]


def _sha256(source: Source) -> str | None:
    if not source.paths:
        return None
    if source.kind.format is not Format.TEXT:
        with source.paths[0].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for path in source.paths:
        data = path.read_bytes()
        whole.update(f"{path.relative_to(source.folder).as_posix()}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()
