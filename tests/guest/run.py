#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside the guest: run.py [--counted] [NAME...] runs every case whose name contains one of NAME; with
--counted those that are for a guest that counts instructions. With --list it only tells their names;
exit status 1: there is none."""
import importlib
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)

import harness  # noqa: E402

options = [word for word in sys.argv[1:] if word.startswith("--")]
folder = "counted" if "--counted" in options else "cases"
for name in sorted(os.listdir(os.path.join(here, folder))):
    if name.endswith(".py"):
        importlib.import_module(folder + "." + name[:-3])
harness.choose([word for word in sys.argv[1:] if word not in options])
if "--list" in options:
    print("\n".join(map(harness.name_of, harness.CASES)))
    sys.exit(not harness.CASES)
sys.exit(harness.main())
