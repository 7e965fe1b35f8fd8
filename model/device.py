"""The devices that a bundle can be asked on."""

from enum import StrEnum


class Device(StrEnum):
    """What a bundle is asked on. auto: a GPU that is really there and has a graph in the bundle, else the CPU."""

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"
