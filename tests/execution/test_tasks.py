"""What workers do with a scan that changes."""

from pathlib import Path

import pytest

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.execution.source import Source
from pipeline.execution.tasks import read_page
from tests.cli.conftest import write_page


def test_a_scan_that_its_disk_does_not_give_is_not_called_damaged():
    """A damaged scan is always refused; this one is read when the disk, or the network, works again."""
    failing = Path("/proc/self/mem")  # reading its beginning gives an input/output error
    source = Source(failing, Kind.PNG, "0" * 64, failing.stat().st_size, failing.stat().st_mtime_ns)
    with pytest.raises(ScanError) as caught:
        read_page(source, 1, load())
    assert caught.value.failure.code is Code.UNREADABLE


class _GoneWhenOpened(Source):
    """A scan that is removed between the last check and its opening."""

    @property
    def readable(self) -> Path:
        self.file.rename(self.file.with_name("elsewhere"))
        return self.file


class _CutWhenOpened(Source):
    """A scan that is half overwritten in that moment."""

    @property
    def readable(self) -> Path:
        self.file.write_bytes(self.file.read_bytes()[: self.size // 2])
        return self.file


@pytest.mark.parametrize("name", ["a.pdf", "a.png"])
@pytest.mark.parametrize("source", [_GoneWhenOpened, _CutWhenOpened])
def test_what_fails_because_a_scan_changes_is_said_to_have_changed(tmp_path, source, name):
    """Neither "damaged" nor "internal": the paper and the software are all right."""
    write_page(tmp_path / name, "Pièce")
    status = (tmp_path / name).stat()
    kind = Kind.PDF if name.endswith("pdf") else Kind.PNG
    scan = source(tmp_path / name, kind, "0" * 64, status.st_size, status.st_mtime_ns)
    with pytest.raises(ScanError) as caught:
        read_page(scan, 1, load(archive=tmp_path))
    assert caught.value.failure.code is Code.CHANGED
