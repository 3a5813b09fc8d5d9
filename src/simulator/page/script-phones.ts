/** A phone around its conversation. */
export const phoneScript = String.raw`const addPhone = ({ address, name, number }) => {
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
  watchMenus(phone, find);
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

const send = (phone, text, path = "/messages", more = {}) => {
  if (text.trim() === "") return;
  const quotedSid = phone.quoted ?? undefined;
  const fromComposer = phone.text.value === text;
  if (fromComposer) phone.text.value = "";
  quote(phone, null);
  return ask(phone, path, { text, quotedSid, ...more }, () => {
    if (fromComposer && phone.text.value === "") phone.text.value = text;
  });
};

/** Has the phone do something, and says when that could not be. */
const ask = async (phone, path, body, giveBack = () => {}) => {
  complain(phone.element, "");
  phone.followsEnd = true;
  try {
    await call("POST", "/phones/" + encodeURIComponent(phone.address) + path, body);
  } catch (error) {
    giveBack();
    complain(phone.element, "Not sent: " + error.message);
  }
};

const watchMenus = (phone, find) => {
  const file = find("input[type=file]");
  const menu = find(".attach");
  const choose = (selector, act) => {
    for (const button of menu.querySelectorAll(selector)) {
      button.addEventListener("click", () => {
        menu.open = false;
        menu.querySelector("summary").focus();
        act(button);
      });
    }
  };
  choose("[data-pick]", () => file.click());
  choose("[data-sample]", ({ dataset }) => void ask(phone, "/samples", { kind: dataset.sample }));
  choose("[data-place]", () => void ask(phone, "/places", { ...plant, label: takeText(phone) || undefined }));
  choose("[data-forward]", () => void send(phone, phone.text.value || "ACK", "/messages", { isForwarded: true }));
  choose("[data-sms]", () => void send(phone, phone.text.value || "ACK", "/messages", { isSms: true }));
  choose("[data-edit]", () => void ask(phone, "/edits", {}));
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const caption = takeText(phone);
    void ask(phone, "/files?caption=" + encodeURIComponent(caption), chosen);
    file.value = "";
  });
  for (const box of phone.element.querySelectorAll(".options input")) {
    box.addEventListener("change", () => void ask(phone, "/switches", { [box.name]: box.checked }));
  }
};

const plant = { latitude: 29.735512, longitude: -95.274607 };

/** What is written under a photo or beside a place. */
const takeText = (phone) => {
  const text = phone.text.value.trim();
  phone.text.value = "";
  return text;
};

const showSwitches = (phone, switches) => {
  const tags = phone.element.querySelector(".tags");
  const boxes = [...phone.element.querySelectorAll(".options input")];
  for (const box of boxes) box.checked = switches[box.name];
  const on = boxes.filter((box) => box.checked);
  tags.hidden = on.length === 0;
  tags.replaceChildren(
    ...on.map((box) => {
      const tag = document.createElement("li");
      tag.textContent = box.dataset.tag;
      return tag;
    }),
  );
};

const showTyping = (phone) => {
  setTyping(phone, true);
  clearTimeout(phone.typing);
  phone.typing = setTimeout(() => setTyping(phone, false), 25_000);
};

const setTyping = (phone, isTyping) => {
  phone.element.querySelector(".typing").hidden = !isTyping;
  phone.element.querySelector(".number").hidden = isTyping;
};

const quote = (phone, sid) => {
  phone.quoted = sid;
  const box = phone.element.querySelector(".reply-to");
  box.hidden = sid === null;
  if (sid === null) return;
  const message = phone.messages.get(sid).message;
  box.querySelector("b").textContent = author(phone, message);
  box.querySelector("span").textContent = summary(message);
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
`;
