# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace connect`: its columns, styles and filters."""
import errno
import os
import re
import socket
import subprocess
import tempfile

from connect_rows import ME, check_mine, connect, free_port, full_listener, one_row, rows_of
from harness import SOCKETRACE, Tracer, case, check, check_equal, socketrace


@case
def immediate_tells_what_the_call_returned():
    with full_listener() as full, Tracer("connect", "--immediate") as tracer:
        with socket.socket() as one:
            one.setblocking(False)
            check_equal(one.connect_ex(("127.0.0.1", full)), errno.EINPROGRESS, "connect")
            check_equal(one.connect_ex(("127.0.0.1", full)), errno.EALREADY, "again")
        rows = rows_of(tracer.stop().ok())
    check_equal([row["result"] for row in rows], ["EINPROGRESS", "EALREADY"], rows)


@case
def programs_that_are_gone_are_named():
    """By path and command line, though each ended long before its line was read."""
    port = free_port()
    script = f"exec 3<>/dev/tcp/127.0.0.1/{port}"
    with Tracer("connect", "--args", "--filter-port", port) as tracer:
        child = subprocess.Popen(["bash", "-c", script, "a word\n"], stderr=subprocess.DEVNULL)
        child.wait()
        rows = rows_of(tracer.stop().ok())
    row = one_row(rows, f"127.0.0.1:{port}")
    check_mine(row, "ECONNREFUSED", os.path.realpath("/bin/bash"), child.pid)
    check_equal(row["args"], f"-c {script} a word\\x0a", "arguments")


@case
def a_program_in_another_root_has_the_path_it_sees():
    """A mount namespace of its own: what /proc would show is gone with the process."""
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c",
         "mkdir -p /tmp/box && mount -t tmpfs box /tmp/box && mkdir /tmp/box/deep && "
         "cp /bin/bash /tmp/box/deep/other && readlink -f /tmp/box/deep/other"],
        capture_output=True, text=True, timeout=60)
    check_equal(done.returncode, 0, "no mount namespace: " + done.stderr)
    port = free_port()
    with Tracer("connect", "--filter-port", port) as tracer:
        subprocess.run(["unshare", "-m", "sh", "-c",
                        "mount -t tmpfs box /tmp/box && mkdir /tmp/box/deep && "
                        "cp /bin/bash /tmp/box/deep/other && "
                        f"/tmp/box/deep/other -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'"],
                       stderr=subprocess.DEVNULL, timeout=60)
        rows = rows_of(tracer.stop().ok())
    check_equal(len(rows), 1, rows)
    check(re.match(r"/tmp/box/deep/other@mnt:\d+$", rows[0]["process"]), "another mount namespace:", rows[0])


@case
def programs_without_a_file_are_marked():
    """One that was deleted while it ran, and one that never had a name on a file system."""
    port = free_port()
    script = f"exec 3<>/dev/tcp/127.0.0.1/{port}"
    shell = os.path.realpath("/bin/bash")
    with tempfile.TemporaryDirectory() as folder, Tracer("connect", "--filter-port", port) as tracer:
        subprocess.run(["cp", shell, folder + "/gone"], check=True)
        subprocess.run([folder + "/gone", "-c", f"rm {folder}/gone; {script}"], stderr=subprocess.DEVNULL, timeout=60)
        memory = os.memfd_create("payload", 0)
        with open(shell, "rb") as f:
            os.write(memory, f.read())
        subprocess.run([f"/proc/self/fd/{memory}", "-c", script], stderr=subprocess.DEVNULL, pass_fds=[memory],
                       timeout=60)
        rows = rows_of(tracer.stop().ok())
    check_equal([row["process"] for row in rows], [folder + "/gone(deleted)", "memfd:payload"], rows)


@case
def filters_and_failed():
    bad = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        good = listener.getsockname()[1]

        def traffic():
            connect(socket.AF_INET, ("127.0.0.1", good))
            connect(socket.AF_INET, ("127.0.0.1", bad), False)
            connect(socket.AF_INET6, ("::ffff:127.0.0.1", good))
            with socket.socket(socket.AF_UNIX) as client:
                client.connect_ex("\0nobody")

        four = f"127.0.0.1:{good}", f"127.0.0.1:{bad}", f"[::ffff:127.0.0.1]:{good}", "unix:@nobody"
        for options, want in ((["--failed"], [four[1], four[3]]),
                              (["--filter-port", good], [four[0], four[2]]),
                              (["--filter-family", "unix"], [four[3]]),
                              (["--filter-family", "inet6"], [four[2]]),
                              (["--filter-addr", "127.0.0.0/8"], list(four[:3])),
                              (["--filter-addr", "::1"], []),
                              (["--filter-protocol", "tcp"], list(four[:3])),
                              (["--filter-netns", "self"], list(four)),
                              (["--filter-uid", "root"], list(four)),
                              (["--filter-uid", "12345"], []),
                              (["--filter-pid", os.getpid()], list(four)),
                              (["--filter-comm", "nobody"], []),
                              (["--output-limit-lines", 2], list(four[:2]))):
            with Tracer("connect", *options) as tracer:
                traffic()
                rows = rows_of(tracer.stop().ok())
            check_equal([row["to"] for row in rows], want, f"with {options}")


@case
def the_longest_filters_load_and_match():
    """What the verifier never sees while a filter is not set."""
    with socket.create_server(("0.0.0.0", 0)) as listener, open("/proc/self/comm", encoding="ascii") as comm:
        to = ("127.0.0.5", listener.getsockname()[1])
        netns = os.stat("/proc/self/ns/net").st_ino
        everything = {"pid": [*range(900_000, 900_031), os.getpid()],
                      "comm": [*(f"nobody{n}" for n in range(15)), comm.read().strip()],
                      "addr": [*(f"2001:db8::{n}" for n in range(8)),
                               *(f"10.0.{n}.0/24" for n in range(7)), "127.0.0.5"],
                      "port": [*(f"{n}-{n + 1}" for n in range(1, 63, 2)), to[1]],
                      "protocol": [*range(100, 115), 6], "family": [*range(50, 65), 2],
                      "mark": [*(f"{n}/0xff" for n in range(1, 16)), "0"],
                      "netns": [*range(1, 16), netns], "uid": [*range(1, 16), 0]}
        options = [word for name, values in everything.items()
                   for word in (f"--filter-{name}", ",".join(map(str, values)))]
        with Tracer("connect", "--args", "--output-limit-lines", 1000, *options) as tracer:
            connect(socket.AF_INET, to)
            connect(socket.AF_INET, ("127.0.0.2", to[1]))
            connect(socket.AF_INET, to, False)
            rows = rows_of(tracer.stop().ok())
    check_equal([row["to"] for row in rows], ["127.0.0.5:%d" % to[1]] * 2, rows)


@case
def networks_are_named():
    with tempfile.NamedTemporaryFile("w") as table:
        table.write("127.0.0.0\t127.0.0.255\t64500\tZZ\tLOOP Some words\n"
                    "nonsense\n2130706688\t2130706943\t64501\tZZ\tNEXT\n")
        table.flush()
        with Tracer("connect", "--as", table.name) as tracer:
            for address in ("127.0.0.1", "127.0.1.1", "127.0.2.1"):
                connect(socket.AF_INET, (address, 9))
            outcome = tracer.stop().ok()
    check_equal([row["rest"] for row in rows_of(outcome)], ["AS64500 (LOOP)", "AS64501 (NEXT)", "-"],
                "AS-INFO")
    check(f"{table.name}:2: " in outcome.err, outcome.err)


@case
def style_and_histograms():
    bad = free_port()
    with Tracer("connect", "--style", "soconnect") as tracer:
        connect(socket.AF_INET, ("127.0.0.1", bad))
        lines = tracer.stop().ok().out.splitlines()
    check_equal(lines[0], "PID    PROCESS          FAM ADDRESS          PORT   LAT(us) RESULT", "header")
    check(re.match(rf"{os.getpid()} +\S+ +2   127.0.0.1        {bad} +\d+ Connect refused$", lines[1]), lines)
    with Tracer("connect", "--histogram", "--filter-pid", os.getpid()) as tracer:
        for _ in range(7):
            connect(socket.AF_INET, ("127.0.0.1", bad), False)
        outcome = tracer.stop().ok()
    out = outcome.out
    check("7 attempts in histograms" in outcome.err, outcome.err)
    check(out.startswith(f"port {bad}: 7 attempts\n    microseconds "), out)
    counts = re.findall(r"^ *\d+ -> \d+ +: (\d+) ", out, re.M)
    check_equal(sum(map(int, counts)), 7, out)
    with Tracer("connect", "--histogram", "process", "--filter-pid", os.getpid()) as tracer:
        connect(socket.AF_INET, ("127.0.0.1", bad))
        out = tracer.stop().ok().out
    check(out.startswith(f"{ME}: 1 attempt\n"), out)


@case
def the_examples_of_its_help_run():
    text = subprocess.run([SOCKETRACE, "connect", "--help"], capture_output=True, text=True).stdout
    examples = re.findall(r"^  (socketrace connect.*)$", text.split("\nExamples:\n")[1], re.M)
    check(len(examples) >= 3, "examples:", examples)
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/ip2asn-combined.tsv", "w", encoding="ascii") as table:
            table.write("127.0.0.0\t127.0.0.255\t64500\tZZ\tLOOP\n")
        for example in examples:
            check("--duration" in example, "an example that does not end:", example)
            done = subprocess.run(["sh", "-c", example.replace("socketrace", SOCKETRACE, 1)], cwd=folder,
                                  capture_output=True, text=True, timeout=120)
            check_equal(done.returncode, 0, f"status of {example}: {done.stderr}")
    check_equal(socketrace("connect", "--histogram", "--style", "soconnect").status, 2, "conflict")
