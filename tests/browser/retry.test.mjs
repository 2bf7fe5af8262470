// The page's own script, while the database changes hands: the same form under the same key is sent
// again until it is answered, and whoever types on is left alone. And on a device whose clock is wrong.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { after, before, test } from "node:test";
import { openBrowser } from "./lib.mjs";

const SCRIPT = new URL("../../crates/server/assets/app.js", import.meta.url);
const KEY = "0123456789abcdef";
const page = (body) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>页</title>
<link rel="icon" href="data:,"><script src="/app.js" defer></script><main>${body}</main></html>`;
const FORM = page(`<div role="alert"><p data-away>会自动再试</p></div>
<form method="post" action="/new" data-once data-form data-retry>
<input type="hidden" name="_key" value="${KEY}"><input name="topic" value="屋后的沟">
<button data-submit data-confirm="确定？">登记</button></form>`);
const DRAFT = page(`<form method="post" action="/new" data-form data-draft-url="/draft">
<input name="topic"><p data-saved></p></form>`);

let server, browser, url, sent, ready;

before(async () => {
  const script = await readFile(SCRIPT, "utf8");
  const say = (answer, status, text, headers = {}) => {
    answer.writeHead(status, { "content-type": "text/html; charset=utf-8", ...headers }).end(text);
  };
  server = http.createServer(async (request, answer) => {
    if (request.url === "/app.js") return say(answer, 200, script, { "content-type": "text/javascript" });
    if (request.url === "/drafting") return say(answer, 200, DRAFT);
    if (request.url === "/draft") return say(answer, 200, "", { date: new Date().toUTCString() });
    if (request.method !== "POST") return say(answer, 200, request.url === "/done" ? page("办好了") : FORM);
    let body = "";
    for await (const part of request) body += part;
    sent.push(Object.fromEntries(new URLSearchParams(body)));
    return sent.length < ready ? say(answer, 503, FORM) : say(answer, 303, "", { location: "/done" });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  server?.close();
});

// A clock of the page's own, so that a minute passes at once and nothing is timed.
async function open(answered) {
  [sent, ready] = [[], answered];
  const opened = await browser.newPage();
  await opened.clock.install();
  await opened.goto(`${url}/new`);
  return opened;
}

async function pass(opened, times) {
  for (let at = 0; at < times; at += 1) {
    await opened.clock.runFor(3000);
    await opened.evaluate(() => fetch("/app.js").then(() => {})).catch(() => {});
  }
}

test("it is sent again under its key until it is answered, and then goes on", async () => {
  const opened = await open(3);
  await pass(opened, 5);
  await opened.waitForURL("**/done");
  assert.equal(sent.length, 3);
  for (const one of sent) assert.deepEqual(one, { _key: KEY, topic: "屋后的沟" });
  await opened.close();
});

test("whoever types on is left alone", async () => {
  const opened = await open(1);
  await opened.fill("[name=topic]", "别的沟");
  await pass(opened, 4);
  assert.equal(sent.length, 0);
  await opened.close();
});

test("after a minute it says that it has given up, and keeps what was typed", async () => {
  const opened = await open(Infinity);
  await pass(opened, 25);
  const count = sent.length;
  assert.ok(count >= 15 && count <= 21, String(count));
  assert.match(await opened.textContent("[data-away]"), /请稍后再按一次按钮/);
  assert.equal(await opened.inputValue("[name=topic]"), "屋后的沟");
  await pass(opened, 5);
  assert.equal(sent.length, count);
  await opened.close();
});

// Case 9.5-84: the device is a day ahead of the server.
test("a clock that is wrong is told, and dates stay the server's", async () => {
  for (const [ahead, told] of [[86_400_000, /已于 \d\d:\d\d 保存；本机时钟不准，日期以平台的为准/], [60_000, /^已于 \d\d:\d\d 保存$/]]) {
    const opened = await browser.newPage();
    await opened.clock.install({ time: Date.now() + ahead });
    await opened.goto(`${url}/drafting`);
    await opened.fill("[name=topic]", "屋后的沟");
    await pass(opened, 4);
    assert.match(await opened.textContent("[data-saved]"), told);
    await opened.close();
  }
});
