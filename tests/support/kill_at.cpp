// Preloaded: ends the process with SIGKILL before its N-th change of a name in the file system.
//
// KILL_AT_MATCH   part of the path, only such changes count
// KILL_AT         N, counted from 1; 0 or unset: never
// KILL_AT_COUNT   file that takes the number of changes so far
// KILL_AT_PLAIN   set: the system has no exchange of folders
// KILL_AT_OWNER   set: the only process that counts, by its number; else all that are started do
// KILL_AT_FOLDER  folder that is copied before each change ...
// KILL_AT_COPIES  ... into this one, under the number of the change
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <spawn.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

int changes = 0;
std::mutex one_at_a_time;

bool counts(const char *path) {
  const char *match = std::getenv("KILL_AT_MATCH");
  const char *owner = std::getenv("KILL_AT_OWNER");
  return path != nullptr && match != nullptr && std::strstr(path, match) != nullptr &&
         (owner == nullptr || std::atoi(owner) == getpid());
}

void copy(const char *folder, const char *copies) {
  std::string target = std::string(copies) + "/" + std::to_string(changes);
  const char *command[] = {"cp", "-a", folder, target.c_str(), nullptr};
  char path[] = "PATH=/usr/bin:/bin";
  char *environment[] = {path, nullptr}; // without this library
  pid_t child = 0;
  int status = -1;
  if (posix_spawnp(&child, "cp", nullptr, nullptr, const_cast<char **>(command), environment) ||
      waitpid(child, &status, 0) != child || status != 0) {
    std::fprintf(stderr, "%s cannot be copied\n", folder);
    std::abort();
  }
}

void change(const char *first, const char *second = nullptr) {
  if (!counts(first) && !counts(second)) {
    return;
  }
  std::lock_guard<std::mutex> held(one_at_a_time);
  ++changes;
  const char *folder = std::getenv("KILL_AT_FOLDER");
  if (const char *copies = std::getenv("KILL_AT_COPIES"); folder != nullptr && copies != nullptr) {
    copy(folder, copies);
  }
  if (const char *at = std::getenv("KILL_AT"); at != nullptr && std::atoi(at) == changes) {
    kill(getpid(), SIGKILL);
  }
  if (const char *name = std::getenv("KILL_AT_COUNT"); name != nullptr) {
    if (std::FILE *file = std::fopen(name, "w"); file != nullptr) {
      std::fprintf(file, "%d", changes);
      std::fclose(file);
    }
  }
}

template <typename Function> Function *next(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

int rename(const char *from, const char *to) noexcept {
  change(from, to);
  return next<int(const char *, const char *)>("rename")(from, to);
}

int renameat(int a, const char *from, int b, const char *to) noexcept {
  change(from, to);
  return next<int(int, const char *, int, const char *)>("renameat")(a, from, b, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) noexcept {
  if (std::getenv("KILL_AT_PLAIN") != nullptr) {
    errno = ENOSYS;
    return -1;
  }
  change(from, to);
  return next<int(int, const char *, int, const char *, unsigned)>("renameat2")(a, from, b, to,
                                                                                flags);
}

int link(const char *from, const char *to) noexcept {
  change(from, to);
  return next<int(const char *, const char *)>("link")(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags) noexcept {
  change(from, to);
  return next<int(int, const char *, int, const char *, int)>("linkat")(a, from, b, to, flags);
}

int unlink(const char *path) noexcept {
  change(path);
  return next<int(const char *)>("unlink")(path);
}

// Python removes folders by handle and name: such a name has no path, every one of them counts.
int unlinkat(int folder, const char *path, int flags) noexcept {
  change(path[0] == '/' ? path : std::getenv("KILL_AT_MATCH"));
  return next<int(int, const char *, int)>("unlinkat")(folder, path, flags);
}

int rmdir(const char *path) noexcept {
  change(path);
  return next<int(const char *)>("rmdir")(path);
}

int mkdir(const char *path, mode_t mode) noexcept {
  change(path);
  return next<int(const char *, mode_t)>("mkdir")(path, mode);
}

} // extern "C"
