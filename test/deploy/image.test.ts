import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { productionEnv, projectPath, readProjectFile, readServices, sorted } from './compose-file.ts';

const services = readServices(productionEnv);

/** Every instruction with what follows it, continued lines joined. */
const instructions = readProjectFile('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => {
    const [word = '', ...rest] = line.split(/\s+/);
    return { word, rest: rest.join(' ') };
  });

const all = (word: string) => instructions.filter((each) => each.word === word).map(({ rest }) => rest);
const last = (word: string) => all(word).at(-1) ?? '';

const copiedFromProject = all('COPY')
  .filter((rest) => !rest.startsWith('--from='))
  .flatMap((rest) => rest.split(' ').slice(0, -1))
  .map((source) => source.replace(/^\.\//, ''));

const build = JSON.parse(readProjectFile('tsconfig.build.json')) as {
  compilerOptions: { outDir: string; rootDir: string };
  include: string[];
};

test('what is copied into the image exists and is all that Docker is shown', () => {
  expect(copiedFromProject.filter((source) => !existsSync(projectPath(source)))).toEqual([]);

  const rules = readProjectFile('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  expect(sorted(rules.slice(1))).toEqual(sorted(copiedFromProject.map((source) => `!${source}`)));
});

test('everything that is compiled is copied', () => {
  expect(copiedFromProject).toEqual(expect.arrayContaining(build.include));
});

test('what the containers start is made by the build', () => {
  expect(build.compilerOptions).toMatchObject({ outDir: 'dist', rootDir: '.' });
  const starts = [JSON.parse(last('CMD')) as string[], services.migrate.command ?? []];
  expect(starts).toEqual([
    ['node', 'dist/src/main.js'],
    ['node', 'dist/src/migrate.js'],
  ]);
  for (const [, file = ''] of starts) {
    const source = file.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(existsSync(projectPath(source)), source).toBe(true);
  }
});

test('a new volume for attachments belongs to the user that the service runs as', () => {
  const [volume = ''] = services.worker.volumes ?? [];
  const [, dataDir] = /DATA_DIR=(\S+)/.exec(last('ENV')) ?? [];
  expect(volume.split(':')[1]).toBe(`${dataDir}/attachments`);
  expect(all('RUN')).toContain('mkdir -p -m 0700 /data/attachments');
  expect(all('COPY')).toContain(`--from=build --chown=${last('USER')}:${last('USER')} /data ${dataDir}`);
});

test('the image runs as an ordinary user on glibc, without development packages', () => {
  expect(all('FROM')[0]).toBe('node:20-bookworm-slim AS base');
  expect(last('USER')).toBe('node');
  expect(last('ENV').split(' ')).toEqual(expect.arrayContaining(['NODE_ENV=production', 'HOST=0.0.0.0']));
  expect(last('STOPSIGNAL')).toBe('SIGTERM');
  const finalStage = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));
  expect(finalStage.filter(({ word }) => word === 'RUN')).toEqual([]);
  expect(all('RUN')).toEqual([
    'npm ci',
    'npm run build',
    'mkdir -p -m 0700 /data/attachments',
    'npm ci --omit=dev --omit=optional --omit=peer',
  ]);
});

test.each([
  { check: "the image's", path: '/livez', command: JSON.parse(last('HEALTHCHECK').replace(/^.* CMD /, '')) },
  { check: "the ingress's", path: '/readyz', command: services.ingress.healthcheck?.test?.slice(1) },
  { check: "the worker's", path: '/readyz', command: services.worker.healthcheck?.test?.slice(1) },
])('$check health check passes on 200 from $path only', async ({ path, command }) => {
  const asked: string[] = [];
  let answer = 200;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(answer).end();
  });
  const port = await findFreePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());

  expect(await run(command, port)).toBe(0);
  answer = 503;
  expect(await run(command, port)).toBe(1);
  expect(asked).toEqual([path, path]);
  server.close();
  await once(server, 'close');
  expect(await run(command, port)).toBe(1);
});

/** The exit code of a health check's command, looking at another port than the container's 3000. */
const run = async ([program, ...args]: string[], port: number) => {
  expect(program).toBe('node');
  const child = spawn(
    process.execPath,
    args.map((arg) => arg.replace(':3000/', `:${port}/`)),
    {
      env: { PORT: String(port) },
      stdio: 'ignore',
    },
  );
  const [code] = await once(child, 'exit');
  return code as number | null;
};
