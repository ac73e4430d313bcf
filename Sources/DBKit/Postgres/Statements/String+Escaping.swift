extension String {
    /// Puts `escape` before every one of `special`, scalar by scalar.
    ///
    /// Not character by character: a quote followed by a combining mark is one Character that is no quote, but it is
    /// a quote to the server (`InjectionTests`).
    package func escaping(_ special: Set<Unicode.Scalar>, with escape: (Unicode.Scalar) -> Unicode.Scalar) -> String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if special.contains(scalar) { text.append(escape(scalar)) }
            text.append(scalar)
        }
        return String(text)
    }
}
