"""The reading room: routes, templates and pictures on top of the services. It contains no rules or transactions."""
