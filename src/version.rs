//! Which Brownout this is.

/// The release: `"0.1.0"`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The build: 16 hexadecimal digits, a hash of all sources, the lock file and the scenarios. Page,
/// worker and command line of one source tree have the same.
///
/// ```
/// assert_eq!(brownout::version::BUILD.len(), 16);
/// ```
pub const BUILD: &str = env!("BROWNOUT_BUILD");
