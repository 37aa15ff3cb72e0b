/** A real Chromium that opens pages. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import type { Browser, Page } from 'puppeteer-core';

export type { Browser, Page } from 'puppeteer-core';

const probe = readFileSync(join(import.meta.dirname, 'page-probe.js'), 'utf8');

/** @param folder for its profile. */
export function startBrowser(folder: string): Promise<Browser> {
  return puppeteer.launch({
    executablePath: process.env['CHROMIUM_BINARY'] ?? '/usr/bin/chromium',
    userDataDir: join(folder, 'chromium'),
    // Tests run as root; this browser never sees anything but our own pages.
    args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, scripts that failed, requests that did. */
  readonly faults: string[];
  /** URLs of all requests. */
  readonly requests: string[];
}

export async function openPage(browser: Browser): Promise<OpenPage> {
  const page = await browser.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  page.on('requestfailed', (request) => {
    // The script gives up a search that a newer one has overtaken.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()}`);
  });
  return { page, faults, requests };
}

/** Calls a function of page-probe.js in the page. */
export async function ask<T>(page: Page, name: string): Promise<T> {
  return (await page.evaluate(`${probe.trim().replace(/;$/, '')}.${name}()`)) as T;
}
