"""The records that flow through Bannasar; see ``docs/words.md`` for the words they use."""
