// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "select/kernel_files.h"
#include "select/target.h"
#include "select/types.h"

namespace socketrace {

// The names of a pattern that is a plain list, "tcp_sendmsg|tcp_recvmsg"; empty when it is more.
std::vector<std::string> names_listed(std::string_view pattern);

// Who lists names wants to hear of each: those that are neither picked nor skipped are added to
// `picked.skipped`, with the reason.
void explain_names(const Types& types, const std::vector<std::string>& names, Targets& picked);

// Those that no BTF describes and that kallsyms has all the same get the reason for it.
void look_for_undescribed(Targets& picked, const KernelFiles& files);

}  // namespace socketrace
