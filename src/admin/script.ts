import { sha256 } from '../crypto.ts';

/** Small helps; every page works without it. The reader's zone goes along as a cookie, so that times come out right. */
export const panelScript = `"use strict";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = "rbm.zone=" + encodeURIComponent(zone) + "; Path=/admin; Max-Age=31536000; SameSite=Lax" + secure;
}
// Twice tapped is once meant.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
`;

export const scriptAddress = `/admin/panel.js?v=${sha256(panelScript).toString('hex').slice(0, 8)}`;
