// A legal event that a county holds together with two townships: recorded once, counted once in the
// county, the city and the province, and once in the ledger of each office that took part.

import assert from "node:assert/strict";
import { day, idOf, TODAY, walk } from "./clerk.mjs";

const it = walk({ again: ["组织本镇村民到场"] });
const { step } = it;
const REPORT = "pub_activity_table";
const THEME = "宪法宣传周云溪广场法治集市";
const [COUNTY, FIRST, SECOND] = ["560101", "560101001", "560101002"];

let county, first, second, activity, earlier;

step("the county and two offices", async () => {
  county = await it.as("county");
  first = await it.as("office");
  await it.hire({ second_office: `office@${SECOND} 孟晓舟` });
  second = await it.as("second_office");
  earlier = await figures();
});

step("the county plans the event and asks both offices to join in", async () => {
  activity = await county.make("/b/publicity/pub_activity", {
    theme: THEME,
    started_on: day(-1),
    ended_on: TODAY,
    "place.address": "临溪县云溪广场",
    topic_codes: ["02"],
    form_codes: ["02", "14"],
    audience_codes: ["03"],
  });
  await county.act(activity, "请机构联办", { joint_office: { refer: "柳河镇" } });
  await county.act(activity, "请机构联办", { joint_office: { refer: "石碾镇" } });
  await county.look("publicity-joint");
});

step("the same office is not asked twice", async () => {
  await county.open(activity, "请机构联办");
  const said = await county.refused({ joint_office: { refer: "石碾镇" } });
  assert.match(said, /不用再请/);
});

step("the event is held, proved and booked", async () => {
  await county.visit(activity);
  await county.act(activity, "登记开展情况", { attendee_count: "460", handout_count: "300" });
  await county.act(activity, "报审", {
    evidence: [{ evidence_kind: "01", taken_on: TODAY, taken_place: "云溪广场" }],
  });
  await county.act(activity, "审核入账");
  const kept = await it.record("county", "pub_activity", idOf(activity));
  assert.equal(kept.state, "booked");
});

step("each office finds it in its list, nothing typed, and counts it", async () => {
  for (const office of [first, second]) {
    await office.visit("/b/publicity/pub_activity_part?list=to_count");
    const row = office.page.locator("main tbody tr");
    assert.equal(await row.count(), 1, "its own, not its neighbour's");
    assert.match(await row.innerText(), new RegExp(THEME));
    await row.getByRole("link").first().click();
    await office.page.waitForLoadState();
    const part = new URL(office.page.url()).pathname;
    await office.act(part, "计入本机构台账", { part: "组织本镇村民到场" });
  }
  await first.look("publicity-ledger");
});

step("once above, and once in each ledger below", async () => {
  const now = await figures();
  const more = Object.fromEntries(
    Object.entries(now).map(([unit, { total, ledger }]) => {
      return [unit, [total - earlier[unit].total, ledger - earlier[unit].ledger]];
    }),
  );
  assert.deepEqual(more, {
    [FIRST]: [0, 1],
    [SECOND]: [0, 1],
    [COUNTY]: [1, 3],
    "560100": [1, 3],
    "560000": [1, 3],
  });
  await county.visit(`/statistics/${REPORT}?unit=${COUNTY}`);
  await county.look("publicity-report", { keep: true });
});

/** Events and ledger lines that the report shows for each unit, as somebody of it reads them. */
async function figures() {
  const found = {};
  const readers = {
    office: FIRST, second_office: SECOND, county: COUNTY, city: "560100", province: "560000",
  };
  for (const [role, unit] of Object.entries(readers)) {
    const reader = await it.as(role);
    await reader.visit(`/statistics/${REPORT}?unit=${unit}`);
    const cell = async (measure) => {
      const text = await reader.page
        .locator(`tr.total [data-measure="${measure}"]`).first().innerText();
      return Number(text.replaceAll(",", "")) || 0;
    };
    found[unit] = { total: await cell("total"), ledger: await cell("ledger") };
  }
  return found;
}
