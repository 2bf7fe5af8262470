//! What people quarrel about: per dispute type its causes, demands and ways out, in the words of
//! the trade. `{a}` applicant, `{b}` respondent, `{m}` money, `{p}` place, `{w}` when.

/// Who stands against whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Two or more people; relation of one to the other.
    People(&'static [&'static str]),
    /// A person against a body; places in the list of trades.
    Body(&'static [usize]),
    /// Several workers against a body.
    Workers(&'static [usize]),
}

/// A type of dispute.
#[derive(Clone, Copy, Debug)]
pub struct Matter {
    /// Code of dispute_type.
    pub code: &'static str,
    /// What the case is called: 某某与某某…纠纷.
    pub word: &'static str,
    /// How often, beside the others.
    pub weight: u64,
    /// Usual amount in yuan; 0: no money.
    pub money: u32,
    /// Sides.
    pub sides: Sides,
    /// How it came about.
    pub causes: &'static [&'static str],
    /// What the applicant wants.
    pub wants: &'static [&'static str],
    /// What was agreed; without numbers.
    pub terms: &'static [&'static str],
    /// performance_mode.
    pub mode: &'static str,
}

const COUPLE: &[&str] = &["夫妻"];
const KIN: &[&str] = &["父子", "母女", "兄弟", "姐弟", "叔侄"];
const NEAR: &[&str] = &["邻居", "上下楼邻居", "同村村民", "隔壁"];
const KNOWN: &[&str] = &["朋友", "同村村民", "亲戚", "原同事", "生意往来"];

#[rustfmt::skip]
pub const MATTERS: [Matter; 26] = [
    Matter { code: "0101", word: "离婚", weight: 50, money: 60_000, sides: Sides::People(COUPLE),
        causes: &["{a}与{b}结婚多年，因{b}长期在外务工、很少顾家，双方感情渐淡，{w}又因孩子上学花费争吵，{a}提出离婚",
            "{a}与{b}婚后常因家务和与老人同住的事争执，{w}{b}搬回娘家居住至今，双方对孩子由谁抚养、房屋如何分割谈不拢"],
        wants: &["请求调解双方离婚，孩子由{a}抚养，共同财产依法分割", "请求调解和好；调解不成的，就财产分割先行达成一致"],
        terms: &["双方自愿离婚，并于十五日内共同到婚姻登记机关办理手续", "共同存款及家电折价{m}元归{a}所有，其余归{b}", "孩子随{a}生活，{b}每月探望不少于两次，{a}予以配合"], mode: "1" },
    Matter { code: "0102", word: "赡养", weight: 45, money: 4_800, sides: Sides::People(KIN),
        causes: &["{a}年老多病，原由子女轮流照料，{w}起{b}以自己住房紧张为由不再接老人同住，也不支付生活费",
            "{a}住院治疗花去医药费{m}元，{b}认为其他兄弟姐妹出得少，拒绝分担，双方在病房里争吵"],
        wants: &["请求{b}按月支付赡养费并分担医药费", "请求明确各子女轮流照料的时间和费用"],
        terms: &["{b}每年支付{a}赡养费{m}元，每半年一付", "{a}住院期间的护理由子女轮流承担，医药费凭票据平均分担", "{b}每月至少看望老人两次，逢年过节接老人团聚"], mode: "1" },
    Matter { code: "0103", word: "继承", weight: 20, money: 90_000, sides: Sides::People(KIN),
        causes: &["老人{w}去世后留下{p}老屋一处和存款若干，生前没有立遗嘱，{a}与{b}对如何分配意见不一",
            "{a}照顾老人到终年，认为应当多分，{b}坚持平均分，双方为存折由谁保管发生争执"],
        wants: &["请求依法分割遗产，多尽赡养义务的适当多分", "请求明确老屋的归属和存款的分配"],
        terms: &["{p}老屋归{b}所有，{b}补偿{a}{m}元", "老人的丧葬费从存款中支付，余款平均分配", "各方今后互不因遗产再生争议"], mode: "1" },
    Matter { code: "0199", word: "婚姻家庭", weight: 60, money: 0, sides: Sides::People(COUPLE),
        causes: &["{a}与{b}因孩子管教方式不同，{w}在家中大吵，惊动四邻", "{a}怀疑{b}私下借钱给娘家人，翻看手机引起争吵，{b}摔门而出"],
        wants: &["请求劝解双方，说清家中开支", "请求{b}以后有事商量，不再动手摔东西"],
        terms: &["双方互相道歉，今后家中五百元以上开支共同商量", "{b}保证不再摔砸物品，{a}保证不再翻看{b}的手机", "双方每周各抽半天陪伴孩子"], mode: "3" },
    Matter { code: "02", word: "邻里", weight: 210, money: 800, sides: Sides::People(NEAR),
        causes: &["{a}家屋檐滴水流到{b}家墙根，{b}家内墙发霉，{w}双方为谁出钱改檐沟争吵推搡",
            "{b}在公用通道上堆放柴草和旧家具，{a}的三轮车进出不便，{w}{a}自行搬开后双方发生口角",
            "{b}家养的狗夜间吠叫，{w}又咬死{a}家的两只鸡，{a}要求赔偿，{b}认为没有证据",
            "{a}家空调外机正对{b}家窗户，噪音和热风影响{b}家老人休息，{b}剪断了外机电线",
            "楼上{b}家卫生间渗漏，{a}家客厅天花板起皮脱落，{w}多次上门协商没有结果",
            "{b}家种的香樟树枝伸到{a}家屋顶，落叶堵塞天沟，{a}锯掉部分树枝后{b}要求赔偿"],
        wants: &["请求{b}排除妨碍，恢复原状", "请求{b}赔偿损失{m}元，今后不再发生", "请求说清两家界限，和睦相处"],
        terms: &["{b}七日内排除妨碍、恢复原状，费用自理", "{b}一次性补偿{a}{m}元", "双方今后遇事先找村（居）小组长商量，不得谩骂、动手"], mode: "4" },
    Matter { code: "03", word: "宅基地", weight: 70, money: 3_000, sides: Sides::People(NEAR),
        causes: &["{a}翻建房屋，{b}认为新墙基越过两家老界约二十厘米，{w}阻止施工，工人停工三天",
            "{a}与{b}两家共用一堵山墙，{b}拆旧建新后墙体开裂，双方对加固费用由谁承担意见不一",
            "{b}在两家之间的空地上搭建车棚，{a}拿出旧契约称该地属自家宅基地"],
        wants: &["请求重新丈量，明确两家界址", "请求{b}拆除越界部分，赔偿误工损失{m}元"],
        terms: &["以老墙基石为界，双方在场丈量并埋设界桩", "有争议的墙体和搭建十五日内按界址整改，{b}补助{a}工料误工费{m}元", "两家之间的空地共同使用，不得堆物"], mode: "5" },
    Matter { code: "0401", word: "民间借贷", weight: 110, money: 28_000, sides: Sides::People(KNOWN),
        causes: &["{b}因周转困难向{a}借款{m}元，写有借条，约定{w}还清，到期后经多次催要只说再缓一缓",
            "{b}做生意向{a}借款，只有微信转账记录没有借条，{w}{a}急用钱催讨，{b}称其中一部分是合伙投资款"],
        wants: &["请求{b}归还借款{m}元", "请求{b}归还本金，利息按约定计算到还清之日"],
        terms: &["{b}确认尚欠{a}借款{m}元，分三期还清，每期相隔一个月", "{a}自愿放弃利息", "任何一期逾期的，{a}可就全部余款主张权利"], mode: "1" },
    Matter { code: "0402", word: "买卖", weight: 45, money: 9_000, sides: Sides::People(KNOWN),
        causes: &["{a}卖给{b}一批稻谷，{b}过秤后只付了一半，{w}以水分偏高为由要求降价",
            "{a}从{b}处购买二手农用车一辆，开回三天发动机漏油，要求退车，{b}认为当面试过车不应退"],
        wants: &["请求{b}按约定结清款项{m}元", "请求{b}承担因货物引起的损失"],
        terms: &["双方当面结算，{b}于十日内支付{a}{m}元", "货物质量双方当面确认，今后互不追究"], mode: "1" },
    Matter { code: "0403", word: "房屋租赁", weight: 45, money: 6_000, sides: Sides::People(KNOWN),
        causes: &["{b}租用{a}位于{p}的房屋，欠付两个月房租，{w}{a}换锁，{b}物品锁在屋内",
            "租期未满{b}提前退租，{a}扣下押金，双方对屋内家具损坏的责任说法不一"],
        wants: &["请求依约结清房租水电费和押金共{m}元", "请求结清费用，结束租赁关系"],
        terms: &["双方结清房租、水电费和押金，{b}五日内支付{a}{m}元", "{a}当日开门让{b}取回物品，{b}同时交还钥匙", "房屋租赁关系到此结束"], mode: "1" },
    Matter { code: "0499", word: "合同", weight: 30, money: 15_000, sides: Sides::Body(&[0, 1, 10, 14]),
        causes: &["{a}请{b}装修位于{p}的房屋，完工后发现墙面开裂，{w}要求返工，{b}要求先付尾款",
            "{a}在{b}定做家具，交付尺寸与图纸不符，双方对是否重做意见不一"],
        wants: &["请求{b}返工并承担材料费", "请求{b}退还部分价款{m}元"],
        terms: &["{b}十五日内返工完毕，经{a}验收合格", "{b}减收价款{m}元，{a}验收后三日内付清尾款"], mode: "6" },
    Matter { code: "05", word: "生产经营", weight: 35, money: 8_000, sides: Sides::People(KNOWN),
        causes: &["{a}承包的鱼塘与{b}的稻田共用一条水渠，{w}{b}打药后渠水流入鱼塘，部分鱼苗死亡",
            "{a}与{b}合伙收购柑橘，卖出后对账时发现运费重复计算，双方互相指责"],
        wants: &["请求{b}赔偿损失{m}元", "请求重新对账，分清盈亏"],
        terms: &["经双方当面核对，{b}支付{a}{m}元", "今后用水、用药和账目往来互相提前告知"], mode: "1" },
    Matter { code: "06", word: "损害赔偿", weight: 80, money: 5_500, sides: Sides::People(KNOWN),
        causes: &["{w}{a}与{b}因琐事口角，互相推搡，{a}摔倒致手腕挫伤，在卫生院治疗花去医药费",
            "{b}家的狗未拴绳，{w}在{p}路边将{a}小腿咬伤，{a}注射疫苗并误工五天",
            "{b}雇{a}上屋顶修瓦，{a}从梯子上滑落，腰部受伤住院八天，双方对责任比例有分歧"],
        wants: &["请求{b}赔偿医药费、误工费共{m}元", "请求{b}赔礼道歉并承担医药费"],
        terms: &["{b}一次性赔偿{a}医药费、误工费、护理费共{m}元", "{b}当面向{a}赔礼道歉", "此后双方就此事再无其他争议"], mode: "1" },
    Matter { code: "07", word: "山林土地", weight: 45, money: 4_000, sides: Sides::People(NEAR),
        causes: &["{a}与{b}两家的毛竹山相连，{w}{b}砍伐毛竹时越过界沟，{a}认为被砍了三十多株",
            "{b}流转{a}家承包地种植西瓜，到期后没有恢复田埂，{a}要求补付租金",
            "{a}与{b}对{p}荒坡的承包界线说法不一，双方都在坡上种了树"],
        wants: &["请求划清山界，赔偿毛竹款{m}元", "请求{b}恢复田埂并付清租金"],
        terms: &["双方在场以老界沟、老田埂为准重新立界石，签字认可", "{b}一次性补偿{a}{m}元"], mode: "1" },
    Matter { code: "08", word: "征地补偿", weight: 18, money: 45_000, sides: Sides::People(KIN),
        causes: &["{p}修路征用承包地，补偿款{m}元打入{b}账户，{a}认为自己也有份额，{w}要求分割",
            "两兄弟分家时未写明地块归属，征地后{a}与{b}都主张青苗补偿"],
        wants: &["请求按分家时的实际耕种情况分配补偿款", "请求{b}支付应得补偿款{m}元"],
        terms: &["{b}收到补偿款后三日内支付{a}{m}元", "青苗补偿归实际种植人"], mode: "1" },
    Matter { code: "09", word: "环境污染", weight: 18, money: 7_000, sides: Sides::Body(&[3, 5, 8, 12]),
        causes: &["{b}夜间排放的废水流入{p}灌溉渠，{w}{a}家秧苗发黄，双方对原因说法不一",
            "{b}作业粉尘飘到{a}家晾晒的粮食上，{a}多次反映没有改进"],
        wants: &["请求{b}停止排放并赔偿损失{m}元", "请求{b}加装除尘设备"],
        terms: &["{b}十日内完成污染治理设施改造，接受村民监督", "{b}补偿{a}损失{m}元"], mode: "4" },
    Matter { code: "1001", word: "拖欠工资", weight: 75, money: 36_000, sides: Sides::Workers(&[0, 1, 8, 10]),
        causes: &["{a}等人在{b}承建的{p}工地做泥水活，{w}完工后仍欠工资{m}元，带班人称要等工程款到账",
            "{a}等人在{b}做工，厂里连续三个月只发生活费，{w}离厂时结算单上欠{m}元"],
        wants: &["请求{b}付清所欠工资{m}元", "请求{b}写明付款日期并先付一部分"],
        terms: &["{b}确认欠付工资共{m}元，签字当日先付三成，余款三十日内付清", "{b}逾期的，各劳动者可持本协议依法主张权利"], mode: "1" },
    Matter { code: "1002", word: "劳动争议", weight: 35, money: 16_000, sides: Sides::Body(&[2, 4, 8, 13]),
        causes: &["{a}在{b}上班途中受伤，单位未缴工伤保险，{w}双方对医药费和停工工资有分歧",
            "{b}口头通知{a}不用再来上班，{a}要求经济补偿，{b}称是{a}自己旷工"],
        wants: &["请求{b}支付经济补偿{m}元", "请求{b}承担医药费和停工期间工资"],
        terms: &["{b}一次性支付{a}{m}元", "双方劳动关系自协议签订之日起解除，{b}出具离职证明"], mode: "1" },
    Matter { code: "11", word: "旅游", weight: 10, money: 2_600, sides: Sides::Body(&[7]),
        causes: &["{a}报名参加{b}组织的三日游，行程中两个景点被取消，{w}要求退款，{b}称因天气所致"],
        wants: &["请求{b}退还部分团费{m}元"],
        terms: &["{b}五日内退还{a}团费{m}元", "{a}收到退款后不再就此次行程提出其他要求"], mode: "1" },
    Matter { code: "1201", word: "网购", weight: 18, money: 900, sides: Sides::Body(&[9]),
        causes: &["{a}在{b}网店购买净水器一台，安装后漏水泡坏地板，{w}客服只同意换货"],
        wants: &["请求{b}退货退款并赔偿地板修理费共{m}元"],
        terms: &["{b}七日内退还货款并补偿{m}元", "{a}将净水器寄回，运费由{b}承担"], mode: "1" },
    Matter { code: "1202", word: "消费", weight: 30, money: 1_500, sides: Sides::Body(&[13, 14, 15]),
        causes: &["{a}在{b}预存会费后，{b}更换经营人，{w}余额不能使用", "{a}在{b}用餐后腹泻就医，要求赔偿，{b}否认与餐食有关"],
        wants: &["请求{b}退还费用、赔偿损失共{m}元", "请求{b}退赔并道歉"],
        terms: &["{b}三日内退赔{a}{m}元", "{b}向{a}致歉"], mode: "1" },
    Matter { code: "13", word: "医疗", weight: 15, money: 48_000, sides: Sides::Body(&[6]),
        causes: &["{a}在{b}做手术后伤口愈合不好，{w}转院再次治疗，认为{b}处置不及时，要求赔偿",
            "{a}的家属认为{b}用药前没有充分告知，与医务人员发生争执，经劝解同意调解"],
        wants: &["请求{b}赔偿医疗费、误工费等{m}元", "请求{b}说明诊疗经过，退还部分费用"],
        terms: &["经咨询医学专家意见，{b}一次性补偿{a}{m}元", "{a}收到款项后撤回投诉，双方再无争议"], mode: "1" },
    Matter { code: "14", word: "道路交通事故", weight: 60, money: 9_500, sides: Sides::People(&["互不相识", "同村村民"]),
        causes: &["{w}{b}驾驶小货车在{p}路口与{a}骑的电动车相撞，{a}腿部擦伤、车辆受损，双方对修车费和误工费有分歧",
            "{b}倒车时碰倒{a}停放的三轮车，车上蔬菜散落受损，{w}双方商量赔偿没有谈成"],
        wants: &["请求{b}赔偿医药费、修车费、误工费共{m}元", "请求按责任认定赔偿损失"],
        terms: &["除保险赔付外，{b}另行补偿{a}{m}元", "{a}协助{b}办理保险理赔手续"], mode: "1" },
    Matter { code: "15", word: "物业", weight: 45, money: 2_200, sides: Sides::Body(&[4]),
        causes: &["{a}认为{b}没有及时修理楼道灯和电梯，{w}起拒交物业费，{b}多次催缴",
            "小区地下车库积水，{a}的车辆被泡，{w}要求{b}赔偿，{b}称已尽到提醒义务"],
        wants: &["请求{b}尽快修理并减免费用{m}元", "请求{b}赔偿损失{m}元"],
        terms: &["{b}十日内修好有关设施", "{b}减收{a}物业费{m}元，余款{a}七日内缴清"], mode: "6" },
    Matter { code: "16", word: "商标使用", weight: 4, money: 12_000, sides: Sides::Body(&[3, 5]),
        causes: &["{a}注册了“{p}”茶叶商标，{w}发现{b}在包装上使用近似图案，要求停止使用"],
        wants: &["请求{b}停止使用近似图案并补偿{m}元"],
        terms: &["{b}三十日内更换包装", "{b}补偿{a}{m}元"], mode: "4" },
    Matter { code: "17", word: "网络言论", weight: 8, money: 0, sides: Sides::People(NEAR),
        causes: &["{w}{b}在村民微信群里说{a}多占集体好处，{a}认为没有根据、损害名声，双方在群里对骂"],
        wants: &["请求{b}在群里澄清并道歉"],
        terms: &["{b}当日在微信群中撤回不实言论并道歉", "双方今后不在群内发布未经核实的消息"], mode: "3" },
    Matter { code: "99", word: "丧葬礼俗", weight: 14, money: 1_000, sides: Sides::People(NEAR),
        causes: &["{a}家办丧事在{p}路口搭棚，{b}认为影响出行和生意，{w}双方发生口角", "两家为清明祭扫时鞭炮炸坏围栏一事争执"],
        wants: &["请求双方互相谅解，合理分担损失"],
        terms: &["双方互相谅解，今后办事提前告知邻居", "{a}承担修补费用{m}元"], mode: "3" },
];
/// How the quarrel stood when it came to the committee.
pub const STANDS: [&str; 8] = [
    "双方多次协商未果，矛盾有激化的苗头。",
    "经村民小组长劝说，双方同意由调委会调解。",
    "双方各执一词，互不相让。",
    "期间曾报警，民警出警后建议通过人民调解解决。",
    "双方情绪比较激动，家属也参与进来。",
    "双方愿意坐下来谈，但对数额差距较大。",
    "邻居从中劝过几次，没有结果。",
    "为避免矛盾扩大，网格员上报调委会。",
];
/// What the mediator did.
pub const WORK: [&str; 8] = [
    "调解员先听取双方陈述，查看现场并拍照，向知情邻居了解情况。",
    "调解员采取背对背的方法，分别做双方工作，缩小差距。",
    "调解员讲解民法典有关规定，指出双方各有不妥之处。",
    "调解员邀请双方都信得过的老支书一同劝解。",
    "调解员逐项核对票据和转账记录，确认没有争议的部分。",
    "调解员从多年情分说起，劝双方各退一步。",
    "调解员请司法所工作人员说明法律责任和诉讼成本。",
    "双方冷静以后，重新说明了各自的难处。",
];
/// Law that agreements rest on, in words.
pub const CLOSING: [&str; 4] = [
    "本协议自双方签名、调解员签名并加盖调委会印章之日起生效。",
    "协议签订后双方应当自觉履行，不得反悔。",
    "双方握手言和，今后互谅互让。",
    "本纠纷一次性了结，双方再无其他争议。",
];
