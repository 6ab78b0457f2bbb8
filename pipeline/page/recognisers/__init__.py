"""What reads pictures of lines, by the names that ``page.recogniser`` in the settings knows: one module for each."""
