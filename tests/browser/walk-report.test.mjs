// The table of a half-year from a township to the province: each level confirms, the one above
// approves. Then a case of that half-year is corrected: what was confirmed stays, the new figure stands
// beside it with the case behind it, and goes the same way up as a correction.

import assert from "node:assert/strict";
import { day, TODAY, walk } from "./clerk.mjs";
import { check, readPaper } from "./lib.mjs";
import { readBook } from "./sheets.mjs";

const it = walk({ cases: 120 });
const { step } = it;
const [FIRST, LAST, NAME] = halfYear();
const TABLE = "/statistics/mediation_cases";

let office, county, theCase, unit, before, title;

step("a half-year has ended, and the office has closed cases in it", async () => {
  office = await it.as("office");
  county = await it.as("county");
  unit = office.unit;
  const behind = `report=mediation_cases&column=total&from=${FIRST}&to=${LAST}&unit=${unit}`;
  await office.visit(`/b/mediation/mediation_case?${behind}`);
  const filed = office.page.locator("main tbody tr").filter({ hasText: "已归档" });
  const first = filed.locator(`a[href*="/mediation_case/"]`).first();
  theCase = new URL(await first.getAttribute("href"), office.page.url()).pathname;
  before = await figure(office, unit, "people");
  assert.ok(before >= 2, `${before} people`);
});

step("nobody above has anything to approve yet, and the office has its table to confirm", async () => {
  assert.equal(await waitsFor(county), 0);
  await office.visit("/statistics");
  await office.page.getByRole("link", { name: /^人民调解案件情况统计表/ }).first().click();
  await office.page.getByRole("link", { name: NAME, exact: true }).click();
  await office.page.waitForLoadState();
  assert.match(await filing(office), /由乡（.*）确认，县.*市.*省.*逐级审核/);
});

step("what is not in order must be explained; then the office confirms", async () => {
  await confirm(office);
  assert.match(await filing(office), /第1次.*已确认，?待审核|第1次/s);
  await office.look("report-confirmed");
});

step("it stands in the county's inbox, and the county approves it", async () => {
  assert.equal(await waitsFor(county), 1);
  await county.visit("/digest");
  assert.match(await county.page.getByRole("main").innerText(), /报表.*1/);
  await county.visit("/tasks?group=reports");
  await county.look("report-inbox");
  await county.page.getByRole("main").getByRole("link", { name: /人民调解案件情况统计表/ }).click();
  await county.page.waitForLoadState();
  await press(county, "审核通过");
  assert.equal(await waitsFor(county), 0);
  assert.match(await filing(office, at(unit)), /已审核/);
});

step("county, city and province confirm for themselves, each with the one below approved", async () => {
  const levels = [county, await it.as("city"), await it.as("province")];
  for (const [place, clerk] of levels.entries()) {
    await clerk.visit(at(clerk.unit));
    await confirm(clerk);
    const above = levels[place + 1];
    if (!above) continue;
    assert.equal(await waitsFor(above), 1, above.role);
    await above.visit(at(clerk.unit));
    await press(above, "审核通过");
    assert.equal(await waitsFor(above), 0, above.role);
  }
  const [, , province] = levels;
  assert.match(await filing(province, at(province.unit)), /第1次.*已审核/s);
  await province.look("report-province");
});

step("a case of that half-year is corrected", async () => {
  await office.visit(theCase);
  title = (await office.page.locator("main h1").first().innerText()).trim();
  await office.open(theCase, "归档后更正");
  const people = office.page.locator('[name="people_count"]:not([type="hidden"])');
  await people.fill(String(Number(await people.inputValue()) + 3));
  await office.send({ archive_mended: "登记时少填三人，按卷内第3页申请书更正。" });
});

step("the confirmed figure stays, the new one stands beside it with the case behind it", async () => {
  await office.visit(at(unit));
  const row = office.page.locator("table.late-cells tbody tr").filter({ hasText: "涉及当事人数" });
  const cells = await row.locator("td").allInnerTexts();
  assert.equal(Number(cells[0]), before);
  assert.equal(Number(cells[1]), before + 3);
  const cause = row.getByRole("link");
  assert.equal(await cause.getAttribute("href"), theCase);
  assert.ok((await cause.innerText()).includes(title.split("\n")[0]), await cause.innerText());
  assert.equal(await figure(office, unit, "people"), before + 3);
  await office.look("report-late", { keep: true });
  await office.page.locator("ol.rounds").getByRole("link", { name: "看确认时的数字" }).click();
  await office.page.waitForLoadState();
  await check(office.visitor);
  assert.match(await office.page.getByRole("main").innerText(), /第1次确认的数字/);
  await county.visit(at(county.unit));
  const place = county.page.locator("main tr").filter({ hasText: "柳河镇" }).first();
  assert.match(await place.innerText(), /确认后有更正/, "the county sees where");
});

step("as of yesterday it was as it was confirmed, as of today it is as it is", async () => {
  assert.equal(await figure(office, unit, "people", day(-1)), before);
  assert.match(await office.page.getByRole("main").innerText(), /终了时的数字/);
  await office.look("report-as-of");
  assert.equal(await figure(office, unit, "people", TODAY), before + 3);
});

step("the sheet and the paper say that it is not as it was confirmed", async () => {
  for (const [asOf, people] of [["", before + 3], [day(-1), before]]) {
    const name = asOf ? "report-past" : "report-now";
    const answer = await office.visitor.context.request.get(at(unit, asOf, ".xlsx"));
    assert.equal(answer.status(), 200);
    const lines = readBook(await answer.body());
    const said = lines.flat().join("|");
    const head = lines.find((line) => line.some((text) => text.includes("涉及当事人数")));
    const column = head.findIndex((text) => text.includes("涉及当事人数"));
    const total = lines.find((line) => line[0] === "柳河镇");
    assert.equal(Number(total[column]), people, said);
    const paper = (await readPaper(office.visitor, at(unit, asOf, ".pdf"), name)).replaceAll(/\s/g, "");
    assert.ok(paper.includes("人民调解案件情况统计表"));
    const wanted = asOf ? /终了时|截至/ : /确认以后数字有变化/;
    assert.match(said, wanted);
    assert.match(paper, wanted);
  }
});

step("the correction goes the same way up, with its reason", async () => {
  await office.visit(at(unit));
  await confirm(office, "涉及人数登记时少填三人，已按卷宗更正。");
  assert.match(await filing(office), /第2次（更正）/);
  await county.visit("/tasks?group=reports");
  assert.match(await county.page.getByRole("main").innerText(), /更正待审核/);
  await county.visit(at(unit));
  await press(county, "审核通过");
  assert.match(await filing(county), /更正的原因：涉及人数登记时少填三人/);
  assert.equal(await county.page.locator("table.late-cells").count(), 0, "it is what is confirmed");
});

/** Confirms the figures of the page that is open; a reason for what is asked, and nothing more. */
async function confirm(clerk, reason) {
  const { page } = clerk;
  const form = page.locator("form.confirm");
  for (const box of await form.locator("textarea").all()) {
    const corrects = (await box.getAttribute("name")) === "reason";
    await box.fill(corrects ? reason : "已逐项核对，情况属实，暂按现有数字上报。");
  }
  await form.getByRole("button", { name: reason ? "确认更正" : "确认这些数字" }).click();
  await page.waitForLoadState();
  await check(clerk.visitor);
  assert.equal(await page.locator("#filing .error").count(), 0, await filing(clerk));
}

async function press(clerk, verb) {
  await clerk.page.locator("#filing").getByRole("button", { name: verb, exact: true }).click();
  await clerk.page.waitForLoadState();
  await check(clerk.visitor);
}

/** What the section of confirmations says, of the page that is open or of another. */
async function filing(clerk, path) {
  if (path) await clerk.visit(path);
  return clerk.page.locator("#filing").innerText();
}

/** How many reports wait in somebody's inbox: the count of the group, and its lines. */
async function waitsFor(clerk) {
  await clerk.visit("/tasks?group=reports");
  const count = await clerk.page.locator('ul.tally li.reports b').innerText();
  const lines = await clerk.page.locator("main section.to-rule li").count();
  assert.equal(Number(count), lines);
  return lines;
}

function at(code, asOf = "", form = "") {
  const day = asOf && `&as_of=${asOf}`;
  return `${TABLE}${form}?unit=${code}&from=${FIRST}&to=${LAST}${day}`;
}

/** A figure of the whole as the page shows it. */
async function figure(clerk, code, column, asOf = "") {
  await clerk.visit(at(code, asOf));
  const cell = clerk.page.locator(`tr.total [data-measure="${column}"]`).first();
  return Number(/[\d,]+/.exec(await cell.innerText())[0].replaceAll(",", ""));
}

/** The half-year that ended last: first month, last month, and what it is called. */
function halfYear() {
  const [year, month] = TODAY.split("-").map(Number);
  return month > 6
    ? [`${year}-01`, `${year}-06`, `${year}年上半年`]
    : [`${year - 1}-07`, `${year - 1}-12`, `${year - 1}年下半年`];
}
