// The process's own command line, as the kernel shows it in /proc/self/cmdline.
#include <string.h>

#include "clinux.h"

static int argument_count;
static char **arguments;

// glibc hands main's arguments to constructors; Swift only ever sees a copy of them.
__attribute__((constructor)) static void remember_arguments(int argc, char **argv) {
    argument_count = argc;
    arguments = argv;
}

void clinux_overwrite_argument(int index, long offset, long length) {
    if (index < 0 || index >= argument_count || offset < 0 || length < 0) return;
    long size = (long)strlen(arguments[index]);
    if (offset > size || length > size - offset) return;
    memset(arguments[index] + offset, '*', (size_t)length);
}
