/** The built-in templates, and those of an administrator, whose folder is followed. */
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { readCustomTemplates, withCustomTemplates } from '../nginx/custom-templates.ts';
import type { Environment } from '../nginx/environment.ts';
import type { Sources } from '../nginx/frame-grammar.ts';
import { createTemplateChoice } from '../nginx/template-choice.ts';
import type { TemplateChoice } from '../nginx/template-choice.ts';
import { compileTemplates, readSources } from '../nginx/templates.ts';
import type { Templates } from '../nginx/templates.ts';
import { followFolder } from './followed-folder.ts';
import type { Following } from './followed-folder.ts';

export interface TemplatingSetup {
  /** Folder of the built-in ones. */
  readonly templates: string;
  readonly environment: Environment;
  readonly log: Logger;
  /** Asks for another sync. */
  readonly again: (why: string) => void;
  /** Tells people in the cluster what is wrong. */
  readonly tell: (message: string) => void;
}

export interface Templating {
  readonly builtIn: Templates;
  readonly renderer: TemplateChoice;
  /** Resolves after the first look at the folder for an administrator's templates. */
  readonly follow: () => Promise<Following>;
}

export function createTemplating(setup: TemplatingSetup): Templating {
  const { environment, log, again, tell } = setup;
  const sources = readSources(setup.templates);
  const builtIn = compileTemplates(sources);
  const onRejected = (reason: string) => {
    log.error('custom templates are not used; those before stay in force', { reason });
    tell(`custom templates are not used: ${reason}`);
  };
  const renderer = createTemplateChoice({
    builtIn,
    environment,
    onRejected,
    onAccepted: () => log.info('custom templates are in force'),
  });
  const folder = environment.layout.customTemplates;
  const onTemplates = (custom: Templates) => {
    renderer.try(custom);
    again('templates');
  };
  return {
    builtIn,
    renderer,
    follow: () => followCustomTemplates({ folder, sources, builtIn, log, onTemplates, onRejected }),
  };
}

interface CustomTemplatesSetup {
  readonly folder: string;
  readonly sources: Sources;
  readonly builtIn: Templates;
  readonly log: Logger;
  /** Told at the start when there are any, and whenever they have changed. */
  readonly onTemplates: (templates: Templates) => void;
  readonly onRejected: (reason: string) => void;
}

async function followCustomTemplates(setup: CustomTemplatesSetup): Promise<Following> {
  const { folder, sources, builtIn, log, onTemplates, onRejected } = setup;
  let known = 'none';

  async function look(): Promise<void> {
    try {
      const custom = await readCustomTemplates(folder, sources);
      const text = custom.size === 0 ? 'none' : JSON.stringify([...custom]);
      if (text === known) return;
      known = text;
      if (custom.size === 0) {
        log.info('the built-in templates are in force again');
        onTemplates(builtIn);
        return;
      }
      const templates = withCustomTemplates(sources, custom);
      log.info('custom templates are tried', { folder, templates: [...custom.keys()].join(', ') });
      onTemplates(templates);
    } catch (error) {
      onRejected(messageOf(error));
    }
  }

  return followFolder({
    folder,
    look,
    onError: (error) => log.warn('custom templates are not followed', { reason: messageOf(error) }),
  });
}
