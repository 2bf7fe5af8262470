// The harness itself, on pages of its own: it must find what is wrong before it may say that
// nothing is.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { after, before, test } from "node:test";
import { idNumber, openBrowser, openVisitor, screenshot, visit, weigh } from "./lib.mjs";

const PAGE = (body) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>页</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>枫桥</h1>${body}</main></body></html>`;
const PAGES = {
  "/good": PAGE("<p>可以看的页。</p>"),
  "/unlabelled": PAGE('<input type="text">'),
  "/pale": PAGE('<p style="color:#bbb;background:#fff">看不清的字</p>'),
  "/noisy": PAGE("<script>console.error('坏了')</script>"),
  "/wide": PAGE('<p style="width:600px">太宽</p>'),
  "/style.css": "body { color: #111; background: #fff }",
};

let server, browser, site;

before(async () => {
  server = http.createServer((request, answer) => {
    const text = PAGES[request.url];
    const type = request.url.endsWith(".css") ? "text/css" : "text/html";
    answer.writeHead(text ? 200 : 404, { "content-type": `${type}; charset=utf-8` });
    answer.end(text ?? "没有这一页");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  site = { url: `http://127.0.0.1:${server.address().port}`, accounts: [] };
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function asVisitor(what) {
  const visitor = await openVisitor(browser, site);
  try {
    await what(visitor);
  } finally {
    await visitor.close();
  }
}

test("a good page passes and its pictures have the sizes asked for", () =>
  asVisitor(async (visitor) => {
    await visit(visitor, "/good");
    const pictures = await screenshot(visitor, "harness", { keep: false });
    const widths = [];
    for (const file of pictures) {
      const png = await readFile(file);
      widths.push([png.readUInt32BE(16), png.readUInt32BE(20)]);
    }
    assert.deepEqual(widths, [[1366, 900], [390, 844]]);
  }));

for (const [page, finding] of [
  ["/unlabelled", /label/],
  ["/pale", /color-contrast/],
  ["/noisy", /坏了/],
  ["/missing", /404/],
]) {
  test(`${page} is found out`, () =>
    asVisitor(async (visitor) => {
      await assert.rejects(visit(visitor, page), finding);
    }));
}

test("a page too wide for a phone is found out", () =>
  asVisitor(async (visitor) => {
    await visit(visitor, "/wide");
    await assert.rejects(screenshot(visitor, "harness-wide", { keep: false }), /too wide/);
  }));

test("a page is weighed with all that it brings", () =>
  asVisitor(async (visitor) => {
    const { requests, bytes } = await weigh(visitor, "/good");
    assert.ok(requests >= 2 && requests <= 3, `${requests} requests`);
    assert.ok(bytes > PAGES["/good"].length && bytes < 2_000, `${bytes} bytes`);
  }));

test("an invented id number is the one that the standard gives", () => {
  assert.equal(idNumber("110105", "19491231", 2), "11010519491231002X");
  assert.equal(idNumber("440524", "18800101", 1), "440524188001010014");
});
