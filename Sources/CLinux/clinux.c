#define _GNU_SOURCE
#include "clinux.h"
#include <errno.h>
#include <sys/sendfile.h>
#include <unistd.h>

int clinux_try_lock(int descriptor) {
    int result;
    do result = flock(descriptor, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result;
}

void clinux_unlock(int descriptor) { flock(descriptor, LOCK_UN); }

void clinux_start_writing(int descriptor) {
    sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

long clinux_copy_file(int from, int to, unsigned long count) {
    ssize_t moved = copy_file_range(from, 0, to, 0, count, 0);
    // Not between these two file systems: sendfile copies between any two files.
    if (moved < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
        moved = sendfile(to, from, 0, count);
    return moved;
}
