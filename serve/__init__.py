"""A bundle in, answers out. Never torch, never training."""

import model  # noqa: F401, before anything here imports onnxruntime: it keeps that silent
