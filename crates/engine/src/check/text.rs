//! Text as it is kept: one kind of line end, nothing invisible, widths as asked.

/// Full-width ASCII and the ideographic space, brought to half width. Other characters stay.
pub fn half_width(input: &str) -> String {
    input.chars().map(half_width_char).collect()
}

/// Full-width digits only, for prose in which full-width punctuation is right.
pub fn half_width_digits(input: &str) -> String {
    let narrow = |c: char| if ('０'..='９').contains(&c) { half_width_char(c) } else { c };
    input.chars().map(narrow).collect()
}

fn half_width_char(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Characters that take no room and deceive the reader: zero width, reading direction, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text of several lines as it is kept: LF line ends, no control or invisible characters, no
/// empty lines around it. Widths stay, and so does an indent by ideographic spaces.
pub fn normalise(input: &str) -> String {
    let lines = input.replace("\r\n", "\n");
    let kept = lines.chars().filter_map(|c| match c {
        '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\n' | '\t' => Some(c),
        _ if c.is_control() || is_invisible(c) => None,
        _ => Some(c),
    });
    let text: String = kept.collect();
    text.trim_end().trim_start_matches('\n').to_owned()
}

/// Text of one line as it is kept: as [`normalise`], each run of white space one space.
pub fn one_line(input: &str) -> String {
    normalise(input).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number or code as it is read: half width, without white space and invisible characters.
pub fn compact(input: &str) -> String {
    let kept = input.chars().filter(|&c| !c.is_whitespace() && !is_invisible(c));
    kept.map(half_width_char).collect()
}

/// Length in characters as a person counts them for a limit: code points, not bytes.
pub fn chars_len(input: &str) -> usize {
    input.chars().count()
}

/// Whether a text says nothing because it only repeats itself: punctuation alone, one character
/// or one short group over and over, or a long text of at most three characters. Blank text is
/// not repetitive; that it is missing is said elsewhere.
pub fn is_repetitive(input: &str) -> bool {
    if input.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return false;
    }
    let said: Vec<char> = input.chars().filter(|c| c.is_alphanumeric()).collect();
    said.is_empty() || (1..=4).any(|period| repeats(&said, period)) || has_few_characters(&said)
}

/// Whether `said` is one group of `period` characters, at least three times.
fn repeats(said: &[char], period: usize) -> bool {
    said.len() >= 3 * period && said.iter().zip(said.iter().skip(period)).all(|(a, b)| a == b)
}

fn has_few_characters(said: &[char]) -> bool {
    let mut kinds: Vec<char> = Vec::new();
    for &c in said {
        if !kinds.contains(&c) {
            kinds.push(c);
        }
        if kinds.len() > 3 {
            return false;
        }
    }
    said.len() >= 12
}

/// A character as it may be quoted in a message: invisible ones by their number.
pub(super) fn quoted(c: char) -> String {
    if c.is_control() || is_invisible(c) || c.is_whitespace() {
        format!("U+{:04X}", u32::from(c))
    } else {
        format!("“{c}”")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_change_only_where_asked() {
        assert_eq!(half_width("１１０１０Ｘ　（ａ）￥"), "11010X (a)￥");
        assert_eq!(half_width_digits("共３户，（见附件）"), "共3户，（见附件）");
        assert_eq!(normalise("共３户，"), "共３户，");
    }

    #[test]
    fn line_ends_and_invisible_characters_are_put_right() {
        assert_eq!(normalise("一\r\n二\r三\u{2028}四\n\n"), "一\n二\n三\n四");
        assert_eq!(normalise("\n　　首行缩进"), "　　首行缩进");
        assert_eq!(normalise("张\u{202e}三\u{200b}\u{feff}\0\u{1b}\t好"), "张三\t好");
        assert_eq!(one_line("  一\r\n 二\t三 "), "一 二 三");
        assert_eq!(compact(" 1101０5 \u{200b}1949… "), "1101051949…");
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(chars_len("䶮𠮷a"), 3);
        assert_eq!(chars_len(""), 0);
    }

    #[test]
    fn vector_54_repetition_says_nothing() {
        for empty in [
            "。。。。。",
            "啊啊啊啊啊啊",
            "啊，啊，啊！",
            "测试测试测试",
            "1111111111",
            "12341234123412",
            "哈哈哈哈呵哈哈哈嘿哈哈哈",
            "😀😀😀",
            "—— ——",
        ] {
            assert!(is_repetitive(empty), "{empty}");
        }
        let prose = "双方因宅基地边界发生争吵，经村调委会上门查看现场后愿意接受调解。";
        for said in ["", "  \n", "好好", "打架", "谢谢，好好谈谈", prose, &prose.repeat(30)]
        {
            assert!(!is_repetitive(said), "{said}");
        }
    }

    #[test]
    fn hostile_text_comes_out_clean_and_stays_so() {
        for input in super::super::hostile::strings() {
            let once = normalise(&input);
            assert_eq!(normalise(&once), once);
            assert!(
                !once.chars().any(|c| is_invisible(c) || (c.is_control() && !"\n\t".contains(c)))
            );
            assert_eq!(chars_len(&half_width(&input)), chars_len(&input));
            assert_eq!(half_width(&half_width_digits(&input)), half_width(&input));
            assert!(!compact(&input).contains(char::is_whitespace));
            assert!(!one_line(&input).contains("  "));
            is_repetitive(&input);
        }
    }
}
