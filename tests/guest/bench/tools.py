# SPDX-License-Identifier: BSD-2-Clause
"""The tools that scripts/bench compares: how each is started, when it is ready, what it tells."""
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time

PORT = 7777
OTHER_PORT = 9999


class Tool:
    """`command(port)` prints to stdout; `to_file`, after `words` of it, is the option that makes it print to
    a file, None where there is none. `ready` is on stderr, but for a tool that says READY in its output:
    ready_in_output; and one that says nothing is ready once it waits for events and `kprobes` are there."""

    def __init__(self, name, command, ready=None, functions="", to_file="--output-file",
                 ready_in_output=False, kprobes=(), words=1):
        self.name, self.command, self.to_file = name, command, to_file
        self.ready, self.functions = ready, re.compile(functions)
        self.ready_in_output = ready_in_output
        self.kprobes, self.words = kprobes, words


def socketrace(name, *options, filter_port=True):
    def command(port):
        return ["socketrace", *options, *(["--filter-port", str(port)] if filter_port else [])]
    return Tool(name, command, "socketrace: attached ", r"attached (\d+) of \d+ functions")


SK_BUFF = socketrace("sk_buff", "--trace-types", "sk_buff")
DEFAULT = socketrace("default")


def pwru(backend):
    def command(port):
        return ["pwru", "--backend", backend, "--output-tuple", "--timestamp", "none",
                f"tcp port {port}"]
    return Tool("pwru", command, "Listening for events", r"/ (\d+) \[")


PWRU = pwru("kprobe-multi")
# Single kprobes, for kernels without kprobe-multi.
PWRU_SINGLE = pwru("kprobe")
# It has no list of functions that take a socket: all of TCP's. Intervals come last, so that READY means
# attached.
BPFTRACE = Tool(
    "bpftrace",
    lambda port: ["bpftrace", "-e",
                  f"kprobe:tcp_* /((struct sock *)arg0)->__sk_common.skc_num == {port}/ "
                  f'{{ printf("%d(%s) %s :{port}\\n", pid, comm, func); }} '
                  'interval:ms:50 /!@ready/ { @ready = 1; printf("READY\\n"); }'],
    "", r"Attach(?:ing|ed) (\d+)", to_file="-o", ready_in_output=True)


class Running:
    """One run of a tool. `stdout` None: lines go to a file, see lines()."""

    def __init__(self, tool, port, stdout=None):
        self.tool = tool
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.out = os.path.join(self.folder.name, "out")
        self.said, self.ready = "", threading.Event()
        command, to_file = tool.command(port), []
        if stdout is None:
            stdout = open(self.out, "wb") if tool.to_file is None else subprocess.DEVNULL
            to_file = [tool.to_file, self.out] if tool.to_file else []
        command[tool.words:tool.words] = to_file
        self.begin = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE)
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def listen(self):
        while text := os.read(self.process.stderr.fileno(), 65536):
            self.said += text.decode("utf-8", "replace")
            if self.tool.ready and self.tool.ready in self.said:
                self.ready.set()
        self.ready.set()

    def until_ready(self):
        if self.tool.ready is None:
            while not (self.waits_for_events() and set(self.tool.kprobes) <= enabled_functions()):
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.tool.name} ended early:\n{self.said}")
                time.sleep(0.05)
            return self
        self.ready.wait()
        if self.tool.ready not in self.said:
            raise RuntimeError(f"{self.tool.name} ended early:\n{self.said}")
        return self

    def waits_for_events(self):
        """In epoll_wait or epoll_pwait: what has its probes and polls its buffers."""
        with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/syscall") as syscall:
            return syscall.read().split()[0] in ("232", "281")
        return False

    def until_quiet(self):
        """Until nothing was written for half a second: what is slow to print is not lost."""
        size, since = -1, time.monotonic()
        while time.monotonic() - since < 0.5:
            if (now := self.size()) != size:
                size, since = now, time.monotonic()
            time.sleep(0.05)

    def size(self):
        return os.path.getsize(self.out) if os.path.exists(self.out) else 0

    def lines(self):
        with open(self.out, "rb") as out:
            return sum(f":{PORT}".encode() in line for line in out)

    def attached(self):
        found = self.tool.functions.search(self.said)
        return int(found[1]) if found else None

    def summary(self):
        """What socketrace counted itself; pwru counts nothing."""
        found = re.search(r"(\d+) hits printed, (\d+) lost \(ring full\), (\S+) missed", self.said)
        return dict(zip(("printed", "lost", "missed"), map(int, found.groups()))) if found else None

    def cpu_ns(self):
        """Time on a processor of each thread."""
        times = {}
        folder = f"/proc/{self.process.pid}/task"
        for task in os.listdir(folder):
            with contextlib.suppress(OSError), open(f"{folder}/{task}/schedstat") as stat:
                times[task] = int(stat.read().split()[0])
        return times

    def peak_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])

    def stop(self):
        """Seconds from Ctrl-C to exit."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(300)
        took = time.monotonic() - begin
        self.listener.join()
        if status != 0:
            raise RuntimeError(f"{self.tool.name} ended with {status}:\n{self.said}")
        return took


def enabled_functions():
    """Those with a probe, of whatever kind, as the kernel tells."""
    with open("/sys/kernel/tracing/enabled_functions", encoding="ascii") as enabled:
        return {line.split()[0] for line in enabled if not line.startswith(("\t", " "))}


def same_functions(tool):
    """socketrace with the functions that `tool` traces, which the kernel tells."""
    running = Running(tool, PORT).until_ready()
    names = sorted(enabled_functions())
    running.stop()
    return socketrace("the same functions", "--trace-types", "sk_buff", "--filter-funcs",
                      "|".join(map(re.escape, names)))


def roundtrips(pairs):
    """Nanoseconds of one pair."""
    done = subprocess.run(["roundtrips", str(PORT), str(pairs)], check=True, capture_output=True)
    return float(done.stdout)


@contextlib.contextmanager
def waiting_traffic():
    """Gives the function that starts it: a pair each 10 ms. It waits until the probes are there:
    QEMU 7.2 now and then lets a processor run an int3 of text_poke that is long gone (Oops)."""
    process = subprocess.Popen(["roundtrips", str(PORT), "0", "10000"])
    time.sleep(0.5)  # connected, and past the first pairs
    process.send_signal(signal.SIGSTOP)
    try:
        yield lambda: process.send_signal(signal.SIGCONT)
    finally:
        process.kill()
        process.wait()
