"""One graph on one device: padded rows of ids in, logits out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from model.contained import check_contained
from model.device import Device
from model.encoding import Window
from model.errors import DeviceError

_INPUTS = ("input_ids", "token_type_ids", "attention_mask")
_OUTPUT = "logits"
_CUDA = "CUDAExecutionProvider"
_INSTALL = (
    "`pip uninstall onnxruntime`, then `pip install --constraint constraints.txt --editable '.[gpu]'`, on a machine "
    "with an NVIDIA driver; or take --device cpu"
)


def open_graph(graph: bytes, providers: Sequence[str] = ("CPUExecutionProvider",)) -> onnxruntime.InferenceSession:
    """Open a graph in onnxruntime with one thread a run: several runs at once use several cores better.

    Raises ValueError for a graph that does not hold all its weights, and whatever onnxruntime raises.
    """
    check_contained(graph)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Idle threads that spin would take the cores from the other runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Else bytes that look like onnxruntime's own format would be read as that.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.log_severity_level = 4  # what fails is raised; warnings about the graph are for whoever exported it
    # On the CPU there is nothing to fall back to; it would print on standard output and fail again.
    falls_back = _CUDA in providers
    return onnxruntime.InferenceSession(graph, options, providers=list(providers), enable_fallback=falls_back)


class Session:
    """A graph, ready to run from any number of threads, each run on one thread of the CPU or on the GPU."""

    def __init__(self, graph: bytes, device: Device = Device.CPU) -> None:
        """Open the graph. Raises DeviceError when CUDA is asked for and not there, else whatever onnxruntime raises.

        Raises ValueError for a graph that is not fed and read as a bundle's is, or does not hold all its weights.
        """
        cuda = device is Device.CUDA
        if cuda and _CUDA not in onnxruntime.get_available_providers():
            raise DeviceError(f"--device cuda: this onnxruntime has no CUDA; {_INSTALL}")
        self._session = open_graph(graph, [_CUDA, "CPUExecutionProvider"]) if cuda else open_graph(graph)
        # Where CUDA's libraries or the GPU are missing, onnxruntime says so in its log and takes the CPU.
        if cuda and self._session.get_providers()[0] != _CUDA:
            raise DeviceError(f"--device cuda: no GPU that onnxruntime can use; {_INSTALL}")
        self._memory = "cuda" if cuda else "cpu"
        self._inputs = _check_names(self._session)

    def logits(self, windows: Sequence[Window]) -> npt.NDArray[np.float64]:
        """Return logits of shape (windows, labels); shorter windows are padded to the longest."""
        feed = _padded(windows)
        if len(windows) == 1 and self._memory == "cpu":
            (logits,) = self._session.run(None, {name: feed[name] for name in self._inputs})
        else:
            logits = self._bound(feed)
        return np.asarray(logits, dtype=np.float64)

    def _bound(self, feed: dict[str, npt.NDArray[np.int64]]) -> Any:
        """Run with inputs and outputs bound to the device's memory: one copy there, one back."""
        binding = self._session.io_binding()
        for name in self._inputs:
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(feed[name], self._memory, 0))
        binding.bind_output(_OUTPUT, self._memory)
        self._session.run_with_iobinding(binding)
        return binding.copy_outputs_to_cpu()[0]


def _check_names(session: onnxruntime.InferenceSession) -> list[str]:
    """Return the names of a graph's inputs. Raises ValueError for a graph that takes or gives something else."""
    taken, given = ({node.name: node.type for node in nodes} for nodes in (session.get_inputs(), session.get_outputs()))
    if not {_INPUTS[0]} <= taken.keys() <= set(_INPUTS) or set(taken.values()) != {"tensor(int64)"}:
        raise ValueError(f"its graph takes {taken}, not {', '.join(_INPUTS)} as tensor(int64)")
    if given != {_OUTPUT: "tensor(float)"}:
        raise ValueError(f"its graph gives {given}, not {_OUTPUT} as tensor(float)")
    return list(taken)


def buckets(windows: Sequence[Window], budget: int, *, step: int = 8) -> list[list[int]]:
    """Group the places of windows that are about equally long, at most `budget` tokens with padding in a group.

    Lengths are rounded up to a multiple of `step`: few shapes for the GPU, little padding. A window longer than the
    budget stands alone.
    """
    lengths = [-(-len(window.ids) // step) * step for window in windows]
    groups: list[list[int]] = []
    for place in sorted(range(len(windows)), key=lengths.__getitem__):
        room = groups and lengths[groups[-1][0]] == lengths[place]
        if not room or (len(groups[-1]) + 1) * lengths[place] > budget:
            groups.append([])
        groups[-1].append(place)
    return groups


def _padded(windows: Sequence[Window]) -> dict[str, npt.NDArray[np.int64]]:
    shape = (len(windows), max(len(window.ids) for window in windows))
    ids, types, mask = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for row, window in enumerate(windows):
        length = len(window.ids)
        ids[row, :length], types[row, :length], mask[row, :length] = window.ids, window.types, 1
    return dict(zip(_INPUTS, (ids, types, mask), strict=True))
