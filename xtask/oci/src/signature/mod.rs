//! Signs images in a registry, and verifies them as podman, skopeo and bootc do on a device. With the feature `registry`.
//!
//! | type | what it does |
//! |---|---|
//! | [`SigningKey`], [`PublicKey`], [`Password`] | read keys from PEM, also encrypted ones |
//! | [`Signer`] | signs bytes: a [`SigningKey`], or a program |
//! | [`Repository::sign`](crate::Repository::sign), [`Signed`] | signs an image of a registry |
//! | [`Device`], [`Repository::verify`](crate::Repository::verify), [`Verdict`] | decide on an image as a device does |
//!
//! Signatures are ECDSA on P-256 over SHA-256, as cosign makes them. No error and no `Debug` shows a key or a password.

mod attachment;
mod bundle;
mod device;
mod encrypted_key;
mod error;
mod identity;
mod image;
mod named;
mod password;
mod payload;
mod pem;
mod policy;
mod public_key;
mod registries_d;
mod signer;
mod signing;
mod signing_key;
mod verification;

pub use self::device::Device;
pub use self::error::SignatureError;
pub use self::password::Password;
pub use self::public_key::PublicKey;
pub use self::signer::Signer;
pub use self::signing::Signed;
pub use self::signing_key::SigningKey;
pub use self::verification::{Decided, Verdict};
