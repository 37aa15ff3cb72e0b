import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { defaultOptions } from '../config/flags/parse.ts';
import type { Options } from '../config/flags/table.ts';
import { findPlace } from '../config/place.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { parseConfig } from '../text/lexer.ts';
import { lint } from './lint.ts';
import { render } from './render.ts';
import type { Tool } from './tool.ts';

const place = findPlace(`${import.meta.dirname}/../..`);

const GOOD = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: default
spec:
  ingressClassName: nginx
  rules:
    - host: a.test
      http:
        paths:
          - path: /x
            pathType: Prefix
            backend: {service: {name: web, port: {number: 80}}}
`;

describe('tools on a folder of manifests', () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(() => folder.remove());

  async function run(
    tool: Tool,
    files: Readonly<Record<string, string>>,
    manifests: readonly string[] = [folder.path],
    more: Partial<Options> = {},
  ): Promise<{ readonly code: number; readonly text: string }> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(folder.file(name)), { recursive: true });
      await writeFile(folder.file(name), text);
    }
    let text = '';
    const options = {
      ...defaultOptions(),
      manifests: [...manifests],
      dataDir: folder.file('data'),
      configmap: 'ops/settings',
      ...more,
    };
    const code = await tool({ options, given: new Set(), place, write: (part) => (text += part) });
    return { code, text: text.replaceAll(folder.path, 'DIR') };
  }

  describe('lint', () => {
    it('is silent and successful when all is well', async () => {
      expect(await run(lint, { 'all.yaml': GOOD })).to.deep.equal({ code: 0, text: '' });
    });

    it('names what is wrong with the ConfigMap of the controller', async () => {
      const data = `
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: ops}
data:
  proxy-bodysize: 8m
`;
      const { code, text } = await run(lint, { 'all.yaml': GOOD + data });
      expect(code).to.equal(0);
      expect(text).to.equal(
        'DIR/all.yaml:32 ConfigMap ops/settings data["proxy-bodysize"]: is no key that there is; did you mean proxy-body-size?\n',
      );
    });

    it('names file, line, object and field of what would be refused', async () => {
      const { code, text } = await run(lint, { 'a/all.yaml': GOOD.replace('host: a.test', 'host: a_;') });
      expect(code).to.equal(1);
      expect(text).to.match(
        /^DIR\/a\/all\.yaml:20 Ingress default\/web spec\.rules\[0\]\.host: "a_;" is not a DNS name.*\n$/,
      );
    });

    it('finds the line of a path inside of a rule', async () => {
      const { text } = await run(lint, { 'all.yaml': GOOD.replace('path: /x', 'path: "/x;"') });
      expect(text).to.match(
        /^DIR\/all\.yaml:23 Ingress default\/web spec\.rules\[0\]\.http\.paths\[0\]\.path: /,
      );
    });

    it('tells of warnings without failing', async () => {
      const { code, text } = await run(lint, { 'all.yaml': GOOD.replace('kind: Service', 'kind: Secret') });
      expect(code).to.equal(0);
      expect(text).to.equal('Service default/web: does not exist; requests for it get 503\n');
    });

    it('fails on a file that cannot be read as manifest', async () => {
      const { code, text } = await run(lint, { 'all.yaml': GOOD, 'bad.yaml': 'kind: [' });
      expect(code).to.equal(1);
      expect(text).to.match(/^DIR\/bad\.yaml/);
    });

    it('says each thing once, in order', async () => {
      const second = GOOD.slice(GOOD.lastIndexOf('---')).replace('name: web\n', 'name: other\n');
      const bad = (text: string) => text.replace('path: /x', 'path: x');
      const { text } = await run(lint, { 'a.yaml': bad(GOOD), 'b.yaml': bad(second) });
      const places = text.split('\n').map((line) => line.split(' ')[0]);
      expect(places).to.deep.equal(['DIR/a.yaml:23', 'DIR/b.yaml:13', '']);
    });
  });

  describe('render', () => {
    it('writes a whole nginx.conf', async () => {
      const { code, text } = await run(render, { 'all.yaml': GOOD });
      expect(code).to.equal(0);
      expect(text).to.match(/^# Configuration checksum: \d+\n/);
      const names = parseConfig(text).map(({ name }) => name);
      expect(names).to.include.members(['pid', 'events', 'http']);
      for (const line of [
        '## start server a.test',
        'location "/x/" {',
        'location = "/x" {',
        'DIR/data/nginx.pid',
      ])
        expect(text).to.include(line);
    });

    it('leaves out what would be refused', async () => {
      const { code, text } = await run(render, { 'all.yaml': GOOD.replace('path: /x', 'path: x') });
      expect(code).to.equal(0);
      expect(text).to.include('## start server a.test').and.not.to.include('location "x');
    });

    it('uses the templates of the data folder', async () => {
      const location = await readFile(join(place.assets.templates, 'location.hbs'), 'utf8');
      const own = location.replace('\n', '\n\t\t\tset $own {{quote path}};\n');
      const { text } = await run(render, { 'all.yaml': GOOD, 'data/template/location.hbs': own }, [
        folder.file('all.yaml'),
      ]);
      expect(text).to.include('\t\t\tset $own "/x/";\n');
    });

    it('shows what templates get', async () => {
      const { text } = await run(render, { 'all.yaml': GOOD }, [folder.path], { templateData: true });
      const data = JSON.parse(text);
      expect(data['nginx.conf'].workerConnections).to.be.a('number');
      expect(data.server.map(({ serverName }: { serverName: string }) => serverName)).to.include('a.test');
    });

    it('reads the ConfigMap that the flag names', async () => {
      const settings =
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ops, name: settings}\ndata: {proxy-body-size: 7m}\n';
      const { text } = await run(render, { 'all.yaml': GOOD, 'settings.yaml': settings });
      expect(text).to.include('client_max_body_size 7m;');
    });
  });

  for (const [name, tool] of Object.entries({ lint, render })) {
    it(`${name} asks for a folder when none is given`, async () => {
      const error = await run(tool, {}, []).catch((reason: unknown) => reason);
      expect(String(error)).to.include('--manifests DIR');
    });

    it(`${name} names a folder that is not there`, async () => {
      const error = await run(tool, {}, [folder.file('missing')]).catch((reason: unknown) => reason);
      expect(String(error)).to.include('missing');
    });
  }
});
