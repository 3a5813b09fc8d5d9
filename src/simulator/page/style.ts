import { phoneStyle } from './style-phone.ts';

const frameStyle = `
:root {
  color-scheme: light dark;
  --page: #eef0ef;
  --ink: #111b21;
  --soft: #56656e;
  --line: #d5dad9;
  --card: #ffffff;
  --accent: #007a5f;
  --on-accent: #ffffff;
  --bar: #008069;
  --on-bar: #ffffff;
  --wall: #efe7dd;
  --doodles: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='220' height='220' fill='none' stroke='%234a3a22' stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='M22 40l20-20M38 16a10 10 0 0 1 13 13l-5-5-4 4-5-5zM22 40a5 5 0 1 1-4 4z'/%3E%3Ccircle cx='108' cy='34' r='8'/%3E%3Cpath d='M108 20v5M108 43v5M94 34h5M117 34h5M98 24l4 4M114 40l4 4M118 24l-4 4M102 40l-4 4'/%3E%3Cpath d='M180 18l-12 20h10l-4 16 14-21h-10z'/%3E%3Cpath d='M38 92c-7 10-11 15-11 21a11 11 0 0 0 22 0c0-6-4-11-11-21z'/%3E%3Cpath d='M92 96h34v22h-20l-8 8v-8h-6zM100 104h18M100 110h12'/%3E%3Cpath d='M170 122v-14l14-9 14 9v14zM180 122v-8h8v8'/%3E%3Cpath d='M24 176h22M28 176v-14h14v14M32 162v-8h6v8M24 182h22'/%3E%3Cpath d='M100 186a14 14 0 1 1 14-14M114 164v8h-8'/%3E%3Cpath d='M168 170h30v18h-30zM174 170v-6h18v6M176 179h14'/%3E%3Ccircle cx='70' cy='66' r='2'/%3E%3Ccircle cx='148' cy='76' r='2'/%3E%3Ccircle cx='72' cy='146' r='2'/%3E%3Ccircle cx='146' cy='146' r='2'/%3E%3Cpath d='M66 20h6M69 17v6M142 200h6M145 197v6M204 72h6M207 69v6M8 132h6M11 129v6'/%3E%3C/svg%3E");
  --doodles-fade: #efe7ddeb;
  --theirs: #ffffff;
  --mine: #d9fdd3;
  --quote: #0000000d;
  --foot: #f0f2f5;
  --field: #ffffff;
  --read: #0a84c7;
  --bad: #c0182b;
  --shadow: 0 1px .5px #0b141a21;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0c1317;
    --ink: #e9edef;
    --soft: #a0b0b9;
    --line: #2b3a42;
    --card: #111b21;
    --accent: #21c063;
    --on-accent: #06130c;
    --bar: #202c33;
    --on-bar: #e9edef;
    --wall: #0b141a;
    --doodles: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='220' height='220' fill='none' stroke='%238fa3ad' stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='M22 40l20-20M38 16a10 10 0 0 1 13 13l-5-5-4 4-5-5zM22 40a5 5 0 1 1-4 4z'/%3E%3Ccircle cx='108' cy='34' r='8'/%3E%3Cpath d='M108 20v5M108 43v5M94 34h5M117 34h5M98 24l4 4M114 40l4 4M118 24l-4 4M102 40l-4 4'/%3E%3Cpath d='M180 18l-12 20h10l-4 16 14-21h-10z'/%3E%3Cpath d='M38 92c-7 10-11 15-11 21a11 11 0 0 0 22 0c0-6-4-11-11-21z'/%3E%3Cpath d='M92 96h34v22h-20l-8 8v-8h-6zM100 104h18M100 110h12'/%3E%3Cpath d='M170 122v-14l14-9 14 9v14zM180 122v-8h8v8'/%3E%3Cpath d='M24 176h22M28 176v-14h14v14M32 162v-8h6v8M24 182h22'/%3E%3Cpath d='M100 186a14 14 0 1 1 14-14M114 164v8h-8'/%3E%3Cpath d='M168 170h30v18h-30zM174 170v-6h18v6M176 179h14'/%3E%3Ccircle cx='70' cy='66' r='2'/%3E%3Ccircle cx='148' cy='76' r='2'/%3E%3Ccircle cx='72' cy='146' r='2'/%3E%3Ccircle cx='146' cy='146' r='2'/%3E%3Cpath d='M66 20h6M69 17v6M142 200h6M145 197v6M204 72h6M207 69v6M8 132h6M11 129v6'/%3E%3C/svg%3E");
  --doodles-fade: #0b141aed;
    --theirs: #202c33;
    --mine: #005c4b;
    --quote: #00000033;
    --foot: #1a252c;
    --field: #2a3942;
    --read: #5cc8ff;
    --bad: #ff8f97;
    --shadow: 0 1px .5px #00000055;
  }
}

*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  display: flex;
  flex-direction: column;
  min-height: 100dvh;
  background: var(--page);
  color: var(--ink);
  font: 15px/1.4 "Segoe UI", "Helvetica Neue", Helvetica, Roboto, "Lucida Grande", Arial, sans-serif;
}
h1, h2, p, ol, ul { margin: 0; padding: 0; }
ol, ul { list-style: none; }
button, input, select, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}

.top {
  display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; justify-content: space-between;
  padding: 14px clamp(10px, 2vw, 24px) 10px;
}
.top h1 { font-size: 20px; font-weight: 600; letter-spacing: -.01em; }
.top p { color: var(--soft); font-size: 14px; }
.connection { display: flex; align-items: center; gap: 7px; }
.connection::before { content: ""; width: 9px; height: 9px; border-radius: 50%; background: #e0a100; }
.connection[data-connection="live"]::before { background: #1fae5b; }

.panel {
  margin: 0 clamp(10px, 2vw, 24px) 14px;
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
}
.panel summary { padding: 9px 14px; font-weight: 600; cursor: pointer; border-radius: 12px; }
.count {
  margin-left: 6px; padding: 1px 9px; border-radius: 10px; background: var(--bad); color: var(--card);
  font-size: 12.5px; font-weight: 600;
}
.controls { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px 28px; padding: 4px 14px 14px; }
fieldset { min-width: 0; margin: 0; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 6px; color: var(--soft); font-size: 13px; }
.scope { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; margin-bottom: 10px; font-size: 14px; }
.scope label { display: flex; align-items: center; gap: 6px; min-width: 0; white-space: nowrap; }
select, .add-phone input {
  min-width: 0; max-width: 100%; padding: 5px 8px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--field);
}
.plain { padding: 5px 13px; border: 1px solid var(--line); border-radius: 8px; background: none; color: var(--accent); font-weight: 600; }
.plain:disabled { color: var(--soft); opacity: .6; cursor: default; }
.plain:hover:enabled, .switch:hover { border-color: var(--accent); }
.switches ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 215px), 1fr)); gap: 8px; }
.switch {
  display: flex; flex-flow: row wrap; align-content: flex-start; align-items: baseline; gap: 0 6px;
  width: 100%; height: 100%; padding: 8px 11px; border: 1px solid var(--line); border-radius: 10px;
  background: none; text-align: left;
}
.switch b { font-weight: 600; font-size: 14px; }
.switch small { flex-basis: 100%; color: var(--soft); font-size: 12.5px; line-height: 1.3; }
.switch[data-armed="true"] { border-color: var(--bad); background: color-mix(in srgb, var(--bad) 9%, transparent); }
.armed { color: var(--bad); font-size: 12.5px; font-weight: 600; }
.settings { display: grid; gap: 14px; align-content: start; font-size: 14px; }
.settings fieldset { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; }
.settings legend { float: left; width: 100%; margin-bottom: 0; }
.settings input[type="radio"] { accent-color: var(--accent); margin: 0 3px 0 0; vertical-align: -1px; }
.add-phone input { width: 150px; }
.add-phone .complaint { flex-basis: 100%; }
.complaint { color: var(--bad); font-size: 13.5px; }
.complaint:empty { display: none; }
@media (min-width: 1000px) {
  .controls { grid-template-columns: minmax(0, 1fr) 330px; }
}

.stage {
  flex: 1; display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; align-items: start;
  padding: 0 clamp(10px, 2vw, 24px) 20px;
}
.phones { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 290px), 1fr)); gap: 16px; }
.trail {
  display: flex; flex-direction: column; min-height: 0; max-height: 420px; overflow: hidden;
  border: 1px solid var(--line); border-radius: 14px; background: var(--card);
}
.trail header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 6px 10px; padding: 10px 14px; border-bottom: 1px solid var(--line); }
.trail h2 { font-size: 15px; font-weight: 600; }
.trail select { font-size: 13px; }
.trail ol { flex: 1; min-height: 0; overflow-y: auto; padding: 4px 14px 10px; scrollbar-width: thin; }
.trail ol:empty { display: none; }
.trail ol:focus-visible { outline-offset: -3px; }
.trail li {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 10px; padding: 7px 0; border-bottom: 1px solid var(--line);
  font-size: 13.5px; line-height: 1.35;
}
.trail li:last-child { border-bottom: 0; }
.trail li time { grid-row: 1; grid-column: 2; color: var(--soft); font-size: 12px; }
.trail li p { grid-row: 1; grid-column: 1; overflow-wrap: anywhere; }
.trail li small, .trail li q { grid-column: 1 / -1; color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; }
.trail li q { color: var(--ink); }
.trail .empty { padding: 12px 14px; color: var(--soft); font-size: 13.5px; }
@media (min-width: 1180px) {
  .stage:has(.trail) { grid-template-columns: minmax(0, 1fr) 264px; }
  .trail { position: sticky; top: 12px; max-height: min(860px, max(420px, 100dvh - 150px)); }
}
.templates ul { width: 100%; display: grid; gap: 6px; }
.templates label { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 10px; }
`;

// The narrow rules come last: they are exceptions to all others.
const narrowStyle = `
@media (max-width: 480px) {
  .chat { padding-inline: 14px; }
  .stage { padding-inline: 10px; }
  .scope label { flex: 1 1 100%; }
  .scope select { flex: 1; }
  .phone { height: max(420px, calc(100dvh - 90px)); }
  /* Smaller than 16px, and a phone's browser zooms in on a tap. */
  .composer textarea, .add-phone input, select { font-size: 16px; }
}
@container phone (max-width: 345px) {
  .chips { gap: 4px; padding-inline: 8px; }
  .chips button { padding-inline: 5px; font-size: 11.5px; }
}
@media (prefers-reduced-motion: no-preference) {
  .bubble { animation: arrive .16s ease-out; }
  @keyframes arrive { from { opacity: 0; transform: translateY(6px); } }
}
`;

/** The page's stylesheet, strings because nothing bundles them. */
export const pageStyle = frameStyle + phoneStyle + narrowStyle;
