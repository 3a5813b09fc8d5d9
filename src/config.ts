import { z } from 'zod';
import type { OpenIdSettings } from './admin/settings.ts';
import type { BucketSettings } from './attachments/bucket.ts';
import { readMailbox } from './domain/mailbox.ts';
import { isCountry } from './domain/phone.ts';

const roles = ['ingress', 'worker', 'all'] as const;

type TwilioCredentials = {
  accountSid: string;
  authToken: string;
  authTokenSecondary: string | null;
  apiKeySid: string | null;
  apiKeySecret: string | null;
};

export type Config = {
  host: string;
  port: number;
  publicBaseUrl: string;
  /** Null: PostgreSQL of our own under dataDir. */
  databaseUrl: string | null;
  migrationDatabaseUrl: string | null;
  /** Null: BullMQ on the same Postgres. */
  redisUrl: string | null;
  dataDir: string;
  /** Null: attachments are kept under dataDir. */
  attachmentsBucket: BucketSettings | null;
  role: (typeof roles)[number];
  /** Null: generated under dataDir, for the embedded database only. */
  secretKey: string | null;
  secretKeyPrevious: string | null;
  whatsappEnabled: boolean;
  provider: 'simulator' | 'twilio';
  /** The channel of tenant `default`; null when none is set, or with the simulator. */
  twilio: {
    credentials: TwilioCredentials;
    from: string;
    /** Null: no text messages. */
    smsFrom: string | null;
    messagingServiceSid: string | null;
  } | null;
  /** Null: no e-mail. The address of the server holds its login. */
  mail: { smtpUrl: string; from: string } | null;
  twilioApiBaseUrl: string | null;
  messagesPerSecond: number;
  defaultCountry: string;
  cmmsApiKey: string | null;
  /** Who administers tenant `default` from the start; null: made with the embedded database, else nobody. */
  admin: { email: string; password: string } | null;
  /** Null: people sign in to the panel with passwords only. */
  openId: OpenIdSettings | null;
  webhookAllowPrivate: boolean;
  /** Null: nobody manages tenants over HTTP. */
  operatorApiKey: string | null;
  logLevel: string;
};

/** Every fault of the environment at once, each with what to do. */
export class ConfigError extends Error {
  readonly faults: string[];
  constructor(faults: string[]) {
    super(
      `The environment has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

type Env = Record<string, string | undefined>;

/** Reads the environment once; an empty variable counts as unset. Throws a ConfigError that names all faults. */
export const readConfig = (env: Env): Config => {
  const faults: string[] = [];
  const text = (name: string): string | null => env[name]?.trim() || null;

  const read = <T>(
    name: string,
    fallback: T,
    parse: (value: string) => T | undefined,
    expected: string,
  ): T => {
    const value = text(name);
    if (value === null) return fallback;
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    // The value itself may be a secret put into the wrong variable.
    faults.push(`${name} must be ${expected}`);
    return fallback;
  };
  const oneOf = <const T extends readonly string[]>(name: string, words: T, fallback: T[number]): T[number] =>
    read<T[number]>(name, fallback, (value) => words.find((word) => word === value), words.join(', '));
  const url = (name: string, protocols: string[], example: string): string | null =>
    read<string | null>(
      name,
      null,
      (value) => (URL.canParse(value) && protocols.includes(new URL(value).protocol) ? value : undefined),
      `an address like ${example}`,
    );

  const port = read('PORT', 3000, (value) => wholeNumber(value, 1, 65535), 'a port number from 1 to 65535');
  const databaseUrl = url(
    'DATABASE_URL',
    ['postgres:', 'postgresql:'],
    'postgres://rbm_app:password@host:5432/rbm',
  );
  const migrationDatabaseUrl = url(
    'MIGRATION_DATABASE_URL',
    ['postgres:', 'postgresql:'],
    'postgres://rbm_owner:password@host:5432/rbm',
  );
  const redisUrl = url('REDIS_URL', ['redis:', 'rediss:'], 'redis://:password@host:6379');
  const role = oneOf('ROLE', roles, 'all');
  const secretKey = read<string | null>(
    'SECRET_KEY',
    null,
    (value) => (value.length >= 16 ? value : undefined),
    'at least 16 characters, better 32, for example from: openssl rand -hex 32',
  );
  if (databaseUrl && !text('SECRET_KEY')) {
    faults.push('SECRET_KEY is needed with DATABASE_URL: set it to the output of: openssl rand -hex 32');
  }
  if (!databaseUrl && !text('DATABASE_URL')) {
    if (role !== 'all')
      faults.push(`ROLE=${role} needs DATABASE_URL: only ROLE=all can bring its own database`);
    if (migrationDatabaseUrl)
      faults.push("MIGRATION_DATABASE_URL needs DATABASE_URL, the restricted role's connection");
  }

  // A number without an account would otherwise start the demonstration, which has numbers of its own.
  const anyTwilio = Object.keys(env).some(
    (name) =>
      (name.startsWith('TWILIO_') || ['WHATSAPP_FROM_NUMBER', 'SMS_FROM_NUMBER'].includes(name)) &&
      text(name),
  );
  const provider = oneOf(
    'WHATSAPP_PROVIDER',
    ['simulator', 'twilio'] as const,
    !text('DATABASE_URL') && !text('REDIS_URL') && !anyTwilio ? 'simulator' : 'twilio',
  );

  const config: Config = {
    host: text('HOST') ?? '127.0.0.1',
    port,
    publicBaseUrl: (
      url('PUBLIC_BASE_URL', ['http:', 'https:'], 'https://whatsapp.example.com') ??
      `http://localhost:${port}`
    ).replace(/\/+$/, ''),
    databaseUrl,
    migrationDatabaseUrl,
    redisUrl,
    dataDir: text('DATA_DIR') ?? './.data',
    attachmentsBucket: readBucket(url, text, faults),
    role,
    secretKey,
    secretKeyPrevious: text('SECRET_KEY_PREVIOUS'),
    whatsappEnabled: oneOf('WHATSAPP_ENABLED', ['true', 'false'] as const, 'true') === 'true',
    provider,
    twilio: provider === 'twilio' ? readTwilio(text, faults) : null,
    mail: readMail(url, text, faults),
    twilioApiBaseUrl:
      url('TWILIO_API_BASE_URL', ['http:', 'https:'], 'https://api.twilio.com')?.replace(/\/+$/, '') ?? null,
    messagesPerSecond: read(
      'WHATSAPP_MESSAGES_PER_SECOND',
      80,
      (value) => (Number(value) > 0 && Number(value) <= 10_000 ? Number(value) : undefined),
      'a number above 0, for example 80, or 0.33 for the sandbox',
    ),
    defaultCountry: read(
      'DEFAULT_COUNTRY',
      'US',
      (value) => (isCountry(value.toUpperCase()) ? value.toUpperCase() : undefined),
      'a country code of two letters, for example US',
    ),
    cmmsApiKey: read<string | null>(
      'CMMS_API_KEY',
      null,
      isKey,
      'at least 8 characters without spaces, better 16, for example from: openssl rand -hex 24',
    ),
    admin: readAdmin(text, faults),
    openId: readOpenId(url, text, faults),
    webhookAllowPrivate: oneOf('WEBHOOK_ALLOW_PRIVATE', ['true', 'false'] as const, 'false') === 'true',
    operatorApiKey: read<string | null>(
      'OPERATOR_API_KEY',
      null,
      isKey,
      'at least 8 characters without spaces, better 24, for example from: openssl rand -hex 24',
    ),
    logLevel: oneOf(
      'LOG_LEVEL',
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const,
      'info',
    ),
  };
  if (config.operatorApiKey && config.operatorApiKey === config.cmmsApiKey) {
    faults.push(
      "OPERATOR_API_KEY and CMMS_API_KEY must differ: one manages tenants, the other is a tenant's",
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
};

const readBucket = (
  url: (name: string, protocols: string[], example: string) => string | null,
  text: (name: string) => string | null,
  faults: string[],
): BucketSettings | null => {
  const example = 'https://s3.eu-central-1.amazonaws.com/my-bucket';
  const address = url('ATTACHMENTS_S3_URL', ['http:', 'https:'], example);
  const accessKeyId = text('ATTACHMENTS_S3_ACCESS_KEY_ID');
  const secretAccessKey = text('ATTACHMENTS_S3_SECRET_ACCESS_KEY');
  const settings = {
    ATTACHMENTS_S3_URL: text('ATTACHMENTS_S3_URL'),
    ATTACHMENTS_S3_ACCESS_KEY_ID: accessKeyId,
    ATTACHMENTS_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const missing = Object.entries(settings).filter(([, value]) => !value);
  if (missing.length > 0 && missing.length < 3) {
    for (const [name] of missing) faults.push(`${name} is missing beside the other settings of the bucket`);
  }
  if (address && new URL(address).pathname === '/') {
    faults.push(`ATTACHMENTS_S3_URL must name the bucket by path, like ${example}`);
  }
  if (!address || !accessKeyId || !secretAccessKey) return null;
  return { url: address, region: text('ATTACHMENTS_S3_REGION') ?? 'us-east-1', accessKeyId, secretAccessKey };
};

const readTwilio = (text: (name: string) => string | null, faults: string[]): Config['twilio'] => {
  const accountSid = text('TWILIO_ACCOUNT_SID');
  const authToken = text('TWILIO_AUTH_TOKEN');
  const number = text('WHATSAPP_FROM_NUMBER');
  const smsNumber = text('SMS_FROM_NUMBER');
  const apiKeySid = text('TWILIO_API_KEY_SID');
  const apiKeySecret = text('TWILIO_API_KEY_SECRET');
  if (!accountSid && !authToken && !number) {
    const belonging = [
      'TWILIO_API_KEY_SID',
      'TWILIO_API_KEY_SECRET',
      'TWILIO_AUTH_TOKEN_SECONDARY',
      'TWILIO_MESSAGING_SERVICE_SID',
      'SMS_FROM_NUMBER',
    ].filter((name) => text(name));
    if (belonging.length > 0)
      faults.push(
        `TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and WHATSAPP_FROM_NUMBER are missing beside ${belonging.join(', ')}`,
      );
    return null;
  }
  for (const [name, value, where] of [
    ['TWILIO_ACCOUNT_SID', accountSid, "the AC… id on the first page of Twilio's console"],
    ['TWILIO_AUTH_TOKEN', authToken, 'it verifies webhooks, even if you send with an API key'],
    ['WHATSAPP_FROM_NUMBER', number, 'the WhatsApp sender, for example +14155238886'],
  ] as const) {
    if (!value) faults.push(`${name} is missing beside the other Twilio settings: ${where}`);
  }
  if (Boolean(apiKeySid) !== Boolean(apiKeySecret)) {
    faults.push('TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET go together: set both or neither');
  }
  if (accountSid && !/^AC[0-9a-fA-F]{32}$/.test(accountSid)) {
    faults.push('TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits');
  }
  const from = plainNumber(number?.replace(/^whatsapp:/, ''));
  const smsFrom = plainNumber(smsNumber);
  for (const [name, value] of [
    ['WHATSAPP_FROM_NUMBER', from],
    ['SMS_FROM_NUMBER', smsFrom],
  ] as const) {
    if (value && !/^\+[1-9]\d{6,14}$/.test(value))
      faults.push(`${name} must be an international number, for example +14155238886`);
  }
  if (!accountSid || !authToken || !from) return null;
  return {
    credentials: {
      accountSid,
      authToken,
      authTokenSecondary: text('TWILIO_AUTH_TOKEN_SECONDARY'),
      apiKeySid,
      apiKeySecret,
    },
    from: `whatsapp:${from}`,
    smsFrom: smsFrom || null,
    messagingServiceSid: text('TWILIO_MESSAGING_SERVICE_SID'),
  };
};

const plainNumber = (spelled: string | null | undefined): string | undefined =>
  spelled?.replace(/[\s().-]/g, '');

const readMail = (
  url: (name: string, protocols: string[], example: string) => string | null,
  text: (name: string) => string | null,
  faults: string[],
): Config['mail'] => {
  const smtpUrl = url('SMTP_URL', ['smtp:', 'smtps:'], 'smtp://user:password@mail.example.com:587');
  const from = text('MAIL_FROM');
  if (smtpUrl && !new URL(smtpUrl).hostname) {
    faults.push('SMTP_URL must name the mail server, like smtp://user:password@mail.example.com:587');
  }
  if (text('SMTP_URL') && !from) {
    faults.push('MAIL_FROM is missing beside SMTP_URL: what e-mails are sent from, like rbm@example.com');
  }
  if (from && !text('SMTP_URL')) {
    faults.push('SMTP_URL is missing beside MAIL_FROM: smtp://user:password@mail.example.com:587');
  }
  if (from && !readMailbox(from)) {
    faults.push(
      'MAIL_FROM must be an e-mail address, for example rbm@example.com or RBM <rbm@example.com>; a name with : ; ( or ) in it stands in double quotes',
    );
  }
  return smtpUrl && from && readMailbox(from) ? { smtpUrl, from } : null;
};

const isKey = (value: string): string | undefined =>
  value.length >= 8 && !/\s/.test(value) ? value : undefined;

const goodLengths = { secretKey: 32, cmmsApiKey: 16, operatorApiKey: 24 };

/** What could be guessed by trying, though it is no reason not to take messages. */
export const weakKeysOf = (config: Config): string[] =>
  (
    [
      ['SECRET_KEY', 'secretKey'],
      ['CMMS_API_KEY', 'cmmsApiKey'],
      ['OPERATOR_API_KEY', 'operatorApiKey'],
    ] as const
  ).flatMap(([name, key]) => {
    const value = config[key];
    const good = goodLengths[key];
    return value !== null && value.length < good
      ? `${name} is weak. It should have ${good} characters or more, for example from: openssl rand -hex ${good}`
      : [];
  });

const readAdmin = (text: (name: string) => string | null, faults: string[]): Config['admin'] => {
  const email = text('ADMIN_EMAIL');
  const password = text('ADMIN_PASSWORD');
  if (Boolean(email) !== Boolean(password)) {
    faults.push('ADMIN_EMAIL and ADMIN_PASSWORD go together: set both or neither');
  }
  const isAddress = z.email().max(254).safeParse(email).success;
  if (email && !isAddress) faults.push('ADMIN_EMAIL must be an e-mail address, for example anna@example.com');
  // What else is weak about it is no reason not to take messages: the start says it.
  if (password && password.length < 8) {
    faults.push('ADMIN_PASSWORD will not do. It needs at least 8 characters, better 12');
  }
  return email && password && isAddress ? { email: email.toLowerCase(), password } : null;
};

const readOpenId = (
  url: (name: string, protocols: string[], example: string) => string | null,
  text: (name: string) => string | null,
  faults: string[],
): OpenIdSettings | null => {
  const issuer = url('OPENID_ISSUER', ['https:', 'http:'], 'https://login.example.com/realms/plant');
  const clientId = text('OPENID_CLIENT_ID');
  const clientSecret = text('OPENID_CLIENT_SECRET');
  const settings = {
    OPENID_ISSUER: text('OPENID_ISSUER'),
    OPENID_CLIENT_ID: clientId,
    OPENID_CLIENT_SECRET: clientSecret,
  };
  const missing = Object.entries(settings).filter(([, value]) => !value);
  if (missing.length > 0 && missing.length < 3) {
    for (const [name] of missing) faults.push(`${name} is missing beside the other settings of OpenID`);
  }
  if (issuer?.startsWith('http:') && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(issuer).hostname)) {
    faults.push('OPENID_ISSUER must be an https:// address: whoever could change its answers could sign in');
  }
  return issuer && clientId && clientSecret ? { issuer, clientId, clientSecret } : null;
};

const wholeNumber = (value: string, min: number, max: number): number | undefined => {
  const parsed = z.coerce.number().int().min(min).max(max).safeParse(value);
  return parsed.success ? parsed.data : undefined;
};
