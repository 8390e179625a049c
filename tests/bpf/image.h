/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Room for what one hit reads, each struct by the running kernel's own offsets. */
#ifndef SOCKETRACE_TESTS_IMAGE_H
#define SOCKETRACE_TESTS_IMAGE_H

#include <linux/types.h>

struct image {
  __u8 sock[4096]; /* or request_sock, inet_timewait_sock */
  __u8 socket[512];
  __u8 skb[512];
  __u8 packet[1024];
  __u8 device[4096];
  __u8 sock_net[4096];
  __u8 device_net[4096];
};

#endif
