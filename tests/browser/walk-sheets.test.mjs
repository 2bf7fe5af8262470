// Sheets that LibreOffice and a Python library made are taken in as they are: titles above, dates as
// dates, telephones as numbers. What goes out is a workbook again; that those two programs open it
// is seen by hand (sheets/README.md).

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { walk } from "./clerk.mjs";
import { OUT } from "./lib.mjs";
import { readBook, unpack } from "./sheets.mjs";

const it = walk();
const { step } = it;
const LIST = "/b/common/person";
let county;

for (const [program, name, first] of [
  ["LibreOffice", "libreoffice.xlsx", ["温如玉乙", "330198198304066417", "1983-04-06", "13900000630"]],
  ["openpyxl", "openpyxl.xlsx", ["温如玉甲", "330198198304066214", "1983-04-06", "13900000610"]],
]) {
  step(`a sheet that ${program} made is taken in`, async () => {
    county = await it.as("county");
    const { page } = county;
    await county.visit(`${LIST}/intake`);
    const buffer = await readFile(new URL(`sheets/${name}`, import.meta.url));
    const mimeType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    await page.locator('input[type="file"]').setInputFiles({ name, mimeType, buffer });
    await page.getByRole("button", { name: "上传并检查" }).click();
    await page.getByRole("button", { name: "导入5行" }).click();
    await page.locator("main header.head").getByText("已导入", { exact: true }).waitFor();
    assert.match(await page.locator("main section.work").innerText(), /已导入5份人员/);
    const found = await it.call("county", "GET", `/search?q=${encodeURIComponent(first[0])}`);
    const { id } = (found.items ?? found)[0];
    const kept = await it.record("county", "person", id);
    assert.deepEqual([kept.full_name, kept.id_number, kept.birth_date, kept.mobile], first);
  });
}

step("the list goes out as a workbook, and comes back as one", async () => {
  const answer = await county.visitor.context.request.get(`${LIST}/export.xlsx`);
  assert.equal(answer.status(), 200);
  const bytes = await answer.body();
  await writeFile(`${OUT}/list.xlsx`, bytes);
  assert.ok(unpack(bytes).has("[Content_Types].xml"));
  const [head, ...rows] = readBook(bytes);
  assert.ok(head.includes("姓名"), head.join());
  const names = rows.map((row) => row[head.indexOf("姓名")]);
  for (const name of ["温如玉甲", "温如玉乙", "欧阳雪甲"]) assert.ok(names.includes(name), name);
});

step("the template names every column, and says how to fill it in", async () => {
  const answer = await county.visitor.context.request.get(`${LIST}/intake/template.xlsx`);
  const bytes = await answer.body();
  await writeFile(`${OUT}/template.xlsx`, bytes);
  const files = unpack(bytes);
  const [head] = readBook(bytes);
  assert.ok(head.some((text) => text.startsWith("姓名")), head.join());
  assert.match(files.get("xl/workbook.xml").toString(), /填写说明/);
});
