// Encryption and certificates, on both sides.

extension FailureCode {
    public static let tlsRequired = FailureCode("tls.required", .authentication)
    public static let tlsCA = FailureCode("tls.ca", .authentication)
    public static let tlsHostname = FailureCode("tls.hostname", .authentication)
    public static let tlsNoRoot = FailureCode("tls.no_root", .configuration)
    public static let tlsExpired = FailureCode("tls.expired", .authentication)
    public static let tlsClientCertificate = FailureCode("tls.client_certificate", .authentication)
    public static let tlsHandshake = FailureCode("tls.handshake", .unavailable)
    public static let tlsUnencrypted = FailureCode("tls.unencrypted", .negative)
    public static let tlsUnverified = FailureCode("tls.unverified", .negative)
    public static let tlsExpiresSoon = FailureCode("tls.expires_soon", .negative)
}

extension FailureCatalogue {
    static let tls: [Entry] = [
        Entry(
            .tlsUnencrypted,
            "The connection is not encrypted: password and data cross the network in clear.",
            causes: [
                "The server has ssl = off, or the URL says sslmode=disable, allow, or prefer, which takes what it gets."
            ],
            next: [
                "Switch TLS on at the server (ssl = on, ssl_cert_file, ssl_key_file, then `SELECT pg_reload_conf()`).",
                "Then use sslmode=verify-full with sslrootcert=FILE: prefer falls back to clear text without a word.",
            ]
        ),
        Entry(
            .tlsUnverified,
            "The connection is encrypted, but nobody has looked whether it is the right server.",
            causes: [
                "sslmode=require (and prefer, and allow) takes any certificate: whoever gets in between reads along.",
                "verify-ca, or require with a root certificate, looks at the authority and not at the host's name.",
            ],
            next: [
                "Use sslmode=verify-full, with sslrootcert=FILE: the CA certificate that signed the server's.",
                "The DBA or the provider has it; `openssl s_client -starttls postgres -showcerts -connect HOST:PORT` "
                    + "shows the chain.",
            ]
        ),
        Entry(
            .tlsExpiresSoon,
            "The server's certificate ends within a fortnight; from then on whoever verifies it is refused.",
            causes: [
                "It was not renewed, or the server still shows the old one: it reads the file when it is reloaded."
            ],
            next: ["Renew the file that ssl_cert_file names, then `SELECT pg_reload_conf()`."]
        ),
        Entry(
            .tlsRequired,
            "One side insists on an encrypted connection and the other does not offer one.",
            causes: [
                "The URL says sslmode=require, verify-ca or verify-full and the server has ssl = off.",
                "pg_hba.conf admits this client only with encryption (hostssl, or hostnossl … reject) and the URL "
                    + "says sslmode=disable.",
                "A pooler or proxy in between speaks no TLS.",
            ],
            next: [
                "The message says which side insists. The server does: use sslmode=verify-full (with sslrootcert).",
                "The client does: switch TLS on at the server (ssl = on, ssl_cert_file, ssl_key_file, then "
                    + "`SELECT pg_reload_conf()`).",
                "Only on loopback or within one trusted host: sslmode=disable.",
            ]
        ),
        Entry(
            .tlsCA,
            "The server's certificate is not signed by an authority that this client trusts.",
            causes: [
                "sslrootcert (default ~/.postgresql/root.crt) is not the CA that signed the server's certificate.",
                "The server sends its own certificate without the intermediate ones.",
                "The server's certificate is self-signed.",
                "Somebody stands in between.",
            ],
            next: [
                "`openssl s_client -starttls postgres -connect HOST:PORT -showcerts </dev/null` shows the chain that "
                    + "the server sends and its issuer.",
                "Get the CA certificate from whoever issued the server's (cloud providers publish theirs) and give it "
                    + "as sslrootcert=FILE.",
                "Intermediates missing: append them to the server's ssl_cert_file and reload.",
                "Do not fall back to sslmode=require: it would accept anybody's certificate.",
            ]
        ),
        Entry(
            .tlsHostname,
            "The server's certificate is good, but was issued for other names than the host that was connected to.",
            causes: [
                "The URL uses an address or an alias that the certificate does not list.",
                "The certificate has the name only as CN while it has other subjectAltNames.",
                "The connection ended up at another server.",
            ],
            next: [
                "Use one of the names that the message lists as host; `hostaddr=ADDRESS` beside it still fixes the "
                    + "address.",
                "Or have the certificate issued again with this name as a subjectAltName.",
                "Behind a proxy only: sslmode=verify-ca checks the authority and not the name.",
            ]
        ),
        Entry(
            .tlsNoRoot,
            "sslmode asks for verification, but the file with the trusted authorities does not exist.",
            causes: [
                "No sslrootcert was given and ~/.postgresql/root.crt is not there (cron jobs often have another HOME).",
                "sslrootcert names a file that does not exist or cannot be read.",
            ],
            next: [
                "Give the CA's certificate: sslrootcert=/etc/ssl/certs/my-ca.pem in the URL, or PGSSLROOTCERT.",
                "Publicly trusted certificate: sslrootcert=system (libpq 16+), or "
                    + "sslrootcert=/etc/ssl/certs/ca-certificates.crt (package ca-certificates).",
                "`dbctl check --explain-url` shows which file was looked for.",
            ]
        ),
        Entry(
            .tlsExpired,
            "The server's certificate, or one of those that signed it, is outside its period of validity.",
            causes: [
                "It was not renewed, or was renewed and the server not reloaded.",
                "The clock of one machine is wrong.",
            ],
            next: [
                "On the server: `openssl x509 -noout -subject -dates -in SSL_CERT_FILE`; renew it, then "
                    + "`SELECT pg_reload_conf()` (no restart needed).",
                "The file is new and the error stays: the server still holds the old one; reload it.",
                "`date -u` on both machines.",
            ]
        ),
        Entry(
            .tlsClientCertificate,
            "The server wants a client certificate, and got none or one that it does not accept.",
            causes: [
                "pg_hba.conf says clientcert=verify-ca, clientcert=verify-full or method cert for this connection.",
                "sslcert/sslkey are not set and ~/.postgresql/postgresql.crt and .key are not there.",
                "The certificate is expired, was signed by a CA that the server's ssl_ca_file lacks, or its CN is not "
                    + "the role's name.",
                "The key file is readable by others: libpq refuses it unless it is 0600 (0640 when root owns it).",
            ],
            next: [
                "Give both: sslcert=FILE sslkey=FILE (or PGSSLCERT, PGSSLKEY), the key with mode 0600.",
                "`openssl x509 -noout -subject -issuer -dates -in FILE`: the CN must be the role (or mapped in "
                    + "pg_ident.conf), the issuer in the server's ssl_ca_file.",
                "The server's log says why it refused a certificate.",
            ]
        ),
        Entry(
            .tlsHandshake,
            "Both sides speak TLS but could not agree.",
            causes: [
                "No protocol version in common (ssl_min_protocol_version against an old server or client library).",
                "Something between cuts or rewrites the handshake.",
            ],
            next: [
                "`openssl s_client -starttls postgres -connect HOST:PORT </dev/null` shows how far it gets.",
                "Compare ssl_min_protocol_version and ssl_max_protocol_version of both sides.",
            ]
        ),
    ]
}
