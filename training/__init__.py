"""Labelled quotes in, a bundle out: recipe -> dataset -> splits -> finetune -> export -> evaluate.

torch, transformers and datasets live only here. Stages take and return data; none imports another stage.
"""

import model  # noqa: F401, before anything here imports onnxruntime: it keeps that silent
