"""The Library of Congress' schemas, brought for the tests."""

import subprocess
from pathlib import Path

from lxml import etree

from tests.conftest import ROOT


class _Beside(etree.Resolver):
    """Finds the schema that each of them imports beside it, and not on the web."""

    def __init__(self, folder):
        super().__init__()
        self._folder = folder

    def resolve(self, system_url, _public_id, context):
        return self.resolve_filename(str(self._folder / "xlink.xsd"), context) if "xlink" in system_url else None


def schema(script, name):
    """Return a schema from the folder that a script prints."""
    done = subprocess.run([ROOT / "script" / script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Beside(folder))
    return etree.XMLSchema(etree.parse(folder / name, parser))


def without_premis_types(mets):
    """Return a METS document as its schema takes it, which knows no types of PREMIS."""
    for element in mets.iter("{http://www.loc.gov/premis/v3}object"):
        del element.attrib["{http://www.w3.org/2001/XMLSchema-instance}type"]
    return mets
