// One HTTP request by libcurl. curl_easy_setopt takes variable arguments, which Swift cannot call.
#pragma once

typedef struct {
    /// 0 when the server answered, else libcurl's code.
    int code;
    /// HTTP status of the last answer.
    long status;
} chttp_outcome;

/// Sends a GET and drops the body. Blocks for at most timeout_ms, name resolution included. Follows a few redirects, but
/// never from https to http, and never to anything that is not the web.
chttp_outcome chttp_get(const char *url, const char *agent, long timeout_ms);

/// What a code means, in libcurl's words, which never repeat the URL.
const char *chttp_reason(int code);
