//! What `image!` expands to, as Rust that a user could have written.
