"""The settings as values.

Their defaults are in ``config/defaults.toml``; ``config`` reads them, ``cli`` passes them on.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from models.level import Level
from models.record import Record

Positive = Annotated[int, Field(gt=0)]


class LogFormat(StrEnum):
    """How progress is reported."""

    TEXT = "text"
    JSON = "json"


class Limits(Record):
    """Limits for scans and pages."""

    page_megapixels: Positive = Field(description="Most pixels a page may have, in millions.")
    scan_pages: Positive = Field(description="Most pages a scan may have.")
    page_seconds: Positive = Field(description="Seconds after which the reading of a page is stopped.")
    page_megabytes: Positive = Field(
        description="Most memory that a page may use, including the programs that read it, in MB."
    )


class PageSettings(Record):
    """How a page is rendered and read; part of the recipe."""

    dpi: Positive = Field(
        description="Resolution at which PDF pages are rendered and lines are read, in dots per inch."
    )
    recogniser: Literal["tesserocr", "pytesseract"] = Field(
        description="What reads the lines: Tesseract inside the worker (tesserocr), or as its own program "
        "(pytesseract), which is slower but cannot crash the worker."
    )
    models_folder: Path = Field(description="Folder that holds the Tesseract models.")
    languages: str = Field(
        description="Tesseract models for lines with Khmer and Latin script of which the network is not sure."
    )
    khmer_languages: str = Field(
        description="Tesseract model for lines with Khmer script only of which the network is not sure."
    )
    latin_languages: str = Field(
        description="Tesseract models for lines with Latin script only of which the network is not sure, joined by +: "
        "the one that suits the page best reads first, the others where it is not sure, either."
    )
    first_languages: str = Field(
        description="Tesseract model that finds which way up a page is, and reads all lines first if there is no "
        "network: one that is fast and knows both scripts."
    )
    network: Literal["lines", ""] = Field(description="Our own network, which reads all lines first; empty: none.")


class ArchiveSettings(Record):
    """How the archive's derived files are made."""

    upright: bool = Field(description="Whether the PDFs show pages upright, or as in their scans.")
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = Field(description="JPEG quality of the pictures in the PDFs.")
    kilobytes: Positive = Field(
        description="Largest size of a grey A4 page at 300 dpi in a PDF, in kB; other pages in proportion."
    )


class DocumentSettings(Record):
    """What is read from documents."""

    glossary: str = Field(
        description="Folder with kinds.toml and courts.toml; empty for the glossary that comes with Bannasar."
    )
    model: str = Field(
        description="File with the classifier that `bannasar train` wrote; empty for the one that comes with Bannasar."
    )
    kind_threshold: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Confidence below which a document's kind stays unknown."
    )
    blank_separates: bool = Field(
        description="Whether a document also begins after a blank page; separator sheets always divide documents."
    )
    case_numbers: tuple[str, ...] = Field(
        description="Patterns of case numbers: regular expressions, for text in lower case and with ASCII digits."
    )


class RunSettings(Record):
    """How a run uses the machine."""

    workers: Annotated[int, Field(ge=0)] = Field(
        description="How many pages are read at the same time; 0 means one for each processor."
    )
    scheduler: str = Field(description="Address of a Dask scheduler (tcp://…); empty for workers on this machine.")
    retries: Annotated[int, Field(ge=0)] = Field(
        description="How often a failure that may be temporary is tried again."
    )
    retry_seconds: Annotated[float, Field(ge=0)] = Field(
        description="Seconds before the first new try; each later wait is four times as long."
    )
    allow_partial: bool = Field(
        description="Whether a case file with failed pages or scans is archived as partial, without waiting for them."
    )
    failed_share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Share of failed pages that stops a run: then the machine is the problem, not the paper."
    )
    free_gigabytes: Annotated[float, Field(ge=0)] = Field(
        description="Least free space on the archive's disk in GB; a run waits while there is less."
    )
    log_format: LogFormat = Field(description="How progress is reported on standard error: text or json.")
    metrics_file: str = Field(description="File in which the progress is written for Prometheus; empty for none.")


class IndexEngine(StrEnum):
    """What keeps the index in the archive's folder."""

    SQLITE = "sqlite"
    TANTIVY = "tantivy"


class IndexSettings(Record):
    """The index that searches use."""

    engine: IndexEngine = Field(
        description="Which index is in the archive's folder: `sqlite`, or `tantivy` for more than 200,000 pages."
    )
    url: str = Field(description="Address of an Elasticsearch cluster; empty for the index in the archive's folder.")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Name of the index on the cluster; one for each archive."
    )
    api_key: SecretStr = Field(description="API key for the cluster; best given in the environment.")
    api_key_file: str = Field(description="File that holds the API key.")
    user: str = Field(description="User of the cluster, if no API key is used.")
    password: SecretStr = Field(description="The user's password; best given in the environment.")
    password_file: str = Field(description="File that holds the password.")
    ca_file: str = Field(description="File with the certificate that signed the cluster's certificate, as PEM.")
    seconds: Positive = Field(description="Seconds after which a search, or a request to the cluster, is stopped.")

    @field_validator("url")
    @classmethod
    def _without_secrets(cls, url: str) -> str:
        """Refuse an address that is impossible, or that holds a password, because messages show it."""
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        if "@" in url:
            raise ValueError("user and password have their own settings, and must not be in the address")
        return url

    def without_secrets(self) -> "IndexSettings":
        """Return a copy without the secrets, which must not leave this process."""
        return self.model_copy(update={"api_key": SecretStr(""), "password": SecretStr("")})


class SigningSettings(Record):
    """The key that signs what the archive holds."""

    key_file: str = Field(description="File with the private key that signs bags and the journal.")
    passphrase_file: str = Field(description="File with the passphrase of the key; empty if it has none.")


class LogSettings(Record):
    """What is logged about a command."""

    verbose: Annotated[int, Field(ge=0, le=2)] = Field(
        description="How much is logged on standard error: 0 nothing, 1 what happens, 2 more of it."
    )
    file: str = Field(description="File in which the log is kept; empty for none.")


class OidcSettings(Record):
    """The OpenID Connect issuer at which people may sign in."""

    issuer: str = Field(
        description="Address of an OpenID Connect issuer at which people may sign in (https://…); empty for none."
    )
    client_id: str = Field(description="Name under which the issuer knows the reading room.")
    client_secret_file: str = Field(
        description="File with the reading room's secret at the issuer; empty if it has none."
    )
    address: str = Field(
        description="Address of the reading room (https://…); the issuer sends people back to `/sign-in/back` there."
    )
    label: str = Field(description="What the sign-in page calls the issuer; empty for its address.")
    ca_file: str = Field(description="File with the certificate that signed the issuer's certificate, as PEM.")

    @field_validator("issuer", "address")
    @classmethod
    def _is_safe(cls, address: str, about: ValidationInfo) -> str:
        """Refuse an address that others could listen to; only this machine itself may be reached without HTTPS."""
        parts = urlsplit(address)
        is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
        if address and parts.scheme != "https" and not (is_here and about.field_name == "address"):
            raise ValueError("it must begin with https://")
        if address and (not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment):
            raise ValueError("it is not the address of a server")
        return address

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.issuer and not (self.client_id and self.address):
            raise ValueError("an issuer needs client_id and address, too")
        return self

    @property
    def redirect(self) -> str:
        """Where the issuer sends people back to."""
        return f"{self.address.rstrip('/')}/sign-in/back"

    @property
    def name(self) -> str:
        """What the sign-in page calls the issuer; "" where there is none."""
        return self.label or self.issuer


class AccessSettings(Record):
    """Who may see a case file without a level, and what the audit log keeps."""

    default_level: Level = Field(
        description="Level of new case files: public, registered, staff or sealed. Others keep their level."
    )
    words: Literal["hashed", "kept"] = Field(
        description="Whether the audit log keeps the words of searches (kept), or only a digest of them (hashed)."
    )
    oidc: OidcSettings


class VerifySettings(Record):
    """How people outside check what left the archive."""

    address: str = Field(
        pattern=r"^(https?://[^\s#]+)?$",
        description="Address of the page that `bannasar export verifier` wrote; the codes of certificates lead there."
        " Empty: a code is only its text.",
    )


class Settings(Record):
    """Everything that can be set."""

    model_config = ConfigDict(hide_input_in_errors=True)

    archive: Path = Field(description="The archive's folder.")
    limits: Limits
    page: PageSettings
    pdf: ArchiveSettings
    document: DocumentSettings
    run: RunSettings
    index: IndexSettings
    signing: SigningSettings
    log: LogSettings
    access: AccessSettings
    verify: VerifySettings

    def of_what_is_made(self) -> dict[str, str]:
        """Return the settings that decide the result of a page, by their names."""
        rooms = {"page": self.page, "pdf": self.pdf, "document": self.document}
        return {
            f"{room}.{name}": str(value)
            for room, record in rooms.items()
            for name, value in record.model_dump(mode="json").items()
        }

    def without_secrets(self) -> "Settings":
        """Return a copy without the secrets, which must not leave this process."""
        return self.model_copy(update={"index": self.index.without_secrets()})
