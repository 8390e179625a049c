// SPDX-License-Identifier: BSD-2-Clause
// The key=value fields of a line, in the groups that options switch on. The order and the spelling
// are those of the original tool; what was not read prints "-".
#pragma once

#include "base/buffer.h"
#include "events/decode.h"

namespace socketrace {

// " LOCAL -> REMOTE netns= family= protocol=", then what makes this hit special:
// inode= peer_inode= (unix), mini=, from=headers, sock=NULL, sock=fresh,
// headers=none, context=.
void put_meta(Buffer& out, const Hit& hit);
void put_sock_common(Buffer& out, const Hit& hit);  // --output-sock-common
void put_sock_info(Buffer& out, const Hit& hit);    // --output-sock-info
void put_socket_info(Buffer& out, const Hit& hit);  // --output-socket-info

}  // namespace socketrace
