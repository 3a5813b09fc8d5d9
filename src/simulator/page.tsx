import type { FaultKind } from './faults.ts';

const suggestions = ['MY WORK', 'ACK', 'START', 'COMPLETE', 'HELP'];

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

/** The page with the phones; `page-script` fills it and keeps it live. */
export const Page = ({ basePath, sender }: { basePath: string; sender: string }) => (
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
          Faults <span class="count" hidden></span>
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

      <main class="phones" aria-label="Phones">
        <noscript>
          <p>This page needs JavaScript.</p>
        </noscript>
      </main>

      <template id="phone">
        <section class="phone">
          <header>
            <span class="avatar" aria-hidden="true"></span>
            <div>
              <h2>Phone</h2>
              <p class="number"></p>
            </div>
            <span class="unread" hidden></span>
          </header>
          <ol class="chat" role="log" aria-live="polite" tabindex={0}></ol>
          <fieldset class="chips">
            <legend class="unseen">Suggestions</legend>
            {suggestions.map((text) => (
              <button type="button">{text}</button>
            ))}
          </fieldset>
          <div class="reply-to" hidden>
            <p>
              <b></b>
              <span></span>
            </p>
            <button type="button" aria-label="Do not reply to this message">
              ×
            </button>
          </div>
          <form class="composer">
            <label>
              <span class="unseen"></span>
              <textarea
                name="text"
                rows={1}
                maxlength={4096}
                placeholder="Message"
                autocomplete="off"
              ></textarea>
            </label>
            <button type="submit" aria-label="Send">
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d="M3 20.5 21.5 12 3 3.5v6.6L15.5 12 3 13.9z" />
              </svg>
            </button>
          </form>
          <p class="complaint" role="alert"></p>
        </section>
      </template>

      <template id="bubble">
        <li class="bubble">
          <button type="button" class="quoted" hidden></button>
          <span class="text"></span>
          <span class="meta">
            <time></time>
            <span class="tick" role="img">
              <svg class="queued" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="6" />
                <path d="M8 4.6V8l2.3 1.6" />
              </svg>
              <svg class="sent" viewBox="0 0 16 16" aria-hidden="true">
                <path d="m3 8.6 3.2 3.2L13 4.6" />
              </svg>
              <svg class="delivered" viewBox="0 0 20 16" aria-hidden="true">
                <path d="m2 8.6 3.2 3.2L12 4.6" />
                <path d="m9.4 11.2.6.6 6.8-7.2" />
              </svg>
              <svg class="failed" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="6" />
                <path d="M8 4.6v4M8 11v.4" />
              </svg>
            </span>
          </span>
          <p class="problem" hidden>
            <span></span>{' '}
            <button type="button" class="again" hidden>
              Send again
            </button>
          </p>
          <button type="button" class="reply" aria-label="Reply to this message" hidden>
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M10 8V4L3 11l7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11z" />
            </svg>
          </button>
        </li>
      </template>
    </body>
  </html>
);

const Choice = ({ name, value, text }: { name: string; value: string; text: string }) => (
  <label>
    <input type="radio" name={name} value={value} /> {text}
  </label>
);
