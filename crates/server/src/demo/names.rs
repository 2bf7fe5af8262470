//! Invented people and bodies. Names are put together from lists; numbers bear county codes that
//! GB/T 2260 does not have (`33xx98`), so that they are valid and nobody's.

use super::dice::Dice;
use engine::check::{id_number, uscc};
use jiff::{ToSpan, civil::Date};

/// Surnames.
pub const SURNAMES: [&str; 72] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "林", "高", "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭",
    "萧", "蔡", "潘", "田", "董", "袁", "于", "余", "叶", "蒋", "杜", "苏", "魏", "程", "吕", "丁",
    "沈", "任", "姚", "卢", "傅", "钟", "姜", "崔", "谭", "廖", "范", "汪", "陆", "金", "石", "戴",
    "贾", "韦", "夏", "邱", "欧阳", "司马", "诸葛", "上官",
];
const MEN: [&str; 56] = [
    "建国", "志强", "伟", "勇", "军", "长河", "德福", "国庆", "明远", "海涛", "小龙", "文斌",
    "永年", "宝山", "金水", "来福", "正平", "立新", "学文", "春生", "根生", "家旺", "守信", "振华",
    "一鸣", "子轩", "浩然", "俊杰", "宇航", "天佑", "大勇", "阿根", "水生", "兴邦", "克俭", "广田",
    "凯", "磊", "鹏", "峰", "斌", "涛", "超", "刚", "平安", "福全", "炳荣", "锦程", "树人", "昌盛",
    "堃", "翀", "䶮", "喆", "小𠮷", "㛃东",
];
const WOMEN: [&str; 48] = [
    "秀兰", "桂英", "丽", "敏", "静", "秋月", "春梅", "玉珍", "小红", "美华", "雪梅", "凤英",
    "淑芬", "慧", "婷婷", "雅琴", "佳怡", "欣妍", "子涵", "梦洁", "红霞", "爱珍", "巧云", "彩霞",
    "素芬", "月娥", "冬梅", "翠花", "莲香", "水仙", "金凤", "银花", "芳", "燕", "娟", "霞", "玲",
    "萍", "莉", "娜", "思源", "若琳", "诗雨", "晓彤", "婧", "瑾", "㛃", "嬿",
];
const UYGHUR_MEN: [&str; 6] = [
    "买买提·艾力",
    "阿不都热合曼·吐尔逊",
    "艾合买提·玉素甫",
    "吐尔洪·买买提",
    "艾力·木沙",
    "帕尔哈提·卡德尔",
];
const UYGHUR_WOMEN: [&str; 4] =
    ["阿依古丽·买买提", "热依罕·吐尔逊", "古丽娜尔·艾力", "米日古丽·玉素甫"];
const JOBS: [&str; 18] = [
    "务农",
    "务农",
    "务农",
    "务工",
    "务工",
    "个体经营",
    "教师",
    "司机",
    "退休",
    "木工",
    "泥瓦工",
    "护士",
    "保洁员",
    "网店店主",
    "养殖户",
    "电工",
    "厨师",
    "自由职业",
];
const MINORITIES: [&str; 6] = ["22", "03", "15", "06", "08", "11"];
const TRADES: [&str; 16] = [
    "禾丰建筑劳务有限公司",
    "永固建材有限公司",
    "顺达运输有限公司",
    "绿野农业专业合作社",
    "嘉和物业服务有限公司",
    "金穗食品有限公司",
    "康宁医院",
    "远山旅行社有限公司",
    "巧手制衣有限公司",
    "新程电子商务有限公司",
    "长青园林有限公司",
    "安居房屋租赁有限公司",
    "清源环保科技有限公司",
    "百味餐饮有限公司",
    "瑞祥家具厂",
    "启明培训学校",
];

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// 姓名
    pub name: String,
    /// 证件号码
    pub id_number: String,
    /// Whether a woman.
    pub woman: bool,
    /// 民族
    pub ethnic: &'static str,
    /// 职业
    pub job: &'static str,
    /// 手机
    pub phone: String,
    /// 住址
    pub address: String,
}

/// A body that is party to cases.
#[derive(Clone, Debug)]
pub struct Body {
    /// 名称
    pub name: String,
    /// 统一社会信用代码
    pub uscc: String,
    /// 法定代表人
    pub head: String,
    /// 电话
    pub phone: String,
    /// 地址
    pub address: String,
}

/// Between which years people are born. No two people of one span and area have the same number.
#[derive(Clone, Copy, Debug)]
pub enum Span {
    /// 1940 to 2005: parties.
    Grown,
    /// 2010 to 2015: children, always with a guardian.
    Child,
    /// 1964 to 1995: mediators and staff.
    Staff,
}

impl Span {
    fn years(self) -> (i16, i16) {
        match self {
            Self::Grown => (1940, 2005),
            Self::Child => (2010, 2015),
            Self::Staff => (1964, 1995),
        }
    }

    fn area(self, index: u64) -> String {
        match self {
            Self::Staff => "330098".to_owned(),
            _ => format!("33{:02}98", index % 11 + 1),
        }
    }
}

/// The `index`-th identity number of a span: a walk over all days and sequence numbers.
pub fn number(span: Span, index: u64, woman: bool) -> String {
    let (from, to) = span.years();
    let start = Date::constant(from, 1, 1);
    let days = start
        .until(Date::constant(to, 12, 31))
        .map_or(1, |s| u64::from(s.get_days().unsigned_abs()));
    // Every step reaches another pair of day and sequence: the factor is prime and no divisor.
    let at = index.wrapping_mul(7_368_787) % (days * 499);
    let birth = start + i64::try_from(at % days).unwrap_or(0).days();
    let sequence = (at / days) * 2 + if woman { 2 } else { 1 };
    let first = format!("{}{}{sequence:03}", span.area(index), birth.strftime("%Y%m%d"));
    let check = id_number::check_digit(&first).unwrap_or('0');
    format!("{first}{check}")
}

/// What somebody is called, and the ethnic group.
fn called(dice: &mut Dice, woman: bool) -> (String, &'static str) {
    if dice.happens(12) {
        let from: &[&str] = if woman { &UYGHUR_WOMEN } else { &UYGHUR_MEN };
        return ((*dice.pick(from)).to_owned(), "05");
    }
    let given = if woman { *dice.pick(&WOMEN) } else { *dice.pick(&MEN) };
    // Half the list twice as often: some surnames are everywhere.
    let end = if dice.happens(600) { 24 } else { SURNAMES.len() };
    let surname = *dice.pick(&SURNAMES[..end]);
    let ethnic = if dice.happens(60) { *dice.pick(&MINORITIES) } else { "01" };
    (format!("{surname}{given}"), ethnic)
}

/// A name, by turns.
pub fn somebody(index: usize) -> String {
    let given = if index.is_multiple_of(2) { WOMEN[index % 20] } else { MEN[index % 20] };
    format!("{}{given}", surname(index))
}

/// A surname, by turns.
pub fn surname(index: usize) -> &'static str {
    SURNAMES[index % SURNAMES.len()]
}

/// A mobile number of a block that is not handed out.
pub fn mobile(dice: &mut Dice) -> String {
    let head = if dice.happens(500) { "199" } else { "198" };
    format!("{head}0000{:04}", dice.below(10_000))
}

/// The `index`-th somebody of a span, living there.
pub fn person(dice: &mut Dice, span: Span, index: u64, woman: bool, address: String) -> Person {
    let (name, ethnic) = called(dice, woman);
    let job = if matches!(span, Span::Child) { "学生" } else { dice.pick(&JOBS) };
    Person {
        name,
        id_number: number(span, index, woman),
        woman,
        ethnic,
        job,
        phone: mobile(dice),
        address,
    }
}

/// The `index`-th body; `town` is the short name of where it is.
pub fn body(dice: &mut Dice, index: u64, town: &str, address: &str) -> Body {
    let trade = TRADES[usize::try_from(index).unwrap_or(0) % TRADES.len()];
    let eight = format!("MA{:06}", (index * 7_919 + 13) % 1_000_000);
    let ninth = uscc::organisation_check(&eight).unwrap_or('0');
    let first = format!("91330198{eight}{ninth}");
    let check = uscc::check_character(&first).unwrap_or('0');
    let woman = dice.happens(300);
    Body {
        name: format!("{town}{trade}"),
        uscc: format!("{first}{check}"),
        head: called(dice, woman).0,
        phone: format!("0579-8{:07}", dice.below(1_000)),
        address: format!("{address}{}号", dice.between(1, 200)),
    }
}

/// Gives somebody the surname of another, as in a family; names with a dot stay.
pub fn join_family(person: &mut Person, of: &Person) {
    if person.name.contains('·') || of.name.contains('·') {
        return;
    }
    let surname = |name: &str| {
        let double = SURNAMES.iter().filter(|s| s.chars().count() == 2);
        let double = double.into_iter().find(|s| name.starts_with(**s)).map(|s| (*s).to_owned());
        double.unwrap_or_else(|| name.chars().take(1).collect())
    };
    let (own, theirs) = (surname(&person.name), surname(&of.name));
    person.name = format!("{theirs}{}", person.name.trim_start_matches(&own));
    person.ethnic = of.ethnic;
}
