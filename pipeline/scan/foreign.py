"""What a file is that no reader here opens: damaged, of a kind that is not read, or not a document at all."""

import subprocess
import zipfile
from pathlib import Path

from models.errors import ScanError
from models.failure import Code

# In the words of Debian's `file`. The kinds that are read: a file of these kinds that cannot be opened is damaged.
_READ = {
    "image/tiff",
    "image/jpeg",
    "image/png",
    "image/jp2",
    "image/jpx",
    "image/x-jp2-codestream",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/heif",
    "image/heic-sequence",
    "image/heif-sequence",
    "image/bmp",
    "image/gif",
    "image/x-portable-bitmap",
    "image/x-portable-greymap",
    "image/x-portable-pixmap",
}
# A file that begins like these is damaged too, though too little is left of it for `file`.
_BEGINNINGS = (b"\x89PNG", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", b"\x00\x00\x00\x0cjP  ")
_OFFICE = "an office document"
_ARCHIVE = "an archive of files: unpack it"
_NAMES = {
    "image/jxl": "a JPEG XL picture",
    "image/jxr": "a JPEG XR picture",
    "image/vnd.djvu": "a DjVu book",
    "image/vnd.adobe.photoshop": "a Photoshop picture",
    "image/svg+xml": "an SVG drawing",
    "application/postscript": "a PostScript file",
    "application/msword": _OFFICE,
    "application/rtf": _OFFICE,
    "text/rtf": _OFFICE,
    "application/x-ole-storage": _OFFICE,
    "application/CDFV2": _OFFICE,
    "application/vnd.ms-outlook": "an e-mail",
    "message/rfc822": "an e-mail",
    "application/oxps": "an XPS document",
    "application/epub+zip": "an electronic book",
    "application/zip": _ARCHIVE,
    "application/gzip": _ARCHIVE,
    "application/x-7z-compressed": _ARCHIVE,
    "application/x-rar": _ARCHIVE,
    "application/x-tar": _ARCHIVE,
}
_FAMILIES = {
    "application/vnd.openxmlformats-officedocument.": _OFFICE,
    "application/vnd.oasis.opendocument.": _OFFICE,
    "application/vnd.ms-": _OFFICE,
    "image/": "a picture of the kind {}",
}
# Of those families, but neither a document nor a picture.
_NONE = {"application/vnd.ms-opentype", "application/vnd.ms-fontobject", "application/vnd.ms-tnef"}
_SECONDS = 60


def refusal(file: Path, head: bytes) -> ScanError:
    """Return why a file that no reader opens is refused.

    Args:
        file: the file.
        head: its first bytes.

    Raises:
        ScanError: `file` is not there, or does not finish.
    """
    mime = _mime(file)
    if mime == "image/jpeg" and (bits := _jpeg_bits(file)) not in {8, None}:
        return ScanError(Code.UNSUPPORTED, f"a JPEG of {bits} bits")
    if mime in _READ or head.startswith(_BEGINNINGS):
        return ScanError(Code.DAMAGED, "its picture cannot be opened")
    if mime in _NONE:
        return ScanError(Code.NOT_A_DOCUMENT)
    name = _NAMES.get(mime) or next((name for start, name in _FAMILIES.items() if mime.startswith(start)), None)
    if mime == "application/zip" and _is_office(file):
        name = _OFFICE
    if name is None:
        return ScanError(Code.NOT_A_DOCUMENT)
    return ScanError(Code.UNSUPPORTED, name.format(mime.removeprefix("image/").removeprefix("x-")))


def _is_office(file: Path) -> bool:
    """Whether an archive of files is an office document, which `file` recognises by the order of its files only."""
    try:
        with zipfile.ZipFile(file) as packed:
            return "[Content_Types].xml" in packed.namelist()
    except (zipfile.BadZipFile, ValueError):
        return False


def _jpeg_bits(file: Path) -> int | None:
    """Return the depth in a JPEG's frame header, None where it is cut off before that."""
    with file.open("rb") as stream:
        stream.seek(2)
        while len(segment := stream.read(5)) == 5 and segment[0] == 0xFF:
            marker, length = segment[1], int.from_bytes(segment[2:4], "big")
            if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # these hold tables
                return segment[4]
            stream.seek(length - 3, 1)
    return None


def _mime(file: Path) -> str:
    # Its longer description may show contents of a document: its title, its author.
    command = ["file", "--brief", "--mime-type", "--", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise ScanError(Code.INTERNAL, "the program `file` is missing, or does not finish") from error
    return done.stdout.decode("utf-8", "replace").strip()
