//! The built-in list, compiled in.
