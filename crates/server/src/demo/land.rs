//! The invented province: no real province has the prefix 56, and no place these names.

/// A city with its counties, each with its townships.
type City =
    (&'static str, &'static str, &'static [(&'static str, &'static str, [&'static str; 6])]);

const PROVINCE: (&str, &str) = ("560000", "青禾省");
const CITIES: [City; 2] = [
    (
        "560100",
        "云川市",
        &[
            ("560101", "临溪县", ["柳河镇", "石碾镇", "白鹭镇", "枫坪乡", "上塘乡", "溪山街道"]),
            (
                "560102",
                "望岚区",
                ["岚城街道", "东篱街道", "槐荫街道", "杏坞镇", "双泉镇", "竹下镇"],
            ),
            ("560103", "松屏县", ["松屏镇", "云碓镇", "黄芦镇", "清潭乡", "石鼓岭乡", "桃坪街道"]),
        ],
    ),
    (
        "560200",
        "星渡市",
        &[
            ("560201", "望海县", ["渔歌镇", "沙湾头镇", "盐灶镇", "橘园镇", "海角乡", "听潮街道"]),
            (
                "560202",
                "桐湾区",
                ["桐荫街道", "书院里街道", "渡口街道", "荷塘镇", "稻香镇", "梅岗镇"],
            ),
        ],
    ),
];
const STEMS: [&str; 70] = [
    "上柳",
    "石井",
    "田心",
    "前湾",
    "后坞",
    "大樟树",
    "新桥头",
    "下沙",
    "半山",
    "横塘",
    "金竹",
    "乌石",
    "东岭",
    "西畈",
    "南坑",
    "北渡",
    "水碓",
    "茶亭",
    "窑头",
    "瓦窑",
    "蒲潭",
    "芦花",
    "枣园",
    "梨洲",
    "桑园",
    "麦地",
    "稻场",
    "油坊",
    "银杏",
    "古槐",
    "双井",
    "三望",
    "四明塘",
    "五里亭",
    "六角井",
    "七星",
    "八字桥",
    "九曲",
    "和睦",
    "安乐",
    "长乐",
    "永兴",
    "同心",
    "向阳",
    "红星",
    "东升",
    "朝晖",
    "晨光",
    "文昌",
    "春晖",
    "秋实",
    "清风",
    "明月湾",
    "白云",
    "青松",
    "翠竹",
    "寒梅",
    "兰亭下",
    "菊园",
    "荷叶",
    "莲塘",
    "桂香",
    "杨柳",
    "榆林",
    "槐树",
    "枫树",
    "松坡",
    "柏树",
    "杉木",
    "竹园",
];

/// A unit as the import file has it.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Code of the unit above.
    pub parent: String,
}

impl Unit {
    fn new(code: impl Into<String>, name: impl Into<String>, parent: &str) -> Self {
        Self { code: code.into(), name: name.into(), parent: parent.to_owned() }
    }

    /// The name without 县, 镇, 街道 and so on.
    pub fn stem(&self) -> &str {
        ["街道", "社区", "县", "区", "镇", "乡", "村", "市"]
            .iter()
            .find_map(|end| self.name.strip_suffix(end))
            .unwrap_or(&self.name)
    }

    /// Whether it is a 街道 or 社区.
    pub fn is_urban(&self) -> bool {
        self.name.ends_with("街道") || self.name.ends_with("社区")
    }
}

/// A township with its villages.
#[derive(Clone, Debug)]
pub struct Township {
    /// The township.
    pub unit: Unit,
    /// Villages and communities.
    pub villages: Vec<Unit>,
}

/// A county with its townships.
#[derive(Clone, Debug)]
pub struct County {
    /// The county.
    pub unit: Unit,
    /// Townships.
    pub townships: Vec<Township>,
}

/// The counties with all that is in them.
pub fn counties() -> Vec<County> {
    let mut next = 0;
    let mut counties = Vec::new();
    for (city, _, parts) in CITIES {
        for (code, name, towns) in parts {
            let unit = Unit::new(*code, *name, city);
            let townships =
                (1..).zip(towns).map(|(at, town)| township(code, at, town, &mut next)).collect();
            counties.push(County { unit, townships });
        }
    }
    counties
}

fn township(county: &str, at: usize, name: &str, next: &mut usize) -> Township {
    let unit = Unit::new(format!("{county}{at:03}"), name, county);
    let end = if unit.is_urban() { "社区" } else { "村" };
    let count = if at % 3 == 1 { 4 } else { 3 };
    let villages = (1..=count).map(|village| {
        let stem = if village == 1 {
            unit.stem().to_owned()
        } else {
            *next += 1;
            STEMS[*next % STEMS.len()].to_owned()
        };
        Unit::new(format!("{}{village:03}", unit.code), format!("{stem}{end}"), &unit.code)
    });
    let villages = villages.collect();
    Township { unit, villages }
}

/// The import file: code, name, parent.
pub fn csv(counties: &[County]) -> String {
    let mut units = vec![Unit::new(PROVINCE.0, PROVINCE.1, "")];
    units.extend(CITIES.iter().map(|(code, name, _)| Unit::new(*code, *name, PROVINCE.0)));
    for county in counties {
        units.push(county.unit.clone());
        for township in &county.townships {
            units.push(township.unit.clone());
            units.extend(township.villages.iter().cloned());
        }
    }
    let lines = units.iter().map(|u| format!("{},{},{}\n", u.code, u.name, u.parent));
    std::iter::once("code,name,parent\n".to_owned()).chain(lines).collect()
}

/// Codes of cities.
pub fn cities() -> impl Iterator<Item = (&'static str, &'static str)> {
    CITIES.iter().map(|(code, name, _)| (*code, *name))
}

/// Code of the province.
pub const TOP: &str = PROVINCE.0;
