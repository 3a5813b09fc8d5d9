import { sha256 } from '../crypto.ts';

/** The panel's whole stylesheet, a string because nothing bundles it. */
export const panelStyle = `
:root {
  color-scheme: light dark;
  --page: #f3f5f4;
  --ink: #14211f;
  --soft: #50615e;
  --line: #cfd8d5;
  --card: #ffffff;
  --accent: #00695c;
  --on-accent: #ffffff;
  --good: #dff3e4;
  --bad: #a3182a;
  --bad-wash: #fdeaec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1413;
    --ink: #e8efed;
    --soft: #a3b5b1;
    --line: #2d3b38;
    --card: #15201e;
    --accent: #4cc7ae;
    --on-accent: #05211c;
    --good: #143524;
    --bad: #ff97a2;
    --bad-wash: #3a161b;
  }
}

*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, ol, dl, dd, table, form { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.6rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; line-height: 1.3; }
a { color: var(--accent); }
small, .soft { color: var(--soft); font-size: .875rem; }
button, input, select, textarea { font: inherit; color: inherit; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
code { font-family: ui-monospace, Consolas, monospace; overflow-wrap: anywhere; }

.skip { position: absolute; left: 8px; top: -60px; z-index: 1; padding: 8px 12px; background: var(--card); }
.skip:focus { top: 8px; }
.top {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 16px; align-items: center;
  padding: 10px clamp(12px, 3vw, 32px) 0; background: var(--card); border-bottom: 1px solid var(--line);
}
.top span { color: var(--soft); font-size: .875rem; }
.where, .who { min-width: 0; overflow-wrap: anywhere; }
.where span, .who span { display: inline-block; margin-left: 6px; }
.who { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 4px 12px; }
/* Beside the name, though the pages come before it in the order of the keyboard. */
.top .who { grid-area: 1 / 2; }
.top nav { grid-area: 2 / 1 / auto / -1; }
.top nav ul { display: flex; flex-wrap: wrap; gap: 0 4px; margin-inline: -10px; }
.top nav a {
  display: block; padding: 10px; border-bottom: 3px solid transparent; color: var(--ink); text-decoration: none;
}
.top nav a:hover { border-color: var(--line); }
.top nav a[aria-current] { border-color: var(--accent); font-weight: 600; }

main { display: grid; gap: 20px; max-width: 1120px; margin: 0 auto; padding: 24px clamp(12px, 3vw, 32px) 48px; }
main > *, .card > * { min-width: 0; }
.alone { max-width: 440px; padding-top: max(24px, 10vh); }
.brand { color: var(--soft); font-weight: 600; }
.card {
  display: grid; gap: 14px; padding: 18px clamp(14px, 2vw, 22px); border: 1px solid var(--line); border-radius: 12px;
  background: var(--card);
}
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 20px; align-items: start; }
.fields { display: grid; gap: 14px; }
.field { display: grid; gap: 4px; min-width: 0; max-width: 420px; }
.field label { font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: end; }
.row .field { flex: 1 1 170px; }
/* Beside the field itself, not its hint: below a label of one line. */
.row > .field:has(> small) + button { align-self: start; margin-top: 28px; }
@media (max-width: 420px) {
  .row > .field:has(+ button) { flex-basis: 100%; }
  .row > .field:has(> small) + button { margin-top: 0; }
}
.field.wide { max-width: none; }
.tick { display: grid; gap: 4px; }
.tick label { display: flex; gap: 10px; align-items: center; min-height: 44px; }
input[type="checkbox"], input[type="radio"] { width: 22px; height: 22px; flex: none; accent-color: var(--accent); }
input:not([type="hidden"], [type="checkbox"], [type="radio"]), select, textarea {
  width: 100%; min-height: 44px; padding: 8px 12px; border: 1px solid var(--soft); border-radius: 8px; background: var(--card);
}
button, .button {
  display: inline-block; min-height: 44px; padding: 9px 18px; border: 1px solid var(--accent); border-radius: 8px;
  background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none; cursor: pointer;
}
button.quiet, .button.quiet { background: none; color: var(--accent); }
button.grave { border-color: var(--bad); background: none; color: var(--bad); }
.sure summary {
  width: fit-content; min-height: 44px; padding: 9px 18px; border: 1px solid var(--bad); border-radius: 8px;
  color: var(--bad); font-weight: 600; list-style-position: inside; cursor: pointer;
}
.sure form { display: grid; gap: 10px; justify-items: start; margin-top: 10px; padding-left: 14px; border-left: 3px solid var(--bad); }
.sure button { border-color: var(--bad); background: var(--bad); color: var(--card); }
.top button { min-height: 36px; padding: 4px 12px; }

.done, .faults { padding: 12px 16px; border-radius: 8px; }
.done { background: var(--good); }
.faults { display: grid; gap: 4px; border-left: 4px solid var(--bad); background: var(--bad-wash); }
.secret { padding: 12px; border: 1px dashed var(--soft); border-radius: 8px; }
.codes { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 6px 14px; }
.qr { width: 200px; padding: 8px; border-radius: 8px; background: #ffffff; }
.qr svg { display: block; width: 100%; height: auto; }

/* A row each, that becomes a card where there is no room for columns. */
.list { width: 100%; border-collapse: collapse; }
.list th { padding: 6px 10px 6px 0; color: var(--soft); font-size: .875rem; font-weight: 600; text-align: left; }
.list td { padding: 10px 10px 10px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.list form { display: inline-block; }
.list .sure form { display: grid; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
.actions button { min-height: 38px; padding: 5px 12px; }
.actions summary { min-height: 38px; padding: 5px 12px; }
.actions .sure[open] { flex: 1 1 100%; }
.actions select { width: auto; min-height: 38px; padding: 4px 8px; }
.badge { display: inline-block; padding: 1px 10px; border-radius: 99px; border: 1px solid var(--line); font-size: .875rem; white-space: nowrap; }
.badge.good { background: var(--good); }
.badge.bad { border-color: var(--bad); background: var(--bad-wash); color: var(--bad); }
.badge.busy { border-color: var(--accent); color: var(--accent); }
.off { color: var(--soft); }
@media (max-width: 760px) {
  .top { grid-template-columns: minmax(0, 1fr); }
  .top .who { grid-area: 2 / 1; justify-content: space-between; }
  .top nav { grid-area: 3 / 1; }
  .list thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .list, .list tbody, .list tr, .list td { display: block; width: 100%; }
  .list tr { padding: 10px 0; border-top: 1px solid var(--line); }
  .list td { padding: 2px 0; border: 0; }
  .list td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: .875rem; }
}
/* The overview. */
h3 { font-size: 1.05rem; line-height: 1.3; }
.needs { display: grid; gap: 14px; }
.needs > * { min-width: 0; }
.needs .list { table-layout: fixed; }
.needs th:nth-child(2) { width: 36%; }
.needs th:nth-child(3) { width: 14%; }
.needs th:nth-child(4) { width: 22%; }
.needs td:first-child a { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 3; }
.needs .actions form { display: flex; flex-wrap: wrap; gap: 8px; max-width: 100%; }
.needs .actions select { max-width: 100%; }
.card.calm { border-left: 6px solid var(--accent); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 14px; }
.figures dt { color: var(--soft); font-size: .875rem; }
.figures dd { font-size: 1.4rem; font-weight: 600; }
.figures dd span { font-weight: 400; }
.bar { display: block; width: 100%; height: 6px; margin-top: 6px; fill: var(--accent); }
.bar.bad { fill: var(--bad); }
.bar .rail { fill: var(--line); }
.chart { width: 100%; max-width: 440px; height: auto; }
.chart text { fill: var(--ink); font-size: 11px; text-anchor: middle; }
.chart .p50 { fill: var(--accent); }
.chart .p90 { fill: var(--accent); opacity: .4; }

/* Names and values, one below the other. */
.facts { display: grid; grid-template-columns: minmax(90px, max-content) minmax(0, 1fr); gap: 6px 18px; }
.facts > div { display: contents; }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }

/* Work orders and alerts. */
[data-live]:empty { display: none; }
/* What people wrote, in whatever direction their language runs. */
.kept, .said, blockquote, input, textarea { unicode-bidi: plaintext; }
.kept { white-space: pre-line; overflow-wrap: anywhere; }
.bad { color: var(--bad); }
.timeline { display: grid; gap: 14px; }
.timeline li { display: grid; gap: 4px; padding-left: 14px; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
blockquote { margin: 0; padding: 6px 12px; border-radius: 8px; background: var(--page); white-space: pre-line; overflow-wrap: anywhere; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 180px), 1fr)); gap: 14px; }
.pictures li { min-width: 0; overflow-wrap: anywhere; }
.pictures img { display: block; width: 100%; height: 180px; object-fit: contain; border-radius: 8px; background: var(--page); }

/* Settings. */
.below ul { display: flex; flex-wrap: wrap; gap: 4px 8px; }
.below a { display: block; padding: 8px 14px; border: 1px solid var(--line); border-radius: 99px; text-decoration: none; }
.below a[aria-current] { border-color: var(--accent); font-weight: 600; }
small.fault { color: var(--bad); font-weight: 600; }
[aria-invalid="true"] { border-color: var(--bad) !important; border-width: 2px !important; }
[hidden] { display: none !important; }
.copied .field { max-width: none; flex: 1 1 260px; }
fieldset { display: grid; gap: 10px; margin: 0; padding: 12px 14px 14px; min-width: 0; border: 1px solid var(--line); border-radius: 8px; }
fieldset legend { padding: 0 6px; font-weight: 600; }
fieldset.bare { padding: 0; border: 0; }
.sections { display: grid; gap: 20px; }
.checks { display: grid; gap: 14px; }
.checks li { display: grid; gap: 4px; padding-top: 12px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.checks h3 { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; font-size: 1rem; }
.bad-line { padding-left: 10px; border-left: 3px solid var(--bad); }
.steps { display: grid; gap: 8px; color: var(--soft); }
.steps .reached { color: var(--ink); }
.steps .reached > span { color: var(--accent); font-weight: 700; }
.ticks { display: flex; flex-wrap: wrap; gap: 0 18px; }

/* Technicians */
.address { align-items: end; padding-top: 8px; border-top: 1px solid var(--line); }
.line { display: block; }
.numbered { display: grid; gap: 8px; padding-left: 1.4em; list-style: decimal; }
.row.even { align-items: start; }
.code { font-size: clamp(1.8rem, 9vw, 3rem); font-weight: 700; letter-spacing: .06em; }

.jobs { display: grid; gap: 18px; }
.jobs li { display: grid; gap: 6px; min-width: 0; overflow-wrap: anywhere; }
.jobs > li + li { padding-top: 18px; border-top: 1px solid var(--line); }
.jobs .actions form { display: inline-block; }
@media (max-width: 760px) {
  .queues td[data-label] { display: inline-block; width: auto; margin-right: 14px; }
}
.faultlist { display: grid; gap: 4px; }
.faultlist li { display: list-item; list-style: inside disc; overflow-wrap: anywhere; }

/* Messages. */
.several { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr)); gap: 10px 14px; align-items: start; }
.message-search details .several { padding-top: 12px; }
.message-search summary { min-height: 32px; color: var(--accent); cursor: pointer; }
.message-search .actions > * { min-height: 44px; padding: 9px 18px; }
.card h3 { font-size: 1rem; }
.said { white-space: pre-wrap; overflow-wrap: anywhere; padding: 12px; border-radius: 8px; background: var(--page); }
.steps { display: grid; gap: 6px; }
.steps li { min-width: 0; overflow-wrap: anywhere; }
.steps time { color: var(--soft); font-size: .875rem; }
.messages td:first-child, .messages td:nth-child(2) { min-width: 110px; }
.people td + td { min-width: 110px; }
.users td:first-child { min-width: 190px; }
.users td:nth-child(2) { min-width: 120px; }
[data-live] { display: grid; gap: 20px; }
[data-live] > * { min-width: 0; }
`;

export const styleAddress = `/admin/panel.css?v=${sha256(panelStyle).toString('hex').slice(0, 8)}`;
