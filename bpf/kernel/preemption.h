/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that whoever runs them may be taken off the CPU in: those behind trampolines (fentry,
 * fexit: 5.11) and behind tracepoints (7.0), where the kernel preempts. The guard against recursion
 * stays raised meanwhile, and the kernel skips the program for everybody else on that CPU. So each
 * has a twin that holds the CPU; src/attach/held.cc chooses. What is left are the few instructions
 * in which the guard is raised and the CPU not held yet, or no longer.
 *
 * Letting go by itself would not do: bpf_preempt_enable looks whether another task is due, and
 * switches to it, inside the program. With interrupts off it does not; then the kernel switches
 * behind the program, where the guard is down.
 *
 * Two programs, for an unresolved kfunc does not load on 5.13 to 5.15, not even in dead code.
 */
#ifndef SOCKETRACE_BPF_PREEMPTION_H
#define SOCKETRACE_BPF_PREEMPTION_H

#include "bpf/kernel/kernel.h"

extern void bpf_preempt_disable(void) __ksym __weak; /* 6.10 */
extern void bpf_preempt_enable(void) __ksym __weak;
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak; /* 6.14 */
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;

/* What follows is the body, with `ctx` of that type. */
/* clang-format off */
#define PROGRAM(section, name, context)                            \
  static __always_inline int name##_body(context);                 \
  SEC("?" section) int name(context) { return name##_body(ctx); }  \
  SEC("?" section) int name##_held(context) {                      \
    unsigned long interrupts;                                      \
    int result;                                                    \
                                                                   \
    bpf_preempt_disable();                                         \
    result = name##_body(ctx);                                     \
    bpf_local_irq_save(&interrupts);                               \
    bpf_preempt_enable();                                          \
    bpf_local_irq_restore(&interrupts);                            \
    return result;                                                 \
  }                                                                \
  static __always_inline int name##_body(context)

/* The same with the arguments of a function, as BPF_PROG has them. */
#define TRAMPOLINE(section, name, args...)                         \
  PROGRAM(section, name, unsigned long long *ctx);                 \
  static __always_inline int BPF_PROG(name##_body, args)
/* clang-format on */

#endif
