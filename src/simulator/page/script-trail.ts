/** What happened in the product, beside the phones. */
export const trailScript = String.raw`const trail = document.querySelector(".trail");
let happened = [];

const watchTrail = () => {
  trail?.querySelector("select").addEventListener("change", fillTrail);
};

const showTrail = (events) => {
  happened = events;
  const choice = trail.querySelector("select");
  const chosen = choice.value;
  const orders = [...new Set(events.map((event) => event.workOrder).filter(Boolean))].sort();
  if (chosen && !orders.includes(chosen)) orders.push(chosen);
  choice.replaceChildren(new Option("every order", ""), ...orders.map((order) => new Option(order, order)));
  choice.value = chosen;
  fillTrail();
};

const fillTrail = () => {
  const order = trail.querySelector("select").value;
  const shown = happened.filter((event) => order === "" || event.workOrder === order);
  trail.querySelector("ol").replaceChildren(...shown.map(trailItem));
  trail.querySelector(".empty").hidden = shown.length > 0;
};

const trailItem = ({ id, type, at, workOrder, actor, text }) => {
  const item = document.createElement("li");
  item.dataset.id = id;
  const line = document.createElement("p");
  if (workOrder) line.append(textElement("b", workOrder), " ");
  line.append(type.replace(/^work_order\./, "").replace(/[._]/g, " "));
  const time = textElement("time", moment(new Date(at)));
  time.dateTime = at;
  const who = textElement("small", actor.id ? actor.kind + " " + actor.id : actor.kind);
  item.append(time, line, who);
  if (text) item.append(textElement("q", text));
  return item;
};

const moment = (at) =>
  at.toDateString() === new Date().toDateString()
    ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    : at.toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const textElement = (name, text) => {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
};
`;
