/** What this program takes from others comes as it was when it was chosen, and runs nothing while it is installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
}

const locked = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const chosen = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

describe('packages of others', () => {
  it('are locked with a checksum each', () => {
    const all = Object.entries(locked.packages).filter(([path]) => path !== '');
    expect(all.length).to.be.greaterThan(50);
    const open = all.filter(([, { integrity = '' }]) => !/^sha512-[A-Za-z0-9+/=]{88}$/.test(integrity));
    expect(open.map(([path]) => path)).to.deep.equal([]);
  });

  it('are chosen in one version each', () => {
    for (const [name, version] of Object.entries({ ...chosen.dependencies, ...chosen.devDependencies }))
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
  });

  it('run nothing while they are installed', () => {
    expect(read('.npmrc')).to.include('ignore-scripts=true');
  });
});
