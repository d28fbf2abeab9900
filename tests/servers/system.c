/* Makes the system fail as it really does, for tests: loaded before libc into a process that collects.
 *
 * Reads single files in the folder FAULTS, so that a test can turn a fault on in the middle of a run:
 *   clock   seconds that are added to the wall's clock; the monotonic one stays as it is
 *   flock   there: file locks are refused as by a file system that has none
 *   fsync   there: syncing a file fails as on a broken disk
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int set(const char *name, char *path, size_t size) {
    const char *folder = getenv("FAULTS");
    struct stat there;
    if (folder == NULL) return 0;
    snprintf(path, size, "%s/%s", folder, name);
    return stat(path, &there) == 0;
}

int clock_gettime(clockid_t which, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    char path[4096];
    long seconds = 0;
    if (real == NULL) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(which, time);
    if (which == CLOCK_REALTIME && set("clock", path, sizeof path)) {
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            if (fscanf(file, "%ld", &seconds) == 1) time->tv_sec += seconds;
            fclose(file);
        }
    }
    return done;
}

int flock(int file, int operation) {
    static int (*real)(int, int);
    char path[4096];
    if (real == NULL) real = dlsym(RTLD_NEXT, "flock");
    if (set("flock", path, sizeof path)) {
        errno = ENOLCK;
        return -1;
    }
    return real(file, operation);
}

int fsync(int file) {
    static int (*real)(int);
    char path[4096];
    if (real == NULL) real = dlsym(RTLD_NEXT, "fsync");
    if (set("fsync", path, sizeof path)) {
        errno = EIO;
        return -1;
    }
    return real(file);
}
