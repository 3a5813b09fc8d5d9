import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { describeFault } from '../../log.ts';
import type { FailedJob, QueueCounts } from '../../queue-backend.ts';
import { queueNames } from '../../queues.ts';
import type { Fault, RefusedNotification } from '../../store/notifications.ts';
import { type Explanation, explainJob, jobTitle, type Known, queuePurposes } from '../explain-job.ts';
import { Badge, Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { doneOf } from '../parts.tsx';
import { type AdminRoute, look, type Visit } from '../route.ts';
import type { PanelParts } from '../settings.ts';
import { settleJobs } from '../settle-jobs.ts';

const pageSize = 50;
const shownPerQueue = 20;

const done: Record<string, string> = {
  retried: 'The job waits for its turn again. If it fails again, it comes back here.',
  discarded: 'The job is taken away.',
};

const gone =
  'This job is not among the failed ones any more: somebody else has dealt with it, or it ran again.';
const away =
  'The queue does not answer just now. Whether this was done is not known: look here again once it does, before you repeat it.';

/** Who runs the installation sees all of its queues; everybody else only what is their own tenant's. */
export const runsInstallation = ({ tenant }: Visit): boolean => tenant.slug === 'default';

/** What waits, what failed and what was refused. */
export const queueRoutes = (deps: Deps, parts: PanelParts): AdminRoute[] => {
  const showQueues = async (visit: Visit, fault?: { text: string; status: 422 | 503 }) => {
    const before = cursorIn(visit);
    const [refused, board] = await Promise.all([
      look(deps, visit, (tx) => tx.notifications.refused({ before, limit: pageSize + 1 })),
      runsInstallation(visit) ? readBoard(deps, visit, parts) : null,
    ]);
    const faults = fault ? [fault.text] : [];
    return show(visit, <Queues {...{ visit, refused, board, faults }} />, fault?.status ?? 200);
  };

  const settle = (how: 'retry' | 'discard', result: 'retried' | 'discarded') => async (visit: Visit) => {
    const queue = queueNames.find((known) => known === visit.c.req.param('queue'));
    const id = visit.form('job').slice(0, 300);
    const settled =
      queue && id && runsInstallation(visit)
        ? await settleJobs(deps, parts, visit, { queue, id, how })
        : 'gone';
    if (settled === 'gone') return showQueues(visit, { text: gone, status: 422 });
    if (settled === 'away') return showQueues(visit, { text: away, status: 503 });
    return visit.c.redirect(`/admin/queues?done=${result}`, 303);
  };

  return [
    {
      method: 'get',
      path: '/queues',
      for: ['administrator', 'auditor'],
      handle: (visit: Visit) => showQueues(visit),
      liveMs: 2000,
    },
    {
      method: 'post',
      path: '/queues/:queue/retry',
      for: ['administrator'],
      handle: settle('retry', 'retried'),
    },
    {
      method: 'post',
      path: '/queues/:queue/discard',
      for: ['administrator'],
      handle: settle('discard', 'discarded'),
    },
  ];
};

type Board = {
  backend: 'redis' | 'postgres';
  /** Null: the queue does not answer. */
  counts: QueueCounts[] | null;
  /** Processes alive; null: not known. */
  workers: number | null;
  failed: { job: FailedJob; explained: Explanation }[];
};

const readBoard = async (deps: Deps, visit: Visit, { queues }: PanelParts): Promise<Board> => {
  const [read, workers] = await Promise.all([
    readFailed(queues).catch((error: Error) => {
      deps.log.debug({ event: 'admin.queue-away', ...describeFault(error) });
      return null;
    }),
    deps.store.gate.workerCount().catch(() => null),
  ]);
  const failed = read?.failed ?? [];
  const known = await readKnown(deps, visit, failed);
  return {
    backend: queues.backend,
    counts: read?.counts ?? null,
    workers,
    failed: failed.map((job) => ({ job, explained: explainJob(job, known) })),
  };
};

const readFailed = async (queues: PanelParts['queues']) => {
  const counts = await queues.counts();
  const lists = await Promise.all(
    counts.filter(({ failed }) => failed > 0).map(({ queue }) => queues.failedJobs(queue, shownPerQueue)),
  );
  const newestFirst = (a: FailedJob, b: FailedJob) =>
    (b.failedAt?.getTime() ?? 0) - (a.failedAt?.getTime() ?? 0);
  return { counts, failed: lists.flat().toSorted(newestFirst) };
};

/** Names for what failed jobs name; of people only those of the reader's own tenant. */
const readKnown = async (deps: Deps, visit: Visit, failed: FailedJob[]): Promise<Known> => {
  const field = ({ data }: FailedJob, name: string) => {
    const value = (data as Record<string, unknown> | null)?.[name];
    // Postgres takes no NUL in a text.
    return typeof value === 'string' && value.length <= 64 && !value.includes('\0') ? value : null;
  };
  const own = failed.filter((job) => field(job, 'tenant') === visit.tenant.slug);
  const keys = new Set(own.flatMap((job) => [field(job, 'assignee'), field(job, 'to')]));
  const people =
    keys.size === 0
      ? []
      : await look(deps, visit, (tx) => tx.technicians.findMany([...keys].filter((key) => key !== null)));
  const names = new Map(people.map(({ externalId, name }) => [externalId, name]));
  const tenants = new Map(
    await Promise.all(
      [...new Set(failed.map((job) => field(job, 'tenantId')))]
        .filter((id) => z.uuid().safeParse(id).success)
        .map(async (id) => {
          const tenant = await deps.store.tenant(id!, (tx) => tx.tenants.get());
          return [id!, tenant?.name ?? null] as const;
        }),
    ),
  );
  return {
    person: (tenant, externalId) => (tenant === visit.tenant.slug ? (names.get(externalId) ?? null) : null),
    tenantName: (id) => tenants.get(id) ?? null,
  };
};

const cursorIn = ({ c }: Visit) => {
  const [at = '', id = ''] = (c.req.query('before') ?? '').split('~', 2);
  const moment = z.iso.datetime().safeParse(at);
  return moment.success && z.uuid().safeParse(id).success ? { at: new Date(moment.data), id } : null;
};

const Queues = (props: {
  visit: Visit;
  refused: RefusedNotification[];
  board: Board | null;
  faults: string[];
}) => {
  const { visit, board, faults } = props;
  const result = doneOf(visit, done);
  return (
    <Page visit={visit} title="Queues" done={faults.length > 0 ? null : result} faults={faults}>
      {board ? (
        <Overview visit={visit} board={board} />
      ) : (
        <p class="soft">
          Here is what your CMMS asked for and was refused. The queues themselves are looked after by whoever
          runs this installation.
        </p>
      )}
      {board && <Failed visit={visit} board={board} />}
      <Refused visit={visit} refused={props.refused} />
    </Page>
  );
};

const Overview = ({ visit, board }: { visit: Visit; board: Board }) => (
  <section class="card" aria-labelledby="counts">
    <h2 id="counts">What waits</h2>
    <Live id="queue-counts">
      <p>
        On {board.backend === 'redis' ? 'Redis' : 'PostgreSQL'}:{' '}
        {board.counts ? <Badge tone="good">answers</Badge> : <Badge tone="bad">does not answer</Badge>}{' '}
        Workers:{' '}
        {board.workers ? (
          <Badge tone="good">{board.workers} at work</Badge>
        ) : (
          <Badge tone="bad">{board.workers === 0 ? 'none at work' : 'not known'}</Badge>
        )}
      </p>
      {board.counts ? <Counts counts={board.counts} /> : <Away />}
      {board.counts?.some(({ queue, delayed }) => queue === 'notifications' && delayed > 0) && (
        <p>
          Jobs of the CMMS that are delayed did not work so far, through no fault of their own: the database
          was away, or the log names a fault of ours (notifications.failed). They are tried again until they
          work.
        </p>
      )}
      {board.workers === 0 && (
        <p>Nobody works on the queues: start the service with ROLE=worker or ROLE=all. What waits is kept.</p>
      )}
    </Live>
    {board.counts && visit.user.role === 'administrator' && (
      <p>
        <a href="/admin/queues/board/">Open the job board</a>{' '}
        <span class="soft">Every job of every queue; for wide screens.</span>
      </p>
    )}
  </section>
);

const Away = () => (
  <div class="faults">
    <p>
      The queue does not answer, so what it holds cannot be shown. Messages are kept in the database
      meanwhile, and workers go on from there, more slowly. Check the queue's server; this page notices when
      it is back.
    </p>
  </div>
);

const Counts = ({ counts }: { counts: QueueCounts[] }) => (
  <table class="list queues">
    <thead>
      <tr>
        <th scope="col">Queue</th>
        <th scope="col">Waiting</th>
        <th scope="col">Active</th>
        <th scope="col">Delayed</th>
        <th scope="col">Failed</th>
        <th scope="col">Completed</th>
      </tr>
    </thead>
    <tbody>
      {counts.map((each) => (
        <tr>
          <td>
            <b>{each.queue}</b> {each.isPaused && <Badge tone="bad">paused</Badge>}
            <br />
            <span class="soft">{queuePurposes[each.queue]}</span>
          </td>
          <td data-label="waiting:">{each.waiting}</td>
          <td data-label="active:">{each.active}</td>
          <td data-label="delayed:">{each.delayed}</td>
          <td data-label="failed:">{each.failed > 0 ? <Badge tone="bad">{each.failed}</Badge> : 0}</td>
          <td data-label="completed:">{each.completed || <span class="soft">not kept</span>}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Failed = ({ visit, board }: { visit: Visit; board: Board }) => {
  const total = (board.counts ?? []).reduce((sum, { failed }) => sum + failed, 0);
  return (
    <section class="card" aria-labelledby="failed">
      <h2 id="failed">Failed jobs</h2>
      <Live id="queue-failed">
        {board.failed.length === 0 && <p>{board.counts ? 'None.' : 'Not known while the queue is away.'}</p>}
        <ul class="jobs">
          {board.failed.map(({ job, explained }) => (
            <li>
              <FailedOne visit={visit} job={job} explained={explained} />
            </li>
          ))}
        </ul>
        {total > board.failed.length && (
          <p class="soft">
            The newest of {total}; the others are on the job board. They are kept for seven days.
          </p>
        )}
      </Live>
    </section>
  );
};

const FailedOne = (props: { visit: Visit; job: FailedJob; explained: Explanation }) => {
  const { visit, job, explained } = props;
  const about = `${explained.what}, job ${job.id.slice(0, 40)}`;
  return (
    <>
      <p>
        <b>{explained.what}</b>
        <br />
        <span class="soft">
          Queue {job.queue}
          {job.failedAt && (
            <>
              , failed <Moment at={job.failedAt} zone={visit.zone} />
            </>
          )}
        </span>
      </p>
      <p>{explained.why}</p>
      <FaultList faults={explained.faults} />
      <p class="soft">
        If retried: {explained.ifRetried}
        {explained.ifDiscarded && ` If discarded: ${explained.ifDiscarded}`}
      </p>
      {visit.user.role === 'administrator' && (
        <div class="actions">
          <Settle {...{ visit, job, about }} what="retry" text="Retry" />
          {explained.ifDiscarded && <Settle {...{ visit, job, about }} what="discard" text="Discard" />}
        </div>
      )}
    </>
  );
};

const Settle = (props: {
  visit: Visit;
  job: FailedJob;
  about: string;
  what: 'retry' | 'discard';
  text: string;
}) => (
  <Form visit={props.visit} action={`/admin/queues/${props.job.queue}/${props.what}`}>
    <input type="hidden" name="job" value={props.job.id} />
    <button
      type="submit"
      class={props.what === 'discard' ? 'grave' : 'quiet'}
      aria-label={`${props.text}: ${props.about}`}
    >
      {props.text}
    </button>
  </Form>
);

const FaultList = ({ faults }: { faults: Fault[] }) =>
  faults.length === 0 ? null : (
    <ul class="faultlist">
      {faults.map(({ pointer, detail }) => (
        <li>
          <code>{pointer || 'the job'}</code> {detail}
        </li>
      ))}
    </ul>
  );

const Refused = ({ visit, refused }: { visit: Visit; refused: RefusedNotification[] }) => {
  const shown = refused.slice(0, pageSize);
  const last = shown.at(-1);
  return (
    <section class="card" aria-labelledby="refused">
      <h2 id="refused">Refused to the CMMS</h2>
      <p class="soft">
        What it asked for over the queue or the API and was wrong, with every fault. Nobody was told, and the
        key is free: sent again in order, it is done and leaves this list.
      </p>
      <Live id="queue-refused">
        {shown.length === 0 ? (
          <p>Nothing.</p>
        ) : (
          <table class="list">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">Faults</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr>
                  <td>
                    <Moment at={each.refusedAt} zone={visit.zone} />
                  </td>
                  <td>
                    {jobTitle(each.name)}
                    <br />
                    <span class="soft">
                      key <code>{each.idempotencyKey}</code>
                    </span>
                  </td>
                  <td>
                    <FaultList faults={each.faults} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Live>
      {refused.length > pageSize && last && (
        <p>
          <a
            href={`/admin/queues?before=${encodeURIComponent(`${last.refusedAt.toISOString()}~${last.id}`)}`}
          >
            Older
          </a>
        </p>
      )}
    </section>
  );
};
