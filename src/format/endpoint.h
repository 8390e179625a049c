// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "base/buffer.h"
#include "events/decode.h"

namespace socketrace {

// "LOCAL -> REMOTE", each in the words of its family:
//   192.0.2.1:80   [2001:db8::1]:443   [fe80::1%2]:22   unix:/run/x.sock   unix:@abstract   unix:-
//   netlink:ROUTE pid=123 groups=0x11   packet:2/0x0800   vsock:2:1024   AF_CAN   AF_57
// "-" is an end that does not exist or was not read.
void put_endpoints(Buffer& out, const Hit& hit);

}  // namespace socketrace
