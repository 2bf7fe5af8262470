// A dispute from the lead to the subsidy: heard of, made a case, mediated, agreed, performed, filed,
// claimed, reviewed at two levels, posted and paid. A second case fails, and the report says so: its
// rate of success is below a hundred per cent.

import assert from "node:assert/strict";
import { day, idOf, TODAY, walk } from "./clerk.mjs";
import { idNumber } from "./lib.mjs";

const it = walk({ again: ["马德才", "村调解室"] });
const { step } = it;
const CASES = "/b/mediation/mediation_case";
const FIRST = { name: "马德才", id: idNumber("330198", "19660412", 531) };
const SECOND = { name: "白云生", id: idNumber("330198", "19710928", 552) };

let mediator, office, county, lead, theCase, claim, host, rule;

step("three levels, and the county's standard of subsidies", async () => {
  mediator = await it.as("mediator");
  office = await it.as("office");
  county = await it.as("county");
  const made = await it.create("county", "subsidy_rule", {
    division: county.unit, document_no: "临司发〔2026〕8号", item: "1", difficulty: "1",
    agreement_form: "2", amount: "300", claim_days: 90,
  });
  rule = await it.act("county", "subsidy_rule", made.id, "enact", { valid_from: "2026-01-01" });
});

step("the mediator hears of a dispute", async () => {
  lead = await mediator.make("/b/mediation/dispute_lead", {
    source: "1",
    found_on: TODAY,
    finder: "网格员小周",
    "place.address": "村口水渠旁",
    dispute_type: "02",
    parties: "马德才、白云生两户",
    summary: "两户因灌溉用水先后发生争吵，双方情绪尚可。",
    people_count: "2",
  });
  await mediator.look("mediation-lead");
});

step("it becomes a case, with what is known", async () => {
  await mediator.act(lead, "转调解，生成案件");
  theCase = await mediator.along("调解案件");
  await mediator.visit(`${theCase}/edit`);
  await mediator.holds({
    summary: "两户因灌溉用水先后发生争吵，双方情绪尚可。",
    "occurred_place.address": "村口水渠旁",
    people_count: "2",
  });
  const committees = await it.call("mediator", "GET", "/records/mediation_committee?limit=1");
  const { id, title } = committees.items[0];
  const mediators = await it.call("mediator", "GET", "/records/mediator?limit=1");
  host = mediators.items[0];
  assert.ok(id);
  await mediator.fill({
    committee: { refer: title },
    case_name: "马德才与白云生灌溉用水纠纷",
    source: "1",
    difficulty: "1",
    parties: [
      { role: "1", name: FIRST.name, id_number: FIRST.id },
      { role: "2", name: SECOND.name, id_number: SECOND.id },
    ],
  });
  await mediator.look("mediation-from-lead");
  await mediator.send({});
});

step("it is accepted, mediated, agreed and performed", async () => {
  await mediator.act(theCase, "受理");
  await mediator.act(theCase, "开始调解", {
    host_mediator: { refer: host.title }, informed_mode: "1",
  });
  await mediator.add(theCase, "mediation_record", {
    mediated_at: `${TODAY}T00:05`,
    place: "村调解室",
    parties_present: "两户户主",
    recorder: "调解员",
    process: "分别听取两户意见，查看水渠，议定轮灌次序。",
    result: "同意按单双日轮灌。",
  });
  await mediator.act(theCase, "达成协议", {
    agreement_form: "2",
    place: "村调解室",
    main_facts: "两户共用一条水渠，枯水期用水先后不明。",
    agreement_text: "一、单日马德才户用水，双日白云生户用水。\n二、不再争吵。",
    performance_mode: "1",
  });
  await mediator.act(theCase, "履行完毕", { performance: "1" });
});

step("the dossier is filed and archived", async () => {
  await mediator.act(theCase, "立卷", {
    filed_by: "调解员",
    retention: "3",
    materials: [{ type: "D23", pages: "1" }, { type: "D08", pages: "2" }],
  });
  await office.act(theCase, "归档");
  const kept = await it.record("office", "mediation_case", idOf(theCase));
  assert.equal(kept.state, "archived");
});

step("the claim of the subsidy waits, with what the case knows", async () => {
  claim = await office.along("补贴申报");
  const kept = await it.record("mediator", "subsidy_claim", idOf(claim));
  assert.deepEqual([kept.case_difficulty, kept.case_form, kept.state], ["1", "2", "draft"]);
  await mediator.act(claim, "申报", {
    subsidy_rule: { refer: "临司发〔2026〕8号" },
    amount: "300",
    shares: [{ mediator: { refer: host.title }, percent: "100", amount: "300" }],
  });
  await office.act(claim, "司法所初审通过", { material_score: "95" });
  await county.act(claim, "县局复核通过");
  await county.look("mediation-claim");
});

step("nothing is paid before the posting is over", async () => {
  const notice = await county.make("/b/mediation/subsidy_notice", {
    notice_title: "临溪县人民调解补贴公示（第三批）",
    period_from: day(-90),
    period_to: TODAY,
    claim_count: "1",
    total_amount: "300",
    modes: ["1"],
  });
  // It was put up a week ago.
  await county.act(notice, "公示", { posted_on: day(-7), ends_on: day(-1) });
  await county.act(claim, "列入公示", { subsidy_notice: { refer: "第三批" } });
  await county.open(claim, "财政拨付");
  const early = await county.refused({ voucher_no: "CZ-2026-0077" });
  assert.match(early, /公示期还没有满/);
  await county.act(notice, "公示期满", { conclusion: "公示期间没有异议。" });
  it.again.add("CZ-2026-0077");
  await county.act(claim, "财政拨付", { voucher_no: "CZ-2026-0077" });
  assert.equal((await it.record("county", "subsidy_claim", idOf(claim))).state, "paid");
  await mediator.visit(claim);
  await mediator.look("mediation-paid", { keep: true });
});

step("another case fails, and the rate of success is below a hundred", async () => {
  const report = `/statistics/mediation_cases?unit=${county.unit}`;
  await county.visit(report);
  assert.deepEqual(await figures(), { total: "1", success: "1", success_rate: "100" });
  const committees = await it.call("mediator", "GET", "/records/mediation_committee?limit=1");
  const other = await it.create("mediator", "mediation_case", {
    committee: committees.items[0].id, case_name: "田埂通行纠纷", source: "1", dispute_type: "02",
    difficulty: "1", summary: "两户为田埂能否通行农机争执不下。", amount: "0", people_count: 2,
    occurred_place: { division: mediator.unit, address: "村北田埂" },
    parties: [
      { role: "1", party_type: "1", name: FIRST.name, id_number: FIRST.id },
      { role: "2", party_type: "1", name: SECOND.name, id_number: SECOND.id },
    ],
  });
  await it.act("mediator", "mediation_case", other.id, "accept");
  await it.act("mediator", "mediation_case", other.id, "start", {
    host_mediator: host.id, informed_on: TODAY, informed_mode: "1",
  });
  await mediator.open(`${CASES}/${other.id}`, "调解不成");
  await mediator.send({ termination_reason: "01", remedies_told: "true" });
  await county.visit(report);
  assert.deepEqual(await figures(), { total: "2", success: "1", success_rate: "50" });
  await county.look("mediation-report-failed");
});

async function figures() {
  const found = {};
  for (const measure of ["total", "success", "success_rate"]) {
    const cell = county.page.locator(`tr.total [data-measure="${measure}"]`).first();
    found[measure] = (await cell.innerText()).replace(/\.0+|%/g, "").trim();
  }
  return found;
}
