/* A disk that fails on command, for files whose path holds "events.sqlite": preloaded into the gateway under test.
   The file named by FAULTY_DISK says how: "full", "read-only", "sync"; anything else, or no file, is a sound disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails_as(const char *how) {
    const char *path = getenv("FAULTY_DISK");
    FILE *file = path ? fopen(path, "r") : NULL;
    char word[16] = "";
    if (!file) return 0;
    if (!fgets(word, sizeof word, file)) word[0] = 0;
    fclose(file);
    return strcmp(word, how) == 0;
}

static int is_of_the_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    /* The shared memory of its readers isn't on the disk. */
    return strstr(path, "events.sqlite") && !strstr(path, "-shm");
}

static int write_fault(int fd) {
    if (!is_of_the_log(fd)) return 0;
    if (fails_as("full")) return ENOSPC;
    if (fails_as("read-only")) return EROFS;
    return 0;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE(fault) do { int why = (fault); if (why) { errno = why; return -1; } } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    REFUSE(write_fault(fd));
    return NEXT(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REFUSE(write_fault(fd));
    return NEXT(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REFUSE(write_fault(fd));
    return NEXT(pwrite64)(fd, data, size, at);
}
int fsync(int fd) {
    REFUSE(is_of_the_log(fd) && fails_as("sync") ? EIO : 0);
    return NEXT(fsync)(fd);
}
int fdatasync(int fd) {
    REFUSE(is_of_the_log(fd) && fails_as("sync") ? EIO : 0);
    return NEXT(fdatasync)(fd);
}
