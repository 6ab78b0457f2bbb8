"""The program as a shell starts it: most other tests run commands in their own process, which is faster."""

import pytest

from tests.cli.conftest import write_page


@pytest.mark.parametrize(
    "command",
    [
        ["status", "box", "--json"],
        ["failures"],
        ["show", "a.jpg", "--json"],
        ["search", "សាលក្រមព្រហ្មទណ្ឌ", "--facets"],
        ["search", '"not closed'],
        ["review", "--json"],
        ["kinds"],
        ["index", "check"],
        ["ledger", "check", "--dry-run"],
        ["--version", "status"],
    ],
    ids=" ".join,
)
def test_a_process_of_its_own_prints_what_tests_see(archived, command):
    """Every letter of it, in a plain locale, with the same exit status."""
    itself, here = archived.process(*command), archived(*command)
    assert itself.stdout + itself.stderr
    assert (itself.returncode, itself.stdout, itself.stderr) == (here.returncode, here.stdout, here.stderr)


def test_a_process_of_its_own_does_all_that_can_be_done_to_an_archive(bannasar, tmp_path):
    """From the box to the copy of a case file in another archive."""
    write_page(tmp_path / "ប្រអប់" / "a.jpg", "សាលក្រមព្រហ្មទណ្ឌ", "Le greffier")
    key = {"BANNASAR_SIGNING__KEY_FILE": str(tmp_path / "key.pem")}
    case, out = "ប្រអប់_a.jpg", tmp_path / "out"
    out.mkdir()
    for command in (
        ["doctor"],
        ["keys", "init"],
        ["run", tmp_path / "ប្រអប់"],
        ["correct", case, "--kind", "letter"],
        ["rerun", "--box", "ប្រអប់", "--stage", "describe"],
        ["withdraw", case, "--reason", "order 12"],
        ["reinstate", case, "--reason", "order 31"],
        ["report", "ប្រអប់", "--html", out / "report.html"],
        ["export", "bag", case, "--to", out / "a.zip"],
        ["certify", case, "--to", out / "certificate.pdf"],
        ["check", out / "certificate.pdf"],
        ["rebuild", "--force"],
        ["index", "rebuild"],
        ["verify"],
    ):
        done = bannasar.process(*command, **key)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    other = type(bannasar)(tmp_path / "other")
    done = other.process("import", out / "a.zip")
    assert done.returncode == 0, done.stderr
    assert [hit["case"] for hit in other.json("search", "greffier")["hits"]] == [case]
