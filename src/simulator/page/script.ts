import { bubbleScript } from './script-bubbles.ts';
import { panelScript } from './script-panel.ts';
import { phoneScript } from './script-phones.ts';
import { trailScript } from './script-trail.ts';

const liveScript = `"use strict";
const base = document.body.dataset.base;
const main = document.querySelector("main");
const panel = document.querySelector("#faults");
const connection = document.querySelector(".connection");
const phones = new Map();
let readReceipts = "auto";

const connect = () => {
  const events = new EventSource(base + "/events");
  const on = (name, handle) => events.addEventListener(name, ({ data }) => handle(JSON.parse(data)));
  events.addEventListener("open", () => showConnection("live", "live"));
  events.addEventListener("error", () => showConnection("waiting", "connecting again …"));
  on("state", showState);
  on("settings", showSettings);
  on("message", ({ address, message }) => showMessage(phones.get(address), message));
  on("typing", ({ address }) => showTyping(phones.get(address)));
  on("trail", ({ events }) => showTrail(events));
};

const showConnection = (state, text) => {
  connection.dataset.connection = state;
  connection.textContent = text;
};

const showState = (state) => {
  const kept = new Set(state.phones.map((phone) => phone.address));
  for (const [address, phone] of phones) {
    if (kept.has(address)) continue;
    phone.element.remove();
    phones.delete(address);
  }
  showSettings(state);

  for (const { address, messages } of state.phones) {
    const phone = phones.get(address);
    const sids = new Set(messages.map((message) => message.sid));
    // A restarted simulator has forgotten its conversations.
    if ([...phone.messages.keys()].some((sid) => !sids.has(sid))) emptyChat(phone);
    for (const message of messages) showMessage(phone, message);
  }
};

const showSettings = (settings) => {
  for (const phone of settings.phones) {
    if (!phones.has(phone.address)) addPhone(phone);
    showSwitches(phones.get(phone.address), phone.switches);
  }
  readReceipts = settings.readReceipts;
  for (const name of ["callbackOrder", "readReceipts"]) {
    for (const choice of panel.querySelectorAll("input[name=" + name + "]")) {
      choice.checked = choice.value === settings[name];
    }
  }
  showFaults(settings.faults);
  showTemplates(settings.contents);
  for (const phone of phones.values()) showUnread(phone);
};

const call = async (method, path, body) => {
  const isFile = body instanceof Blob;
  // The server takes plain text from nobody: any page could send it.
  const fileType = isFile && body.type !== "text/plain" && body.type;
  const type = isFile ? fileType || "application/octet-stream" : "application/json";
  const response = await fetch(base + path, {
    method,
    headers: { "Content-Type": type },
    body: body === undefined || isFile ? body : JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
};

const complain = (element, text) => {
  element.querySelector(".complaint").textContent = text;
};

// A menu closes when one looks elsewhere.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
};
document.addEventListener("pointerdown", ({ target }) => closeMenus(target));
document.addEventListener("focusin", ({ target }) => closeMenus(target));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
`;

/**
 * The page's own script, strings because nothing bundles them. Text from outside only ever becomes text nodes. The
 * server sends one `state` event per connection and changes after it, so a reconnect needs nothing else.
 */
export const pageScript = [
  liveScript,
  phoneScript,
  bubbleScript,
  panelScript,
  trailScript,
  'watchPanel();\nwatchTrail();\nconnect();\n',
].join('\n');
