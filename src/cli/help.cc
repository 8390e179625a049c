// SPDX-License-Identifier: BSD-2-Clause
#include "cli/help.h"

#include <algorithm>
#include <string_view>

#include "cli/version.h"

namespace socketrace {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kHelpColumn = 32;

std::string spelling(const OptionSpec& option) {
  std::string text = option.letter != 0 ? std::string("  -") + option.letter + ", " : "      ";
  text += option.name;
  if (!option.value.empty()) (text += ' ') += option.value;
  return text;
}

// Words of `text` from column kHelpColumn on, in lines of at most kWidth.
void put_wrapped(std::string& out, size_t column, std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (column > kHelpColumn && column + 1 + word.size() > kWidth) {
      out += '\n';
      column = 0;
    }
    if (column < kHelpColumn) {
      out.append(kHelpColumn - column, ' ');
      column = kHelpColumn;
    } else if (column > kHelpColumn) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

void put_commands(std::string& out, std::span<const CommandSpec> table) {
  out += "\nCommands ('socketrace COMMAND --help' tells more):\n";
  for (const CommandSpec& command : table) {
    (out += "  ") += command.name;
    put_wrapped(out, 2 + command.name.size(), command.summary);
  }
}

// " [EVENT]..."
std::string operand_usage(const OperandSpec& operand) {
  if (operand.name.empty()) return "";
  std::string text(operand.required ? " " : " [");
  text += operand.name;
  if (!operand.required) text += ']';
  if (operand.many) text += "...";
  return text;
}

}  // namespace

std::string help_text(std::span<const CommandSpec> table, const CommandSpec& command) {
  std::string out = "Usage: socketrace ";
  if (!command.name.empty()) (out += command.name) += ' ';
  out += "[OPTION]..." + operand_usage(command.operand) + '\n';
  (out += command.summary) += '\n';
  if (command.name.empty() && table.size() > 1) put_commands(out, table.subspan(1));
  if (!command.operand.name.empty()) {
    ((out += "\n  ") += command.operand.name);
    put_wrapped(out, 2 + command.operand.name.size(), command.operand.help);
  }
  for (const OptionGroup* group : command.groups) {
    ((out += '\n') += group->title) += ":\n";
    for (const OptionSpec& option : group->options) {
      std::string left = spelling(option);
      size_t column = left.size();
      out += left;
      if (column + 2 > kHelpColumn) {
        out += '\n';
        column = 0;
      }
      put_wrapped(out, column, option.help);
    }
  }
  (out += "\nExamples:\n") += command.examples;
  out +=
      "\nExit status:\n"
      "  0  done; the limit, Ctrl-C and a closed pipe are normal ends\n"
      "  1  failed: one line on stderr says what and why\n"
      "  2  wrong usage\n";
  return out;
}

std::string version_text() {
  return "socketrace " SOCKETRACE_VERSION "\n";
}

}  // namespace socketrace
