"""The bundle: a folder with everything that answers need, sealed by a manifest of digests that is written last.

Other tools of the ecosystem can load it too: config.json and the tokenizer are Hugging Face's, the graphs lie in onnx/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from model.errors import BundleError
from model.files import digest, replaced_folder, to_json
from model.reference import Reference

DEFAULT_BUNDLE = Path(__file__).parent / "default"
"""The trained bundle that ships with the code."""

MANIFEST = "bundle.json"
TOKENIZER = "tokenizer.json"
INT8_GRAPH = "onnx/model_quantized.onnx"
FP32_GRAPH = "onnx/model.onnx"
FP16_GRAPH = "onnx/model_fp16.onnx"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Card(BaseModel):
    """What a bundle says about itself.

    labels: in logit order. max_tokens: the longest window. temperature: the logits are divided by it.
    threshold: a prediction whose largest probability is below it is uncertain. recipe and data: digests of what the
    model was made from. metrics: as served, on the test split, in parts of it, and of the calibration on dev.
    versions: of the libraries that made it. reference: shares of the training quotes; older bundles have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    labels: tuple[str, ...] = Field(min_length=2)
    max_tokens: int = Field(ge=16)
    temperature: float = Field(gt=0, allow_inf_nan=False)
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
        return labels

    @field_validator("reference")
    @classmethod
    def _of_these_labels(cls, reference: Reference | None, info: ValidationInfo) -> Reference | None:
        labels = info.data.get("labels", ())
        if reference is not None and set(reference.labels) != set(labels):
            raise ValueError(f"has shares of {', '.join(reference.labels)}, the labels are {', '.join(labels)}")
        return reference


class Manifest(Card):
    """bundle.json: the card and the SHA-256 of every other file of the folder."""

    format: Literal[1] = 1
    files: Mapping[str, Sha256]

    @field_validator("files")
    @classmethod
    def _inside(cls, files: Mapping[str, str]) -> Mapping[str, str]:
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts or ":" in path.parts[0]:
                raise ValueError(f"{name!r} lies outside the bundle's folder")
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
        path = self.path / name
        # Resolved, because a link inside the folder may point anywhere.
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise BundleError(f"{path}: leads outside the bundle's folder")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BundleError(f"{path}: can't be read ({error.strerror}); export the bundle again") from error
        if digest(data) != self.manifest.files[name]:
            raise BundleError(f"{path}: differs from its digest in {MANIFEST}; export the bundle again")
        return data


def open_bundle(path: Path) -> Bundle:
    """Open the bundle in a folder and verify every file that its manifest names. Raises BundleError."""
    if not path.is_dir():
        raise BundleError(f"{path}: no such folder; a bundle is made by `detente export`")
    try:
        data = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: no readable {MANIFEST}, so it is no bundle or a half-written one") from error
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{path / MANIFEST}: {where}: {first['msg']}") from error
    bundle = Bundle(path, manifest, digest(data))
    for name in manifest.files:
        bundle.read(name)
    return bundle


def write_bundle(path: Path, card: Card, files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle whole or not at all, its manifest last; replaces a bundle that is there. Raises BundleError."""
    if path.exists() and not (path / MANIFEST).exists() and any(path.iterdir()):
        raise BundleError(f"{path}: exists and is no bundle; name another folder")
    digests = {name: digest(data) for name, data in sorted(files.items())}
    manifest = Manifest(**dict(card), files=digests)
    with replaced_folder(path) as new:
        for name, data in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(data)
        (new / MANIFEST).write_bytes(to_json(manifest.model_dump(mode="json")))
    return open_bundle(path)
