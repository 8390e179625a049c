// SPDX-License-Identifier: BSD-2-Clause
// Only for the static build. Debian's libpcap.a can capture from D-Bus, and so wants libdbus and
// libsystemd, of which the latter has no archive. We write files and never open a capture: with
// these two in place of its own, libpcap leaves the rest of that out.
extern "C" {

int dbus_findalldevs(void* /*devices*/, char* /*error*/);
void* dbus_create(const char* /*device*/, char* /*error*/, int* is_ours);

int dbus_findalldevs(void* /*devices*/, char* /*error*/) {
  return 0;
}
void* dbus_create(const char* /*device*/, char* /*error*/, int* is_ours) {
  *is_ours = 0;
  return nullptr;
}
}
