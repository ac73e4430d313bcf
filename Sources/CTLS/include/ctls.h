// A look at a server's certificate through the OpenSSL that libpq has already loaded.
//
// libpq says "certificate verify failed" for every kind of bad certificate, and has freed its SSL before anybody can
// ask what was wrong. The functions are looked up at run time: no header, no link dependency, and where libpq was
// built without OpenSSL ctls_begin simply returns NULL. Nothing here ever refuses a certificate: it looks.
#pragma once

typedef struct ctls_session ctls_session;

enum { CTLS_DONE = 0, CTLS_WANTS_READ = 1, CTLS_WANTS_WRITE = 2, CTLS_FAILED = -1 };

/// Prepares a handshake over a connected, non-blocking socket.
///
/// `name` is sent as server name indication, NULL for none. `roots` is a file with trusted authorities, "system" for
/// the operating system's, NULL for none.
ctls_session *ctls_begin(int descriptor, const char *name, const char *roots);
int ctls_handshake(ctls_session *session);
/// Bytes moved, or one of CTLS_WANTS_READ - 3, CTLS_WANTS_WRITE - 3, CTLS_FAILED - 3; 0 at the end.
int ctls_read(ctls_session *session, void *buffer, int count);
int ctls_write(ctls_session *session, const void *buffer, int count);
void ctls_end(ctls_session *session);

/// Each answers with a text that lives as long as the session, or with "".
const char *ctls_protocol(ctls_session *session);
const char *ctls_cipher(ctls_session *session);
const char *ctls_subject(ctls_session *session);
const char *ctls_issuer(ctls_session *session);
/// One DNS name or IP address of the subjectAltName at a time; "" behind the last.
const char *ctls_alternative_name(ctls_session *session, int index);
/// Seconds since 1970; 0 when there is no certificate.
long ctls_not_before(ctls_session *session);
long ctls_not_after(ctls_session *session);
/// X509_V_OK (0) or the first X509_V_ERR_… of the chain.
long ctls_verify_result(ctls_session *session);
const char *ctls_verify_text(ctls_session *session);
int ctls_matches_name(ctls_session *session, const char *name);
/// What the TLS library said about the last failure.
const char *ctls_failure(ctls_session *session);
