"""How `make run` serves: two workers, each with a few threads and its own clock."""

import gc
import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WORKERS", "2"))
worker_class = "gthread"
threads = 4
timeout = 120
graceful_timeout = 20
# Printing leaves memory behind; a worker is replaced after some thousand requests.
max_requests = 5000
max_requests_jitter = 500
accesslog = None
# Nobody steers it from outside, and the socket would land in the home folder.
control_socket_disable = True
_clocks = {}


def post_worker_init(worker):
    """Start the clock of this worker; a slot of a job is still run by one worker only."""
    from portal import scheduler

    _clocks[worker.pid] = scheduler.start(worker.app.wsgi())
    # What is loaded now lives as long as the worker: nobody needs to look through it for garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def worker_exit(_server, worker):
    """Stop the clock with its worker."""
    clock = _clocks.pop(worker.pid, None)
    if clock is not None:
        clock.shutdown(wait=False)
