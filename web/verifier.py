"""The page that checks certificates, PDFs and bags offline: one file with the archive's public keys in it."""

import base64
import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path

from babel.messages.extract import extract

from web.language import LANGUAGES, catalogue
from web.room import make_templates

_HERE = Path(__file__).parent
_KEYWORDS = {"_": None}


def verifier_page(keys: Iterable[bytes]) -> str:
    """Return the page.

    Args:
        keys: the public keys that it trusts (Ed25519, 32 bytes each).
    """
    script = (_HERE / "static" / "verifier.js").read_text("utf-8")
    style = (_HERE / "static" / "verifier.css").read_text("utf-8")
    template = make_templates().get_template("verifier.html")
    sentences = [
        *_sentences("javascript", script),
        *_sentences("jinja2.ext:babel_extract", (_HERE / "templates" / "verifier.html").read_text("utf-8")),
    ]
    data = {
        "keys": [base64.b64encode(key).decode() for key in keys],
        "words": {
            code: {sentence: catalogue(code).gettext(sentence) for sentence in sentences} for code in ("km", "fr")
        },
    }
    return template.render(
        _=lambda sentence: sentence,
        languages=LANGUAGES,
        script=script,
        script_digest=_digest(script),
        style=style,
        style_digest=_digest(style),
        # In a script element only "</" and "<!--" have a meaning of their own.
        data=json.dumps(data, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c"),
    )


def _sentences(method: str, text: str) -> list[str]:
    found = extract(method, io.BytesIO(text.encode()), keywords=_KEYWORDS)
    return sorted({message for _, message, _, _ in found if isinstance(message, str)})


def _digest(text: str) -> str:
    """Return the digest by which the page's policy allows its one script, or its one style."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
