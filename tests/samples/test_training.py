"""The pieces that the training of the model is made of."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from config.settings import load
from pipeline.page.merge import merged
from pipeline.page.recogniser import Symbol, Symbols, open_recogniser
from pipeline.page.recognisers.model_files import OWN_MODELS, folder_of, model_file
from samples.training.charset import ADDED, letters, with_added
from samples.training.floats import UnknownNetworkError, to_floats
from samples.training.lstmf import write_lstmf
from samples.training.pictures import Sample
from samples.typeset import render_page

_LACKING = "ឪឮឫឍឦឭ៛"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of Debian's Khmer script model, each a file ``Khmer.…``."""
    folder = tmp_path_factory.mktemp("parts")
    model = load().page.models_folder / "Khmer.traineddata"
    subprocess.run(["combine_tessdata", "-u", str(model), f"{folder}/Khmer."], check=True, capture_output=True)
    return folder


def _start(parts: Path, *more: str) -> Path:
    """Make what training starts from; return the file."""
    (parts / "unicharset").write_text(with_added((parts / "Khmer.lstm-unicharset").read_text("utf-8")), "utf-8")
    (parts / "radical-stroke.txt").write_text("# none\n")
    command = ["combine_lang_model", "--input_unicharset", str(parts / "unicharset"), "--script_dir", str(parts)]
    command += ["--output_dir", str(parts), "--lang", "start", *more]
    subprocess.run(command, check=True, capture_output=True)
    return parts / "start" / "start.traineddata"


def test_a_weight_is_its_byte_times_the_scale_of_its_row(parts):
    """The first matrix of the network, 16 rows of 10 bytes, becomes those bytes by their scales."""
    network = (parts / "Khmer.lstm").read_bytes()
    head = struct.pack("<II", 16, 10)
    old = network.index(head)
    bytes_ = np.frombuffer(network, np.int8, 160, old + 9).reshape(16, 10)
    scales = np.frombuffer(network, np.float64, 16, old + 9 + 160 + 4)
    floats = to_floats(network)
    new = floats.index(head)
    values = np.frombuffer(floats, np.float64, 160, new + 16).reshape(16, 10)
    assert np.array_equal(values, bytes_ * scales[:, None])
    assert np.abs(values).max() > 0


def test_a_network_that_is_cut_off_is_refused(parts):
    """Half a file is an error, not half a network."""
    with pytest.raises(UnknownNetworkError):
        to_floats((parts / "Khmer.lstm").read_bytes()[:1000])


def test_the_letters_that_were_lacking_come_after_those_there_are(parts):
    """All known symbols keep their numbers, and every lacking letter is there once."""
    before = (parts / "Khmer.lstm-unicharset").read_text("utf-8")
    after = with_added(before)
    assert after.split("\n")[1:223] == before.split("\n")[1:223]
    assert set(_LACKING) <= letters(after)
    assert int(after.split("\n")[0]) == 222 + len(ADDED)


def test_training_goes_on_from_where_debians_model_stands(parts, tmp_path):
    """Lines in our file are read by lstmtraining, and the first ones with far fewer errors than a new network makes."""
    start = _start(parts, "--pass_through_recoder")
    (parts / "Khmer.float.lstm").write_bytes(to_floats((parts / "Khmer.lstm").read_bytes()))
    texts = ["ពាក្យបណ្តឹងរបស់ប្រជាជន", "សាលាដំបូងខេត្តកំពត", "ឪពុករបស់សាក្សី"] * 4
    samples = []
    for text in texts:
        page = render_page([text], "Khmer OS", 12, 150)
        rows, columns = np.nonzero(page < 128)
        line = page[rows.min() - 6 : rows.max() + 6, columns.min() - 6 : columns.max() + 6]
        samples.append(Sample(np.ascontiguousarray(line), text, "Khmer OS"))
    write_lstmf(samples, tmp_path / "lines.lstmf")
    (tmp_path / "list").write_text(f"{tmp_path / 'lines.lstmf'}\n")
    command = ["lstmtraining", "--continue_from", str(parts / "Khmer.float.lstm"), "--traineddata", str(start)]
    command += ["--old_traineddata", str(load().page.models_folder / "Khmer.traineddata")]
    command += ["--model_output", str(tmp_path / "m"), "--train_listfile", str(tmp_path / "list")]
    command += ["--reset_learning_rate", "--learning_rate", "0.0001", "--max_iterations", "100"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert "Loaded 12/12 lines" in said
    assert float(said.rsplit("BCER train=", 1)[1].split("%")[0]) < 30


def test_our_model_reads_a_letter_that_debians_cannot_say():
    """ឪពុក (father) comes out right."""
    page = render_page(["ឪពុកម្តាយរបស់សាក្សី"], "Khmer OS Siemreap", 12, 150)
    rows, columns = np.nonzero(page < 128)
    line = np.ascontiguousarray(page[rows.min() - 8 : rows.max() + 8, columns.min() - 8 : columns.max() + 8])
    (symbols,) = open_recogniser(load().page.recogniser, load().page, 60).read([line], "bannasar")
    assert "".join(symbol.text for symbol in symbols).startswith("ឪពុក")


def test_our_model_is_ours_and_the_others_are_the_settings(tmp_path):
    """The project's model is found beside the code; every other one, or a mix, in the settings' folder."""
    assert folder_of("bannasar", tmp_path) == OWN_MODELS
    assert folder_of("bannasar+eng", tmp_path) == tmp_path
    assert model_file("khm", tmp_path) == tmp_path / "khm.traineddata"


def _symbols(*texts: str, confidence: float) -> Symbols:
    return tuple(Symbol(text, 10 * at, 10 * at + 9, confidence, begins=not at) for at, text in enumerate(texts))


def test_a_second_reading_does_not_outvote_a_letter_it_cannot_say():
    """A surer second reading wins over other letters, but not over one that its model does not know."""
    first = _symbols("ឪ", "ព", confidence=0.4)
    assert [symbol.text for symbol in merged(first, _symbols("ឱ", "ព", confidence=0.9))] == ["ឪ", "ព"]
    other = merged(_symbols("ឯ", "ព", confidence=0.4), _symbols("ឱ", "ព", confidence=0.9))
    assert [symbol.text for symbol in other] == ["ឱ", "ព"]
