//! Just enough DER (X.690) to say how long a refused key is and until when a certificate holds.

/// One element: its tag and what it contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
}

/// INTEGER
pub const INTEGER: u8 = 0x02;
/// OCTET STRING
pub const OCTETS: u8 = 0x04;
/// OBJECT IDENTIFIER
pub const OID: u8 = 0x06;
/// SEQUENCE
pub const SEQUENCE: u8 = 0x30;

/// The elements that stand in `input` one behind the other, as far as they are whole.
pub fn elements(mut input: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (element, rest) = take(input)?;
        input = rest;
        Some(element)
    })
}

/// What the SEQUENCE that begins `input` contains.
#[must_use]
pub fn sequence(input: &[u8]) -> Option<Vec<Element<'_>>> {
    let (outer, _) = take(input)?;
    (outer.tag == SEQUENCE).then(|| elements(outer.content).collect())
}

fn take(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first & 0x7f);
    if first >= 0x80 {
        // More than four octets of length: nothing that we read is so long.
        if !(1..=4).contains(&length) {
            return None;
        }
        let (octets, behind) = rest.split_at_checked(length)?;
        length = octets
            .iter()
            .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        rest = behind;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag, content }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_are_read_with_short_and_long_lengths() {
        let mut input = vec![SEQUENCE, 0x82, 0x01, 0x03, OCTETS, 0x81, 0xfd];
        input.extend([7; 0xfd]);
        input.extend([INTEGER, 1, 5]);
        let inside = sequence(&input).unwrap();
        assert_eq!(inside.len(), 2);
        assert_eq!((inside[0].tag, inside[0].content.len()), (OCTETS, 0xfd));
        assert_eq!(inside[1].content, [5]);
        assert_eq!(sequence(&[INTEGER, 1, 5]), None);
        assert_eq!(sequence(&[SEQUENCE, 3, 5]), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_safe(input in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(elements(&input).count() <= input.len());
        }
    }
}
