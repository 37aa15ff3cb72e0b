/** Which page answers which path. */
import type { Context, GraphContext } from './context.ts';
import { html, textOf } from '../lib/html.ts';
import type { Html } from '../lib/html.ts';
import { printPage } from './layout.ts';
import type { Asked, Page } from './layout.ts';
import { backendPage, backendsPage } from './page-backends.ts';
import { generationPage, generationsPage } from './page-generations.ts';
import { hostPage, hostsPage } from './page-hosts.ts';
import { certificatesPage, problemsPage, quarantinePage } from './page-lists.ts';
import { overviewPage, ratesOf } from './page-overview.ts';

export interface Reply {
  readonly status: number;
  /** Markup. */
  readonly text: string;
}

/** A page, a part of one, or null where there is none. */
type Answer = Page | Html | null;

export async function answer(context: Context, url: URL): Promise<Reply> {
  const segments = segmentsOf(url.pathname);
  const found = segments === null ? null : await find(context, segments, askedOf(url.searchParams));
  if (found === null) return { status: 404, text: printPage(missing, context.version) };
  return { status: 200, text: 'body' in found ? printPage(found, context.version) : textOf(found) };
}

function find(context: Context, segments: readonly string[], asked: Asked): Answer | Promise<Answer> {
  const [first = '', second, ...more] = segments;
  if (more.length > 0) return null;
  const ofState = second === undefined ? statePage(context, first) : null;
  if (ofState !== null) return ofState;
  if (first === 'generations' && second !== undefined) return generationPage(context, second);
  const graph = context.graph();
  if (graph === null) return noGraph;
  const ofGraph: GraphContext = { ...context, graph };
  return second === undefined ? listPage(ofGraph, first, asked) : detailPage(ofGraph, first, second);
}

function statePage(context: Context, name: string): Answer | Promise<Answer> {
  switch (name) {
    case '':
      return overviewPage(context);
    case 'rates':
      return ratesOf(context);
    case 'quarantine':
      return quarantinePage(context);
    case 'generations':
      return generationsPage(context);
    default:
      return null;
  }
}

function listPage(context: GraphContext, name: string, asked: Asked): Answer | Promise<Answer> {
  switch (name) {
    case 'hosts':
      return hostsPage(context, asked);
    case 'backends':
      return backendsPage(context, asked);
    case 'certificates':
      return certificatesPage(context, asked);
    case 'problems':
      return problemsPage(context, asked);
    default:
      return null;
  }
}

function detailPage(context: GraphContext, name: string, item: string): Answer | Promise<Answer> {
  if (name === 'hosts') return hostPage(context, item);
  return name === 'backends' ? backendPage(context, item) : null;
}

const missing: Page = {
  title: 'Not found',
  section: '',
  body: html`<p>There is no such page, or what it was about has gone. <a href="/">Overview</a></p>`,
};

const noGraph: Page = {
  title: 'Not yet',
  section: '',
  body: html`<p>The objects of the cluster have not been read yet. Please look again in a moment.</p>`,
};

/** Null when it cannot be decoded. */
function segmentsOf(pathname: string): readonly string[] | null {
  try {
    return pathname.replace(/^\//, '').split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
}

const LAST_PAGE = 100_000;

function askedOf(query: URLSearchParams): Asked {
  const page = /^\d{1,6}$/.exec(query.get('page') ?? '1')?.[0] ?? '1';
  return {
    q: (query.get('q') ?? '').slice(0, 200),
    page: Math.min(LAST_PAGE, Math.max(1, Number(page))),
    isFragment: query.get('fragment') === '1',
  };
}
