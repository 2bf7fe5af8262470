// The walk of the README: a mediator records a case for somebody the archive knows already, brings
// it to a signed agreement and prints it; the province finds its report one higher at every level.
// Each step is a test of its own and builds on those before it; the first that fails skips the rest.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as fengqiao from "./contract.mjs";
import {
  accountOf, api, ask, choose, idNumber, isChosen, openAction, openBrowser, openVisitor, pickFound,
  readPaper, refer, rows, screenshot, signIn, startDemo, submit, tokenOf, type, valueOf, visit,
  weigh,
} from "./lib.mjs";

const { KIND, pages, papers, states, verbs } = fengqiao;
const TODAY = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
const STRANGER = { name: "陆见川", idNumber: idNumber("110105", "19780304", 137) };
const AGREEMENT = "一、陆见川于十五日内将排水沟改回原走向。\n二、双方今后不再为此发生争执。";

let site, browser, mediator, province, token, known, place, units, earlier, caseId;
let broken = null;

before(async () => {
  site = await startDemo({ cases: 200 });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

/** A step of the walk. */
function step(name, what) {
  test(name, async (t) => {
    if (broken) return t.skip(`because “${broken}” failed`);
    try {
      await what();
    } catch (error) {
      broken = name;
      throw error;
    }
  });
}

async function reports() {
  const figures = {};
  for (const [level, unit] of Object.entries(units)) {
    await visit(province, pages.report(unit));
    figures[level] = await fengqiao.casesOnReport(province.page);
  }
  return figures;
}

async function recordNow() {
  return ask(site, token, "GET", `/records/${KIND}/${caseId}`);
}

step("the first page offers an account for every role", async () => {
  const visitor = await openVisitor(browser, site);
  await visit(visitor, "/login");
  const roles = ["mediator", "office", "county", "city", "province", "system_admin"];
  for (const role of [...roles, "security_admin", "auditor"]) {
    const { account } = accountOf(site, role);
    const enter = visitor.page.locator(`button[name="demo"][value="${account}"]`);
    assert.ok(await enter.isVisible(), account);
  }
  await screenshot(visitor, "login");
  await visitor.close();
});

step("the mediator and the province sign in", async () => {
  mediator = await signIn(browser, site, "mediator");
  await screenshot(mediator, "workbench");
  province = await signIn(browser, site, "province");
  token = await tokenOf(site, "mediator");
  known = await fengqiao.knownPerson(site, token);
  place = await fengqiao.committeeOf(site, token);
  units = fengqiao.unitsAbove(accountOf(site, "mediator").unit);
});

step("the province reads the report at four levels", async () => {
  earlier = await reports();
  for (const [level, count] of Object.entries(earlier)) {
    assert.ok(Number.isInteger(count), `${level}: ${count}`);
  }
  assert.ok(earlier.province >= earlier.city && earlier.city >= earlier.county);
  await screenshot(province, "report");
});

step("the list is light and looks right", async () => {
  await visit(mediator, pages.list);
  await screenshot(mediator, "list");
  const { requests, bytes } = await weigh(mediator, pages.list);
  assert.ok(requests <= 6, `${requests} requests`);
  assert.ok(bytes <= 40_000, `${bytes} bytes`);
});

step("a known person is found by the id number and nothing else is typed", async () => {
  const { page } = mediator;
  await visit(mediator, pages.create);
  await rows(page, "parties", 2);
  await choose(page, "parties.0.role", "1");
  await type(page, "parties.0.person._q", known.idNumber);
  await pickFound(page, "parties.0.person", known.name);
  assert.equal(await isChosen(page, "parties.0.person").inputValue(), known.id);
  assert.equal(await valueOf(page, "parties.0.name"), known.name);
  // The number itself does not leave the archive: it stays masked until the record copies it.
  assert.notEqual(await valueOf(page, "parties.0.id_number"), known.idNumber);
});

step("the case is recorded", async () => {
  const { page } = mediator;
  await refer(page, "committee", place.committee.title);
  await type(page, "case_name", `${known.name}与${STRANGER.name}排水沟纠纷`);
  await choose(page, "source", "2");
  await choose(page, "dispute_type", "02");
  await choose(page, "difficulty", "1");
  await type(page, "summary", "两户因排水沟走向发生争执，经村民小组劝解未果。");
  await type(page, "occurred_place.address", "村委会东侧排水沟");
  await choose(page, "parties.1.role", "2");
  await type(page, "parties.1.name", STRANGER.name);
  await type(page, "parties.1.id_number", STRANGER.idNumber);
  await screenshot(mediator, "form", { full: true });
  await submit(page);
  caseId = fengqiao.recordId(page.url());
  const record = await recordNow();
  assert.equal(record.state, "pending");
  assert.equal(record.parties[0].person, known.id, "the same person, not a second one");
  assert.equal(record.parties[0].id_number, known.idNumber, "copied, not typed");
  await screenshot(mediator, "record");
});

step("it is accepted and mediated", async () => {
  const { page } = mediator;
  await openAction(page, verbs.accept);
  await submit(page);
  assert.equal((await recordNow()).state, "accepted");
  await openAction(page, verbs.start);
  await refer(page, "host_mediator", place.mediator.title);
  await choose(page, "informed_mode", "1");
  await submit(page);
  assert.equal((await recordNow()).state, "mediating");
});

step("it is brought to a signed agreement", async () => {
  const { page } = mediator;
  await openAction(page, verbs.agree);
  await choose(page, "agreement_form", "2");
  await type(page, "place", "村调解室");
  await type(page, "main_facts", "排水沟改道后雨水流入邻户院内。");
  await type(page, "agreement_text", AGREEMENT);
  await choose(page, "performance_mode", "1");
  await screenshot(mediator, "action", { full: true });
  await submit(page);
  const record = await recordNow();
  assert.equal(record.state, "agreed");
  assert.equal(record.agreed_on, TODAY, "the date was filled in, nobody typed it");
  assert.ok(await page.getByRole("main").getByText(states.agreed).first().isVisible());
  await screenshot(mediator, "record-agreed", { full: true });
});

step("the agreement prints with names, number and text", async () => {
  const link = mediator.page.getByRole("link", { name: papers.agreement, exact: true });
  const text = await readPaper(mediator, await link.getAttribute("href"), "agreement");
  const plain = text.replaceAll(/\s/g, "");
  const { agreement_no: number } = await recordNow();
  for (const wanted of ["人民调解协议书", known.name, STRANGER.name, number, "改回原走向"]) {
    assert.ok(plain.includes(wanted.replaceAll(/\s/g, "")), `${wanted} is not on the paper`);
  }
});

step("the person's page shows the case", async () => {
  await visit(mediator, pages.person(known.id));
  assert.ok(await mediator.page.locator(`a[href*="${caseId}"]`).first().isVisible());
  await screenshot(mediator, "person");
});

step("the report is one higher at every level", async () => {
  const now = await reports();
  const expect = Object.entries(earlier).map(([level, count]) => [level, count + 1]);
  assert.deepEqual(now, Object.fromEntries(expect));
});

step("the same is true over the API alone, and the log tells it", async () => {
  const { unit } = accountOf(site, "mediator");
  const body = await fengqiao.caseBody(site, token, unit, "walk");
  const headers = { "idempotency-key": "walk-1" };
  const made = await api(site, token, "POST", `/records/${KIND}`, body, headers);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const again = await api(site, token, "POST", `/records/${KIND}`, body, headers);
  assert.equal(again.body.id, made.body.id, "one key, one case");
  const log = await ask(site, token, "GET", `/records/${KIND}/${made.body.id}/log`);
  assert.equal((log.items ?? log).length, 1);
});

step("an administrator sees units and accounts", async () => {
  const admin = await signIn(browser, site, "system_admin");
  for (const page of ["units", "accounts"]) {
    await visit(admin, pages[page]);
    await screenshot(admin, page);
  }
  await admin.close();
});

step("a list can be read and a case opened without script", async () => {
  const plain = await openVisitor(browser, site, { javaScriptEnabled: false });
  const { account, password } = accountOf(site, "mediator");
  const { page } = plain;
  await page.goto("/login");
  await page.getByLabel("账号", { exact: true }).fill(account);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.goto(pages.list);
  await page.locator("main table tbody a").first().click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  fengqiao.recordId(page.url());
  await plain.close();
});
