#include "thread_sanitizer.h"

// swift-subprocess guards its registries with Synchronization.Mutex. Its waiting path lies in libswiftSynchronization,
// which is not built for the sanitizer: every lock that had to be waited for looks like no lock at all. (DBKit uses
// POSIX mutexes, which the sanitizer knows.) Compiled in, so that `swift test --sanitize=thread` needs no environment.
__attribute__((disable_sanitizer_instrumentation))
const char *__tsan_default_suppressions(void) {
    return "race:swift-subprocess/Sources/Subprocess/\n";
}
