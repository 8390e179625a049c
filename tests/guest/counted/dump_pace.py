# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace dump` at a pace: 10 000 messages of 1 B to 64 KiB, 5 000 a second, and none is lost.

In a guest whose clock is the number of instructions (scripts/guest --icount): whatever runs beside it,
a message has 200 000 of them, on one processor, for sender, receiver, kernel and socketrace together.
That is a pace that is kept or not in every run alike, and a slower machine than any of today."""
import os
import resource
import struct
import subprocess
import tempfile
import time

from dumped import Numbered
from harness import Tracer, case, check, check_equal, check_no_residue, read

PACE = 5000
COUNT = 10000


def instructions_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e9


def instructions_until_idle(tracer):
    """By the scheduler's account, once nothing is left to do."""
    last = None
    while (now := int(read(f"/proc/{tracer.process.pid}/schedstat").split()[0])) != last:
        last = now
        time.sleep(0.3)  # it looks ten times a second, and then sleeps for one
    return now


class Conversation:
    """10 000 numbered messages, which the receiver checks."""

    def __init__(self, kind, folder):
        self.kind, self.path, self.messages = kind, folder + "/socket", Numbered(COUNT)
        self.files = [folder + "/noise", folder + "/sizes"]
        for name, said in zip(self.files, (self.messages.noise,
                                           struct.pack(f"={COUNT}I", *self.messages.sizes))):
            with open(name, "wb") as file:
                file.write(said)

    def hold(self):
        """Instructions of a message, of those who speak."""
        before = instructions_of_children()
        said = subprocess.run(["paced", self.kind, self.path, *self.files, str(PACE)],
                              check=True, capture_output=True, text=True).stdout
        os.unlink(self.path)
        self.reached, self.late = map(int, said.split())
        check(self.reached >= 0.98 * PACE, f"only {self.reached} a second")
        return (instructions_of_children() - before) / COUNT


def keeps_up(kind, packets):
    """As packets into a file, every byte of which is checked; or in the default format, which is not
    kept: a gigabyte and a half of new pages would cost more than all that is measured here."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        conversation = Conversation(kind, folder)
        file = folder + "/said"
        words = ("--format", "pcap", "-o", file) if packets else ("-o", "/dev/null")
        untraced = conversation.hold()
        with Tracer("dump", conversation.path + "*", *words) as tracer:
            before = instructions_until_idle(tracer)
            traced = conversation.hold()
            ours = (instructions_until_idle(tracer) - before) / COUNT
            outcome = tracer.stop().ok()
        print(f"     {conversation.reached} a second, the latest {conversation.late} us late; instructions a"
              f" message: {untraced:.0f} untraced, {traced:.0f} traced and {ours:.0f} of socketrace")
        check_equal((outcome.printed, outcome.lost, outcome.missed), (COUNT, 0, 0), outcome.err)
        if packets:
            check_equal(conversation.messages.missing_in(file), 0, "missing")
    check_no_residue()


@case
def five_thousand_datagrams_a_second():
    keeps_up("dgram", packets=True)


@case
def five_thousand_stream_writes_a_second():
    keeps_up("stream", packets=True)


@case
def five_thousand_datagrams_a_second_as_hex():
    keeps_up("dgram", packets=False)


@case
def five_thousand_stream_writes_a_second_as_hex():
    keeps_up("stream", packets=False)
