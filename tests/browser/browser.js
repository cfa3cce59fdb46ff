"use strict";
// A browser without a window, and what tests do with it.

const assert = require("assert");
const fs = require("fs");
const path = require("path");
const puppeteer = require("puppeteer-core");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { SLIDES_BROWSER: program, SLIDES_BROWSER_FOLDER: folder } = process.env;

async function launch() {
  fs.mkdirSync(folder, { recursive: true });
  return puppeteer.launch({
    executablePath: program,
    // Tests often run as root in a container, where the browser's own sandbox does not start.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars"],
    headless: true,
  });
}

// A page that notes what goes wrong in it and whom it asks.
async function open(browser, base, { phone, dark, touch } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  await page.setViewport(phone ? { width: 360, height: 740, isMobile: true, hasTouch: true } : { width: 1100, height: 850 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  const downloads = path.join(folder, "downloads");
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads, browserContextId: context.id });
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refusal or a break that a test asks for is a message of the browser too.
    if (message.type() === "error" && !/status of 4\d\d|ERR_INTERNET_DISCONNECTED/.test(message.text())) faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !/^(blob|data):/.test(url)) faults.push(`asked another host: ${url}`);
  });
  return { page, faults, downloads, close: () => context.close() };
}

const screenshot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });

// What axe finds that keeps people out.
async function checkAccess(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const words = serious.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" | ").slice(0, 400)}`);
  assert.deepStrictEqual(words, [], `${what}: barriers`);
}

// Waits for a text in what a selector finds first.
async function see(page, selector, pattern, timeout = 30000) {
  try {
    await page.waitForFunction(
      (wanted, source) => [...document.querySelectorAll(wanted)].some((one) => one.checkVisibility() && new RegExp(source, "i").test(one.innerText)),
      { timeout, polling: 50 }, selector, pattern.source);
  } catch (error) {
    const there = await page.$$eval(selector, (all) => all.map((one) => one.innerText));
    throw new Error(`\`${selector}\` never shows ${pattern}: ${JSON.stringify(there)}`);
  }
}

// Waits until a file has come in whole; gives its bytes.
async function downloaded(downloads, name) {
  const file = path.join(downloads, name);
  for (let look = 0; look < 200; look += 1) {
    if (fs.existsSync(file) && fs.statSync(file).size > 0) {
      const bytes = fs.readFileSync(file);
      fs.unlinkSync(file);
      return bytes;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} was not saved: ${fs.existsSync(downloads) ? fs.readdirSync(downloads) : "nothing was"}`);
}

// Runs tests one after the other; gives the number of those that failed.
async function run(tests) {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    const begun = Date.now();
    try {
      await test();
      console.log(`ok    ${name} (${Date.now() - begun} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}: ${error.stack || error}`);
    }
  }
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  return failed;
}

module.exports = { launch, open, screenshot, checkAccess, see, downloaded, run };
