// SPDX-License-Identifier: BSD-2-Clause
// The one voice on stderr. Only cmd/ and main speak; everything below returns values.
#pragma once

#include <string_view>

namespace socketrace {

enum class Loudness { quiet, normal, verbose };

// Set once, from the command line.
void set_loudness(Loudness loudness);
Loudness loudness();

// "socketrace: TEXT\n" on stderr in one write. All but printable ASCII becomes \xNN, a newline too:
// names of files and words of the command line can be any bytes, and must not write lines of ours.
// A closed stderr is no error.
void say_error(std::string_view text, std::string_view hint = {});  // always; the hint: a 2nd line
void say(std::string_view text);                                    // unless --quiet
void say_verbose(std::string_view text);                            // with -v only
// What another program wrote, line by line, with -v only.
void say_verbose_lines(std::string_view text);

}  // namespace socketrace
