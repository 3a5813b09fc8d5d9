/**
 * The page's own script, a string because nothing bundles it. Text from outside only ever becomes text nodes. The
 * server sends one `state` event per connection and changes after it, so a reconnect needs nothing else.
 */
export const pageScript = String.raw`"use strict";
const base = document.body.dataset.base;
const main = document.querySelector("main");
const panel = document.querySelector("#faults");
const connection = document.querySelector(".connection");
const phones = new Map();
let readReceipts = "auto";

const call = async (method, path, body) => {
  const response = await fetch(base + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
};

// Live state

const connect = () => {
  const events = new EventSource(base + "/events");
  events.addEventListener("open", () => showConnection("live", "live"));
  events.addEventListener("error", () => showConnection("waiting", "connecting again …"));
  events.addEventListener("state", ({ data }) => showState(JSON.parse(data)));
  events.addEventListener("settings", ({ data }) => showSettings(JSON.parse(data)));
  events.addEventListener("message", ({ data }) => {
    const { address, message } = JSON.parse(data);
    showMessage(phones.get(address), message);
  });
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
  for (const phone of settings.phones) if (!phones.has(phone.address)) addPhone(phone);
  readReceipts = settings.readReceipts;
  for (const name of ["callbackOrder", "readReceipts"]) {
    for (const choice of panel.querySelectorAll("input[name=" + name + "]")) {
      choice.checked = choice.value === settings[name];
    }
  }
  showFaults(settings.faults);
  for (const phone of phones.values()) showUnread(phone);
};

// Phones

const addPhone = ({ address, name, number }) => {
  const element = document.querySelector("#phone").content.cloneNode(true).firstElementChild;
  const find = (selector) => element.querySelector(selector);
  const phone = { address, name, element, chat: find(".chat"), text: find("textarea"), messages: new Map(), quoted: null };
  phones.set(address, phone);

  element.dataset.phone = address;
  element.setAttribute("aria-label", "Phone of " + name);
  find("h2").textContent = name;
  find(".number").textContent = number;
  find(".avatar").textContent = initials(name);
  find(".avatar").dataset.tint = String(phones.size % 5);
  find(".composer .unseen").textContent = "Message from " + name;
  phone.chat.setAttribute("aria-label", "Conversation of " + name);

  find(".composer").addEventListener("submit", (event) => {
    event.preventDefault();
    void send(phone, phone.text.value);
  });
  phone.text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") quote(phone, null);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send(phone, phone.text.value);
  });
  for (const chip of element.querySelectorAll(".chips button")) {
    chip.addEventListener("click", () => void send(phone, chip.textContent));
  }
  find(".reply-to button").addEventListener("click", () => quote(phone, null));
  element.addEventListener("pointerdown", () => read(phone));
  element.addEventListener("focusin", () => read(phone));

  main.append(element);
  const option = new Option(name, address);
  panel.querySelector("select[name=to]").append(option);
};

const initials = (name) =>
  name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");

const send = async (phone, text) => {
  if (text.trim() === "") return;
  const quotedSid = phone.quoted ?? undefined;
  const fromComposer = phone.text.value === text;
  if (fromComposer) phone.text.value = "";
  quote(phone, null);
  complain(phone.element, "");
  phone.followsEnd = true;
  try {
    await call("POST", "/phones/" + encodeURIComponent(phone.address) + "/messages", { text, quotedSid });
  } catch (error) {
    if (fromComposer && phone.text.value === "") phone.text.value = text;
    complain(phone.element, "Not sent: " + error.message);
  }
};

const quote = (phone, sid) => {
  phone.quoted = sid;
  const box = phone.element.querySelector(".reply-to");
  box.hidden = sid === null;
  if (sid === null) return;
  const message = phone.messages.get(sid).message;
  box.querySelector("b").textContent = author(phone, message);
  box.querySelector("span").textContent = plain(message.text);
  phone.text.focus();
};

const author = (phone, message) => (message.by === "phone" ? phone.name : "Maintenance");

const unreadIn = (phone) =>
  [...phone.messages.values()].filter(({ message }) => message.by === "product" && message.tick === "delivered");

const read = (phone) => {
  if (readReceipts !== "manual" || unreadIn(phone).length === 0) return;
  void call("POST", "/phones/" + encodeURIComponent(phone.address) + "/read").catch(() => {});
};

const showUnread = (phone) => {
  const count = readReceipts === "manual" ? unreadIn(phone).length : 0;
  const badge = phone.element.querySelector(".unread");
  badge.hidden = count === 0;
  badge.textContent = String(count);
  badge.setAttribute("aria-label", count + " unread");
};

// Messages

const emptyChat = (phone) => {
  phone.chat.replaceChildren();
  phone.messages.clear();
  phone.lastDay = undefined;
};

const showMessage = (phone, message) => {
  if (!phone) return;
  const wasAtEnd = phone.chat.scrollHeight - phone.chat.scrollTop - phone.chat.clientHeight < 80;
  const known = phone.messages.get(message.sid);
  const bubble = known ? known.bubble : addBubble(phone, message);
  phone.messages.set(message.sid, { message, bubble });
  fillTick(bubble, message);

  if (wasAtEnd || phone.followsEnd) phone.chat.scrollTop = phone.chat.scrollHeight;
  phone.followsEnd = false;
  showUnread(phone);
  if (!document.hidden && phone.element.contains(document.activeElement)) read(phone);
};

const addBubble = (phone, message) => {
  const at = new Date(message.at);
  addDay(phone, at);

  const bubble = document.querySelector("#bubble").content.cloneNode(true).firstElementChild;
  bubble.dataset.sid = message.sid;
  bubble.dataset.by = message.by;
  format(bubble.querySelector(".text"), message.attachments > 0 && !message.text ? "_Attachment_" : message.text);
  const time = bubble.querySelector("time");
  time.dateTime = message.at;
  time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  const quoted = phone.messages.get(message.quotedSid);
  if (quoted) {
    const box = bubble.querySelector(".quoted");
    box.hidden = false;
    const name = document.createElement("b");
    name.textContent = author(phone, quoted.message);
    const text = document.createElement("span");
    text.textContent = plain(quoted.message.text);
    box.append(name, text);
    box.addEventListener("click", () => quoted.bubble.scrollIntoView({ block: "nearest" }));
  }

  const reply = bubble.querySelector(".reply");
  reply.hidden = message.by === "phone";
  reply.addEventListener("click", () => quote(phone, message.sid));
  bubble.querySelector(".again").addEventListener("click", () => void sendAgain(phone, message.sid));

  phone.chat.append(bubble);
  return bubble;
};

const sendAgain = async (phone, sid) => {
  complain(phone.element, "");
  try {
    await call("POST", "/messages/" + encodeURIComponent(sid) + "/again");
  } catch (error) {
    complain(phone.element, "Not sent: " + error.message);
  }
};

const addDay = (phone, at) => {
  const day = at.toDateString();
  if (phone.lastDay === day) return;
  phone.lastDay = day;
  const item = document.createElement("li");
  item.className = "day";
  item.textContent =
    day === new Date().toDateString()
      ? "Today"
      : at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "long" });
  phone.chat.append(item);
};

const fillTick = (bubble, { by, tick, httpStatus, errorCode, errorMessage }) => {
  bubble.dataset.tick = tick;
  const icon = bubble.querySelector(".tick");
  icon.setAttribute("aria-label", tickTexts[by][tick]);
  icon.title = tickTexts[by][tick];

  const failed = tick === "failed";
  const problem = bubble.querySelector(".problem");
  problem.hidden = !failed;
  problem.title = failed && errorMessage ? errorMessage : "";
  problem.firstElementChild.textContent = !failed
    ? ""
    : by === "product"
      ? "not delivered (" + errorCode + ")"
      : "not delivered (" + (httpStatus || "no connection") + ")";
  bubble.querySelector(".again").hidden = !failed || by === "product";
};

const tickTexts = {
  phone: { sent: "sent", delivered: "delivered", failed: "not delivered" },
  product: { queued: "waiting", sent: "sent", delivered: "delivered", read: "read", failed: "not delivered" },
};

// WhatsApp's marks: *bold* _italic_ ~struck~ and three grave accents around fixed width. Inside a word they are plain.
const code = /\u0060{3}([\s\S]+?)\u0060{3}/;
const mark = /(?<![\p{L}\p{N}])([*_~])(?!\s|\1)([^\n]*?\S)\1(?![\p{L}\p{N}])/u;
const elements = { "*": "strong", _: "em", "~": "s" };

const format = (parent, text) => {
  const fixed = code.exec(text);
  const marked = fixed ?? mark.exec(text);
  if (!marked) return parent.append(text);

  const child = document.createElement(fixed ? "code" : elements[marked[1]]);
  if (fixed) child.textContent = fixed[1];
  else format(child, marked[2]);
  format(parent, text.slice(0, marked.index));
  parent.append(child);
  format(parent, text.slice(marked.index + marked[0].length));
};

const plain = (text) => {
  const element = document.createElement("span");
  format(element, text);
  return element.textContent;
};

// Faults and settings

const showFaults = (faults) => {
  const total = faults.reduce((sum, fault) => sum + fault.left, 0);
  const badge = panel.querySelector(".count");
  badge.hidden = total === 0;
  badge.textContent = total + " waiting";
  panel.querySelector("[data-clear-faults]").disabled = total === 0;

  for (const button of panel.querySelectorAll("[data-fault]")) {
    const armed = faults.filter((fault) => fault.kind === button.dataset.fault);
    const texts = armed.map((fault) => {
      const name = phones.get(fault.to)?.name;
      return fault.left + "×" + (fault.code ? " " + fault.code : "") + (name ? " " + name : "");
    });
    const label = button.querySelector(".armed");
    label.hidden = armed.length === 0;
    label.textContent = texts.join(", ");
    button.dataset.armed = String(armed.length > 0);
  }
};

const watchPanel = () => {
  for (const button of panel.querySelectorAll("[data-fault]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.fault;
      const to = panel.querySelector("select[name=to]").value || undefined;
      const code = kind === "refuse" ? Number(panel.querySelector("select[name=code]").value) : undefined;
      void call("POST", "/faults", { kind, to, code }).catch(() => {});
    });
  }
  panel.querySelector("[data-clear-faults]").addEventListener("click", () => {
    void call("DELETE", "/faults").catch(() => {});
  });
  for (const choice of panel.querySelectorAll("input[type=radio]")) {
    choice.addEventListener("change", () => {
      void call("POST", "/settings", { [choice.name]: choice.value }).catch(() => {});
    });
  }

  const form = panel.querySelector(".add-phone");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    complain(form, "");
    try {
      await call("POST", "/phones", Object.fromEntries(new FormData(form)));
      form.reset();
    } catch (error) {
      complain(form, error.message);
    }
  });
};

const complain = (element, text) => {
  element.querySelector(".complaint").textContent = text;
};

watchPanel();
connect();
`;
