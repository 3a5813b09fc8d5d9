import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

type Service = {
  image?: string;
  build?: string;
  command?: string[];
  environment: Record<string, string>;
  restart?: string;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  stop_grace_period?: string;
  container_name?: string;
};

export type ServiceName = 'postgres' | 'redis' | 'migrate' | 'ingress' | 'worker';

type Variable = { name: string; needed: string | null; fallback: string | null };

const PROJECT = new URL('../../', import.meta.url);

export const projectPath = (path: string) => fileURLToPath(new URL(path, PROJECT));
export const readProjectFile = (path: string) => readFileSync(projectPath(path), 'utf8');

/** `${NAME}`, `${NAME:-fallback}` or `${NAME:?what to do}`, the three forms that our file uses. */
const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** The variables of docker-compose.yml, each once per place. */
export const readVariables = (): Variable[] =>
  [...readProjectFile('docker-compose.yml').matchAll(VARIABLE)].map(([, name = '', form, rest = '']) => ({
    name,
    needed: form === '?' ? rest : null,
    fallback: form === '-' ? rest : null,
  }));

/** The services of docker-compose.yml as Compose sees them with this .env. Refuses, as Compose does, what lacks a needed value. */
export const readServices = (env: Record<string, string>): Record<ServiceName, Service> => {
  const text = readProjectFile('docker-compose.yml').replace(VARIABLE, (_, name, form, rest) => {
    if (env[name]) return env[name];
    if (form === '?') throw new Error(`${name} is missing: ${rest}`);
    return form === '-' ? rest : '';
  });
  const { services } = parse(text, { merge: true }) as { services: Record<ServiceName, Service> };
  return services;
};

/** The named volumes of docker-compose.yml. */
export const readVolumes = (): string[] => {
  const { volumes } = parse(readProjectFile('docker-compose.yml'), { merge: true }) as { volumes: object };
  return sorted(Object.keys(volumes));
};

/** What an operator would put into .env, and no more than is needed. */
export const productionEnv = {
  POSTGRES_PASSWORD: 'f00000000000000000000001',
  RBM_OWNER_PASSWORD: 'f00000000000000000000002',
  RBM_APP_PASSWORD: 'f00000000000000000000003',
  REDIS_PASSWORD: 'f00000000000000000000004',
  SECRET_KEY: 'f0000000000000000000000000000005',
  CMMS_API_KEY: 'f00000000000000000000006',
  PUBLIC_BASE_URL: 'https://whatsapp.example.com',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'f00000000000000000000007',
  WHATSAPP_FROM_NUMBER: '+14155238886',
};

/** Every variable that src/config.ts names. */
export const configVariables = (): string[] => {
  const names = readProjectFile('src/config.ts').matchAll(/(['"])([A-Z][A-Z\d]*(?:_[A-Z\d]+)*)\1/g);
  // Two letters are a country.
  return [...new Set([...names].map(([, , name = '']) => name))].filter((name) => name.length > 2);
};

/** For lists whose order does not matter. */
export const sorted = (names: Iterable<string>): string[] => [...names].sort((a, b) => a.localeCompare(b));
