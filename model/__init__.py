"""What a quote, a stance and a bundle are. Knows nothing of training or serving."""

import os

# onnxruntime's builds report each process that loads them to their maker, unless this is set before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
