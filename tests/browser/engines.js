// engines.js - the browsers of Debian, started the way that works without a screen, as root and offline.
// The environment variables CHROMIUM and FIREFOX name others.
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';

/** Chromium through Playwright; the caller closes it. */
export const launchChromium = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

/** Firefox through Puppeteer and WebDriver BiDi; the caller closes it. */
export const launchFirefox = () =>
  puppeteer.launch({ browser: 'firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', headless: true });
