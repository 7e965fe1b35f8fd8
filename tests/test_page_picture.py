"""The picture of the page in README; `PICTURES=docs pytest tests/test_page_picture.py` takes it anew."""

import os
import struct
from pathlib import Path

from serve.started import started_server

SIZE = (1280, 900)
LARGEST = 300_000  # bytes


def test_the_picture_of_the_page(browse, default_bundle, root, tmp_path):
    """It shows the sample with a card open, as large as the one that is kept, and is quick to load."""
    folder = Path(os.environ.get("PICTURES", tmp_path))
    with started_server(default_bundle.path) as server:
        page = browse(server.url, viewport=dict(zip(("width", "height"), SIZE, strict=True)), reduced_motion="reduce")
        page.get_by_role("button", name="Show a sample").click()
        page.locator("#status", has_text="quote").wait_for(state="attached")
        page.locator(".quote.hostile").nth(1).hover()
        page.get_by_role("dialog").wait_for()
        page.screenshot(path=folder / "page.png")
    for picture in (folder / "page.png", root / "docs" / "page.png"):
        content = picture.read_bytes()
        assert struct.unpack(">II", content[16:24]) == SIZE
        assert len(content) < LARGEST
