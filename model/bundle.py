"""The bundle: a folder with everything that answers need, sealed by a manifest of digests that is written last.

Other tools of the ecosystem can load it too: config.json and the tokenizer are Hugging Face's, the graphs lie in onnx/.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from model.errors import BundleError
from model.files import digest, replaced_folder, to_json
from model.reference import Reference
from model.untrusted import check_json, has_controls, opened_inside, told

DEFAULT_BUNDLE = Path(__file__).parent / "default"
"""The trained bundle that ships with the code."""

MANIFEST = "bundle.json"
TOKENIZER = "tokenizer.json"
INT8_GRAPH = "onnx/model_quantized.onnx"
FP32_GRAPH = "onnx/model.onnx"
FP16_GRAPH = "onnx/model_fp16.onnx"
_GRAPHS = (INT8_GRAPH, FP32_GRAPH, FP16_GRAPH)

# Bytes, so that a planted file neither fills the memory nor keeps the process busy.
_LARGEST_GRAPH = 2**31 - 1  # protobuf reads no more
_LARGEST = 2**25  # of the tokenizer and the rest: a vocabulary for a hundred languages takes half of it
_LARGEST_MANIFEST = 2**22  # 170 times the bundled one
_MOST_FILES = 100

# No "..", no drive, and nothing that two systems would read differently.
_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
_LONGEST_NAME = 200

_BLANK_SEAL = "0" * 64
_AGAIN = "export the bundle again"
_TRIES = 5
_MOMENT = 0.02  # seconds; a replacement takes two renames, and between them there is no folder

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Label = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]


class Card(BaseModel):
    """What a bundle says about itself.

    labels: in logit order. max_tokens: the longest window. temperature: the logits are divided by it.
    threshold: a prediction whose largest probability is below it is uncertain. recipe and data: digests of what the
    model was made from. metrics: as served, on the test split, in parts of it, and of the calibration on dev.
    versions: of the libraries that made it. reference: shares of the training quotes; older bundles have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=_LONGEST_NAME, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    labels: tuple[Label, ...] = Field(min_length=2)
    max_tokens: int = Field(ge=16, le=512)
    temperature: float = Field(ge=1e-3, le=1e3)
    threshold: float = Field(ge=0, le=1)
    recipe: Sha256
    data: Sha256
    metrics: Mapping[str, Any]
    versions: Mapping[str, str]
    reference: Reference | None = None

    @field_validator("labels")
    @classmethod
    def _distinct(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) != len(labels):
            raise ValueError("labels must be distinct")
        if any(has_controls(label) for label in labels):
            raise ValueError("labels must be free of control characters")
        return labels

    @field_validator("reference")
    @classmethod
    def _of_these_labels(cls, reference: Reference | None, info: ValidationInfo) -> Reference | None:
        labels = info.data.get("labels", ())
        if reference is not None and set(reference.labels) != set(labels):
            raise ValueError(f"has shares of {', '.join(reference.labels)}, the labels are {', '.join(labels)}")
        return reference


class Manifest(Card):
    """bundle.json: the card and the SHA-256 of every other file of the folder.

    seal: the SHA-256 of bundle.json itself, with zeros in the seal's place; older bundles have none.
    """

    format: Literal[1] = 1
    files: Mapping[str, Sha256] = Field(max_length=_MOST_FILES)
    seal: Sha256 | None = None

    @field_validator("files")
    @classmethod
    def _inside(cls, files: Mapping[str, str]) -> Mapping[str, str]:
        for name in files:
            if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} may lie outside the bundle's folder: a name is of letters, digits, _ . - /")
        if len({name.lower() for name in files}) < len(files):
            raise ValueError("two names differ in capitals only, and some systems have one file for both")
        missing = {TOKENIZER, INT8_GRAPH} - set(files)
        if missing:
            raise ValueError(f"no digest of {', '.join(sorted(missing))}")
        return files


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle, its files verified; digest (SHA-256 of bundle.json) names it, whatever its folder is called."""

    path: Path
    manifest: Manifest
    digest: str

    def read(self, name: str) -> bytes:
        """Read a file of the bundle and verify what was read. Raises BundleError."""
        if name not in self.manifest.files:
            raise BundleError(f"{self.path}: the bundle has no {name}")
        with _opened(self.path, name) as file:
            data = file.read()
        self._verify(name, digest(data))
        return data

    def verify(self) -> None:
        """Verify every file that the manifest names, none of them held in memory. Raises BundleError."""
        for name in self.manifest.files:
            with _opened(self.path, name) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            self._verify(name, found)

    def _verify(self, name: str, found: str) -> None:
        if found != self.manifest.files[name]:
            what = f"differs from its digest in {MANIFEST}: damaged, altered, or replaced while it was read"
            raise BundleError(f"{self.path / name}: {what}; {_AGAIN}")


def open_bundle(path: Path) -> Bundle:
    """Open the bundle in a folder and verify every file that its manifest names. Raises BundleError.

    A folder that is replaced meanwhile is opened again: it is the old bundle or the new one, never a mix.
    """
    for _ in range(_TRIES - 1):
        before = _identity(path)
        try:
            return _open(path)
        except BundleError:
            time.sleep(_MOMENT)
            if _identity(path) == before:
                raise
    return _open(path)


def _open(path: Path) -> Bundle:
    try:
        with _opened(path, MANIFEST) as file:
            data = file.read()
    except BundleError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        here = f"no {MANIFEST}, so it is no bundle or a half-written one"
        there = "no such folder; a bundle is made by `detente export`"
        raise BundleError(f"{path}: {there if _identity(path) is None else here}") from error
    try:
        manifest = _read_manifest(data)
    except ValidationError as error:
        first = error.errors()[0]
        what = told(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
        raise BundleError(f"{path / MANIFEST}: {what}; {_AGAIN}") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path / MANIFEST}: {told(error)}; {_AGAIN}") from error
    bundle = Bundle(path, manifest, digest(data))
    bundle.verify()
    return bundle


def _read_manifest(data: bytes) -> Manifest:
    """Parse bundle.json. Raises ValueError, and RecursionError for nesting without end."""
    check_json(data)
    manifest = Manifest.model_validate_json(data)
    if manifest.seal and digest(data.replace(manifest.seal.encode(), _BLANK_SEAL.encode())) != manifest.seal:
        raise ValueError("differs from its own seal: damaged or altered")
    return manifest


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a folder from one that takes its place; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def _opened(folder: Path, name: str) -> AbstractContextManager[BufferedReader]:
    largest = _LARGEST_MANIFEST if name == MANIFEST else _LARGEST_GRAPH if name in _GRAPHS else _LARGEST
    return opened_inside(folder, name, largest)


def write_bundle(path: Path, card: Card, files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle whole or not at all, its manifest last; replaces a bundle that is there. Raises BundleError."""
    if path.exists() and not (path / MANIFEST).exists() and any(path.iterdir()):
        raise BundleError(f"{path}: exists and is no bundle; name another folder")
    digests = {name: digest(data) for name, data in sorted(files.items())}
    blank = to_json(Manifest(**dict(card), files=digests, seal=_BLANK_SEAL).model_dump(mode="json"))
    before, _, after = blank.rpartition(_BLANK_SEAL.encode())  # the last key
    with replaced_folder(path) as new:
        for name, data in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(data)
        (new / MANIFEST).write_bytes(before + digest(blank).encode() + after)
    return open_bundle(path)
