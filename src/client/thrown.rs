//! Classifies what a function of the calling program threw: a bug in the program, or a network
//! failure.
//!
//! Hosts throw a `TypeError` for both, so the code and the message decide. The message is never
//! passed on: it may contain an address or a header.

/// The parts of a thrown error that the classification uses.
#[derive(Clone, Copy, Default)]
pub struct Thrown<'a> {
    /// Its class, such as `TypeError`.
    pub name: &'a str,
    /// Its code, or that of its cause, such as `ECONNREFUSED`; empty if it has none.
    pub code: &'a str,
    /// Its message.
    pub message: &'a str,
}

/// The message may contain an address or a header, so it is not printed.
impl std::fmt::Debug for Thrown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thrown").finish_non_exhaustive()
    }
}

/// Codes that Node and undici use for invalid arguments.
const ARGUMENT_CODES: &[&str] = &[
    "ERR_INVALID_",
    "ERR_MISSING_",
    "ERR_HTTP_INVALID_",
    "ERR_UNESCAPED_CHARACTERS",
    "UND_ERR_INVALID_",
];

/// Words in the runtimes' own TypeErrors about the network, in lower case: those of Chrome,
/// Firefox, Safari, undici, Deno and workerd.
const NETWORK_WORDS: &[&str] = &[
    "fetch failed",
    "failed to fetch",
    "load failed",
    "network",
    "connect",
    "sending request",
    "body from",
    "terminated",
    "timed out",
    "certificate",
];

impl Thrown<'_> {
    /// Whether it is a bug in the program: a method called without its object, an invalid argument,
    /// a misspelt name.
    pub fn is_mistake(&self) -> bool {
        if !self.code.is_empty() {
            return ARGUMENT_CODES
                .iter()
                .any(|argument| self.code.starts_with(argument));
        }
        match self.name {
            // Not SyntaxError: it is mostly about JSON that a server returned, such as a proxy's HTML.
            "RangeError" | "ReferenceError" => true,
            "TypeError" => {
                let message = self.message.to_ascii_lowercase();
                !NETWORK_WORDS.iter().any(|word| message.contains(word))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bugs_are_distinguished_from_network_failures() {
        let table = [
            (true, "TypeError", "", "Illegal invocation"),
            (
                true,
                "TypeError",
                "",
                "Cannot read properties of undefined (reading 'base')",
            ),
            (
                true,
                "TypeError",
                "",
                "undefined is not an object (evaluating 'this.base')",
            ),
            (
                true,
                "TypeError",
                "",
                "RequestInit: duplex option is required when sending a body.",
            ),
            (
                true,
                "TypeError",
                "ERR_INVALID_URL",
                "Failed to parse URL from ::",
            ),
            (true, "TypeError", "UND_ERR_INVALID_ARG", "fetch failed"),
            (true, "ReferenceError", "", "fecth is not defined"),
            (
                false,
                "SyntaxError",
                "",
                "Unexpected token < in JSON at position 0",
            ),
            (true, "RangeError", "", "Maximum call stack size exceeded"),
            (false, "TypeError", "ECONNRESET", "fetch failed"),
            (false, "TypeError", "", "fetch failed"),
            (false, "TypeError", "UND_ERR_SOCKET", "terminated"),
            (false, "TypeError", "", "Failed to fetch"),
            (false, "TypeError", "", "Failed to fetch (example.com)"),
            (
                false,
                "TypeError",
                "",
                "NetworkError when attempting to fetch resource.",
            ),
            (false, "TypeError", "", "Load failed"),
            (
                false,
                "TypeError",
                "",
                "error sending request for url (https://example.com/)",
            ),
            (
                false,
                "TypeError",
                "",
                "error reading a body from connection",
            ),
            (false, "Error", "", "Network connection lost."),
            (
                false,
                "Error",
                "ConnectionRefused",
                "Unable to connect. Is the computer able to access the url?",
            ),
            (false, "AbortError", "", "The operation was aborted."),
            (false, "Error", "", ""),
        ];
        for (mistake, name, code, message) in table {
            let thrown = Thrown {
                name,
                code,
                message,
            };
            assert_eq!(thrown.is_mistake(), mistake, "{thrown:?}");
        }
    }
}
