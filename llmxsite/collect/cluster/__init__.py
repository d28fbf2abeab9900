"""One run on many machines: every machine has an engine beside a Dask worker, and takes samples as it is free to.

Each machine has a collector here, on the client: `pool` holds the jobs that these share, `station` is the engine at the
far end, `remote` speaks to it, `dask` is the cluster itself, `machine` what is known of one machine and what it takes,
`logs` the run's logs, one a machine, and `fleet` the run.
"""
