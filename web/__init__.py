"""The reading room: routes, templates and pictures over the services. No rule and no transaction lives here."""
