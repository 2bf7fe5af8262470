// Clerks at work: what the walks of single businesses stand on. A walk is a demo with few cases, the
// posts it needs, and steps that build on each other. Its clerks fill in forms on pages, and whatever
// was typed once must not be typed again: a fact that an earlier form knew has to be there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  accountOf, ask, check, openAction, openBrowser, refer, rows, screenshot, seedOf, signIn, startDemo,
  submit, tokenOf, visit,
} from "./lib.mjs";

/** Today in China. */
export const TODAY = day(0);

/** So many days from today in China, as forms write days. */
export function day(days) {
  return new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
}

/** A walk; `before` and `after` are arranged here. Texts of `again` may be typed more than once. */
export function walk({ cases = 0, again = [] } = {}) {
  const one = { typed: new Map(), again: new Set(again), clerks: new Map(), tokens: new Map() };
  let broken = null;
  before(async () => {
    try {
      one.site = await startDemo({ cases, seed: await seedOf(cases) });
      one.browser = await openBrowser();
    } catch (error) {
      broken = "the start";
      throw error;
    }
  });
  after(async () => {
    await one.browser?.close();
    await one.site?.stop();
  });
  /** A step: the first that fails skips the rest. */
  one.step = (name, what) => {
    test(name, async (t) => {
      if (broken) return t.skip(`because “${broken}” failed`);
      try {
        await what();
      } catch (error) {
        broken = name;
        throw error;
      }
    });
  };
  /** Somebody in a post, signed in; the demo's account, or one that was hired. */
  one.as = async (role) => {
    if (!one.clerks.has(role)) {
      one.clerks.set(role, new Clerk(one, role, await signIn(one.browser, one.site, role)));
    }
    return one.clerks.get(role);
  };
  /** Makes accounts on the administrator's page: who works as what, `role@unit name`. */
  one.hire = async (people) => {
    const admin = await one.as("system_admin");
    for (const [who, post] of Object.entries(people)) {
      const [role, unit, name] = post.split(/[@ ]/);
      const [account, password] = [`walk-${who}`.replaceAll("_", "-"), "Fengqiao-2026"];
      await admin.page.goto("/admin/accounts/new");
      one.again.add(password).add(unit);
      await admin.fill({ login: account, name, password, role, unit });
      await submit(admin.page);
      one.site.accounts.push({ account, password, role: who, unit });
    }
    await check(admin.visitor);
  };
  /** A call of the API as somebody, for what a walk needs to be there and does not show. */
  one.call = async (role, method, path, body) => {
    if (!one.tokens.has(role)) one.tokens.set(role, await tokenOf(one.site, role));
    return ask(one.site, one.tokens.get(role), method, path, body);
  };
  one.record = (role, kind, id) => one.call(role, "GET", `/records/${kind}/${id}`);
  one.create = (role, kind, body) => one.call(role, "POST", `/records/${kind}`, body);
  one.act = (role, kind, id, action, body = {}) =>
    one.call(role, "POST", `/records/${kind}/${id}/actions/${action}`, body);
  return one;
}

/** Somebody who works on pages. */
export class Clerk {
  constructor(walk, role, visitor) {
    Object.assign(this, { walk, role, visitor, page: visitor.page });
    this.unit = accountOf(walk.site, role).unit;
  }

  /** Opens a page and holds it to what every page must be. */
  visit(path) {
    return visit(this.visitor, path);
  }

  /** Pictures, wide and on a phone, to be looked at; few are kept in docs/screens. */
  look(name, { keep = false } = {}) {
    return screenshot(this.visitor, name, { keep });
  }

  /** Makes a record on its form; `path` is its list, perhaps with what the form is opened with. */
  async make(path, facts) {
    const [list, query] = path.split("?");
    await this.visit(`${list}/new${query ? `?${query}` : ""}`);
    return this.send(facts);
  }

  /** Adds an attached record by the link on the page of the record above. */
  async add(path, kind, facts) {
    await this.visit(path);
    await this.page.locator(`main a[href*="/${kind}/new?"]`).first().click();
    await this.page.waitForLoadState();
    await check(this.visitor);
    return this.send(facts);
  }

  /** Does something to the record at `path` by the button with its verb. */
  async act(path, verb, facts = {}) {
    await this.open(path, verb);
    return this.send(facts);
  }

  /** Opens the form of an act. */
  async open(path, verb) {
    // Somebody else may have gone on with it meanwhile.
    const here = new URL(this.page.url()).pathname === path;
    await (here ? this.page.reload() : this.visit(path));
    await openAction(this.page, verb);
    await check(this.visitor);
  }

  /** The verbs that the page of a record offers. */
  async verbs(path) {
    await this.visit(path);
    return this.page.locator('main a[href*="/do/"]').allInnerTexts();
  }

  /** Fills in the form that is open and sends it; gives the address of the record. */
  async send(facts) {
    await this.fill(facts);
    await submit(this.page);
    await check(this.visitor);
    return new URL(this.page.url()).pathname;
  }

  /** Fills in and sends a form that must be refused; gives what the page says. */
  async refused(facts) {
    await this.fill(facts);
    await this.page.locator("[data-submit]").click();
    await this.page.waitForLoadState();
    // The browser says of its own that the answer was 422.
    const told = this.visitor.errors.findIndex((it) => /status of 422/.test(it));
    if (told >= 0) this.visitor.errors.splice(told, 1);
    await check(this.visitor);
    return this.page.getByRole("alert").first().innerText();
  }

  /** Follows the link to what was made along with the act just done. */
  async along(label) {
    await this.page.getByRole("link", { name: `查看${label}`, exact: true }).click();
    await this.page.waitForLoadState();
    await check(this.visitor);
    return new URL(this.page.url()).pathname;
  }

  /** Types, chooses, finds; what stands there already as wanted is left alone. */
  async fill(facts, place = "") {
    for (const [field, value] of Object.entries(facts)) await this.put(place + field, value);
  }

  async put(field, value) {
    if (Array.isArray(value) && typeof value[0] === "object") {
      await rows(this.page, field, value.length);
      for (const [at, row] of value.entries()) await this.fill(row, `${field}.${at}.`);
      return;
    }
    if (value?.refer) return refer(this.page, field, value.refer);
    const first = this.page.locator(`[name="${field}"]:not([type="hidden"])`).first();
    const kind = await first.evaluate((it) => it.type ?? it.tagName);
    if (value?.file) return first.setInputFiles(value.file);
    if (kind === "checkbox" || kind === "radio") {
      for (const code of [value].flat()) {
        await this.page.locator(`[name="${field}"][value="${code}"]`).check();
      }
    } else if (kind.startsWith("select")) {
      await first.selectOption(String(value));
    } else {
      this.once(field, String(value));
      await first.fill(String(value));
    }
  }

  /** A fact is typed once. */
  once(field, text) {
    const { typed, again } = this.walk;
    // Two things may well happen on one day.
    if (text.length < 4 || /^\d{4}-\d\d-\d\d$/.test(text) || again.has(text)) return;
    const where = `${new URL(this.page.url()).pathname} ${field}`;
    assert.ok(!typed.has(text), `“${text}” is typed again: ${typed.get(text)}, now ${where}`);
    typed.set(text, where);
  }

  /** What a form says that it holds already. */
  async holds(expected) {
    const found = {};
    for (const field of Object.keys(expected)) {
      const all = this.page.locator(`[name="${field}"]`);
      found[field] = await all.first().inputValue();
    }
    assert.deepEqual(found, expected);
  }
}

/** The id at the end of a record's address. */
export function idOf(path) {
  return /[0-9a-f-]{36}/.exec(path)[0];
}
