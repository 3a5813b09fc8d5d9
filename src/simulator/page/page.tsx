import type { FaultKind } from '../faults.ts';
import { BubbleTemplate, PhoneTemplate } from './templates.tsx';

const faultTexts: { kind: FaultKind; name: string; effect: string }[] = [
  {
    kind: 'duplicate-webhook',
    name: 'Message twice',
    effect: 'the webhook arrives twice at the same moment',
  },
  { kind: 'lost-webhook', name: 'Message lost', effect: 'Twilio has it, the webhook never comes' },
  { kind: 'duplicate-callback', name: 'Status twice', effect: 'one delivery status is reported twice' },
  { kind: 'lost-callback', name: 'Status lost', effect: 'one delivery status is never reported' },
  { kind: 'too-many-requests', name: 'Too many requests', effect: 'a send is answered 429 and not taken' },
  { kind: 'error-after-accepting', name: 'Error after taking', effect: 'a send is taken, the answer is 500' },
  { kind: 'timeout-after-accepting', name: 'No answer', effect: 'a send is taken, the answer never comes' },
  {
    kind: 'connection-reset-after-accepting',
    name: 'Connection reset',
    effect: 'a send is taken, the connection breaks',
  },
  { kind: 'refuse', name: 'Refusal', effect: 'a send is refused with the code chosen above' },
];

const refusals = [
  { code: 63016, text: 'outside the 24 hours, by callback' },
  { code: 63003, text: 'not on WhatsApp, by callback' },
  { code: 63024, text: 'invalid recipient, by callback' },
  { code: 63018, text: 'rate exceeded, by callback' },
  { code: 21211, text: 'invalid number, at once' },
  { code: 21610, text: 'opted out, at once' },
];

type PageFacts = { basePath: string; sender: string; hasTrail: boolean };

/** The page with the phones; its script fills it and keeps it live. */
export const Page = ({ basePath, sender, hasTrail }: PageFacts) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Simulated phones</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href={`${basePath}/page.css`} />
      <script src={`${basePath}/page.js`} defer></script>
    </head>
    <body data-base={basePath}>
      <header class="top">
        <div>
          <h1>Simulated phones</h1>
          <p>They write to {sender}. Nothing here reaches WhatsApp.</p>
        </div>
        <p class="connection" role="status" data-connection="waiting">
          connecting
        </p>
      </header>

      <details class="panel" id="faults">
        <summary>
          Faults and settings <span class="count" hidden></span>
        </summary>
        <div class="controls">
          <fieldset class="switches">
            <legend>What goes wrong next</legend>
            <div class="scope">
              <label>
                for{' '}
                <select name="to">
                  <option value="">every phone</option>
                </select>
              </label>
              <label>
                refusal code{' '}
                <select name="code">
                  {refusals.map(({ code, text }) => (
                    <option value={String(code)}>
                      {code} – {text}
                    </option>
                  ))}
                </select>
              </label>
              <button type="button" class="plain" data-clear-faults>
                Clear all
              </button>
            </div>
            <ul>
              {faultTexts.map(({ kind, name, effect }) => (
                <li>
                  <button type="button" class="switch" data-fault={kind}>
                    <b>{name}</b> <span class="armed" hidden></span>
                    <small>{effect}</small>
                  </button>
                </li>
              ))}
            </ul>
          </fieldset>

          <div class="settings">
            <fieldset>
              <legend>Delivery statuses arrive</legend>
              <Choice name="callbackOrder" value="in-order" text="in order" />
              <Choice name="callbackOrder" value="reversed" text="reversed" />
              <Choice name="callbackOrder" value="shuffled" text="shuffled" />
            </fieldset>
            <fieldset>
              <legend>Messages are read</legend>
              <Choice name="readReceipts" value="auto" text="after a moment" />
              <Choice name="readReceipts" value="manual" text="when I open the phone" />
            </fieldset>
            <fieldset class="templates" hidden>
              <legend>WhatsApp has decided about the templates</legend>
              <ul></ul>
            </fieldset>
            <form class="add-phone">
              <fieldset>
                <legend>Another phone</legend>
                <label>
                  Name <input name="name" required maxlength={80} autocomplete="off" />
                </label>
                <label>
                  Number{' '}
                  <input
                    name="address"
                    type="tel"
                    required
                    maxlength={160}
                    placeholder="+1 202 555 0199"
                    autocomplete="off"
                  />
                </label>
                <button type="submit" class="plain">
                  Add
                </button>
                <p class="complaint" role="alert"></p>
              </fieldset>
            </form>
          </div>
        </div>
      </details>

      <div class="stage">
        <main class="phones" aria-label="Phones">
          <noscript>
            <p>This page needs JavaScript.</p>
          </noscript>
        </main>
        {hasTrail && <Trail />}
      </div>

      <PhoneTemplate />
      <BubbleTemplate />
    </body>
  </html>
);

const Trail = () => (
  <aside class="trail" aria-label="What happened">
    <header>
      <h2>What happened</h2>
      <label>
        <span class="unseen">Order</span>
        <select name="order">
          <option value="">every order</option>
        </select>
      </label>
    </header>
    <ol role="log" aria-live="off" tabindex={0} aria-label="Events, newest first"></ol>
    <p class="empty">Nothing yet.</p>
  </aside>
);

const Choice = ({ name, value, text }: { name: string; value: string; text: string }) => (
  <label>
    <input type="radio" name={name} value={value} /> {text}
  </label>
);
