"""One thread per process: what the libraries read from the environment before they start."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["one_thread", "one_thread_environment"]

_LIMITS = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def one_thread_environment() -> dict[str, str]:
    """This process's environment, with every library told to use one thread."""
    return {**os.environ, **_LIMITS}


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes started inside compute on one thread; the environment is as before afterwards."""
    before = dict(os.environ)
    os.environ.update(_LIMITS)
    try:
        yield
    finally:
        for name in _LIMITS:
            os.environ.pop(name, None)
        os.environ.update(before)
