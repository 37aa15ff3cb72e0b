/** Commands that read objects from the API server. */
import type { Command } from 'commander';
import { withCluster } from './context.ts';
import type { Context } from './context.ts';
import { countIn, ingressTable, rowsOf } from './ingresses.ts';
import { LATEST, lintsWithin, parseVersion, reportOn } from './lint-report.ts';
import type { Range, ReportOptions } from './lint-report.ts';
import { deploymentLints, ingressLints } from './lints.ts';
import type { Lint } from './lints.ts';
import { collection, INGRESSES } from './objects.ts';
import type { DeploymentShape, IngressShape, Meta, ServiceShape, SliceShape } from './objects.ts';
import { DEPLOYMENT } from './pods.ts';
import type { Register } from './register.ts';

const SLICES = 'discovery.k8s.io/v1';

export const addInfo: Register = ({ root, run }) => {
  root
    .command('info')
    .description('shows the addresses of the Service of the controller')
    .option('--service <name>', 'name of the Service', DEPLOYMENT)
    .action(
      run((context, { service }: { readonly service: string }) =>
        withCluster(context, async (client) => {
          const path = collection('v1', 'services', client.namespace);
          const { spec = {}, status } = await client.get<ServiceShape>(
            `${path}/${encodeURIComponent(service)}`,
          );
          const addresses = (status?.loadBalancer?.ingress ?? []).map(
            ({ ip, hostname }) => ip ?? hostname ?? '',
          );
          context.io.out(
            `Service cluster IP address: ${spec.clusterIP ?? ''}\n` +
              `LoadBalancer IP|CNAME: ${spec.loadBalancerIP ?? addresses.join(',')}\n`,
          );
        }),
      ),
    );
};

interface TableFlags {
  readonly host?: string;
  readonly allNamespaces?: true;
}

export const addIngresses: Register = ({ root, run }) => {
  root
    .command('ingresses')
    .aliases(['ingress', 'ing'])
    .description('lists Ingresses with their paths, Services and endpoints')
    .option('--host <name>', 'only rules of this host')
    .option('--all-namespaces', 'of all namespaces')
    .action(
      run((context, { host, allNamespaces }: TableFlags) =>
        withCluster(context, async (client) => {
          const namespace = allNamespaces === true ? null : client.namespace;
          const ingresses = await client.list<IngressShape>(collection(INGRESSES, 'ingresses', namespace));
          const rows = ingresses.flatMap(rowsOf).filter((row) => host === undefined || row.host === host);
          const slices = await client.list<SliceShape>(collection(SLICES, 'endpointslices', namespace));
          const scope = allNamespaces === true ? 'all namespaces' : 'one namespace';
          context.io.out(ingressTable(rows, countIn(slices), scope));
        }),
      ),
    );
};

interface LintFlags extends ReportOptions {
  readonly fromVersion: string;
  readonly toVersion: string;
}

function addLintFlags(command: Command): Command {
  return command
    .option('--all-namespaces', 'objects of all namespaces')
    .option('--show-all', 'also objects that nothing is wrong with')
    .option('-v, --verbose', 'with the release that a check is about, and where to read about it')
    .option(
      '-f, --from-version <version>',
      'only checks about this release of ingress-nginx and later ones',
      '0.0.0',
    )
    .option('-t, --to-version <version>', 'only checks about releases up to this one', LATEST);
}

export const addLint: Register = ({ root, run }) => {
  const lint = addLintFlags(root.command('lint'))
    .description('looks for mistakes in Ingresses and in Deployments of the controller')
    .action(
      run(async (context, flags: LintFlags) => {
        const range = rangeOf(flags);
        context.io.out('Checking ingresses...\n');
        await checkIngresses(context, flags, range);
        context.io.out('Checking deployments...\n');
        await checkDeployments(context, flags, range);
      }),
    );
  addLintFlags(lint.command('ingresses'))
    .aliases(['ingress', 'ing'])
    .description('looks for mistakes in Ingresses')
    .action(run((context, flags: LintFlags) => checkIngresses(context, flags, rangeOf(flags))));
  addLintFlags(lint.command('deployments'))
    .aliases(['deployment', 'dep'])
    .description('looks for mistakes in Deployments of the controller')
    .action(run((context, flags: LintFlags) => checkDeployments(context, flags, rangeOf(flags))));
};

function rangeOf({ fromVersion, toVersion }: LintFlags): Range {
  return { from: parseVersion(fromVersion), to: parseVersion(toVersion) };
}

function checkIngresses(context: Context, flags: LintFlags, range: Range): Promise<void> {
  return check<IngressShape>(context, flags, {
    group: INGRESSES,
    plural: 'ingresses',
    lints: lintsWithin(ingressLints, range),
  });
}

function checkDeployments(context: Context, flags: LintFlags, range: Range): Promise<void> {
  return check<DeploymentShape>(context, flags, {
    group: 'apps/v1',
    plural: 'deployments',
    lints: lintsWithin(deploymentLints, range),
  });
}

interface Check<T> {
  readonly group: string;
  readonly plural: string;
  readonly lints: readonly Lint<T>[];
}

function check<T extends { readonly metadata: Meta }>(
  context: Context,
  flags: LintFlags,
  { group, plural, lints }: Check<T>,
): Promise<void> {
  return withCluster(context, async (client) => {
    const namespace = flags.allNamespaces === true ? null : client.namespace;
    const objects = await client.list<T>(collection(group, plural, namespace));
    context.io.out(reportOn(objects, lints, flags));
  });
}
