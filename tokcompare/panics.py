"""The panics of libraries written in Rust, told from other exceptions so that none gets out."""

from __future__ import annotations


def is_panic(error: BaseException) -> bool:
    """Returns whether an exception is a panic of Rust code.

    It derives from BaseException, so `except Exception` lets it pass, and it hangs a worker process
    of `multiprocessing.Pool`. Each library has a class of its own for it, which it does not export.
    """
    return type(error).__module__ == "pyo3_runtime" and type(error).__name__ == "PanicException"
