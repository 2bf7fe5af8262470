//! Why a paper could not be printed. Each message says it in Chinese for the person and in English
//! for the log.

use crate::Moment;

/// Why a paper could not be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// The program was built without fonts and none were given.
    #[error(
        "程序里没有字体，不能打印文书：请运行 cargo xtask fonts 后重新编译 \
         (no fonts embedded; run `cargo xtask fonts` and build again)"
    )]
    NoFonts,
    /// A font file is none, or holds no face that can be read.
    #[error("第{0}个字体文件读不出来 (font file {0} cannot be read)")]
    BadFont(usize),
    /// The template, or a file it imports, has a mistake.
    #[error("文书模板 {file} 第{line}行第{column}列有误：{message} (template error)")]
    Template {
        /// The file: the sheet's name, or a library file.
        file: String,
        /// Line, from 1; 0 if the mistake has no place.
        line: usize,
        /// Column in characters, from 1; 0 if the mistake has no place.
        column: usize,
        /// What typst says, with its hints.
        message: String,
    },
    /// A file that is to be bound or looked through is none that can be read.
    #[error(
        "第{0}件{1}读不出来：不是完好的 PDF、JPG 或 PNG，或者加了密码 (part {0} cannot be read)"
    )]
    Part(usize, String),
    /// Nothing to bind, or too much of it.
    #[error("没有可以装订的页，或者超过{0}页 (no pages, or more than {0})")]
    Pages(usize),
    /// The data of a sheet must be a JSON object.
    #[error("文书数据应为一个对象 (sheet data is not a JSON object)")]
    Data,
    /// The name of a library file cannot be a path.
    #[error("样式文件名 {0} 不能用 (bad library file name)")]
    Library(String),
    /// The QR code would hold more than a QR code can.
    #[error("二维码内容太长 (QR content too long)")]
    QrTooLong,
    /// The moment of printing does not exist.
    #[error("印制时间 {0:?} 不存在 (no such moment)")]
    Moment(Moment),
    /// typst knows no PDF/A-2u.
    #[error("不支持版式标准 (PDF standard unsupported): {0}")]
    Standard(String),
}
