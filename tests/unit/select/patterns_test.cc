// SPDX-License-Identifier: BSD-2-Clause
#include "select/patterns.h"

#include <doctest/doctest.h>

#include <string>

using namespace socketrace;

namespace {

std::string error_of(const char* include, const char* exclude) {
  Selection selection;
  selection.include_pattern = include;
  selection.exclude_pattern = exclude;
  const auto patterns = NamePatterns::compile(selection);
  if (patterns) return "";
  CHECK(patterns.error().exit_status() == 2);
  return patterns.error().text();
}

}  // namespace

TEST_CASE("patterns: without any, all names but glue") {
  const auto patterns = NamePatterns::compile({});
  REQUIRE(patterns);
  CHECK(patterns->wants("tcp_sendmsg"));
  CHECK(patterns->wants("__bpf_trace"));
  CHECK(patterns->wants("sk_psock_bpf_run"));
  for (const char* glue :
       {"__bpf_trace_sk_data_ready", "__traceiter_kfree_skb", "__probestub_kfree_skb",
        "perf_trace_sock_send_length", "trace_event_raw_event_tcp_event_sk", "bpf_sk_release",
        "bpf_lsm_socket_bind"}) {
    CAPTURE(glue);
    CHECK_FALSE(patterns->wants(glue));
  }
}

TEST_CASE("patterns: full match, exclude wins, glue on request") {
  Selection selection;
  selection.include_pattern = "tcp_.*|bpf_.*";
  selection.exclude_pattern = ".*_recv";
  const auto patterns = NamePatterns::compile(selection);
  REQUIRE(patterns);
  CHECK(patterns->wants("tcp_send"));
  CHECK(patterns->wants("bpf_sk_release"));
  CHECK_FALSE(patterns->wants("tcp_recv"));
  CHECK_FALSE(patterns->wants("__tcp_send"));
  CHECK_FALSE(patterns->wants("perf_trace_x"));
}

TEST_CASE("patterns: only an exclude pattern keeps the glue out") {
  Selection selection;
  selection.exclude_pattern = "udp.*";
  const auto patterns = NamePatterns::compile(selection);
  REQUIRE(patterns);
  CHECK(patterns->wants("tcp_send"));
  CHECK_FALSE(patterns->wants("udp_send"));
  CHECK_FALSE(patterns->wants("bpf_sk_release"));
}

TEST_CASE("patterns: a bad one is a usage error that names option, pattern and place") {
  CHECK(error_of("tcp_(", "") == "--filter-funcs 'tcp_(': missing ): tcp_(");
  CHECK(error_of("", "a[z-b]c") ==
        "--exclude-funcs 'a[z-b]c': invalid character class range: z-b (at character 3)");
  CHECK(error_of("tcp_**", "") ==
        "--filter-funcs 'tcp_**': bad repetition operator: ** (at character 5)");
  CHECK(error_of("\xff", "").starts_with("--filter-funcs '\xff': invalid UTF-8"));
}

TEST_CASE("what is never traced says why") {
  CHECK(never_traced("tcp_sendmsg") == nullptr);
  CHECK(never_traced("srcu_thing") == nullptr);
  for (const char* name :
       {"rcu_read_lock_any", "__rcu_read_lock", "migrate_disable", "preempt_count_add",
        "__bpf_prog_enter_recur", "__bpf_tramp_exit", "bpf_dispatcher_xdp_func",
        "default_idle_call", "__ftrace_invalid_address___64"}) {
    CAPTURE(name);
    REQUIRE(never_traced(name) != nullptr);
  }
}
