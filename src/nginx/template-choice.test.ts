import { expect } from 'chai';
import { environment, templatesFolder } from '../testing/builders/environment.ts';
import { ingress, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { configOf } from './generation.ts';
import type { Generation } from './generation.ts';
import { createTemplateChoice } from './template-choice.ts';
import { compileTemplates, readSources } from './templates.ts';

const sources = readSources(templatesFolder);
const builtIn = compileTemplates(sources);
const { model } = evaluate([service(), ingress({ host: 'a.test' })]);

/** With a directive in each location that tells them apart. */
function marked(mark: string) {
  const location = (sources.get('location') ?? '').replace('\n', () => `\n\t\t\texpires ${mark};\n`);
  return compileTemplates(sources, new Map([['location', location]]));
}

function open() {
  const rejected: string[] = [];
  let accepted = 0;
  const choice = createTemplateChoice({
    builtIn,
    environment: environment(),
    onRejected: (reason) => rejected.push(reason),
    onAccepted: () => accepted++,
  });
  const render = () => choice.render(model);
  const markOf = (generation: Generation) =>
    /expires (\w+);/.exec(configOf(generation).toString())?.[1] ?? 'none';
  return { choice, render, markOf, rejected, accepted: () => accepted };
}

describe('choice of templates', () => {
  it('is the built-in ones, whose faults are those of objects', async () => {
    const { choice, render, markOf, rejected } = open();
    const generation = await render();
    expect(markOf(generation)).to.equal('none');
    expect(choice.refused(generation, 'bad')).to.equal(false);
    expect(choice.proven(generation)).to.equal(false);
    expect(rejected).to.deep.equal([]);
  });

  it('is the new ones once they serve, whose faults are those of objects from then on', async () => {
    const { choice, render, markOf, accepted } = open();
    choice.try(marked('1h'));
    const generation = await render();
    expect(markOf(generation)).to.equal('1h');
    expect(choice.proven(generation)).to.equal(false);
    expect(accepted()).to.equal(1);
    expect(choice.refused(generation, 'bad')).to.equal(false);
  });

  it('is those before when nginx refuses the new ones, for good when these serve', async () => {
    const { choice, render, markOf, rejected } = open();
    choice.try(marked('1h'));
    expect(choice.refused(await render(), 'bad')).to.equal(true);
    expect(rejected).to.deep.equal(['bad']);
    const generation = await render();
    expect(markOf(generation)).to.equal('none');
    expect(choice.proven(generation)).to.equal(false);
    expect(markOf(await render())).to.equal('none');
  });

  it('is the new ones once more when an object was at fault', async () => {
    const { choice, render, markOf } = open();
    choice.try(marked('1h'));
    choice.refused(await render(), 'bad');
    const before = await render();
    expect(choice.refused(before, 'bad')).to.equal(false);
    // The object is in quarantine now.
    expect(choice.proven(before)).to.equal(true);
    expect(markOf(await render())).to.equal('1h');
  });

  it('is the new ones once more when an object was at fault before they came', async () => {
    const { choice, render, markOf } = open();
    expect(choice.refused(await render(), 'bad')).to.equal(false);
    choice.try(marked('1h'));
    // Made before the object went into quarantine.
    expect(choice.refused(await render(), 'bad')).to.equal(true);
    expect(choice.proven(await render())).to.equal(true);
    const again = await render();
    expect(markOf(again)).to.equal('1h');
    // Nothing else is at fault any more.
    choice.refused(again, 'bad');
    expect(choice.proven(await render())).to.equal(false);
    expect(markOf(await render())).to.equal('none');
  });

  it('blames no object for templates that others have replaced meanwhile', async () => {
    const { choice, render, markOf, rejected } = open();
    choice.try(marked('1h'));
    const late = await render();
    choice.try(marked('2h'));
    expect(choice.refused(late, 'bad')).to.equal(true);
    expect(rejected).to.deep.equal([]);
    expect(markOf(await render())).to.equal('2h');
  });

  it('is those before when nothing can be made of the new ones', async () => {
    const { choice, render, markOf, rejected } = open();
    choice.try(
      compileTemplates(sources, new Map([['location', '\t\tlocation {{quote nothing}} {\n\t\t}\n']])),
    );
    expect(markOf(await render())).to.equal('none');
    expect(rejected).to.have.length(1);
  });

  it('is the built-in ones at once when there are no others any more', async () => {
    const { choice, render, markOf } = open();
    choice.try(marked('1h'));
    choice.proven(await render());
    choice.try(builtIn);
    const generation = await render();
    expect(markOf(generation)).to.equal('none');
    expect(choice.refused(generation, 'bad')).to.equal(false);
  });
});
