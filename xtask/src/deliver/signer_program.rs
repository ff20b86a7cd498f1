//! A program that signs, because it has the key in hardware or at a service.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use lapstrake_oci::signature::{PublicKey, Signer};

/// A signature in DER has at most 72 bytes.
const SIGNATURE_MAX: u64 = 1 << 10;

/// A program and its arguments. It reads what it signs from stdin, and writes the signature in DER to stdout.
#[derive(Debug)]
pub(crate) struct SignerProgram {
    pub(crate) words: Vec<String>,
    pub(crate) public: PublicKey,
}

impl Signer for SignerProgram {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        let (program, arguments) = self.words.split_first().ok_or("no program is named")?;
        let mut command = Command::new(program);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut signature = Vec::new();
        if let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) {
            // A program that closes its stdin has ended, and its status says why.
            let written = stdin.write_all(bytes);
            drop(stdin);
            stdout.take(SIGNATURE_MAX).read_to_end(&mut signature)?;
            let status = child.wait()?;
            if !status.success() {
                return Err(format!("`{program}` failed: {status}").into());
            }
            written?;
        }
        Ok(signature)
    }
}
