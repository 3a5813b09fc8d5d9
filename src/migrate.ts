import { ConfigError, readConfig } from './config.ts';
import { prepareDatabase } from './store/prepare.ts';

/** The migration step of a deployment: the only thing that uses the owner's connection. */
const main = async () => {
  const { databaseUrl, migrationDatabaseUrl, secretKey } = readConfig(process.env);
  const ownerUrl = migrationDatabaseUrl ?? databaseUrl;
  if (!ownerUrl || !secretKey) {
    throw new ConfigError([
      'DATABASE_URL and SECRET_KEY are needed: the embedded database migrates itself when it starts',
    ]);
  }
  await prepareDatabase({
    ownerUrl,
    ...(migrationDatabaseUrl && databaseUrl ? { appUrl: databaseUrl } : {}),
    secretKey,
    log: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write('the database is up to date\n');
};

main().catch((error: Error & { code?: string }) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `migration failed: ${error.message || error.code}`}\n`,
  );
  process.exit(1);
});
