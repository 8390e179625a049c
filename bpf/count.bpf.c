/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace count: what the other commands would print line by line, only counted, in per-CPU maps
 * that user space reads once an interval. Nothing is ever reset here: user space takes differences,
 * so that no event falls between a reading and a reset.
 */
#include "bpf/contract/event.h"
#include "bpf/kernel/kernel.h"
#include "bpf/verdict/match.h"
#include "bpf/identity/identity.h"
#include "bpf/tell/state.h"
#include "bpf/count/functions.h"
#include "bpf/functions.h"
#include "bpf/count/io.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
