/* A faulty disk under a real program: built and preloaded by the tests.
 *
 * It passes on every operation on files below one folder, writes each into a journal, and makes
 * some of them fail. The tests replay the journal to know what a device holds that loses whatever
 * was not synced. See shim.rs for the other half.
 *
 *   AIRSHED_DISK_ROOT         the folder
 *   AIRSHED_DISK_JOURNAL      the journal, outside of it
 *   AIRSHED_DISK_KILL         the number of the operation before which the program is killed
 *   AIRSHED_DISK_SYNC_FAILS   the number of the file sync that fails with EIO
 *   AIRSHED_DISK_ROOM         so many bytes can be written, then ENOSPC
 *   AIRSHED_DISK_FOR          the last two concern only paths that contain this
 *   AIRSHED_DISK_SHORT        a seed: writes take only a part of what they are given
 *   AIRSHED_DISK_SENT         what a Kafka produce request contains that is put into the journal
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096
#define REAL(name, type, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { char *path; int is_folder; unsigned long ino; } fds[FDS];
static const char *root, *only_for, *sent;
static int journal = -1;
static long kill_at, sync_fails_at, room = -1, operations, syncs;
static unsigned long dice;

static long number(const char *name, long none) {
  const char *text = getenv(name);
  return text ? atol(text) : none;
}

__attribute__((constructor)) static void begin(void) {
  root = getenv("AIRSHED_DISK_ROOT");
  only_for = getenv("AIRSHED_DISK_FOR");
  sent = getenv("AIRSHED_DISK_SENT");
  kill_at = number("AIRSHED_DISK_KILL", 0);
  sync_fails_at = number("AIRSHED_DISK_SYNC_FAILS", 0);
  room = number("AIRSHED_DISK_ROOM", -1);
  dice = (unsigned long)number("AIRSHED_DISK_SHORT", 0);
  const char *path = getenv("AIRSHED_DISK_JOURNAL");
  if (root && path) {
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    journal = REAL("open", int, const char *, int, ...)(path, flags, 0600);
  }
}

static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t n = REAL("write", ssize_t, int, const void *, size_t)(journal, at, length);
    if (n <= 0) _exit(99);
    at += n;
    length -= (size_t)n;
  }
}

static void note(const char *format, ...) {
  char line[2 * PATH_MAX + 64];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (journal >= 0) put(line, (size_t)length);
}

/* The path as it is below the folder, or null for one that is elsewhere. */
static const char *below(const char *path, char *whole) {
  if (journal < 0 || !path) return NULL;
  if (path[0] == '/') snprintf(whole, PATH_MAX, "%s", path);
  else {
    char folder[PATH_MAX / 2];
    if (!getcwd(folder, sizeof folder)) return NULL;
    snprintf(whole, PATH_MAX, "%s/%s", folder, path);
  }
  size_t length = strlen(root), own = strlen(whole);
  while (own > 1 && whole[own - 1] == '/') whole[--own] = 0;
  if (strncmp(whole, root, length) || (whole[length] && whole[length] != '/')) return NULL;
  return whole;
}

static int concerns(const char *path) { return !only_for || strstr(path, only_for) != NULL; }

/* Before each operation that changes what is stored. */
static void operation(void) {
  if (++operations == kill_at) {
    note("K\n");
    kill(getpid(), SIGKILL);
    pause();
  }
}

static int is_ours(int fd) { return journal >= 0 && fd >= 0 && fd < FDS && fds[fd].path; }

static int opened(int fd, const char *path, int flags, int existed) {
  struct stat is;
  if (fd < 0 || fd >= FDS || fstat(fd, &is)) return fd;
  free(fds[fd].path);
  fds[fd].path = strdup(path);
  fds[fd].is_folder = S_ISDIR(is.st_mode);
  fds[fd].ino = is.st_ino;
  if (!existed) note("O %lu %s\n", fds[fd].ino, path);
  else if (flags & O_TRUNC) note("T %lu 0\n", fds[fd].ino);
  return fd;
}

static int open_by(const char *symbol, int at, const char *path, int flags, mode_t mode) {
  char whole[PATH_MAX];
  const char *own = at == AT_FDCWD || (path && path[0] == '/') ? below(path, whole) : NULL;
  if (!own) {
    if (at == AT_FDCWD) return REAL(symbol, int, const char *, int, ...)(path, flags, mode);
    return REAL(symbol, int, int, const char *, int, ...)(at, path, flags, mode);
  }
  pthread_mutex_lock(&lock);
  struct stat is;
  int existed = stat(own, &is) == 0;
  if ((flags & O_CREAT && !existed) || (flags & O_TRUNC && existed)) operation();
  int fd = REAL("open", int, const char *, int, ...)(path, flags, mode);
  opened(fd, own, flags, existed);
  pthread_mutex_unlock(&lock);
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { \
    va_list arguments; \
    va_start(arguments, flags); \
    mode = va_arg(arguments, mode_t); \
    va_end(arguments); \
  }

int open(const char *path, int flags, ...) { MODE(flags) return open_by("open", AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_by("open64", AT_FDCWD, path, flags | O_LARGEFILE, mode); }

int openat(int at, const char *path, int flags, ...) {
  MODE(flags)
  if (at == AT_FDCWD) return open_by("open", at, path, flags, mode);
  return open_by("openat", at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
  MODE(flags)
  if (at == AT_FDCWD) return open_by("open64", at, path, flags, mode);
  return open_by("openat64", at, path, flags, mode);
}

int close(int fd) {
  if (is_ours(fd)) {
    pthread_mutex_lock(&lock);
    free(fds[fd].path);
    fds[fd].path = NULL;
    pthread_mutex_unlock(&lock);
  }
  return REAL("close", int, int)(fd);
}

static off_t place(int fd) {
  struct stat is;
  if (fcntl(fd, F_GETFL) & O_APPEND) return fstat(fd, &is) ? 0 : is.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

static ssize_t stored(int fd, const void *bytes, size_t length, off_t at, int positioned) {
  pthread_mutex_lock(&lock);
  operation();
  if (dice && length > 1) {
    dice = dice * 6364136223846793005UL + 1442695040888963407UL;
    length = 1 + (dice >> 33) % length;
  }
  if (room >= 0 && concerns(fds[fd].path)) {
    if (room == 0 && length > 0) {
      note("! no room for %s\n", fds[fd].path);
      pthread_mutex_unlock(&lock);
      errno = ENOSPC;
      return -1;
    }
    if ((size_t)room < length) length = (size_t)room;
    room -= (long)length;
  }
  if (!positioned) at = place(fd);
  ssize_t n = positioned
    ? REAL("pwrite", ssize_t, int, const void *, size_t, off_t)(fd, bytes, length, at)
    : REAL("write", ssize_t, int, const void *, size_t)(fd, bytes, length);
  if (n > 0) {
    note("W %lu %ld %ld\n", fds[fd].ino, (long)at, (long)n);
    put(bytes, (size_t)n);
  }
  pthread_mutex_unlock(&lock);
  return n;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (is_ours(fd)) return stored(fd, bytes, length, 0, 0);
  if (fd == 1 && journal >= 0) {
    pthread_mutex_lock(&lock);
    note("P\n");
    pthread_mutex_unlock(&lock);
  }
  return REAL("write", ssize_t, int, const void *, size_t)(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  if (is_ours(fd)) return stored(fd, bytes, length, at, 1);
  return REAL("pwrite", ssize_t, int, const void *, size_t, off_t)(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return pwrite(fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (is_ours(fd)) {
    for (int it = 0; it < count; it++)
      if (parts[it].iov_len > 0) return stored(fd, parts[it].iov_base, parts[it].iov_len, 0, 0);
    return 0;
  }
  return REAL("writev", ssize_t, int, const struct iovec *, int)(fd, parts, count);
}

static int truncated(int fd, off_t length) {
  if (!is_ours(fd)) return REAL("ftruncate", int, int, off_t)(fd, length);
  pthread_mutex_lock(&lock);
  operation();
  int result = REAL("ftruncate", int, int, off_t)(fd, length);
  if (result == 0) note("T %lu %ld\n", fds[fd].ino, (long)length);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

static int synced(const char *symbol, int fd) {
  if (!is_ours(fd)) return REAL(symbol, int, int)(fd);
  pthread_mutex_lock(&lock);
  operation();
  int result = 0;
  if (fds[fd].is_folder) note("D %s\n", fds[fd].path);
  else if (concerns(fds[fd].path) && ++syncs == sync_fails_at) {
    note("E %lu\n", fds[fd].ino);
    errno = EIO;
    result = -1;
  } else note("S %lu\n", fds[fd].ino);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }

int rename(const char *from, const char *to) {
  char one[PATH_MAX], two[PATH_MAX];
  if (!below(from, one) || !below(to, two)) return REAL("rename", int, const char *, const char *)(from, to);
  pthread_mutex_lock(&lock);
  operation();
  int result = REAL("rename", int, const char *, const char *)(from, to);
  if (result == 0) note("R %s\n%s\n", one, two);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  char whole[PATH_MAX];
  if (!below(path, whole)) return REAL("unlink", int, const char *)(path);
  pthread_mutex_lock(&lock);
  operation();
  int result = REAL("unlink", int, const char *)(path);
  if (result == 0) note("U %s\n", whole);
  pthread_mutex_unlock(&lock);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  char whole[PATH_MAX];
  if (!below(path, whole)) return REAL("mkdir", int, const char *, mode_t)(path, mode);
  pthread_mutex_lock(&lock);
  operation();
  int result = REAL("mkdir", int, const char *, mode_t)(path, mode);
  if (result == 0) note("M %s\n", whole);
  pthread_mutex_unlock(&lock);
  return result;
}

/* A produce request begins with its length and the key 0, and names its topics. */
static void leaves(const struct iovec *parts, size_t count) {
  if (journal < 0 || !sent || count == 0 || parts[0].iov_len < 6) return;
  const unsigned char *head = parts[0].iov_base;
  if (head[4] || head[5]) return;
  for (size_t it = 0; it < count; it++)
    if (memmem(parts[it].iov_base, parts[it].iov_len, sent, strlen(sent))) {
      pthread_mutex_lock(&lock);
      note("N\n");
      pthread_mutex_unlock(&lock);
      return;
    }
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  leaves(message->msg_iov, message->msg_iovlen);
  return REAL("sendmsg", ssize_t, int, const struct msghdr *, int)(fd, message, flags);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  struct iovec part = { (void *)bytes, length };
  leaves(&part, 1);
  return REAL("send", ssize_t, int, const void *, size_t, int)(fd, bytes, length, flags);
}
