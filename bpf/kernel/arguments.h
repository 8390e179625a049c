/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A system call as sys_enter and sys_exit see it: its number and arguments, which stay in the
 * registers that user space came with. So a call that began before we did is as good as any other.
 */
#ifndef SOCKETRACE_BPF_ARGUMENTS_H
#define SOCKETRACE_BPF_ARGUMENTS_H

#include "bpf/kernel/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* The kernel's own struct pt_regs; the uapi one has other names. */
struct pt_regs___kernel {
#if defined(__TARGET_ARCH_x86)
  unsigned long di, si, dx, r10, r8, r9, orig_ax;
#define ARGUMENT_REGISTERS(_) _(0, di) _(1, si) _(2, dx) _(3, r10) _(4, r8) _(5, r9)
#define CALL_NUMBER_FIELD orig_ax
#define CALL_NUMBER(regs) ((regs)->orig_ax)
#elif defined(__TARGET_ARCH_arm64)
  __u64 regs[31];
  __u64 orig_x0;
  __s32 syscallno;
#define ARGUMENT_REGISTERS(_) \
  _(0, orig_x0) _(1, regs[1]) _(2, regs[2]) _(3, regs[3]) _(4, regs[4]) _(5, regs[5])
#define CALL_NUMBER_FIELD syscallno
#define CALL_NUMBER(regs) ((regs)->syscallno)
#elif defined(__TARGET_ARCH_riscv)
  unsigned long orig_a0, a1, a2, a3, a4, a5, a7;
#define ARGUMENT_REGISTERS(_) _(0, orig_a0) _(1, a1) _(2, a2) _(3, a3) _(4, a4) _(5, a5)
#define CALL_NUMBER_FIELD a7
#define CALL_NUMBER(regs) ((regs)->a7)
#elif defined(__TARGET_ARCH_s390)
  unsigned long gprs[16];
  unsigned long orig_gpr2;
  unsigned int int_code; /* of the svc instruction */
#define ARGUMENT_REGISTERS(_) \
  _(0, orig_gpr2) _(1, gprs[3]) _(2, gprs[4]) _(3, gprs[5]) _(4, gprs[6]) _(5, gprs[7])
#define CALL_NUMBER_FIELD int_code
#define CALL_NUMBER(regs) ((regs)->int_code & 0xffff)
#elif defined(__TARGET_ARCH_powerpc)
  unsigned long gpr[32];
  unsigned long orig_gpr3;
#define ARGUMENT_REGISTERS(_) \
  _(0, orig_gpr3) _(1, gpr[4]) _(2, gpr[5]) _(3, gpr[6]) _(4, gpr[7]) _(5, gpr[8])
#define CALL_NUMBER_FIELD gpr[0]
#define CALL_NUMBER(regs) ((regs)->gpr[0])
#endif
};
struct seccomp {
  int mode;
};
struct task_struct___entered {
  void *stack;
  struct seccomp seccomp;
};
#pragma clang attribute pop

struct arguments {
  __u64 at[6];
};

/* `regs` as a plain number: a function that the verifier looks at by itself gets nothing else. */
static __always_inline struct arguments read_arguments(__u64 address) {
  const struct pt_regs___kernel *regs = (const void *)address;
  struct arguments a = {};

#define READ_ARGUMENT(n, name) a.at[n] = BPF_CORE_READ(regs, name);
  ARGUMENT_REGISTERS(READ_ARGUMENT)
#undef READ_ARGUMENT
  return a;
}

/* Of 4 KiB pages; asked for below 5.15 only. */
#define THREAD_SIZE 16384

/* A call that seccomp refused, by an errno of its filter, has no entry: sys_enter comes after. */
static __always_inline bool may_be_refused(__s64 result) {
  const struct task_struct___entered *task = (const void *)bpf_get_current_task();

  return result < 0 && bpf_core_field_exists(struct task_struct___entered, seccomp) &&
         BPF_CORE_READ(task, seccomp.mode) == 2; /* SECCOMP_MODE_FILTER */
}

/* What the current task entered the kernel with; false: not by this call. The registers lie at the
 * end of its stack, and from 5.15 on a helper knows where. */
static __always_inline bool arguments_of_task(struct arguments *a, __u32 number) {
  const struct task_struct___entered *task = (const void *)bpf_get_current_task();
  const struct pt_regs___kernel *regs;

  if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
    regs = (const void *)bpf_task_pt_regs(bpf_get_current_task_btf());
  else
    regs = BPF_CORE_READ(task, stack) + THREAD_SIZE - bpf_core_type_size(struct pt_regs___kernel);
  if ((__u32)BPF_CORE_READ(regs, CALL_NUMBER_FIELD) != number) return false;
  *a = read_arguments((__u64)(unsigned long)regs);
  return true;
}

/* x32 (x86-64 with 32-bit pointers) calls by the same numbers with this bit, and some by numbers
 * from 512 on. */
#if defined(__TARGET_ARCH_x86)
#define X32_CALL 0x40000000
#else
#define X32_CALL 0
#endif

/* A call of a 32-bit program: other numbers, other structs. The tracepoints tell it apart by
 * nothing. */
static __always_inline bool is_compat(void) {
#if defined(__TARGET_ARCH_x86)
  const struct task_struct *task = (const void *)bpf_get_current_task();

  return BPF_CORE_READ(task, thread_info.status) & 0x2; /* TS_COMPAT */
#elif defined(__TARGET_ARCH_arm64)
  const struct task_struct *task = (const void *)bpf_get_current_task();

  return BPF_CORE_READ(task, thread_info.flags) & (1 << 22); /* TIF_32BIT */
#else
  return false;
#endif
}

#endif
