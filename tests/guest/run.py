#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside the guest: run.py [--counted] [--truth] [--all] [--row=ROW] [NAME...] runs every case whose name contains
one of NAME; with --counted those that are for a guest that counts instructions, with --truth those of truth.py, with
--all in their longer form where they have one. ROW of scripts/lib/kernels.table says what is left out. With --list
it only tells their names; exit status 1: there is none."""
import importlib
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)

import harness  # noqa: E402
import truth  # noqa: E402

options = [word for word in sys.argv[1:] if word.startswith("--")]
folder = "counted" if "--counted" in options else "cases"
for name in sorted(os.listdir(os.path.join(here, folder))):
    if name.endswith(".py"):
        importlib.import_module(folder + "." + name[:-3])
if folder == "cases":
    truth.check_names(map(harness.name_of, harness.CASES))
if "--truth" in options:
    harness.CASES[:] = [case for case in harness.CASES if harness.name_of(case) in truth.TRUTH]
names = [word for word in sys.argv[1:] if word not in options]
harness.choose(names)
if "--list" in options:
    print("\n".join(map(harness.name_of, harness.CASES)))
    sys.exit(not harness.CASES)
rows = [word.removeprefix("--row=") for word in options if word.startswith("--row=")]
sys.exit(harness.main(*rows, asked_for=bool(names)))
