// How long a county's 10,000 mediators take to be taken in, among lines that are wrong and lines that
// are there twice (case 82): a CSV in GBK with 10,000 good lines, 40 wrong id numbers, 10 that a
// spreadsheet wrote as 5.32301E+17, and 200 lines that are there twice. It speaks to a real server as
// a browser does and needs none: `node measure-import.mjs [GOOD [DATA]]`, with BROWSER_TEST_BINARY as
// for the walks; DATA is the folder of a demonstration without cases, which saves making one. Prints seconds for checking and for making, as the page tells them (it is asked every
// 200 ms), and the processor seconds that the server took for each.

import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

const BINARY = process.env.BROWSER_TEST_BINARY ?? path.join(import.meta.dirname, "../../target/release/fengqiao");
const GOOD = Number(process.argv[2] ?? 10_000);
const [BAD, POWERS, SAME] = [GOOD / 250, GOOD / 1_000, GOOD / 50].map(Math.floor);
const HEAD = [
  "所属调委会", "姓名", "证件号码", "民族", "学历", "手机", "调委会职位", "专兼职", "产生方式",
  "政府购买服务", "从事人民调解起始日期", "任期起始日期", "任期届满日期",
];
const SURNAMES = [..."赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"];
const GIVEN = [..."安宁远舟秋禾明川知雨青山小满长风若谷"];
const INTAKE = "/b/mediation/mediator/intake";
const TICKS_A_SECOND = 100;

const folder = await mkdtemp(path.join(os.tmpdir(), "fengqiao-import-"));
if (process.argv[3]) await cp(process.argv[3], path.join(folder, "data"), { recursive: true });
const child = spawn(BINARY, ["demo", "--cases", "0", "--data", path.join(folder, "data"), "--listen", "127.0.0.1:0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const { ready, accounts } = await firstLine(child);
  const county = accounts.find((one) => one.role === "county");
  const session = await enter(ready, county);
  const committees = await names(ready, county);
  const lines = [HEAD];
  for (let at = 0; at < GOOD; at += 1) lines.push(good(committees, at));
  for (let at = 0; at < BAD; at += 1) lines.push(good(committees, GOOD + at).with(2, wrong(good(committees, GOOD + at)[2])));
  for (let at = 0; at < POWERS; at += 1) lines.push(good(committees, GOOD + BAD + at).with(2, "5.32301E+17"));
  for (let at = 0; at < SAME; at += 1) lines.push(good(committees, at * 7 % GOOD));

  const checking = await timed(async () => {
    const form = new FormData();
    form.set("_csrf", session.csrf);
    form.set("file", new Blob([gbk(csv(lines))]), "调解员.csv");
    const answer = await session.send(INTAKE, { method: "POST", body: form });
    const job = answer.headers.get("location");
    if (!job) throw new Error(`not taken: ${answer.status} ${(await answer.text()).slice(0, 2_000)}`);
    return job;
  }, (job) => until(session, job, "检查完，还没有导入"));
  const job = checking.answer;
  const said = words(await (await session.send(job)).text());
  const making = await timed(async () => {
    const body = new URLSearchParams({ _csrf: session.csrf });
    await session.send(`${job}/make`, { method: "POST", body });
  }, () => until(session, job, "已导入"));
  const done = words(await (await session.send(job)).text());
  console.log(JSON.stringify({
    committees: committees.length,
    lines: lines.length - 1,
    checking: [checking.seconds, checking.cpu], making: [making.seconds, making.cpu], said, done,
  }, null, 1));
} finally {
  child.kill("SIGINT");
  await new Promise((end) => child.once("exit", end));
  await rm(folder, { recursive: true, force: true });
}

async function timed(work, wait) {
  const [from, cpu] = [Date.now(), await processor()];
  const answer = await work();
  await wait(answer);
  return { answer, seconds: (Date.now() - from) / 1_000, cpu: Math.round(((await processor()) - cpu) * 100) / 100 };
}

/** Seconds of processor the server has had. */
async function processor() {
  const stat = (await readFile(`/proc/${child.pid}/stat`, "utf8")).split(") ")[1].split(" ");
  return (Number(stat[11]) + Number(stat[12])) / TICKS_A_SECOND;
}

function firstLine(from) {
  return new Promise((resolve, reject) => {
    let text = "";
    from.stdout.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
    });
    from.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

async function enter(url, { account, password }) {
  const door = await fetch(`${url}/login`);
  const secret = hidden(await door.text());
  const body = new URLSearchParams({ _csrf: secret, account, password });
  const headers = { cookie: `fq_door=${secret}` };
  const answer = await fetch(`${url}/login`, { method: "POST", body, headers, redirect: "manual" });
  const cookie = answer.headers.getSetCookie().find((one) => one.startsWith("fq=")).split(";")[0];
  const send = (to, more = {}) =>
    fetch(`${url}${to}`, { ...more, headers: { cookie }, redirect: "manual" });
  return { send, csrf: hidden(await (await send(INTAKE)).text()) };
}

/** What the committees of the county are called, as a programme asks for them. */
async function names(url, { account, password }) {
  const json = async (to, more) => (await fetch(`${url}/api/v1${to}`, more)).json();
  const body = JSON.stringify({ account, password });
  const { token } = await json("/login", { method: "POST", body, headers: { "content-type": "application/json" } });
  const found = await json("/records/mediation_committee?limit=200", { headers: { authorization: `Bearer ${token}` } });
  return found.items.map((one) => one.title);
}

function hidden(page) {
  return /name="_csrf" value="([^"]+)"/.exec(page)[1];
}

function words(page) {
  const main = /<section class="work[^>]*>(.*?)<\/section>/s.exec(page)?.[1] ?? "";
  return main.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim().slice(0, 600);
}

async function until(session, job, state) {
  const from = Date.now();
  for (;;) {
    const text = await (await session.send(job)).text();
    if (new RegExp(`<header class="head">(?:(?!</header>).)*${state}`, "s").test(text)) return;
    if (Date.now() - from > 500_000) throw new Error(`not ${state} after 500 s`);
    await new Promise((next) => setTimeout(next, 200));
  }
}

/** A line without a fault; every number is another person's. */
function good(committees, at) {
  const name = SURNAMES[at % 20] + GIVEN[at % 18] + GIVEN[Math.floor(at / 18) % 18];
  const born = `19${60 + (at % 40)}0${1 + (Math.floor(at / 40) % 9)}${10 + (Math.floor(at / 360) % 18)}`;
  return [
    committees[at % committees.length], name,
    idNumber(`330198${born}${String(Math.floor(at / 6_480) * 2 + 1).padStart(3, "0")}`),
    "汉族", "普通高中毕业", `138${String(10_000_000 + at)}`, "聘任调解员", "兼职", "调委会聘任", "否",
    "2020-05-06", "2025-01-01", "2027-12-31",
  ];
}

/** Seventeen digits with the check digit of GB 11643; the county code does not exist. */
function idNumber(seventeen) {
  const sum = [...seventeen].reduce((all, digit, at) => all + Number(digit) * (2 ** (17 - at) % 11), 0);
  return seventeen + "10X98765432"[sum % 11];
}

function wrong(number) {
  return number.slice(0, 17) + (number[17] === "0" ? "1" : "0");
}

function csv(lines) {
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

/** A text in GBK: the code of a character is found by reading all codes. */
function gbk(text) {
  const codes = new Map();
  const decoder = new TextDecoder("gbk");
  for (let first = 0x81; first <= 0xfe; first += 1) {
    for (let second = 0x40; second <= 0xfe; second += 1) {
      const read = decoder.decode(Uint8Array.of(first, second));
      if (read.length === 1 && !codes.has(read)) codes.set(read, [first, second]);
    }
  }
  return Uint8Array.from([...text].flatMap((c) => (c < "\u0080" ? [c.charCodeAt(0)] : codes.get(c))));
}
