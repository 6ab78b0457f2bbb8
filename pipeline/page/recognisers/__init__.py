"""The recognisers, by their names in the setting ``page.recogniser``: one module for each."""
