/** Faults, settings and templates. */
export const panelScript = `const showFaults = (faults) => {
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

let shownTemplates = "";

const showTemplates = (contents) => {
  const box = panel.querySelector(".templates");
  if (shownTemplates === JSON.stringify(contents)) return;
  shownTemplates = JSON.stringify(contents);
  box.hidden = contents.length === 0;
  box.querySelector("ul").replaceChildren(...contents.map(templateItem));
};

const approvalStates = ["unsubmitted", "pending", "approved", "rejected", "paused", "disabled"];

const templateItem = ({ sid, name, state }) => {
  const choice = document.createElement("select");
  for (const each of approvalStates) choice.append(new Option(each, each, false, each === state));
  choice.addEventListener("change", () => {
    void call("POST", "/contents/" + sid, { state: choice.value }).catch(() => {});
  });
  const label = document.createElement("label");
  label.append((name || sid.slice(0, 8) + "…") + " ", choice);
  label.title = sid;
  const item = document.createElement("li");
  item.append(label);
  return item;
};
`;
