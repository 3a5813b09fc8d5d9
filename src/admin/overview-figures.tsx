import type { TodaysFigures } from '../store/overview.ts';
import type { ReportedGroup } from '../store/times.ts';

export const shownWeeks = 8;

/** How the day goes. */
export const Today = ({
  figures,
  answered,
  zone,
}: {
  figures: TodaysFigures;
  answered: ReportedGroup[];
  zone: string;
}) => {
  const { sent, delivered, read, failed, heard, seconds, isPartial } = figures;
  const bars = [
    ['Sent', sent, sent],
    ['Delivered', delivered, sent],
    ['Read', read, sent],
    ['Failed', failed, sent + failed],
    ['Commands answered', figures.answered, heard],
  ] as const;
  const alerts = answered.reduce((sum, group) => sum + group.alerts, 0);
  const claimed = answered.reduce((sum, group) => sum + group.answered, 0);
  const took = answered.at(-1)?.figures.raisedToAnswered;
  return (
    <section class="card" aria-labelledby="today-title">
      <h2 id="today-title">Today</h2>
      <p class="soft">
        Since midnight in {zone}.
        {isPartial && ' There was so much that only the last 20,000 messages are counted.'}
      </p>
      <dl class="figures">
        {bars.map(([label, count, of]) => (
          <div>
            <dt>{label}</dt>
            <dd>
              {count.toLocaleString('en')}
              {of > 0 && of !== count && <span class="soft"> of {of.toLocaleString('en')}</span>}
              <Bar share={of > 0 ? count / of : 0} isBad={label === 'Failed'} />
            </dd>
          </div>
        ))}
      </dl>
      <p>
        {seconds
          ? `Half of the commands were answered within ${duration(seconds.p50)}, nine of ten within ${duration(seconds.p90)}.`
          : 'No command was answered yet.'}{' '}
        {alerts === 0
          ? 'No alert was raised.'
          : `Alerts raised: ${alerts}. Taken: ${claimed}${took ? `, half of them within ${duration(took.p50)}, nine of ten within ${duration(took.p90)}` : ''}.`}
      </p>
    </section>
  );
};

/** The number beside it says as much. */
const Bar = ({ share, isBad }: { share: number; isBad: boolean }) => (
  <svg class={isBad ? 'bar bad' : 'bar'} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="rail" width="100" height="4" />
    <rect width={(share * 100).toFixed(1)} height="4" />
  </svg>
);

const duration = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
};

type Week = readonly [week: string, figures: { count: number; p50: number; p90: number } | null];

/** How the last weeks went. */
export const Weeks = ({ weeks }: { weeks: Week[] }) => (
  <section class="card" aria-labelledby="weeks">
    <h2 id="weeks">How fast alerts are taken</h2>
    {weeks.every(([, figures]) => !figures) ? (
      <p class="soft">No alert was taken in the last {shownWeeks} weeks.</p>
    ) : (
      <>
        <p class="soft">
          From raising an alert until somebody says that they go, by week: half of the alerts on the left,
          nine of ten on the right.
        </p>
        <WeeksChart weeks={weeks} />
        <details>
          <summary>The same as a table</summary>
          <WeeksTable weeks={weeks} />
        </details>
      </>
    )}
  </section>
);

const chart = { height: 100, bar: 17, step: 44, label: 18 };

const WeeksChart = ({ weeks }: { weeks: Week[] }) => {
  const { height, bar, step, label } = chart;
  const longest = Math.max(...weeks.map(([, figures]) => figures?.p90 ?? 0), 1);
  const of = (seconds: number) => Math.max(2, (seconds / longest) * height);
  const spoken = weeks.flatMap(([week, figures]) =>
    figures
      ? `${week}: half within ${duration(figures.p50)}, nine of ten within ${duration(figures.p90)}`
      : [],
  );
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${weeks.length * step} ${height + label * 2}`}
      role="img"
      aria-label={`Time until an alert is taken. ${spoken.join('; ')}.`}
    >
      {weeks.map(([week, figures], index) => {
        const x = index * step + (step - bar * 2) / 2;
        return (
          <>
            {figures && (
              <>
                <rect class="p50" {...column(x, of(figures.p50))} />
                <rect class="p90" {...column(x + bar, of(figures.p90))} />
                <text x={String(x + bar)} y={String(label + height - of(figures.p90) - 4)}>
                  {duration(figures.p90)}
                </text>
              </>
            )}
            <text x={String(x + bar)} y={String(height + label * 2 - 4)}>
              {week.slice(5)}
            </text>
          </>
        );
      })}
    </svg>
  );
};

const column = (x: number, tall: number) => ({
  ...{ x: String(x), y: (chart.label + chart.height - tall).toFixed(1) },
  ...{ width: String(chart.bar), height: tall.toFixed(1) },
});

const WeeksTable = ({ weeks }: { weeks: Week[] }) => (
  <table class="list">
    <thead>
      <tr>
        <th scope="col">Week</th>
        <th scope="col">Alerts taken</th>
        <th scope="col">Half within</th>
        <th scope="col">Nine of ten within</th>
      </tr>
    </thead>
    <tbody>
      {weeks.map(([week, figures]) => (
        <tr>
          <td>{week}</td>
          <td data-label="alerts taken:">{figures?.count ?? 0}</td>
          <td data-label="half within:">{figures ? duration(figures.p50) : '–'}</td>
          <td data-label="nine of ten within:">{figures ? duration(figures.p90) : '–'}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
