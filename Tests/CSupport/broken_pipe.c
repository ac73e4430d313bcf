#include <signal.h>

// psql may end before it has read the script that a test writes to it: that is its exit code's to say, and not the end of
// all tests. A handler and not SIG_IGN, which the programs under test would inherit.
static void carry_on(int signal) { (void)signal; }

__attribute__((constructor)) static void survive_broken_pipes(void) {
    struct sigaction action = {.sa_handler = carry_on, .sa_flags = SA_RESTART};
    sigaction(SIGPIPE, &action, 0);
}
