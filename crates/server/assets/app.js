// What pages gain from script. Everything here is a convenience over markup that works alone:
// the server stays the only one who decides, so nothing is checked or computed here.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, listener) => document.addEventListener(type, listener);
  const typing = (target) => target.closest("input,select,textarea,[contenteditable]");

  // Faults take the focus, so that a reader hears them first.
  const faults = document.querySelector("[data-focus]");
  if (faults) faults.focus();

  // --- Forms: drafts, leaving, sending once -------------------------------------------------
  if (document.querySelector("[data-sign]")) import(document.currentScript.src.replace("app.js", "sign.js"));
  const form = document.querySelector("form[data-form]");
  const saved = document.querySelector("[data-saved]");
  let changed = false;
  let leaving = false;
  let edits = 0;

  const touch = () => { changed = true; edits += 1; };
  const clock = () => new Date().toTimeString().slice(0, 5);
  const say = (text) => { if (saved) saved.textContent = text; };

  // Files are not part of a draft: they would be sent again every ten seconds.
  // The rest goes in the encoding the form itself would use, so the server reads one kind.
  const send = (url, ...extra) => {
    const parts = form.enctype.startsWith("multipart");
    const body = parts ? new FormData() : new URLSearchParams();
    for (const [name, value] of [...new FormData(form), extra]) {
      if (typeof value === "string") body.append(name, value);
    }
    return fetch(url, { method: "POST", body, credentials: "same-origin" });
  };

  const saveDraft = async () => {
    const url = form && form.dataset.draftUrl;
    if (!url || !changed || leaving) return;
    const before = edits;
    try {
      const answer = await send(url, "_autosave", "1");
      // A lapsed session answers with the sign-in page: that is not a saved draft.
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      if (before === edits) changed = false;
      // Words come only where another device has gone on with the same draft.
      const off = Math.abs(Date.parse(answer.headers.get("date")) - Date.now()) > 6e5;
      say((await answer.text() || `已于 ${clock()} 保存`) + (off ? "；本机时钟不准，日期以平台的为准" : ""));
    } catch {
      say("草稿暂未保存，内容仍在本页，稍后再试");
    }
  };

  if (form) {
    form.addEventListener("input", (event) => { touch(); count(event.target); });
    setInterval(saveDraft, 10000);
    addEventListener("beforeunload", (event) => {
      if (changed && !leaving) event.preventDefault();
    });
    on("visibilitychange", () => { if (document.hidden) saveDraft(); });
  }

  // While the database changes hands: the same form under the same key, until it is answered.
  const retry = async (until) => {
    if (edits || leaving) return;
    const banner = document.querySelector("[data-away]");
    if (Date.now() > until) {
      banner.textContent = "仍没有提交成功，您填写的内容还在本页，请稍后再按一次按钮";
      return;
    }
    try {
      const answer = await send(form.action);
      if (answer.status !== 503) {
        leaving = true;
        if (answer.redirected) location.assign(answer.url);
        else form.submit();
        return;
      }
    } catch { /* The line is down as well. */ }
    setTimeout(retry, 3000, until);
  };
  if (form && form.dataset.retry !== undefined) setTimeout(retry, 3000, Date.now() + 60000);

  const count = (area) => {
    if (area.tagName !== "TEXTAREA") return;
    const counter = area.parentElement.querySelector(".counter span");
    if (counter) counter.textContent = String([...area.value].length);
  };

  // The second press within a sending is dropped; the server would see through it as well.
  on("submit", (event) => {
    const sent = event.target;
    const pressed = event.submitter;
    const main = sent.querySelector("[data-submit][data-confirm]");
    const asks = (pressed && pressed.dataset.confirm)
      || (main && !(pressed && pressed.name) ? main.dataset.confirm : "");
    if (asks && !confirm(asks)) return event.preventDefault();
    if (sent.dataset.once === undefined) return;
    if (sent.dataset.sent) return event.preventDefault();
    sent.dataset.sent = "1";
    if (sent === form) leaving = true;
    // Not `disabled`: a disabled button would not send its own name.
    if (pressed) pressed.setAttribute("aria-disabled", "true");
  });
  // Coming back by the browser's own button finds the page as it was left, ready to send again.
  addEventListener("pageshow", () => {
    leaving = false;
    for (const one of all("form[data-sent]")) delete one.dataset.sent;
    for (const one of all("[aria-disabled]")) one.removeAttribute("aria-disabled");
  });

  // --- Rows: add and remove without losing one's place --------------------------------------
  const number = (rows) => all(":scope > fieldset", rows).forEach((row, at) => {
    for (const nth of all(":scope > legend .nth, :scope > button .nth", row)) nth.textContent = String(at + 1);
  });

  const addRow = (path) => {
    const rows = all("[data-rows]").find((one) => one.dataset.rows === path);
    const blank = rows && rows.querySelector(":scope > template");
    if (!blank) return false;
    const used = all(":scope > fieldset", rows).map((row) => Number(row.id.split(".").pop()));
    const next = Math.max(-1, ...used) + 1;
    const box = document.createElement("template");
    box.innerHTML = blank.innerHTML.replaceAll(`${path}.#`, `${path}.${next}`);
    const row = box.content.firstElementChild;
    rows.insertBefore(row, blank);
    number(rows);
    unfold();
    const first = row.querySelector("input:not([type=hidden]),select,textarea");
    if (first) first.focus();
    return true;
  };

  const removeRow = (button) => {
    const row = button.closest("fieldset.row");
    const rows = row.parentElement;
    row.remove();
    number(rows);
    rows.focus();
  };

  // --- Fields that depend on others: shown or hidden as the answer changes ---------------------
  // Without script all of them stay, and the hint under each says when it is wanted.
  const answer = (name) => {
    const all = [...form.elements].filter((one) => one.name === name);
    const one = all.find((it) => !/^(radio|checkbox)$/.test(it.type) || it.checked);
    return one ? one.value : "";
  };
  const unfold = () => {
    for (const one of form ? all("[data-when]", form) : []) {
      const [, name, sign, values] = /^(.*?)(!?=)(.*)$/.exec(one.dataset.when);
      const hit = values.split(",").includes(answer(name));
      one.hidden = (sign === "=") !== hit && !one.querySelector(".error");
    }
  };
  if (form) {
    unfold();
    form.addEventListener("change", unfold);
  }

  // --- Look-ups: send the form, take back only the row or the field -----------------------------
  // The answer is the same page a browser without script would get; all else stays as typed.
  const redraw = async (button) => {
    const path = button.value.split(":")[0];
    const row = button.closest("fieldset.row");
    const id = row ? row.id : `g-${path}`;
    const answer = await send(form.action, button.name, button.value);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (!fresh || !old) throw new Error("no field");
    // Files chosen and not sent yet stay chosen.
    for (const file of all("input[type=file]", old).filter((it) => it.files.length)) {
      const blank = fresh.querySelector(`[id="${file.id}"]`);
      if (blank) blank.replaceWith(file);
    }
    old.replaceWith(document.adoptNode(fresh));
    unfold();
    touch();
    const group = document.getElementById(`g-${path}`) || fresh;
    const target = group.querySelector(".found button,.card,input:not([type=hidden])");
    if (target) target.focus();
  };

  on("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return openRow(event);
    if (button.getAttribute("aria-disabled")) return event.preventDefault();
    if (button.dataset.add !== undefined && addRow(button.dataset.add)) {
      event.preventDefault();
      touch();
    } else if (button.dataset.remove !== undefined) {
      event.preventDefault();
      removeRow(button);
      touch();
    } else if (button.dataset.part !== undefined && form) {
      event.preventDefault();
      button.setAttribute("aria-disabled", "true");
      // Where fetching fails, the button does what it does without script.
      redraw(button).catch(() => {
        button.removeAttribute("aria-disabled");
        leaving = true;
        delete button.dataset.part;
        form.requestSubmit(button);
      });
    } else if (button.dataset.locate !== undefined) {
      locate(button);
    }
  });

  // --- Place: only where the device can tell it ------------------------------------------------
  const locate = (button) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const part = (name) => document.getElementById(`f-${button.dataset.locate}.${name}`);
      part("lng").value = coords.longitude.toFixed(6);
      part("lat").value = coords.latitude.toFixed(6);
      touch();
    },
    () => say("没有取得位置，请手工填写"),
    { enableHighAccuracy: true, timeout: 10000 },
  );
  if (navigator.geolocation) for (const one of all("[data-locate]")) one.hidden = false;

  // --- Lists: the whole row opens; j, k and Enter ----------------------------------------------
  const openRow = (event) => {
    const row = event.target.closest(".list tbody tr");
    if (!row || event.target.closest("a,input,label") || String(getSelection())) return;
    const link = row.querySelector("a.open");
    if (link) link.click();
  };

  const lines = () => all("[data-keys] tbody tr, ul[data-keys] > li").filter((line) => line.querySelector("a.open"));
  const step = (by) => {
    const rows = lines();
    const at = rows.findIndex((row) => row.classList.contains("here"));
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (!next) return;
    if (at >= 0) rows[at].classList.remove("here");
    next.classList.add("here");
    // Focus on the link makes Enter, a screen reader and the browser agree on where one is.
    next.querySelector("a.open").focus();
    next.scrollIntoView({ block: "nearest" });
  };
  on("focusin", (event) => {
    const line = event.target.closest("[data-keys] tr, [data-keys] > li");
    for (const other of all(".here")) if (other !== line) other.classList.remove("here");
  });

  on("keydown", (event) => {
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key === "Enter" && form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]"));
    } else if (control && event.key.toLowerCase() === "s" && form && form.dataset.draftUrl) {
      event.preventDefault();
      changed = true;
      saveDraft();
    } else if (control || event.altKey || event.isComposing || typing(event.target)) {
      return;
    } else if (event.key === "/") {
      const box = document.getElementById("q2") || document.getElementById("q");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "j") {
      step(1);
    } else if (event.key === "k") {
      step(-1);
    } else if (event.key === "x") {
      const pick = document.querySelector(".here [data-pick]");
      if (pick) pick.checked = !pick.checked;
    }
  });

  // --- Counts that stay as they are: one connection while the page is looked at ------------------
  const counters = all("[data-live]");
  let source = null;
  const listen = () => {
    if (document.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source) {
      source = new EventSource("/events");
      source.onmessage = ({ data }) => {
        const counts = JSON.parse(data);
        for (const one of counters) {
          const count = counts[one.dataset.live] || 0;
          const box = one.closest("[data-live-box]");
          one.textContent = box && count > 99 ? "99+" : String(count);
          if (box) box.hidden = !count;
        }
      };
    }
  };
  // Later, so that turning pages quickly opens none.
  if (counters.length && window.EventSource) {
    setTimeout(() => { listen(); on("visibilitychange", listen); }, 3000);
  }

  // --- Choosing lines: all of a page, or with x the one one is at ---------------------------------
  const picks = all("[data-pick]");
  for (const one of all("[data-pick-all]")) {
    one.hidden = false;
    one.addEventListener("change", () => { for (const pick of picks) pick.checked = one.checked; });
  }

  // --- Columns: chosen here, remembered in this browser ------------------------------------------
  const recall = (key) => {
    try { return JSON.parse(localStorage.getItem(key)) || []; } catch { return []; }
  };
  const keep = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private window: not kept */ }
  };

  const chooser = (table) => {
    const key = `columns:${table.dataset.list}`;
    const heads = all("thead th", table);
    let gone = recall(key);
    const apply = () => heads.forEach((head, at) => {
      if (!head.dataset.col) return;
      const hide = gone.includes(head.dataset.col);
      head.hidden = hide;
      for (const row of table.tBodies[0].rows) row.cells[at].hidden = hide;
    });
    const box = document.createElement("details");
    box.className = "chooser";
    const summary = document.createElement("summary");
    summary.className = "quiet";
    summary.textContent = "选择列";
    const menu = document.createElement("div");
    // The first column opens the row, and so always stays.
    for (const head of heads.filter((one) => one.dataset.col).slice(1)) {
      const label = document.createElement("label");
      const tick = document.createElement("input");
      label.className = "box line";
      tick.type = "checkbox";
      tick.checked = !gone.includes(head.dataset.col);
      tick.addEventListener("change", () => {
        gone = gone.filter((one) => one !== head.dataset.col);
        if (!tick.checked) gone.push(head.dataset.col);
        keep(key, gone);
        apply();
      });
      label.append(tick, head.textContent);
      menu.append(label);
    }
    box.append(summary, menu);
    on("click", (event) => { if (!box.contains(event.target)) box.open = false; });
    const start = document.querySelector(".head .start");
    if (start) start.prepend(box);
    apply();
  };
  for (const table of all("table[data-list]")) chooser(table);
})();
