// A county's list of mediators as a sheet: 260 good lines, 40 that are wrong in eight ways, and 200
// that say again what is known already. What is wrong comes back in a column of the sheet; the good
// lines go in; the forty, put right, go in with a second try, which makes nothing twice; and the
// whole import is taken back.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { walk } from "./clerk.mjs";
import { OUT, idNumber, violations } from "./lib.mjs";
import { csv, readBook } from "./sheets.mjs";

const it = walk();
const { step } = it;
const HERE = "/b/mediation/mediator/intake";
const HEAD = [
  "所属调委会", "姓名", "证件号码", "民族", "学历", "手机", "调委会职位", "专兼职", "产生方式",
  "政府购买服务", "从事人民调解起始日期", "任期起始日期", "任期届满日期", "开户银行", "银行账号", "开户名",
];
const SURNAMES = [..."赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"];
const GIVEN = [..."安宁远舟秋禾明川知雨青山小满长风若谷"];
const [GOOD, BAD, SAME, KNOWN] = [260, 40, 120, 80];

/** Ways to be wrong, and what must be said of each. */
const FAULTS = [
  [{ 证件号码: (id) => id.slice(0, 17) + (id[17] === "1" ? "2" : "1") }, /证件号码.*第 18 位/],
  [{ 证件号码: (_, at) => idNumber("330198", "20120501", at) }, /成年/],
  [{ 所属调委会: () => "没有这个村人民调解委员会" }, /所属调委会.*没有找到/],
  [{ 任期届满日期: () => "2035-01-01" }, /任期不能超过三年/],
  [{ 手机: () => "1390000" }, /手机/],
  [{ 姓名: () => "" }, /姓名/],
  [{ 学历: () => "读过书" }, /学历/],
  [{ 银行账号: () => "62220000123456", 开户名: (_, at, line) => line[1] }, /开户银行/],
];

let county, committees, before, lines, first, second;

step("a county with its committees", async () => {
  county = await it.as("county");
  const found = await it.call("county", "GET", "/records/mediation_committee?limit=6");
  committees = found.items.map((one) => one.title);
  before = await mediators();
  assert.ok(committees.length >= 4);
});

step("the sheet is taken, and nothing is kept yet", async () => {
  lines = sheet();
  assert.equal(lines.length, GOOD + BAD + SAME + KNOWN);
  await county.visit("/b/mediation/mediator");
  await county.page.locator(`main a[href$="/intake"]`).first().click();
  first = await upload("临溪县调解员花名册.csv", csv([HEAD, ...lines]));
  const said = await settled("检查完，还没有导入");
  assert.match(said, new RegExp(`共${lines.length}行`));
  assert.match(said, new RegExp(`可以导入的${GOOD}行，有错误的${BAD + KNOWN}行，重复的${SAME}行`));
  assert.doesNotMatch(said, /没有这些必填的列/, "the number tells sex and birth");
  await county.look("import-checked", { keep: true });
  assert.equal(await mediators(), before, "nothing is kept before somebody says so");
});

step("the sheet that comes back says of each line what is wrong", async () => {
  const [head, ...rows] = await report(first);
  assert.deepEqual(head, [...HEAD, "导入结果"]);
  assert.equal(rows.length, lines.length);
  for (let at = 0; at < BAD; at += 1) {
    const said = rows[GOOD + at].at(-1);
    assert.match(said, /^没有导入/);
    assert.match(said, FAULTS[at % FAULTS.length][1], `line ${GOOD + at}`);
    assert.doesNotMatch(said, /；/, "each is wrong in one way, and is told one thing");
  }
  const told = (pattern) => rows.filter((row) => pattern.test(row.at(-1))).length;
  assert.equal(told(/和第\d+行完全相同/), SAME);
  assert.equal(told(/和第\d+行重复：这个人已在本调委会登记/), KNOWN, "the same person again");
});

step("the good lines go in, once", async () => {
  await press(/^导入\d+行$/);
  const said = await settled("已导入");
  assert.match(said, new RegExp(`已导入${GOOD}份`));
  assert.equal(await mediators(), before + GOOD);
  const rows = (await report(first)).slice(1);
  const told = (pattern) => rows.filter((row) => pattern.test(row.at(-1))).length;
  assert.equal(told(/^已导入/), GOOD);
  assert.equal(told(/已在本调委会登记/), KNOWN, "the same person on another line");
  await county.look("import-done");
});

step("the forty are put right in the sheet that came back, and only they are made", async () => {
  const [head, ...rows] = await report(first);
  const mended = rows.map((row, at) => {
    const line = Array.from(head, (_, column) => row[column] ?? "");
    return at >= GOOD && at < GOOD + BAD ? [...good(at), ""] : line;
  });
  await county.visit(HERE);
  second = await upload("临溪县调解员花名册-改.csv", csv([head, ...mended]));
  await settled("检查完，还没有导入");
  await press(/^导入\d+行$/);
  const said = await settled("已导入");
  assert.match(said, new RegExp(`已导入${BAD}份`));
  assert.match(said, new RegExp(`以前导入过的${GOOD}行`));
  assert.equal(await mediators(), before + GOOD + BAD);
});

step("both imports are taken back, whole", async () => {
  county.page.on("dialog", (dialog) => dialog.accept());
  for (const [job, count] of [[second, BAD], [first, GOOD]]) {
    await county.visit(job);
    await press(new RegExp(`^撤销这次导入（${count}份）$`));
    const said = await settled("已撤销");
    assert.match(said, new RegExp(`撤销了${count}份`));
  }
  assert.equal(await mediators(), before);
  await county.look("import-undone");
});

/** A line without a fault: somebody invented, with a number whose last digit is right. */
function good(at) {
  const name = SURNAMES[at % 20] + GIVEN[at % 18] + GIVEN[Math.floor(at / 18) % 18];
  const born = `19${60 + (at % 40)}0${1 + (at % 9)}${10 + (at % 18)}`;
  return [
    committees[at % 4], name, idNumber("330198", born, at + 1), "汉族", "普通高中毕业",
    `138${String(10_000_000 + at)}`, "聘任调解员", "兼职", "调委会聘任", "否", "2020-05-06",
    "2025-01-01", "2027-12-31", "", "", "",
  ];
}

function sheet() {
  const all = Array.from({ length: GOOD }, (_, at) => good(at));
  for (let at = 0; at < BAD; at += 1) {
    const line = good(GOOD + at);
    for (const [column, change] of Object.entries(FAULTS[at % FAULTS.length][0])) {
      const place = HEAD.indexOf(column);
      line[place] = change(line[place], GOOD + at + 1, line);
    }
    all.push(line);
  }
  for (let at = 0; at < SAME; at += 1) all.push(good(at));
  for (let at = 0; at < KNOWN; at += 1) all.push(good(at).with(5, `139${10_000_000 + at}`));
  return all;
}

async function upload(name, buffer) {
  const { page } = county;
  await page.locator('input[type="file"]').setInputFiles({ name, mimeType: "text/csv", buffer });
  await page.getByRole("button", { name: "上传并检查" }).click();
  await page.waitForURL(/intake\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname;
}

/** Waits until the work is in a state; gives what the page says. The page renews itself. */
async function settled(state) {
  const { page } = county;
  const mark = page.locator("main header.head").getByText(state, { exact: true });
  await mark.waitFor({ timeout: 60_000 });
  assert.deepEqual(await violations(page), []);
  return page.locator("main section.work").innerText();
}

async function press(name) {
  await county.page.getByRole("button", { name }).click();
}

async function report(job) {
  const answer = await county.visitor.context.request.get(`${job}/report.xlsx`);
  assert.equal(answer.status(), 200);
  const bytes = await answer.body();
  await writeFile(`${OUT}/returned.xlsx`, bytes);
  return readBook(bytes);
}

/** How many mediators the county has, as its list says. */
async function mediators() {
  let [count, after] = [0, ""];
  do {
    const found = await it.call("county", "GET", `/records/mediator?limit=200${after}`);
    count += found.items.length;
    after = found.next ? `&after=${encodeURIComponent(found.next)}` : "";
  } while (after);
  return count;
}
