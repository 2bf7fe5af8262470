//! Sealing of what identifies people: SM4-GCM for the value, keyed SM3 for finding it again.
//!
//! A sealed text is `sm4:` and hex of nonce, cipher text and tag. The keys live outside the
//! database (GB/T 39786); whoever has only the database has neither numbers nor telephones.

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, array::Array, consts::U12},
};
use hmac::{Hmac, Mac};
use sm3::Sm3;
use sm4::Sm4;

/// The keys of a house.
#[derive(Clone)]
pub struct Keys {
    /// SM4 key that seals values.
    pub seal: [u8; 16],
    /// Key of the hashes by which values are found.
    pub index: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

type Cipher = AesGcm<Sm4, U12>;

const MARK: &str = "sm4:";

/// Seals and opens values.
pub struct Sealer {
    cipher: Cipher,
    /// Has taken the key already: a record brings some dozen hashes.
    index: Option<Hmac<Sm3>>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// A sealer with these keys.
    pub fn new(keys: &Keys) -> Self {
        let index = <Hmac<Sm3> as KeyInit>::new_from_slice(&keys.index).ok();
        Self { cipher: Cipher::new(&Array::from(keys.seal)), index }
    }

    /// The sealed form of `text`. A nonce must never be used twice with one key.
    pub fn seal(&self, text: &str, nonce: [u8; 12]) -> String {
        match self.cipher.encrypt(&Array::from(nonce), text.as_bytes()) {
            Ok(sealed) => format!("{MARK}{}{}", hex(&nonce), hex(&sealed)),
            // GCM refuses only texts of many gigabytes.
            Err(_) => String::new(),
        }
    }

    /// The text that was sealed; a text without the mark as it is; `None` if it was tampered with.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let Some(body) = sealed.strip_prefix(MARK) else { return Some(sealed.to_owned()) };
        let bytes = unhex(body)?;
        let (nonce, cipher_text) = bytes.split_at_checked(12)?;
        let nonce: [u8; 12] = nonce.try_into().ok()?;
        let open = self.cipher.decrypt(&Array::from(nonce), cipher_text).ok()?;
        String::from_utf8(open).ok()
    }

    /// The keyed hash by which a value of a field is found.
    pub fn index(&self, field: &str, text: &str) -> String {
        // HMAC takes a key of any length.
        let Some(mut mac) = self.index.clone() else { return String::new() };
        mac.update(field.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pair = |i: usize| u8::from_str_radix(text.get(i..i + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

/// SM3 of `text`, in hexadecimal digits.
pub fn hash(text: &str) -> String {
    use sm3::Digest;
    hex(&Sm3::digest(text.as_bytes()))
}

/// SM3 of bytes, in hexadecimal digits.
pub fn hash_bytes(bytes: &[u8]) -> String {
    use sm3::Digest;
    hex(&Sm3::digest(bytes))
}

/// SM3 of what is read, in hexadecimal digits, and how many bytes that were.
pub fn hash_read(reader: &mut dyn std::io::Read) -> std::io::Result<(String, u64)> {
    use sm3::Digest;
    let (mut digest, mut buffer, mut size) = (Sm3::new(), vec![0; 1 << 20], 0);
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(&digest.finalize()), size));
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
}
