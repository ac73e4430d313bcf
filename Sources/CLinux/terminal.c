// A terminal whose keys are read one by one, its size, and word of each change of it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clinux.h"

void clinux_make_key_by_key(struct termios *mode) {
    mode->c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    mode->c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
    mode->c_cc[VMIN] = 1;
    mode->c_cc[VTIME] = 0;
    // Ctrl-C stays a signal. Ctrl-Z and Ctrl-\ would leave the shell with this mode and the alternate screen.
    mode->c_cc[VSUSP] = _POSIX_VDISABLE;
    mode->c_cc[VQUIT] = _POSIX_VDISABLE;
}

int clinux_terminal_size(int descriptor) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
    return size.ws_row << 16 | size.ws_col;
}

static volatile int resize_pipe = -1;

static void note_resize(int number) {
    (void)number;
    int saved = errno;
    ssize_t written = write(resize_pipe, "", 1);
    (void)written;
    errno = saved;
}

int clinux_catch_resizes(void) {
    int ends[2];
    // Non-blocking: a window that is being dragged must not stop the process in a full pipe.
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    resize_pipe = ends[1];
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = note_resize;
    if (sigaction(SIGWINCH, &action, NULL) != 0) return -1;
    return ends[0];
}
