#define _GNU_SOURCE
#include "ctls.h"
#include <dlfcn.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// OpenSSL 1.1 and 3: all of these are functions there, and all types are opaque.
static struct {
    void *(*TLS_client_method)(void);
    void *(*SSL_CTX_new)(void *);
    void (*SSL_CTX_free)(void *);
    int (*SSL_CTX_load_verify_locations)(void *, const char *, const char *);
    int (*SSL_CTX_set_default_verify_paths)(void *);
    void *(*SSL_new)(void *);
    void (*SSL_free)(void *);
    int (*SSL_set_fd)(void *, int);
    long (*SSL_ctrl)(void *, int, long, void *);
    int (*SSL_connect)(void *);
    int (*SSL_get_error)(void *, int);
    int (*SSL_read)(void *, void *, int);
    int (*SSL_write)(void *, const void *, int);
    const char *(*SSL_get_version)(void *);
    void *(*SSL_get_current_cipher)(void *);
    const char *(*SSL_CIPHER_get_name)(void *);
    void *(*SSL_get_peer_certificate)(void *);
    long (*SSL_get_verify_result)(void *);
    const char *(*X509_verify_cert_error_string)(long);
    void *(*X509_get_subject_name)(void *);
    void *(*X509_get_issuer_name)(void *);
    char *(*X509_NAME_oneline)(void *, char *, int);
    int (*X509_NAME_get_text_by_NID)(void *, int, char *, int);
    void *(*X509_get0_notBefore)(void *);
    void *(*X509_get0_notAfter)(void *);
    int (*ASN1_TIME_to_tm)(void *, struct tm *);
    void *(*X509_get_ext_d2i)(void *, int, int *, int *);
    int (*OPENSSL_sk_num)(void *);
    void *(*OPENSSL_sk_value)(void *, int);
    void *(*GENERAL_NAME_get0_value)(void *, int *);
    void (*GENERAL_NAMES_free)(void *);
    const unsigned char *(*ASN1_STRING_get0_data)(void *);
    int (*ASN1_STRING_length)(void *);
    int (*X509_check_host)(void *, const char *, size_t, unsigned, char **);
    int (*X509_check_ip_asc)(void *, const char *, unsigned);
    void (*X509_free)(void *);
    unsigned long (*ERR_get_error)(void);
    void (*ERR_clear_error)(void);
    void (*ERR_error_string_n)(unsigned long, char *, size_t);
} api;

static int is_loaded;

static void load(void) {
    void *program = dlopen(NULL, RTLD_NOW);
    int missing = 0;
#define LOAD2(field, name) if (!(*(void **)&api.field = dlsym(program, name))) missing = 1
#define LOAD(field) LOAD2(field, #field)
    LOAD(TLS_client_method); LOAD(SSL_CTX_new); LOAD(SSL_CTX_free); LOAD(SSL_CTX_load_verify_locations);
    LOAD(SSL_CTX_set_default_verify_paths); LOAD(SSL_new); LOAD(SSL_free); LOAD(SSL_set_fd); LOAD(SSL_ctrl);
    LOAD(SSL_connect); LOAD(SSL_get_error); LOAD(SSL_read); LOAD(SSL_write); LOAD(SSL_get_version);
    LOAD(SSL_get_current_cipher); LOAD(SSL_CIPHER_get_name); LOAD(SSL_get_verify_result);
    LOAD(X509_verify_cert_error_string); LOAD(X509_get_subject_name); LOAD(X509_get_issuer_name);
    LOAD(X509_NAME_oneline); LOAD(X509_NAME_get_text_by_NID); LOAD(X509_get0_notBefore); LOAD(X509_get0_notAfter);
    LOAD(ASN1_TIME_to_tm); LOAD(X509_get_ext_d2i); LOAD(OPENSSL_sk_num); LOAD(OPENSSL_sk_value);
    LOAD(GENERAL_NAME_get0_value); LOAD(GENERAL_NAMES_free); LOAD(ASN1_STRING_get0_data); LOAD(ASN1_STRING_length);
    LOAD(X509_check_host); LOAD(X509_check_ip_asc); LOAD(X509_free);
    LOAD(ERR_get_error); LOAD(ERR_clear_error); LOAD(ERR_error_string_n);
    // Renamed in OpenSSL 3.
    *(void **)&api.SSL_get_peer_certificate = dlsym(program, "SSL_get1_peer_certificate");
    if (!api.SSL_get_peer_certificate) LOAD(SSL_get_peer_certificate);
    is_loaded = !missing;
}

struct ctls_session {
    void *context, *ssl, *certificate, *names;
    char subject[512], issuer[512], name[512], failure[256];
};

ctls_session *ctls_begin(int descriptor, const char *name, const char *roots) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!is_loaded) return NULL;
    ctls_session *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    // The default verify mode of a client is "none": the handshake goes on, and the verdict is kept for us.
    if (!(s->context = api.SSL_CTX_new(api.TLS_client_method()))) { ctls_end(s); return NULL; }
    if (roots && strcmp(roots, "system") == 0) api.SSL_CTX_set_default_verify_paths(s->context);
    else if (roots) api.SSL_CTX_load_verify_locations(s->context, roots, NULL);
    if (!(s->ssl = api.SSL_new(s->context)) || api.SSL_set_fd(s->ssl, descriptor) != 1) { ctls_end(s); return NULL; }
    if (name) api.SSL_ctrl(s->ssl, 55 /* SSL_CTRL_SET_TLSEXT_HOSTNAME */, 0, (void *)name);
    return s;
}

// OpenSSL writes with write(2): to a peer that has gone away that would be a SIGPIPE, the end of the whole program.
struct quiet { sigset_t before; int was_pending; };

static struct quiet begin_quiet(void) {
    struct quiet q;
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    q.was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &q.before);
    return q;
}

static void end_quiet(struct quiet q) {
    sigset_t pipe;
    struct timespec now = {0, 0};
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (!q.was_pending) while (sigtimedwait(&pipe, NULL, &now) > 0) {}
    pthread_sigmask(SIG_SETMASK, &q.before, NULL);
}

static int outcome(ctls_session *s, int result) {
    switch (api.SSL_get_error(s->ssl, result)) {
    case 2: return CTLS_WANTS_READ;
    case 3: return CTLS_WANTS_WRITE;
    default: {
        unsigned long code = api.ERR_get_error();
        if (code) api.ERR_error_string_n(code, s->failure, sizeof s->failure);
        return CTLS_FAILED;
    }
    }
}

int ctls_handshake(ctls_session *s) {
    api.ERR_clear_error();
    struct quiet q = begin_quiet();
    int result = api.SSL_connect(s->ssl);
    end_quiet(q);
    if (result != 1) return outcome(s, result);
    s->certificate = api.SSL_get_peer_certificate(s->ssl);
    if (s->certificate) s->names = api.X509_get_ext_d2i(s->certificate, 85 /* subjectAltName */, NULL, NULL);
    return CTLS_DONE;
}

int ctls_read(ctls_session *s, void *buffer, int count) {
    api.ERR_clear_error();
    struct quiet q = begin_quiet();
    int result = api.SSL_read(s->ssl, buffer, count);
    end_quiet(q);
    if (result > 0) return result;
    if (api.SSL_get_error(s->ssl, result) == 6 /* the other side closed */) return 0;
    return outcome(s, result) - 3;
}

int ctls_write(ctls_session *s, const void *buffer, int count) {
    api.ERR_clear_error();
    struct quiet q = begin_quiet();
    int result = api.SSL_write(s->ssl, buffer, count);
    end_quiet(q);
    return result > 0 ? result : outcome(s, result) - 3;
}

void ctls_end(ctls_session *s) {
    if (s->names) api.GENERAL_NAMES_free(s->names);
    if (s->certificate) api.X509_free(s->certificate);
    if (s->ssl) api.SSL_free(s->ssl);
    if (s->context) api.SSL_CTX_free(s->context);
    free(s);
}

const char *ctls_protocol(ctls_session *s) { return api.SSL_get_version(s->ssl); }

const char *ctls_cipher(ctls_session *s) {
    void *cipher = api.SSL_get_current_cipher(s->ssl);
    return cipher ? api.SSL_CIPHER_get_name(cipher) : "";
}

// The common name where there is one, else the whole name.
static const char *name_of(void *name, char *buffer, int size) {
    if (!name) return "";
    if (api.X509_NAME_get_text_by_NID(name, 13 /* commonName */, buffer, size) > 0) return buffer;
    api.X509_NAME_oneline(name, buffer, size);
    return buffer;
}

const char *ctls_subject(ctls_session *s) {
    return s->certificate ? name_of(api.X509_get_subject_name(s->certificate), s->subject, sizeof s->subject) : "";
}

const char *ctls_issuer(ctls_session *s) {
    return s->certificate ? name_of(api.X509_get_issuer_name(s->certificate), s->issuer, sizeof s->issuer) : "";
}

const char *ctls_alternative_name(ctls_session *s, int index) {
    int seen = 0, count = s->names ? api.OPENSSL_sk_num(s->names) : 0;
    for (int i = 0; i < count; i++) {
        int kind = 0;
        void *value = api.GENERAL_NAME_get0_value(api.OPENSSL_sk_value(s->names, i), &kind);
        if (kind != 2 /* DNS */ && kind != 7 /* IP */) continue;
        if (seen++ < index) continue;
        const unsigned char *data = api.ASN1_STRING_get0_data(value);
        size_t length = (size_t)api.ASN1_STRING_length(value);
        if (kind == 7) {
            if (!inet_ntop(length == 16 ? AF_INET6 : AF_INET, data, s->name, sizeof s->name)) return "";
        } else {
            if (length >= sizeof s->name) length = sizeof s->name - 1;
            memcpy(s->name, data, length);
            s->name[length] = 0;
        }
        return s->name;
    }
    return "";
}

static long seconds(void *time) {
    struct tm calendar;
    memset(&calendar, 0, sizeof calendar);
    return time && api.ASN1_TIME_to_tm(time, &calendar) ? (long)timegm(&calendar) : 0;
}

long ctls_not_before(ctls_session *s) { return s->certificate ? seconds(api.X509_get0_notBefore(s->certificate)) : 0; }
long ctls_not_after(ctls_session *s) { return s->certificate ? seconds(api.X509_get0_notAfter(s->certificate)) : 0; }
long ctls_verify_result(ctls_session *s) { return api.SSL_get_verify_result(s->ssl); }
const char *ctls_verify_text(ctls_session *s) { return api.X509_verify_cert_error_string(ctls_verify_result(s)); }
const char *ctls_failure(ctls_session *s) { return s->failure; }

int ctls_matches_name(ctls_session *s, const char *name) {
    if (!s->certificate) return 0;
    unsigned char address[16];
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        if (api.X509_check_ip_asc(s->certificate, name, 0) == 1) return 1;
    return api.X509_check_host(s->certificate, name, strlen(name), 0, NULL) == 1;
}
