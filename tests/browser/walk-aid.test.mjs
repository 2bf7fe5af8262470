// Legal aid from the township's window to the subsidy that is paid: taken in and handed on, refused,
// objected to, ordered to be put right, granted, assigned, done, filed, paid. Who examines does not
// approve, who approved does not judge the objection.

import assert from "node:assert/strict";
import { day, idOf, TODAY, walk } from "./clerk.mjs";
import { idNumber, readPaper } from "./lib.mjs";

const it = walk({ again: ["1200"] });
const { step } = it;
const WHO = { name: "江小渔", id: idNumber("330198", "19910823", 422) };
const COUNTY = "560101";

let office, clerk, approver, assigner, finance, objections, application, refusal, objection, subsidy;

step("the posts of the county's legal aid are filled", async () => {
  await it.hire({
    aid_clerk: `aid_clerk@${COUNTY} 沈明`,
    aid_approver: `aid_approver@${COUNTY} 顾长风`,
    aid_assigner: `aid_assigner@${COUNTY} 韩知秋`,
    aid_finance: `aid_finance@${COUNTY} 方圆`,
    objection_officer: `objection_officer@${COUNTY} 程守正`,
  });
  office = await it.as("office");
  clerk = await it.as("aid_clerk");
  approver = await it.as("aid_approver");
  assigner = await it.as("aid_assigner");
  finance = await it.as("aid_finance");
  objections = await it.as("objection_officer");
  await standing();
});

step("the township's window takes an application in and hands it on", async () => {
  application = await office.make("/b/services/svc_aid_application", {
    source_code: "04",
    station_received_on: TODAY,
    apply_form: "1",
    agency_org_id: { refer: "法律援助中心" },
    form_code: "06",
    matter_code: "B05",
    cause: "追索劳动报酬纠纷",
    legal_status: "01",
    stage: "02",
    is_litigation: "false",
    locus_division: COUNTY,
    facts: "在临溪县恒达机械厂做工七个月，被拖欠工资两万一千元，多次讨要未果。",
    applicant_name: WHO.name,
    id_number: WHO.id,
    sex: "2",
    birth_date: "1991-08-23",
    phone: "13900000051",
    address: "柳河镇河西街 20 号",
    applicant_categories: ["05"],
    opponents: [{ role_code: "5", party_type: "2", name: "临溪县恒达机械厂" }],
  });
  await office.act(application, "提交", {
    materials: [{ material: "01", copies: "1" }, { material: "03", copies: "2" }],
  });
  const receipt = await readPaper(office.visitor, `${application}/papers/material_receipt.pdf`, "aid-receipt");
  assert.ok(receipt.replaceAll(/\s/g, "").includes(WHO.name));
  await office.visit(application);
  await office.look("aid-application");
});

step("the county finds it waiting, receives and examines it", async () => {
  await clerk.visit("/b/services/svc_aid_application?list=to_receive");
  await clerk.look("aid-to-receive");
  assert.match(await clerk.page.locator("main tbody tr").first().innerText(), /江小渔/);
  await clerk.act(application, "机构收到");
  await clerk.act(application, "进入审查", {
    means_check_method: "03", exempt_check_code: "03",
  });
});

step("it is refused: proposed by one, decided by another", async () => {
  refusal = await clerk.add(application, "svc_aid_decision", {
    kind: "02",
    refuse_reason_code: "02",
    reason_text: "申请人与父母同住，家庭收入高于标准。",
  });
  await approver.open(refusal, "作出决定");
  assert.equal(
    await approver.page.locator('[name="approver"] option:checked').innerText(), "顾长风",
    "whoever decides need not look up their own name",
  );
  await approver.look("aid-decide");
  await approver.send({});
  const kept = await it.record("aid_approver", "svc_aid_application", idOf(application));
  assert.equal(kept.state, "refused");
  await clerk.act(refusal, "送达", { served_on: TODAY, serve_method: "1" });
  const paper = await readPaper(clerk.visitor, `${refusal}/papers/refusal_decision.pdf`, "aid-refusal");
  const plain = paper.replaceAll(/\s/g, "");
  for (const wanted of ["不予法律援助决定书", WHO.name, "提出", "五日"]) {
    assert.ok(plain.includes(wanted), `${wanted} is not on the paper`);
  }
});

step("an objection is judged by a third, who orders it to be put right", async () => {
  objection = await objections.add(application, "svc_objection", {
    decision_id: { refer: "不予法律援助" },
    grounds: "本人是进城务工人员，追讨工资依法免予核查经济困难。",
  });
  assert.equal((await it.record("office", "svc_aid_application", idOf(application))).state, "objecting");
  await objections.act(objection, "作出决定", {
    result: "2",
    reason_text: "符合免予核查的情形，原决定不当。",
  });
  await objections.look("aid-objection");
  assert.equal((await it.record("office", "svc_aid_application", idOf(application))).state, "corrected");
});

step("it is granted after all", async () => {
  const grant = await clerk.add(application, "svc_aid_decision", { kind: "01" });
  await approver.act(grant, "作出决定");
  await clerk.act(grant, "送达", { served_on: TODAY, serve_method: "1" });
  const kept = await it.record("aid_clerk", "svc_aid_application", idOf(application));
  assert.equal(kept.state, "to_assign");
});

step("a lawyer is assigned, accepts and finishes", async () => {
  const assignment = await assigner.add(application, "svc_aid_assignment", {
    provider_org_id: { refer: "云溪律师事务所" },
    conflict_checked: "true",
  });
  await assigner.act(assignment, "承办机构确认人员", { worker_person_id: { refer: "叶青林" } });
  const kept = await it.record("aid_assigner", "svc_aid_assignment", idOf(assignment));
  assert.equal(kept.worker_name, "叶青林", "taken from the lawyer's record");
  assert.equal((await it.record("office", "svc_aid_application", idOf(application))).state, "handling");
  await assigner.add(application, "svc_aid_closing", {
    assignment: { refer: "叶青林" },
    close_type: "04",
    closed_on: TODAY,
    summary: "仲裁裁决用人单位支付拖欠的工资。",
    gained: "21000",
    papers: [{ paper: "22", pages: "2" }, { paper: "12", pages: "1" }],
  });
  await assigner.act(application, "收到结案材料");
});

step("the file is checked and archived", async () => {
  await assigner.visit("/b/services/svc_aid_closing?list=to_check");
  await assigner.page.locator("main tbody a").first().click();
  await assigner.page.waitForLoadState();
  await assigner.act(new URL(assigner.page.url()).pathname, "审查合格");
  const kept = await it.record("office", "svc_aid_application", idOf(application));
  assert.equal(kept.state, "archived");
  assert.match(kept.archive_no, /法援档字/);
});

step("the subsidy is reckoned, approved by another, and paid", async () => {
  subsidy = await finance.add(application, "svc_aid_subsidy", {
    standard_id: { refer: "临财法〔2026〕2号" },
    payee_person: { refer: "叶青林" },
  });
  assert.deepEqual(await finance.verbs(subsidy), ["退回"], "finance cannot approve its own");
  await approver.act(subsidy, "审批");
  await finance.act(subsidy, "支付", { paid_on: TODAY, voucher_no: "PZ-2026-118" });
  await finance.look("aid-subsidy");
  const paid = await it.record("aid_finance", "svc_aid_subsidy", idOf(subsidy));
  assert.deepEqual([paid.base, paid.amount], ["1500.00", "1500.00"], "worked out from the standard");
  const kept = await it.record("aid_finance", "svc_aid_application", idOf(application));
  assert.equal(kept.state, "paid");
  await office.visit(application);
  await office.look("aid-paid", { keep: true });
});

/** What a county has: its agency, a law firm with a lawyer, and two standards. */
async function standing() {
  const agency = await it.create("county", "svc_provider_org", {
    org_name: "临溪县法律援助中心", org_type: "01", registered_on: day(-400),
  });
  const firm = await it.create("county", "svc_provider_org", {
    org_name: "青禾云溪律师事务所", org_type: "04", licence_no: "25601012010",
    registered_on: day(-400),
  });
  for (const { id } of [agency, firm]) await it.act("county", "svc_provider_org", id, "register");
  const lawyer = await it.create("county", "svc_provider_person", {
    svc_provider_org: firm.id, full_name: "叶青林", person_type: "01", licence_no: "15601201510",
    practice_from: "2015-06-01", bank_account: "6220000000000012345", account_name: "叶青林",
  });
  await it.act("county", "svc_provider_person", lawyer.id, "register");
  const standard = await it.create("county", "svc_subsidy_standard", {
    division: COUNTY, document_no: "临财法〔2026〕2号", item: "03", amount: "1500",
  });
  await it.act("county", "svc_subsidy_standard", standard.id, "enact", { valid_from: "2026-01-01" });
}
