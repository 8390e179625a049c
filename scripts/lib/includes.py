"""A file includes what it uses, of the standard headers below: another compiler's library leaves out
of its own headers what this one's happens to bring. Names each file that does not; --fix adds.
A .cc may leave it to the header of its own name.
"""
import os
import re
import subprocess
import sys

USES = {
    "array": r"\bstd::(array|to_array)\b",
    "atomic": r"\bstd::atomic\b",
    "chrono": r"\bstd::chrono\b",
    "cstdint": r"\b(u?int(8|16|32|64)_t|U?INT(8|16|32|64)_MAX|u?intptr_t)\b",
    "cstring": r"\b(std::)?(memcpy|memcmp|memset|memmove|strlen|strcmp|strcpy|strncpy|strchr|strncmp|strnlen|memchr)\(",
    "functional": r"\bstd::(function|hash|less|greater)\b",
    "map": r"\bstd::(multi)?map\b",
    "memory": r"\bstd::(unique_ptr|shared_ptr|make_unique|make_shared)\b",
    "optional": r"\bstd::(optional|nullopt)\b",
    "set": r"\bstd::(multi)?set\b",
    "span": r"\bstd::(span|as_bytes)\b",
    "string": r"\bstd::(string|to_string)\b",
    "string_view": r"\bstd::string_view\b",
    "system_error": r"\bstd::(errc|error_code|system_error)\b",
    "unordered_map": r"\bstd::unordered_map\b",
    "vector": r"\bstd::vector\b",
}
C_NAMES = {"cstdint": "stdint.h", "cstring": "string.h"}
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"', re.DOTALL)


def included(text):
    return set(re.findall(r"#\s*include <([^>]+)>", text))


def missing_in(file):
    text = open(file, encoding="utf-8").read()
    have = included(text)
    stem = re.sub(r"(_test)?\.cc$", ".h", os.path.basename(file))
    for own in re.findall(r'#include "([^"]+)"', text):
        if os.path.basename(own) == stem and os.path.exists("src/" + own):
            have |= included(open("src/" + own, encoding="utf-8").read())
    code = NOT_CODE.sub("", re.sub(r"#include.*", "", text))
    return [header for header, use in USES.items()
            if not {header, C_NAMES.get(header)} & have and re.search(use, code)]


def add(file, headers):
    """Below what is included already, and sorted there; clang-format moves nothing between blocks."""
    lines = open(file, encoding="utf-8").read().split("\n")
    new = [f"#include <{header}>" for header in headers]
    standard = [at for at, line in enumerate(lines) if re.match(r"#include <[a-z_]+>", line)]
    if standard:
        last = standard[-1]
        first = last
        while first > 0 and lines[first - 1].startswith("#include <"):
            first -= 1
        block = sorted(lines[first:last + 1] + new, key=lambda line: (line.split("<")[1].split(">")[0]))
        lines[first:last + 1] = block
    else:
        own = [at for at, line in enumerate(lines) if line.startswith("#include")]
        before = os.path.basename(file).removesuffix(".cc") + ".h"
        if own and file.endswith(".cc") and before.replace("_test", "") in lines[own[0]]:
            lines[own[0] + 1:own[0] + 1] = [""] + new
        elif own:
            lines[own[0]:own[0]] = new + [""]
        else:
            at = next(at for at, line in enumerate(lines) if line.startswith("#pragma once")) + 1
            lines[at:at] = [""] + new
    open(file, "w", encoding="utf-8").write("\n".join(lines))


def main():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src/*.cc", "src/*.h",
                            "tests/*.cc", "tests/*.h"], check=True, capture_output=True, text=True).stdout.split()
    failed = False
    for file in files:
        missing = missing_in(file) if os.path.exists(file) else []
        if missing and "--fix" in sys.argv:
            add(file, missing)
        elif missing:
            failed = True
            print(f"{file} uses and does not include: {', '.join(f'<{name}>' for name in missing)}")
    return failed


sys.exit(main())
