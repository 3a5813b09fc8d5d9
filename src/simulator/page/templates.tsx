import type { PhoneSwitches } from '../conversations.ts';

const suggestions = ['MY WORK', 'ACK', 'START', 'COMPLETE', 'HELP'];

const switchTexts: Record<keyof PhoneSwitches, { name: string; tag: string; effect: string }> = {
  windowClosed: {
    name: '24 hours are over',
    tag: 'window closed',
    effect: 'only approved templates arrive until the person writes',
  },
  hidesNumber: { name: 'Hides the number', tag: 'number hidden', effect: 'known by a user id only' },
  noTextMessages: { name: 'No text messages', tag: 'no SMS', effect: 'SMS fail with 30005' },
  notOnWhatsApp: { name: 'Not on WhatsApp', tag: 'no WhatsApp', effect: 'sends fail with 63024' },
  blocksSender: { name: 'Has blocked us', tag: 'blocks us', effect: 'sends fail with 63014' },
  delays: { name: 'Slow line', tag: 'slow', effect: 'webhooks and statuses come seconds late' },
  reorders: { name: 'Wrong order', tag: 'reordered', effect: 'the next message is told before this one' },
};

const samples = [
  { kind: 'audio', name: 'Voice note' },
  { kind: 'document', name: 'Document' },
  { kind: 'contacts', name: 'Contact card' },
  { kind: 'sticker', name: 'Sticker' },
];

const emojis = ['👍', '❤️', '✅', '😮', '🙏'];

/** One phone; `address`, name and conversation are filled in by the script. */
export const PhoneTemplate = () => (
  <template id="phone">
    <section class="phone">
      <header>
        <span class="avatar" aria-hidden="true"></span>
        <div>
          <h2>Phone</h2>
          <p class="number"></p>
          <p class="typing" role="status" hidden>
            typing…
          </p>
        </div>
        <span class="unread" hidden></span>
        <details class="menu options">
          <summary aria-label="What is special about this phone">
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <circle cx="12" cy="5" r="2" />
              <circle cx="12" cy="12" r="2" />
              <circle cx="12" cy="19" r="2" />
            </svg>
          </summary>
          <fieldset>
            <legend class="unseen">What is special about this phone</legend>
            {Object.entries(switchTexts).map(([name, { name: text, tag, effect }]) => (
              <label>
                <input type="checkbox" name={name} data-tag={tag} />
                <span>
                  {text}
                  <small>{effect}</small>
                </span>
              </label>
            ))}
          </fieldset>
        </details>
      </header>
      <ul class="tags" aria-label="Special" hidden></ul>
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
        <details class="menu attach">
          <summary aria-label="Send something else">
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d="M12 4v16M4 12h16" />
            </svg>
          </summary>
          <div>
            <button type="button" data-pick>
              Photo or file…
            </button>
            {samples.map(({ kind, name }) => (
              <button type="button" data-sample={kind}>
                {name}
              </button>
            ))}
            <button type="button" data-place>
              Location
            </button>
            <button type="button" data-forward>
              The text, as forwarded
            </button>
            <button type="button" data-sms>
              The text, as an SMS
            </button>
            <button type="button" data-edit>
              An edit of a message
            </button>
          </div>
        </details>
        <input type="file" aria-label="Photo or file" hidden />
        <label>
          <span class="unseen"></span>
          <textarea name="text" rows={1} maxlength={4096} placeholder="Message" autocomplete="off"></textarea>
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
);

export const BubbleTemplate = () => (
  <template id="bubble">
    <li class="bubble">
      <p class="forwarded" hidden>
        Forwarded
      </p>
      <button type="button" class="quoted" hidden></button>
      <div class="file" hidden></div>
      <span class="text"></span>
      <span class="meta">
        <b class="way" hidden>
          SMS
        </b>
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
      <div class="choices" hidden></div>
      <span class="reaction" hidden></span>
      <details class="menu answer" hidden>
        <summary aria-label="Reply or react to this message">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="m6 9 6 6 6-6" />
          </svg>
        </summary>
        <div>
          <fieldset>
            <legend class="unseen">React</legend>
            {emojis.map((emoji) => (
              <button type="button" data-emoji={emoji} aria-label={`React with ${emoji}`}>
                {emoji}
              </button>
            ))}
          </fieldset>
          <button type="button" class="reply">
            Reply to this message
          </button>
          <button type="button" class="unreact" data-emoji="" hidden>
            Take the reaction back
          </button>
        </div>
      </details>
    </li>
  </template>
);
