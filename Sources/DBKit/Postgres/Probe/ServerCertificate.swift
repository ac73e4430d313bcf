public import Foundation

/// What a server shows of itself in a TLS handshake, and what is wrong with it. Facts, no verdict.
public struct TLSFacts: Sendable, Hashable {
    /// `TLSv1.3`
    public var protocolVersion: String
    public var cipher: String
    public var certificate: ServerCertificate
    /// Against the trusted authorities that were given; nil when none were given.
    public var chain: ChainVerdict?
    /// The host name that was connected to is one of the certificate's.
    public var matchesHost: Bool

    public enum ChainVerdict: Sendable, Hashable {
        case trusted
        /// A certificate of the chain is outside its period of validity.
        case outOfDate(String)
        /// No trusted authority signed it, or the chain has another fault.
        case untrusted(String)
    }

    public init(
        protocolVersion: String,
        cipher: String,
        certificate: ServerCertificate,
        chain: ChainVerdict?,
        matchesHost: Bool
    ) {
        self.protocolVersion = protocolVersion
        self.cipher = cipher
        self.certificate = certificate
        self.chain = chain
        self.matchesHost = matchesHost
    }
}

public struct ServerCertificate: Sendable, Hashable {
    /// The common name, else the whole distinguished name.
    public var subject: String
    public var issuer: String
    public var notBefore: Date
    public var notAfter: Date
    /// DNS names and addresses of the subjectAltName.
    public var alternativeNames: [String]

    public init(subject: String, issuer: String, notBefore: Date, notAfter: Date, alternativeNames: [String]) {
        self.subject = subject
        self.issuer = issuer
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.alternativeNames = alternativeNames
    }

    /// All names that a client may use for the server: the common name counts only where there are no others.
    public var names: [String] {
        alternativeNames.isEmpty ? [subject] : alternativeNames
    }
}

extension TLSFacts.ChainVerdict {
    /// Source of the numbers: OpenSSL's x509_vfy.h, part of its stable interface.
    init(code: Int, text: String) {
        switch code {
        case 0: self = .trusted
        // CERT_NOT_YET_VALID, CERT_HAS_EXPIRED, and the two for unreadable dates.
        case 9, 10, 13, 14: self = .outOfDate(text)
        default: self = .untrusted(text)
        }
    }
}
