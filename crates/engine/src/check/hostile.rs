//! Inputs nobody should type, for tests: the same ones every run, from one seed.

/// Pieces that have broken some parser somewhere, and pieces of good values to be spoilt.
const PIECES: [&str; 48] = [
    "",
    " ",
    "\u{3000}",
    "\0",
    "\r\n",
    "\u{7f}",
    "\u{200b}",
    "\u{202e}",
    "\u{feff}",
    "\u{301}",
    "😀",
    "👨‍👩‍👧",
    "𠮷",
    "䶮",
    "ß",
    "İ",
    "ﬁ",
    "０",
    "９",
    "Ｘ",
    "٣",
    "①",
    "〇",
    "·",
    ".",
    "。",
    "，",
    ",",
    "-",
    "+",
    "--",
    "1e999",
    "NaN",
    "9223372036854775807",
    "99999999999999999999999999999999999999999",
    "11010519491231002X",
    "91350100M000100Y43",
    "110105491231002",
    "2026-02-29",
    "2026年3月2日",
    "T14:05",
    "+86",
    "0571-87654321",
    "转801",
    "万",
    "亿元整",
    "<script>alert(1)</script>",
    "'; DROP TABLE person; --",
];

/// The generator of Marsaglia: enough for tests, and the same everywhere.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 33) as usize
}

/// Some thousands of hostile strings, the last of them 10,000 characters long.
pub fn strings() -> Vec<String> {
    let mut state = 0x5EED_2026_0302_u64;
    let mut all: Vec<String> = PIECES.iter().map(|&piece| piece.to_owned()).collect();
    for _ in 0..4_000 {
        let count = 1 + next(&mut state) % 6;
        all.push((0..count).map(|_| PIECES[next(&mut state) % PIECES.len()]).collect());
    }
    for _ in 0..2_000 {
        let count = next(&mut state) % 24;
        all.push((0..count).filter_map(|_| any_char(&mut state)).collect());
    }
    for piece in ["0", "1", "９", "啊", "😀", " ", "\0", "9.", "<", "·", "1,", "-1", "a@", "转"]
    {
        all.push(piece.repeat(10_000 / piece.chars().count()));
    }
    all
}

/// A character from ASCII, the first plane or anywhere.
fn any_char(state: &mut u64) -> Option<char> {
    let limit = [0x80, 0x1_0000, 0x11_0000][next(state) % 3];
    char::from_u32((next(state) % limit) as u32)
}

/// A problem's sentence must be short enough for a page, whatever was typed.
pub fn fits_a_page(problem: &crate::problem::Problem) {
    let length = problem.message.chars().count();
    assert!((4..=120).contains(&length), "{length} characters: {}", problem.message);
    assert!(!problem.code.is_empty());
    assert!(!problem.message.chars().any(char::is_control));
}
