// SPDX-License-Identifier: BSD-2-Clause
// Errno values and libbpf's log, in words: the cause and the remedy, one line.
#pragma once

#include <string>
#include <string_view>

#include "host/host.h"

namespace socketrace {

// Why opening, creating maps or loading failed. `errnum` is positive.
std::string explain_load_failure(int errnum, const Host& host);

// The verifier's last word out of libbpf's log: the line before its statistics. Empty: no verifier
// log in there, the failure was somewhere else.
std::string verdict_of(std::string_view libbpf_log);

// Why the kernel refused one function.
std::string explain_multi_refusal(int errnum);
std::string explain_kprobe_refusal(int errnum);
std::string explain_kprobe_blacklist();

}  // namespace socketrace
