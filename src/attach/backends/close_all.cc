// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/close_all.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "attach/backends/ticker.h"

namespace socketrace {
namespace {

// Only the last of the grace periods of unregister_kprobe is outside event_mutex: four threads
// overlap it (6.1: 20.2 -> 8.3 s for 200), sixteen make it worse again (12.2 s).
constexpr size_t kThreads = 4;

struct Closing {
  explicit Closing(std::vector<Fd>& all) : fds(all) {}

  std::vector<Fd>& fds;
  std::atomic<size_t> next = 0;
  std::atomic<size_t> done = 0;
  std::atomic<bool> quit = false;
  std::mutex mutex;
  std::condition_variable finished;

  bool close_one() {
    const size_t i = quit ? fds.size() : next.fetch_add(1);
    if (i >= fds.size()) return false;
    fds[i].reset();
    if (done.fetch_add(1) + 1 == fds.size()) {
      const std::lock_guard lock(mutex);
      finished.notify_all();
    }
    return true;
  }
};

// Signals are for the calling thread: a worker that takes Ctrl-C would not wake its waits.
std::vector<std::thread> start_workers(Closing& closing) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::vector<std::thread> workers;
  workers.reserve(kThreads);
  try {
    for (size_t i = 0; i < kThreads; i++) {
      workers.emplace_back([&closing] {
        while (closing.close_one()) continue;
      });
    }
  } catch (const std::system_error&) {
    // No more threads to be had (EAGAIN): those that are there, or the caller, do the work.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return workers;
}

}  // namespace

size_t close_all(std::vector<Fd>& fds, const Progress& progress) {
  Closing closing(fds);
  Ticker ticker(progress, fds.size());
  std::vector<std::thread> workers;
  if (fds.size() > kThreads) workers = start_workers(closing);
  while (closing.done < fds.size() && !progress.stop_wanted(2)) {
    if (workers.empty()) {
      closing.close_one();
    } else {
      std::unique_lock lock(closing.mutex);
      closing.finished.wait_for(lock, Ticker::kInterval,
                                [&] { return closing.done == fds.size(); });
    }
    if (closing.done < fds.size()) ticker.tick(closing.done);
  }
  closing.quit = true;
  for (std::thread& worker : workers) worker.join();
  ticker.tick(closing.done);
  const size_t left = fds.size() - closing.done;
  for (Fd& fd : fds) fd.release();  // what was closed is -1 already
  fds.clear();
  return left;
}

}  // namespace socketrace
