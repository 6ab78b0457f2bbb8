"""The reason that a person gives for a change."""

from models.errors import UsageError


def require_reason(reason: str) -> None:
    """Refuse a change without a reason.

    Raises:
        UsageError: there is none.
    """
    if not reason.strip():
        raise UsageError("A reason is missing.", "Give the reason: --reason TEXT.")
