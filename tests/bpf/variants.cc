// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bpf/variants.h"

#include <vector>

namespace {

// Every filter with two rules: one would let the loops go.
const std::vector<Variant> kFilters = {
    {"pid", [](st_config& c) { c.pid_count = 2, c.pids[0] = 1, c.pids[1] = 2; }},
    {"own", [](st_config& c) { c.own_tgid = 77; }},
    {"comm",
     [](st_config& c) {
       c.comm_count = 2;
       c.comms[0] = {"sshd", 5};  // whole name: with its NUL
       c.comms[1] = {"exactly15bytes_", 16};
     }},
    {"addr",
     [](st_config& c) {
       c.addr_count = 2;
       c.addrs[0] = {{0x0a, 0, 0, 0}, {0xff, 0, 0, 0}, 2};
       c.addrs[1] = {{1, 2, 3, 4}, {~0u, ~0u, ~0u, ~0u}, 10};
     }},
    {"port",
     [](st_config& c) {
       c.port_count = 2, c.ports[0] = ST_PORT_RULE(22, 22), c.ports[1] = ST_PORT_RULE(80, 90);
     }},
    {"protocol",
     [](st_config& c) { c.protocol_count = 2, c.protocols[0] = 6, c.protocols[1] = 262; }},
    {"family", [](st_config& c) { c.family_count = 2, c.families[0] = 2, c.families[1] = 1; }},
    {"mark",
     [](st_config& c) {
       c.mark_count = 2, c.marks[0] = {1, 1}, c.marks[1] = {2, ~0u};
     }},
    {"uid", [](st_config& c) { c.uid_count = 2, c.uids[0] = 0, c.uids[1] = 1000; }},
    {"netns", [](st_config& c) { c.netns_count = 2, c.netns[0] = 1, c.netns[1] = 4026531840u; }},
};

void apply_all(st_config& c) {
  for (const Variant& filter : kFilters) filter.apply(c);
}

// The longest lists that st_config can hold.
void apply_full(st_config& c) {
  apply_all(c);
  c.pid_count = ST_MAX_PIDS, c.comm_count = ST_MAX_COMMS, c.addr_count = ST_MAX_ADDRS;
  c.port_count = ST_MAX_PORTS, c.protocol_count = ST_MAX_PROTOCOLS;
  c.family_count = ST_MAX_FAMILIES, c.mark_count = ST_MAX_MARKS, c.netns_count = ST_MAX_NETNS;
  for (int i = 0; i < ST_MAX_COMMS; i++) c.comms[i] = c.comms[1];
  for (int i = 0; i < ST_MAX_ADDRS; i++) c.addrs[i] = c.addrs[i % 2];
}

void apply_extras(st_config& c) {
  c.want_details = c.want_stack = c.in_pidns = c.only_failed = 1;
  c.pidns_dev = 4, c.pidns_ino = 4026531836u;
  c.limit = 10, c.wakeup_bytes = 65536;
}

}  // namespace

std::vector<Variant> variants() {
  std::vector<Variant> all = {{"none", [](st_config&) {}}};
  all.insert(all.end(), kFilters.begin(), kFilters.end());
  all.push_back({"filters", apply_all});
  all.push_back({"full-lists", apply_full});
  all.push_back({"details", [](st_config& c) { c.want_details = 1; }});
  all.push_back({"stack", [](st_config& c) { c.want_stack = 1; }});
  all.push_back({"limit", [](st_config& c) { c.limit = 10; }});
  all.push_back({"wakeup", [](st_config& c) { c.wakeup_bytes = 65536; }});
  all.push_back({"pidns", [](st_config& c) { c.in_pidns = 1, c.pidns_ino = 4026531836u; }});
  all.push_back({"extras", apply_extras});
  // What is left to the other lists is more than with a list of families: the most to verify.
  all.push_back(
      {"any-family", [](st_config& c) { apply_full(c), apply_extras(c), c.family_count = 0; }});
  all.push_back({"everything", [](st_config& c) { apply_full(c), apply_extras(c); }});
  return all;
}
