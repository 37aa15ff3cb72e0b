// Runs in a page: what a reader with a keyboard, or with weak eyes, meets there. An expression, so that its functions can be called.
({
  /** Texts whose contrast is too weak (WCAG 2.2, 1.4.3), with the ratio. */
  weakTexts() {
    const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (colour) => {
      const [red, green, blue] = channels(colour)
        .slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundOf = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        const [, , , alpha = 1] = channels(colour);
        if (alpha === 1) return colour;
        if (alpha !== 0) throw new Error(`a ground that is half transparent: ${colour}`);
      }
      throw new Error('no ground');
    };
    const hasText = (element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    const shown = [...document.body.querySelectorAll('*')].filter(
      (element) => hasText(element) && element.checkVisibility(),
    );
    if (shown.length === 0) throw new Error('no texts');
    return shown.flatMap((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return ratio >= 4.5
        ? []
        : [`${element.tagName} ${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`];
    });
  },

  /** Everything that can be used, in the order of the page. */
  controls() {
    const all = document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]');
    return [...all].filter((element) => element.checkVisibility()).map((element) => this.nameOf(element));
  },

  nameOf(element) {
    const at = [...document.querySelectorAll('*')].indexOf(element);
    return `${at} ${element.tagName} ${element.getAttribute('href') ?? element.id ?? ''}`;
  },

  /** What has the focus, and whether that can be seen; null for nothing. */
  focused() {
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return { name: this.nameOf(element), isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
  },

  /** Pixels that the page is wider than the window. */
  overflow() {
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  },

  /** What a reader of the markup misses. */
  faults() {
    const faults = [];
    const must = (isGood, what) => isGood || faults.push(what);
    must(document.documentElement.lang === 'en', 'no language');
    must(document.title.length > 10, 'no title');
    must(document.querySelectorAll('h1').length === 1, 'not one h1');
    for (const table of document.querySelectorAll('table')) {
      must(table.caption !== null, 'a table without a caption');
      for (const cell of table.querySelectorAll('th'))
        must(cell.scope !== '', 'a head of a table without a scope');
    }
    for (const input of document.querySelectorAll('input'))
      must(input.labels.length === 1, 'an input without a label');
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    must(new Set(ids).size === ids.length, 'an id twice');
    const levels = [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) =>
      Number(tagName.slice(1)),
    );
    for (const [at, level] of levels.entries())
      must(level <= (levels[at - 1] ?? 0) + 1, 'a level of headings is left out');
    return faults;
  },
});
