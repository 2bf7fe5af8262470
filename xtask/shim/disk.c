/* Stands between a program and the disk (LD_PRELOAD), for the files below one folder alone.
 *
 * DISK_FOLDER  the folder, absolute, without a slash at its end.
 * DISK_TRACE   a file that everything that reaches the disk is appended to, in the order in which
 *              it happened: "LETTER PATH NUMBER LENGTH\n" and LENGTH bytes. Letters: C a new file,
 *              M a new folder, W bytes at NUMBER, T the file's new length, S a sync that has
 *              succeeded, R renamed to the name in the bytes, U removed, A an answer that is
 *              about to leave by the network and begins with HTTP/1.1 20 (its first bytes).
 * DISK_FAULT   "CALL N TIMES WHAT": the N-th call and TIMES - 1 after it fail. CALL is write, sync,
 *              size or any; WHAT is EIO, ENOSPC, SHORT (half of it is written, what follows finds
 *              the disk full) or KILL (kill -9 before the call).
 *
 * One lock is held over each call together with its line, so the order of lines is the order of
 * things on the disk. System calls are made directly: nothing here calls what it replaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING = 0, SHORT = -1, KILL = -2 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static size_t folder_length;
static int trace = -1;
static char fault_call[16];
static long fault_from, fault_times, calls;
static int fault_what;

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("DISK_FOLDER");
    const char *to = getenv("DISK_TRACE");
    const char *fault = getenv("DISK_FAULT");
    char what[16] = "";
    if (where) snprintf(folder, sizeof folder, "%s", where);
    folder_length = strlen(folder);
    if (to) trace = syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!fault || sscanf(fault, "%15s %ld %ld %15s", fault_call, &fault_from, &fault_times, what) != 4)
        return;
    fault_what = !strcmp(what, "ENOSPC") ? ENOSPC : !strcmp(what, "SHORT") ? SHORT
               : !strcmp(what, "KILL") ? KILL : EIO;
}

/* The path below the folder; "." is the folder itself, NULL is elsewhere. */
static const char *below(const char *path) {
    if (!folder_length || strncmp(path, folder, folder_length)) return NULL;
    if (!path[folder_length]) return ".";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

/* The same for an open file; a removed one is nowhere. */
static const char *place(int fd, char *room) {
    char link[32];
    ssize_t length;
    if (!folder_length || fd < 3) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, room, PATH_MAX - 1);
    if (length <= 0) return NULL;
    room[length] = 0;
    return strstr(room, " (deleted)") ? NULL : below(room);
}

static void note(char letter, const char *path, long long number, const void *bytes, size_t length) {
    char head[PATH_MAX + 64];
    struct iovec parts[2] = {{head, 0}, {(void *)bytes, length}};
    if (trace < 0) return;
    parts[0].iov_len = snprintf(head, sizeof head, "%c %s %lld %zu\n", letter, path, number, length);
    /* A trace with a gap proves nothing. */
    if (syscall(SYS_writev, trace, parts, 2) != (long)(parts[0].iov_len + length)) abort();
}

/* Counts a call and says what is to become of it. The lock is held. */
static int strike(const char *call) {
    if (!fault_times || (strcmp(fault_call, call) && strcmp(fault_call, "any"))) return NOTHING;
    calls++;
    if (calls < fault_from || calls >= fault_from + fault_times) return NOTHING;
    if (fault_what == KILL) raise(SIGKILL);
    return fault_what == SHORT && calls > fault_from ? ENOSPC : fault_what;
}

static long refuse(int error) {
    pthread_mutex_unlock(&turn);
    errno = error;
    return -1;
}

static long done(long result) {
    int error = errno;
    pthread_mutex_unlock(&turn);
    errno = error;
    return result;
}

static ssize_t put(int fd, const char *path, const void *bytes, size_t length, off_t at) {
    int what;
    ssize_t written;
    pthread_mutex_lock(&turn);
    what = strike("write");
    if (what > 0) return refuse(what);
    if (what == SHORT && length > 1) length /= 2;
    written = syscall(SYS_pwrite64, fd, bytes, length, at);
    if (written > 0) note('W', path, at, bytes, written);
    return done(written);
}

/* A write at the file's own place, which is moved on by what was written. */
static ssize_t put_here(int fd, const char *path, const void *bytes, size_t length) {
    int append = syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND;
    off_t at = syscall(SYS_lseek, fd, 0, append ? SEEK_END : SEEK_CUR);
    ssize_t written = put(fd, path, bytes, length, at);
    if (written > 0) syscall(SYS_lseek, fd, at + written, SEEK_SET);
    return written;
}

static void answer(const void *bytes, size_t length, const void *more, size_t more_length) {
    char both[512];
    if (trace < 0 || length < 12 || memcmp(bytes, "HTTP/1.1 20", 11)) return;
    if (length > sizeof both) length = sizeof both;
    if (more_length > sizeof both - length) more_length = sizeof both - length;
    memcpy(both, bytes, length);
    memcpy(both + length, more, more_length);
    pthread_mutex_lock(&turn);
    note('A', ".", 0, both, length + more_length);
    pthread_mutex_unlock(&turn);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    char room[PATH_MAX];
    const char *path = place(fd, room);
    if (path) return put_here(fd, path, bytes, length);
    answer(bytes, length, "", 0);
    return syscall(SYS_write, fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    char room[PATH_MAX];
    const char *path = place(fd, room);
    return path ? put(fd, path, bytes, length, at) : syscall(SYS_pwrite64, fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite64(fd, bytes, length, at);
}

/* Of several parts to one file only the first is written: callers of writev go on by themselves. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char room[PATH_MAX];
    const char *path = place(fd, room);
    if (path && count > 0) return put_here(fd, path, parts[0].iov_base, parts[0].iov_len);
    if (count == 1) answer(parts[0].iov_base, parts[0].iov_len, "", 0);
    if (count > 1)
        answer(parts[0].iov_base, parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
    return syscall(SYS_writev, fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    answer(bytes, length, "", 0);
    return syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
}

static int sync_by(long call, int fd) {
    char room[PATH_MAX];
    const char *path = place(fd, room);
    int what;
    long result;
    if (!path) return syscall(call, fd);
    pthread_mutex_lock(&turn);
    what = strike("sync");
    if (what) return refuse(what > 0 ? what : EIO);
    result = syscall(call, fd);
    if (!result) note('S', path, 0, "", 0);
    return done(result);
}

int fsync(int fd) { return sync_by(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_by(SYS_fdatasync, fd); }

int ftruncate64(int fd, off64_t length) {
    char room[PATH_MAX];
    const char *path = place(fd, room);
    int what;
    long result;
    if (!path) return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&turn);
    what = strike("size");
    if (what) return refuse(what > 0 ? what : EIO);
    result = syscall(SYS_ftruncate, fd, length);
    if (!result) note('T', path, length, "", 0);
    return done(result);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int open_by(int at, const char *path, int flags, mode_t mode) {
    const char *inside = below(path);
    int there, fd;
    if (!inside || !(flags & (O_CREAT | O_TRUNC))) return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&turn);
    strike("open");
    there = !syscall(SYS_faccessat, AT_FDCWD, path, F_OK);
    fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && !there) note('C', inside, 0, "", 0);
    if (fd >= 0 && there && (flags & O_TRUNC)) note('T', inside, 0, "", 0);
    return done(fd);
}

#define MODE_OF(flags, mode)                          \
    mode_t mode = 0;                                  \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {          \
        va_list more;                                 \
        va_start(more, flags);                        \
        mode = va_arg(more, mode_t);                  \
        va_end(more);                                 \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_by(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_by(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_by(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_by(at, path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
    const char *inside = below(path);
    long result;
    if (!inside) return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    pthread_mutex_lock(&turn);
    strike("name");
    result = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (!result) note('M', inside, 0, "", 0);
    return done(result);
}

int rename(const char *from, const char *to) {
    const char *old = below(from), *new = below(to);
    long result;
    if (!old || !new) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    pthread_mutex_lock(&turn);
    strike("name");
    result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (!result) note('R', old, 0, new, strlen(new));
    return done(result);
}

int unlink(const char *path) {
    const char *inside = below(path);
    long result;
    if (!inside) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&turn);
    strike("name");
    result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!result) note('U', inside, 0, "", 0);
    return done(result);
}
