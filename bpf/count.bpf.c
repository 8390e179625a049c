/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace count: what the other commands would print line by line, only counted, in per-CPU maps
 * that user space reads once an interval. Nothing is ever reset here: user space takes differences,
 * so that no event falls between a reading and a reset.
 */
#include "bpf/event.h"
#include "bpf/kernel.h"
#include "bpf/match.h"
#include "bpf/identity.h"
#include "bpf/state.h"
#include "bpf/count_functions.h"
#include "bpf/count_io.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
