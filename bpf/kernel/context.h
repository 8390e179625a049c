/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Did the hit interrupt the current task? x86 keeps the preempt counter in a per-CPU variable:
 * __preempt_count, from 6.2 to 6.14 pcpu_hot.preempt_count. Weak: they are not in the BTF of other
 * architectures. arm64 has it in the current task's thread_info; elsewhere the context stays
 * unknown.
 *
 * A program that names them does not load at all on a kernel without CONFIG_KALLSYMS_ALL (the
 * kernel finds per-CPU variables by their symbol), nor below 5.10. So only the *_context programs
 * do, and user space falls back to their twins.
 */
#ifndef SOCKETRACE_BPF_CONTEXT_H
#define SOCKETRACE_BPF_CONTEXT_H

#include "bpf/contract/event.h"
#include "bpf/kernel/task.h"

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot pcpu_hot __ksym __weak;
extern const unsigned long local_interrupt_disable_state __ksym __weak; /* 7.3 */

static __always_inline __u32 preempt_count_of_task(void) {
  return BPF_CORE_READ(current_task(), thread_info.preempt.count);
}

/* Bit 8; bits 9.. count local_bh_disable. With PREEMPT_RT both are counted in the task: softirqs
 * run in threads there, and in whoever enables them. */
static __always_inline bool serves_softirq(__u32 count) {
  if (bpf_core_field_exists(struct task_struct, softirq_disable_cnt))
    count = BPF_CORE_READ(current_task(), softirq_disable_cnt);
  return (count & 0x100) != 0;
}

static __always_inline __u16 context_flags(void) {
  __u16 flags = ST_HIT_CONTEXT_KNOWN;
  bool hard;
  __u32 count;

  if (&__preempt_count)
    count = *(const int *)bpf_this_cpu_ptr(&__preempt_count);
  else if (&pcpu_hot)
    count = ((const struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
  else if (bpf_core_field_exists(struct thread_info, preempt.count))
    count = preempt_count_of_task();
  else
    return 0;
  /* linux/preempt.h: bits 16..19 count hard interrupts, bits 20..23 NMIs; from 7.3 on (what
   * switched interrupts off is counted in bits 16..23) these are bits 24..27 and bit 28. An int3
   * probe runs as NMI, which counts one hard interrupt. */
  if (&local_interrupt_disable_state) {
    asm volatile(""); /* two ways, not one that looks its three numbers up */
    hard = (count >> 24 & 15) > (count >> 28 & 1);
  } else {
    hard = (count >> 16 & 15) > (count >> 20 & 15);
  }
  if (hard)
    flags |= ST_HIT_HARDIRQ;
  else if (serves_softirq(count))
    flags |= ST_HIT_SOFTIRQ;
  return flags;
}

#endif
