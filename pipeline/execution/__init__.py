"""Execution: Dask, sandboxed processes, limits, retries. The only package that imports Dask."""
