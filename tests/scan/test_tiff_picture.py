"""Every kind of TIFF is read as the picture that it shows, or is refused with the right reason."""

import io
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.page.render import render
from tests.faults.conftest import APART
from tests.scan.tiffs import HEIGHT, WIDTH, Part, looks_right, page, part, write

GREY = page()
BILEVEL = GREY > 128
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _pixels(file, number=1):
    return render(file, Kind.TIFF, number, 300, 30).pixels


def _stored(orientation):
    """Return the page's pixels as stored in a file that marks them as turned in this way."""
    turn = _STORED[orientation]
    image = Image.fromarray(GREY)
    return np.asarray(image if turn is None else image.transpose(turn))


def _deeper(grey, bits):
    return np.rint(grey * (((1 << bits) - 1) / 255))


def _rgb(grey):
    return np.dstack([grey] * 3)


def _planar(samples):
    return Part(np.ascontiguousarray(np.moveaxis(samples, 2, 0)).tobytes(), part(samples).tags | {284: 2})


def _packed(values, bits, **tags):
    """Return samples with fewer or more bits than whole bytes, each row padded to a byte."""
    places = (values.astype(np.uint16)[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    data = np.packbits(places.reshape(len(values), -1).astype(np.uint8), axis=1)
    whole = part(values.astype(np.uint8), **tags)
    return Part(data.tobytes(), whole.tags | {258: bits})


# For pixels in some arrangement in the file, the part of a TIFF: colour kinds and depths.
KINDS: dict[str, Callable[[NDArray[np.uint8]], Part]] = {
    "grey": part,
    "inverted grey": lambda grey: part(255 - grey, t262=0),
    "1 bit": lambda grey: _packed(grey > 128, 1),
    "inverted 1 bit": lambda grey: _packed(grey < 128, 1, t262=0),
    "2 bits": lambda grey: _packed(_deeper(grey, 2), 2),
    "inverted 2 bits": lambda grey: _packed(3 - _deeper(grey, 2), 2, t262=0),
    "4 bits": lambda grey: _packed(_deeper(grey, 4), 4),
    "inverted 4 bits": lambda grey: _packed(15 - _deeper(grey, 4), 4, t262=0),
    "10 bits": lambda grey: _packed(_deeper(grey, 10), 10),
    "12 bits": lambda grey: _packed(_deeper(grey, 12), 12),
    "inverted 12 bits": lambda grey: _packed(4095 - _deeper(grey, 12), 12, t262=0),
    "16 bits": lambda grey: part(_deeper(grey, 16).astype("u2")),
    "inverted 16 bits": lambda grey: part(65535 - _deeper(grey, 16).astype("u2"), t262=0),
    "12 bits in 16": lambda grey: part(_deeper(grey, 12).astype("u2")),
    "inverted 12 bits in 16": lambda grey: part(4095 - _deeper(grey, 12).astype("u2"), t262=0),
    "24 bits": lambda grey: Part(np.stack([grey] * 3, axis=-1).tobytes(), part(grey).tags | {258: 24}),
    "32 bits": lambda grey: part(_deeper(grey, 32).astype("u4")),
    "inverted 32 bits": lambda grey: part((2**32 - 1 - _deeper(grey, 32)).astype("u4"), t262=0),
    "signed 8 bits": lambda grey: part((grey.astype("i2") - 128).astype("i1")),
    "signed 16 bits": lambda grey: part((_deeper(grey, 16) - 32768).astype("i2")),
    "signed 16 bits, none below 0": lambda grey: part(_deeper(grey, 15).astype("i2")),
    "inverted signed 16 bits": lambda grey: part((32767 - _deeper(grey, 16)).astype("i2"), t262=0),
    "float 16": lambda grey: part((grey / 255).astype("f2")),
    "float to 1": lambda grey: part((grey / 255).astype("f4")),
    "inverted float to 1": lambda grey: part((1 - grey / 255).astype("f4"), t262=0),
    "float to 255": lambda grey: part(grey.astype("f4")),
    "inverted float to 255": lambda grey: part((255 - grey).astype("f4"), t262=0),
    "float 64": lambda grey: part(grey / 255),
    "grey, said by nothing": lambda grey: Part(
        part(grey).data, {tag: told for tag, told in part(grey).tags.items() if tag != 262}
    ),
    "grey and opacity": lambda grey: part(np.dstack([grey, np.full_like(grey, 255)]), t338=2),
    "inverted grey and opacity": lambda grey: part(np.dstack([255 - grey, np.full_like(grey, 255)]), t262=0, t338=2),
    "grey, shining through": lambda grey: part(np.dstack([grey * 0, 255 - grey]), t338=1),
    "16 bits and opacity": lambda grey: part(np.dstack([grey * 0, 255 - grey]).astype("u2") * 257, t338=2),
    "palette": lambda grey: part(grey, t262=3, t320=[shade * 257 for shade in range(256)] * 3),
    "palette of 8 bits": lambda grey: part(grey, t262=3, t320=[*range(256)] * 3),
    "palette of 4 bits": lambda grey: _packed(
        _deeper(grey, 4), 4, t262=3, t320=[shade * 4369 for shade in range(16)] * 3
    ),
    "RGB": lambda grey: part(_rgb(grey), t262=2),
    "RGBA": lambda grey: part(np.dstack([_rgb(grey * 0), 255 - grey]), t262=2, t338=2),
    "RGB of 16 bits": lambda grey: part(_rgb(grey).astype("u2") * 257, t262=2),
    "RGB of 12 bits in 16": lambda grey: part(_rgb(_deeper(grey, 12)).astype("u2"), t262=2),
    "RGB of floats": lambda grey: part((_rgb(grey) / 255).astype("f4"), t262=2),
    "planar RGB": lambda grey: _replaced(_planar(_rgb(grey)), t262=2),
    "planar RGB of 16 bits": lambda grey: _replaced(_planar(_rgb(grey).astype("u2") * 257), t262=2),
    "CMYK": lambda grey: part(np.dstack([_rgb(grey * 0), 255 - grey]), t262=5),
    "CMYK of 16 bits": lambda grey: part(np.dstack([_rgb(grey * 0), 255 - grey]).astype("u2") * 257, t262=5),
    "CMYK and opacity": lambda grey: part(
        np.dstack([_rgb(grey * 0), 255 - grey, np.full_like(grey, 255)]), t262=5, t338=2
    ),
    "YCbCr": lambda grey: part(np.dstack([grey, np.full_like(_rgb(grey)[..., 1:], 128)]), t262=6, t530=[1, 1]),
    "YCbCr with fewer colours": lambda grey: Part(_subsampled(grey), part(_rgb(grey)).tags | {262: 6, 530: [2, 2]}),
    "L*a*b*": lambda grey: part(np.dstack([grey, _rgb(grey * 0)[..., 1:]]), t262=8),
    "L*a*b* of 16 bits": lambda grey: part(np.dstack([grey, _rgb(grey * 0)[..., 1:]]).astype("u2") * 257, t262=8),
    "ICC L*a*b*": lambda grey: part(np.dstack([grey, np.full_like(_rgb(grey)[..., 1:], 128)]), t262=9),
}


def _replaced(one, **tags):
    return Part(one.data, one.tags | {int(name[1:]): value for name, value in tags.items()})


def _subsampled(grey):
    """Return four brightnesses and their two colours, repeatedly."""
    fours = grey.reshape(grey.shape[0] // 2, 2, grey.shape[1] // 2, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    return np.hstack([fours, np.full((len(fours), 2), 128, np.uint8)]).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_black_comes_out_black_in_every_kind(tmp_path, kind, order):
    """Depth, polarity, colour space and byte order: on page 1, or after a page of another kind."""
    one = KINDS[kind](GREY)
    if order == ">":
        width = max(1, one.tags[258] // 8 if isinstance(one.tags[258], int) else one.tags[258][0] // 8)
        turned = np.frombuffer(one.data, np.uint8).reshape(-1, width)[:, ::-1]
        one = Part(turned.tobytes() if width in {2, 3, 4, 8} else one.data, one.tags)
    lab = 30 if "L*a*b*" in kind else 25  # its brightness is not a grey value
    other = part(np.full((10, 10), 255, np.uint8))
    file = write(tmp_path / "a.tif", [other, one] if order == ">" else [one, other], order)
    assert looks_right(_pixels(file, 2 if order == ">" else 1), lab)


@pytest.mark.parametrize("orientation", _STORED)
@pytest.mark.parametrize(
    "kind", ["grey", "1 bit", "16 bits", "float to 1", "RGB", "planar RGB", "palette", "CMYK", "YCbCr", "L*a*b*"]
)
def test_an_uncompressed_page_comes_upright(tmp_path, kind, orientation):
    """In every orientation, for every kind of pixels."""
    one = KINDS[kind](_stored(orientation))
    assert looks_right(_pixels(write(tmp_path / "a.tif", [_replaced(one, t274=orientation)])), 30)


@pytest.mark.parametrize("orientation", _STORED)
@pytest.mark.parametrize(
    ("mode", "compression"),
    [
        *(("L", name) for name in ("packbits", "tiff_lzw", "jpeg", "zstd")),
        *(("RGB", name) for name in ("tiff_adobe_deflate", "jpeg")),
        *(("1", name) for name in ("group3", "group4", "tiff_ccitt")),
        ("I;16", "tiff_lzw"),
        ("F", "tiff_adobe_deflate"),
    ],
)
def test_a_compressed_page_comes_upright(tmp_path, mode, compression, orientation):
    """In every orientation, with every compression that scanners use."""
    stored = Image.fromarray(_stored(orientation))
    if mode == "I;16":
        stored = Image.fromarray(np.asarray(stored, np.uint16) * 257)
    elif mode == "1":
        stored = stored.point(lambda grey: 255 * (grey > 128)).convert("1")
    else:
        stored = stored.convert(mode)
    stored.save(tmp_path / "a.tif", compression=compression, tiffinfo={274: orientation}, save_all=True)
    assert looks_right(_pixels(tmp_path / "a.tif"), 25)


_LIBTIFF = ("-c lerc", "-c zstd", "-c lzma", "-c lzw:2", "-t -w 16 -l 16", "-t -c zip -w 16 -l 16", "-8", "-8 -B")


@pytest.mark.parametrize(
    ("kind", "options"),
    [("1 bit", "-c jbig"), *((kind, one) for kind in ("grey", "inverted 16 bits", "RGB") for one in _LIBTIFF)],
)
def test_what_libtiff_writes_is_read(tmp_path, kind, options):
    """With every compression that it has, in strips and in tiles; and with a comma in the name."""
    plain = write(tmp_path / "plain.tif", [KINDS[kind](GREY)])
    file = tmp_path / "a, b%.tif"
    subprocess.run(["tiffcp", "-,=|", *options.split(), plain, file], check=True, capture_output=True)
    assert looks_right(_pixels(file), 25)


@pytest.mark.parametrize(
    "tags",
    [{"t279": 0}, {"t279": 100}, {"t279": 9999}, {"t278": 20, "t273": [8, 968, 1928], "t279": [0, 0, 0]}, {"t274": 9}],
)
def test_wrong_tags_that_do_no_harm_are_forgiven(tmp_path, tags):
    """The number of bytes of a strip is known without them."""
    assert looks_right(_pixels(write(tmp_path / "a.tif", [_replaced(part(GREY), **tags)])))


@pytest.mark.parametrize("kind", ["1 bit", "4 bits", "inverted grey", "inverted 16 bits", "palette"])
@pytest.mark.parametrize("compression", ["none", "lzw"])
def test_bits_that_lie_the_other_way_round_are_read(tmp_path, kind, compression):
    """The lowest bit first, as some fax machines write them."""
    plain = write(tmp_path / "plain.tif", [KINDS[kind](GREY)])
    options = ["-c", compression, "-f", "lsb2msb"]
    subprocess.run(["tiffcp", *options, plain, tmp_path / "a.tif"], check=True, capture_output=True)
    assert looks_right(_pixels(tmp_path / "a.tif"))


def _old_jpeg(image, subsampling=0):
    """Return a page of old-style JPEG, as office copiers write it: a whole JPEG, and its offset."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95, subsampling=subsampling)
    data = stream.getvalue()
    count = len(image.getbands())
    own: dict[int, Sequence[int] | int] = {
        256: WIDTH,
        257: HEIGHT,
        258: [8] * count,
        259: 6,
        262: 6 if count == 3 else 1,
        277: count,
        512: 1,
    }
    # The writer puts the first picture's bytes at 8.
    return Part(data, own | {513: 8, 514: len(data)} | ({530: [1, 1]} if count == 3 else {}))


@pytest.mark.parametrize(("mode", "subsampling"), [("L", 0), ("RGB", 0), ("RGB", 2)])
def test_old_style_jpeg_is_read_and_damaged_where_it_is_cut_off(tmp_path, mode, subsampling):
    """Its decoder invents the missing part: half a page must not count as a page."""
    one = _old_jpeg(Image.fromarray(GREY).convert(mode), subsampling)
    assert looks_right(_pixels(write(tmp_path / "a.tif", [one])))
    turned = _replaced(
        _old_jpeg(Image.fromarray(_stored(6)).convert(mode), subsampling), t274=6, t256=HEIGHT, t257=WIDTH
    )
    assert looks_right(_pixels(write(tmp_path / "a.tif", [turned])))
    cut = Part(one.data[: len(one.data) - 60], one.tags | {514: len(one.data) - 60})
    assert _code(write(tmp_path / "b.tif", [cut])) is Code.DAMAGED


def _code(file):
    with pytest.raises(ScanError) as caught:
        _pixels(file)
    assert caught.value.failure.page in {1, None}
    return caught.value.failure.code


@pytest.mark.parametrize("kind", KINDS)
def test_samples_that_are_cut_off_are_damaged(tmp_path, kind):
    """With every decoder."""
    one = KINDS[kind](GREY)
    whole = write(tmp_path / "a.tif", [one]).stat().st_size
    planes = 3 if 284 in one.tags else 1
    beyond = _replaced(one, t273=[whole - len(one.data) // planes // 2] * planes)
    assert _code(write(tmp_path / "a.tif", [beyond])) is Code.DAMAGED


@pytest.mark.parametrize(
    "tags",
    [
        *({"t259": compression} for compression in (34712, 50002, 34934, 12345)),
        *({"t262": photometric} for photometric in (32845, 10)),
        {"t339": 6},
        {"t259": 7, "t258": 12},
        {"t258": [8, 7], "t277": 2},
    ],
)
def test_what_nobody_here_decodes_is_named_and_not_called_damaged(tmp_path, tags):
    """The person who submitted it must know to convert it, and not to scan again."""
    assert _code(write(tmp_path / "a.tif", [part(GREY, **tags)])) is Code.UNSUPPORTED


_CODE_OF = """
import sys
from pathlib import Path
import models.errors
from models.scan import Kind
from pipeline.page.render import render
try:
    render(Path(sys.argv[1]), Kind.TIFF, 1, 300, 30)
except models.errors.ScanError as error:
    print(error.failure.code)
"""


def test_a_full_disk_is_not_taken_for_a_damaged_page(tmp_path):
    """The page is read when there is space again."""
    file = write(tmp_path / "a.tif", [part(np.full((300, 300), 65535, np.uint16))])
    (tmp_path / "small").mkdir()
    mount = f'mount -t tmpfs -o size=64k none {tmp_path}/small; TMPDIR={tmp_path}/small exec "$@"'
    command = [*APART, mount, "sh", sys.executable, "-c", _CODE_OF, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "disk-full"
