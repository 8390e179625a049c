# SPDX-License-Identifier: BSD-2-Clause
"""Another tracer as a child, its output in a file. It does not outlive its `with`, whatever fails there:
every case to come would take its probes for residue of ours."""
import signal
import subprocess
import tempfile
import time

from harness import check


class Peer:
    """A subclass says in until_ready() how it is seen to be attached."""
    patience = 60  # seconds from SIGINT to its end

    def __init__(self, *command):
        self.command = command

    def __enter__(self):
        self.out = tempfile.NamedTemporaryFile("w+", suffix=".peer")
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=subprocess.STDOUT)
        try:
            self.until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def until(self, seen, seconds, meanwhile=lambda: time.sleep(0.1)):
        """Until seen(output so far)."""
        end = time.monotonic() + seconds
        while not seen(self.text()):
            check(self.process.poll() is None and time.monotonic() < end, self.command[0], self.text())
            meanwhile()

    def text(self):
        with open(self.out.name, encoding="utf-8") as out:
            return out.read()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(self.patience)

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            self.process.kill()
            self.process.wait()
            self.out.close()
