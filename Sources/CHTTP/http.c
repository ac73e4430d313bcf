#include "chttp.h"
#include <curl/curl.h>
#include <pthread.h>
#include <strings.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t drop(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

chttp_outcome chttp_get(const char *url, const char *agent, long timeout_ms) {
    chttp_outcome outcome = {CURLE_FAILED_INIT, 0};
    pthread_once(&once, begin);
    CURL *curl = curl_easy_init();
    if (!curl) return outcome;
    int secure = strncasecmp(url, "https:", 6) == 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, agent);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    // Signals are the program's own; and a resolver that hangs is left to itself.
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    outcome.code = (int)curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &outcome.status);
    curl_easy_cleanup(curl);
    return outcome;
}

const char *chttp_reason(int code) { return curl_easy_strerror((CURLcode)code); }
