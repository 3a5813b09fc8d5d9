/** The messages of a conversation. */
export const bubbleScript = String.raw`const emptyChat = (phone) => {
  phone.chat.replaceChildren();
  phone.messages.clear();
  phone.lastDay = undefined;
};

const showMessage = (phone, message) => {
  if (!phone) return;
  const wasAtEnd = distanceFromEnd(phone) < 80;
  const known = phone.messages.get(message.sid);
  const bubble = known ? known.bubble : message.type === "reaction" ? react(phone, message) : addBubble(phone, message);
  phone.messages.set(message.sid, { message, bubble });
  if (message.type !== "reaction") fillTick(bubble, message);
  if (message.by === "product" && message.tick === "delivered") setTyping(phone, false);

  if (wasAtEnd || phone.followsEnd) phone.chat.scrollTop = phone.chat.scrollHeight;
  phone.followsEnd = false;
  showUnread(phone);
  if (!document.hidden && phone.element.contains(document.activeElement)) read(phone);
};

const distanceFromEnd = ({ chat }) => chat.scrollHeight - chat.scrollTop - chat.clientHeight;

const addBubble = (phone, message) => {
  const at = new Date(message.at);
  addDay(phone, at);

  const bubble = document.querySelector("#bubble").content.cloneNode(true).firstElementChild;
  bubble.dataset.sid = message.sid;
  bubble.dataset.by = message.by;
  bubble.querySelector(".forwarded").hidden = !message.isForwarded;
  bubble.querySelector(".way").hidden = message.way !== "sms";
  format(bubble.querySelector(".text"), message.type === "unsupported" ? "_edited a message_" : message.text);
  showFile(phone, bubble, message);
  showChoices(phone, bubble, message);
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
    text.textContent = summary(quoted.message);
    box.append(name, text);
    box.addEventListener("click", () => quoted.bubble.scrollIntoView({ block: "nearest" }));
  }

  watchAnswer(phone, bubble, message);
  bubble.querySelector(".again").addEventListener("click", () => void sendAgain(phone, message.sid));

  phone.chat.append(bubble);
  return bubble;
};

const watchAnswer = (phone, bubble, message) => {
  const menu = bubble.querySelector(".answer");
  menu.hidden = message.by === "phone";
  menu.addEventListener("toggle", () => {
    if (menu.open) menu.lastElementChild.scrollIntoView({ block: "nearest" });
  });
  menu.querySelector(".reply").addEventListener("click", () => {
    menu.open = false;
    quote(phone, message.sid);
  });
  for (const button of menu.querySelectorAll("[data-emoji]")) {
    button.addEventListener("click", () => {
      menu.open = false;
      menu.querySelector("summary").focus();
      void ask(phone, "/reactions", { sid: message.sid, emoji: button.dataset.emoji });
    });
  }
};

/** A reaction sits on the message it belongs to. */
const react = (phone, { quotedSid, text }) => {
  const target = phone.messages.get(quotedSid)?.bubble ?? null;
  if (!target) return null;
  const mark = target.querySelector(".reaction");
  mark.hidden = text === "";
  mark.textContent = text;
  target.querySelector(".unreact").hidden = text === "";
  return target;
};

const showChoices = (phone, bubble, { sid, buttons, list }) => {
  const box = bubble.querySelector(".choices");
  box.hidden = buttons.length === 0 && !list;
  const choice = (title, description) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    if (description) {
      const small = document.createElement("small");
      small.textContent = description;
      button.append(small);
    }
    button.addEventListener("click", () => {
      button.closest("details")?.removeAttribute("open");
      void ask(phone, "/taps", { sid, title });
    });
    return button;
  };
  box.append(...buttons.map((title) => choice(title)));
  if (!list) return;
  const opener = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = list.button;
  opener.append(summary, ...list.items.map(({ title, description }) => choice(title, description)));
  box.append(opener);
};

const showFile = (phone, bubble, { media, location, attachments }) => {
  const box = bubble.querySelector(".file");
  box.hidden = !media && !location && attachments === 0;
  if (location) box.append(place(location));
  else if (media) box.append(fileElement(phone, box, media));
  else if (attachments > 0) box.textContent = "Attachment";
};

const place = ({ latitude, longitude, name }) => {
  const element = document.createElement("p");
  element.className = "place";
  const title = document.createElement("b");
  title.textContent = name ?? "Location";
  element.append(title, Number(latitude).toFixed(5) + ", " + Number(longitude).toFixed(5));
  return element;
};

const fileElement = (phone, box, { sid, kind, contentType }) => {
  const source = base + "/media/" + sid;
  const tag = { image: "img", sticker: "img", audio: "audio", video: "video" }[kind];
  if (!tag) return fileLink(source, kind, contentType);

  const element = document.createElement(tag);
  element.className = kind;
  if (tag === "img") element.alt = fileNames[kind] + " from " + phone.name;
  else {
    element.controls = true;
    element.preload = "metadata";
    element.setAttribute("aria-label", fileNames[kind] + " from " + phone.name);
  }
  // It grows once it is there, and what was the end no longer is.
  const follow = () => {
    if (distanceFromEnd(phone) < box.clientHeight + 80) phone.chat.scrollTop = phone.chat.scrollHeight;
  };
  element.addEventListener("load", follow);
  element.addEventListener("error", () => {
    box.replaceChildren(fileLink(source, kind, contentType));
    follow();
  });
  element.src = source;
  return element;
};

const fileNames = {
  image: "Photo",
  sticker: "Sticker",
  audio: "Voice note",
  video: "Video",
  document: "Document",
  contacts: "Contact card",
};

const fileLink = (source, kind, contentType) => {
  const link = document.createElement("a");
  link.href = source;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = fileNames[kind] + " (" + contentType + ")";
  return link;
};

/** A message in one line, for who quotes it. */
const summary = ({ text, media, location }) => {
  const file = media ? fileNames[media.kind] : location ? (location.name ?? "Location") : "";
  return [file, plain(text)].filter(Boolean).join(": ");
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
  phone: { sent: "sent", delivered: "delivered", read: "read", failed: "not delivered" },
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
`;
