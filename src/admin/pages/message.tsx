import type { Child } from 'hono/jsx';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { ringAll } from '../../cmms/facts.ts';
import { endedUnsent, isTooLate, type NotResent, resend } from '../../cmms/resend.ts';
import type { Deps } from '../../deps.ts';
import { isNewsOfAlert } from '../../domain/alert.ts';
import { type Way, ways } from '../../domain/message.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import { knownCodes } from '../../messaging/twilio-errors.ts';
import type { Attachment } from '../../store/attachments.ts';
import type { MessageDetail } from '../../store/messages.ts';
import { NotFound } from '../errors.tsx';
import { Badge, Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { asItStands, kindWords, wayWords } from '../message-words.ts';
import { doneOf } from '../parts.tsx';
import { statusWords, whatHappened } from '../plain-words.ts';
import { type AdminRoute, backTo, change, everybody, look, type Visit } from '../route.ts';
import { decisionsOf } from '../why-so.ts';
import { About, Person } from './messages.tsx';

const mayResend: readonly PanelRole[] = ['administrator', 'planner'];

const done: Record<string, string> = {
  resent: 'It is sent again. This is the new message: see here what becomes of it.',
  'resent-later': 'It is sent again when quiet hours end. This is the new message.',
  'was-resent': 'It was sent again by this way before. This is that message.',
};

const messageId = z.uuid();

/** One message: what became of it and why, and what can be done about it. */
export const messageRoutes = (deps: Deps): AdminRoute[] => {
  const showMessage = async (visit: Visit, faults: string[] = []) => {
    const id = messageId.safeParse(visit.c.req.param('id'));
    const found = id.success
      ? await look(deps, visit, async (tx) => ({
          detail: await tx.messages.detail(id.data),
          attachments: await tx.attachments.ofMessage(id.data),
        }))
      : null;
    const { detail = null, attachments = [] } = found ?? {};
    return detail
      ? show(
          visit,
          <Message {...{ visit, detail, attachments, faults, now: deps.now() }} />,
          faults.length > 0 ? 422 : 200,
        )
      : show(visit, <NotFound visit={visit} />, 404);
  };

  const sendAgain = async (visit: Visit) => {
    const id = messageId.safeParse(visit.c.req.param('id'));
    if (!id.success) return show(visit, <NotFound visit={visit} />, 404);
    const way = ways.find((known) => known === visit.form('way'));
    if (!way) return showMessage(visit, ['Choose by which way it is to be sent again.']);
    const result = await change(deps, visit, async (tx, note, facts) => {
      const result = await resend(tx, id.data, way, facts);
      if (result?.kind === 'resent') note('message.resent', id.data, { way, as: result.messageId });
      return result;
    });
    if (!result) return show(visit, <NotFound visit={visit} />, 404);
    if (result.kind === 'refused') return showMessage(visit, [refusal(result.why, way)]);
    if (result.kind === 'resent') ringAll(deps, visit.tenant.id, result.bells);
    const what = result.kind === 'was-resent' ? result.kind : result.waitsUntil ? 'resent-later' : 'resent';
    return visit.c.redirect(backTo(visit, `/admin/messages/${result.messageId}`, what), 303);
  };

  return [
    {
      method: 'get',
      path: '/messages/:id',
      for: everybody,
      liveMs: 2000,
      handle: (visit) => showMessage(visit),
    },
    { method: 'post', path: '/messages/:id/resend', for: mayResend, handle: sendAgain },
  ];
};

/** Why it is not sent again, with what to do. */
const refusal = (why: NotResent, way: Way): string => {
  const by = wayWords[way];
  const known: Record<NotResent, string> = {
    'not-ours': 'It came in: there is nothing to send again.',
    'not-over': 'It is still on its way. Wait until it has ended.',
    arrived: 'It has arrived, by this way or another. It is not sent again.',
    'goes-on': 'It is on its way already, by another message that says the same: see below.',
    'told-since': 'The person has been told since, by a newer message.',
    nobody: 'It went to somebody who is not registered. Add them under Technicians, and write a new message.',
    answer: `An answer goes only by the way the question came, not by ${by}.`,
    'alert-news':
      'It told what became of an alert, which may have changed since. Look at the alert, and call them if they need to know.',
    erased: 'What it said is erased, with whoever had written it. If it still matters, write a new message.',
    'too-late':
      'What it tells was of use only until the time shown below. If it still matters, call them, or have it written anew.',
    'order-moved-on':
      'What it says is not true any more: the work order or alert has changed since. It is not sent again.',
    'alert-claimed': 'Somebody has taken the alert, or it is over. It is not sent again.',
    paused:
      'The person has paused messages. They get them again when they write START. Call them if it cannot wait.',
    preference: `The person does not want this kind of message, or none by ${by}.`,
    'quiet-hours': "It is the person's quiet hours, and after them it would be too late.",
    disabled: 'Messaging is switched off. Switch it on under Settings first.',
    'no-template': 'There is no approved template for it. Set one under Settings, or use another way.',
    'no-address': `The person cannot be reached by ${by}: no address, no sender set up for it, or they are not active.`,
    'opted-out': `The person has opted out of messages by ${by}. Only they can undo it, by writing START.`,
    expired: 'What it tells is of no use any more.',
    provider: 'The provider refuses it.',
  };
  return `Not sent again. ${known[why]}`;
};

type Shown = {
  visit: Visit;
  detail: MessageDetail;
  attachments: Attachment[];
  faults: string[];
  now: Date;
};

const Message = ({ visit, detail, attachments, faults, now }: Shown) => {
  const { message } = detail;
  const parts = (
    <>
      <Status {...{ visit, detail }} />
      <Decisions {...{ visit, detail }} />
      <Attempts {...{ visit, detail }} />
      {message.direction === 'out' && mayResend.includes(visit.user.role) && (
        <Resend {...{ visit, detail, now }} />
      )}
    </>
  );
  return (
    <Page
      visit={visit}
      title={message.direction === 'in' ? 'Message received' : 'Message'}
      faults={faults}
      done={doneOf(visit, done)}
    >
      <Text {...{ visit, detail, attachments }} />
      {isSettled(detail, now) ? parts : <Live id="message">{parts}</Live>}
    </Page>
  );
};

const hourMs = 60 * 60 * 1000;

/** Nothing new is to be expected of it; decided by its age, so that an open page still gets the last news. */
const isSettled = ({ message, dueAt }: MessageDetail, now: Date): boolean => {
  const age = now.getTime() - (message.timeline.at(-1)?.at ?? message.createdAt).getTime();
  const isUnderWay = ['queued', 'sending', 'unknown', 'accepted', 'sent', 'received'].includes(
    message.status,
  );
  return dueAt === null && age > (isUnderWay ? 48 * hourMs : hourMs);
};

const Fact = ({ name, children }: { name: string; children: Child }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const Text = ({ visit, detail, attachments }: Omit<Shown, 'faults' | 'now'>) => {
  const { message, channelAddress } = detail;
  const { direction, way, kind } = message;
  return (
    <section class="card" aria-labelledby="text">
      <h2 id="text">{direction === 'in' ? 'What they wrote' : 'What it says'}</h2>
      <p class="said">{message.text || '(no text)'}</p>
      <dl class="facts">
        <Fact name={direction === 'in' ? 'From' : 'To'}>
          <Person message={message} />
        </Fact>
        <Fact name="Way">
          {wayWords[way]}
          {channelAddress && `, our ${channelAddress.replace('whatsapp:', '')}`}
        </Fact>
        {kind && direction === 'out' && <Fact name="Kind">{kindWords[kind] ?? kind}</Fact>}
        <Fact name="About">
          <About workOrders={message.workOrders} alert={message.alert} />
        </Fact>
        <Fact name={direction === 'in' ? 'Received' : 'Written'}>
          <Moment at={message.createdAt} zone={visit.zone} />
        </Fact>
        {message.expiresAt && (
          <Fact name="Of use until">
            <Moment at={message.expiresAt} zone={visit.zone} />
          </Fact>
        )}
        {attachments.length > 0 && (
          <Fact name="With it">
            {attachments.map(({ id, kind, caption, state, problem }) => (
              <p>
                {state === 'stored' ? <a href={`/admin/attachments/${id}`}>{kind}</a> : kind}
                {caption && ` “${caption}”`}
                {problem && ` (${problem})`}
              </p>
            ))}
          </Fact>
        )}
        {message.inReplyTo && (
          <Fact name="In reply to">
            <a href={`/admin/messages/${message.inReplyTo}`}>the message it answers</a>
          </Fact>
        )}
        {message.answeredBy && (
          <Fact name="Answered by">
            <a href={`/admin/messages/${message.answeredBy}`}>the answer to it</a>
          </Fact>
        )}
      </dl>
    </section>
  );
};

const Status = ({ visit, detail }: { visit: Visit; detail: MessageDetail }) => {
  const { message, family } = detail;
  const { tone, word, why, todo } = whatHappened(asItStands(message));
  const others = family.filter(({ id }) => id !== message.id);
  return (
    <section class="card" aria-labelledby="status">
      <h2 id="status">
        What happened: <Badge tone={tone}>{word}</Badge>
      </h2>
      {why && <p>{why}</p>}
      {todo && (
        <p>
          <b>What to do:</b> {todo}
        </p>
      )}
      {others.length > 0 && (
        <>
          <h3>The same by another message</h3>
          <ul>
            {others.map(({ id, way, status, resentOf }) => (
              <li>
                <a href={`/admin/messages/${id}`}>
                  {resentOf === message.id
                    ? `Sent again by ${wayWords[way]}`
                    : detail.family.find((own) => own.id === message.id)?.resentOf === id
                      ? `The one that this repeats, by ${wayWords[way]}`
                      : `By ${wayWords[way]}`}
                </a>
                : {wordOf(status)}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Timeline</h3>
      <ol class="steps">
        {message.timeline.map(({ status, at, source }) => (
          <li>
            <Exactly at={at} zone={visit.zone} /> {wordOf(status)}
            {source === 'provider' && <span class="soft"> (said by the provider)</span>}
          </li>
        ))}
      </ol>
    </section>
  );
};

const wordOf = (status: string) => statusWords.find(([known]) => known === status)?.[1] ?? status;

/** To the second: what follows within a minute is told apart. */
const Exactly = ({ at, zone }: { at: Date; zone: string }) => (
  <time datetime={at.toISOString()}>{secondsOf(at, zone)}</time>
);

const secondsOf = (at: Date, zone: string) =>
  DateTime.fromJSDate(at, { zone }).setLocale('en').toFormat('LLL d, yyyy, HH:mm:ss');

const Decisions = ({ visit, detail }: { visit: Visit; detail: MessageDetail }) => {
  const decisions = decisionsOf(detail, (at) => secondsOf(at, visit.zone));
  return decisions.length === 0 ? null : (
    <section class="card" aria-labelledby="decided">
      <h2 id="decided">What was decided, and why</h2>
      <ul class="steps">
        {decisions.map((decision) => (
          <li>{decision}</li>
        ))}
      </ul>
    </section>
  );
};

const Attempts = ({ visit, detail }: { visit: Visit; detail: MessageDetail }) =>
  detail.attempts.length === 0 ? null : (
    <section class="card" aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">To</th>
            <th scope="col">Provider's id</th>
            <th scope="col">What came of it</th>
          </tr>
        </thead>
        <tbody>
          {detail.attempts.map((attempt) => (
            <Attempt {...{ visit, attempt, way: detail.message.way, text: detail.message.text }} />
          ))}
        </tbody>
      </table>
    </section>
  );

const Attempt = (props: {
  visit: Visit;
  attempt: MessageDetail['attempts'][number];
  way: Way;
  text: string | null;
}) => {
  const { visit, attempt, way } = props;
  const { status, error } = attempt;
  const { tone, word, why } = whatHappened({
    ...{ direction: 'out', status, way, possibleDuplicate: false },
    // The provider's own words are for those who know its console.
    ...{
      reason: null,
      error: error && knownCodes.includes(error.code ?? '') ? { ...error, text: null } : error,
    },
  });
  return (
    <tr>
      <td>
        <Exactly at={attempt.sendingAt} zone={visit.zone} />
      </td>
      <td data-label="to:">{attempt.address.replace('whatsapp:', '')}</td>
      <td data-label="provider's id:">
        <code>{attempt.providerId ?? '–'}</code>
      </td>
      <td>
        <Badge tone={tone}>{word}</Badge>
        {status === 'failed' && why && ` ${why}`}
        {attempt.template && attempt.text && attempt.text !== props.text && (
          <details>
            <summary>As the template says it</summary>
            <p class="said">{attempt.text}</p>
          </details>
        )}
      </td>
    </tr>
  );
};

const Resend = ({ visit, detail, now }: { visit: Visit; detail: MessageDetail; now: Date }) => {
  const { message, family } = detail;
  const again = family.filter(({ resentOf }) => resentOf === message.id).map(({ way }) => way);
  const open = ways.filter((way) => !again.includes(way));
  const hasArrived = family.some(({ status }) => status === 'delivered' || status === 'read');
  if (!endedUnsent.includes(message.status) || hasArrived || open.length === 0) return null;
  if (isNewsOfAlert(message.kind ?? '') || isTooLate(message, now)) return null;
  return (
    <section class="card" aria-labelledby="again">
      <h2 id="again">Send it again</h2>
      {message.status === 'unknown' && (
        <p class="faults">
          It may have arrived: nobody knows. Sent again, the person may read it twice. Ask them first if that
          matters.
        </p>
      )}
      <p class="soft">
        It is sent as a new message, if what it says is still true, in today's words. Pauses, opt-outs and
        quiet hours hold.
      </p>
      <div class="actions">
        {open.map((way) => (
          <Form visit={visit} action={`/admin/messages/${message.id}/resend`}>
            <input type="hidden" name="way" value={way} />
            <button type="submit" class={way === message.way ? '' : 'quiet'}>
              Send again by {wayWords[way]}
            </button>
          </Form>
        ))}
      </div>
    </section>
  );
};
