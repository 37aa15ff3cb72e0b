import { resolve } from 'node:path';
import { expect } from 'chai';
import { chooseDataDir, findPlace } from './place.ts';
import type { Place } from './place.ts';
import { build } from './version.ts';

const assets = {
  templates: '/t',
  lua: '/l',
  dashboard: '/b',
  modsecurity: { usual: '/m', coreRules: '/c' },
  confine: null,
} as const;
const checkout: Place = { kind: 'checkout', assets };
const image: Place = { kind: 'image', assets };

describe('the place of the program', () => {
  const known = process.env['XDG_STATE_HOME'];
  afterEach(() => {
    if (known === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = known;
  });

  it('is the checkout where there is no image', () => {
    expect(findPlace('/somewhere')).to.deep.equal({
      kind: 'checkout',
      assets: {
        templates: '/somewhere/templates',
        lua: '/somewhere/nginx/lua',
        dashboard: '/somewhere/dashboard',
        modsecurity: {
          usual: '/somewhere/nginx/modsecurity/modsecurity.conf',
          coreRules: '/somewhere/nginx/owasp-modsecurity-crs/nginx-modsecurity.conf',
        },
        confine: null,
      },
    });
  });

  it('has a folder for each HTTP port, below that of the user', () => {
    process.env['XDG_STATE_HOME'] = '/state';
    expect(chooseDataDir(checkout, { dataDir: '', httpPort: 8080 })).to.equal('/state/tidegate/http-8080');
    delete process.env['XDG_STATE_HOME'];
    expect(chooseDataDir(checkout, { dataDir: '', httpPort: 80 })).to.match(/^\/.*\/tidegate\/http-80$/);
  });

  it('has the folder that the flag names', () => {
    expect(chooseDataDir(image, { dataDir: '/d', httpPort: 80 })).to.equal('/d');
    expect(chooseDataDir(checkout, { dataDir: 'd', httpPort: 80 })).to.equal(resolve('d'));
  });

  it('has the paths of the image there', () =>
    expect(chooseDataDir(image, { dataDir: '', httpPort: 80 })).to.equal(null));
});

describe('build', () => {
  it('has the version of the package', () => expect(build.version).to.match(/^v\d+\.\d+\.\d+/));
});
