"""The few ways in which Detente says no; the edges turn them into exit codes and HTTP answers."""


class DetenteError(Exception):
    """Something that the user can mend; its text names the thing, the value and the way out."""


class BundleError(DetenteError):
    """A bundle folder that is missing, incomplete, altered or made for something else."""


class DeviceError(DetenteError):
    """A device that was asked for and is not there; says what to install."""


class QuoteError(DetenteError):
    """A quote that can't be read; `code` is stable and meant for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DataError(DetenteError):
    """Labelled quotes that can't be used; names the file and, where there is one, the line."""


class RecipeError(DetenteError):
    """A recipe with an unknown key or a bad value; names the file and the key."""


class Interrupted(DetenteError):  # noqa: N818, nothing went wrong
    """A signal stopped the work after it had saved its state; the text says how far it came and how to go on."""


class TrainingError(DetenteError):
    """A run that can't start, go on or be exported."""
