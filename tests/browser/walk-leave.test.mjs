// A leave of eight days: the township office may grant seven, so its approval is refused with the
// reason and what would be right; it is handed up and the county approves. Seven days the office
// grants by itself, on the strength of what was delegated to it.

import assert from "node:assert/strict";
import { day, idOf, TODAY, walk } from "./clerk.mjs";
import { idNumber } from "./lib.mjs";

const it = walk({ again: ["青禾省云川市江宁区", "13900000041", "江宁区第一医院住院部", "住院通知书"] });
const { step } = it;
const LIST = "/b/corrections/corr_leave";

let office, county, subject, leave;

step("a subject is serving", async () => {
  office = await it.as("office");
  county = await it.as("county");
  subject = `/b/corrections/corr_case/${await serving()}`;
});

step("a leave of eight days is asked for on the subject's page", async () => {
  leave = await office.add(subject, "corr_leave", {
    ...leaveOf(5, 12),
    reason_note: "陪同母亲手术住院。",
  });
  await office.act(leave, "核查核实", { verified_reason: "true", verified_docs: "true" });
  const kept = await it.record("office", "corr_leave", idOf(leave));
  assert.equal(kept.days, 8, "both ends count");
});

step("the office may not grant it, and is told who can", async () => {
  await office.open(leave, "司法所批准");
  const said = await office.refused({ delegation: { refer: "临矫委" }, office_note: "同意外出。" });
  assert.match(said, /七日以内.*报县级/s);
  assert.match(said, /第27条/, "the article stands beside it");
  await office.look("leave-refused", { keep: true });
  assert.equal((await it.record("office", "corr_leave", idOf(leave))).state, "verified");
});

step("it is handed up, and the county approves", async () => {
  await office.visit(leave);
  await office.act(leave, "报县级", { office_note: "情况属实，建议批准。" });
  assert.ok(!(await office.verbs(leave)).includes("县级批准"), "the office is not offered it");
  await county.visit(`${LIST}?list=to_approve`);
  await county.look("leave-to-approve");
  assert.match(await county.page.locator("main tbody tr").first().innerText(), /石敬山.*江宁区/s);
  await county.act(leave, "县级批准", { county_note: "理由正当，材料齐全，批准。" });
  const kept = await it.record("county", "corr_leave", idOf(leave));
  assert.deepEqual([kept.state, kept.approval_level], ["approved", "1"]);
});

step("told in writing, the subject is away, and the subject's file says so", async () => {
  await office.act(leave, "书面告知，外出", {
    told_term: "true", told_dest: "true", told_rules: "true",
  });
  const kept = await it.record("office", "corr_case", idOf(subject));
  assert.deepEqual([kept.state, kept.leave_days_2m], ["out", 8]);
  await office.visit(leave);
  await office.look("leave-away");
});

step("seven days the office grants itself, with the eight counted", async () => {
  const seven = await office.add(subject, "corr_leave", {
    ...leaveOf(20, 26),
    reason_note: "参加女儿的入学考试。",
  });
  const asked = await it.record("office", "corr_leave", idOf(seven));
  assert.deepEqual([asked.days, asked.total_days], [7, 15], "nobody looks up the eight days");
  await office.act(seven, "核查核实", { verified_reason: "true", verified_docs: "true" });
  await office.act(seven, "司法所批准", { delegation: { refer: "临矫委" }, office_note: "同意。" });
  const kept = await it.record("office", "corr_leave", idOf(seven));
  assert.deepEqual([kept.state, kept.approval_level], ["approved", "0"]);
});

/** What a form of a leave is told, from one day to another. */
function leaveOf(from, to) {
  return {
    applied_on: TODAY,
    reason: "01",
    dest: "青禾省云川市江宁区",
    dest_address: "江宁区第一医院住院部",
    contact: "沈月",
    contact_phone: "13900000041",
    from_on: day(from),
    to_on: day(to),
    evidence_kind: "住院通知书",
  };
}

/** A subject who serves a year's probation, through the API: this is not what is shown here. */
async function serving() {
  const [name, sex] = ["石敬山", "1"];
  const unit = office.unit;
  const [start, end] = [day(-40), yearAfter(day(-40))];
  await it.create("county", "corr_delegation", {
    office_unit: unit, delegation_no: "临矫委〔2026〕1号", may_leave: true,
    other_tasks: "日常监督管理和教育帮扶", from_on: day(-300),
  });
  const id = idNumber("330198", "19790214", 317);
  const made = await it.create("office", "corr_case", {
    office_unit: unit, corr_org: "临溪县社区矫正管理局", full_name: name, sex, ethnic: "01",
    id_number: id, birth_date: "1979-02-14", education: "03", marital: "02", employment: "01",
    mobile: "13900000040", residence_division: unit, residence_address: "柳河镇南街 2 号",
    domicile_division: unit, domicile_address: "柳河镇南街 2 号",
    execution_place: "青禾省云川市临溪县", category: "02", decision_organ_type: "01",
    decision_organ: "临溪县人民法院", effective_on: start, exec_notice_no: "（2026）临刑执字第30号",
    exec_notice_on: start, handover_on: start, crime_type: "05", charge: "盗窃罪",
    offence_facts: "盗窃他人财物，数额较大。", orig_penalty: "03", orig_term: "有期徒刑一年",
    orig_months: 12, term_months: 12, starts_on: start, ends_on: end,
    relatives: [{ kin_name: "石小满", relation: "父女" }],
  });
  await it.act("office", "corr_case", made.id, "receive", {
    received_on: day(-38), reception_method: "01", reported_on: day(-38), report_in: "01",
    papers_complete: true, papers_received_on: day(-38), reply_sent_on: day(-37), exit_report: "R1",
  });
  const group = await it.create("office", "corr_group", {
    corr_case: made.id, group_name: `${name}矫正小组`, leader: "何书平", leader_org: "柳河司法所",
    members: [{
      member_name: "何书平", member_sex: "1", member_kind: "01", member_post: "司法所所长",
      member_phone: "13900000031",
    }],
  });
  await it.act("office", "corr_group", group.id, "start", { letter_on: day(-36) });
  await it.create("office", "corr_plan", {
    corr_case: made.id, made_on: day(-36), basis_info: "有固定工作。", assessment: "危险性低。",
    psychology: "平稳。", measures_watch: "每月报告。", measures_teach: "法治教育。",
    measures_help: "无特殊困难。",
  });
  const admission = await it.create("office", "corr_admission", {
    corr_case: made.id, mode: "01", came_on: day(-38), papers_checked: true,
    identity_checked: true, signed: true, phone_checked: false, notice_signed: true,
    file_pushed: true,
  });
  const yes = Object.fromEntries(
    ["papers", "term", "duties", "rights", "group", "other"].map((it) => [`said_${it}`, true]),
  );
  await it.act("office", "corr_admission", admission.id, "declare", {
    ...yes, declared_on: day(-35), host: "何书平", attendees: "小组成员", subject_signed: true,
  });
  return made.id;
}

/** The last day of a year of probation that begins on a day. */
function yearAfter(start) {
  const [year, month, date] = start.split("-").map(Number);
  const next = new Date(Date.UTC(year, month - 1, date + 1));
  // From the last day of a month it lasts to the last but one.
  const last = next.getUTCDate() === 1
    ? Date.UTC(year + 1, next.getUTCMonth(), next.getUTCDate() - 2)
    : Date.UTC(year + 1, month - 1, date - 1);
  return new Date(last).toISOString().slice(0, 10);
}
