/** One way to do the work: does it once and answers its figures, the first of which is the rate. */
export type Contender = { name: string; run: (round: number) => Promise<Figures> };
export type Figures = { perSecond: number; p99Ms?: number };

const pairs = Number(process.env.BENCH_PAIRS ?? 5);

/** Runs two contenders in turn, A B A B …, each warmed up, and prints every pair, the medians and their ratio. */
export const sideBySide = async (title: string, ours: Contender, bare: Contender) => {
  console.log(`\n${title}`);
  await ours.run(0);
  await bare.run(0);
  const measured: { ours: Figures; bare: Figures }[] = [];
  for (let round = 1; round <= pairs; round++) {
    const pair = { ours: await ours.run(round), bare: await bare.run(round) };
    measured.push(pair);
    line(`pair ${round}`, ours.name, pair.ours, bare.name, pair.bare);
  }
  const medians = {
    ours: medianFigures(measured.map((pair) => pair.ours)),
    bare: medianFigures(measured.map((pair) => pair.bare)),
  };
  line('median', ours.name, medians.ours, bare.name, medians.bare);
  const ratio = median(measured.map((pair) => pair.ours.perSecond / pair.bare.perSecond));
  console.log(`  ratio   ${ours.name} : ${bare.name} = ${ratio.toFixed(2)} (median of the pairs)`);
};

const line = (label: string, oursName: string, ours: Figures, bareName: string, bare: Figures) =>
  console.log(
    `  ${label}  ${oursName} ${written(ours)}   ${bareName} ${written(bare)}   ${(ours.perSecond / bare.perSecond).toFixed(2)}`,
  );

const written = ({ perSecond, p99Ms }: Figures) =>
  `${perSecond.toFixed(0).padStart(5)}/s${p99Ms === undefined ? '' : `, p99 ${p99Ms.toFixed(0).padStart(3)} ms`}`;

const medianFigures = (figures: Figures[]): Figures => ({
  perSecond: median(figures.map(({ perSecond }) => perSecond)),
  ...(figures.every(({ p99Ms }) => p99Ms !== undefined)
    ? { p99Ms: median(figures.map(({ p99Ms }) => p99Ms!)) }
    : {}),
});

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
