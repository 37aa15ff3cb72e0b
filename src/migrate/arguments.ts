/** What the arguments of the old controller say, here and there. */
import { parseLeniently } from '../config/flags/parse.ts';
import { camel } from '../config/flags/spec.ts';
import { flags } from '../config/flags/table.ts';
import type { FlagName, Options } from '../config/flags/table.ts';
import { validate } from '../config/flags/validate.ts';
import type { Mount, OldController } from './controller.ts';
import { differencesOf, flagDifferences } from './differences.ts';
import type { ControllerReport, Finding, FindingKind } from './report.ts';

/** Flags that say which objects count, and what they mean. All others are about the process or about this command itself. */
const MEANING: readonly FlagName[] = [
  'ingress-class',
  'controller-class',
  'ingress-class-by-name',
  'watch-ingress-without-class',
  'watch-namespace',
  'watch-namespace-selector',
  'annotations-prefix',
  'configmap',
  'tcp-services-configmap',
  'udp-services-configmap',
  'default-ssl-certificate',
  'default-backend-service',
  'disable-catch-all',
  'disable-svc-external-name',
  'enable-ssl-passthrough',
  'ssl-passthrough-proxy-port',
  'http-port',
  'https-port',
  'status-port',
  'stream-port',
  'default-server-port',
  'healthz-port',
  'profiler-port',
  'validating-webhook',
  // Of Tidegate alone: an install that is migrated already may have them.
  'allowed-addresses',
  'snippet-directives',
  'max-paths-per-ingress',
  'max-regex-bytes-per-ingress',
  'max-aliases-per-ingress',
  'max-addresses-per-list',
  'max-limited-ingresses-per-namespace',
  'max-user-bytes-per-namespace',
];

export interface Known {
  readonly options: Options;
  /** Flags of the command line, which win. */
  readonly given: ReadonlySet<FlagName>;
}

export interface Choice {
  readonly options: Options;
  readonly report: ControllerReport | null;
  /** About controllers that were not chosen. */
  readonly others: readonly string[];
}

/** The first whose classes and prefix are those of the command line, where it says some. */
export function chooseController(controllers: readonly OldController[], known: Known): Choice {
  const found = controllers.map((controller) => readController(controller, known));
  const isMeant = ({ own }: (typeof found)[number]) =>
    (['ingress-class', 'controller-class', 'configmap'] as const).every(
      (name) =>
        !known.given.has(name) || String(optionOf(own, name)) === String(optionOf(known.options, name)),
    );
  const chosen = found.find(isMeant) ?? found[0];
  if (chosen === undefined) return { options: known.options, report: null, others: [] };
  const others = found
    .filter((one) => one !== chosen)
    .map(
      ({ report }) =>
        `${report.name}, which is another controller: choose it with ${classFlags(report)} on the command line`,
    );
  return { options: chosen.options, report: chosen.report, others };
}

function classFlags({ taken }: ControllerReport): string {
  const own = taken.filter((flag) => /^--(?:ingress-class|controller-class|configmap)=/.test(flag));
  return own.length === 0 ? 'its --ingress-class, --controller-class or --configmap' : own.join(' ');
}

function optionOf(options: Options, name: FlagName): Options[keyof Options] {
  return options[camel(name) as keyof Options];
}

/** The options with what the old controller was told, and the report about it. */
function readController(
  controller: OldController,
  { options, given }: Known,
): { readonly own: Options; readonly options: Options; readonly report: ControllerReport } {
  const parsed = parseLeniently(controller.arguments.map(({ text }) => text));
  const names = MEANING.filter((name) => parsed.given.has(name) && !given.has(name));
  const values = names.map((name) => [camel(name), optionOf(parsed.options, name)] as const);
  const taken = names.map((name) => `--${name}=${String(optionOf(parsed.options, name))}`);
  const { name, placeOf } = controller;
  return {
    own: parsed.options,
    options: Object.freeze({ ...options, ...Object.fromEntries(values) }) as Options,
    report: {
      name,
      place: placeOf(''),
      taken,
      findings: [
        ...parsed.faults.map(({ index, message }) =>
          findingAbout(controller, controller.arguments[index]?.field ?? '', {
            kind: 'refused',
            message: `${message}; the controller does not start with it`,
          }),
        ),
        ...validityOf(controller, parsed.options),
        ...[...parsed.given].flatMap((flag) => flagFindings(controller, flag, parsed.options)),
        ...controller.mounts.flatMap((mount) => mountFindings(controller, mount)),
        ...imageFindings(controller),
      ],
    },
  };
}

function findingAbout(
  { placeOf }: OldController,
  field: string,
  { kind, message }: { readonly kind: FindingKind; readonly message: string },
): Finding {
  return { kind, field, message, place: placeOf(field) };
}

/** Rules about several flags together. */
function validityOf(controller: OldController, options: Options): readonly Finding[] {
  const { errors, warnings } = validate(options);
  const about = (kind: FindingKind) => (message: string) => findingAbout(controller, '', { kind, message });
  return [...errors.map(about('refused')), ...warnings.map(about('different'))];
}

function flagFindings(controller: OldController, flag: FlagName, options: Options): readonly Finding[] {
  const spec = flags[flag];
  const value = optionOf(options, flag);
  if (String(value) === String(spec.default)) return [];
  const isFlag = new RegExp(`^--${flag}(?:=|$)`);
  const field = controller.arguments.findLast(({ text }) => isFlag.test(text))?.field ?? '';
  const told = differencesOf(flagDifferences, flag, String(value)).map(({ kind, message }) => ({
    kind,
    message: `--${flag} ${message}`,
  }));
  const none = { kind: 'ignored', message: `--${flag} has no effect: ${spec.doc}` } as const;
  const all = spec.effect === 'none' && told.length === 0 ? [none] : told;
  return all.map((one) => findingAbout(controller, field, one));
}

const TEMPLATES = '/etc/nginx/template';

function mountFindings(controller: OldController, { path, subPath, of, field }: Mount): readonly Finding[] {
  const from = of === '' ? '' : ` (${of}${subPath === '' ? '' : `, ${subPath}`})`;
  if (path === TEMPLATES || path === `${TEMPLATES}/nginx.tmpl`)
    return [
      findingAbout(controller, field, {
        kind: 'ignored',
        message: `a template of Go${from} is not used: write what it changes in Handlebars (docs/templates.md), or as snippets and keys of the ConfigMap`,
      }),
    ];
  if (
    path === '/modules_mount' ||
    path.startsWith('/modules_mount/') ||
    /^\/etc\/nginx\/modules\b/.test(path)
  )
    return [
      findingAbout(controller, field, {
        kind: 'same',
        message: `modules of nginx at ${path}${from} are not looked at: they must be built for the nginx of the new image`,
      }),
    ];
  return [];
}

/** Of the project, wherever it is copied to. */
const USUAL =
  /(?:^|\/)(?:ingress-nginx\/controller(?:-chroot)?|nginx-ingress-controller(?:-amd64)?|tidegate\/controller)(?:[:@]|$)/;

function imageFindings(controller: OldController): readonly Finding[] {
  const { image, imageField } = controller;
  if (image === '' || USUAL.test(image)) return [];
  const message = `the image ${image} is not one of ingress-nginx: modules, Lua plugins and files that it adds are not looked at`;
  return [findingAbout(controller, imageField, { kind: 'same', message })];
}
