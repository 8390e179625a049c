# SPDX-License-Identifier: BSD-2-Clause
"""Whose a frame is, where code comes while socketrace runs."""
from bpf_programs import FilteredReceiver
from harness import Tracer, case, check, check_equal
from packets import there


@case
def a_bpf_program_that_comes_later_is_not_one_that_was_there():
    (cookie,) = there(["__sock_gen_cookie", "sock_gen_cookie"])[:1]
    # Both of the same length, longer than a page: the later one lies where the earlier one might reach.
    with FilteredReceiver("st_before", 2000) as before, \
            Tracer("--filter-funcs", cookie, "--output-stack", "--filter-comm", "python3") as tracer, \
            FilteredReceiver("st_later", 2000) as later:
        before.receive_one()
        later.receive_one()
        outcome = tracer.stop().ok()
    frames = []
    for hit in outcome.hits:
        callers = [frame for frame in hit.stack if not frame.startswith("bpf_get_socket_cookie")]
        at = next(i for i, frame in enumerate(callers) if frame.startswith(cookie + "+"))
        frames.append(callers[at + 1])
    print("     frames:", *frames)
    check_equal(len(frames), 2, "hits")
    check("_st_before+" in frames[0] and frames[0].endswith("[bpf]"), "the program that was there:", frames[0])
    check(frames[1].startswith("0x"), "the program that came later:", frames[1])
