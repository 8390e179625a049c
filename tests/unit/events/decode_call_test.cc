// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode_call.h"

#include <doctest/doctest.h>

using namespace socketrace;

namespace {

bool accepts(const void* record, size_t size) {
  CallEvent event;
  const bool taken = decode_call({static_cast<const std::byte*>(record), size}, event);
  CHECK(taken == (event.call != nullptr || event.change != nullptr));
  return taken;
}

st_call_record call() {
  st_call_record record = {};
  record.event.length = offsetof(st_call_record, unix_names);
  record.event.func = ST_CALL_CONNECT;
  return record;
}

}  // namespace

TEST_CASE("a call's record is as long as its sections say") {
  st_call_record record = call();
  CHECK(accepts(&record, sizeof(record)));
  CHECK(accepts(&record, record.event.length));
  CHECK_FALSE(accepts(&record, record.event.length - 8));
  CHECK_FALSE(accepts(&record, 8));
  record.event.sections = ST_SECTION_UNIX;
  CHECK_FALSE(accepts(&record, sizeof(record)));
  record.event.length = sizeof(record);
  CHECK(accepts(&record, sizeof(record)));
  CHECK_FALSE(accepts(&record, sizeof(record) - 8));
  record.event.sections = ST_SECTION_UNIX | ST_SECTION_STACK;
  CHECK_FALSE(accepts(&record, sizeof(record)));
}

TEST_CASE("lengths within a record are those of its arrays") {
  st_call_record record = call();
  record.address_taken = ST_SOCKADDR_LEN;
  CHECK(accepts(&record, sizeof(record)));
  record.address_taken = ST_SOCKADDR_LEN + 1;
  CHECK_FALSE(accepts(&record, sizeof(record)));
  record = call();
  record.address_read = ST_ADDRESS_FAULT + 1;
  CHECK_FALSE(accepts(&record, sizeof(record)));
  record = call();
  record.event.length = sizeof(record);
  record.event.sections = ST_SECTION_UNIX;
  record.unix_names.peer_len = ST_UNIX_NAME_LEN + 1;
  CHECK_FALSE(accepts(&record, sizeof(record)));
}

TEST_CASE("what is no call is a change of state or nothing") {
  st_call_record record = call();
  record.event.func = ST_CALL_COUNT;
  CHECK_FALSE(accepts(&record, sizeof(record)));
  record.event.func = ST_CALL_STATE;
  CHECK_FALSE(accepts(&record, sizeof(record)));
  record.event.length = sizeof(st_state_change);
  CHECK(accepts(&record, sizeof(st_state_change)));
  CHECK_FALSE(accepts(&record, sizeof(st_state_change) - 1));
  alignas(8) std::byte shifted[sizeof(record) + 8] = {};
  CHECK_FALSE(accepts(shifted + 4, sizeof(record)));
}
