# SPDX-License-Identifier: BSD-2-Clause
"""scripts/run in a guest: a small service on port 22, a client, and socketrace watching both."""
import os
import signal
import socket
import subprocess
import sys
import threading
import time


def serve(listener):
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"SSH-2.0-demo\r\n")
        connection.recv(64)
        connection.close()


def child(comm, function):
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with open("/proc/self/comm", "w", encoding="ascii") as f:
            f.write(comm)
        function()
        os._exit(0)
    return pid


def visit():
    while True:
        with socket.create_connection(("127.0.0.1", 22)) as connection:
            connection.recv(64)
            connection.sendall(b"SSH-2.0-client\r\n")
            connection.recv(1)
        time.sleep(0.2)


def main():
    listener = socket.create_server(("127.0.0.1", 22))
    pids = [child("sshd", lambda: serve(listener)), child("ssh", visit)]
    tracer = subprocess.Popen(["/usr/local/bin/socketrace", *sys.argv[1:]])
    try:
        # Without a limit the demo ends by itself: a guest has no terminal to press Ctrl-C on.
        timer = threading.Timer(60, tracer.send_signal, [signal.SIGINT])
        timer.start()
        status = tracer.wait()
        timer.cancel()
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    return status


sys.exit(main())
