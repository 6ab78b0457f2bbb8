"""The ledger, the Dask scheduling, the run itself."""
