// From assessment to release and on into help after release: a court asks whether a probation would
// do, the office looks into it, the person is received, served the term, is released, and the office
// helps on. Each fact is typed once: where a later form needs it, it stands there already.
//
// The days lie in the past, as when a county takes its running files over.

import assert from "node:assert/strict";
import { idOf, TODAY, walk } from "./clerk.mjs";
import { idNumber, readPaper } from "./lib.mjs";

// Members of the groups are typed with each group: they are others every time.
const it = walk({ again: ["柳河司法所", "13900000031", "13900000032"] });
const { step } = it;

/** Two months of probation that ended on the ninth of this month or of the one before. */
const END = `${TODAY.slice(8) >= "09" ? TODAY.slice(0, 7) : month(-1)}-09`;
const START = `${month(-2, END)}-10`;
const after = (from, days) =>
  new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10);

function month(by, from = TODAY) {
  const [year, at] = from.split("-").map(Number);
  return new Date(Date.UTC(year, at - 1 + by, 1)).toISOString().slice(0, 7);
}

/** Who: known by the first form, carried by all that follow. */
const WHO = {
  full_name: "许望舒",
  id_number: idNumber("330198", "19880617", 215),
  sex: "1",
  birth_date: "1988-06-17",
  residence_address: "柳河镇河东街 8 号",
  domicile_address: "柳河镇上游村三组",
  mobile: "13900000021",
};
const CHARGE = "危险驾驶罪";

let office, county, assessment, subject, release, file;

step("posts and the county's standard", async () => {
  office = await it.as("office");
  county = await it.as("county");
  const standard = { division: county.unit, document_no: "临司发〔2025〕3号" };
  const made = await it.create("county", "resett_standard", standard);
  await it.act("county", "resett_standard", made.id, "enact", { valid_from: "2025-01-01" });
});

step("a court's request is registered and assigned to the office", async () => {
  const { sex, birth_date, ...typed } = WHO;
  assessment = await county.make("/b/corrections/corr_assessment", {
    entrust_no: "（2026）临法委评字第12号",
    office_unit: { refer: "柳河" },
    entruster_type: "01",
    entruster: "临溪县人民法院",
    entruster_contact: "方知远",
    entruster_phone: "0576-81234561",
    letter_no: "（2026）临法委字第12号",
    entrusted_on: after(START, -40),
    received_on: after(START, -39),
    procedure: "1",
    intended: "02",
    person_kind: "01",
    ...typed,
    sex,
    birth_date,
    charge: CHARGE,
    marital: "02",
    employer: "临溪县恒达机械厂",
  });
  await county.act(assessment, "指派", { procuratorate_told_on: after(START, -39) });
});

step("the office looks into it with two people and discusses", async () => {
  await office.act(assessment, "开始调查", {
    team: [
      { member: "何书平", member_org: "柳河司法所" },
      { member: "陶知行", member_org: "上游村村民委员会" },
    ],
  });
  await office.act(assessment, "合议", {
    panel_on: after(START, -33),
    panel_note: "家庭接纳，村里愿意帮教，无再犯罪危险。",
    records: [
      {
        asked_on: after(START, -35),
        place: "上游村村委会",
        asked: "许成林",
        relation: "父亲",
        home: "与父母同住，住房稳定。",
      },
    ],
  });
});

step("the county gives its opinion; adopted, it opens the subject's file", async () => {
  await county.act(assessment, "提交意见", {
    opinion: "01",
    opinion_note: "适宜适用社区矫正。",
    reviewer: "县局矫正科",
    submitted_on: after(START, -32),
    procuratorate_copied_on: after(START, -32),
  });
  await county.act(assessment, "登记采信情况", { adoption: "01" });
  subject = await county.along("社区矫正对象");
  await county.look("corrections-made");
});

step("who it is stands there; only what the judgment says is added", async () => {
  await office.visit(`${subject}/edit`);
  const { sex, birth_date, ...texts } = WHO;
  await office.holds(texts);
  await office.look("corrections-form");
  await office.fill({
    corr_org: "临溪县社区矫正管理局",
    ethnic: "01",
    education: "04",
    employment: "01",
    residence_division: "560101001",
    domicile_division: "560101001001",
    execution_place: "青禾省云川市临溪县",
    decision_organ_type: "01",
    decision_organ: "临溪县法院刑事审判庭",
    effective_on: START,
    exec_notice_no: "（2026）临刑执字第31号",
    exec_notice_on: START,
    handover_on: START,
    crime_type: "02",
    offence_facts: "醉酒后驾驶机动车，被当场查获。",
    orig_penalty: "04",
    orig_term: "拘役二个月",
    orig_months: "2",
    term_months: "2",
    starts_on: START,
    ends_on: END,
    relatives: [{ kin_name: "许成林", relation: "父子" }],
  });
  await office.send({});
  const kept = await it.record("office", "corr_case", idOf(subject));
  assert.equal(kept.charge, CHARGE);
});

step("received within ten days", async () => {
  await office.act(subject, "接收", {
    received_on: after(START, 3),
    reception_method: "01",
    reported_on: after(START, 3),
    report_in: "01",
    papers_complete: "true",
    papers_received_on: after(START, 2),
    reply_sent_on: after(START, 4),
    exit_report: "R1",
  });
});

step("a group, a plan, the declaration: serving", async () => {
  const group = await office.add(subject, "corr_group", {
    group_name: "许望舒矫正小组",
    leader: "何书平",
    leader_org: "柳河司法所",
    members: [
      {
        member_name: "何书平", member_sex: "1", member_kind: "01", member_post: "司法所工作人员",
        member_phone: "13900000031",
      },
      {
        member_name: "陶知行", member_sex: "1", member_kind: "04", member_post: "村委会委员",
        member_phone: "13900000032",
      },
    ],
  });
  await office.act(group, "签订责任书", { letter_on: after(START, 4) });
  const plan = await office.add(subject, "corr_plan", {
    made_on: after(START, 4),
    basis_info: "初犯，有固定工作。",
    assessment: "危险性低。",
    psychology: "情绪平稳。",
    measures_watch: "每月报告一次。",
    measures_teach: "交通安全教育。",
    measures_help: "无特殊困难。",
  });
  await office.act(plan, "确定方案");
  const admission = await office.add(subject, "corr_admission", {
    mode: "01",
    came_on: after(START, 3),
    papers_checked: "true",
    identity_checked: "true",
    signed: "true",
    notice_signed: "true",
  });
  await office.act(admission, "入矫宣告", {
    declared_on: after(START, 5),
    host: "何书平所长",
    attendees: "矫正小组全体成员",
    said_papers: "true", said_term: "true", said_duties: "true", said_rights: "true",
    said_group: "true", said_other: "true", subject_signed: "true",
  });
  const kept = await it.record("office", "corr_case", idOf(subject));
  assert.equal(kept.state, "serving");
});

step("the term is over: appraised, declared, certified", async () => {
  await office.visit(subject);
  await office.look("corrections-subject");
  release = await office.add(subject, "corr_release", {
    kind: "01",
    on_date: END,
    performance: "1",
    attitude: "01",
    trained: "false",
    has_cert: "false",
    risk: "1",
    family: "与父母同住，关系融洽。",
    advice: "继续关注就业，按期走访。",
    appraisal: "服从管理，认罪悔罪。",
  });
  await county.act(release, "解除宣告、发证明书", {
    announced_on: END,
    announced_to: "司法所、村委会",
    told_organ_on: END,
    told_procuratorate_on: END,
    told_police_on: END,
  });
  const kept = await it.record("county", "corr_case", idOf(subject));
  assert.equal(kept.state, "released");
});

step("the certificate is printed with the name and the number", async () => {
  const { cert_no: number } = await it.record("county", "corr_release", idOf(release));
  const text = await readPaper(county.visitor, `${release}/papers/release_cert.pdf`, "release-cert");
  for (const wanted of ["解除社区矫正证明书", WHO.full_name, number]) {
    assert.ok(text.replaceAll(/\s/g, "").includes(wanted), `${wanted} is not on the paper`);
  }
});

step("whoever is released is linked the same day, with all that is known", async () => {
  await office.visit("/b/resettlement/resett_case");
  const line = office.page.getByRole("row").filter({ hasText: WHO.full_name });
  await line.getByRole("link").first().click();
  await office.page.waitForLoadState();
  file = new URL(office.page.url()).pathname;
  const known = await it.record("office", "resett_case", idOf(file));
  const before = await it.record("office", "corr_case", idOf(subject));
  for (const fact of [...Object.keys(WHO), "charge", "ethnic", "residence_division"]) {
    assert.equal(known[fact], before[fact], fact);
  }
  const certificate = await it.record("office", "corr_release", idOf(release));
  assert.deepEqual(
    [known.state, known.linked_on, known.released_on, known.corr_no, known.release_cert],
    ["linked", END, END, before.subject_no, certificate.cert_no],
  );
  assert.equal(known.handover_advice, certificate.advice);
  assert.equal(known.inside_performance, certificate.appraisal);
  await office.look("resettlement-taken-over", { keep: true });
});

step("the office helps on", async () => {
  await office.act(file, "建档开展帮教", {
    standard: { refer: "临司发〔2025〕3号" },
    help_years: "3",
    visit_days: "90",
    willing: "true",
    agreement_on: after(END, 1),
    members: [
      {
        member_kind: "01", member_name: "何书平", member_sex: "1", member_age: "41",
        member_org: "司法所所长", member_phone: "13900000031",
      },
      {
        member_kind: "02", member_name: "陶知行", member_sex: "1", member_age: "52",
        member_org: "村委会主任", member_phone: "13900000032",
      },
    ],
  });
  const kept = await it.record("office", "resett_case", idOf(file));
  assert.equal(kept.state, "helping");
  await office.visit(file);
  await office.look("resettlement-file");
});

step("the subject's page leads on", async () => {
  await office.visit(subject);
  const state = office.page.getByRole("main").getByText("已解除").first();
  assert.ok(await state.isVisible());
});
