"""Runs a command and writes down what it and all its descendants took.

    unshare --pid --fork --kill-child --mount-proc python3 measure.py RESULT OUTPUT COMMAND [ARGUMENT ...]

It is the first process of a pid namespace: /proc holds nothing but what belongs to the command, and whatever
the command leaves behind (such as ssh's control masters) becomes a child of this process, is ended with it and
is counted. Only Python's own modules, as Ansible's Python is on every machine that has Ansible.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

RESULT, OUTPUT, COMMAND = sys.argv[1], sys.argv[2], sys.argv[3:]
PAGE = resource.getpagesize()
MEGABYTE = 1_000_000


def others():
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and pid != "1"]


def proportional():
    """Bytes that the processes hold in memory; a page that n of them share counts as an nth for each."""
    total = 0
    for pid in others():
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                for line in file:
                    if line.startswith(b"Pss:"):
                        total += int(line.split()[1]) * 1024
                        break
        except (OSError, ValueError):
            pass  # It has ended meanwhile, or is a zombie.
    return total


class Sampler(threading.Thread):
    """Samples the memory, taking at most about a twentieth of the time for that."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak = 0
        self.done = threading.Event()

    def run(self):
        pause = 0.02
        while not self.done.wait(pause):
            before = time.thread_time()
            self.peak = max(self.peak, proportional())
            pause = max(0.05, 20 * (time.thread_time() - before))


def reap(until=None):
    """Waits for children; gives the status of the one that is waited for."""
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return None
        if pid == until:
            return os.waitstatus_to_exitcode(status)


with open(OUTPUT, "wb") as output:
    sampler = Sampler()
    started = time.monotonic()
    child = subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    sampler.start()
    status = reap(child.pid)
    seconds = time.monotonic() - started
    sampler.done.set()

child.returncode = status
if others():
    os.kill(-1, signal.SIGKILL)
reap()
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(RESULT, "w") as file:
    json.dump(
        {
            "status": status,
            "started": started,
            "seconds": seconds,
            "cpu": usage.ru_utime + usage.ru_stime,
            "largest": usage.ru_maxrss * 1024 / MEGABYTE,
            "memory": sampler.peak / MEGABYTE,
        },
        file,
    )
