// SPDX-License-Identifier: BSD-2-Clause
#include "format/line.h"

#include <doctest/doctest.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/unit/format/canned.h"
#include "tests/unit/golden.h"

using namespace socketrace;
using namespace std::string_literals;

namespace {

const std::vector<Target> kTargets = {
    target("tcp_sendmsg", 0xffffffff81000100),
    target("tcp_v4_rcv", 0xffffffff81000200),
    target("sctp_sendmsg", 0xffffffffc0001000, "sctp"),
    target("a_function_whose_name_is_longer_than_its_column", 0xffffffff81000300),
};
constexpr char kSymbols[] =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000100 T tcp_sendmsg\n"
    "ffffffff81000200 T tcp_v4_rcv\n"
    "ffffffff81000300 T a_function_whose_name_is_longer_than_its_column\n"
    "ffffffff81000400 t sock_write_iter\n"
    "ffffffff81000800 T vfs_write\n"
    "ffffffffc0001000 t sctp_sendmsg\t[sctp]\n"
    "ffffffffc0002000 t sctp_rcv\t[sctp]\n";

const SymbolTable& symbols() {
  static const SymbolTable kTable = SymbolTable::parse(kSymbols);
  return kTable;
}

struct Shown {
  bool common = false, sock = false, socket = false, stack = false;
  TimestampStyle time = TimestampStyle::none;
};

View view_of(const Shown& shown) {
  View view;
  view.sock_common = shown.common;
  view.sock_info = shown.sock;
  view.socket_info = shown.socket;
  view.stack = shown.stack;
  view.timestamp = shown.time;
  return view;
}

std::string line(const Canned& canned, const Shown& shown = {}, bool with_symbols = true) {
  LineFormat format(view_of(shown), kTargets, with_symbols ? &symbols() : nullptr,
                    1795214880'000'000'000);
  Buffer out(16);
  format.put_hit(out, canned.hit());
  return std::string(out.view());
}

std::string header(const Shown& shown = {}) {
  Buffer out(16);
  LineFormat(view_of(shown), kTargets, nullptr, 0).put_header(out);
  return std::string(out.view());
}

constexpr Shown kAll = {.common = true, .sock = true, .socket = true};

Canned full_details() {
  Canned canned = ipv4_hit().with_details();
  canned.details() = {.rx_dst_ifindex = 2,
                      .backlog_len = 1,
                      .rcvbuf = 131072,
                      .sndbuf = 2626560,
                      .priority = 6,
                      .socket_state = 3,
                      .socket_type = SOCK_STREAM,
                      .socket_flags = 4,
                      .file_inode = 28654,
                      .has_sock = 1,
                      .has_socket = 1,
                      .pad = {}};
  canned.event().mark = 4294967295;
  return canned.ifindex(7).flags(ST_HIT_REUSEPORT);
}

Canned netlink(uint32_t protocol, uint32_t portid, uint32_t groups, uint32_t remote_groups) {
  Canned canned = Canned().family(AF_NETLINK, protocol, SOCK_RAW, 1);
  canned.event().local.netlink = {portid, groups};
  canned.event().remote.netlink = {0, remote_groups};
  return canned;
}
Canned packet(uint32_t ifindex, uint32_t ethertype) {
  Canned canned = Canned().family(AF_PACKET, 0, SOCK_RAW, 7);
  canned.event().local.packet = {ifindex, ethertype};
  return canned;
}
Canned vsock(uint32_t cid, uint32_t port, uint32_t peer_cid, uint32_t peer_port) {
  Canned canned = Canned().family(AF_VSOCK, 0, SOCK_STREAM, 1);
  canned.event().local.vsock = {cid, port};
  canned.event().remote.vsock = {peer_cid, peer_port};
  return canned;
}
Canned inet6(const char* local, const char* remote) {
  return Canned().family(AF_INET6, IPPROTO_TCP, SOCK_STREAM, 1).inet(local, 443, remote, 40000);
}
Canned unix_hit(std::string_view local, std::string_view peer = "") {
  return Canned()
      .family(AF_UNIX, 0, SOCK_STREAM, 1)
      .names(local, 4711, peer, 4712)
      .flags(ST_HIT_PEER_NAME);
}

}  // namespace

// The line of the original tool for an IPv4 socket: output.go:69, 137, 147.
TEST_CASE("line: an IPv4 sock hit, byte for byte") {
  CHECK(header() == "CPU PROCESS                          FUNC                            \n");
  CHECK(line(ipv4_hit()) ==
        "0   926(sshd)                        tcp_sendmsg                     \t"
        " 192.168.64.2:22 -> 192.168.64.1:55856 netns=4026531840 family=AF_INET"
        " protocol=IPPROTO_TCP\n");
  char printed[256];
  snprintf(printed, sizeof(printed), "%-3s %-32s %-32s\n", "CPU", "PROCESS", "FUNC");
  CHECK(header() == printed);
  snprintf(printed, sizeof(printed), "%-3d %-32s %-32s\t", 0, "926(sshd)", "tcp_sendmsg");
  CHECK(line(ipv4_hit()).starts_with(printed));
}

TEST_CASE("line: every family, flag and option") {
  std::string all;
  const auto add = [&](std::string_view title, const std::string& text) {
    all += "# ";
    all += title;
    all += '\n';
    all += text;
  };
  add("header", header());
  add("IPv4, TCP", line(ipv4_hit()));
  add("IPv4, every option", line(full_details(), kAll));
  add("IPv4, --output-sock-common", line(full_details(), {.common = true}));
  add("IPv4, --output-sock-info", line(full_details(), {.sock = true}));
  add("IPv4, --output-socket-info", line(full_details(), {.socket = true}));
  add("IPv4, listening UDP",
      line(Canned().family(AF_INET, IPPROTO_UDP).inet("0.0.0.0", 53, "0.0.0.0", 0)));
  add("IPv4, unknown protocol",
      line(Canned().family(AF_INET, 253).inet("127.0.0.1", 0, "127.0.0.1", 0)));
  add("IPv6", line(inet6("2001:db8::1", "2001:db8:0:1::2")));
  add("IPv6, v4-mapped", line(inet6("::ffff:1.2.3.4", "::ffff:5.6.7.8")));
  add("IPv6, link-local on interface 2", line(inet6("fe80::1", "fe80::2").ifindex(2)));
  add("IPv6, link-local, interface unknown", line(inet6("fe80::1", "::")));
  add("IPv6, a global address bound to an interface", line(inet6("2001:db8::1", "::1").ifindex(2)));
  add("unix, path and unnamed peer", line(unix_hit("/run/x.sock\0"s)));
  add("unix, unnamed client of an abstract server", line(unix_hit("", "\0abs\0x"s)));
  add("unix, autobind and a path without NUL", line(unix_hit("\0"
                                                             "3cd14"s,
                                                             "relative")));
  add("unix, no peer", line(Canned().family(AF_UNIX, 0).names("/run/x.sock\0"s, 4711)));
  add("unix, names were not read", line(Canned().family(AF_UNIX, 0)));
  add("unix, names that imitate", line(unix_hit("-", "@abs")));
  add("unix, a name that imitates fields", line(unix_hit("a -> unix:b netns=1\nx\x1b[2J")));
  add("unix, 108 bytes", line(unix_hit(std::string(108, 'u'), "\0"s + std::string(107, '\xff'))));
  add("netlink", line(netlink(0, 123, 0x11, 0)));
  add("netlink, no such protocol", line(netlink(57, 4294967295, 0xffffffff, 2)));
  add("packet on an interface", line(packet(2, ETH_P_IP)));
  add("packet, everything everywhere", line(packet(0, ETH_P_ALL)));
  add("packet, a large ethertype", line(packet(3, 0x88cc)));
  add("vsock", line(vsock(2, 1024, 3, 5000)));
  add("vsock, any", line(vsock(~0u, 1024, ~0u, ~0u)));
  add("another family, its own states",
      line(Canned().family(AF_BLUETOOTH, 3, SOCK_SEQPACKET, 2), {.common = true}));
  add("a family without a name", line(Canned().family(57, 8), kAll));
  add("request sock",
      line(ipv4_hit().flags(ST_HIT_REQUEST | ST_HIT_CONTEXT_KNOWN | ST_HIT_SOFTIRQ), kAll));
  add("time-wait sock", line(ipv4_hit().flags(ST_HIT_TIMEWAIT)));
  Canned from_headers = ipv4_hit().func(1).kind(ST_KIND_SK_BUFF).flags(ST_HIT_FROM_HEADERS);
  add("packet of an unconnected sock", line(from_headers, kAll));
  from_headers.event().sock = 0;
  add("packet without a sock", line(from_headers, kAll));
  add("packet without ports", line(Canned()
                                       .family(AF_INET, IPPROTO_ICMP)
                                       .inet("10.0.0.1", 0, "10.0.0.2", 0)
                                       .func(1)
                                       .kind(ST_KIND_SK_BUFF)
                                       .flags(ST_HIT_FROM_HEADERS | ST_HIT_NO_PORTS)));
  add("packet without ports, IPv6", line(inet6("fe80::1", "ff02::1")
                                             .ifindex(3)
                                             .func(1)
                                             .kind(ST_KIND_SK_BUFF)
                                             .flags(ST_HIT_FROM_HEADERS | ST_HIT_NO_PORTS)));
  Canned no_ip = Canned().func(1).kind(ST_KIND_SK_BUFF).flags(ST_HIT_FRESH);
  no_ip.event().sock = 0;
  add("packet without an IP header", line(no_ip, kAll));
  Canned translated = ipv4_hit().flags(ST_HIT_FROM_HEADERS);
  translated.sock_ends("192.168.64.2", 22, "10.0.0.9", 7022).sock_netns(4026532177);
  add("packet with other ends than its socket", line(translated));
  Canned error =
      ipv4_hit().func(1).kind(ST_KIND_SK_BUFF).flags(ST_HIT_FROM_HEADERS | ST_HIT_NO_PORTS);
  error.event().protocol = IPPROTO_ICMP;
  add("ICMP error", line(error.about("10.0.0.1", 5000, "10.0.0.2", 53)));
  Canned null = Canned().flags(ST_HIT_NO_OBJECT);
  null.event().object = null.event().sock = 0;
  add("NULL sock", line(null, kAll));
  add("NULL socket", line(Canned(null).kind(ST_KIND_SOCKET)));
  add("NULL sk_buff", line(Canned(null).kind(ST_KIND_SK_BUFF)));
  Canned without_sk = null;
  without_sk.event().object = 1;
  add("socket without a sock", line(without_sk.kind(ST_KIND_SOCKET)));
  add("fresh sock", line(Canned().flags(ST_HIT_FRESH), kAll));
  add("interrupt", line(ipv4_hit().flags(ST_HIT_CONTEXT_KNOWN | ST_HIT_HARDIRQ)));
  add("task, known", line(ipv4_hit().flags(ST_HIT_CONTEXT_KNOWN)));
  add("hostile comm", line(ipv4_hit().comm("a\n\x1b]0;x\x07\\ \xc3\xa9"
                                           "1234")));
  add("columns that overflow",
      line(ipv4_hit().comm("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").func(3)));
  Canned wide = ipv4_hit();
  wide.event().cpu = 1023;
  wide.event().tgid = 4194304;
  add("many CPUs", line(wide));
  add("module function", line(ipv4_hit().func(2)));
  add("function by address, a target", line(ipv4_hit().at_ip(0xffffffff81000104)));
  add("function by address, a symbol", line(ipv4_hit().at_ip(0xffffffffc0002010)));
  add("function by address, no symbols", line(ipv4_hit().at_ip(0xffffffffc0002010), {}, false));
  add("function index out of range", line(ipv4_hit().func(4)));
  add("header, relative", header({.time = TimestampStyle::relative}));
  add("relative", line(ipv4_hit(), {.time = TimestampStyle::relative}));
  add("header, monotonic", header({.time = TimestampStyle::monotonic}));
  add("monotonic", line(ipv4_hit(), {.time = TimestampStyle::monotonic}));
  add("stack",
      line(ipv4_hit().stack({0xffffffff81000104, 0xffffffff81000571, 0xffffffffc0002345, 0, 0x10}),
           {.common = true, .stack = true}));
  add("stack that leaves the function out",
      line(ipv4_hit().func(2).stack({0xffffffff81000571}), {.stack = true}));
  add("stack without symbols",
      line(ipv4_hit().stack({0xffffffff81000104}), {.stack = true}, false));
  add("stack not taken", line(ipv4_hit().flags(ST_HIT_STACK_FAILED), {.stack = true}));
  add("stack not asked for", line(ipv4_hit().stack({0xffffffff81000104})));
  check_golden("lines.txt", all);
}

TEST_CASE("line: a hit is one line and tabbed ones, whatever bytes it carries") {
  // Every byte of the record at its worst, in turn.
  for (int value = 0; value < 256; ++value) {
    for (const unsigned family :
         {AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, 255}) {
      Canned canned;
      const st_record clean = canned.record;
      std::memset(&canned.record, value, sizeof(canned.record));
      canned.event().length = clean.event.length;
      canned.event().sections = 0;
      canned.event().family = static_cast<uint16_t>(family);
      canned.names(std::string(100, static_cast<char>(value)), 1,
                   std::string(108, static_cast<char>(value)), 2);
      canned.with_details().stack({1, ~uint64_t{0}});
      const std::string text = line(canned, {.common = true,
                                             .sock = true,
                                             .socket = true,
                                             .stack = true,
                                             .time = TimestampStyle::absolute});
      CAPTURE(text);
      REQUIRE(text.back() == '\n');
      for (size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == '\n') REQUIRE(text[i + 1] == '\t');
        REQUIRE((text[i] == '\n' || text[i] == '\t' || (text[i] >= 0x20 && text[i] < 0x7f)));
      }
      if (value != '=') REQUIRE(text.find("= ") == std::string::npos);  // nothing prints empty
    }
  }
}

TEST_CASE("line: the hot path does not grow a buffer that has room") {
  LineFormat format(view_of({.stack = true}), kTargets, &symbols(), 0);
  const Canned canned = ipv4_hit().stack({0xffffffff81000104, 0xffffffff81000571});
  Buffer out(4096);
  format.put_hit(out, canned.hit());
  const char* start = out.view().data();
  const std::string first(out.view());
  out.clear();
  format.put_hit(out, canned.hit());  // frames from the cache now
  CHECK(out.view().data() == start);
  CHECK(out.view() == first);
}
