// How long a county's 10,000 mediators take to be taken in by the page, among lines that are wrong and
// lines that are there twice: `node measure-import.mjs [GOOD]`, with BROWSER_TEST_BINARY as for the walks.
// Prints seconds for checking and for making, as the page tells them (it is asked every 200 ms).

import { idNumber, openBrowser, signIn, startDemo, tokenOf, ask } from "./lib.mjs";
import { csv } from "./sheets.mjs";

const GOOD = Number(process.argv[2] ?? 10_000);
const [BAD, SAME, KNOWN] = [GOOD / 25, GOOD / 12, GOOD / 12].map(Math.floor);
const HEAD = [
  "所属调委会", "姓名", "证件号码", "民族", "学历", "手机", "调委会职位", "专兼职", "产生方式",
  "政府购买服务", "从事人民调解起始日期", "任期起始日期", "任期届满日期",
];
const SURNAMES = [..."赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"];
const GIVEN = [..."安宁远舟秋禾明川知雨青山小满长风若谷"];

const site = await startDemo({ cases: 0 });
const browser = await openBrowser();
try {
  const token = await tokenOf(site, "county");
  const found = await ask(site, token, "GET", "/records/mediation_committee?limit=6");
  const committees = found.items.map((one) => one.title);
  const { page } = await signIn(browser, site, "county");
  await page.goto("/b/mediation/mediator/intake");
  const all = Array.from({ length: GOOD }, (_, at) => good(committees, at));
  for (let at = 0; at < BAD; at += 1) all.push(good(committees, GOOD + at).with(5, "1390000"));
  for (let at = 0; at < SAME; at += 1) all.push(good(committees, at));
  for (let at = 0; at < KNOWN; at += 1) all.push(good(committees, at).with(5, `139${10_000_000 + at}`));
  const buffer = csv([HEAD, ...all]);
  await page.locator('input[type="file"]').setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer });
  let from = Date.now();
  await page.getByRole("button", { name: "上传并检查" }).click();
  await page.waitForURL(/intake\/[0-9a-f-]{36}$/);
  await until("检查完，还没有导入");
  const checking = (Date.now() - from) / 1000;
  const said = await page.locator("main section.work").innerText();
  from = Date.now();
  await page.getByRole("button", { name: /^导入\d+行$/ }).click();
  await until("已导入");
  const making = (Date.now() - from) / 1000;
  const done = await page.locator("main section.work").innerText();
  console.log(JSON.stringify({ lines: all.length, checking, making, said, done }, null, 1));

  /** Asks for the page anew: the page itself does so less often. */
  async function until(state) {
    const here = page.url();
    for (;;) {
      const text = await (await page.context().request.get(here)).text();
      if (new RegExp(`<header class="head">(?:(?!</header>).)*${state}`, "s").test(text)) break;
      if (Date.now() - from > 300_000) throw new Error(`not ${state} after 300 s`);
      await new Promise((next) => setTimeout(next, 200));
    }
    await page.goto(here);
  }
} finally {
  await browser.close();
  await site.stop();
}

/** A line without a fault; every number is another person's. */
function good(committees, at) {
  const name = SURNAMES[at % 20] + GIVEN[at % 18] + GIVEN[Math.floor(at / 18) % 18];
  const born = `19${60 + (at % 40)}0${1 + (Math.floor(at / 40) % 9)}${10 + (Math.floor(at / 360) % 18)}`;
  return [
    committees[at % committees.length], name,
    idNumber("330198", born, Math.floor(at / 6_480) * 2 + 1), "汉族",
    "普通高中毕业", `138${String(10_000_000 + at)}`, "聘任调解员", "兼职", "调委会聘任", "否",
    "2020-05-06", "2025-01-01", "2027-12-31",
  ];
}
