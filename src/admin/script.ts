import { sha256 } from '../crypto.ts';

/** Small helps; every page works without it. The reader's zone goes along as a cookie, so that times come out right. */
export const panelScript = `"use strict";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = "rbm.zone=" + encodeURIComponent(zone) + "; Path=/admin; Max-Age=31536000; SameSite=Lax" + secure;
}
// What was typed outlives the session: it is in the form again once the same user has signed in, in this tab. No password
// or code is kept.
const typedFields = (form) => [...form.elements].filter(({ name, type }) => name && !["hidden", "file", "submit"].includes(type));
const typedIn = (field) => {
  if (["checkbox", "radio"].includes(field.type)) return field.checked === field.defaultChecked ? null : field.checked;
  const before = field.options ? [...field.options].find((option) => option.defaultSelected)?.value ?? field.options[0]?.value : field.defaultValue;
  return field.value === before ? null : field.value;
};
// What the form was made of goes along with it, so that what somebody else has changed since is noticed as ever.
const marksOf = (form) => [...form.elements].filter(({ type, name }) => type === "hidden" && ["version", "was", "seen"].includes(name));
try {
  const kept = JSON.parse(sessionStorage.getItem("typed"));
  const user = document.querySelector("[data-user]")?.dataset.user;
  if (kept && document.querySelector("[data-not-taken]")) sessionStorage.setItem("typed", JSON.stringify({ ...kept, isLost: true }));
  else if (kept && user) {
    sessionStorage.removeItem("typed");
    const form = [...document.forms].find((each) => each.getAttribute("action") === kept.action && typedFields(each).length === kept.values.length);
    if (kept.isLost && kept.user === user && kept.path === location.pathname && form && kept.values.some((value) => value !== null)) {
      typedFields(form).forEach((field, index) => {
        const value = kept.values[index];
        if (value !== null) field[typeof value === "boolean" ? "checked" : "value"] = value;
      });
      for (const mark of marksOf(form)) mark.value = kept.marks[mark.name] ?? mark.value;
      form.dataset.begun = "";
      const note = document.createElement("p");
      note.className = "done";
      note.setAttribute("role", "status");
      note.textContent = "What you had typed is here again. It is not saved yet.";
      form.prepend(note);
    }
  }
  if (user) document.addEventListener("submit", ({ target: form }) => {
    if (form.method !== "post" || form.querySelector("[type=password], [autocomplete=one-time-code]")) return;
    const values = typedFields(form).map(typedIn);
    const marks = Object.fromEntries(marksOf(form).map(({ name, value }) => [name, value]));
    try { sessionStorage.setItem("typed", JSON.stringify({ user, path: location.pathname, action: form.getAttribute("action"), values, marks })); } catch {}
  });
} catch {}
// Twice tapped is once meant. On a bad line somebody stops the page and taps again, and means it.
document.addEventListener("submit", (event) => {
  const { target: form } = event;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 15000);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
// A chosen file is read into the text it would be pasted into, whatever it was written in: Excel's CSV is not UTF-8.
for (const part of document.querySelectorAll("[data-with-script]")) part.hidden = false;
addEventListener("change", async ({ target }) => {
  const [file] = target.files ?? [];
  if (!file || !target.dataset.into) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const decode = (encoding) => new TextDecoder(encoding, { fatal: true }).decode(bytes);
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  let text;
  try { text = decode(isUtf16 ? "utf-16le" : "utf-8"); } catch { text = decode("windows-1252"); }
  document.getElementById(target.dataset.into).value = text;
});
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    // Without TLS there is no clipboard to write to: then it is at least marked.
    field.select?.();
    try { await navigator.clipboard.writeText(field.value ?? field.textContent); button.textContent = "Copied"; } catch {}
  });
}
// Parts of the page that stay up to date. What somebody is typing, or has begun, is left alone until they leave it.
if (document.querySelector("[data-live]")) {
  const waiting = new Map();
  const focusable = "a[href], button, input, select, textarea, summary";
  const isBusy = (part) => part.querySelector("[data-begun]") || part.querySelector("input:focus, select:focus, textarea:focus");
  const put = (id, html) => {
    const part = document.getElementById(id);
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    // What is as it was stays: put in anew it would be read out again. The page itself came with marks around it.
    if (!part || part.innerHTML.replace(/<!--.*?-->/g, "") === fresh.innerHTML) return;
    const focused = [...part.querySelectorAll(focusable)].indexOf(document.activeElement);
    const opened = [...part.querySelectorAll("details")].map((details) => details.open);
    part.innerHTML = html;
    part.querySelectorAll("details").forEach((details, index) => { details.open ||= Boolean(opened[index]); });
    if (focused >= 0) part.querySelectorAll(focusable)[focused]?.focus({ preventScroll: true });
  };
  const putAll = () => {
    for (const [id, html] of waiting) {
      const part = document.getElementById(id);
      if (part && isBusy(part)) continue;
      waiting.delete(id);
      put(id, html);
    }
  };
  addEventListener("input", ({ target }) => { if (target.form) target.form.dataset.begun = ""; });
  addEventListener("reset", ({ target }) => { delete target.dataset.begun; });
  addEventListener("focusout", () => setTimeout(putAll));
  // What answers a form that was at fault has an address that only takes forms, and holds what was typed.
  const from = document.querySelector("[data-live-from]")?.dataset.liveFrom;
  if (from) {
    for (const form of document.forms) {
      if ([...form.elements].some(({ type, defaultValue }) => type !== "hidden" && defaultValue)) form.dataset.begun = "";
    }
  }
  let source = null;
  const listen = () => {
    source?.close();
    source = document.hidden ? null : new EventSource(from ?? location.href);
    if (source) source.onmessage = ({ data }) => { const { id, html } = JSON.parse(data); waiting.set(id, html); putAll(); };
  };
  // A page nobody looks at asks for nothing.
  addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", ({ persisted }) => { if (persisted) listen(); });
  listen();
}
`;

export const scriptAddress = `/admin/panel.js?v=${sha256(panelScript).toString('hex').slice(0, 8)}`;
