import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { projectPath } from './compose-file.ts';

const script = projectPath('.ci/run');

/** Runs .ci/run on a machine that has these programs, all of which only write down how they were called. */
const runOn = (programs: string[], { testsExitWith = 0 } = {}) => {
  const bin = mkdtempSync(join(tmpdir(), 'rbm-ci-'));
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
  const calls = join(bin, 'calls');
  writeFileSync(calls, '');
  for (const name of ['dirname', 'mktemp', 'rm']) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  const add = (name: string, body: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  for (const name of programs) add(name, `echo "${name} $*" >> "${calls}"`);
  add('npm', `echo "npm $1, CI=$CI in $PWD" >> "${calls}"; [ "$1" != test ] || exit ${testsExitWith}`);
  add('env', 'while case $1 in *=*) ;; *) false; esac; do export "$1"; shift; done; exec "$@"');
  add('sudo', 'exec "$@"');

  const { status } = spawnSync('/bin/bash', [script], { env: { PATH: bin }, cwd: '/', encoding: 'utf8' });
  return { status, calls: readFileSync(calls, 'utf8').trimEnd().split('\n') };
};

const project = projectPath('.').replace(/\/$/, '');
const installAndTest = [`npm ci, CI=true in ${project}`, `npm test, CI=true in ${project}`];

test('.ci/run can be run and is sound bash', () => {
  expect(statSync(script).mode & 0o111).toBe(0o111);
  expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

test('on a machine that has everything it installs no Debian package', () => {
  expect(runOn(['chromium', 'curl', 'redis-server', 'apt-get'])).toEqual({
    status: 0,
    calls: installAndTest,
  });
});

test('on a bare machine it installs what is missing first', () => {
  const install = 'apt-get install -y --no-install-recommends';
  expect(runOn(['apt-get']).calls).toEqual([
    'apt-get update',
    `${install} chromium curl redis-server`,
    ...installAndTest,
  ]);
  expect(runOn(['apt-get', 'chromium', 'curl']).calls).toEqual([
    'apt-get update',
    `${install} redis-server`,
    ...installAndTest,
  ]);
});

test('it ends as the tests end', () => {
  expect(runOn(['chromium', 'curl', 'redis-server'], { testsExitWith: 3 }).status).toBe(3);
});
