// What the walk knows of the platform beyond design.md: addresses, the words on buttons, the units
// above a committee, and where a report shows its figure. Change it here, and only here.

import { readFile } from "node:fs/promises";
import { ask } from "./lib.mjs";

export const KIND = "mediation_case";
export const REPORT = "mediation_cases";

export const pages = {
  workbench: "/",
  list: `/b/mediation/${KIND}`,
  create: `/b/mediation/${KIND}/new`,
  record: (id) => `/b/mediation/${KIND}/${id}`,
  person: (id) => `/people/${id}`,
  report: (unit) => `/statistics/${REPORT}?unit=${unit}`,
  units: "/admin/units",
  accounts: "/admin/accounts",
};

export const verbs = { accept: "受理", start: "开始调解", agree: "达成协议" };
export const states = { agreed: "达成协议" };
export const papers = { agreement: "人民调解协议书" };

/** The id at the end of a record's address. */
export function recordId(url) {
  const found = /\/b\/mediation\/mediation_case\/([0-9a-f-]{36})/.exec(url);
  if (!found) throw new Error(`${url} is no case`);
  return found[1];
}

/** The mediator's own committee, a mediator of it, and the body of a case (case.json). */
export async function committeeOf(site, token) {
  const committees = await ask(site, token, "GET", "/records/mediation_committee?limit=1");
  const mediators = await ask(site, token, "GET", "/records/mediator?limit=1");
  return { committee: committees.items[0], mediator: mediators.items[0] };
}

/** Somebody whom the archive knows already, with an id number: a party of an earlier case. */
export async function knownPerson(site, token) {
  const { items } = await ask(site, token, "GET", `/records/${KIND}?limit=20`);
  for (const { id } of items) {
    const record = await ask(site, token, "GET", `/records/${KIND}/${id}`);
    const party = record.parties?.find((it) => it.person && it.id_number && !/\*/.test(it.id_number));
    if (party) return { id: party.person, name: party.name, idNumber: party.id_number };
  }
  throw new Error("no case of the demo has a party with an id number");
}

/** The four levels at which the report must move: the unit itself and those above it. */
export function unitsAbove(unit) {
  return {
    village: unit,
    county: `${unit.slice(0, 6)}`,
    city: `${unit.slice(0, 4)}00`,
    province: `${unit.slice(0, 2)}0000`,
  };
}

/** The number of cases that the report page now open shows for the unit it stands at. */
export async function casesOnReport(page) {
  const cell = page.locator('tr.total [data-measure="total"]');
  return Number((await cell.first().innerText()).replaceAll(",", ""));
}

/** The body of a case for the API; `mark` makes it one of its kind. */
export async function caseBody(site, token, unit, mark) {
  const { committee } = await committeeOf(site, token);
  const text = await readFile(new URL("case.json", import.meta.url), "utf8");
  const filled = { committee: committee.id, unit, mark };
  return JSON.parse(text.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => filled[name]));
}
