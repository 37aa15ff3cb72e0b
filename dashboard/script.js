// Search as you type, and figures that are fetched again. Everything works without it.

const results = document.querySelector('#results');
const status = document.querySelector('#status');
const form = document.querySelector('form[role="search"]');
const input = form?.querySelector('input');

const PAUSE_OF_TYPING = 100;
let timer = 0;
let asking = new AbortController();

async function search() {
  asking.abort();
  asking = new AbortController();
  const url = new URL(form.action);
  if (input.value !== '') url.searchParams.set('q', input.value);
  const shown = url.pathname + url.search;
  url.searchParams.set('fragment', '1');
  try {
    const answer = await fetch(url, { signal: asking.signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    results.innerHTML = await answer.text();
    status.textContent = results.querySelector('.count')?.textContent ?? '';
    history.replaceState(null, '', shown);
  } catch (error) {
    if (error.name !== 'AbortError') status.textContent = 'The search does not answer.';
  }
}

if (input && results) {
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_OF_TYPING);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
}

const live = document.querySelector('[data-poll]');
const pause = document.querySelector('#pause');
const PERIOD = 2000;

async function poll() {
  const isPaused = pause.getAttribute('aria-pressed') === 'true';
  // Whoever reads or uses it with the keyboard is not disturbed.
  if (!document.hidden && !isPaused && !live.contains(document.activeElement)) {
    const answer = await fetch(live.dataset.poll).catch(() => null);
    if (answer?.ok) live.innerHTML = await answer.text();
  }
  setTimeout(poll, PERIOD);
}

if (live && pause) {
  pause.hidden = false;
  pause.addEventListener('click', () => {
    const isPaused = pause.getAttribute('aria-pressed') === 'true';
    pause.setAttribute('aria-pressed', String(!isPaused));
  });
  setTimeout(poll, PERIOD);
}
