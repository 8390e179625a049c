# SPDX-License-Identifier: BSD-2-Clause
"""Processes that run at once on a few processors, so that they interrupt one another wherever the kernel lets them."""
import os
import sys
import traceback

from harness import check_equal


class Herd:
    """One process for each job, all of them on these processors. They wait for the end of `with`, which waits for
    them."""

    def __init__(self, jobs, cpus=(1,)):
        self.jobs, self.cpus, self.pids = jobs, set(cpus), []

    def __enter__(self):
        self.gate, release = os.pipe()
        self.release = release
        for job in self.jobs:
            pid = os.fork()
            if pid == 0:
                self.live(job)
            self.pids.append(pid)
        os.close(self.gate)
        return self

    def live(self, job):
        status = 1
        try:
            os.close(self.release)
            os.sched_setaffinity(0, self.cpus)
            os.read(self.gate, 1)  # until the last writer closes
            job()
            status = 0
        except BaseException:  # pylint: disable=broad-except
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def __exit__(self, *_):
        os.close(self.release)
        for pid in self.pids:
            check_equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "a process of the herd")


def herd(*jobs, cpus=(1,)):
    with Herd(jobs, cpus):
        pass
