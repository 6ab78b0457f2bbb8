"""Keys, signatures, certificates: anyone with the public key can check them."""

import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime

import cv2
import numpy as np
import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.cli.conftest import Bannasar, write_page
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An archive of two case files that has a key, a certificate of one, and its exported documents."""
    folder = tmp_path_factory.mktemp("keys")
    archive = Archive(folder)
    assert archive("keys", "init").returncode == 0
    for name in "ab":
        write_page(folder / "box" / f"{name}.jpg", f"Le greffier {name}")
    assert archive("run", folder / "box").returncode == 0
    assert archive("certify", "box_a.jpg", "--to", folder / "certificate.pdf").returncode == 0
    assert archive("export", "pdf", "box_a.jpg", "--to", folder / "out").returncode == 0
    return archive


class Archive(Bannasar):
    """Calls ``bannasar`` with its own key."""

    def __init__(self, folder):
        """Keep archive and key in a folder."""
        super().__init__(folder / "archive")
        self.folder = folder

    def variables(self, **more):
        """Return the variables that are set for it; by them the key is not in the home folder."""
        return super().variables(**{"BANNASAR_SIGNING__KEY_FILE": str(self.folder / "safe" / "key.pem"), **more})

    @property
    def public(self):
        """Return the file of the public key."""
        (key,) = (self.archive / "keys").glob("*.pem")
        return key

    def bag(self, name):
        """Return a bag's folder."""
        return self.archive / "bags" / "box" / f"box_{name}.jpg"


@pytest.fixture
def archive(made, tmp_path):
    """The same, to be changed."""
    shutil.copytree(made.folder, tmp_path / "copy")
    return Archive(tmp_path / "copy")


def _elsewhere(made, tmp_path, file, *more):
    """Check a file on another machine without the archive; return the exit status and the output."""
    done = Bannasar(tmp_path / "nowhere")("check", file, "--json", *(more or ("--key", made.public)))
    return done.returncode, json.loads(done.stdout)


def test_the_private_key_is_its_owners_alone_and_outside_the_archive(made):
    """A person who copies the archive cannot sign in its name."""
    assert (made.folder / "safe" / "key.pem").stat().st_mode & 0o077 == 0
    assert not [file for file in made.archive.rglob("*") if file.is_file() and b"PRIVATE KEY" in file.read_bytes()]


def test_openssl_alone_can_check_a_bag(made):
    """In thirty years, without Bannasar."""
    (signature,) = (made.bag("a") / "signatures").glob("*.sig")
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", made.public, "-rawin", "-sigfile", signature]
    signed = subprocess.run(
        [*command, "-in", made.bag("a") / "tagmanifest-sha512.txt"], capture_output=True, text=True, check=False
    )
    assert "Signature Verified Successfully" in signed.stdout
    other = made.bag("b") / "tagmanifest-sha512.txt"
    assert subprocess.run([*command, "-in", other], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("what", ["bag", "zip", "scan", "document", "tag file", "certificate", "copy", "code"])
def test_what_the_archive_signed_is_right_with_the_public_key_alone(made, tmp_path, what):
    """A bag, its parts, exported files, and printed pages."""
    bag = made.bag("a")
    things = {
        "bag": bag,
        "scan": bag / "data" / "originals" / "a.jpg",
        "document": bag / "data" / "documents" / "001.pdf",
        "tag file": bag / "bag-info.txt",
        "certificate": made.folder / "certificate.pdf",
        "copy": made.folder / "out" / "box_a.jpg_001.pdf",
    }
    if what == "zip":
        assert made("export", "bag", "box_a.jpg", "--to", tmp_path / "a.zip").returncode == 0
    if what == "code":
        _printed(made.folder / "certificate.pdf", tmp_path / "photo.jpg")
    file = things.get(what, tmp_path / {"zip": "a.zip", "code": "photo.jpg"}.get(what, ""))
    status, told = _elsewhere(made, tmp_path, file)
    assert (status, told["verdict"]) == (0, "right"), told


def _printed(pdf, photo):
    """Print a page, and photograph it: tilted, smaller, a little blurred by the camera's compression."""
    subprocess.run(["pdftoppm", "-r", "110", "-gray", "-png", "-singlefile", pdf, photo.with_suffix("")], check=True)
    with Image.open(photo.with_suffix(".png")) as page:
        page.rotate(4, expand=True, fillcolor=140).save(photo, quality=40)


def test_the_printed_code_says_what_the_certificate_says(made, tmp_path):
    """The case file, its pages, when; and the archive says whether it still holds it so."""
    _printed(made.folder / "certificate.pdf", tmp_path / "photo.jpg")
    _, told = _elsewhere(made, tmp_path, tmp_path / "photo.jpg")
    command = ["pdftotext", "-layout", made.folder / "certificate.pdf", "-"]
    words = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    stated = told["statement"]
    assert (stated["case"], stated["box"], stated["scans"], stated["pages"]) == ("box_a.jpg", "box", 1, 1)
    for value in ("case", "archived", "made", "manifest", "head", "key"):
        assert stated[value] in re.sub(r"\s+", " ", words)
    assert "វិញ្ញាបនបត្រ" in words
    done = made("check", tmp_path / "photo.jpg")
    assert done.returncode == 0
    assert "The archive still holds the case file unchanged" in done.stdout


@pytest.mark.parametrize("what", ["bag", "scan", "document", "manifests", "certificate", "copy", "appended", "code"])
def test_what_was_changed_is_said_to_be_changed(archive, tmp_path, what):
    """Each by its name."""
    bag = archive.bag("a")
    file = {
        "scan": bag / "data" / "originals" / "a.jpg",
        "document": bag / "data" / "documents" / "001.pdf",
        "certificate": archive.folder / "certificate.pdf",
        "copy": archive.folder / "out" / "box_a.jpg_001.pdf",
        "appended": archive.folder / "out" / "box_a.jpg_001.pdf",
    }.get(what, bag)
    named = []
    if what == "bag":
        (bag / "data" / "case.json").write_bytes(b"{}")
        named = ["data/case.json"]
    elif what == "manifests":
        _forge(bag)
    elif what == "appended":
        with pikepdf.open(file, allow_overwriting_input=True) as pdf:
            pdf.add_blank_page()
            pdf.save(file)
    elif what == "code":
        file = tmp_path / "code.txt"
        code = _code(archive.folder / "certificate.pdf", tmp_path)
        mark, told, signature = code.split(".")
        file.write_text(f"{mark}.{told[:40]}{'A' if told[40] != 'A' else 'B'}{told[41:]}.{signature}")
    else:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    status, told = _elsewhere(archive, tmp_path, file)
    if what in {"code", "appended"}:  # it may not even be a statement any more, or carry a signature
        assert told["verdict"] != "right"
    else:
        assert (status, told["verdict"]) == (2, "changed"), told
    assert [damage["path"] for damage in told["damages"]][: len(named)] == named


def _forge(bag):
    """Change a file of a bag and all lists of it, like a person who knows how bags are made."""
    import bagit  # noqa: PLC0415

    (bag / "data" / "originals" / "a.jpg").write_bytes(b"another page")
    bagit.Bag(str(bag)).save(manifests=True)


def _code(pdf, folder):
    import zxingcpp  # noqa: PLC0415

    _printed(pdf, folder / "code.jpg")
    with Image.open(folder / "code.jpg") as photo:
        (code,) = zxingcpp.read_barcodes(photo)
    return code.text


@pytest.mark.parametrize(
    "what", ["a stranger's key", "another's signature", "no signature", "a careless PDF", "a folder", "anything"]
)
def test_what_nobody_vouches_for_is_unknown(made, tmp_path, what):
    """Neither right nor wrong."""
    key, file = made.public, tmp_path / "letter.pdf"
    if what == "a stranger's key":
        stranger = Archive(tmp_path / "stranger")
        stranger.folder.mkdir()
        assert stranger("keys", "init").returncode == 0
        key, file = stranger.public, made.folder / "out" / "box_a.jpg_001.pdf"
    elif what == "no signature":
        shutil.copyfile(made.bag("a") / "data" / "documents" / "001.pdf", file)
    elif what == "a careless PDF":  # Pillow's: strict readers stumble over it
        Image.new("L", (80, 80), 255).save(file)
    elif what == "another's signature":
        _sign_otherwise(made.bag("a") / "data" / "documents" / "001.pdf", file)
    elif what == "a folder":
        file.mkdir()
    else:
        file.write_text("a text")
    status, told = _elsewhere(made, tmp_path, file, "--key", key)
    assert (status, told["verdict"]) == (3, "unknown")


@pytest.mark.parametrize("path", ["bag-info.txt", "data/originals/a.jpg"])
def test_a_file_is_checked_by_the_lists_that_are_signed(archive, tmp_path, path):
    """One list of a bag is of no signature's: it says nothing of any file."""
    bag = archive.bag("a")
    (bag / path).write_bytes(b"another")
    digest = hashlib.sha256(b"another").hexdigest()
    unsigned = bag / "tagmanifest-sha256.txt"
    kept = [line for line in unsigned.read_text("utf-8").splitlines() if not line.endswith(path)]
    unsigned.write_text("\n".join([*kept, f"{digest}  {path}"]) + "\n", "utf-8")
    status, told = _elsewhere(archive, tmp_path, bag / path)
    assert (status, told["verdict"]) == (2, "changed"), told


def test_a_pdf_before_a_bag_is_not_taken_for_the_bag(made, tmp_path):
    """Programs find a ZIP file by its end, and show a PDF by its beginning."""
    assert made("export", "bag", "box_a.jpg", "--to", tmp_path / "a.zip").returncode == 0
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\nforged\n%%EOF\n" + (tmp_path / "a.zip").read_bytes())
    status, told = _elsewhere(made, tmp_path, tmp_path / "a.pdf")
    assert (status, told["verdict"]) == (3, "unknown"), told


def test_what_lies_beside_a_bag_in_a_zip_file_is_named(made, tmp_path):
    """Nobody signed it."""
    assert made("export", "bag", "box_a.jpg", "--to", tmp_path / "a.zip").returncode == 0
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as packed:
        packed.writestr("read me first.pdf", "forged")
    status, told = _elsewhere(made, tmp_path, tmp_path / "a.zip")
    assert (status, told["verdict"]) == (2, "changed"), told
    assert [damage["path"] for damage in told["damages"]] == ["read me first.pdf"]


def test_a_certificate_that_was_photographed_from_the_side_is_read(made, tmp_path):
    """In bad light, out of focus, with a noisy camera; and as the PDF that an office's scanner makes of it."""
    _printed(made.folder / "certificate.pdf", tmp_path / "flat.jpg")
    flat = cv2.imread(str(tmp_path / "flat.png"), cv2.IMREAD_GRAYSCALE)
    assert flat is not None
    height, width = flat.shape
    paper = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = [[0.2 * width, 0.06 * height], [0.96 * width, 0], [width, 0.97 * height], [0, height]]
    seen = np.array(corners, np.float32)
    photo = cv2.warpPerspective(flat, cv2.getPerspectiveTransform(paper, seen), (width, height), borderValue=120)
    photo = cv2.GaussianBlur(photo * np.linspace(0.4, 1, width), (0, 0), 0.8)
    photo = photo + np.random.default_rng(7).normal(0, 8, photo.shape)
    with Image.fromarray(photo.clip(0, 255).astype(np.uint8)) as image:
        image.save(tmp_path / "photo.jpg", quality=50)
        image.save(tmp_path / "scanned.pdf", resolution=110)
    for name in ("photo.jpg", "scanned.pdf"):
        status, told = _elsewhere(made, tmp_path, tmp_path / name)
        assert (status, told["verdict"]) == (0, "right"), told
        assert told["statement"]["case"] == "box_a.jpg"


def test_a_bag_whose_signature_is_false_is_not_taken_in(made, tmp_path):
    """By who trusts that key; who signed a bag that comes in is said."""
    assert made("export", "bag", "box_a.jpg", "--to", tmp_path / "stick").returncode == 0
    bag = tmp_path / "stick" / "box_a.jpg"
    stranger, friend = Bannasar(tmp_path / "stranger"), Bannasar(tmp_path / "friend")
    assert "No key that this archive trusts signed it" in stranger("import", bag).stdout
    assert friend("keys", "trust", made.public).returncode == 0
    (signature,) = (bag / "signatures").iterdir()
    content = signature.read_bytes()
    signature.write_bytes(content[::-1])
    refused = friend("import", bag)
    assert refused.returncode == 1
    assert "the bag was changed after it was signed" in refused.stderr
    assert not (tmp_path / "friend" / "bags").exists()
    signature.write_bytes(content)
    assert "A key that this archive trusts signed it" in friend("import", bag).stdout


def _sign_otherwise(pdf, to):
    """Sign a PDF with RSA, as others do."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    own = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        cert_registry=SimpleCertificateStore(),
    )
    with pdf.open("rb") as stream:
        about = signers.PdfSignatureMetadata(field_name="Other", md_algorithm="sha256")
        made = signers.PdfSigner(about, signer=own).sign_pdf(IncrementalPdfFileWriter(stream))
    to.write_bytes(made.getbuffer())


def test_an_archive_knows_its_own_without_a_signature(made, tmp_path):
    """A scan that somebody brings back is looked for among all that it holds."""
    shutil.copyfile(made.bag("b") / "data" / "originals" / "b.jpg", tmp_path / "brought-back.jpg")
    done = made("check", tmp_path / "brought-back.jpg")
    assert done.returncode == 0
    assert "the archive holds it: b.jpg of the case file box_b.jpg" in done.stdout


def test_whoever_makes_bag_and_journal_anew_without_the_key_is_found_out(archive):
    """The chain can be forged by who can write the file, the signatures cannot."""
    assert archive("verify").returncode == 0
    _forge(archive.bag("a"))
    file = archive.archive / "journal.jsonl"
    file.unlink()
    for pem in (archive.archive / "keys").glob("*"):
        pem.rename(archive.folder / pem.name)
    assert archive("run", archive.folder / "box").returncode == 0
    assert archive("withdraw", "box_a.jpg", "--reason", "x").returncode == 0
    (key,) = archive.folder.glob("*.pem")
    done = archive("verify", "--json", "--key", key)
    assert done.returncode == 2
    against = {damage["kind"] for damage in json.loads(done.stdout)["custody"]}
    # The new journal has one change only and nothing about what entered. An earlier check saw another journal.
    assert against == {"unsigned", "unexpected", "changed"}


def test_the_archive_signs_nothing_that_is_not_what_entered(archive):
    """Neither a bag that was made anew with all its lists, nor a document of it."""
    shutil.rmtree(archive.bag("a") / "signatures")
    _forge(archive.bag("a"))
    for command in (["keys", "sign"], ["export", "pdf", "box_a.jpg", "--to", archive.folder / "forged"]):
        done = archive(*command)
        assert done.returncode == 2, command
        assert "the journal" in done.stderr
    assert not list(archive.bag("a").glob("signatures/*"))
    assert not (archive.folder / "forged").exists()
    assert archive("certify", "box_a.jpg", "--to", archive.folder / "forged.pdf").returncode == 2


def test_a_bag_of_before_put_back_is_not_certified(archive):
    """It is signed and was right once; what entered since is what the archive holds."""
    before = archive.folder / "before"
    archive.bag("a").rename(before)
    shutil.copytree(before, archive.bag("a"))
    assert archive("rerun", "--box", "box", "--stage", "recognise").returncode == 0
    shutil.rmtree(archive.bag("a"))
    before.rename(archive.bag("a"))
    assert archive("certify", "box_a.jpg", "--to", archive.folder / "before.pdf").returncode == 2
    assert "changed: bags/box/box_a.jpg" in archive("verify").stdout


def test_a_flipped_bit_in_a_signature_is_found(archive):
    """The journal's own signature vouches for the bag; the bag would be taken for changed elsewhere."""
    (file,) = (archive.bag("a") / "signatures").iterdir()
    content = bytearray(file.read_bytes())
    content[5] ^= 1
    file.write_bytes(content)
    told = json.loads(archive("verify", "--json").stdout)
    assert [damage["path"] for damage in told["custody"]] == [f"bags/box/box_a.jpg/signatures/{file.name}"]
    assert archive("keys", "sign").returncode == 0
    assert archive("verify").returncode == 0


def test_what_was_written_down_without_the_key_is_signed_later(archive, tmp_path):
    """Though no bag waits for its signature."""
    (archive.folder / "safe" / "key.pem").rename(tmp_path / "key.pem")
    assert archive("withdraw", "box_a.jpg", "--reason", "order 12").returncode == 0
    assert archive("verify").returncode == 2
    (tmp_path / "key.pem").rename(archive.folder / "safe" / "key.pem")
    assert archive("keys", "sign").returncode == 0
    assert archive("verify", "--key", archive.public).returncode == 0


def test_bags_from_before_the_key_are_signed_when_it_is_wanted(tmp_path):
    """And those that are damaged are named, not signed."""
    archive = Archive(tmp_path)
    for name in "ab":
        write_page(tmp_path / "box" / f"{name}.jpg", f"Le greffier {name}")
    assert archive("run", tmp_path / "box").returncode == 0
    assert archive("keys", "init").returncode == 0
    assert archive("verify").returncode == 2
    (archive.bag("b") / "data" / "case.json").write_bytes((archive.bag("b") / "data" / "case.json").read_bytes() + b" ")
    done = archive("keys", "sign")
    assert done.returncode == 2
    assert "box_b.jpg" in done.stderr
    told = json.loads(archive("verify", "--json").stdout)
    assert [damage["path"] for damage in told["custody"]] == ["bags/box/box_b.jpg"]


def test_a_key_that_is_not_there_is_said_and_stops_nothing(archive, tmp_path):
    """What enters meanwhile is signed later."""
    (archive.folder / "safe" / "key.pem").rename(tmp_path / "key.pem")
    write_page(tmp_path / "more" / "c.jpg", "Le greffier c")
    done = archive("run", tmp_path / "more")
    assert done.returncode == 0
    assert "nothing is signed" in done.stdout
    refused = archive("certify", "more_c.jpg", "--to", tmp_path / "c.pdf")
    assert refused.returncode == 1
    assert "key is not at" in refused.stderr
    unsigned = archive("export", "pdf", "more_c.jpg", "--to", tmp_path / "for-the-court")
    assert unsigned.returncode == 1
    assert "key is not at" in unsigned.stderr
    assert not (tmp_path / "for-the-court").exists()
    assert archive("verify").returncode == 2
    (tmp_path / "key.pem").rename(archive.folder / "safe" / "key.pem")
    assert archive("keys", "sign").returncode == 0
    assert archive("verify", "--key", archive.public).returncode == 0
    assert archive("check", archive.archive / "bags" / "more" / "more_c.jpg").returncode == 0


def test_one_damaged_list_does_not_keep_a_scan_of_another_bag_from_being_known(archive):
    """Nor does it end in a traceback for the bag itself."""
    with (archive.bag("a") / "manifest-sha512.txt").open("ab") as stream:
        stream.write(b"\xff\xfe")
    scan = archive.bag("b") / "data" / "originals" / "b.jpg"
    (archive.folder / "copy.jpg").write_bytes(scan.read_bytes())
    assert archive("check", archive.folder / "copy.jpg").returncode == 0
    changed = archive("check", archive.bag("a"))
    assert (changed.returncode, changed.stderr) == (2, "")


def test_a_key_can_have_a_passphrase(tmp_path):
    """And a wrong one is said to be."""
    archive = Archive(tmp_path)
    (tmp_path / "right").write_text("ពាក្យសម្ងាត់\n", "utf-8")
    (tmp_path / "wrong").write_text("another\n", "utf-8")
    right = {"BANNASAR_SIGNING__PASSPHRASE_FILE": str(tmp_path / "right")}
    assert archive("keys", "init", **right).returncode == 0
    assert "ENCRYPTED" in (tmp_path / "safe" / "key.pem").read_text()
    assert "signs" in archive("keys", "show", **right).stdout
    for other in ({}, {"BANNASAR_SIGNING__PASSPHRASE_FILE": str(tmp_path / "wrong")}):
        done = archive("keys", "show", **other)
        assert done.returncode == 1
        assert "key.pem cannot be used" in done.stderr


def test_every_pdf_that_is_handed_out_is_still_pdfa(made):
    """Signed and all."""
    files = [made.folder / "certificate.pdf", made.folder / "out" / "box_a.jpg_001.pdf"]
    done = subprocess.run(
        [ROOT / "script" / "verapdf", "-f", "2b", "--format", "text", *files],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("PASS") == 2
