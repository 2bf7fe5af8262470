// What every browser test stands on: the demo as a child process, people who sign in, pages that are
// checked for accessibility and for errors on the way, and pictures of them.
//
// It knows how the platform is started and how a form behaves; it knows no business. What a test
// asks of mediation is in contract.mjs and walk.test.mjs.

import assert from "node:assert/strict";
import { spawn, execFile } from "node:child_process";
import {
  copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, "../..");
const BINARY = process.env.BROWSER_TEST_BINARY ?? path.join(ROOT, "target/release/fengqiao");
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** With a database address, two processes serve it and requests go to them in turn. */
const DATABASE = process.env.BROWSER_TEST_DATABASE;
const READY_WITHIN = 120_000;
/** How long a page may take; longer where a machine is busy with other things. */
const PATIENCE = Number(process.env.BROWSER_TEST_PATIENCE ?? 15_000);

export const OUT = path.join(HERE, "out");
export const WIDE = { width: 1366, height: 900 };
export const PHONE = { width: 390, height: 844 };

// ── The platform ────────────────────────────────────────────────────────────────────────────────

/** Starts `fengqiao demo` on a free port and a new data folder; resolves once it says it is ready. */
export async function startDemo({ cases = 200, seed } = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "fengqiao-walk-"));
  const data = path.join(folder, "data");
  if (seed) await cp(seed, data, { recursive: true });
  const started = [];
  const end = async () => {
    for (const it of started.reverse()) await it.stop();
  };
  const stop = async () => {
    await end();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (command, ...more) => {
    const it = await startProcess([command, "--data", data, ...more]);
    started.push(it);
    return it.said;
  };
  try {
    const shared = DATABASE ? ["--database", DATABASE] : [];
    const { ready, accounts } = await start("demo", "--cases", String(cases), ...shared);
    const site = { url: ready, accounts, data, binary: BINARY, end, stop };
    if (!DATABASE) return site;
    const second = await start("serve", ...shared);
    const proxy = await inTurn([ready, second.ready]);
    started.push(proxy);
    return { ...site, url: proxy.url };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A demo that was made and stopped, for walks that begin with the same one: most of the time that it
 * takes goes into the passwords of its accounts. Made once for each build of the program.
 */
export async function seedOf(cases) {
  const { mtimeMs, size } = await stat(BINARY);
  const build = `-${size}-${Math.floor(mtimeMs)}`;
  const seed = path.join(OUT, `seed-${cases}${build}`);
  if (await stat(seed).catch(() => null)) return seed;
  await mkdir(OUT, { recursive: true });
  for (const old of await readdir(OUT)) {
    if (old.startsWith("seed-") && !old.endsWith(build)) await rm(path.join(OUT, old), { recursive: true });
  }
  const site = await startDemo({ cases });
  try {
    await site.end();
    await cp(site.data, `${seed}.part`, { recursive: true });
    await rename(`${seed}.part`, seed);
  } finally {
    await site.stop();
  }
  return seed;
}

async function startProcess(args) {
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(BINARY, [...args, "--listen", listen], { stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  child.stderr.on("data", (part) => log.push(part));
  const stop = () => endChild(child);
  try {
    return { said: await readyLine(child), stop };
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${Buffer.concat(log)}`);
  }
}

/** A door before several processes: each request goes to the next of them. */
function inTurn(urls) {
  let turn = 0;
  const door = http.createServer((request, answer) => {
    const { hostname, port } = new URL(urls[turn++ % urls.length]);
    const { method, url: path, headers } = request;
    const on = http.request({ hostname, port, method, path, headers }, (from) => {
      answer.writeHead(from.statusCode, from.rawHeaders);
      from.pipe(answer);
    });
    on.on("error", () => answer.destroy());
    request.pipe(on);
  });
  return new Promise((resolve, reject) => {
    door.once("error", reject).listen(0, "127.0.0.1", () => {
      const stop = () => new Promise((done) => (door.closeAllConnections(), door.close(done)));
      resolve({ url: `http://127.0.0.1:${door.address().port}`, stop });
    });
  });
}

function readyLine(child) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the demo is not ready")), READY_WITHIN);
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      const line = text.split("\n").slice(0, -1).find((it) => it.startsWith('{"ready"'));
      if (line) settle(() => resolve(JSON.parse(line)));
    });
    child.once("error", (error) => settle(() => reject(error)));
    child.once("exit", (code) => settle(() => reject(new Error(`the demo ended with ${code}`))));
    const settle = (how) => (clearTimeout(late), how());
  });
}

async function endChild(child) {
  if (child.exitCode === null && child.signalCode === null && child.pid) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** One call of the API; resolves to status, headers and the body as JSON. */
export async function api(site, token, method, apiPath, body, headers = {}) {
  const answer = await fetch(`${site.url}/api/v1${apiPath}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = text && /json/.test(answer.headers.get("content-type")) ? JSON.parse(text) : text;
  return { status: answer.status, headers: answer.headers, body: json };
}

/** The same, where anything but success ends the test with what the server said. */
export async function ask(site, token, method, apiPath, body, headers) {
  const answer = await api(site, token, method, apiPath, body, headers);
  const said = JSON.stringify(answer.body);
  assert.ok(answer.status < 300, `${method} ${apiPath} → ${answer.status} ${said}`);
  return answer.body;
}

/** The demo account of a role. */
export function accountOf(site, role) {
  const found = site.accounts.find((it) => it.role === role);
  assert.ok(found, `the demo has no ${role}`);
  return found;
}

/** A token for the API. */
export async function tokenOf(site, role) {
  const { account, password } = accountOf(site, role);
  return (await ask(site, null, "POST", "/login", { account, password })).token;
}

// ── The browser ─────────────────────────────────────────────────────────────────────────────────

/** Debian's Chromium. It asks nothing of the network but the pages it is sent to. */
export function openBrowser() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Somebody at a screen: an own session, and a list of what went wrong on the way. */
export async function openVisitor(browser, site, options = {}) {
  const context = await browser.newContext({
    viewport: WIDE,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    baseURL: site.url,
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const errors = [];
  page.on("console", (it) => it.type() === "error" && errors.push(`console: ${it.text()}`));
  page.on("pageerror", (error) => errors.push(`script: ${error.message}`));
  page.on("requestfailed", (it) => {
    // A page that is left, and a download, end their requests themselves.
    const why = it.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") errors.push(`request: ${it.url()} ${why}`);
  });
  return { site, context, page, errors, close: () => context.close() };
}

/** Signs in on the page, as the account of a role would. */
export async function signIn(browser, site, role, options) {
  const visitor = await openVisitor(browser, site, options);
  const { account, password } = accountOf(site, role);
  const { page } = visitor;
  await page.goto("/login");
  await page.getByLabel("账号", { exact: true }).fill(account);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await Promise.all([
    page.waitForURL((url) => url.pathname !== "/login"),
    page.getByRole("button", { name: "登录", exact: true }).click(),
  ]);
  await check(visitor);
  return visitor;
}

/** Opens a page and holds it to what every page must be. */
export async function visit(visitor, pagePath) {
  const answer = await visitor.page.goto(pagePath);
  assert.equal(answer.status(), 200, `${pagePath} answers with ${answer.status()}`);
  await check(visitor);
}

/** What every page must be: accessible by WCAG 2.2 AA, and without an error on the way. */
export async function check(visitor) {
  const where = visitor.page.url();
  const broken = await violations(visitor.page);
  assert.deepEqual(broken, [], `${where} breaks WCAG 2.2 AA`);
  assert.deepEqual(visitor.errors, [], `errors on the way to ${where}`);
}

/** What axe-core finds on the page as it stands, a line for each. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (values) => {
    const runOnly = { type: "tag", values };
    const result = await window.axe.run(document, { runOnly, resultTypes: ["violations"] });
    return result.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map((it) => `${it.target.join(" ")}  ${it.html.slice(0, 160)}`),
    }));
  }, WCAG_22_AA);
  return found.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.join("\n    ")}`);
}

/**
 * Pictures of the page as it stands, wide and on a phone. On the phone it is checked again, for
 * targets and contrast differ there, and nothing may stick out to the side.
 */
export async function screenshot(visitor, name, { full = false, keep = true } = {}) {
  const { page } = visitor;
  await mkdir(OUT, { recursive: true });
  const pictures = [];
  for (const size of [WIDE, PHONE]) {
    await page.setViewportSize(size);
    await page.evaluate(() => document.fonts.ready.then(() => null));
    const file = `${name}-${size.width}.png`;
    await page.screenshot({ path: path.join(OUT, file), fullPage: full });
    pictures.push(file);
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${page.url()} is ${over} px too wide for a phone`);
  await check(visitor);
  await page.setViewportSize(WIDE);
  if (keep && process.env.KEEP_SCREENS === "1") await keepPictures(pictures);
  return pictures.map((it) => path.join(OUT, it));
}

async function keepPictures(pictures) {
  const folder = path.join(ROOT, "docs/screens");
  await mkdir(folder, { recursive: true });
  for (const file of pictures) await copyFile(path.join(OUT, file), path.join(folder, file));
}

/** Opens a page with an empty cache and counts what came over the line. */
export async function weigh(visitor, pagePath) {
  const session = await visitor.context.newCDPSession(visitor.page);
  const weight = { requests: 0, bytes: 0 };
  session.on("Network.loadingFinished", (it) => {
    weight.requests += 1;
    weight.bytes += it.encodedDataLength;
  });
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await visitor.page.goto(pagePath, { waitUntil: "networkidle" });
  await session.detach();
  return weight;
}

// ── Forms ───────────────────────────────────────────────────────────────────────────────────────

/** The control of a field by its path, for example `amount` or `parties.0.name`. */
export function control(page, field) {
  return page.locator(`[name="${field}"]:not([type="hidden"])`);
}

/** What stands in a field. */
export function valueOf(page, field) {
  return control(page, field).first().inputValue();
}

/** Types into a field. */
export function type(page, field, text) {
  return control(page, field).first().fill(text);
}

/** Chooses a code, whether the form shows it as a list that opens or as buttons. */
export async function choose(page, field, code) {
  const first = control(page, field).first();
  if ((await first.evaluate((it) => it.tagName)) === "SELECT") return first.selectOption(code);
  return page.locator(`[name="${field}"][value="${code}"]`).check();
}

/** Makes sure that there are so many rows. */
export async function rows(page, field, count) {
  for (let at = 0; at < count; at += 1) {
    const row = page.locator(`fieldset[id="r-${field}.${at}"]`);
    if ((await row.count()) === 0) await page.locator(`[name="_add"][value="${field}"]`).click();
    await row.waitFor();
  }
}

/** Looks in the archive with what is typed, and takes the one whose line holds `text`. */
export async function pickFound(page, field, text) {
  await page.locator(`[name="_find"][value="${field}"]`).click();
  const found = page.locator(`[name="_choose"][value^="${field}:"]`).filter({ hasText: text });
  await found.first().click();
  await isChosen(page, field).waitFor({ state: "attached" });
}

/** The card of something chosen from an archive. */
export function isChosen(page, field) {
  return page.locator(`input[type="hidden"][name="${field}"]`);
}

/** Finds a record by its name and refers to it, unless the form already does. */
export async function refer(page, field, name) {
  if ((await isChosen(page, field).count()) > 0) return;
  const list = page.locator(`select[name="${field}"]`);
  if ((await list.count()) > 0) {
    const option = list.locator("option").filter({ hasText: name }).first();
    await list.selectOption(await option.getAttribute("value"));
    return;
  }
  await type(page, `${field}._q`, name);
  await pickFound(page, field, name);
}

/** Sends the form. Warnings are confirmed once; an error ends the test with what the page says. */
export async function submit(page) {
  await page.locator("[data-submit]").click();
  await page.waitForLoadState();
  const confirm = page.getByLabel("我已核对，继续");
  if ((await confirm.count()) > 0 && !(await confirm.isChecked())) {
    await confirm.check();
    await page.locator("[data-submit]").click();
    await page.waitForLoadState();
  }
  const alert = page.getByRole("alert");
  const said = (await alert.count()) > 0 ? await alert.first().innerText() : "";
  assert.equal(said, "", `the form at ${page.url()} was refused`);
}

/** Opens the form of an action by the verb on its button or link. */
export async function openAction(page, verb) {
  const main = page.getByRole("main");
  const link = main.getByRole("link", { name: verb, exact: true });
  const button = main.getByRole("button", { name: verb, exact: true });
  await link.or(button).first().click();
  await page.waitForLoadState();
}

// ── Papers and numbers ──────────────────────────────────────────────────────────────────────────

/** Fetches a paper with the visitor's session; resolves to its text, and a picture of page one. */
export async function readPaper(visitor, href, name) {
  const answer = await visitor.context.request.get(href);
  assert.equal(answer.status(), 200, `${href} answers with ${answer.status()}`);
  assert.match(answer.headers()["content-type"], /^application\/pdf/);
  const bytes = await answer.body();
  assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
  await mkdir(OUT, { recursive: true });
  const base = path.join(OUT, name);
  await writeFile(`${base}.pdf`, bytes);
  const run = promisify(execFile);
  await run("pdftoppm", ["-png", "-r", "70", "-f", "1", "-l", "1", "-singlefile", `${base}.pdf`, base]);
  return (await run("pdftotext", ["-layout", `${base}.pdf`, "-"])).stdout;
}

/** An invented id number that passes GB 11643: division, birth date, sequence. */
export function idNumber(division, born, sequence) {
  const first = division + born + String(sequence).padStart(3, "0");
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((all, weight, at) => all + weight * Number(first[at]), 0);
  return first + "10X98765432"[sum % 11];
}
