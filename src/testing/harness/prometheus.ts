/** A real Prometheus that scrapes one program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { requestHttp } from './client.ts';
import { eventually } from './poll.ts';
import { freePort } from './ports.ts';
import type { Stage } from './stage.ts';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface Prometheus {
  /** An instant query. @throws with what Prometheus says when it is none. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Types by name of metric. */
  types(): Promise<ReadonlyMap<string, string>>;
}

export interface PrometheusOptions {
  /** Files of rules. */
  readonly rules?: readonly string[];
  /** For --enable-feature. */
  readonly features?: readonly string[];
}

/** @param target port of the metrics on 127.0.0.1. */
export async function startPrometheus(
  stage: Stage,
  target: number,
  { rules = [], features = [] }: PrometheusOptions,
): Promise<Prometheus> {
  const port = await freePort();
  const file = join(stage.folder, 'prometheus.json');
  const job = { job_name: 'tidegate', static_configs: [{ targets: [`127.0.0.1:${target}`] }] };
  writeFileSync(
    file,
    JSON.stringify({
      global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '1s' },
      rule_files: rules,
      scrape_configs: [job],
    }),
  );
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(stage.folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
      ...features.map((feature) => `--enable-feature=${feature}`),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  stage.defer(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const ask = async (path: string) => {
    const answer = await requestHttp({ port, host: 'localhost', path });
    const { status, data, error } = JSON.parse(answer.text) as {
      readonly status: string;
      readonly data: unknown;
      readonly error?: string;
    };
    if (status !== 'success') throw new Error(error);
    return data;
  };
  await eventually(async () => {
    const { status } = await requestHttp({ port, host: 'localhost', path: '/-/ready' });
    if (status !== 200) throw new Error(`Prometheus answers ${status}`);
  });
  return {
    async query(expression) {
      const data = await ask(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      return (data as { readonly result: readonly Sample[] }).result;
    },
    async types() {
      const data = (await ask('/api/v1/metadata')) as Readonly<Record<string, readonly { type: string }[]>>;
      return new Map(Object.entries(data).map(([name, [first]]) => [name, first?.type ?? '']));
    },
  };
}
