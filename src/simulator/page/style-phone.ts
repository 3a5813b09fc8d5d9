/** How a phone and its conversation look. */
export const phoneStyle = `
.phone {
  container: phone / inline-size;
  display: flex; flex-direction: column; min-width: 0; width: 100%; max-width: 520px; min-height: 420px;
  height: max(420px, calc(100dvh - 150px)); max-height: 860px;
  overflow: hidden; border-radius: 18px; background: var(--foot);
  box-shadow: 0 0 0 1px var(--line), 0 8px 24px #0b141a1f;
}
.phone > header { display: flex; align-items: center; gap: 11px; padding: 10px 14px; background: var(--bar); color: var(--on-bar); }
.phone > header > div { flex: 1; min-width: 0; }
.phone h2 { overflow: hidden; font-size: 16.5px; font-weight: 600; line-height: 1.25; text-overflow: ellipsis; white-space: nowrap; }
.number, .typing { font-size: 13px; opacity: .88; overflow: hidden; text-overflow: ellipsis; }
.avatar {
  display: grid; place-items: center; flex: none; width: 40px; height: 40px; border-radius: 50%;
  background: #dfe5e7; color: #3b4a54; font-size: 15px; font-weight: 600;
}
.avatar[data-tint="1"] { background: #ffd279; color: #5a3b00; }
.avatar[data-tint="2"] { background: #a5d8ff; color: #0b3a5e; }
.avatar[data-tint="3"] { background: #c7b8ff; color: #32207a; }
.avatar[data-tint="4"] { background: #ffb3ad; color: #6e1410; }
.unread {
  min-width: 22px; padding: 1px 6px; border-radius: 11px; background: #25d366; color: #06281a;
  font-size: 12.5px; font-weight: 700; text-align: center;
}

.chat {
  position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain;
  padding: 12px 7% 10px; scrollbar-width: thin;
  background: linear-gradient(var(--doodles-fade) 0 0), var(--doodles) var(--wall);
  display: flex; flex-direction: column;
}
.chat:focus-visible { outline-offset: -3px; }
.day {
  align-self: center; margin: 4px 0 10px; padding: 4px 12px; border-radius: 8px; background: var(--theirs);
  color: var(--soft); font-size: 12.5px; box-shadow: var(--shadow);
}
.bubble {
  position: relative; align-self: flex-start; max-width: 88%; min-width: 84px; margin: 1px 0 3px; padding: 6px 9px 7px;
  border-radius: 8px; background: var(--theirs); box-shadow: var(--shadow);
  font-size: 14.5px; line-height: 1.36; overflow-wrap: anywhere;
}
.bubble[data-by="phone"] { align-self: flex-end; background: var(--mine); }
.bubble[data-tick="queued"][data-by="product"] { opacity: .72; }
/* The first of a run has the tail and some air above it. */
.day + .bubble, .bubble[data-by="phone"] + .bubble[data-by="product"], .bubble[data-by="product"] + .bubble[data-by="phone"] { margin-top: 7px; }
.day + .bubble::before, .bubble[data-by="phone"] + .bubble[data-by="product"]::before,
.bubble[data-by="product"] + .bubble[data-by="phone"]::before {
  content: ""; position: absolute; top: 0; width: 9px; height: 13px; background: inherit;
}
.bubble[data-by="product"]::before { left: -8px; clip-path: polygon(0 0, 100% 0, 100% 100%); }
.bubble[data-by="phone"]::before { right: -8px; clip-path: polygon(0 0, 100% 0, 0 100%); }
.day + .bubble[data-by="product"], .bubble[data-by="phone"] + .bubble[data-by="product"] { border-top-left-radius: 0; }
.day + .bubble[data-by="phone"], .bubble[data-by="product"] + .bubble[data-by="phone"] { border-top-right-radius: 0; }

.text { white-space: pre-wrap; }
.text code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .93em; }
.meta {
  float: right; display: inline-flex; align-items: center; gap: 3px; margin: 6px 0 -4px 10px;
  color: var(--soft); font-size: 11.5px; line-height: 16px; white-space: nowrap;
}
.tick { display: inline-flex; }
.tick svg { display: none; height: 15px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.bubble[data-tick="queued"] .tick .queued, .bubble[data-tick="sent"] .tick .sent, .bubble[data-tick="failed"] .tick .failed,
.bubble[data-tick="delivered"] .tick .delivered, .bubble[data-tick="read"] .tick .delivered { display: block; }
.bubble[data-tick="read"] .tick { color: var(--read); }
.bubble[data-tick="failed"] .tick { color: var(--bad); }
.problem { clear: both; padding-top: 5px; color: var(--bad); font-size: 12.5px; font-weight: 600; }
.again { padding: 0 2px; border: 0; background: none; color: var(--accent); font-weight: 600; text-decoration: underline; text-underline-offset: 2px; }
.bubble[data-by="phone"] .again { color: var(--ink); }

.quoted {
  display: block; width: 100%; margin-bottom: 5px; padding: 5px 9px; border: 0; border-left: 4px solid var(--accent); border-radius: 6px;
  background: var(--quote); color: var(--soft); font-size: 13px; line-height: 1.35; text-align: left;
}
.quoted span { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.quoted b { display: block; color: var(--accent); }
.bubble[data-by="phone"] .quoted b { color: inherit; }

.forwarded { color: var(--soft); font-size: 12.5px; font-style: italic; }
.forwarded::before { content: "↪ "; font-style: normal; }
.file { margin: 1px -4px 5px; }
.file img, .file video { display: block; max-width: 100%; max-height: 260px; border-radius: 6px; }
.file img { min-width: 150px; object-fit: cover; }
.file img.sticker { min-width: 0; width: 96px; }
.file audio { display: block; width: 230px; max-width: 100%; height: 40px; }
.file a { display: block; padding: 8px 10px; border-radius: 6px; background: var(--quote); color: inherit; font-weight: 600; }
.place { display: grid; padding: 8px 10px; border-radius: 6px; background: var(--quote); font-size: 13px; }
.place b::before { content: "📍 "; }

.choices { clear: both; display: grid; margin: 0 -9px -7px; padding-top: 8px; }
.choices button, .choices summary {
  display: block; width: 100%; padding: 9px 10px; border: solid var(--line); border-width: 1px 0 0; border-radius: 0; background: none; color: var(--accent);
  font-weight: 600; text-align: center; cursor: pointer; list-style: none;
}
.choices summary::-webkit-details-marker { display: none; }
.choices summary::before { content: "☰ "; }
.choices :is(button, summary):hover { background: var(--quote); }
.choices :is(button, summary):focus-visible { outline-offset: -2px; }
.choices > :last-child, .choices details > :last-child { border-radius: 0 0 8px 8px; }
.choices small { display: block; color: var(--soft); font-weight: 400; }

.reaction {
  position: absolute; bottom: -13px; left: 10px; padding: 1px 6px; border: 1px solid var(--line); border-radius: 12px;
  background: var(--theirs); font-size: 13px; line-height: 19px;
}
.bubble:has(> .reaction:not([hidden])) { margin-bottom: 17px; }

.menu > summary {
  display: grid; place-items: center; width: 34px; height: 34px; border-radius: 50%; cursor: pointer; list-style: none;
}
.menu > summary::-webkit-details-marker { display: none; }
.menu > summary svg { width: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.menu > :not(summary) {
  position: absolute; z-index: 3; padding: 6px; border: 1px solid var(--line); border-radius: 10px; background: var(--card);
  color: var(--ink); box-shadow: 0 6px 24px #0b141a3d; font-size: 14px;
}
.menu button { display: block; width: 100%; padding: 8px 10px; border: 0; border-radius: 6px; background: none; text-align: left; white-space: nowrap; }
.menu :is(button, label):hover { background: var(--quote); }
.options { position: relative; }
.options > summary { margin-right: -8px; }
.options > summary svg { fill: currentColor; stroke: none; }
.options > fieldset { top: calc(100% + 8px); right: -8px; width: 264px; }
.options label { display: flex; gap: 9px; padding: 6px 8px; border-radius: 6px; cursor: pointer; }
.options input { flex: none; width: 16px; height: 16px; margin: 2px 0 0; accent-color: var(--accent); }
.options small { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.3; }
.attach { position: relative; flex: none; }
.attach > summary { width: 42px; height: 42px; margin-left: -6px; color: var(--soft); }
.attach[open] > summary { color: var(--accent); }
.attach > div { bottom: calc(100% + 6px); left: -2px; }
.answer { position: absolute; top: 50%; left: calc(100% + 5px); margin-top: -15px; }
.answer > summary { width: 30px; height: 30px; background: var(--theirs); color: var(--soft); box-shadow: var(--shadow); opacity: 0; transition: opacity .12s; }
.answer > summary svg { width: 18px; }
.bubble:hover .answer > summary, .answer > summary:focus-visible, .answer[open] > summary { opacity: 1; }
@media (hover: none) { .answer > summary { opacity: .75; } }
.answer > div { top: calc(100% + 4px); right: 0; }
.answer fieldset { display: flex; }
.answer [data-emoji]:not(.unreact) { width: 36px; padding: 5px 0; font-size: 18px; line-height: 26px; text-align: center; }

.tags { display: flex; flex-wrap: wrap; gap: 4px 6px; padding: 6px 14px; background: var(--bar); }
.tags li { padding: 1px 9px; border-radius: 10px; background: #ffd279; color: #4a3000; font-size: 12px; font-weight: 600; }
.chips { display: flex; gap: 5px; padding: 8px 10px 0; overflow-x: auto; scrollbar-width: none; flex: none; }
.chips button {
  flex: 1 0 auto; padding: 5px 7px; border: 1px solid var(--line); border-radius: 16px; background: var(--field);
  color: var(--accent); font-size: 12.5px; font-weight: 600; white-space: nowrap;
}
.chips button:hover { border-color: var(--accent); }
.chips button:focus-visible { outline-offset: -2px; }
.reply-to { display: flex; align-items: center; gap: 6px; margin: 8px 10px 0; border-left: 4px solid var(--accent); border-radius: 8px; background: var(--field); }
.reply-to p { flex: 1; min-width: 0; padding: 5px 9px; font-size: 13px; }
.reply-to b { display: block; color: var(--accent); }
.reply-to span { display: block; overflow: hidden; color: var(--soft); text-overflow: ellipsis; white-space: nowrap; }
.reply-to button { width: 32px; height: 32px; border: 0; background: none; color: var(--soft); font-size: 20px; line-height: 1; }
.composer { display: flex; align-items: flex-end; gap: 8px; padding: 8px 10px 10px; flex: none; }
.composer > label { flex: 1; min-width: 0; display: flex; }
.composer textarea {
  width: 100%; min-height: 42px; max-height: 120px; padding: 10px 15px; border: 0; border-radius: 21px; resize: none; field-sizing: content;
  background: var(--field); line-height: 22px;
}
.composer textarea:focus-visible { outline-offset: -2px; }
.composer textarea::placeholder { color: var(--soft); opacity: 1; }
.composer > button { flex: none; display: grid; place-items: center; width: 42px; height: 42px; padding: 0; border: 0; border-radius: 50%; background: var(--accent); }
.composer > button svg { width: 22px; margin-left: 2px; fill: var(--on-accent); }
.phone > .complaint { padding: 0 14px 10px; }
`;
