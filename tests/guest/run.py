#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside the guest: run.py [NAME...] runs every case whose name contains one of NAME."""
import importlib
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)

import harness  # noqa: E402

for name in sorted(os.listdir(os.path.join(here, "cases"))):
    if name.endswith(".py"):
        importlib.import_module("cases." + name[:-3])
sys.exit(harness.main(sys.argv))
