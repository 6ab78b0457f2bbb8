"""Who asks a service for something, what they may be, and what of it is noted, for whoever calls them."""

from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action, Role

__all__ = ["Action", "Asker", "Deed", "Role"]
