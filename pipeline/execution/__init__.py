"""How work is done: Dask, sandboxed processes, limits, retries. The only room that imports Dask."""
