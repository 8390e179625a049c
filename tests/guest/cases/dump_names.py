# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace dump`: whose messages are told, and by what name."""
import os
import re
import socket

from dumped import TYPES, Folder, check_said, connected, dump, listener, messages_of, say_once
from harness import Tracer, case, check, check_equal, socketrace
from traffic import run_as


@case
def path_alias_relative_and_glob():
    with Folder() as folder:
        path = folder + "/a.sock"
        found = say_once(path, path)
        check_said(found, b"hello")
        check_equal((found[0].path, found[0].pid, found[0].arrow, found[0].type),
                    (path, os.getpid(), ">>>", "stream"), "header")
        check_equal(found[0].peer, f"~{os.getpid()}", "the recorded peer")
        check_said(say_once(folder + "/[a-h]?obb*.sock", folder + "/globbed.sock"), b"hello")
        os.symlink(folder + "/real.sock", folder + "/link.sock")
        found = say_once("./link.sock", folder + "/real.sock")  # by its file
        check_said(found, b"hello")
        check_equal(found[0].path, folder + "/real.sock", "path as bound")


@case
def abstract_names():
    with listener("\0dump-test2") as server, connected("\0dump-test2") as other:
        end, _ = server.accept()
        with end:
            check_said(say_once("@dump-test", "\0dump-test", before=lambda: other.send(b"foreign")), b"hello")
    found = say_once("@du\\x00m*", "\0du\0mp")
    check_said(found, b"hello")
    check_equal(found[0].path, "@du\\x00mp", "an abstract name with a NUL")


@case
def autobind_and_unconnected_datagrams():
    with Folder() as folder, listener("d.sock", socket.SOCK_DGRAM) as server, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.bind("")  # the kernel chooses: five hexadecimal digits
        own = client.getsockname()[1:].decode()
        with dump(folder + "/d.sock", "--type", "dgram") as by_file, \
                dump("d.sock", "--type", "dgram") as by_name, dump("@" + own, "--type", "dgram") as by_own:
            client.sendto(b"one", "d.sock")
            server.recv(10)
            client.sendto(b"two", folder + "/d.sock")
            server.recv(10)
            file, name, mine = (messages_of(t.stop().ok()) for t in (by_file, by_name, by_own))
    check_said(file, b"one", b"two")
    check_said(name, b"one", b"two")
    check_said(mine, b"one", b"two")
    check_equal(mine[0].path, "@" + own, "an autobound name")
    check_equal(file[0].path, "d.sock", "the destination's name")


@case
def pairs_have_no_name():
    for kind, word in TYPES.items():
        a, b = socket.socketpair(socket.AF_UNIX, kind)
        with a, b, dump("*", "--type", word, "--filter-pid", os.getpid(), "--side", "both") as tracer:
            a.send(b"to b")
            b.recv(10)
            b.send(b"to a")
            a.recv(10)
            found = messages_of(tracer.stop().ok())
            inodes = [os.fstat(s.fileno()).st_ino for s in (a, b)]
        check_said(found, b"to b", b"to b", b"to a", b"to a")
        check_equal([m.arrow for m in found], [">>>", "<<<", ">>>", "<<<"], "directions")
        check_equal([m.type for m in found], [word] * 4, "type")
        check_equal(found[0].path, "-", "path")
        check_equal([(int(m.inode), int(m.peer_inode)) for m in found],
                    [(inodes[0], inodes[1]), (inodes[1], inodes[0]),
                     (inodes[1], inodes[0]), (inodes[0], inodes[1])], "inodes")
        check_equal(found[-1].peer, str(os.getpid()), "the peer is who used it last")


@case
def seqpacket_connection():
    with Folder():
        found = say_once("q.sock", "q.sock", kind=socket.SOCK_SEQPACKET)
    check_said(found, b"hello")
    check_equal(found[0].type, "seqpacket", "type")


@case
def the_child_that_accepted_is_the_peer():
    """The kernel recorded the parent, who listened."""
    with Folder() as folder, listener("l.sock") as server:
        ready_r, ready_w = os.pipe()
        go_r, go_w = os.pipe()
        child = os.fork()
        if child == 0:
            end, _ = server.accept()
            os.write(ready_w, b"x")
            os.read(go_r, 1)
            end.recv(10)
            end.send(b"answer")
            end.recv(10)
            os._exit(0)
        client = connected("l.sock")
        os.read(ready_r, 1)
        with client, dump(folder + "/l.sock", "--type", "stream") as tracer:
            client.send(b"first")
            os.write(go_w, b"x")
            check_equal(client.recv(10), b"answer", "received")
            client.send(b"second")
            os.waitpid(child, 0)
            found = messages_of(tracer.stop().ok())
    check_said(found, b"first", b"answer", b"second")
    check_equal([m.peer for m in found], [f"~{os.getpid()}", str(os.getpid()), str(child)],
                "peers: recorded, then seen")


@case
def filters_by_type_comm_uid():
    def talk():
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            a, b = socket.socketpair(socket.AF_UNIX, kind)
            a.send(b"s" if kind == socket.SOCK_STREAM else b"d")

    with dump("*", "--type", "dgram", "--filter-comm", "talker*") as dgrams, \
            dump("*", "--filter-comm", "talker*", "--filter-uid", "12345") as others, \
            dump("*", "--filter-comm", "talker*", "--filter-uid", "0", "--filter-netns", "self") as roots:
        run_as("talker one", talk)
        run_as("silent", talk)
        found = [messages_of(t.stop().ok()) for t in (dgrams, others, roots)]
    check_said(found[0], b"d")
    check_equal(found[0][0].comm, "talker\\x20one", "comm")
    check_said(found[1])
    check_said(found[2], b"s", b"d")


@case
def hostile_names_print_safely():
    """Escapes, newlines and bytes that are no UTF-8, in path and comm."""
    with Folder() as folder:
        name = (folder + "/\x1b[2J\n12:00:00.000 >>> process x ").encode() + b"\xff\xfe"
        with listener(name) as server, connected(name) as client:
            end, _ = server.accept()
            with end, dump(folder + "/*") as tracer, \
                    Tracer("dump", folder + "/*", "--format", "string") as text:
                run_as(b"a] path \x1b\n\xff", client.send, b"\x1b[2J\n12:00 >>> \xff \xe2\x80\xae caf\xc3\xa9")
                end.recv(100)
                found = messages_of(tracer.stop().ok())
                said = text.stop().ok().out
    check_equal(len(found), 1, "messages")
    check_equal(found[0].path, folder + "/\\x1b[2J\\x0a12:00:00.000\\x20>>>\\x20process\\x20x\\x20\\xff\\xfe",
                "path")
    check_equal(found[0].comm, "a]\\x20path\\x20\\x1b\\x0a\\xff", "comm")
    lines = said.splitlines()
    check_equal(lines[1:], ["\t\\x1b[2J\\n", "\t12:00 >>> \\xff \\u202e caf\u00e9"], "string")


@case
def foreign_sockets_never_appear():
    with Folder() as folder, listener("mine.sock") as mine, listener("mine.sock2") as other:
        with connected("mine.sock") as client, connected("mine.sock2") as stranger:
            a, b = socket.socketpair()
            with a, b, dump(folder + "/mine.sock", "--side", "both") as by_file, \
                    dump("mine.soc?", "--side", "both") as by_glob:
                end, _ = mine.accept()
                far, _ = other.accept()
                with end, far:
                    for speaker, hearer in ((stranger, far), (a, b), (client, end), (far, stranger)):
                        speaker.send(b"said")
                        hearer.recv(10)
                found = [messages_of(t.stop().ok()) for t in (by_file, by_glob)]
    for one in found:
        check_said(one, b"said", b"said")
        check_equal({m.path for m in one}, {"mine.sock"}, "path")


@case
def wrong_usage_and_examples():
    for words in (["dump"], ["dump", "@" + "x" * 200], ["dump", "a[b"], ["dump", "*", "--format", "x"],
                  ["dump", "*", "--max-bytes", "2M"], ["dump", "a", "b"]):
        outcome = socketrace(*words)
        check_equal(outcome.status, 2, f"status of {words}; {outcome.err}")
    outcome = socketrace("dump", "/etc/passwd", "--duration", "0.1").ok()
    check("/etc/passwd is no socket's file here" in outcome.err, outcome.err)
    text = socketrace("dump", "--help").out
    lines = re.findall(r"^  socketrace (dump .*)$", text, re.M)
    check(len(lines) >= 3, "no examples:", text)
    import shlex
    for line in lines:
        words = [re.sub("^10$", "1", w) for w in shlex.split(line)]
        socketrace(*words).ok()


@case
def a_socket_that_is_bound_anew_goes_on():
    """As a daemon does that is started again, maybe in a folder that is new as well."""
    def say(text):
        with listener("d.sock") as server, connected("d.sock") as client:
            end, _ = server.accept()
            with end:
                client.send(text)
                end.recv(100)

    with Folder() as folder, listener("d.sock"):
        with dump(folder + "/d.sock") as tracer:
            with connected("d.sock") as client:
                client.send(b"before")
            os.unlink("d.sock")
            say(b"after")
            found = tracer.stop().ok()
    check_said(messages_of(found), b"before", b"after")
    check("the file has changed" in found.err, found.err)
