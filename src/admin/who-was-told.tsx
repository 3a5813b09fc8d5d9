import type { Alert } from '../domain/alert.ts';
import { type Chain, nextStep } from '../domain/chain.ts';
import type { AlertTimes, PageTimes } from '../store/times.ts';
import { Moment } from './frame.tsx';
import { wayWords } from './message-words.ts';
import type { Visit } from './route.ts';
import { Clock } from './timeline.tsx';

export const mostPages = 100;

export type Told = {
  alert: Alert;
  chain: Chain | null;
  next: string[] | null;
  times: AlertTimes;
  pages: PageTimes[];
  /** By external ids. */
  names: Map<string, string>;
};

/** How far an alert has come, person by person, and who is next. */
export const WhoWasTold = ({ visit, alert, chain, next, pages, names, times }: Told & { visit: Visit }) => (
  <section class="card" aria-labelledby="told-title">
    <h2 id="told-title">Who was told</h2>
    {chain && <p>{sayChain(chain, alert)}</p>}
    {chain?.nextAt && next && (
      <p>
        Next: <Moment at={chain.nextAt} zone={visit.zone} />
        {next.length > 0 ? `, ${next.join(', ')}` : ', whoever there is'}
        {sayWays(chain)}.
      </p>
    )}
    {pages.length === 0 ? (
      <p>Nobody yet.</p>
    ) : (
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Step</th>
            <th scope="col">Told</th>
            <th scope="col">Sent</th>
            <th scope="col">Delivered</th>
            <th scope="col">Seen</th>
            <th scope="col">Answered</th>
          </tr>
        </thead>
        <tbody>
          {pages.map((page) => (
            <tr>
              <td>
                <b>{names.get(page.technician) ?? page.technician}</b>
                <br />
                <WayLink page={page} person={names.get(page.technician) ?? page.technician} />
              </td>
              <td data-label="step:">{page.step === 0 ? 'first' : page.step}</td>
              {(
                [
                  ['told:', page.paged],
                  ['sent:', page.sent],
                  ['delivered:', page.delivered],
                  ['seen:', page.read],
                  ['answered:', page.answered],
                ] as const
              ).map(([label, at]) => (
                <td data-label={label}>
                  {at ? <Clock at={at} from={times.raised} zone={visit.zone} /> : 'no'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    )}
    {pages.length === mostPages && <p class="soft">The last {mostPages} are shown.</p>}
  </section>
);

const WayLink = ({ page, person }: { page: PageTimes; person: string }) => {
  const ways = page.ways.map((way) => wayWords[way]).join(', then ');
  return (
    <a href={`/admin/messages/${page.messageId}`} aria-label={`${ways}: the message to ${person}`}>
      {ways}
    </a>
  );
};

const ends: Record<NonNullable<Chain['ended']>, string> = {
  claimed: 'Nobody further is told: somebody is going.',
  resolved: 'Nobody further is told: it is resolved.',
  withdrawn: 'Nobody further is told: it was withdrawn.',
  expired: 'Nobody further is told: it was too late.',
  nobody: 'There is nobody who can be told.',
  'no-steps': 'The settings have no escalation for this severity: nobody further is told.',
};

const sayChain = ({ step, steps, exhausted, ended }: Chain, { state }: Alert): string => {
  const at = step === 0 ? 'The first people were told' : `Step ${step} of ${steps.length} has been reached`;
  const all = exhausted && state === 'open' ? ' Everybody there is was told, and nobody has answered.' : '';
  return ended ? `${at}. ${ends[ended]}` : `${at}.${all}`;
};

const sayWays = (chain: Chain): string => {
  const step = nextStep(chain);
  return step === null
    ? ''
    : ` by ${chain.steps[step - 1]!.ways.map((way) => wayWords[way]).join(', then ')}`;
};
