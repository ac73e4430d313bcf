// The few Linux calls that Swift's Glibc module does not export: eventfd, its flags, and fcntl locks.
#pragma once
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <termios.h>

enum { CLINUX_EVENTFD_FLAGS = EFD_NONBLOCK | EFD_CLOEXEC };

/// Tries to lock the open file for this process alone; 0, or -1 with errno (EWOULDBLOCK: somebody holds it).
int clinux_try_lock(int descriptor);
void clinux_unlock(int descriptor);
/// Moves up to `count` bytes from the position of one open file to the position of another, inside the kernel.
long clinux_copy_file(int from, int to, unsigned long count);
/// Starts to write all of the open file to its disk and does not wait.
void clinux_start_writing(int descriptor);

/// 1 when nothing on this machine listens on the TCP port at 127.0.0.1; sockaddr needs a pointer cast, so it is asked here.
int clinux_port_is_free(int port);

/// Overwrites bytes of an argument in the memory behind /proc/self/cmdline.
void clinux_overwrite_argument(int index, long offset, long length);

/// Catches SIGINT, SIGTERM and SIGPIPE with handlers (which, unlike ignored signals, children do not inherit) and
/// returns a descriptor from which each SIGINT or SIGTERM can be read as one byte, its number; -1 with errno.
int clinux_catch_signals(void);

/// Changes the mode so that keys are read one by one, without echo; Ctrl-C stays a signal.
void clinux_make_key_by_key(struct termios *mode);
/// Lines in the upper, columns in the lower 16 bits; -1 when it is no terminal.
int clinux_terminal_size(int descriptor);
/// Catches SIGWINCH and returns a non-blocking descriptor that can be read after each; -1 with errno.
int clinux_catch_resizes(void);
