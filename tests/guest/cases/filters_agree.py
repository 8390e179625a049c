# SPDX-License-Identifier: BSD-2-Clause
"""The filters in the kernel against a plain evaluation of the same filters in user space, on forty (--all: a
hundred) thousand random images of sockets and packets: tests/bpf/match_agrees.cc. Nothing is attached."""
import re
import subprocess

from harness import ALL, KERNEL, case, check, check_equal


@case
def kernel_and_user_space_agree_on_every_image():
    # --all: 64 configurations of 1600 images each.
    done = subprocess.run(["match-agrees", "64" if ALL else "24", "1600"], capture_output=True, text=True, timeout=600)
    check_equal(done.returncode, 0, "status:\n" + done.stdout[-3000:] + done.stderr)
    counts = re.search(r"(\d+) images, (\d+) matched, (\d+) lines, 0 disagreements", done.stdout)
    check(counts, done.stdout)
    images, matched = int(counts[1]), int(counts[2])
    check(images >= (100000 if ALL else 38000), "images:", images)
    # Filters that pass everything, or nothing, would agree as well.
    check(int(counts[3]) > images / 50, counts[3], "lines of", images, "images compared")
    check(images / 50 < matched < images * 3 / 4, matched, "of", images, "matched")
    check_equal("skip st_match_direct" in done.stdout, KERNEL < (6, 2), "direct loads left out")
