// Writing at an item: saved by itself, kept in this browser while the network is away, others shown.

const word = (name) => document.body.dataset[name] ?? "";
const stored = (deed) => {
  try {
    return deed(window.localStorage);
  } catch {
    return null; // storage may be switched off; then only the server keeps
  }
};
const PAUSE = 3000;
const BEAT = 20000;

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const here = form.getAttribute("action");
  const key = `minutes:${form.dataset.owner}:${form.dataset.autosave}`;
  const areas = ["discussion_ko", "discussion_en"].map((name) => form.elements[name]);
  const said = form.querySelector("[data-saved]");
  const writers = form.parentElement.querySelector("[data-writers]");
  const clashes = Boolean(form.querySelector("#conflict-title"));
  const same = (a, b) => a.replace(/\r\n/g, "\n").trim() === b.replace(/\r\n/g, "\n").trim();
  const refused = document.querySelector(".error-summary, .flash-error");
  let timer = 0;
  let typed = false;
  let running = false;

  const keep = () => stored((store) => store.setItem(key, JSON.stringify({
    edition: form.elements.edition.value, texts: areas.map((area) => area.value),
  })));
  const forget = () => stored((store) => store.removeItem(key));

  function offer(kept) {
    const note = document.createElement("div");
    const text = document.createElement("span");
    note.className = "found";
    note.setAttribute("role", "status");
    text.textContent = word("wordFound");
    note.append(text);
    for (const [label, kind, deed] of [
      [word("wordRestore"), "secondary", () => {
        kept.texts.forEach((value, index) => { areas[index].value = value; });
        // With the edition it was typed on: what others saved since is shown, not overwritten.
        form.elements.edition.value = kept.edition;
        areas[0].dispatchEvent(new Event("input", { bubbles: true }));
      }],
      [word("wordForget"), "link", forget],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `button button-${kind} button-small`;
      button.textContent = label;
      button.addEventListener("click", () => { deed(); note.remove(); areas[0].focus(); });
      note.append(button);
    }
    form.prepend(note);
  }

  const kept = JSON.parse(stored((store) => store.getItem(key)) ?? "null");
  if (kept && kept.texts.every((text, index) => same(text, areas[index].value))) {
    if (!refused) forget();
  } else if (kept) offer(kept);

  async function send(path, body = new FormData(form)) {
    const answer = await fetch(here + path, {
      method: "POST", body, credentials: "same-origin", redirect: "manual",
    });
    if (!answer.headers.get("content-type")?.includes("json")) throw new Error("no answer");
    return answer.json();
  }

  async function save() {
    if (running || !typed) return;
    running = true;
    const sent = areas.map((area) => area.value);
    try {
      const answer = await send("/autosave");
      said.textContent = answer.sentence;
      if (answer.edition) {
        form.elements.edition.value = answer.edition;
        typed = areas.some((area, index) => area.value !== sent[index]);
        if (typed) { keep(); plan(); } else forget();
      }
    } catch {
      said.textContent = form.dataset.offline;
      plan(BEAT);
    } finally {
      running = false;
    }
  }

  const plan = (pause = PAUSE) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };

  async function beat() {
    if (document.hidden || !areas.some((area) => area === document.activeElement)) return;
    try {
      const { others } = await send("/writing", new URLSearchParams({ csrf_token: form.elements.csrf_token.value }));
      writers.replaceChildren(...others.map((sentence) => {
        const row = document.createElement("p");
        row.textContent = sentence;
        return row;
      }));
    } catch {
      // The next beat tries again; what is typed is kept meanwhile.
    }
  }

  form.addEventListener("input", (event) => {
    if (!areas.includes(event.target)) return;
    typed = true;
    keep();
    if (!clashes) plan(); // After a clash a person chooses; nothing is saved by itself.
  });
  form.addEventListener("focusin", beat);
  form.addEventListener("submit", () => clearTimeout(timer));
  window.addEventListener("online", save);
  setInterval(beat, BEAT);
}
