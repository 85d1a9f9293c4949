// What makes the pages more pleasant. Every page works without it, and its words come from the page.

const word = (name) => document.body.dataset[name] ?? "";
const stored = (deed) => {
  try {
    return deed(window.sessionStorage);
  } catch {
    return null; // storage may be switched off; then nothing is kept
  }
};

function button(label, kind) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `button button-${kind}`;
  made.textContent = label;
  return made;
}

// A question before a deed: data-confirm on the button or on its form.
const confirmed = new WeakSet();

function ask(question, submitter, form) {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  const row = document.createElement("div");
  const yes = button(submitter?.textContent.trim() || "OK", submitter?.classList.contains("button-danger") ? "danger" : "primary");
  const no = button(word("wordCancel"), "secondary");
  dialog.className = "ask";
  text.textContent = question;
  text.id = "ask-question";
  dialog.setAttribute("aria-labelledby", text.id);
  row.className = "form-actions";
  row.append(no, yes);
  dialog.append(text, row);
  dialog.addEventListener("close", () => {
    dialog.remove();
    submitter?.focus();
  });
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    confirmed.add(form);
    form.requestSubmit(submitter ?? undefined);
  });
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

// One click, one submission. The button keeps its value: it is switched off after the form has been read.
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !confirmed.has(form)) {
    event.preventDefault();
    ask(question, event.submitter, form);
    return;
  }
  confirmed.delete(form);
  if (event.defaultPrevented) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  if (event.submitter?.dataset.file !== undefined) return; // a file comes, and the page stays as it is
  sent.add(form);
  unsaved.delete(form);
  for (const area of form.querySelectorAll("textarea[data-keep]")) {
    stored((store) => store.setItem(`sent:${area.dataset.keep}`, "1"));
  }
  const pressed = event.submitter;
  setTimeout(() => pressed && (pressed.disabled = true));
  setTimeout(() => release(form, pressed), 6000); // a file may have come back instead of a page
});

function release(form, pressed) {
  sent.delete(form);
  if (pressed) pressed.disabled = false;
}

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    sent.delete(form);
    for (const pressed of form.querySelectorAll("button:disabled")) pressed.disabled = false;
  }
});

// Filters that apply themselves: data-autosubmit on the form. Typed fields wait for the button.
for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
  });
}

// A form that thinks ahead: data-checks="the name of its button that only checks". What was found
// about the values so far is shown in #seen as they change; the form itself is left alone.
for (const form of document.querySelectorAll("form[data-checks]")) {
  const seen = document.getElementById("seen");
  let turn = 0;
  let wait = null;
  const check = async () => {
    const mine = ++turn;
    const values = new FormData(form);
    values.set(form.dataset.checks, "1");
    try {
      const answer = await fetch(window.location.href, { method: "POST", body: values });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("seen");
      if (mine !== turn || !answer.ok || !found) return;
      const about = ["wall-error", "zone-error", "duration-error"].map((id) => page.getElementById(id));
      seen.replaceChildren(...about.filter(Boolean), ...found.childNodes);
      for (const node of seen.querySelectorAll("[id$='-error']")) node.removeAttribute("id");
      const warned = page.querySelector("[name=warned_of]");
      if (warned && form.elements.warned_of) form.elements.warned_of.value = warned.value;
    } catch {
      // without the network the button still says everything
    }
  };
  form.addEventListener("change", (event) => {
    if (!seen || event.target.closest("#seen")) return;
    if (!form.elements.wall?.value || !form.elements.zone?.value) return;
    clearTimeout(wait);
    wait = setTimeout(check, 300);
  });
}

// Leaving with unsaved changes: data-guard on the form.
const unsaved = new Set();

for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("input", () => unsaved.add(form));
}
window.addEventListener("beforeunload", (event) => {
  if (unsaved.size) event.preventDefault();
});

// Long texts survive a lost session: data-keep="a key of its own" on the textarea.
function forget(key) {
  stored((store) => {
    store.removeItem(`kept:${key}`);
    store.removeItem(`sent:${key}`);
  });
}

function settle() {
  if (document.querySelector("[data-failed], .error-summary, .flash-error, [aria-invalid]")) return;
  const names = stored((store) => Object.keys(store)) ?? [];
  for (const name of names) {
    if (name.startsWith("sent:")) forget(name.slice(5));
  }
}

function offer(area, text) {
  const note = document.createElement("div");
  const back = button(word("wordRestore"), "secondary button-small");
  const away = button(word("wordForget"), "link button-small");
  const said = document.createElement("span");
  note.className = "found";
  note.setAttribute("role", "status");
  said.textContent = word("wordFound");
  note.append(said, back, away);
  back.addEventListener("click", () => {
    area.value = text;
    note.remove();
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  away.addEventListener("click", () => {
    forget(area.dataset.keep);
    note.remove();
    area.focus();
  });
  area.before(note);
}

settle();
for (const area of document.querySelectorAll("textarea[data-keep]")) {
  const key = area.dataset.keep;
  const text = stored((store) => store.getItem(`kept:${key}`));
  if (text && text !== area.value) offer(area, text);
  else if (text) forget(key);
  area.addEventListener("input", () => stored((store) => store.setItem(`kept:${key}`, area.value)));
}

// A whole row leads where its first link leads: data-row-links on the table.
for (const table of document.querySelectorAll("table[data-row-links]")) {
  table.addEventListener("click", (event) => {
    if (event.target.closest("a, button, input, label, select, summary")) return;
    if (String(window.getSelection())) return;
    const link = event.target.closest("tbody tr")?.querySelector("a[href]");
    if (!link) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
}

// The menu of the person closes by Escape and by a click elsewhere.
const user = document.querySelector("details.user");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !user?.open) return;
  user.open = false;
  user.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (user?.open && !user.contains(event.target)) user.open = false;
});

// A refused form is told from its top.
document.getElementById("error-summary")?.focus();

// Clocks that count in the room: data-counts="up" or "down", from the seconds the page was made with.
const opened = Date.now();
const counting = [...document.querySelectorAll("[data-counts]")];

function clock(seconds) {
  const sign = seconds < 0 ? "-" : "";
  const whole = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return sign + (hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`);
}

if (counting.length) {
  setInterval(() => {
    const passed = Math.floor((Date.now() - opened) / 1000);
    for (const one of counting) {
      const begun = Number(one.dataset.seconds);
      one.textContent = clock(one.dataset.counts === "up" ? begun + passed : begun - passed);
    }
  }, 1000);
}

// The order of an agenda by drag, with mouse, pen or finger. The arrows beside each item do the same.
for (const form of document.querySelectorAll("form[data-order]")) {
  const rows = [...document.querySelectorAll("tr[data-item]")];
  for (const row of rows) {
    const handle = button("\u2807", "drag");
    handle.className = "drag";
    handle.title = form.dataset.order;
    handle.setAttribute("aria-hidden", "true");
    handle.tabIndex = -1;
    row.querySelector("th > div").prepend(handle);
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      row.classList.add("is-dragged");
      const follow = (moved) => {
        const over = document.elementFromPoint(moved.clientX, moved.clientY)?.closest("tr[data-item]");
        if (!over || over === row) return;
        const box = over.getBoundingClientRect();
        over[moved.clientY < box.top + box.height / 2 ? "before" : "after"](row);
      };
      // On the document: a row that is put elsewhere loses what was captured in it.
      document.addEventListener("pointermove", follow);
      document.addEventListener("pointerup", () => {
        document.removeEventListener("pointermove", follow);
        row.classList.remove("is-dragged");
        const now = [...document.querySelectorAll("tr[data-item]")].map((one) => one.dataset.item);
        if (now.join() === rows.map((one) => one.dataset.item).join()) return;
        form.elements.order.value = now.join();
        form.requestSubmit();
      }, { once: true });
    });
  }
}
