// Working through a list without the mouse: j and k move, o opens, x chooses, a answers, v verifies, ? shows the keys.
// On the page of a request n leads to the next one of its list. Every key is a link that stands on the page.

const isTyping = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog");

const table = document.querySelector("table[data-triage]");
const links = [...(table?.querySelectorAll("tbody th[scope=row] a") ?? [])];

function move(step) {
  const row = document.activeElement?.closest("tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
}

function here() {
  const row = document.activeElement?.closest("tr");
  return links.find((link) => link.closest("tr") === row);
}

function open(link, step) {
  const to = new URL(link.href);
  if (step) to.pathname += `/${step}`;
  window.location.assign(to);
}

if (links.length) {
  document.querySelector("[data-triage-help]")?.removeAttribute("hidden");
  document.addEventListener("keydown", (event) => {
    if (isTyping(event)) return;
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      move(event.key === "j" ? 1 : -1);
      return;
    }
    if (event.key === "?") {
      event.preventDefault();
      document.querySelector("[data-triage-help]").focus();
      return;
    }
    const link = here();
    if (!link) return;
    if (event.key === "o") open(link);
    else if (event.key === "a") open(link, link.closest("form").querySelector("[formaction$=answer-many]") ? "answer" : "record-answer");
    else if (event.key === "v") open(link, "verify");
    else if (event.key === "x") {
      const box = link.closest("tr").querySelector("input[type=checkbox]");
      if (box) box.click();
    }
  });
}

// Choosing many: all of the page at once, and how many are chosen stands beside what can be done with them.
const boxes = [...(table?.querySelectorAll("tbody input[type=checkbox]") ?? [])];
const all = document.querySelector("[data-choose-all]");
const chosen = document.querySelector("[data-chosen]");

function count() {
  const number = boxes.filter((box) => box.checked).length;
  chosen.textContent = number;
  chosen.closest("form").classList.toggle("has-chosen", number > 0);
  const box = all.querySelector("input");
  box.checked = number === boxes.length;
  box.indeterminate = number > 0 && number < boxes.length;
}

if (boxes.length && all && chosen) {
  all.hidden = chosen.hidden = false;
  all.addEventListener("change", (event) => {
    for (const box of boxes) box.checked = event.target.checked;
    count();
  });
  table.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
}

const following = document.querySelector("a[data-next]");
if (following) {
  document.addEventListener("keydown", (event) => {
    if (!isTyping(event) && event.key === "n") window.location.assign(following.href);
  });
}
