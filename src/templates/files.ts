import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { faultsOf, type Proposal, readProposal } from './proposal.ts';

// Three levels up from dist/src/templates, two from src/templates.
const folder = ['../../templates/', '../../../templates/']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path) && readdirSync(path).some((name) => name.endsWith('.json')));

/** The proposed templates, one file each, and the faults of those that cannot be used. */
export const readProposals = (from = folder): { proposals: Proposal[]; faults: string[] } => {
  const proposals: Proposal[] = [];
  const faults: string[] = [];
  const names = from ? readdirSync(from).filter((name) => name.endsWith('.json')) : [];
  if (names.length === 0) faults.push('there is no folder templates/ with proposals in it');
  for (const name of names.sort()) {
    const read = readProposal(readFileSync(`${from}/${name}`, 'utf8'));
    const wrong = 'faults' in read ? read.faults : faultsOf(read).map((rule) => `must keep: ${rule}`);
    faults.push(...wrong.map((fault) => `templates/${name} ${fault}`));
    if (!('faults' in read) && wrong.length === 0) proposals.push(read);
  }
  return { proposals, faults };
};
