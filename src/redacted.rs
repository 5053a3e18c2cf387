//! `Debug` of types that contain personal data or secrets.

macro_rules! redacted_debug {
    ($($name:ident),*) => { $(
        /// Contains personal data or secrets, so it is not printed.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )* };
}
