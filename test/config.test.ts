import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig, weakKeysOf } from '../src/config.ts';

const secretKey = 'a-secret-key-that-nobody-may-see-0123';
const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const authToken = 'an-auth-token-nobody-may-see';
const sender = {
  TWILIO_ACCOUNT_SID: accountSid,
  TWILIO_AUTH_TOKEN: authToken,
  WHATSAPP_FROM_NUMBER: '+14155238886',
};

const bucket = {
  ATTACHMENTS_S3_URL: 'https://s3.example.com/bucket',
  ATTACHMENTS_S3_ACCESS_KEY_ID: 'AKIA1',
  ATTACHMENTS_S3_SECRET_ACCESS_KEY: 's3-key-nobody-may-see',
};

const openId = {
  OPENID_ISSUER: 'https://login.example.com/plant',
  OPENID_CLIENT_ID: 'rbm',
  OPENID_CLIENT_SECRET: 'openid-secret',
};

const faultsOf = (env: Record<string, string | undefined>): string[] => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('with nothing set', () => {
  const defaults = {
    host: '127.0.0.1',
    port: 3000,
    publicBaseUrl: 'http://localhost:3000',
    databaseUrl: null,
    migrationDatabaseUrl: null,
    redisUrl: null,
    dataDir: './.data',
    attachmentsBucket: null,
    role: 'all',
    secretKey: null,
    secretKeyPrevious: null,
    whatsappEnabled: true,
    provider: 'simulator',
    twilio: null,
    mail: null,
    twilioApiBaseUrl: null,
    messagesPerSecond: 80,
    defaultCountry: 'US',
    cmmsApiKey: null,
    admin: null,
    openId: null,
    webhookAllowPrivate: false,
    operatorApiKey: null,
    logLevel: 'info',
  };

  test('it is a demonstration', () => {
    expect(readConfig({})).toEqual(defaults);
  });

  test('empty and blank variables count as unset', () => {
    const names = [
      'HOST',
      'PORT',
      'PUBLIC_BASE_URL',
      'DATABASE_URL',
      'MIGRATION_DATABASE_URL',
      'REDIS_URL',
      'DATA_DIR',
      'ATTACHMENTS_S3_URL',
      'ATTACHMENTS_S3_REGION',
      'ATTACHMENTS_S3_ACCESS_KEY_ID',
      'ATTACHMENTS_S3_SECRET_ACCESS_KEY',
      'ROLE',
      'SECRET_KEY',
      'SECRET_KEY_PREVIOUS',
      'SMS_FROM_NUMBER',
      'SMTP_URL',
      'MAIL_FROM',
      'WHATSAPP_ENABLED',
      'WHATSAPP_PROVIDER',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_AUTH_TOKEN_SECONDARY',
      'WHATSAPP_FROM_NUMBER',
      'TWILIO_API_KEY_SID',
      'TWILIO_API_KEY_SECRET',
      'TWILIO_MESSAGING_SERVICE_SID',
      'TWILIO_API_BASE_URL',
      'WHATSAPP_MESSAGES_PER_SECOND',
      'DEFAULT_COUNTRY',
      'CMMS_API_KEY',
      'ADMIN_EMAIL',
      'ADMIN_PASSWORD',
      'OPENID_ISSUER',
      'OPENID_CLIENT_ID',
      'OPENID_CLIENT_SECRET',
      'WEBHOOK_ALLOW_PRIVATE',
      'LOG_LEVEL',
    ];
    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(defaults);
    expect(readConfig(Object.fromEntries(names.map((name) => [name, '  '])))).toEqual(defaults);
  });

  test('the address follows the port', () => {
    expect(readConfig({ PORT: '8080' })).toMatchObject({
      port: 8080,
      publicBaseUrl: 'http://localhost:8080',
    });
  });
});

describe('the provider is the simulator only when nothing of a real installation is set', () => {
  test.each([
    [{ DATABASE_URL: 'postgres://app@db/rbm', SECRET_KEY: secretKey }, 'twilio'],
    [{ REDIS_URL: 'redis://queue:6379' }, 'twilio'],
    [sender, 'twilio'],
    [{ TWILIO_API_BASE_URL: 'http://127.0.0.1:4010' }, 'twilio'],
    [{ WHATSAPP_PROVIDER: 'twilio' }, 'twilio'],
    [{ REDIS_URL: 'redis://queue:6379', WHATSAPP_PROVIDER: 'simulator' }, 'simulator'],
    [{ ...sender, WHATSAPP_PROVIDER: 'simulator' }, 'simulator'],
    [{ PORT: '80', LOG_LEVEL: 'debug', CMMS_API_KEY: 'a-key-of-16-characters' }, 'simulator'],
  ])('%j: %s', (env, provider) => {
    expect(readConfig(env).provider).toBe(provider);
  });

  test('the simulator takes no Twilio sender', () => {
    expect(readConfig({ ...sender, WHATSAPP_PROVIDER: 'simulator' }).twilio).toBeNull();
  });
});

test('a whole installation is read as it is written', () => {
  expect(
    readConfig({
      HOST: '0.0.0.0',
      PORT: '8080',
      PUBLIC_BASE_URL: 'https://rbm.example.com/wa//',
      DATABASE_URL: 'postgres://app:pw@db:5432/rbm',
      MIGRATION_DATABASE_URL: 'postgresql://owner:pw@db:5432/rbm',
      REDIS_URL: 'rediss://:pw@queue:6380',
      DATA_DIR: '/var/lib/rbm',
      ATTACHMENTS_S3_URL: 'http://minio:9000/rbm/attachments',
      ATTACHMENTS_S3_REGION: 'eu-central-1',
      ATTACHMENTS_S3_ACCESS_KEY_ID: 'AKIA1',
      ATTACHMENTS_S3_SECRET_ACCESS_KEY: 's3-secret',
      ROLE: 'worker',
      SECRET_KEY: ` ${secretKey} `,
      SECRET_KEY_PREVIOUS: 'older',
      WHATSAPP_ENABLED: 'false',
      ...sender,
      TWILIO_AUTH_TOKEN_SECONDARY: 'second',
      TWILIO_API_KEY_SID: 'SK1',
      TWILIO_API_KEY_SECRET: 'sk-secret',
      TWILIO_MESSAGING_SERVICE_SID: 'MG1',
      SMS_FROM_NUMBER: '+1 415 555 0100',
      SMTP_URL: 'smtps://rbm:mail-secret@mail.example.com',
      MAIL_FROM: 'RBM <rbm@example.com>',
      TWILIO_API_BASE_URL: 'http://127.0.0.1:4010/',
      WHATSAPP_MESSAGES_PER_SECOND: '0.33',
      DEFAULT_COUNTRY: 'de',
      CMMS_API_KEY: 'a-key-of-16-characters',
      ADMIN_EMAIL: 'Anna@example.com',
      ADMIN_PASSWORD: 'three tall ladders',
      ...openId,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      OPERATOR_API_KEY: 'a-key-of-24-characters--',
      LOG_LEVEL: 'warn',
    }),
  ).toEqual({
    host: '0.0.0.0',
    port: 8080,
    publicBaseUrl: 'https://rbm.example.com/wa',
    databaseUrl: 'postgres://app:pw@db:5432/rbm',
    migrationDatabaseUrl: 'postgresql://owner:pw@db:5432/rbm',
    redisUrl: 'rediss://:pw@queue:6380',
    dataDir: '/var/lib/rbm',
    attachmentsBucket: {
      url: 'http://minio:9000/rbm/attachments',
      region: 'eu-central-1',
      accessKeyId: 'AKIA1',
      secretAccessKey: 's3-secret',
    },
    role: 'worker',
    secretKey,
    secretKeyPrevious: 'older',
    whatsappEnabled: false,
    provider: 'twilio',
    twilio: {
      credentials: {
        accountSid,
        authToken,
        authTokenSecondary: 'second',
        apiKeySid: 'SK1',
        apiKeySecret: 'sk-secret',
      },
      from: 'whatsapp:+14155238886',
      smsFrom: '+14155550100',
      messagingServiceSid: 'MG1',
    },
    mail: { smtpUrl: 'smtps://rbm:mail-secret@mail.example.com', from: 'RBM <rbm@example.com>' },
    twilioApiBaseUrl: 'http://127.0.0.1:4010',
    messagesPerSecond: 0.33,
    defaultCountry: 'DE',
    cmmsApiKey: 'a-key-of-16-characters',
    admin: { email: 'anna@example.com', password: 'three tall ladders' },
    openId: { issuer: 'https://login.example.com/plant', clientId: 'rbm', clientSecret: 'openid-secret' },
    webhookAllowPrivate: true,
    operatorApiKey: 'a-key-of-24-characters--',
    logLevel: 'warn',
  });
});

test.each(['+14155238886', 'whatsapp:+14155238886', '+1 (415) 523-8886'])('the sender %s is read', (from) => {
  expect(readConfig({ ...sender, WHATSAPP_FROM_NUMBER: from }).twilio?.from).toBe('whatsapp:+14155238886');
});

test('a weak password for the panel stops nothing', () => {
  const admin = { email: 'admin@example.com', password: 'admin-password-123' };
  expect(readConfig({ ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password }).admin).toEqual(admin);
});

test('a weak key stops nothing, and is named', () => {
  const strong = {
    SECRET_KEY: 's'.repeat(32),
    CMMS_API_KEY: 'c'.repeat(16),
    OPERATOR_API_KEY: 'o'.repeat(24),
  };
  expect(weakKeysOf(readConfig(strong))).toEqual([]);
  expect(weakKeysOf(readConfig({}))).toEqual([]);
  for (const [name, key] of Object.entries(strong))
    expect(weakKeysOf(readConfig({ ...strong, [name]: key.slice(1) })), name).toEqual([
      expect.stringMatching(new RegExp(`^${name} is weak.*${key.length} characters.*openssl`)),
    ]);
});

describe('each fault is named with what to do', () => {
  test.each([
    [{ PORT: 'http' }, /^PORT must be/],
    [{ PORT: '0' }, /^PORT must be/],
    [{ PORT: '65536' }, /^PORT must be/],
    [{ PORT: '3000.5' }, /^PORT must be/],
    [{ PUBLIC_BASE_URL: 'rbm.example.com' }, /^PUBLIC_BASE_URL must be .*https:/],
    [{ PUBLIC_BASE_URL: 'ftp://rbm.example.com' }, /^PUBLIC_BASE_URL must be/],
    [{ DATABASE_URL: 'mysql://db/rbm', SECRET_KEY: secretKey }, /^DATABASE_URL must be .*postgres:/],
    [{ DATABASE_URL: 'db', SECRET_KEY: secretKey }, /^DATABASE_URL must be/],
    [{ REDIS_URL: 'queue:6379' }, /^REDIS_URL must be .*redis:/],
    [{ DATABASE_URL: 'postgres://db/rbm' }, /^SECRET_KEY is needed .*openssl/],
    [{ SECRET_KEY: 'short' }, /^SECRET_KEY must be at least 16/],
    [{ ROLE: 'boss' }, /^ROLE must be ingress, worker, all/],
    [{ ROLE: 'worker' }, /^ROLE=worker needs DATABASE_URL/],
    [{ MIGRATION_DATABASE_URL: 'postgres://owner@db/rbm' }, /^MIGRATION_DATABASE_URL needs DATABASE_URL/],
    [{ WHATSAPP_ENABLED: 'no' }, /^WHATSAPP_ENABLED must be true, false/],
    [{ WHATSAPP_PROVIDER: 'meta' }, /^WHATSAPP_PROVIDER must be simulator, twilio/],
    [{ WHATSAPP_MESSAGES_PER_SECOND: '0' }, /^WHATSAPP_MESSAGES_PER_SECOND must be .*0\.33/],
    [{ WHATSAPP_MESSAGES_PER_SECOND: '-1' }, /^WHATSAPP_MESSAGES_PER_SECOND/],
    [{ WHATSAPP_MESSAGES_PER_SECOND: 'fast' }, /^WHATSAPP_MESSAGES_PER_SECOND/],
    [{ WHATSAPP_MESSAGES_PER_SECOND: 'Infinity' }, /^WHATSAPP_MESSAGES_PER_SECOND/],
    [{ DEFAULT_COUNTRY: 'Germany' }, /^DEFAULT_COUNTRY must be a country code/],
    [{ CMMS_API_KEY: 'short' }, /^CMMS_API_KEY must be at least 8/],
    [{ WEBHOOK_ALLOW_PRIVATE: 'yes' }, /^WEBHOOK_ALLOW_PRIVATE must be true, false/],
    [{ OPERATOR_API_KEY: 'with a space' }, /^OPERATOR_API_KEY must be at least 8/],
    [
      { OPERATOR_API_KEY: 'x'.repeat(24), CMMS_API_KEY: 'x'.repeat(24) },
      /^OPERATOR_API_KEY and CMMS_API_KEY must differ/,
    ],
    [{ ADMIN_EMAIL: 'anna@example.com' }, /^ADMIN_EMAIL and ADMIN_PASSWORD go together/],
    [{ ADMIN_PASSWORD: 'three tall ladders' }, /go together/],
    [{ ADMIN_EMAIL: 'anna', ADMIN_PASSWORD: 'three tall ladders' }, /^ADMIN_EMAIL must be an e-mail/],
    [
      { ADMIN_EMAIL: 'anna@example.com', ADMIN_PASSWORD: 'short' },
      /^ADMIN_PASSWORD will not do.* 8 characters/,
    ],
    [{ ...openId, OPENID_ISSUER: '' }, /^OPENID_ISSUER is missing beside/],
    [{ ...openId, OPENID_CLIENT_ID: '' }, /^OPENID_CLIENT_ID is missing beside/],
    [{ ...openId, OPENID_CLIENT_SECRET: '' }, /^OPENID_CLIENT_SECRET is missing beside/],
    [{ ...openId, OPENID_ISSUER: 'login.example.com' }, /^OPENID_ISSUER must be an address/],
    [{ ...openId, OPENID_ISSUER: 'http://login.example.com' }, /^OPENID_ISSUER must be an https:/],
    [{ ...openId, OPENID_ISSUER: 'http://localhost.example.com' }, /^OPENID_ISSUER must be an https:/],
    [{ ...openId, OPENID_ISSUER: 'http://127.evil.example' }, /^OPENID_ISSUER must be an https:/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be/],
    [{ ...bucket, ATTACHMENTS_S3_URL: 's3://bucket' }, /^ATTACHMENTS_S3_URL must be an address like https:/],
    [
      { ...bucket, ATTACHMENTS_S3_URL: 'https://s3.example.com/' },
      /^ATTACHMENTS_S3_URL must name the bucket/,
    ],
    [{ ...bucket, ATTACHMENTS_S3_URL: '' }, /^ATTACHMENTS_S3_URL is missing beside/],
    [{ ...bucket, ATTACHMENTS_S3_ACCESS_KEY_ID: '' }, /^ATTACHMENTS_S3_ACCESS_KEY_ID is missing beside/],
    [{ ...bucket, ATTACHMENTS_S3_SECRET_ACCESS_KEY: '' }, /^ATTACHMENTS_S3_SECRET_ACCESS_KEY is missing/],
    [{ ...sender, TWILIO_ACCOUNT_SID: 'AC12' }, /^TWILIO_ACCOUNT_SID must be AC and 32/],
    [{ ...sender, WHATSAPP_FROM_NUMBER: '4155238886' }, /^WHATSAPP_FROM_NUMBER must be an international/],
    [{ ...sender, TWILIO_ACCOUNT_SID: '' }, /^TWILIO_ACCOUNT_SID is missing/],
    [{ ...sender, TWILIO_AUTH_TOKEN: '' }, /^TWILIO_AUTH_TOKEN is missing/],
    [{ ...sender, WHATSAPP_FROM_NUMBER: '' }, /^WHATSAPP_FROM_NUMBER is missing/],
    [{ ...sender, SMS_FROM_NUMBER: '4155550100' }, /^SMS_FROM_NUMBER must be an international/],
    [{ SMS_FROM_NUMBER: '+14155550100', WHATSAPP_PROVIDER: 'twilio' }, /missing beside SMS_FROM_NUMBER/],
    [{ SMS_FROM_NUMBER: '+14155550100' }, /missing beside SMS_FROM_NUMBER/],
    [{ SMTP_URL: 'smtp://', MAIL_FROM: 'rbm@example.com' }, /^SMTP_URL must name the mail server/],
    [{ SMTP_URL: 'smtp://mail.example.com' }, /^MAIL_FROM is missing/],
    [{ MAIL_FROM: 'rbm@example.com' }, /^SMTP_URL is missing/],
    [{ SMTP_URL: 'https://mail.example.com', MAIL_FROM: 'rbm@example.com' }, /^SMTP_URL must be an address/],
    [{ SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'rbm' }, /^MAIL_FROM must be an e-mail address/],
    [{ ...sender, TWILIO_API_KEY_SID: 'SK1' }, /^TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET go together/],
    [{ ...sender, TWILIO_API_KEY_SECRET: 'sk' }, /go together/],
    [{ TWILIO_API_KEY_SID: 'SK1', TWILIO_API_KEY_SECRET: 'sk' }, /TWILIO_ACCOUNT_SID/],
    [{ TWILIO_AUTH_TOKEN_SECONDARY: 'second' }, /TWILIO_ACCOUNT_SID/],
    [{ TWILIO_MESSAGING_SERVICE_SID: 'MG1' }, /TWILIO_ACCOUNT_SID/],
  ])('%j', (env, fault) => {
    expect(faultsOf(env)).toEqual([expect.stringMatching(fault)]);
  });

  test.each([['TWILIO_ACCOUNT_SID'], ['TWILIO_AUTH_TOKEN'], ['WHATSAPP_FROM_NUMBER']])(
    '%s alone names both others',
    (name) => {
      const faults = faultsOf({ [name]: sender[name as keyof typeof sender] });
      expect(faults).toHaveLength(2);
      for (const other of Object.keys(sender)) {
        if (other !== name) expect(faults.join('\n')).toContain(`${other} is missing`);
      }
    },
  );
});

test('all faults are named at once, and nothing that was set is repeated', () => {
  const env = {
    PORT: 'port-secret',
    PUBLIC_BASE_URL: 'base-secret',
    DATABASE_URL: 'mysql://app:database-secret@db/rbm',
    MIGRATION_DATABASE_URL: 'owner-secret',
    REDIS_URL: 'http://:queue-secret@queue',
    ROLE: 'role-secret',
    SECRET_KEY: 'key-secret',
    WHATSAPP_ENABLED: 'enabled-secret',
    WHATSAPP_PROVIDER: 'provider-secret',
    TWILIO_ACCOUNT_SID: 'sid-secret',
    TWILIO_AUTH_TOKEN: 'token-secret',
    TWILIO_API_KEY_SECRET: 'api-secret',
    TWILIO_API_BASE_URL: 'twilio-secret',
    WHATSAPP_FROM_NUMBER: 'number-secret',
    SMS_FROM_NUMBER: 'sms-secret',
    SMTP_URL: 'mail-secret',
    MAIL_FROM: 'from-secret',
    WHATSAPP_MESSAGES_PER_SECOND: 'rate-secret',
    DEFAULT_COUNTRY: 'country-secret',
    CMMS_API_KEY: 'cmms -secret',
    ADMIN_EMAIL: 'admin-secret',
    ADMIN_PASSWORD: '-secret',
    OPENID_ISSUER: 'openid-secret',
    ATTACHMENTS_S3_URL: 'bucket-secret',
    LOG_LEVEL: 'level-secret',
  };
  const faults = faultsOf(env);
  const { TWILIO_AUTH_TOKEN: _token, ...wrong } = env;
  for (const name of Object.keys(wrong)) {
    expect(faults.filter((fault) => fault.startsWith(name) || fault.includes(` ${name} `))).not.toEqual([]);
  }
  const message = new ConfigError(faults).message;
  expect(message).not.toContain('secret@');
  expect(message).not.toMatch(/-secret/);
  expect(message).toContain(`${faults.length} faults`);
});
