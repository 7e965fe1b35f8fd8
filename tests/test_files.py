"""Files and folders appear whole or not at all."""

import pytest

from model.files import replaced_folder, write_whole


def test_folder_appears_when_the_block_ends(tmp_path):
    """Until then the old one stays in place."""
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    with replaced_folder(target) as new:
        (new / "new").touch()
        assert (target / "old").exists()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_failed_block_changes_nothing(tmp_path):
    """An error leaves the old folder and no debris."""
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(ValueError, match="stop"), replaced_folder(target) as new:
        (new / "half").touch()
        raise ValueError("stop")
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


def test_file_is_replaced_whole(tmp_path):
    """Writing replaces the bytes and leaves no temporary file, also when it fails."""
    target = tmp_path / "file"
    write_whole(target, b"one")
    write_whole(target, b"two")
    with pytest.raises(TypeError):
        write_whole(target, "text")  # type: ignore[arg-type]
    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
