# SPDX-License-Identifier: BSD-2-Clause
"""Runs socketrace inside the guest and checks what it says. Cases register with @case."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from truth import left_out_of

SOCKETRACE = os.environ.get("SOCKETRACE", "/usr/local/bin/socketrace")
KERNEL = tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2])
TRACEFS = "/sys/kernel/tracing"


def kernel_has(symbol):
    try:
        with open("/proc/kallsyms", encoding="ascii") as lines:
            return any(line.split()[2] == symbol for line in lines if symbol in line)
    except FileNotFoundError:  # a host that only lists the cases
        return False


# Without kprobe-multi every probe costs 10-100 ms to attach and detach (TCG): cases use few functions. It is
# CONFIG_FPROBE, which Debian has from 6.12 on, of arm64 later.
HAS_MULTI = kernel_has("register_fprobe_ips")
# How often a probe missed a hit, Linux tells of kprobe-multi from 6.7 on; of probe events never.
TELLS_MISSED = HAS_MULTI and KERNEL >= (6, 7)
# Numbers of system calls are the processor's.
ACCEPT4, ACCEPT = {"x86_64": (288, 43), "aarch64": (242, 202)}[os.uname().machine]

# What takes long has a longer form, which scripts/test --all asks for.
ALL = "--all" in sys.argv

CASES = []


def case(function):
    CASES.append(function)
    return function


class Failed(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what))


def check_equal(got, want, what):
    check(got == want, f"{what}: got {got!r}, want {want!r}")


LINE = re.compile(
    r"^(?P<cpu>\d+) +(?P<tgid>\d+)\((?P<comm>.*?)\) +(?P<func>\S+)(?: \[(?P<module>\S+)\])? *\t"
    r" (?P<local>.+?) -> (?P<remote>.+?) netns=(?P<netns>\S+) family=(?P<family>\S+)"
    r" protocol=(?P<protocol>\S+)(?P<rest>.*)$")


class Hit:
    """One printed hit: fields as attributes, `stack` a list of frames, `rest` a dict of key=value."""

    def __init__(self, match, text):
        self.text = text
        for name, value in match.groupdict().items():
            setattr(self, name, value)
        self.tgid = int(self.tgid)
        self.extra = dict(re.findall(r"(\S+?)=(\S+)", self.rest))
        self.stack = []


def parse_hits(text):
    """Every line must be a hit or a stack line of the hit before it."""
    hits = []
    lines = text.split("\n")
    check(lines and lines[-1] == "", "output does not end with a newline:", repr(text[-80:]))
    lines = lines[:-1]
    check(lines, "no header")
    check(lines[0].startswith("CPU PROCESS"), "no header:", repr(lines[0]))
    for line in lines[1:]:
        if line.startswith("\t"):
            check(hits, "a stack line before any hit")
            hits[-1].stack.append(line[1:])
            continue
        match = LINE.match(line)
        check(match, "not a hit:", repr(line))
        hits.append(Hit(match, line))
    return hits


SUMMARY = re.compile(
    r"^socketrace: (?P<printed>\d+) hits? (?:printed|counted), (?P<lost>\d+) lost \((?:ring full|no room)\),"
    r" (?P<missed>\d+|unknown) missed \(re-entry\), (?P<attached>\d+)/(?P<wanted>\d+) (?:function|tracepoint)s",
    re.M)


class Outcome:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        match = SUMMARY.search(err)
        self.has_summary = bool(match)
        if match:
            self.printed = int(match["printed"])
            self.lost = int(match["lost"])
            self.missed = None if match["missed"] == "unknown" else int(match["missed"])
            self.attached = int(match["attached"])
            self.wanted = int(match["wanted"])

    @property
    def hits(self):
        return parse_hits(self.out)

    def ok(self):
        check_equal(self.status, 0, "exit status; stderr:\n" + self.err + "\n")
        check(self.has_summary, "no summary on stderr:", self.err)
        return self


class Tracer:
    """with Tracer("--filter-port", "22") as t: traffic(); then t.outcome. Output goes to a file."""

    READY = "socketrace: attached "

    def __init__(self, *args, stdout=None, wait_ready=True, env=None, preexec=None, timeout=300):
        self.args = [str(a) for a in args]
        self.folder = tempfile.TemporaryDirectory(prefix="socketrace-test-")
        self.out_path = os.path.join(self.folder.name, "out")
        self.err_path = os.path.join(self.folder.name, "err")
        self.stdout, self.env, self.preexec = stdout, env, preexec
        self.wait_ready, self.timeout = wait_ready, timeout
        self.process = None
        self.outcome = None

    def start(self):
        stdout = self.stdout if self.stdout is not None else open(self.out_path, "wb")
        with open(self.err_path, "wb") as err:
            self.process = subprocess.Popen([SOCKETRACE, *self.args], stdout=stdout, stderr=err,
                                            stdin=subprocess.DEVNULL, env=self.env,
                                            preexec_fn=self.preexec)
        if self.stdout is None:
            stdout.close()
        if self.wait_ready:
            self.until_stderr(self.READY)
        return self

    def stderr(self):
        with open(self.err_path, "rb") as err:
            return err.read().decode("utf-8", "replace")

    def until_stderr(self, text, timeout=None):
        end = time.monotonic() + (timeout or self.timeout)
        while text not in self.stderr():
            if self.process.poll() is not None:
                if text in self.stderr():
                    return
                raise Failed(f"socketrace {' '.join(self.args)} ended with "
                             f"{self.process.returncode} before {text!r}:\n{self.stderr()}")
            check(time.monotonic() < end, f"no {text!r} in time:\n{self.stderr()}")
            time.sleep(0.02)

    def catches(self, signum):
        """Is there a handler yet? Before main() has installed it, a signal ends us as any process."""
        caught = re.search(r"^SigCgt:\t(\w+)$", read(f"/proc/{self.process.pid}/status"), re.M)
        return bool(caught) and bool(int(caught[1], 16) >> (signum - 1) & 1)

    def wait(self, timeout=None):
        try:
            status = self.process.wait(timeout or self.timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed(f"socketrace {' '.join(self.args)} did not end:\n{self.stderr()}")
        out = ""
        if os.path.exists(self.out_path):
            with open(self.out_path, "rb") as f:
                out = f.read().decode("utf-8", "surrogateescape")
        self.outcome = Outcome(status, out, self.stderr())
        return self.outcome

    def stop(self, signum=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if kind is None else signal.SIGKILL)
        if self.outcome is None and kind is None:
            self.wait()
        else:
            self.process.wait()
        return False


def socketrace(*args, timeout=300, **options):
    """Runs to its own end."""
    return Tracer(*args, wait_ready=False, timeout=timeout, **options).start().wait()


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read().decode("utf-8", "replace")
    except OSError as error:
        return f"<{error.strerror}>"


def armed_functions():
    """Functions with something attached, as ftrace and kprobes tell."""
    return (read(TRACEFS + "/enabled_functions").splitlines() +
            read("/sys/kernel/debug/kprobes/list").splitlines() +
            read(TRACEFS + "/kprobe_events").splitlines())


def bpf_leftovers():
    out = subprocess.run(["bpftool", "prog", "show"], capture_output=True, text=True).stdout
    links = subprocess.run(["bpftool", "link", "show"], capture_output=True, text=True).stdout
    return [l for l in out.splitlines() if re.search(r"name st_", l)] + links.splitlines()


def check_no_residue(timeout=60):
    """Nothing of ours is left; the kernel frees programs and links a moment after the last close."""
    end = time.monotonic() + timeout
    while True:
        armed, bpf = armed_functions(), bpf_leftovers()
        if not armed and not bpf:
            return
        check(time.monotonic() < end, "left behind:", armed[:5], bpf[:5])
        time.sleep(0.2)


def verdicts_of_earlier_boots():
    """By the name of the case; scripts/test leaves them here when a guest died and it boots anew."""
    try:
        with open("/done", encoding="ascii") as lines:
            return {name: verdict for verdict, name in map(str.split, lines)}
    except FileNotFoundError:
        return {}


def name_of(function):
    return f"{function.__module__.split('.')[-1]}.{function.__name__}"


def choose(wanted):
    """Only those whose name contains one of the words, if there are any."""
    if wanted:
        CASES[:] = [function for function in CASES if any(word in name_of(function) for word in wanted)]


def main(row="", asked_for=False):
    passed = failed = 0
    done = verdicts_of_earlier_boots()
    reasons = left_out_of(row, asked_for or ALL)
    left_out = 0
    for function in CASES:
        name = name_of(function)
        if name in reasons:
            left_out += 1
            print(f"left out {name}: not on {row}: {reasons[name]}")
            continue
        if name in done:
            passed += done[name] == "ok"
            failed += done[name] != "ok"
            continue
        begin = time.monotonic()
        try:
            function()
        except Exception as error:  # a case that breaks is a failed case
            failed += 1
            print(f"FAIL {name} ({time.monotonic() - begin:.1f} s)")
            if isinstance(error, Failed):
                print("    " + str(error).replace("\n", "\n    "))
            else:
                print("    " + traceback.format_exc().replace("\n", "\n    "))
        else:
            passed += 1
            print(f"ok   {name} ({time.monotonic() - begin:.1f} s)")
        sys.stdout.flush()
    print(f"guest {row or os.uname().release}: {passed} passed, {failed} failed, {left_out} left out")
    return 1 if failed or not passed else 0
