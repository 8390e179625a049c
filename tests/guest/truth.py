# SPDX-License-Identifier: BSD-2-Clause
"""Which cases run where. TRUTH: those that hold what socketrace says against what was done, by exact counts and
values, a few of each command; scripts/test runs them on the rows of scripts/lib/kernels.table that are tested so.
LEFT_OUT: what cannot be had on a row, and why; run.py prints each, and scripts/test once more at its end.
BETWEEN: what the kernel has the least part in and takes half a minute each, on the rows between the oldest and the
newest of those that run every case: only by --all or by name."""
import fnmatch

TRUTH = (
    "attaching.all_ways_see_the_same_hits",
    "calls.datagrams_one_by_one_and_many_at_once",
    "calls.inet_calls_and_their_errors",
    "calls.states_carry_their_owner",
    "calls.ten_thousand_refused_and_a_good_one",
    "calls.unix_names_of_every_kind",
    "closing.a_closing_socket_keeps_its_port",
    "closing.resets_and_refusals_have_the_packets_ends",
    "closing.who_dropped_it",
    "connect.every_family_has_its_line",
    "connect.results_are_final_and_timed",
    "connect.the_owner_is_right_when_others_are_interrupted",
    "connect_dns.a_statically_linked_resolver_is_named",
    "context.hard_interrupts_softirqs_and_tasks_are_told_apart",
    "count.calls_equal_the_drivers_own_count",
    "count_by.by_family_equals_the_driver",
    "count_by.by_protocol_equals_the_driver",
    "count_functions.functions_are_what_the_main_command_prints",
    "count_functions.functions_by_every_way",
    "dump_calls.sendfile_and_splice",
    "dump_calls.twenty_segments_and_sendmmsg",
    "dump_names.path_alias_relative_and_glob",
    "dump_packets.an_http_exchange_as_tcp",
    "endpoints.ipv4_tcp",
    "endpoints.ipv6_tcp",
    "endpoints.udp",
    "limits.a_slow_host_of_many_writers",
    "limits.exactly_50_hits_then_a_normal_end",
    "limits.nothing_lost_with_all_functions",
    "limits.nothing_lost_with_three_functions",
    "limits.overload_counts_every_loss",
    "packets_routed.a_connection_with_another_destination_after_output_nat",
    "packets_routed.udp_of_ipv6_through_a_router",
    "packets_routed.udp_through_a_router",
    "packets_tunnelled.a_frame_from_a_tap_device",
    "packets_tunnelled.vxlan",
    "preemption.attempts_to_connect",
    "preemption.hits",
    "preemption.lines_of_calls",
    "preemption.short_datagrams",
    "selection.cpu_0_may_be_offline",
    "sockets.receive_path_shows_the_tuple_of_the_headers",
    "sockets.stacks_show_the_way_to_the_syscall",
    "verifier.the_fastest_programs_load",
    "where_calls_go.an_address_that_somebody_writes_to_meanwhile",
    "where_calls_go.fast_open_has_its_final_result",
)

# (rows, as a shell pattern; case; reason)
LEFT_OUT = (
    ("*-arm64", "calls.calls_of_32_bit_programs_are_counted",
     "the case calls as a 32-bit program of x86 does, by int 0x80"),
)

BETWEEN = (
    "calls.the_examples_of_the_help",
    "connect_options.the_examples_of_its_help_run",
    "count.every_filter_with_every_count",
    "count.examples_of_the_help_run",
    "dump_names.wrong_usage_and_examples",
    "faults_resources.f27_patterns",
)
ROWS_BETWEEN = ("6.1", "6.12")


def left_out_of(row, asked_for):
    """{case: reason}; `asked_for`: by --all or by name."""
    reasons = {case: reason for rows, case, reason in LEFT_OUT if fnmatch.fnmatch(row, rows)}
    if row in ROWS_BETWEEN and not asked_for:
        reasons.update({case: "it runs on 5.10 and 7.2, here by --all" for case in BETWEEN})
    return reasons


def check_names(known):
    """A name that no case has any more would leave something out unseen."""
    unknown = {*TRUTH, *BETWEEN, *(case for _, case, _ in LEFT_OUT)} - set(known)
    if unknown:
        raise SystemExit(f"tests/guest/truth.py names no case: {sorted(unknown)}")
