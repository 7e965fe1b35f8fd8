"""What goes wrong when files are labelled: an output in the way, another run's work folder, an extra not installed."""

import importlib
from typing import Any

from model.errors import DetenteError


class LabelError(DetenteError):
    """An output that can't be written, or a run that can't go on; the text says how it can."""


def from_extra(module: str, extra: str) -> Any:
    """Import a module of an extra. Raises LabelError when it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        setup = f"pip install --constraint constraints.txt --editable '.[{extra}]'"
        raise LabelError(f"{error.name} is not installed; such files need the extra `{extra}`: {setup}") from error
