//! Bytes as a short text for an address, and back: compressed, checked, in letters that no address has to escape.
//!
//! The compression is LZ77 (Ziv and Lempel, 1977) in whole bytes: a run of bytes as they are, or a copy of what was there
//! before. What both sides know already, the dictionary, counts as having been there. No entropy coding: a link is
//! short, and this is a hundred lines instead of a library.

use yaml::base64;

/// Why a text can't be unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damaged;

/// Unpacked bytes are at most so many: a damaged or a hostile text must not fill the memory.
pub const LONGEST: usize = 4 << 20;

/// Copies shorter than this are not worth it.
const SHORTEST_COPY: usize = 4;
/// Places with the same hash that are looked at for the longest copy.
const TRIES: usize = 32;
const HASH_BITS: u32 = 12;

/// Packs; [`unpack`] with the same dictionary gives the bytes back.
pub fn pack(bytes: &[u8], dictionary: &[u8]) -> String {
    let mut packed = checksum(bytes).to_le_bytes().to_vec();
    compress(bytes, dictionary, &mut packed);
    to_text(&packed)
}

/// The bytes that were packed with this dictionary.
///
/// # Errors
/// If the text is not what [`pack`] gave, or if there was more than [`LONGEST`] in it.
pub fn unpack(text: &str, dictionary: &[u8]) -> Result<Vec<u8>, Damaged> {
    let packed = from_text(text)?;
    let (sum, packed) = packed.split_first_chunk().ok_or(Damaged)?;
    let bytes = expand(packed, dictionary)?;
    if checksum(&bytes).to_le_bytes() == *sum { Ok(bytes) } else { Err(Damaged) }
}

/// CRC-32 as in IEEE 802.3, bit by bit.
pub fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1));
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

/// Writes a number, small ones in one byte.
pub fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads what [`write_number`] wrote, and goes on behind it.
///
/// # Errors
/// If there is no whole number.
pub fn read_number(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Damaged)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Damaged)
}

/// Reads so many bytes, and goes on behind them.
///
/// # Errors
/// If there are not so many.
pub fn read_bytes<'a>(bytes: &mut &'a [u8], count: u64) -> Result<&'a [u8], Damaged> {
    let (taken, rest) =
        bytes.split_at_checked(usize::try_from(count).map_err(|_| Damaged)?).ok_or(Damaged)?;
    *bytes = rest;
    Ok(taken)
}

/// A sequence of numbers: twice a count of bytes that follow as they are, or twice a length and one for a copy, followed
/// by how far back it begins.
fn compress(bytes: &[u8], dictionary: &[u8], packed: &mut Vec<u8>) {
    const NONE: u32 = u32::MAX;
    let text = [dictionary, bytes].concat();
    let hash = |at: usize| {
        let four = u32::from_le_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]);
        (four.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
    };
    // The last place of each hash, and for each place the one before it.
    let mut newest = vec![NONE; 1 << HASH_BITS];
    let mut older = vec![NONE; text.len()];
    let hashed = text.len().saturating_sub(SHORTEST_COPY - 1);
    let mut literal = dictionary.len();
    let flush = |packed: &mut Vec<u8>, from: usize, to: usize| {
        if from < to {
            write_number(packed, 2 * (to - from) as u64);
            packed.extend_from_slice(&text[from..to]);
        }
    };
    let mut skip_until = dictionary.len();
    for at in 0..text.len() {
        let mut best = (0, 0);
        if at < hashed {
            let mut place = newest[hash(at)];
            for _ in 0..TRIES {
                if place == NONE || at < skip_until {
                    break;
                }
                let back = at - place as usize;
                let length = text[at..].iter().zip(&text[at - back..]).take_while(|(a, b)| a == b).count();
                if length > best.0 {
                    best = (length, back);
                }
                place = older[place as usize];
            }
            older[at] = std::mem::replace(&mut newest[hash(at)], at as u32);
        }
        if best.0 >= SHORTEST_COPY {
            flush(packed, literal, at);
            write_number(packed, 2 * best.0 as u64 + 1);
            write_number(packed, best.1 as u64);
            skip_until = at + best.0;
            literal = skip_until;
        }
    }
    flush(packed, literal, text.len());
}

fn expand(mut packed: &[u8], dictionary: &[u8]) -> Result<Vec<u8>, Damaged> {
    let mut text = dictionary.to_vec();
    while !packed.is_empty() {
        let number = read_number(&mut packed)?;
        let length = usize::try_from(number / 2).map_err(|_| Damaged)?;
        if length == 0 || text.len().saturating_add(length) > dictionary.len() + LONGEST {
            return Err(Damaged);
        }
        if number % 2 == 0 {
            text.extend_from_slice(read_bytes(&mut packed, number / 2)?);
            continue;
        }
        let back = usize::try_from(read_number(&mut packed)?).map_err(|_| Damaged)?;
        let from = text.len().checked_sub(back).filter(|_| back > 0).ok_or(Damaged)?;
        // Byte by byte: a copy may reach into itself.
        for place in from..from + length {
            text.push(text[place]);
        }
    }
    Ok(text.split_off(dictionary.len()))
}

/// base64url, without padding.
fn to_text(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

fn from_text(text: &str) -> Result<Vec<u8>, Damaged> {
    let padding = ["", "", "==", "="][text.len() % 4];
    let bytes = base64::decode(&(text.replace('-', "+").replace('_', "/") + padding)).map_err(|_| Damaged)?;
    // Several texts may mean the same bytes: only one of them is ours.
    if to_text(&bytes) == text { Ok(bytes) } else { Err(Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DICTIONARY: &[u8] = b"apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: ";

    #[track_caller]
    fn round(bytes: &[u8]) -> usize {
        let text = pack(bytes, DICTIONARY);
        assert_eq!(unpack(&text, DICTIONARY).as_deref(), Ok(bytes));
        text.len()
    }

    #[test]
    fn what_is_packed_comes_back() {
        round(b"");
        round(b"a");
        round(&DICTIONARY[3..]);
        round(&(0..=255).collect::<Vec<u8>>());
        round("한글 ☃".as_bytes());
        assert!(round(&b"ab".repeat(10_000)) < 40, "a copy reaches into itself");
        assert!(round(&[DICTIONARY, b"flask"].concat()) < 20, "the dictionary counts as having been there");
        // Every byte sequence of few letters, so that copies end and begin everywhere.
        let mut state = 1u32;
        for length in 0..300 {
            let noise = (0..length).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'a' + (state >> 24) as u8 % 3
            });
            round(&noise.collect::<Vec<u8>>());
        }
    }

    #[test]
    fn every_damage_is_noticed() {
        let text = pack(b"kind: StatefulSet\nmetadata:\n  name: flask\n  # flask flask flask", DICTIONARY);
        for place in 0..text.len() {
            for digit in *b"AQgw-_0" {
                let mut damaged = text.clone().into_bytes();
                if std::mem::replace(&mut damaged[place], digit) == digit {
                    continue;
                }
                let damaged = String::from_utf8(damaged).expect("letters");
                assert_eq!(unpack(&damaged, DICTIONARY), Err(Damaged), "{damaged}");
            }
            assert_eq!(unpack(&text[..place], DICTIONARY), Err(Damaged), "cut at {place}");
        }
        assert_eq!(unpack(&format!("{text}A"), DICTIONARY), Err(Damaged));
        assert_eq!(unpack(&text, b"another dictionary"), Err(Damaged));
        assert_eq!(unpack("no%20letters", DICTIONARY), Err(Damaged));
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let mut packed = checksum(b"").to_le_bytes().to_vec();
        write_number(&mut packed, 2);
        packed.push(b'x');
        write_number(&mut packed, u64::MAX);
        write_number(&mut packed, 1);
        assert_eq!(unpack(&to_text(&packed), DICTIONARY), Err(Damaged));
    }

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
