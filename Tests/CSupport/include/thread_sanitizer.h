// Read by the thread sanitizer when a test process starts; nothing else calls it.
#pragma once

const char *__tsan_default_suppressions(void);
