// SPDX-License-Identifier: BSD-2-Clause
#include "attach/expedite.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace socketrace;

namespace {

struct Settings {
  std::filesystem::path root;
  RcuFiles files;

  Settings(const char* expedited, const char* normal) {
    char path[] = "/tmp/socketrace-rcu-XXXXXX";
    REQUIRE(mkdtemp(path) != nullptr);
    root = path;
    files = {.expedited = (root / "expedited").string(), .normal = (root / "normal").string()};
    std::ofstream(files.expedited) << expedited;
    std::ofstream(files.normal) << normal;
  }
  ~Settings() { std::filesystem::remove_all(root); }

  char value() const {
    char first = 0;
    std::ifstream(files.expedited) >> first;
    return first;
  }
};

}  // namespace

TEST_CASE("grace periods are short from begin to end") {
  const Settings settings("0\n", "0\n");
  auto rcu = ExpeditedRcu::open(settings.files);
  REQUIRE(rcu.has_value());
  CHECK(settings.value() == '0');
  for (int times = 0; times < 2; times++) {
    CHECK(rcu->begin().has_value());
    CHECK(settings.value() == '1');
    CHECK(rcu->end().has_value());
    CHECK(settings.value() == '0');
  }
}

TEST_CASE("its end by accident restores too") {
  const Settings settings("0\n", "0\n");
  {
    auto rcu = ExpeditedRcu::open(settings.files);
    REQUIRE((rcu && rcu->begin()));
    CHECK(settings.value() == '1');
  }
  CHECK(settings.value() == '0');
}

TEST_CASE("what the administrator has set stays") {
  const Settings settings("1\n", "0\n");
  {
    auto rcu = ExpeditedRcu::open(settings.files);
    REQUIRE((rcu && rcu->begin() && rcu->end()));
  }
  CHECK(settings.value() == '1');
}

TEST_CASE("of two the first has it") {
  const Settings settings("0\n", "0\n");
  auto one = ExpeditedRcu::open(settings.files);
  auto two = ExpeditedRcu::open(settings.files);
  REQUIRE((one && two));
  REQUIRE((one->begin() && two->begin()));
  CHECK(two->end().has_value());
  CHECK(settings.value() == '1');
  CHECK(one->end().has_value());
  CHECK(settings.value() == '0');
}

TEST_CASE("where it has no effect, or cannot be had, that is said") {
  const Settings overridden("0\n", "1\n");
  const auto rcu = ExpeditedRcu::open(overridden.files);
  REQUIRE_FALSE(rcu.has_value());
  CHECK(rcu.error().text().find("normal is 1") != std::string::npos);
  CHECK(rcu.error().exit_status() == 1);
  const auto none = ExpeditedRcu::open({"/nonexistent/rcu", "/nonexistent/normal"});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().text() == "--expedite-rcu: /nonexistent/rcu: No such file or directory");
}
