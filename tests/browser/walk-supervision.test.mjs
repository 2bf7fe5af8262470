// A clue of supervision from a township's office to a decision of the government: the office reports,
// the county's supervisors look into it and issue an opinion, nothing is mended, and the government
// decides under its own name. The office is offered none of the steps that are not its own.

import assert from "node:assert/strict";
import { day, idOf, TODAY, walk } from "./clerk.mjs";
import { readPaper } from "./lib.mjs";

const it = walk({ again: ["临溪县司法局", "临溪县市场监督管理局"] });
const { step } = it;
const COUNTY = "560101";

let office, county, head, government, clue, theCase, opinion, decision;

step("the posts of supervision are filled", async () => {
  await it.hire({
    sup_head: `sup_head@${COUNTY} 严慎行`,
    gov_approver: `gov_approver@${COUNTY} 齐永安`,
  });
  office = await it.as("office");
  county = await it.as("county");
  head = await it.as("sup_head");
  government = await it.as("gov_approver");
});

step("the office reports a clue", async () => {
  clue = await office.make("/b/supervision/sup_clue", {
    source_code: "12",
    received_on: TODAY,
    summary: "柳河镇多家小餐馆反映，同一事项一个月内被检查五次，并要求购买指定的灭火器材。",
    problem_codes: ["0408"],
    enterprise_related: "true",
    organ_name: "临溪县市场监督管理局",
  });
  assert.deepEqual(await office.verbs(clue), [], "reporting is all that it does");
  assert.match((await it.record("office", "sup_clue", idOf(clue))).summary, /五次/, "its own words");
  await office.look("supervision-clue");
  const paper = await readPaper(office.visitor, `${clue}/papers/clue_report.pdf`, "clue-report");
  assert.ok(paper.replaceAll(/\s/g, "").includes("临溪县市场监督管理局"));
});

step("the county takes it up: a case is opened with what the office wrote", async () => {
  await county.visit("/b/supervision/sup_clue?list=enterprise");
  assert.match(await county.page.locator("main tbody tr").first().innerText(), /市场监督/);
  await county.act(clue, "立项监督", { triage_note: "涉企重复检查，属于监督范围，建议立项。" });
  theCase = await county.along("监督案件");
  const kept = await it.record("county", "sup_case", idOf(theCase));
  assert.equal(kept.respondent_name, "临溪县市场监督管理局");
  assert.match(kept.summary, /五次/);
});

step("the head files it, two officers look into it", async () => {
  assert.ok(!(await county.verbs(theCase)).includes("立项"), "not by who proposed it");
  await head.act(theCase, "立项", { filed_by: "严慎行" });
  await county.visit(theCase);
  await county.open(theCase, "开始核查");
  const alone = await county.refused({ officers: [{ name: "柯正言" }], measures: ["0201"] });
  assert.match(alone, /不得少于两人/);
  await county.send({ officers: [{}, { name: "钟文远" }] });
});

step("an opinion is issued by the bureau, signed by its head", async () => {
  await head.act(theCase, "制发意见书", {
    findings: "经核查，同一事项一个月内重复检查五次，没有法定依据。",
    problem_found: "true",
    unlawful: "true",
    reply_due: day(15),
  });
  opinion = await county.add(theCase, "sup_document", {
    type_code: "02",
    issuer: "临溪县司法局",
    issuer_kind: "1",
    recipient: "临溪县市场监督管理局",
    facts: "一个月内重复检查五次的事实清楚。",
    basis: "行政执法监督条例第二十八条",
    requirement: "停止重复检查，制定年度检查计划并报送。",
    reply_due: day(15),
  });
  assert.ok(!(await county.verbs(opinion)).includes("签发"));
  await head.act(opinion, "签发", { approved_by: "严慎行局长" });
  await county.act(opinion, "送达", { sealed: "true", signed_by: "林收发" });
  await county.look("supervision-opinion");
});

step("nothing is mended: it goes to the government, which the bureau cannot replace", async () => {
  await head.act(theCase, "未纠正，报政府");
  await county.visit(theCase);
  decision = await county.add(theCase, "sup_document", {
    type_code: "03",
    issuer: "临溪县人民政府",
    issuer_kind: "2",
    recipient: "临溪县市场监督管理局",
    facts: "收到意见书后仍重复检查，没有纠正。",
    basis: "行政执法监督条例第二十九条",
    requirement: "责令停止违法检查，十日内报告结果。",
    reply_due: day(10),
  });
  await head.open(decision, "签发");
  const said = await head.refused({ approved_by: "严慎行副局长" });
  assert.match(said, /本级人民政府制发/);
  await head.look("supervision-refused");
});

step("the government signs and decides", async () => {
  await government.act(decision, "政府签发", { approved_by: "齐永安" });
  const signed = await it.record("gov_approver", "sup_document", idOf(decision));
  assert.match(signed.gov_no, /政执监/);
  assert.match((await it.record("gov_approver", "sup_case", idOf(theCase))).summary, /五次/);
  await government.act(theCase, "政府制发决定书", { reply_due: day(10) });
  const kept = await it.record("county", "sup_case", idOf(theCase));
  assert.equal(kept.state, "decided");
  await government.look("supervision-decided", { keep: true });
  const paper = await readPaper(
    government.visitor, `${decision}/papers/decision_letter.pdf`, "gov-decision",
  );
  const plain = paper.replaceAll(/\s/g, "");
  for (const wanted of ["行政执法监督决定书", "临溪县人民政府", signed.gov_no.replaceAll(/\s/g, "")]) {
    assert.ok(plain.includes(wanted), `${wanted} is not on the paper`);
  }
});

step("the office sees where its clue has led", async () => {
  await office.visit(theCase);
  assert.ok(await office.page.getByRole("main").getByText("决定书已发").first().isVisible());
});
