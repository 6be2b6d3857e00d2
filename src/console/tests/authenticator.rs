//! A device that holds passkeys, in software: it makes an ES256 key for each site and signs what it is asked
//! (`WebAuthn` level 3, §6.1 and §6.5), and can be told to do it wrong.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// Present and verified, as after a fingerprint.
const VERIFIED: u8 = 0b101;
/// Present alone: somebody touched it.
const PRESENT: u8 = 0b1;
/// A public key goes with it.
const WITH_KEY: u8 = 0b100_0000;

pub struct Device {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    user: String,
    pub counter: u32,
    /// What the browser says about where it is.
    pub origin: &'static str,
    /// Whether it saw a fingerprint.
    pub verified: bool,
}

impl Device {
    pub fn new(id: &[u8]) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: id.to_vec(),
            user: String::new(),
            counter: 1,
            origin: "http://localhost:8080",
            verified: true,
        }
    }

    /// The question that stands on a page.
    fn question(page: &str) -> Value {
        let (_, rest) = page.split_once("data-options=\"").unwrap();
        let json = rest.split_once('"').unwrap().0.replace("&quot;", "\"");
        serde_json::from_str::<Value>(&json.replace("&amp;", "&")).unwrap()["publicKey"].take()
    }

    fn client(&self, kind: &str, question: &Value) -> String {
        json!({
            "type": kind,
            "challenge": question["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }

    fn head(&self, site: &str, flags: u8) -> Vec<u8> {
        let mut head = digest::digest(&digest::SHA256, site.as_bytes())
            .as_ref()
            .to_vec();
        let seen = if self.verified { VERIFIED } else { PRESENT };
        head.push(seen | flags);
        head.extend(self.counter.to_be_bytes());
        head
    }

    /// Makes the key that a page asks for.
    pub fn make(&mut self, page: &str) -> String {
        let question = Self::question(page);
        assert_eq!(
            question["authenticatorSelection"]["residentKey"],
            "required"
        );
        question["user"]["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.user);
        let mut data = self.head(question["rp"]["id"].as_str().unwrap(), WITH_KEY);
        data.extend([0; 16]);
        data.extend((self.id.len() as u16).to_be_bytes());
        data.extend(&self.id);
        // COSE (RFC 9053): {1: EC2, 3: ES256, -1: P-256, -2: x, -3: y}.
        let point = self.key.public_key().as_ref()[1..].to_vec();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[..32]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[32..]);
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": …}.
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.push(0xa0);
        object.push(0x68);
        object.extend(b"authData");
        object.extend([0x58, data.len() as u8]);
        object.extend(data);
        let client = self.client("webauthn.create", &question);
        self.answer(json!({
            "attestationObject": BASE64URL_NOPAD.encode(&object),
            "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
        }))
    }

    /// Signs what a page asks.
    pub fn show(&mut self, page: &str) -> String {
        let question = Self::question(page);
        assert_eq!(question["userVerification"], "required");
        self.counter += 1;
        let data = self.head(question["rpId"].as_str().unwrap(), 0);
        let client = self.client("webauthn.get", &question);
        let mut signed = data.clone();
        signed.extend(digest::digest(&digest::SHA256, client.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(json!({
            "authenticatorData": BASE64URL_NOPAD.encode(&data),
            "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
            "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
            "userHandle": self.user,
        }))
    }

    #[expect(clippy::needless_pass_by_value, reason = "made for this")]
    fn answer(&self, response: Value) -> String {
        let id = BASE64URL_NOPAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {},
        })
        .to_string()
    }
}
