"""How many threads the numeric libraries of a process use; they read it when they are first imported."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""Environment of processes that share the cores with others; the last bits of a sum depend on how it is split."""
