"""The archive's parts: bags, journal, keys, ledger."""
