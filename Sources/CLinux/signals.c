// SIGINT and SIGTERM as bytes in a pipe; SIGPIPE as a failed write.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "clinux.h"

static volatile int signal_pipe = -1;

static void note_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_pipe, &byte, 1);
    (void)written;
    errno = saved;
}

static void let_write_fail(int number) {
    (void)number;
}

int clinux_catch_signals(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    signal_pipe = ends[1];
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = let_write_fail;
    if (sigaction(SIGPIPE, &action, NULL) != 0) return -1;
    action.sa_handler = note_signal;
    if (sigaction(SIGINT, &action, NULL) != 0) return -1;
    if (sigaction(SIGTERM, &action, NULL) != 0) return -1;
    return ends[0];
}
