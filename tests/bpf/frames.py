#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The stack that BPF programs take, from their objects: for each program the largest sum of frames
over its chains of calls, as the verifier adds them up (check_max_stack_depth). A kernel refuses more
than 512 bytes, and compilers differ: 64 are kept free. `scripts/frames` brings the compilers.

  frames.py [--arm64 HEADERS] CLANG...   compiles; a table of the largest sums; N passed, N failed
  frames.py --each CLANG                 also each program's frames, in the verifier's order
  frames.py --against LOG CLANG          compares them with the output of verify-configs

A frame is what lies between the frame pointer and the lowest address that the function makes of it.
"""
import argparse
import concurrent.futures
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted(path.name.removesuffix(".bpf.c") for path in ROOT.glob("bpf/*.bpf.c"))

LIMIT = 512 - 64
# In every frame's place at least this much: kernels below 6.9, and interpreters, round up to 32
# bytes; later ones with a JIT to 16.
ROUNDING = 32

FRAME_POINTER = 10
# Classes and operations of instructions (linux/bpf.h).
LDX, ST, STX, JMP, ALU64 = 1, 2, 3, 5, 7
ADD_CONSTANT, MOVE_REGISTER, CALL, LOAD_64 = 0x07, 0xbf, 0x85, 0x18
PSEUDO_CALL, PSEUDO_FUNC = 1, 4
SYMBOL_SECTION, SYMBOL_FUNCTION = 3, 2
SECTION_RELOCATIONS, EXECUTABLE = 9, 4

Section = namedtuple("Section", "name type flags offset size link info")
Symbol = namedtuple("Symbol", "name type section value size")


def text_at(strings, offset):
    return strings[offset:strings.index(b"\0", offset)].decode()


class Object:
    """Functions of a BPF object: where they are, the frame of each, whom each calls."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        assert self.bytes[:6] == b"\x7fELF\x02\x01", path + " is no little-endian ELF64 object"
        self.read_sections()
        self.read_symbols()
        self.relocated = {}  # (section, offset) -> symbol
        for section in self.sections:
            if section.type == SECTION_RELOCATIONS:
                for at, information in self.entries(section, "<QQ"):
                    self.relocated[section.info, at] = self.symbols[information >> 32]
        self.functions = {(s.section, s.value): s for s in self.symbols if self.is_function(s)}
        self.frames, self.calls = {}, {}
        for where, function in self.functions.items():
            self.frames[where], self.calls[where] = self.read_function(function)

    def entries(self, section, layout):
        return struct.iter_unpack(layout, self.bytes[section.offset:section.offset + section.size])

    def read_sections(self):
        at, = struct.unpack_from("<Q", self.bytes, 0x28)
        size, count, names = struct.unpack_from("<HHH", self.bytes, 0x3a)
        raw = [struct.unpack_from("<IIQQQQIIQQ", self.bytes, at + size * i) for i in range(count)]
        strings = self.bytes[raw[names][4]:raw[names][4] + raw[names][5]]
        self.sections = [Section(text_at(strings, name), kind, flags, offset, length, link, info)
                         for name, kind, flags, _, offset, length, link, info, _, _ in raw]

    def read_symbols(self):
        table = next(s for s in self.sections if s.name == ".symtab")
        of_names = self.sections[table.link]
        strings = self.bytes[of_names.offset:of_names.offset + of_names.size]
        self.symbols = [Symbol(text_at(strings, name), info & 15, section, value, size)
                        for name, info, _, section, value, size in self.entries(table, "<IBBHQQ")]

    def is_function(self, symbol):
        return (symbol.type == SYMBOL_FUNCTION and 0 < symbol.section < len(self.sections) and
                self.sections[symbol.section].flags & EXECUTABLE)

    def read_function(self, function):
        """(bytes of its frame, [who is called])"""
        lowest, called, copies = 0, [], {}
        begin = self.sections[function.section].offset + function.value
        for at in range(0, function.size, 8):
            code, registers, offset, constant = struct.unpack_from("<BBhi", self.bytes, begin + at)
            to, source, kind = registers & 15, registers >> 4, code & 7
            if kind == LDX and source in copies | {FRAME_POINTER: 0}:
                lowest = min(lowest, copies.get(source, 0) + offset)
            if kind in (ST, STX) and to in copies | {FRAME_POINTER: 0}:
                lowest = min(lowest, copies.get(to, 0) + offset)
            # Addresses in the frame are made by a copy of its pointer and an addition.
            if code == MOVE_REGISTER and source in copies | {FRAME_POINTER: 0}:
                copies[to] = copies.get(source, 0)
            elif code == ADD_CONSTANT and to in copies:
                copies[to] += constant
                lowest = min(lowest, copies[to])
            elif kind in (0, LDX, 4, ALU64):
                copies.pop(to, None)
            if code == CALL:
                for register in range(6):
                    copies.pop(register, None)
            if (code == CALL and source == PSEUDO_CALL) or code == LOAD_64:
                target = self.target(function.section, function.value + at, code, source, constant)
                if target and target not in called:
                    called.append(target)
        return -lowest, called

    def target(self, section, at, code, source, constant):
        symbol = self.relocated.get((section, at))
        if code == LOAD_64:  # of a function: a callback
            found = (symbol.section, symbol.value + constant) if symbol else None
            return found if found in self.functions else None
        if symbol is None:
            found = (section, at + 8 * (constant + 1))
        elif symbol.section == 0:  # the kernel's
            return None
        else:
            found = (symbol.section, symbol.value + 8 * (constant + 1))
        assert found in self.functions, f"a call of no function at {section}:{at:#x}"
        return found

    def programs(self):
        """{name: place} of what user space loads: functions in sections of their own."""
        return {f.name: where for where, f in sorted(self.functions.items())
                if self.sections[f.section].name != ".text"}

    def deepest(self, where):
        """(sum, [names]) of the chain of calls that takes most."""
        depth, names = max((self.deepest(called) for called in self.calls[where]),
                           default=(0, []))
        return depth + rounded(self.frames[where]), [self.functions[where].name, *names]

    def in_verifiers_order(self, where):
        """Frames of a program's functions as libbpf lays them out, which is how the verifier numbers
        them: the program, then what it calls, each followed by what that calls."""
        order = [where]

        def follow(caller):
            for called in self.calls[caller]:
                if called not in order:
                    order.append(called)
                    follow(called)

        follow(where)
        return [self.frames[one] for one in order]


def rounded(frame):
    return (max(frame, 1) + ROUNDING - 1) // ROUNDING * ROUNDING


def compile_all(clang, architecture, headers, folder):
    """{program: path of its object, or what the compiler said}"""
    flags = (ROOT / "bpf/flags").read_text().split()
    flags += ["-Werror", "-target", "bpfel", "-D__TARGET_ARCH_" + architecture, "-I" + str(ROOT), "-I" + headers]

    def one(program):
        path = os.path.join(folder, program + ".o")
        done = subprocess.run([clang, *flags, "-c", str(ROOT / f"bpf/{program}.bpf.c"), "-o", path],
                              stderr=subprocess.PIPE, text=True, check=False)
        return Object(path) if done.returncode == 0 else done.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(PROGRAMS, pool.map(one, PROGRAMS)))


def table(clangs, architectures, each):
    """Prints a line for each compiler and architecture; how many programs are within the limit."""
    passed, told = 0, []
    print(f"{'':24}" + "".join(f"{program:>9}" for program in PROGRAMS) + f"   at most {LIMIT}")
    for clang in clangs:
        version = subprocess.check_output([clang, "-dumpversion"], text=True).strip()
        for architecture, headers in architectures.items():
            cells = []
            with tempfile.TemporaryDirectory() as folder:
                objects = compile_all(clang, architecture, headers, folder)
            for program, of in objects.items():
                where = f"clang {version} {architecture} {program}"
                if isinstance(of, str):
                    cells.append("none")
                    told.append(f"FAIL {where}: does not compile\n{of[:2000]}")
                    continue
                depth, chain = max(of.deepest(place) for place in of.programs().values())
                cells.append(str(depth))
                passed += depth <= LIMIT
                if depth > LIMIT:
                    told.append(f"FAIL {where}: {depth} bytes, {' > '.join(chain)}")
                for name, place in of.programs().items() if each else ():
                    told.append(f"{where}.{name}: {of.deepest(place)[0]} "
                                f"({'+'.join(map(str, of.in_verifiers_order(place)))})")
            print(f"{'clang ' + version + ' ' + architecture:24}" + "".join(f"{cell:>9}" for cell in cells),
                  flush=True)
    for line in told:
        print(line)
    return passed, len(clangs) * len(architectures) * len(PROGRAMS) - passed


def compare(log, clang, headers):
    """Of no frame has the verifier seen more than the object has."""
    seen, passed, failed = {}, 0, 0
    for kind, program, stack in re.findall(r"^ok +(\w+)\S*?\.(\S+) .* stack=([0-9+]+)",
                                           Path(log).read_text(), re.M):
        depths = [int(depth) for depth in stack.split("+")]
        key = kind, program
        seen[key] = [max(two) for two in zip(seen.get(key, depths), depths)]
    with tempfile.TemporaryDirectory() as folder:
        objects = compile_all(clang, "x86", headers, folder)
    for (kind, program), theirs in seen.items():
        of = objects[kind]
        ours = of.in_verifiers_order(of.programs()[program])
        good = len(ours) == len(theirs) and all(their <= our for our, their in zip(ours, theirs))
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok  ' if good else 'FAIL'} {kind}.{program:28} object {'+'.join(map(str, ours))}  "
              f"verifier {'+'.join(map(str, theirs))}")
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--arm64", metavar="HEADERS", help="also for arm64, with its kernel headers")
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--against", metavar="LOG")
    parser.add_argument("clang", nargs="+")
    options = parser.parse_args()
    architectures = {"x86": "/usr/include/x86_64-linux-gnu"}
    if options.arm64:
        architectures["arm64"] = options.arm64
    if options.against:
        passed, failed = compare(options.against, options.clang[0], architectures["x86"])
    else:
        passed, failed = table(options.clang, architectures, options.each)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
