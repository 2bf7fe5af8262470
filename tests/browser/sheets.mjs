// Sheets as a test makes and reads them: CSV written, workbooks read. It reads what is in the files
// of a workbook and no more: the first page, its texts, line by line.

import { inflateRawSync } from "node:zlib";

/** Lines as a CSV file of UTF-8. */
export function csv(lines) {
  const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return Buffer.from(`\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`);
}

/** The files in a workbook (a zip archive) by name. */
export function unpack(bytes) {
  const files = new Map();
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, packed] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
    const [name, extra, note] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(from, from + packed);
    const title = bytes.toString("utf8", at + 46, at + 46 + name);
    files.set(title, method === 0 ? content : inflateRawSync(content));
    at += 46 + name + extra + note;
  }
  return files;
}

/** The cells of a workbook's first page as texts, line by line. */
export function readBook(bytes) {
  const files = unpack(bytes);
  const xml = (name) => files.get(name)?.toString() ?? "";
  const texts = (part) => [...part.matchAll(/<t(?: [^>]*)?>([^<]*)<\/t>/g)].map((it) => plain(it[1]));
  const shared = [...xml("xl/sharedStrings.xml").matchAll(/<si>(.*?)<\/si>/gs)]
    .map((it) => texts(it[1]).join(""));
  const rows = xml("xl/worksheets/sheet1.xml").matchAll(/<row [^>]*>(.*?)<\/row>/gs);
  return [...rows].map((row) => {
    const line = [];
    for (const [, head, body] of row[1].matchAll(/<c ([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const value = /<v>([^<]*)<\/v>/.exec(body ?? "")?.[1] ?? "";
      const text = /t="s"/.test(head) ? shared[Number(value)]
        : /t="inlineStr"/.test(head) ? texts(body).join("") : plain(value);
      line[columnOf(/r="([A-Z]+)/.exec(head)[1])] = text;
    }
    return Array.from(line, (text) => text ?? "");
  });
}

function columnOf(letters) {
  return [...letters].reduce((all, letter) => all * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function plain(text) {
  const marks = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(\w+);/g, (all, name) => marks[name] ?? all);
}
