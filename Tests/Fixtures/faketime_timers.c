// What libfaketime 0.9.10 gets wrong for a Swift program, put right in front of it (see FakeTime.swift).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

// It moves the deadlines of timers by the distance between the two times of day, those of the monotonic clock, too: the
// timers that Task.sleep is made of then never fire.
int timerfd_settime(int timer, int flags, const struct itimerspec *wanted, struct itimerspec *old) {
    return (int)syscall(SYS_timerfd_settime, timer, flags, wanted, old);
}

// It puts FAKETIME_SHARED into the environment before main, which moves the environment to the heap; Swift looks for the
// arguments in front of it, and finds none. Nobody shares the time here, so its two objects go at once.
int setenv(const char *name, const char *value, int overwrite) {
    if (strcmp(name, "FAKETIME_SHARED") != 0) {
        int (*real)(const char *, const char *, int) = dlsym(RTLD_NEXT, "setenv");
        return real(name, value, overwrite);
    }
    char semaphore[256], memory[256];
    if (sscanf(value, "%255s %255s", semaphore, memory) == 2) {
        sem_unlink(semaphore);
        shm_unlink(memory);
    }
    return 0;
}
