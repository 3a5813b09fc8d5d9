import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';

// Owns a server for the tests next door: says where it is, and on Ctrl-C whether it still answers before stopping it.
const [dir = ''] = process.argv.slice(2);
try {
  const server = await startEmbeddedPostgres({ dir, database: 'rbm', log: () => {} });
  console.log(`ready ${JSON.stringify({ url: server.url, adopted: server.adopted })}`);
  const keepAlive = setInterval(() => {}, 60_000);
  process.once('SIGINT', async () => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query("select 'still answers' as word");
    console.log(rows[0].word);
    await client.end();
    await server.stop();
    clearInterval(keepAlive);
  });
} catch (error) {
  console.log(`failed ${(error as Error).message}`);
  process.exitCode = 1;
}
