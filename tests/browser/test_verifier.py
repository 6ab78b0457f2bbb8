"""The page that checks offline says the same as Bannasar does, of each of these things."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bagit
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from models.settings import Settings
from pipeline.archive.archive import Archive
from pipeline.archive.keys import Signer, load_signer, make_key, read_keys
from pipeline.archive.signed_pdf import sign_pdf
from pipeline.archive.statement import Statement, seal
from pipeline.services.authenticity import Finding, Verdict, check_file, check_statement
from pipeline.services.certify import certify
from pipeline.services.export import export_bag, export_documents
from pipeline.services.keys import make as make_archive_key
from pipeline.services.keys import public_keys, sign
from tests.conftest import ROOT, Maker, archive_settings, at_the_shell
from tests.reading_room import make_archive
from web.verifier import verifier_page

pytestmark = pytest.mark.slow

PATIENCE = 300_000
CASE = "box_letter"
ADDRESS = "https://archive.example/verify.html"


@dataclass(frozen=True)
class Made:
    """What left an archive, and the page that it gives away."""

    folder: Path
    settings: Settings
    code: str

    @property
    def bag(self) -> Path:
        """The exported bag."""
        return self.folder / CASE

    @property
    def pdf(self) -> Path:
        """The exported document."""
        return self.folder / f"{CASE}_001.pdf"

    @property
    def page(self) -> Path:
        """The page."""
        return self.folder / "verify.html"

    def signer(self) -> Signer:
        """Return the archive's own key."""
        return load_signer(Path(self.settings.signing.key_file))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Made:
    """Return an archive's certificate, bag, document and page."""
    folder = tmp_path_factory.mktemp("verifier")
    make_archive(folder / "archive", make)
    settings = archive_settings(
        folder / "archive", signing={"key_file": str(folder / "key.pem")}, verify={"address": ADDRESS}
    )
    with Archive.open(settings) as archive:
        make_archive_key(archive, at_the_shell())
    with Archive.open(settings) as archive:
        sign(archive, at_the_shell())
        code = certify(archive, at_the_shell(), CASE, folder / "certificate.pdf").code
        export_bag(archive, at_the_shell(), CASE, folder)
        export_documents(archive, at_the_shell(), CASE, folder)
        (folder / "verify.html").write_text(verifier_page(public_keys(archive, at_the_shell())), "utf-8")
    return Made(folder, settings, code)


def _statement(key: str) -> Statement:
    return Statement("box_x", "box", 1, 2, "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", "a", 3, "b", key)


def _stranger(folder: Path) -> Signer:
    return make_key(folder / "stranger.pem")


def _flipped(file: Path, to: Path, at: int | None = None) -> Path:
    content = bytearray(file.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 1
    to.write_bytes(content)
    return to


def _packed(bag: Path, to: Path, *, under: str = CASE) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(file for file in bag.rglob("*") if file.is_file()):
            packed.write(file, f"{under}/{file.relative_to(bag)}" if under else str(file.relative_to(bag)))
    return to


def _bag(change: Callable[[Path], object]) -> Callable[[Made, Path], Path]:
    def thing(made: Made, folder: Path) -> Path:
        bag = folder / CASE
        shutil.copytree(made.bag, bag)
        change(bag)
        return bag

    return thing


def _resealed(bag: Path) -> None:
    (bag / "data" / "case.json").write_bytes(b"{}")
    bagit.Bag(str(bag)).save(manifests=True)


def _listed_unsigned(bag: Path) -> None:
    (bag / "read me.txt").write_text("a")
    with (bag / "tagmanifest-sha256.txt").open("a") as unsigned:
        unsigned.write(f"{hashlib.sha256(b'a').hexdigest()}  read me.txt\n")


def _unsigned(bag: Path) -> None:
    shutil.rmtree(bag / "signatures")


def _signed_by_a_stranger(bag: Path) -> None:
    _unsigned(bag)
    stranger = _stranger(bag.parent)
    (bag / "signatures").mkdir()
    signature = stranger.sign((bag / "tagmanifest-sha512.txt").read_bytes())
    (bag / "signatures" / f"{stranger.fingerprint}.sig").write_bytes(signature)


def _looks_the_same(bag: Path) -> None:
    """A second file whose name looks the same as another's: é in one character, and in two."""
    (bag / "data" / "e\u0301.txt").write_text("a")
    (bag / "data" / "\u00e9.txt").write_text("b")


def _zip(
    change: Callable[[zipfile.ZipFile], object] = lambda _: None, under: str = CASE
) -> Callable[[Made, Path], Path]:
    def thing(made: Made, folder: Path) -> Path:
        file = _packed(made.bag, folder / "bag.zip", under=under)
        with zipfile.ZipFile(file, "a") as packed:
            change(packed)
        return file

    return thing


def _spoilt_zip(made: Made, folder: Path) -> Path:
    file = _packed(made.bag, folder / "bag.zip")
    with zipfile.ZipFile(file) as packed:
        entry = next(one for one in packed.infolist() if one.filename.endswith("case.json"))
    return _flipped(file, file, entry.header_offset + 200)


def _pdf(change: Callable[[bytes], bytes]) -> Callable[[Made, Path], Path]:
    def thing(made: Made, folder: Path) -> Path:
        file = folder / "document.pdf"
        file.write_bytes(change(made.pdf.read_bytes()))
        return file

    return thing


def _pdf_of_a_stranger(made: Made, folder: Path) -> Path:
    sign_pdf(made.bag / "data" / "documents" / "001.pdf", folder / "signed.pdf", _stranger(folder), "a letter")
    return folder / "signed.pdf"


def _text(change: Callable[[str], str]) -> Callable[[Made, Path], str]:
    return lambda made, _folder: change(made.code)


def _digit_changed(code: str) -> str:
    head, statement, signature = code.split("#")[1].split(".")
    other = "A" if signature[10] != "A" else "B"
    return f"{head}.{statement}.{signature[:10]}{other}{signature[11:]}"


# The sentences, with places for values.
BAG_CHANGED = "the bag is not as it was sealed"
BAG_NOT_SIGNED = "the bag agrees with itself, but nobody signed it"
BAG_SIGNED = "the bag is as the archive signed it"
BAG_SIGNED_BY_OTHERS = "the bag is signed by {names}, which is not trusted"
BESIDE_BAG = "the ZIP file holds files outside the bag, which nobody signed"
BROKEN_ZIP = "the ZIP file is damaged, or holds two files with the same name"
FALSE_STATEMENT = "its signature does not match what it says"
LIST_CHANGED = "the list of the bag's files is not the one that was signed"
NOT_SIGNED = "it has no signature of an archive"
NO_BAG = "the folder is not a bag"
NO_BAG_IN_ZIP = "the ZIP file holds no bag, or is locked: unpack it first"
NO_STATEMENT = "the text is not the whole code of a certificate"
SIGNED = "it is as the archive signed it"
SIGNED_AND_CHANGED = "it was changed after it was signed, or is damaged"
SIGNED_BY_OTHERS = "it is signed by a key that is not trusted"
STATED = "the archive stated the following; compare it with what you have"
STATED_BY_OTHERS = "the key {key}… that it names is not trusted"
RIGHT, CHANGED, UNKNOWN = Verdict.RIGHT, Verdict.CHANGED, Verdict.UNKNOWN
Thing = Callable[[Made, Path], Path | str]
CASES: dict[str, tuple[Thing, Verdict, str, list[str] | None]] = {
    "code": (_text(lambda code: code.split("#")[1]), RIGHT, STATED, []),
    "code with its address": (_text(lambda code: code), RIGHT, STATED, []),
    "code in lines": (_text(lambda code: f"{code[:100]}\n {code[100:]}"), RIGHT, STATED, []),
    "code, a letter of it": (_text(_digit_changed), CHANGED, FALSE_STATEMENT, []),
    "half a code": (_text(lambda code: code[:-90]), UNKNOWN, NO_STATEMENT, []),
    "code of a stranger": (
        lambda _, folder: seal(_statement((stranger := _stranger(folder)).fingerprint), stranger),
        UNKNOWN,
        STATED_BY_OTHERS,
        [],
    ),
    "code in the archive's name": (
        lambda made, folder: seal(_statement(made.signer().fingerprint), _stranger(folder)),
        CHANGED,
        FALSE_STATEMENT,
        [],
    ),
    "a text": (lambda _made, _folder: "/etc/passwd", UNKNOWN, "the text is not the code of a certificate", []),
    "document": (lambda made, _: made.pdf, RIGHT, SIGNED, []),
    "certificate": (lambda made, _: made.folder / "certificate.pdf", RIGHT, SIGNED, []),
    "document, a bit of it": (
        lambda made, folder: _flipped(made.pdf, folder / "a.pdf"), CHANGED, SIGNED_AND_CHANGED, [],
    ),
    "document, its signature": (
        _pdf(lambda content: content[: (at := content.rindex(b"/Contents <") + 900)] + b"00" + content[at + 2 :]),
        CHANGED,
        SIGNED_AND_CHANGED,
        [],
    ),
    "document and more": (_pdf(lambda content: content + b"\n% more\n"), CHANGED, SIGNED_AND_CHANGED, []),
    "document, cut off": (_pdf(lambda content: content[:-400]), CHANGED, SIGNED_AND_CHANGED, []),
    "document of a stranger": (_pdf_of_a_stranger, UNKNOWN, SIGNED_BY_OTHERS, []),
    "unsigned document": (
        lambda made, folder: shutil.copyfile(made.bag / "data" / "documents" / "001.pdf", folder / "a.pdf"),
        UNKNOWN, NOT_SIGNED, [],
    ),
    "bag": (lambda made, _: made.bag, RIGHT, BAG_SIGNED, []),
    "bag, a file of it": (
        _bag(lambda bag: _flipped(bag / "data" / "case.json", bag / "data" / "case.json")),
        CHANGED, BAG_CHANGED, ["changed: data/case.json"],
    ),
    "bag without a file": (
        _bag(lambda bag: (bag / "data" / "mets.xml").unlink()), CHANGED, BAG_CHANGED, ["missing: data/mets.xml"],
    ),
    "bag and a file": (
        _bag(lambda bag: (bag / "data" / "more.txt").write_text("a")),
        CHANGED, BAG_CHANGED, ["unexpected: data/more.txt"],
    ),
    "bag and a file beside": (
        _bag(lambda bag: (bag / "read me.txt").write_text("a")),
        CHANGED, BAG_CHANGED, ["unexpected: read me.txt"],
    ),
    "bag and a file that an unsigned list names": (
        _bag(_listed_unsigned), CHANGED, BAG_CHANGED, ["unexpected: read me.txt"],
    ),
    "bag, an unsigned list": (
        _bag(lambda bag: _flipped(bag / "tagmanifest-sha256.txt", bag / "tagmanifest-sha256.txt", 3)),
        CHANGED, BAG_CHANGED, None,
    ),
    "bag made anew": (_bag(_resealed), CHANGED, LIST_CHANGED, []),
    "bag without a signature": (_bag(_unsigned), UNKNOWN, BAG_NOT_SIGNED, []),
    "bag of a stranger": (_bag(_signed_by_a_stranger), UNKNOWN, BAG_SIGNED_BY_OTHERS, []),
    "bag with a twin of a file": (_bag(_looks_the_same), CHANGED, BAG_CHANGED, None),
    "a folder": (lambda _, folder: _letters(folder), UNKNOWN, NO_BAG, []),
    "ZIP": (_zip(), RIGHT, BAG_SIGNED, []),
    "ZIP without a folder": (_zip(under=""), RIGHT, BAG_SIGNED, []),
    "ZIP with more": (
        _zip(lambda packed: packed.writestr("read me.pdf", "forged")),
        CHANGED, BESIDE_BAG, ["unexpected: read me.pdf"],
    ),
    "ZIP with a file twice": (
        _zip(lambda packed: packed.writestr(f"{CASE}/data/case.json", "{}")), CHANGED, BROKEN_ZIP, [],
    ),
    "ZIP, a bit of it": (_spoilt_zip, CHANGED, BROKEN_ZIP, []),
    "ZIP of something": (
        lambda _, folder: _packed(_letters(folder), folder / "b.zip"), UNKNOWN, NO_BAG_IN_ZIP, [],
    ),
}  # fmt: skip


def _letters(folder: Path) -> Path:
    (folder / "letters").mkdir()
    (folder / "letters" / "a.txt").write_text("a letter")
    return folder / "letters"


@pytest.fixture(scope="module")
def answers(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path | str, Finding]]:
    """Return each of the things, and what Bannasar says of it."""
    elsewhere = Archive(archive_settings(tmp_path_factory.mktemp("elsewhere")))
    shutil.copytree(made.folder / "archive" / "keys", elsewhere.folder / "keys")
    keys = read_keys((elsewhere.folder / "keys").glob("*.pem"))
    found: dict[str, tuple[Path | str, Finding]] = {}
    for name, (thing, *_) in CASES.items():
        given = thing(made, tmp_path_factory.mktemp("thing"))
        found[name] = given, check_statement(elsewhere, given) if isinstance(given, str) else check_file(given, keys)
    return found


@pytest.fixture(scope="module")
def page(answers: object, made: Made, browser: Browser) -> Iterator[Page]:
    """Return the page, opened as a file on a telephone; it may ask for nothing else."""
    del answers  # these must be there before the browser is
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.goto(made.page.as_uri())
    opened.wait_for_selector("#forms:not([hidden])")
    yield opened
    assert {url.partition("#")[0] for url in asked} == {made.page.as_uri()}
    assert wrong == []
    context.close()


def _give(page: Page, thing: Path | str) -> tuple[str, str, list[str]]:
    """Give something to the page, and return its verdict, its reason and what it names."""
    page.evaluate("document.getElementById('finding').hidden = true")
    if isinstance(thing, str):
        page.fill("#code", thing)
        page.click("#check")
    else:
        page.set_input_files("#folder" if thing.is_dir() else "#file", thing)
    page.wait_for_selector("#finding:not([hidden])")
    finding = page.locator("#finding")
    verdict = (finding.get_attribute("class") or "").split()[-1]
    return verdict, finding.locator("p").first.text_content() or "", finding.locator("li").all_inner_texts()


@pytest.mark.parametrize("name", CASES)
def test_page_and_command_agree(answers: dict[str, tuple[Path | str, Finding]], page: Page, name: str) -> None:
    """On the verdict, its reason, and what was changed."""
    given, found = answers[name]
    _, verdict, reason, named = CASES[name]
    assert (found.verdict, found.reason.template) == (verdict, reason)
    shown = _give(page, given)
    assert shown[:2] == (verdict, found.reason)
    if named is not None:
        assert [f"{one.kind}: {one.path}" for one in found.damages] == named
        assert shown[2] == named


def test_the_address_of_a_code_is_checked_at_once(made: Made, page: Page) -> None:
    """As when a telephone's camera opens it; and another one after it."""
    assert made.code.startswith(f"{ADDRESS}#BANNASAR1.")
    page.goto(f"{made.page.as_uri()}#{made.code.partition('#')[2]}")
    page.wait_for_selector("#finding.right")
    assert CASE in page.locator("#finding dl").inner_text()
    page.evaluate("location.hash = 'BANNASAR1.no.code'")
    page.wait_for_selector("#finding.unknown")


@pytest.mark.parametrize("language", ["km", "fr", "en"])
def test_the_page_speaks(made: Made, page: Page, language: str) -> None:
    """Khmer, French and English, without a network; nothing is wider than the window; axe finds nothing."""
    page.click(f"[data-language={language}]")
    assert page.locator("html").get_attribute("lang") == language
    _give(page, made.code)
    said = [page.title(), *page.locator("[data-say], #finding h2, #finding p, #finding dt").all_inner_texts()]
    said = [one for one in said if one]
    assert len(said) > 15
    khmer = [bool(re.search(r"[\u1780-\u17ff]", one)) for one in said]
    assert all(khmer) if language == "km" else not any(khmer)
    assert (
        page.locator("#finding h2").inner_text() == {"km": "✓ ត្រឹមត្រូវ", "fr": "✓ Authentique", "en": "✓ Right"}[language]
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    done = subprocess.run([ROOT / "script" / "axe"], capture_output=True, text=True, check=True, env=os.environ)
    # The page's own policy would refuse it as a script element.
    page.evaluate(Path(done.stdout.strip(), "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))")
    assert found == []
    page.click("[data-language=en]")


def test_a_browser_without_ed25519_says_so(made: Made, browser: Browser, page: Page) -> None:
    """And shows no form that could not answer."""
    del page
    context = browser.new_context(locale="fr-FR")
    context.add_init_script("crypto.subtle.importKey = () => Promise.reject(new Error('NotSupportedError'))")
    old = context.new_page()
    old.goto(made.page.as_uri())
    old.wait_for_selector("#cannot:not([hidden])")
    assert "Ed25519" in old.locator("#cannot").inner_text()
    assert not old.locator("#forms").is_visible()
    context.close()


def test_a_photograph_is_read_where_the_browser_can(made: Made, browser: Browser, page: Page, tmp_path: Path) -> None:
    """Chromium on Linux cannot: then the page says what to do."""
    photograph = tmp_path / "code.png"
    Image.new("L", (90, 90), 255).save(photograph)
    verdict, reason, _ = _give(page, photograph)
    assert verdict == "unknown"
    assert "Point the camera of a phone at the code" in reason
    context = browser.new_context(locale="en")
    codes = json.dumps([{"rawValue": "https://other.example"}, {"rawValue": made.code}])
    detector = f"class {{ async detect(picture) {{ return picture.width === 90 ? {codes} : []; }} }}"
    context.add_init_script(f"window.BarcodeDetector = {detector}")
    able = context.new_page()
    able.goto(made.page.as_uri())
    able.wait_for_selector("#forms:not([hidden])")
    assert _give(able, photograph)[0] == "right"
    Image.new("L", (80, 80), 255).save(tmp_path / "paper.png")
    assert "Photograph the code again" in _give(able, tmp_path / "paper.png")[1]
    context.close()


def test_the_script_is_small() -> None:
    """It can be read by whoever wants to know what the page does."""
    assert (ROOT / "web" / "static" / "verifier.js").stat().st_size <= 30_000
