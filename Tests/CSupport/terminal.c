// A terminal of one's own (a pty), and a program on it as on a login's.
#define _GNU_SOURCE
#include "terminal.h"

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int terminal_open(int lines, int columns, int *program_end) {
    struct winsize size = {.ws_row = (unsigned short)lines, .ws_col = (unsigned short)columns};
    int own_end = -1;
    return openpty(&own_end, program_end, 0, 0, &size) == 0 ? own_end : -1;
}

int terminal_resize(int own_end, int lines, int columns) {
    struct winsize size = {.ws_row = (unsigned short)lines, .ws_col = (unsigned short)columns};
    return ioctl(own_end, TIOCSWINSZ, &size);
}

int terminal_spawn(int program_end, const char *path, char *const arguments[], char *const environment[]) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    // Between fork and exec in a process of many threads: system calls only.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    setsid();
    ioctl(program_end, TIOCSCTTY, 0);
    for (int descriptor = 0; descriptor < 3; descriptor++) dup2(program_end, descriptor);
    // Other tests' pipes would stay open as long as this program.
    close_range(3, ~0U, 0);
    execve(path, arguments, environment);
    _exit(127);
}
