"""One thread per process for what nobody should wait for."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.db import connections

logger = logging.getLogger(__name__)
_waiting = threading.Semaphore(1)


@cache
def _thread() -> ThreadPoolExecutor:
    # Made when first needed: the server may still fork when this module is loaded.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def run_soon(work: Callable[[], None]) -> None:
    """Do `work`, which does everything there is to do, in the background; one run waits at most behind the one that goes on.

    So a server that does not answer keeps neither a crowd of runs nor the end of the process waiting.
    """
    if _waiting.acquire(blocking=False):
        _thread().submit(_run, work)


def _run(work: Callable[[], None]) -> None:
    _waiting.release()
    try:
        work()
    except Exception:
        logger.exception("Handing over mails failed; they wait in the outbox")
    finally:
        # A thread has connections of its own, which no end of a request closes.
        connections.close_all()
